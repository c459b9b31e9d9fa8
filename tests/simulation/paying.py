"""The finance desk distributes and pays: plans and their objections, by hand or in batches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from builders import make_user
from sqlalchemy import select
from stdnum import luhn

from auction.accounts.models import StepUp, User, UserSession
from auction.accounts.roles import Role
from auction.accounts.stepup import record_step_up
from auction.cases.models import EnforcementCase
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.courts.models import Court as CourtRow
from auction.sales.calendar import next_working_day
from auction.sales.models import Sale
from escrow.bank.provider import money_of_case
from escrow.ledger import AccountKind, balances_of_court
from escrow.objections.ending import close_without_suit, tell_objector, withdraw_objection
from escrow.objections.lodging import lodge_objection, parties_to_tell, record_answer, tell_party
from escrow.objections.models import Answer, Objection
from escrow.objections.queries import unpaid_lines
from escrow.objections.rules import ServiceChannel
from escrow.objections.serving import parties_to_serve, record_service, release_plan
from escrow.payments.models import Payment, Refund
from escrow.payouts.batches import approve_batch, cancel_batch, submit_batch
from escrow.payouts.choosing import choose_payments
from escrow.payouts.models import BatchStatus, PayoutBatch, PayoutKind, PayoutStatus
from escrow.payouts.models import Payout as PayoutRow
from escrow.payouts.offers import Offer, Wanted, list_offers
from escrow.payouts.payees import NewPayee, approve_correction, propose_correction
from escrow.payouts.rules import end_to_end_id
from escrow.payouts.writing import take_file
from escrow.plans.models import DistributionPlan, PlanPayment, PlanStatus
from escrow.plans.models import PaymentStatus as LineState
from escrow.plans.payouts import mark_paid
from escrow.plans.services import approve_plan, book_deduction, draft_plan, lock_case, submit_plan
from simulation.rulings import RUNNING

if TYPE_CHECKING:
    from simulation.court import Court

BANK = "中国农业银行云州支行"
OPEN_BATCHES = (BatchStatus.DRAFT, BatchStatus.SUBMITTED, BatchStatus.APPROVED)
# What the desk makes good by writing the account down once more, under two people's eyes.
MENDABLE = {
    *("came-back", "no-account", "no-name", "no-bank-code"),
    *("bad-bank-code", "bad-card", "name-differs"),
}
DAYS_TO_OBJECT = timedelta(days=16)  # a holiday moves the last of them: then it is tried again


def card(number: int) -> str:
    """A bank card's number that no bank has given out, with its check digit."""
    body = f"621700{number:09d}"
    return body + luhn.calc_check_digit(body)


class Desk:
    """A maker and two checkers; every payment leaves by the bank, and the statement confirms it."""

    def __init__(self, court: Court) -> None:
        self.court, self.world = court, court.world
        now = self.world.now
        row = db.session.get_one(CourtRow, court.id)
        self.maker, self.checker, self.second = (
            make_user(now, Role.FINANCE, court=row).id for _ in range(3)
        )

    def settings(self) -> dict[str, Any]:
        """What the court has set: whom fees go to, and whether parties have their days."""
        service = "required" if self.world.script.serves else "optional"
        treasury = {"name": "测试市财政局", "bank": BANK, "account": card(1)}
        return {"plan_service": service, "treasury": treasury}

    def told(self, actor_id: int) -> dict[str, Any]:
        """Who acts, where and when."""
        return {"court_id": self.court.id, "actor_id": actor_id, "now": self.world.now}

    # ── the plan ────────────────────────────────────────────────────────────────────────────────

    def distributes(self) -> None:
        """When every lot is through: deductions, draft, second person, service; then payments."""
        running = select(Sale.id).where(
            Sale.case_id == self.court.case_id, Sale.status.in_(RUNNING)
        )
        if db.session.scalar(running.limit(1)) is None and self._proceeds() > self.unallocated():
            self._deducts()
            self._approves()
        if self.world.script.by_batch:
            self._sends_batches()
        due = select(PlanPayment).where(PlanPayment.status == LineState.DUE)
        if not self.world.script.by_batch:
            for row in db.session.scalars(due).all():
                self._pays(row.id, row.amount_minor, row.payee_name, row.payee_account)

    def _proceeds(self) -> int:
        return sum(
            row.posted_minor
            for row in balances_of_court(self.court.id)
            if row.kind is AccountKind.PROCEEDS
        )

    def unallocated(self) -> int:
        """What the last plan could give nobody: it stays, for the court's order (OPEN-15)."""
        last = db.session.scalar(
            select(DistributionPlan)
            .where(DistributionPlan.status == PlanStatus.APPROVED)
            .order_by(DistributionPlan.number.desc())
            .limit(1)
        )
        return 0 if last is None else int(last.output["unallocated"])

    def _deducts(self) -> None:
        if not self.world.script.cost_minor:
            return
        values: dict[str, object] = {
            "kind": "cost",
            "amount_minor": self.world.script.cost_minor,
            "sale_id": None,
            "basis": "发票",
            "payee_name": "评估机构",
            "payee_bank": BANK,
            "payee_account": card(2),
        }
        with transaction():
            case = lock_case(self.court.case_id, self.court.id)
            book_deduction(
                case, values=values, form_key="cost", actor_id=self.maker, now=self.world.now
            )

    def _approves(self) -> None:
        with transaction():
            case = lock_case(self.court.case_id, self.court.id)
            plan = draft_plan(case, actor_id=self.maker, now=self.world.now)
            plan_id, digest = plan.id, plan.sha256
        with transaction():
            submit_plan(plan_id, **self.told(self.maker))
        with transaction():
            needs = approve_plan(plan_id, sha256=digest, **self.told(self.checker)).needs_service
        if needs:
            self._serves(plan_id)

    # ── the parties' days ───────────────────────────────────────────────────────────────────────

    def _sent(self) -> dict[str, Any]:
        today = beijing(self.world.now).date()
        return {
            "channel": ServiceChannel.HAND,
            "sent_on": today,
            "reached_on": today,
            "proof": "送达回证",
            **self.told(self.court.clerk),
        }

    def _serves(self, plan_id: int) -> None:
        case = db.session.get_one(EnforcementCase, self.court.case_id)
        plan = db.session.get_one(DistributionPlan, plan_id)
        party_ids = [party.id for party in parties_to_serve(plan, case)]
        for party_id in party_ids:
            with transaction():
                record_service(plan_id, party_id, **self._sent())
        if self.world.script.objects != "never":
            self.world.later(
                timedelta(days=2), "a party objects", self.objects, plan_id, party_ids[-1]
            )
        self.world.later(DAYS_TO_OBJECT, "the days are over", self.releases, plan_id)

    def objects(self, plan_id: int, party_id: int) -> None:
        """A letter about the largest line that is not paid."""
        plan = db.session.get_one(DistributionPlan, plan_id)
        lines = unpaid_lines(plan)
        if not lines:
            return
        payee, step, amount = max(lines, key=lambda line: line[2])
        with transaction():
            objection_id = lodge_objection(
                plan_id,
                party_id,
                received_on=beijing(self.world.now).date(),
                ground="利息计算有误",
                disputed={(payee, step): amount // 2 or 1},
                **self.told(self.court.clerk),
            ).id
        goes_on = self.withdraws if self.world.script.objects == "withdrawn" else self.is_opposed
        self.world.later(timedelta(days=3), "the objection goes on", goes_on, objection_id)

    def withdraws(self, objection_id: int) -> None:
        """The objector takes it back."""
        with transaction():
            withdraw_objection(objection_id, reason="异议人书面撤回", **self.told(self.court.clerk))

    def is_opposed(self, objection_id: int) -> None:
        """The others are told, one of them opposes; the objector hears of it, and does not sue."""
        objection = db.session.get_one(Objection, objection_id)
        case = db.session.get_one(EnforcementCase, self.court.case_id)
        others = [party.id for party in parties_to_tell(objection, case)]
        today = beijing(self.world.now).date()
        for party_id in others:
            with transaction():
                tell_party(objection_id, party_id, **self._sent())
        with transaction():
            record_answer(
                objection_id,
                others[0],
                answer=Answer.OPPOSES,
                answered_on=today,
                words="不同意",
                **self.told(self.court.clerk),
            )
        with transaction():
            tell_objector(
                objection_id, told_on=today, proof="送达回证", **self.told(self.court.clerk)
            )
        self.world.later(DAYS_TO_OBJECT, "nobody has sued", self.lapses, objection_id)

    def lapses(self, objection_id: int) -> None:
        """The plan is carried out as it stands."""
        told = self.told(self.court.clerk)
        if not is_allowed(lambda: close_without_suit(objection_id, **told), but="days-run"):
            self.world.later(timedelta(days=1), "nobody has sued", self.lapses, objection_id)

    def releases(self, plan_id: int) -> None:
        """Another person than the plan's maker says that everybody's days are over."""
        if not is_allowed(lambda: release_plan(plan_id, **self.told(self.checker)), but="days-run"):
            self.world.later(timedelta(days=1), "the days are over", self.releases, plan_id)

    # ── by hand ─────────────────────────────────────────────────────────────────────────────────

    def _pays(self, payment_id: int, amount: int, name: str, number: str) -> None:
        if amount > min(self.world.bank.balance, money_of_case(self.court.case_id).bank_minor):
            return
        reference = self.world.bank.send(self.world.now, amount, name, number, "案款")
        with transaction():
            mark_paid(
                payment_id,
                bank_reference=reference,
                paid_on=beijing(self.world.now).date(),
                **self.told(self.checker),
            )

    # ── in batches ──────────────────────────────────────────────────────────────────────────────

    def _sends_batches(self) -> None:
        """What is ready goes to the checkers and to the worker; files that are written, to the bank."""
        self._mends_payees()
        self._gives_up()
        chosen: dict[PayoutKind, list[int]] = {}
        left = self.world.bank.balance - self._on_its_way()
        for offer in list_offers(self.court.id, Wanted(only_ready=True)):
            if offer.debt.amount_minor <= left:
                left -= offer.debt.amount_minor
                chosen.setdefault(offer.debt.kind, []).append(offer.debt.subject_id)
        if chosen:
            self._makes_batch(chosen)
        self.world.work()
        for batch_id in self._batches(BatchStatus.SENT):
            self._takes_file(batch_id)

    def _batches(self, *statuses: BatchStatus) -> list[int]:
        query = select(PayoutBatch.id).where(
            PayoutBatch.status.in_(statuses), PayoutBatch.downloaded_at.is_(None)
        )
        return list(db.session.scalars(query.order_by(PayoutBatch.id)))

    def _on_its_way(self) -> int:
        """Chosen for a file that the bank does not have yet."""
        rows = select(PayoutRow.amount_minor).where(
            PayoutRow.batch_id.in_(self._batches(*OPEN_BATCHES, BatchStatus.SENT))
        )
        return sum(db.session.scalars(rows))

    def _makes_batch(self, chosen: dict[PayoutKind, list[int]]) -> None:
        now = self.world.now
        key = f"b{now:%m%d%H%M%S}{self.world.happened['batches']}"
        made = {"form_key": key, "actor_id": self.maker, "now": now}
        if not is_allowed(
            lambda: choose_payments(self.court.id, chosen, **made), but="money-elsewhere"
        ):
            return  # it is at the provider still
        self.world.happened["batches"] += 1
        batch_id = db.session.scalars(
            select(PayoutBatch.id).where(PayoutBatch.form_key == key)
        ).one()
        day = next_working_day(beijing(now).date())
        with transaction():
            digest = submit_batch(batch_id, execute_on=day, **self.told(self.maker)).sha256
        for person in (self.checker, self.second):
            with transaction():
                batch = db.session.get_one(PayoutBatch, batch_id)
                if batch.status is BatchStatus.SUBMITTED:
                    proof = self._step_up(person)
                    approve_batch(batch_id, sha256=str(digest), step_up=proof, **self.told(person))

    def _step_up(self, person: int) -> StepUp:
        """The password once more, in a session of the person's own."""
        now = self.world.now
        count = db.session.query(StepUp).count()
        session = UserSession(
            user_id=person,
            token_hash=f"t{person}-{count}",
            created_at=now,
            last_seen_at=now,
            expires_at=now,
        )
        db.session.add(session)
        db.session.flush()
        row = record_step_up(db.session.get_one(User, person), session.id, now=now, ip="")
        db.session.flush()
        return row

    def _gives_up(self) -> None:
        """A batch that could not be written leaves nothing behind."""
        stopped = select(PayoutBatch.id).where(
            PayoutBatch.status == BatchStatus.APPROVED, PayoutBatch.stopped_because.is_not(None)
        )
        for batch_id in db.session.scalars(stopped).all():
            with transaction():
                cancel_batch(batch_id, reason="内容已变，重新制单", **self.told(self.checker))

    def _takes_file(self, batch_id: int) -> None:
        """The bank carries it out; now and then a payment comes back some days later."""
        with transaction():
            take_file(batch_id, **self.told(self.checker))
        held = select(PayoutRow).where(
            PayoutRow.batch_id == batch_id, PayoutRow.status == PayoutStatus.HELD
        )
        for row in db.session.scalars(held.order_by(PayoutRow.position)).all():
            name = end_to_end_id(row.id)
            payee = (row.payee_name, row.payee_account)
            self.world.bank.send(self.world.now, row.amount_minor, *payee, name)
            comes_back = self.world.draw.randrange(1000) < self.world.script.trouble.payout_returns
            if comes_back and not self.world.is_peaceful:
                self.world.later(
                    timedelta(days=3),
                    "a payment comes back",
                    self.comes_back,
                    row.amount_minor,
                    *payee,
                    f"{name} 退汇 账号户名不符",
                )

    def comes_back(self, amount: int, name: str, number: str, text: str) -> None:
        """At the bank."""
        self.world.bank.receive(self.world.now, amount, name, number, text)

    def _mends_payees(self) -> None:
        """An account that no bank takes, or that sent its money back, is written down again."""
        for offer in list_offers(self.court.id, Wanted()):
            if offer.objections and set(offer.objections) <= MENDABLE:
                self._mends_payee(offer)

    def _mends_payee(self, offer: Offer) -> None:
        name, number = offer.payee.name, offer.payee.account
        if not number:  # it came by card, and cannot go back that way: he is asked
            refund = db.session.get_one(Refund, offer.debt.subject_id)
            user_id = db.session.get_one(Payment, refund.payment_id).user_id
            person = next(one for one in self.world.people if one.user_id == user_id)
            name, number = person.name, person.account
        typed = NewPayee(name, number, BANK, "", "与当事人电话核实")
        with transaction():
            correction_id = propose_correction(
                offer.debt.kind, offer.debt.subject_id, typed, **self.told(self.maker)
            ).id
        with transaction():
            approve_correction(correction_id, **self.told(self.checker))


def is_allowed(act: Callable[[], object], *, but: str = "") -> bool:
    """Whether it was; any refusal is an answer, or only this one."""
    try:
        with transaction():
            act()
    except DomainError as refused:
        if but and refused.code != but:
            raise
        return False
    return True
