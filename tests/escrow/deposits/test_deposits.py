"""The end of a sale: losers' deposits go back, the buyer's goes into the price, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from auction.core.db import db, transaction
from auction.deadlines.models import DeadlineStatus
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import leave_sale
from escrow.deposits.models import DepositStatus
from escrow.payments import returning
from escrow.payments.models import (
    Channel,
    PaymentStatus,
    RefundReason,
    RefundStatus,
)
from escrow.payments.refunds import mark_refund_paid
from escrow.payments.services import confirm_bank_deposit
from escrow.settlement.models import SettlementStatus
from escrow.settlement.services import settlement_of

DEPOSIT = 10_000_000
FEE = 290_030
PRICE = 80_000_000


def pay_by_bank(stage, enrolment, line=1, amount=DEPOSIT):
    with transaction():
        return confirm_bank_deposit(
            enrolment.id,
            line,
            amount,
            payer_name="竞买人",
            payer_account="6222000000000009",
            payer_bank="测试银行",
            received_at=stage.clock.now() - timedelta(minutes=5),
            at=stage.clock.now(),
        ).id


def test_a_losers_hold_is_released_and_a_losers_capture_refunded(any_stage):
    stage = any_stage
    for days, status in ((2, PaymentStatus.RELEASED), (10, PaymentStatus.RECEIVED)):
        sale = stage.sale(days=days)
        winner, loser = stage.enrol(sale), stage.enrol(sale)
        stage.pay_deposit(winner)
        stage.pay_deposit(loser)
        stage.end_sale(sale, winner, PRICE)
        stage.work()
        assert stage.payment(loser).status is status
        assert stage.deposit(loser).status is DepositStatus.RETURNED
        assert stage.refunds()[-1].status is RefundStatus.DONE
        books = stage.books(sale, loser)
        assert "deposit" not in books
        assert books["price"] == (DEPOSIT, 0)


def test_the_buyers_deposit_is_captured_and_counts_towards_the_price(any_stage):
    stage = any_stage
    sale = stage.sale(days=2)
    winner = stage.enrol(sale)
    stage.pay_deposit(winner)
    stage.end_sale(sale, winner, PRICE)
    ended_at = stage.fresh(sale).ended_at
    stage.work(1)
    assert stage.deposit(winner).status is DepositStatus.APPLYING
    clock = stage.deadline("deposit-transfer")
    assert (clock.rule_id, clock.due_at) == ("CN16-25.2", ended_at + timedelta(hours=24))
    stage.work()
    assert stage.payment(winner).status is PaymentStatus.RECEIVED
    assert stage.deposit(winner).status is DepositStatus.APPLIED
    assert stage.deadline("deposit-transfer").status is DeadlineStatus.MET
    settlement = settlement_of(sale.id)
    assert (settlement.deposit_applied_minor, settlement.outstanding_minor) == (
        DEPOSIT,
        PRICE - DEPOSIT,
    )
    assert stage.books(sale, winner) == {
        "price": (DEPOSIT, 0),
        "provider": (DEPOSIT - FEE, 0),
        "provider-fees": (FEE, 0),
    }


def test_the_end_told_twice_settles_once(stage):
    sale = stage.sale()
    winner, loser = stage.enrol(sale), stage.enrol(sale)
    stage.pay_deposit(winner)
    stage.pay_deposit(loser)
    stage.end_sale(sale, winner, PRICE)
    stage.work()
    before = stage.books(sale, loser)
    with transaction() as session:
        session.execute(
            text("UPDATE outbox SET done_at = NULL, run_at = 0 WHERE kind <> 'watch_payment'")
        )
    stage.work()
    assert stage.books(sale, loser) == before
    assert len(stage.refunds()) == 1
    assert len(stage.at_provider()["refunds"]) == 1


@pytest.mark.parametrize("how", ["unsold", "left"])
def test_without_a_sale_or_after_leaving_the_deposit_goes_back(stage, how):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    if how == "unsold":
        stage.end_sale(sale)
    else:
        with transaction():
            leave_sale(enrolment.id, stage.clock.now())
    stage.work()
    [refund] = stage.refunds()
    assert (refund.reason, refund.status) == (RefundReason(how), RefundStatus.DONE)
    assert stage.deposit(enrolment).status is DepositStatus.RETURNED
    assert stage.deadline("deposit-return").status is DeadlineStatus.MET
    assert "deposit" not in stage.books(sale, enrolment)


def test_who_leaves_while_he_pays_gets_the_payment_back(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    page = stage.click_pay(enrolment).location
    with transaction():
        leave_sale(enrolment.id, stage.clock.now())
    stage.pay(page)
    stage.come_back(enrolment)
    stage.work()
    [refund] = stage.refunds()
    assert (refund.reason, refund.status) == (RefundReason.LEFT, RefundStatus.DONE)
    left = stage.fresh(enrolment)
    assert (left.status, left.code) == (EnrolmentStatus.LEFT, None)
    assert "deposit" not in stage.books(sale, enrolment)


def test_a_deposit_paid_by_transfer_waits_for_finance_and_is_paid_back_once(any_stage):
    stage = any_stage
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    first = pay_by_bank(stage, enrolment)
    assert pay_by_bank(stage, enrolment) == first
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE
    assert stage.books(sale, enrolment) == {"bank": (DEPOSIT, 0), "deposit": (DEPOSIT, 0)}
    stage.end_sale(sale)
    stage.work()
    [refund] = stage.refunds()
    assert (refund.channel, refund.status) == (Channel.BANK, RefundStatus.DUE)
    assert (refund.payee_name, refund.payee_account) == ("竞买人", "6222000000000009")
    clerk = sale.created_by
    for _ in range(2):
        with transaction():
            mark_refund_paid(
                refund.id, actor_id=clerk, at=stage.clock.now(), paid_at=stage.clock.now()
            )
    [refund] = stage.refunds()
    assert refund.status is RefundStatus.DONE
    assert stage.deposit(enrolment).status is DepositStatus.RETURNED
    assert stage.books(sale, enrolment) == {}


def test_the_buyers_transfer_is_applied_at_once(stage):
    sale = stage.sale()
    winner = stage.enrol(sale)
    pay_by_bank(stage, winner)
    stage.end_sale(sale, winner, PRICE)
    stage.work(1)
    assert stage.deposit(winner).status is DepositStatus.APPLIED
    assert stage.books(sale, winner) == {"bank": (DEPOSIT, 0), "price": (DEPOSIT, 0)}


def test_a_transfer_of_another_amount_is_not_the_deposit(stage):
    enrolment = stage.enrol(stage.sale())
    with pytest.raises(Exception, match="amount-differs"):
        pay_by_bank(stage, enrolment, amount=DEPOSIT - 1)
    assert stage.payments(enrolment) == []


def test_a_transfer_after_the_end_is_owed_back(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.end_sale(sale)
    pay_by_bank(stage, enrolment)
    [refund] = stage.refunds()
    assert (refund.reason, refund.channel) == (RefundReason.LATE, Channel.BANK)
    assert stage.fresh(enrolment).status is EnrolmentStatus.DEPOSIT_DUE


def test_who_pays_twice_gets_the_second_payment_back(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    page = stage.click_pay(enrolment).location
    pay_by_bank(stage, enrolment)
    stage.pay(page)
    stage.come_back(enrolment)
    stage.work()
    [refund] = stage.refunds()
    assert (refund.reason, refund.status) == (RefundReason.DUPLICATE, RefundStatus.DONE)
    assert stage.books(sale, enrolment)["deposit"] == (DEPOSIT, 0)
    assert stage.deposit(enrolment).status is DepositStatus.HELD


@pytest.mark.parametrize(
    "fault", ["drop_before", "drop_after", "server_error", "server_error_after", "malformed"]
)
def test_a_refund_whose_answer_got_lost_is_made_once(stage, fault):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.end_sale(sale)
    stage.tell(fault, method="POST", path="/v1/refunds")
    stage.work()
    assert stage.refunds()[0].status is RefundStatus.DUE
    stage.clock.advance(minutes=20)
    stage.work()
    assert stage.refunds()[0].status is RefundStatus.DONE
    assert len(stage.at_provider()["refunds"]) == 1
    assert "deposit" not in stage.books(sale, enrolment)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "server_error", "malformed"])
@pytest.mark.parametrize("is_buyer", [True, False])
def test_a_capture_or_release_whose_answer_got_lost_is_made_once(stage, fault, is_buyer):
    sale = stage.sale(days=2)
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.tell(fault, method="POST", path="/v1/payment_intents/")
    stage.end_sale(sale, enrolment if is_buyer else None, PRICE)
    stage.work()
    stage.clock.advance(minutes=20)
    stage.work()
    wanted = DepositStatus.APPLIED if is_buyer else DepositStatus.RETURNED
    assert stage.deposit(enrolment).status is wanted
    assert stage.books(sale, enrolment).get("price") == ((DEPOSIT, 0) if is_buyer else None)
    assert stage.waiting("return_money") == stage.waiting("capture_deposit") == []


def test_a_crash_between_the_refund_and_our_commit_makes_no_second_refund(stage, monkeypatch):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.end_sale(sale)
    with monkeypatch.context() as broken:
        broken.setattr(
            returning, "record_returns", lambda *_a, **_k: (_ for _ in ()).throw(KeyError)
        )
        stage.work()
    assert stage.refunds()[0].status is RefundStatus.DUE
    # a day later the provider may have forgotten the key: we look for the refund itself
    stage.clock.advance(hours=30)
    stage.work()
    assert stage.refunds()[0].status is RefundStatus.DONE
    assert len(stage.at_provider()["refunds"]) == 1


def test_a_refund_that_fails_is_owed_again_and_at_last_paid_by_transfer(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.end_sale(sale)
    stage.work()
    stage.fail_refund(stage.refunds()[0].provider_refund_id)
    stage.deliver()
    stage.work(1)
    assert stage.deadline("deposit-return").status is DeadlineStatus.OPEN
    assert stage.deposit(enrolment).status is DepositStatus.RETURNING
    assert stage.books(sale, enrolment)["deposit"] == (DEPOSIT, 0)
    assert stage.alarms() == ["refund-failed"]
    stage.work()
    assert stage.refunds()[0].status is RefundStatus.DONE
    stage.fail_refund(stage.refunds()[0].provider_refund_id)
    stage.deliver(times=2)
    stage.work()
    [refund] = stage.refunds()
    assert (refund.status, refund.channel) == (RefundStatus.DUE, Channel.BANK)
    assert stage.books(sale, enrolment)["deposit"] == (DEPOSIT, 0)


def test_the_provider_down_for_the_whole_day_delays_but_loses_nothing(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.end_sale(sale)
    stage.tell("drop_before", times=1000)
    for _ in range(12):
        stage.clock.advance(hours=1)
        stage.work(1)
    clock = stage.deadline("deposit-return")
    assert clock.status is DeadlineStatus.OPEN
    assert clock.due_at - clock.warn_at == timedelta(hours=4)
    headers = {"Authorization": "Bearer sk_test_luochui"}
    stage.request("DELETE", "/_simulator/faults", **headers)
    stage.clock.advance(hours=1)
    stage.work()
    assert stage.deadline("deposit-return").status is DeadlineStatus.MET


def test_a_hold_about_to_lapse_while_its_sale_runs_is_taken(stage):
    sale = stage.sale(days=2)
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.clock.advance(days=6, hours=11)
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.HELD
    stage.clock.advance(hours=1)
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.RECEIVED
    assert stage.deposit(enrolment).status is DepositStatus.HELD
    stage.end_sale(sale)
    stage.work()
    assert stage.deposit(enrolment).status is DepositStatus.RETURNED
    assert "deposit" not in stage.books(sale, enrolment)


def test_a_buyer_whose_hold_lapsed_owes_the_whole_price(stage):
    sale = stage.sale(days=2)
    winner = stage.enrol(sale)
    stage.pay_deposit(winner)
    intent_id = stage.payment(winner).intent_id
    stage.stripe.v1.payment_intents.cancel(intent_id)
    stage.end_sale(sale, winner, PRICE)
    stage.work()
    assert stage.deposit(winner).status is DepositStatus.LAPSED
    assert stage.alarms() == ["hold-lapsed"]
    assert settlement_of(sale.id).outstanding_minor == PRICE
    assert stage.books(sale, winner) == {}


def test_a_hold_that_somebody_captured_is_refunded_to_the_loser(stage):
    sale = stage.sale(days=2)
    loser = stage.enrol(sale)
    stage.pay_deposit(loser)
    stage.stripe.v1.payment_intents.capture(stage.payment(loser).intent_id)
    stage.end_sale(sale)
    stage.work()
    assert stage.deposit(loser).status is DepositStatus.RETURNED
    assert len(stage.at_provider()["refunds"]) == 1
    assert "deposit" not in stage.books(sale, loser)


def test_the_settlement_is_due_at_midnight_of_the_announced_day(stage):
    sale = stage.sale(balance_days=15)
    winner = stage.enrol(sale)
    stage.pay_deposit(winner)
    stage.end_sale(sale, winner, PRICE)
    stage.work(1)
    db.session.rollback()
    settlement = settlement_of(sale.id)
    assert settlement.status is SettlementStatus.DUE
    assert settlement.due_at.isoformat() == "2026-11-27T16:00:00+00:00"
    assert stage.deadline("balance").due_at == settlement.due_at


def test_a_bidder_finds_all_his_money_with_its_state_and_deadline(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    client = stage.browser_of(enrolment)
    assert "还没有款项" in client.get("/me/money").text
    stage.pay_deposit(enrolment)
    assert "已确认，保管中" in client.get("/me/money").text
    stage.end_sale(sale)
    stage.work(1)
    client = stage.browser_of(enrolment)
    page = client.get("/me/money").text
    assert "退还中" in page
    assert "2026年11月13日 10:00" in page  # 24 hours after the end
    stage.work()
    page = client.get("/me/money").text
    assert "已退还" in page
    assert sale.lot.number in page
    stranger = stage.enrol(sale)
    other = db.session.get(Enrolment, stranger.id)
    assert sale.lot.number not in stage.browser_of(other).get("/me/money").text
