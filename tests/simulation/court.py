"""The clerk and the finance desk: they look at what the pages show as waiting, and do it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from builders import (
    make_asset,
    make_case,
    make_claim,
    make_court,
    make_lot,
    make_sale,
    make_user,
    save,
)
from sqlalchemy import select

from auction.accounts.models import Identity
from auction.accounts.roles import Role
from auction.cases.models import (
    CaseStatus,
    DebtorKind,
    EnforcementCase,
    FeeKind,
    Party,
    PartyRole,
)
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.courts.models import Court as CourtRow
from auction.sales.models import Sale, SaleStatus
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.opening import open_room
from escrow.bank.models import (
    BankLine,
    LineStatus,
    OrderStatus,
    ProviderMoveKind,
    Reason,
    ReturnOrder,
)
from escrow.bank.provider import money_of_case, record_provider_move
from escrow.bank.reading import read_statements
from escrow.bank.returns import confirm_order, propose_refund, propose_return
from escrow.bank.services import import_statements
from escrow.bank.suspense import place_line
from escrow.defaults.models import Default
from escrow.deposits.models import Deposit, DepositStatus
from escrow.ledger import AccountKind, balances_of_court
from escrow.payments.models import Channel, Payment, PaymentStatus, Refund, RefundStatus
from escrow.payouts.models import BatchStatus, PayoutBatch
from escrow.plans.closing import close_empty_case, list_obstacles
from escrow.plans.models import PaymentStatus as LineState
from escrow.plans.models import PlanPayment
from escrow.plans.services import lock_case
from escrow.reconciliation.payouts import settle_payouts
from escrow.settlement.models import Settlement, SettlementStatus
from simulation.paying import BANK, Desk, card, is_allowed
from simulation.rulings import RUNNING, Bench
from simulation.script import DEPOSIT, START_PRICE, STEP

if TYPE_CHECKING:
    from simulation.people import Person
    from simulation.world import World


class Court:
    """One court, one case, its lots; a clerk, and two people of the finance desk."""

    def __init__(self, world: World) -> None:
        self.world, script = world, world.script
        now = world.now
        court = make_court(now)
        self.id, self.account_number = court.id, court.account_number
        clerk = make_user(now, Role.CLERK, court=court)
        self.clerk = clerk.id
        self.bench, self.desk = Bench(self), Desk(self)
        self.maker, self.checker = self.desk.maker, self.desk.checker
        with transaction():
            row = db.session.get_one(CourtRow, self.id)
            row.settings, row.bank_name = {**row.settings, **self.desk.settings()}, BANK
        kind = DebtorKind.COMPANY if script.is_company else DebtorKind.INDIVIDUAL
        case = make_case(now, court=court, clerk=clerk, debtor_kind=kind)
        self.case_id = case.id
        creditors = [self._creditor(case, number) for number in range(len(script.debts) - 1)]
        with transaction():
            for party in db.session.get_one(EnforcementCase, case.id).parties:
                party.bank_name, party.account_number = BANK, card(1000 + party.id)
        applicant = next(party for party in case.parties if party.role is PartyRole.APPLICANT)
        for debt, party in zip(script.debts, [applicant, *creditors], strict=True):
            make_claim(case, principal_minor=debt, fee_kind=FeeKind.REALISED, party_id=party.id)
        self.sale_ids = [self._announce(case, lot.opens_after) for lot in script.lots]

    def _creditor(self, case: EnforcementCase, number: int) -> Party:
        name = f"债权人{number + 1}"
        party = Party(case_id=case.id, role=PartyRole.CREDITOR, name=name, account_name=name)
        party.bank_name, party.account_number = BANK, card(900 + number)
        return save(party)

    def _announce(self, case: EnforcementCase, opens_after: int) -> int:
        asset = make_asset(self.world.now, case=case)
        sale = make_sale(
            self.world.now,
            lot=make_lot(self.world.now, asset=asset),
            deposit_minor=DEPOSIT,
            start_price_minor=START_PRICE,
            increment_minor=STEP,
            opens_at=self.world.now + timedelta(hours=opens_after),
        )
        open_room(sale.id)
        return int(sale.id)

    # ── every working morning ───────────────────────────────────────────────────────────────────

    def morning(self) -> None:
        """What came overnight, then everything that waits; and again when there is something."""
        self.takes_statement()
        self.world.work()
        if self.world.take_news() or self.world.is_peaceful:
            self.sorts_suspense()
            self.sends_money_back()
            self.notes_payouts()
            self.bench.rules()
            self.desk.distributes()
            self.closes_case()
        if self.world.has_plans:
            self.world.later(self.world.days_until_news(), "the court's morning", self.morning)

    def takes_statement(self) -> None:
        """The bank's file; now and then it comes a day late, twice, or with entries of yesterday."""
        bank, draw, trouble = self.world.bank, self.world.draw, self.world.script.trouble
        if not bank.has_news or draw.randrange(1000) < trouble.statement_late:
            return
        is_again = draw.randrange(1000) < trouble.statement_again
        data = bank.statement(repeated=draw.randint(0, 3) if is_again else 0)
        for _time in range(2 if is_again else 1):
            parsed = read_statements(data)
            with transaction():
                import_statements(
                    self.id, data, parsed, name="bank.csv", actor_id=self.maker, now=self.world.now
                )

    # ── money that no rule could place ──────────────────────────────────────────────────────────

    def list_suspended(self) -> list[int]:
        """Lines with money that is nobody's yet, and that nobody is sending back."""
        proposed = select(ReturnOrder.line_id).where(
            ReturnOrder.line_id.is_not(None), ReturnOrder.status == OrderStatus.PROPOSED
        )
        return list(
            db.session.scalars(
                select(BankLine.id)
                .where(BankLine.status == LineStatus.SUSPENSE, BankLine.id.not_in(proposed))
                .order_by(BankLine.id)
            )
        )

    def sorts_suspense(self) -> None:
        for line_id in self.list_suspended():
            if not self._places(line_id):
                self._sends_back(line_id)

    def _places(self, line_id: int) -> bool:
        """Whose it is, if the desk can tell by reference or by name, and the law allows it."""
        line = db.session.get_one(BankLine, line_id)
        if line.reason in {Reason.PAYER_DIFFERS, Reason.NOT_DUE, Reason.NOTICES_MISSING}:
            return False
        reference = line.reference or self._reference_of(line)
        if reference is None:
            return False
        return is_allowed(
            lambda: place_line(
                line_id,
                reference=reference,
                reason="经核实为本人付款",
                court_id=self.id,
                actor_id=self.maker,
                now=self.world.now,
            )
        )

    def _reference_of(self, line: BankLine) -> str | None:
        """The one thing that a person of this name has to pay."""
        users = {
            identity.user_id
            for identity in db.session.scalars(select(Identity))
            if identity.full_name == line.payer_name
        }
        due = db.session.scalars(
            select(Enrolment.reference).where(
                Enrolment.user_id.in_(users),
                Enrolment.status == EnrolmentStatus.DEPOSIT_DUE,
                Enrolment.deposit_minor == line.amount_minor,
            )
        ).all()
        owed = db.session.scalars(
            select(Settlement.reference)
            .join(Enrolment, Enrolment.id == Settlement.enrolment_id)
            .where(Enrolment.user_id.in_(users))
        ).all()
        found = [*due, *owed]
        return found[0] if len(found) == 1 else None

    def _sends_back(self, line_id: int) -> None:
        line = db.session.get_one(BankLine, line_id)
        if line.payer_name == "STRIPE PAYMENTS":
            return  # it is the provider's payout: `notes_payouts`
        amount, name, number = line.remaining_minor, line.payer_name, line.payer_account
        if amount > self.world.bank.balance:
            return
        reference = self.world.bank.send(self.world.now, amount, name, number, "退款")
        with transaction():
            order_id = propose_return(line_id, **self._sent(reference)).id
        self._confirms(order_id)

    def sends_money_back(self) -> None:
        """Refunds that go by bank transfer, where they do not go in batches."""
        if self.world.script.by_batch:
            return
        due = db.session.scalars(
            select(Refund.id).where(
                Refund.channel == Channel.BANK, Refund.status == RefundStatus.DUE
            )
        ).all()
        for refund_id in due:
            refund = db.session.get_one(Refund, refund_id)
            payment = db.session.get_one(Payment, refund.payment_id)
            amount, name = refund.amount_minor, self._name_of(payment.user_id)
            number = refund.payee_account or f"6217{payment.user_id:012d}"
            if amount > self.world.bank.balance:
                continue
            reference = self.world.bank.send(self.world.now, amount, name, number, "退保证金")
            with transaction():
                order_id = propose_refund(refund_id, **self._sent(reference)).id
            self._confirms(order_id)

    def _sent(self, reference: str) -> dict[str, Any]:
        return {
            "bank_reference": reference,
            "paid_on": beijing(self.world.now).date(),
            "court_id": self.id,
            "actor_id": self.maker,
            "now": self.world.now,
        }

    def _confirms(self, order_id: int) -> None:
        with transaction():
            confirm_order(order_id, court_id=self.id, actor_id=self.checker, now=self.world.now)

    def _name_of(self, user_id: int) -> str:
        return str(db.session.scalar(select(Identity.full_name).where(Identity.user_id == user_id)))

    # ── the provider's payouts ──────────────────────────────────────────────────────────────────

    def notes_payouts(self) -> None:
        """What the provider sent or took, as the bank shows it; the court's money for its fees."""
        with transaction():
            settle_payouts(self.id, now=self.world.now)
        fees = money_of_case(self.case_id).fees_minor
        if fees > 0:
            reference = self.world.bank.receive(
                self.world.now, fees, "财政局", "980000000001", "手续费"
            )
            self._covers_fees(fees, reference)

    def _covers_fees(self, amount: int, reference: str) -> None:
        with transaction():
            record_provider_move(
                lock_case(self.case_id, self.id),
                ProviderMoveKind.FEE_COVER,
                amount,
                bank_reference=reference,
                actor_id=self.maker,
                now=self.world.now,
            )

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def closes_case(self) -> None:
        case = db.session.get_one(EnforcementCase, self.case_id)
        if case.status is CaseStatus.OPEN and not list_obstacles(case) and not self.world.has_plans:
            with transaction():
                close_empty_case(
                    lock_case(self.case_id, self.id), actor_id=self.clerk, now=self.world.now
                )

    # ── what is left ────────────────────────────────────────────────────────────────────────────

    def list_work(self) -> list[str]:
        """What still waits for anybody; nothing of it may last when nothing goes wrong any more."""
        found = [f"suspended line {line_id}" for line_id in self.list_suspended()]
        found += ["a statement to come"] * self.world.bank.has_news
        for model, done in (
            (BankLine, {LineStatus.MATCHED, LineStatus.PLACED, LineStatus.EXPLAINED}),
            (Refund, {RefundStatus.DONE}),
            (Payment, set(PaymentStatus) - {PaymentStatus.STARTED, PaymentStatus.HELD}),
            (
                Deposit,
                set(DepositStatus)
                - {DepositStatus.HELD, DepositStatus.APPLYING, DepositStatus.RETURNING},
            ),
            (PlanPayment, {LineState.PAID}),
            (Sale, set(SaleStatus) - set(RUNNING)),
            (PayoutBatch, {BatchStatus.DONE, BatchStatus.CANCELLED}),
            (EnforcementCase, {CaseStatus.CLOSED}),
        ):
            rows = db.session.execute(
                select(model.id, model.status).where(model.status.not_in(done))
            )
            found += [f"{model.__tablename__} {row_id} {status}" for row_id, status in rows]
        if self.world.provider.holds() > 0:
            found.append("money at the provider")
        case = db.session.get_one(EnforcementCase, self.case_id)
        obstacles = list_obstacles(case)
        if {o.code for o in obstacles} != {"unallocated", f"account-{AccountKind.PROCEEDS}"}:
            return found + [f"{o.code} {o.amount_minor} {o.about}" for o in obstacles]
        # nobody's by the plan: it waits for an order of the court, and with it the case (OPEN-15)
        return [one for one in found if not one.startswith("enforcement_case")]

    def has_work(self) -> bool:
        with self.world.app.app_context():
            return bool(self.list_work())

    def check_the_end(self) -> list[str]:
        """Everybody has what is his, and books, bank and provider say the same."""
        found = []
        books = {(str(row.kind), row.owner_id): row for row in balances_of_court(self.id)}
        told = {
            ("bank", self.id): self.world.bank.balance,
            ("provider", self.id): self.world.provider.holds(),
            ("proceeds", self.case_id): self.desk.unallocated(),
        }
        for key, row in books.items():
            if (row.posted_minor, row.pending_minor) != (told.get(key, 0), 0):
                found.append(f"{key} holds {row.posted_minor} and {row.pending_minor} in the books")
        for person in self.world.people:
            if (kept := self._kept_of(person)) != (price := self._price_of(person)):
                found.append(f"user {person.user_id} has paid {kept} in the end, not {price}")
        return found

    def _kept_of(self, person: Person) -> int:
        """What the court has of a person, by the bank and by the provider, not by our books."""
        numbers = {person.account, f"{person.account}9"}
        by_bank = sum(m.amount for m in self.world.bank.movements if m.account in numbers)
        mine = {
            str(payment_id)
            for payment_id in db.session.scalars(
                select(Payment.id).where(Payment.user_id == person.user_id)
            )
        }
        at_provider = self.world.provider.objects("payment_intent")
        intents = [intent for intent in at_provider if intent["metadata"]["payment"] in mine]
        refunds = self.world.provider.objects("refund")
        back = sum(
            refund["amount"]
            for refund in refunds
            if refund["status"] == "succeeded"
            and refund["payment_intent"] in {intent["id"] for intent in intents}
        )
        return by_bank + sum(intent["amount_received"] for intent in intents) - back

    def _price_of(self, person: Person) -> int:
        settlement = db.session.scalar(
            select(Settlement).where(
                Settlement.sale_id == person.sale_id,
                Settlement.enrolment_id == person.enrolment_id,
            )
        )
        if settlement is None or settlement.status is SettlementStatus.SET_ASIDE:
            return 0
        if settlement.status is SettlementStatus.DEFAULTED:
            default = db.session.scalars(
                select(Default).where(Default.sale_id == person.sale_id)
            ).one()
            return default.deposit_minor
        return settlement.price_minor
