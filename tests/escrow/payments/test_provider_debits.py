"""More was refunded than the provider still held: it takes the rest from the court's bank account.

A payout below zero, and at the bank a line of money that left; each case bears what it had drawn.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_asset, make_case, make_lot, make_user
from simulation.bank import Bank
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.courts.models import Court
from escrow.bank.models import BankLine, LineStatus, ProviderMoveKind
from escrow.bank.provider import money_of_case, record_provider_move
from escrow.bank.reading import read_statements
from escrow.bank.services import import_statements
from escrow.deposits.models import DepositStatus
from escrow.invariants import check_invariants
from escrow.payments.provider_models import ProviderMovement, ProviderPayout
from escrow.plans.services import lock_case
from escrow.reconciliation.payouts import settle_payouts


class Till:
    """The court's bank account beside the payment stage, and its statements taken in."""

    def __init__(self, stage, sale):
        self.stage, self.court_id, self.case_id = stage, sale.court_id, sale.case_id
        court = db.session.get_one(Court, sale.court_id)
        self.bank = Bank(court.account_number)
        self.finance = make_user(stage.clock.now(), Role.FINANCE, court=court).id

    def pay_out(self):
        """The provider settles its account with the bank; all of it is read in a day later."""
        [payout] = self.stage.control("payouts")["payouts"]
        self.stage.clock.advance(days=1, minutes=1)
        self.stage.work()
        told = ("STRIPE PAYMENTS", "990000000001", f"STRIPE {payout['id']}")
        move = self.bank.receive if payout["amount"] > 0 else self.bank.send
        move(self.stage.clock.now(), abs(payout["amount"]), *told)
        self.take_statement()
        return payout["amount"]

    def cover_fees(self):
        """The court's budget makes up what the provider kept."""
        fees = money_of_case(self.case_id).fees_minor
        now = self.stage.clock.now()
        reference = self.bank.receive(now, fees, "财政局", "980000000001", "手续费")
        with transaction():
            record_provider_move(
                lock_case(self.case_id, self.court_id),
                ProviderMoveKind.FEE_COVER,
                fees,
                bank_reference=reference,
                actor_id=self.finance,
                now=now,
            )
        self.take_statement()

    def take_statement(self):
        data, now = self.bank.statement(), self.stage.clock.now()
        with transaction():
            import_statements(
                self.court_id,
                data,
                read_statements(data),
                name="bank.csv",
                actor_id=self.finance,
                now=now,
            )
        self.stage.work()
        with transaction():
            settle_payouts(self.court_id, now=now)

    def lines(self):
        return [str(row.status) for row in db.session.scalars(select(BankLine))]


@pytest.fixture
def paid_out(any_stage):
    """A deposit paid online and already on the court's bank account."""
    sale = any_stage.sale(days=20)
    enrolment = any_stage.enrol(sale)
    any_stage.pay_deposit(enrolment, "alipay")
    till = Till(any_stage, sale)
    assert till.pay_out() > 0
    till.cover_fees()
    return any_stage, sale, enrolment, till


def test_what_the_provider_takes_for_a_refund_brings_its_account_to_zero(paid_out):
    stage, sale, enrolment, till = paid_out
    stage.end_sale(sale)
    stage.work()
    assert stage.deposit(enrolment).status is DepositStatus.RETURNED
    kept = stage.payment(enrolment).secured_minor
    assert stage.books(sale)["provider"] == (-kept, 0)
    assert till.pay_out() == -kept
    assert (stage.books(sale, enrolment), till.bank.balance) == ({}, 0)
    assert till.lines() == [LineStatus.PLACED, LineStatus.MATCHED, LineStatus.MATCHED]
    assert {row.difference for row in db.session.scalars(select(ProviderMovement))} == {None}
    assert money_of_case(sale.case_id).provider_minor == 0
    assert check_invariants(stage.clock.now()) == []


def test_a_next_payout_that_covers_a_refund_is_shared_case_by_case(paid_out):
    stage, sale, enrolment, till = paid_out
    court = db.session.get_one(Court, sale.court_id)
    stage.end_sale(sale)
    stage.work()
    case = make_case(stage.clock.now(), court=court)
    lot = make_lot(stage.clock.now(), asset=make_asset(stage.clock.now(), case=case))
    other = stage.sale(days=20, lot=lot, deposit_minor=20_000_000)
    assert other.case_id != sale.case_id
    buyer = stage.enrol(other)
    stage.pay_deposit(buyer, "alipay")
    came = till.pay_out()
    fees = money_of_case(other.case_id).fees_minor
    assert came == 20_000_000 - fees - stage.payment(enrolment).secured_minor > 0
    assert money_of_case(sale.case_id).provider_minor == 0
    assert money_of_case(other.case_id).provider_minor == 0
    assert check_invariants(stage.clock.now()) == []


def test_a_payout_that_nobody_has_read_for_weeks_is_read_to_its_end(stage):
    sale = stage.sale(days=90)
    stage.pay_deposit(stage.enrol(sale), "alipay")
    stage.control("payouts")
    stage.tell("drop_before", method="GET", path="/v1/payouts", times=1000)
    stage.clock.advance(days=2)
    stage.work()
    db.session.rollback()
    assert list(db.session.scalars(select(ProviderPayout))) == []
    db.session.rollback()
    stage.clock.advance(days=30)
    stage.behave()
    for _turn in range(3):  # twenty days of movements at a time
        stage.clock.advance(minutes=61)
        stage.work()
    [payout] = db.session.scalars(select(ProviderPayout))
    assert (payout.status, payout.is_complete) == ("paid", True)
    assert payout.sent_at < stage.clock.now() - timedelta(days=30)
