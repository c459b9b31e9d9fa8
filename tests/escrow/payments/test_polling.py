"""What no webhook ever brought is found by asking; the provider's account is read in whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_user
from conftest import browser
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.core.db import db
from auction.courts.models import Court
from bidding.enrolment.models import EnrolmentStatus
from escrow.deposits.models import DepositStatus
from escrow.payments import movements, polling
from escrow.payments.account import list_differences, list_payouts
from escrow.payments.models import RefundStatus, StripeEvent
from escrow.payments.provider_models import (
    Difference,
    Dispute,
    ProviderMovement,
    ProviderPayout,
)

DEPOSIT = 10_000_000
FEE = 290_030
PRICE = 80_000_000


def forget_webhooks(stage):
    stage.simulator.deliver_pending()
    stage.mails.clear()


def wait(stage, minutes=15):
    """So long may it take until what webhooks lost is found (F-24)."""
    for _ in range(minutes // 5):
        stage.clock.advance(minutes=5)
        stage.work(2)


def test_all_that_a_day_without_webhooks_hid_is_found_within_a_quarter_of_an_hour(any_stage):
    stage = any_stage
    sale = stage.sale()
    enrolment, other = stage.enrol(sale), stage.enrol(sale)
    stage.pay(stage.click_pay(enrolment).location)
    stage.pay_deposit(other)
    stage.tell("drop_before", times=100_000)
    stage.clock.advance(hours=24)
    stage.work()
    forget_webhooks(stage)
    assert stage.fresh(enrolment).status is EnrolmentStatus.DEPOSIT_DUE
    stage.behave()
    dispute = stage.control(f"intents/{stage.payments(other)[0].intent_id}/dispute")
    forget_webhooks(stage)
    wait(stage)
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE
    found = db.session.scalars(select(Dispute.provider_dispute_id)).all()
    assert found == [dispute["id"]]


def test_a_refund_that_failed_after_it_was_done_is_found_without_a_webhook(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.end_sale(sale)
    stage.work()
    [refund] = stage.refunds()
    assert refund.status is RefundStatus.DONE
    stage.fail_refund(refund.provider_refund_id)
    forget_webhooks(stage)
    wait(stage)
    assert stage.refunds()[0].failures == 1
    assert "退款被发卡行退回" in stage.browser_of(enrolment).get("/me/messages").text


def test_pages_are_read_on_where_the_last_turn_stopped_and_nothing_twice(stage, monkeypatch):
    monkeypatch.setattr(polling, "PAGES_A_TURN", 1)
    monkeypatch.setattr("escrow.payments.gateway.PAGE", 2)
    sale = stage.sale()
    for _ in range(3):
        stage.pay_deposit(stage.enrol(sale))
    forget_webhooks(stage)
    stage.clock.advance(minutes=5)
    for _ in range(6):
        stage.work(1)
        stage.clock.advance(seconds=5)
    db.session.rollback()
    first = list(db.session.scalars(select(StripeEvent.event_id)))
    assert len(first) == len(set(first)) == 6  # a session and an intent each
    stage.clock.advance(minutes=5)
    for _ in range(6):
        stage.work(1)
        stage.clock.advance(seconds=5)
    db.session.rollback()
    assert len(list(db.session.scalars(select(StripeEvent.id)))) == 6


# ── the account ─────────────────────────────────────────────────────────────────────────────────


def all_movements():
    db.session.rollback()
    return list(db.session.scalars(select(ProviderMovement).order_by(ProviderMovement.id)))


def import_all(stage):
    stage.clock.advance(minutes=70)
    stage.work(3)


def story(stage):
    """A buyer, a loser whose refund fails once, and a complaint that the court wins."""
    sale = stage.sale()
    buyer, loser = stage.enrol(sale), stage.enrol(sale)
    for enrolment in (buyer, loser):
        stage.pay_deposit(enrolment)
    told = stage.control(f"intents/{stage.payment(buyer).intent_id}/dispute")
    stage.end_sale(sale, buyer, PRICE)
    stage.work()
    stage.fail_refund(stage.refunds()[0].provider_refund_id)
    stage.control(f"disputes/{told['id']}/won")
    stage.deliver()
    stage.work()
    return sale, buyer, loser


def test_each_movement_of_the_account_is_one_transfer(any_stage):
    stage = any_stage
    sale, buyer, _loser = story(stage)
    import_all(stage)
    rows = all_movements()
    assert sorted(row.kind for row in rows) == sorted(
        ["charge", "charge", "dispute", "dispute_reversal", "refund", "refund", "refund_failure"]
    )
    assert [row.difference for row in rows] == [None] * 7
    assert len({row.transfer_id for row in rows}) == 7
    there = stage.stripe.v1.balance.retrieve().available[0].amount
    assert stage.books(sale, buyer)["provider"] == (there, 0)
    import_all(stage)
    assert len(all_movements()) == 7


def test_what_nobody_here_did_is_a_difference_with_a_name_until_a_person_explains_it(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    intent_id = stage.payment(enrolment).intent_id
    stage.stripe.v1.refunds.create({"payment_intent": intent_id, "amount": 5})
    stage.control("payouts")
    import_all(stage)
    assert {row.kind: row.difference for row in all_movements()} == {
        "charge": None,
        "refund": Difference.NOT_BOOKED,
        "payout": Difference.IN_TRANSIT,
    }
    court = db.session.get_one(Court, sale.court_id)
    desk = sign_in_as(browser(stage.app), make_user(stage.clock.now(), Role.FINANCE, court=court))
    page = desk.get("/finance/provider").text
    assert "账簿还没有这笔" in page
    assert "划款在途" in page
    [foreign] = [row for row in list_differences(court.id) if row.kind == "refund"]
    path = f"/finance/provider/movements/{foreign.id}/explain"
    form = {"csrf_token": csrf_of(desk), "remark": "通道后台误操作，已追回"}
    assert desk.post(path, data=form).status_code == 302
    assert [row.kind for row in list_differences(court.id)] == ["payout"]
    assert desk.post("/finance/provider/movements/999/explain", data=form).status_code == 404


def test_a_payout_is_split_by_case_to_the_fen(stage):
    first, second = stage.sale(), stage.sale()
    for sale in (first, second, second):
        stage.pay_deposit(stage.enrol(sale))
    stage.control("payouts")
    import_all(stage)
    [view] = list_payouts(first.court_id)
    net = DEPOSIT - FEE
    assert view.is_whole
    shares = {share.case.id: share.net_minor for share in view.shares}
    assert shares == {first.case_id: net, second.case_id: 2 * net}
    assert view.row.status == "pending"
    stage.clock.advance(days=1)
    stage.deliver()
    stage.work()
    db.session.rollback()
    assert db.session.scalars(select(ProviderPayout.status)).all() == ["paid"]


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(stage, monkeypatch):
    monkeypatch.setattr(movements, "PAGES_A_TURN", 1)
    monkeypatch.setattr("escrow.payments.gateway.PAGE", 2)
    sale = stage.sale()
    for _ in range(5):
        stage.pay_deposit(stage.enrol(sale))
    stage.clock.advance(minutes=10)
    stage.work(1)
    assert len(all_movements()) == 2
    stage.tell("drop_before", method="GET", path="/v1/balance_transactions", times=1)
    for _ in range(6):
        stage.clock.advance(minutes=5)
        stage.work(1)
    assert len(all_movements()) == 5
    assert {row.difference for row in all_movements()} == {None}


def test_many_days_without_a_reading_are_read_a_day_at_a_time(stage):
    sale = stage.sale(days=9)
    stage.pay_deposit(stage.enrol(sale))
    stage.clock.advance(days=3)
    stage.pay_deposit(stage.enrol(sale))
    for _ in range(3):
        stage.clock.advance(minutes=61)
        stage.work(2)
    assert len(all_movements()) == 2


# ── 24 hours (CN16-23.2) ────────────────────────────────────────────────────────────────────────


def test_twelve_hours_without_the_provider_are_alarmed_at_twenty_and_made_up_by_urgency(stage):
    """F-26: what is due first is sent first, whatever was written down first."""
    early, late = stage.sale(days=10), stage.sale(days=10)
    first, second = stage.enrol(late), stage.enrol(early)
    for enrolment in (first, second):
        stage.pay_deposit(enrolment)
    court = db.session.get_one(Court, early.court_id)
    finance = make_user(stage.clock.now(), Role.FINANCE, court=court)
    stage.tell("drop_before", times=100_000)
    stage.end_sale(early)
    stage.work(1)
    ended_at = stage.clock.now()
    for refund in stage.refunds():
        assert refund.due_at == stage.fresh(early).ended_at + timedelta(hours=24)
    for _ in range(19):
        stage.clock.advance(hours=1)
        stage.work(1)
    stage.clock.set(ended_at + timedelta(hours=19, minutes=50))
    stage.work(1)
    assert "returns-near-deadline" not in stage.alarms()
    stage.clock.advance(minutes=15)
    stage.work(1)
    assert "returns-near-deadline" in stage.alarms()
    desk = sign_in_as(browser(stage.app), finance)
    assert "只剩 4 小时" in desk.get("/me/messages").text
    stage.behave()
    stage.clock.advance(minutes=10)
    stage.work()
    assert {r.status for r in stage.refunds()} == {RefundStatus.DONE}
    assert stage.deposit(second).status is DepositStatus.RETURNED


@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_most_urgent_refund_is_claimed_first(stage, is_reversed):
    from escrow.payments.returning import claim_refunds

    sales = [stage.sale(days=10), stage.sale(days=10, opens_at=stage.clock.now())]
    enrolments = [stage.enrol(sale) for sale in sales]
    for enrolment in enrolments:
        stage.pay_deposit(enrolment)
    for sale in reversed(sales) if is_reversed else sales:
        stage.end_sale(sale) if stage.fresh(sale).ended_at is None else None
    stage.tell("drop_before", times=100)
    stage.work(1)
    stage.behave()
    stage.clock.advance(minutes=20)
    ways = claim_refunds(stage.clock.now())
    db.session.rollback()
    due = {refund.id: (refund.due_at, refund.id) for refund in stage.refunds()}
    asked = [due[way.refund_id] for way in ways]
    assert len(asked) == 2
    assert asked == sorted(asked)
