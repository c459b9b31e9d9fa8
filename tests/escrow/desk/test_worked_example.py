"""The worked example of the money page as a whole story of the books: to the fen, and to zero."""

from __future__ import annotations

import pytest
from finance_stage import Desk, Row

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import Deadline, DeadlineStatus
from escrow.bank.models import LineStatus
from escrow.bank.returns import propose_refund
from escrow.ledger import AccountKind, account, balance
from escrow.payments.models import Refund, RefundStatus
from escrow.plans.closing import close_empty_case, list_obstacles
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import mark_paid
from escrow.plans.services import book_deduction, lock_case
from escrow.settlement.models import SettlementStatus
from escrow.settlement.services import settlement_of

PAID = {
    ("K1", "cost"): 900_000,
    ("K2", "cost"): 400_000,
    ("K3", "sale-tax"): 6_000_000,
    ("A", "secured"): 163_800_000,
    ("A/fee", "fee"): 1_878_000,
    ("B", "ordinary"): 73_878_020,
    ("B/fee", "fee"): 978_780,
    ("C", "ordinary"): 110_817_030,
    ("C/fee", "fee"): 1_348_170,
}


def test_from_the_first_deposit_to_a_case_with_every_account_at_zero(any_app, clock):
    desk = Desk(clock)
    desk.claims_of_the_example()
    winner, loser = desk.enrol(), desk.enrol()
    for bidder in (winner, loser):
        assert desk.pay_deposit(bidder).status is LineStatus.MATCHED
    desk.sell(winner, 360_000_000)

    return_the_losers_deposit(desk)
    settlement = Row(settlement_of(desk.sale.id))
    assert settlement.outstanding_minor == 350_000_000
    desk.pay(350_000_000, settlement.reference, desk.name_of(winner))
    assert settlement.status is SettlementStatus.PAID
    desk.rule()
    assert desk.case_balances() == {("proceeds", desk.case.id): 360_000_000}

    book_the_deductions(desk)
    plan = desk.approve(desk.draft())
    assert {(p.payee, p.step): p.amount_minor for p in plan.payments} == PAID
    assert plan.output["surplus"] == plan.output["unallocated"] == 0
    with pytest.raises(DomainError, match="accounts-not-zero"), transaction():
        close_empty_case(
            lock_case(desk.case.id, desk.court.id), actor_id=desk.clerk.id, now=desk.now
        )

    pay_everybody(desk, plan)
    assert desk.case_balances() == {}
    with pytest.raises(DomainError, match="not-delivered"), transaction():
        close_empty_case(
            lock_case(desk.case.id, desk.court.id), actor_id=desk.clerk.id, now=desk.now
        )
    desk.hand_over()
    with transaction():
        bank = account(AccountKind.BANK, desk.court.id, court_id=desk.court.id)
        assert balance(bank).posted_minor == desk.balance == 0
        case = lock_case(desk.case.id, desk.court.id)
        assert list_obstacles(case) == []
        close_empty_case(case, actor_id=desk.clerk.id, now=desk.now)
    clock = db.session.query(Deadline).filter_by(kind="payout").one()
    assert clock.status is DeadlineStatus.MET
    desk.check_books()


def return_the_losers_deposit(desk):
    refund = db.session.query(Refund).one()
    assert refund.status is RefundStatus.DUE
    reference = desk.row(debit=refund.amount_minor, account=refund.payee_account, text="退保证金")
    with transaction():
        order = propose_refund(
            refund.id,
            bank_reference=reference,
            paid_on=desk.now.date(),
            court_id=desk.court.id,
            actor_id=desk.maker.id,
            now=desk.now,
        )
        assert order.needs_second
        order_id = order.id
    from escrow.bank.returns import confirm_order

    with transaction():
        confirm_order(order_id, court_id=desk.court.id, actor_id=desk.checker.id, now=desk.now)
    assert desk.take()[0].status is LineStatus.MATCHED


def book_the_deductions(desk):
    for index, (kind, amount, sale_id) in enumerate(
        (("cost", 900_000, None), ("cost", 400_000, None), ("sale-tax", 6_000_000, desk.sale.id))
    ):
        with transaction():
            book_deduction(
                lock_case(desk.case.id, desk.court.id),
                values={
                    "kind": kind,
                    "amount_minor": amount,
                    "sale_id": sale_id,
                    "basis": "发票",
                    "payee_name": "评估机构",
                    "payee_bank": "测试银行",
                    "payee_account": "6222000000000099",
                },
                form_key=f"form-{index}",
                actor_id=desk.maker.id,
                now=desk.now,
            )


def pay_everybody(desk, plan):
    for payment in db.session.query(PlanPayment).filter_by(plan_id=plan.id).all():
        payment_id = payment.id
        reference = desk.row(debit=payment.amount_minor, account=payment.payee_account)
        with transaction():
            mark_paid(
                payment_id,
                bank_reference=reference,
                paid_on=desk.now.date(),
                court_id=desk.court.id,
                actor_id=desk.checker.id,
                now=desk.now,
            )
    assert {line.status for line in desk.take()} == {LineStatus.MATCHED}
    payments = db.session.query(PlanPayment).filter_by(plan_id=plan.id).all()
    assert {payment.status for payment in payments} == {PaymentStatus.PAID}
    assert all(payment.bank_line_id for payment in payments)
