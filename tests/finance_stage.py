"""A court with its finance desk, one sale with bidders, and bank files written as a bank would."""

from __future__ import annotations

import threading
from datetime import date, timedelta

from builders import (
    make_asset,
    make_bidder,
    make_case,
    make_claim,
    make_court,
    make_enrolment,
    make_lot,
    make_sale,
    make_user,
    save,
)
from sqlalchemy import select

from auction.accounts.models import Identity
from auction.accounts.roles import Role
from auction.cases.models import ClaimClass, Party, PartyRole
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.outbox import work_off
from auction.rulings.services import record_deal_ruling, record_handover
from auction.sales.models import Sale
from auction.sales.outcome import record_result
from bidding.enrolment.models import EnrolmentStatus
from bidding.enrolment.references import make_reference
from escrow.bank.models import BankLine
from escrow.bank.reading import read_statements
from escrow.bank.services import import_statements, lines_to_match
from escrow.deposits.services import return_losers, settle_buyer
from escrow.ledger import balances_of_case, check_ledger
from escrow.plans.services import approve_plan, draft_plan, lock_case, submit_plan

HEAD = "交易日期,收入,支出,余额,对方户名,对方账号,摘要,交易流水号"


class Row:
    """A row that is read again whenever asked: the worker closes the session after each task."""

    def __init__(self, row):
        self.__dict__.update(model=type(row), id=row.id)

    def __getattr__(self, name):
        return getattr(self.read(), name)

    def read(self):
        return db.session.get_one(self.model, self.id)


class Desk:
    """One case, one lot for 3,600,000.00 at most, and the people around it."""

    def __init__(self, clock, *, deposit=10_000_000, start=200_000_000):
        self.clock = clock
        court = make_court(self.now)
        clerk = make_user(self.now, Role.CLERK, court=court)
        case = make_case(self.now, court=court, clerk=clerk)
        asset = make_asset(self.now, case=case)
        lot = make_lot(self.now, asset=asset)
        sale = make_sale(self.now, lot=lot, deposit_minor=deposit, start_price_minor=start)
        self.court, self.clerk, self.case = Row(court), Row(clerk), Row(case)
        self.asset, self.lot, self.sale = Row(asset), Row(lot), Row(sale)
        self.maker, self.checker = (
            Row(make_user(self.now, Role.FINANCE, court=court)) for _ in range(2)
        )
        self.rows = []
        self.balance = 0
        self._serial = 0

    @property
    def now(self):
        return self.clock.now()

    def enrol(self, **more):
        """A bidder who has ticked the notices and owes the deposit."""
        user = make_bidder(self.now)
        values = {
            "status": EnrolmentStatus.DEPOSIT_DUE,
            "code": None,
            "activated_at": None,
            "reference": make_reference(),
            **more,
        }
        return Row(make_enrolment(self.now, self.sale, user, **values))

    def name_of(self, enrolment):
        return db.session.scalar(
            select(Identity.full_name).where(Identity.user_id == enrolment.user_id)
        )

    # ── bank files ──────────────────────────────────────────────────────────────────────────────

    def row(self, *, credit=0, debit=0, name="", account="", text="", ref=None, day=None):
        """One more movement of the court's account; returns the bank's reference."""
        self._serial += 1
        ref = ref or f"BK{self._serial:06d}"
        self.balance += credit - debit
        day = day or beijing(self.now).date()
        self.rows.append(
            f"{day},{yuan(credit)},{yuan(debit)},{yuan(self.balance) or '0.00'},"
            f"{name},{account},{text},{ref}"
        )
        return ref

    def csv(self, *, encoding="utf-8"):
        """The movements since the last file."""
        text = "\r\n".join([f"账号：{self.court.account_number}", HEAD, *self.rows]) + "\r\n"
        self.rows = []
        return text.encode(encoding)

    def take(self, data=None, *, match=True, actor=None):
        """Import a file and let the rules place its lines; returns the lines, oldest first."""
        data = data if data is not None else self.csv()
        parsed = read_statements(data)
        with transaction():
            done = import_statements(
                self.court.id,
                data,
                parsed,
                name="bank.csv",
                actor_id=(actor or self.maker).id,
                now=self.now,
            )
            ids = [statement.id for statement in done.statements]
            waiting = lines_to_match(ids)
        if match and waiting:
            self.work_off()
        return list(
            db.session.scalars(
                select(BankLine).where(BankLine.statement_id.in_(ids)).order_by(BankLine.id)
            )
        )

    def pay(self, amount, text, name, account="6217000000000001", **more):
        """Money comes by bank transfer, in a file of its own; returns its line."""
        self.row(credit=amount, name=name, account=account, text=text, **more)
        return self.take()[0]

    def pay_deposit(self, enrolment, **more):
        return self.pay(
            more.pop("amount", enrolment.deposit_minor),
            f"保证金 {enrolment.reference}",
            more.pop("name", self.name_of(enrolment)),
            account=more.pop("account", f"6217{enrolment.id:012d}"),
            **more,
        )

    def work_off(self):
        while work_off(self.now):
            pass

    # ── the sale ────────────────────────────────────────────────────────────────────────────────

    def sell(self, winner, price):
        """The hammer falls to `winner`; losers' deposits go back, his goes into the price."""
        self.clock.set(self.sale.closes_at + timedelta(seconds=1))
        with transaction():
            sale = db.session.get(Sale, self.sale.id, with_for_update=True)
            ended_at = sale.closes_at
            record_result(sale, sold=True, hammer_price_minor=price, ended_at=ended_at, at=self.now)
            settle_buyer(sale.id, winner.code, price_minor=price, ended_at=ended_at, at=self.now)
        with transaction():
            return_losers(sale.id, "sold", ended_at=ended_at, at=self.now, most=1000)

    def rule(self):
        """The deal ruling is served today: the price goes into the proceeds."""
        today = beijing(self.now).date()
        with transaction():
            record_deal_ruling(
                self.sale.id,
                number=f"（2026）测01执1号之{self.sale.id}",
                made_on=today,
                served_on=today,
                actor_id=self.clerk.id,
                now=self.now,
                is_qualification_checked=True,
            )
        self.work_off()

    def hand_over(self):
        """The buyer gets the keys today."""
        with transaction():
            record_handover(
                self.sale.id,
                handed_over_on=beijing(self.now).date(),
                proof="移交笔录",
                actor_id=self.clerk.id,
                now=self.now,
            )

    def bring_proceeds(self, price=360_000_000):
        """From the first deposit to proceeds in the case, all by bank transfer."""
        winner = self.enrol()
        self.pay_deposit(winner)
        self.sell(winner, price)
        from escrow.settlement.services import settlement_of

        settlement = settlement_of(self.sale.id)
        self.pay(price - self.sale.deposit_minor, settlement.reference, self.name_of(winner))
        self.rule()
        return winner

    # ── the plan ────────────────────────────────────────────────────────────────────────────────

    def claims_of_the_example(self):
        """A secured, B and C ordinary: the worked example of the money page."""
        creditors = [
            save(
                Party(
                    case_id=self.case.id,
                    role=PartyRole.CREDITOR,
                    name=name,
                    bank_name="测试银行",
                    account_name=name,
                    account_number=number,
                )
            )
            for name, number in (("债权人丙", "6222000000000003"), ("债权人丁", "6222000000000004"))
        ]
        make_claim(
            self.case.read(),
            asset=self.asset,
            label="A",
            claim_class=ClaimClass.SECURED,
            rank=1,
            party_id=creditors[0].id,
            registered_at=date(2020, 5, 1),
            expenses_minor=1_800_000,
            interest_minor=12_000_000,
            principal_minor=150_000_000,
        )
        make_claim(
            self.case.read(),
            label="B",
            interest_minor=4_000_000,
            principal_minor=80_000_000,
            doubled_interest_minor=2_996_000,
        )
        make_claim(
            self.case.read(),
            label="C",
            party_id=creditors[1].id,
            principal_minor=126_000_000,
            attached_at=date(2026, 2, 1),
        )
        db.session.expire_all()

    def draft(self, actor=None):
        with transaction():
            case = lock_case(self.case.id, self.court.id)
            return Row(draft_plan(case, actor_id=(actor or self.maker).id, now=self.now))

    def approve(self, plan, actor=None):
        with transaction():
            submit_plan(plan.id, court_id=self.court.id, actor_id=self.maker.id, now=self.now)
        with transaction():
            approve_plan(
                plan.id,
                sha256=plan.sha256,
                court_id=self.court.id,
                actor_id=(actor or self.checker).id,
                now=self.now,
            )
        return plan

    def case_balances(self):
        return {
            (str(b.kind), b.owner_id): b.posted_minor
            for b in balances_of_case(self.case.id)
            if b.posted_minor or b.pending_minor
        }

    def check_books(self):
        assert check_ledger() == []


def at_once(app, *acts):
    """Run each act in a thread of its own, all let go together; what each came to, sorted."""
    gate = threading.Barrier(len(acts))
    outcomes = []

    def run(act):
        with app.app_context():
            gate.wait(10)
            try:
                act()
                outcomes.append("done")
            except DomainError as error:
                outcomes.append(error.code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    return sorted(outcomes)


def yuan(minor):
    """`1234567.89` for a bank file; nothing for zero."""
    return f"{minor // 100}.{minor % 100:02d}" if minor else ""
