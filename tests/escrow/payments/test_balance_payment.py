"""The buyer pays the balance: online in parts, by transfer, and never more than is due."""

from __future__ import annotations

import pytest
from signing import csrf_of

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import DeadlineStatus
from auction.sales.models import SaleStatus
from escrow.payments.models import Channel, PaymentStatus, Purpose, RefundReason, RefundStatus
from escrow.payments.refunds import mark_refund_paid
from escrow.payments.services import confirm_bank_balance, start_balance_payment
from escrow.settlement.models import SettlementStatus
from escrow.settlement.services import settlement_of

DEPOSIT = 10_000_000
PRICE = 80_000_000
BALANCE = PRICE - DEPOSIT


@pytest.fixture(params=["sqlite", "postgresql"])
def won(request, make_app, clock, tmp_path):
    from payment_stage import open_stage

    with open_stage(make_app, clock, tmp_path, request.param) as stage:
        sale = stage.sale()
        buyer = stage.enrol(sale)
        stage.pay_deposit(buyer)
        stage.end_sale(sale, buyer, PRICE)
        stage.work()
        yield stage, sale, buyer


def settlement(sale):
    db.session.rollback()
    return settlement_of(sale.id)


def click(stage, sale, buyer, amount):
    client = stage.browser_of(buyer)
    form = {"csrf_token": csrf_of(client), "amount": amount}
    return client.post(f"/sales/{sale.number}/balance", data=form)


def transfer(stage, sale, amount, line=7):
    with transaction():
        confirm_bank_balance(
            settlement_of(sale.id).id,
            line,
            amount,
            payer_name="贷款银行",
            payer_account="6222000000000011",
            received_at=stage.clock.now(),
            at=stage.clock.now(),
        )


def pay(stage, sale, buyer, amount):
    stage.pay(click(stage, sale, buyer, amount).location, "alipay")
    stage.browser_of(buyer).get(f"/sales/{sale.number}/balance/return")


def test_the_balance_is_paid_in_parts_and_the_sale_is_then_paid(won):
    stage, sale, buyer = won
    pay(stage, sale, buyer, "300000")
    assert settlement(sale).outstanding_minor == BALANCE - 30_000_000
    assert stage.fresh(sale).status is SaleStatus.SOLD
    transfer(stage, sale, 40_000_000)
    owed = settlement(sale)
    assert (owed.status, owed.outstanding_minor) == (SettlementStatus.PAID, 0)
    assert owed.paid_at == stage.clock.now()
    assert stage.fresh(sale).status is SaleStatus.PAID
    assert stage.deadline("balance").status is DeadlineStatus.MET
    assert stage.deadline("deal-ruling").status is DeadlineStatus.OPEN
    books = stage.books(sale, buyer)
    assert (books["price"], books["bank"]) == ((PRICE, 0), (40_000_000, 0))


def test_the_same_bank_line_counts_once(won):
    stage, sale, _buyer = won
    transfer(stage, sale, 5_000_000)
    transfer(stage, sale, 5_000_000)
    assert settlement(sale).paid_minor == 5_000_000


def test_what_is_paid_beyond_the_balance_goes_back(won):
    stage, sale, buyer = won
    page = click(stage, sale, buyer, "700000").location
    transfer(stage, sale, BALANCE - 100)
    stage.pay(page)
    stage.browser_of(buyer).get(f"/sales/{sale.number}/balance/return")
    stage.work()
    [refund] = stage.refunds()
    assert (refund.reason, refund.status) == (RefundReason.EXCESS, RefundStatus.DONE)
    assert refund.amount_minor == BALANCE - 100
    assert stage.books(sale, buyer)["price"] == (PRICE, 0)
    assert stage.fresh(sale).status is SaleStatus.PAID


def test_an_excess_by_transfer_is_paid_back_by_finance(won):
    stage, sale, buyer = won
    transfer(stage, sale, BALANCE + 5)
    [refund] = stage.refunds()
    assert (refund.channel, refund.amount_minor) == (Channel.BANK, 5)
    with transaction():
        mark_refund_paid(
            refund.id,
            actor_id=sale.created_by,
            at=stage.clock.now(),
            paid_at=stage.clock.now(),
        )
    assert stage.books(sale, buyer)["price"] == (PRICE, 0)


@pytest.mark.parametrize("amount", ["0", "-1", "700000.01", "1000000", "abc", "", "0.001"])
def test_an_amount_that_is_not_due_or_not_money_is_shown_again(won, amount):
    stage, sale, buyer = won
    answer = click(stage, sale, buyer, amount)
    assert answer.status_code == 422
    assert f'value="{amount}"' in answer.text
    assert [p.purpose for p in stage.payments(buyer)] == [Purpose.DEPOSIT]


def test_a_second_click_continues_the_same_payment(won):
    stage, sale, buyer = won
    first = click(stage, sale, buyer, "1000")
    assert click(stage, sale, buyer, "2000").location == first.location


def test_the_page_says_what_is_owed_and_belongs_to_the_buyer_alone(won):
    stage, sale, buyer = won
    page = stage.browser_of(buyer).get(f"/sales/{sale.number}/balance").text
    owed = settlement(sale)
    for words in ("¥700,000.00", "柒拾万元整", owed.reference, "¥100,000.00"):
        assert words in page
    other = stage.enrol(sale)
    assert stage.browser_of(other).get(f"/sales/{sale.number}/balance").status_code == 404
    with pytest.raises(DomainError, match="unknown-settlement"), transaction():
        start_balance_payment(sale.id, other.user_id, 100, stage.clock.now())


def test_a_balance_that_is_paid_takes_no_more(won):
    stage, sale, buyer = won
    transfer(stage, sale, BALANCE)
    assert click(stage, sale, buyer, "1").status_code == 422
    assert "价款已经付清" in stage.browser_of(buyer).get(f"/sales/{sale.number}/balance").text


def test_an_open_balance_page_outlives_the_end_of_the_sale(won):
    stage, sale, buyer = won
    click(stage, sale, buyer, "1000")
    stage.clock.advance(minutes=2)
    stage.work()
    balance = stage.payments(buyer)[-1]
    assert (balance.purpose, balance.status) == (Purpose.BALANCE, PaymentStatus.STARTED)
