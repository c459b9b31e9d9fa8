"""A deposit is paid online: from the click to the bidder's code, whatever breaks in between."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from payment_stage import run_together
from signing import csrf_of
from sqlalchemy import text

from auction.cases.models import EnforcementCase
from auction.core.db import db, transaction
from auction.courts.models import Court
from auction.sales.models import Lot, Sale
from bidding.enrolment.models import EnrolmentStatus
from escrow.deposits.models import DepositStatus
from escrow.payments import checkout
from escrow.payments.models import PaymentStatus, RefundReason, RefundStatus
from escrow.payments.services import start_deposit_payment

DEPOSIT = 10_000_000
FEE = 290_030  # 2.9 % and 30 fen


def test_a_paid_deposit_admits_the_bidder_and_stands_in_the_books(any_stage):
    stage = any_stage
    sale = stage.sale(days=10)
    enrolment = stage.enrol(sale)
    answer = stage.click_pay(enrolment)
    assert answer.status_code == 303
    assert stage.pay(answer.location) == 303
    assert stage.come_back(enrolment).location == f"/enrolments/{enrolment.reference}/deposit"
    enrolment = stage.fresh(enrolment)
    assert enrolment.status is EnrolmentStatus.ACTIVE
    assert enrolment.code
    assert stage.payment(enrolment).status is PaymentStatus.RECEIVED
    assert stage.deposit(enrolment).status is DepositStatus.HELD
    assert stage.books(sale, enrolment) == {
        "deposit": (DEPOSIT, 0),
        "provider": (DEPOSIT - FEE, 0),
        "provider-fees": (FEE, 0),
    }


def test_a_sale_that_ends_soon_only_holds_the_deposit_on_the_card(stage):
    sale = stage.sale(days=2)
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    payment = stage.payment(enrolment)
    assert (payment.is_hold, payment.status) == (True, PaymentStatus.HELD)
    assert payment.capture_before == stage.clock.now() + timedelta(days=7)
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE
    assert stage.books(sale, enrolment) == {"deposit": (0, DEPOSIT), "provider": (0, DEPOSIT)}
    [session] = stage.at_provider()["sessions"]
    assert session.allowed_payment_method_types == ["card"]


@pytest.mark.parametrize(
    ("span", "is_hold"), [(timedelta(days=3), True), (timedelta(days=3, milliseconds=1), False)]
)
def test_a_hold_is_taken_only_if_it_surely_outlives_the_sale(stage, span, is_hold):
    sale = stage.sale(closes_at=stage.clock.now() + span)
    enrolment = stage.enrol(sale)
    stage.click_pay(enrolment)
    assert stage.payment(enrolment).is_hold is is_hold


@pytest.mark.parametrize("method", ["alipay", "wechat_pay", "pm_card_authenticationRequired"])
def test_wallets_and_cards_that_ask_again_pay_too(stage, method):
    enrolment = stage.enrol(stage.sale())
    stage.pay_deposit(enrolment, method)
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE


def test_the_webhook_alone_confirms_the_deposit_even_if_nobody_comes_back(any_stage):
    stage = any_stage
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay(stage.click_pay(enrolment).location)
    assert set(stage.deliver()) == {200}
    assert stage.fresh(enrolment).status is EnrolmentStatus.DEPOSIT_DUE
    stage.work()
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE
    assert stage.come_back(enrolment).status_code == 303
    assert stage.books(sale, enrolment)["deposit"] == (DEPOSIT, 0)


def test_the_same_webhook_twice_and_the_return_page_book_once(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay(stage.click_pay(enrolment).location)
    assert set(stage.deliver(times=3)) == {200}
    stage.work()
    stage.come_back(enrolment)
    stage.deliver(times=2)
    stage.work()
    assert len(stage.payments(enrolment)) == 1
    assert stage.books(sale, enrolment)["deposit"] == (DEPOSIT, 0)
    assert stage.refunds() == []


def test_the_worker_finds_out_when_neither_browser_nor_webhook_reports(stage):
    enrolment = stage.enrol(stage.sale())
    stage.pay(stage.click_pay(enrolment).location)
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.STARTED
    stage.clock.advance(minutes=1)
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.RECEIVED
    assert stage.waiting("watch_payment") == []


def test_a_page_nobody_paid_on_lapses_and_a_new_attempt_may_begin(stage):
    enrolment = stage.enrol(stage.sale())
    first = stage.click_pay(enrolment).location
    for _ in range(12):
        stage.clock.advance(minutes=10)
        stage.work(1)
    assert stage.payment(enrolment).status is PaymentStatus.LAPSED
    second = stage.click_pay(enrolment).location
    assert second != first
    stage.pay(second)
    stage.come_back(enrolment)
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE


def test_a_second_click_leads_to_the_same_page(stage):
    enrolment = stage.enrol(stage.sale())
    assert stage.click_pay(enrolment).location == stage.click_pay(enrolment).location
    assert len(stage.payments(enrolment)) == 1


def test_many_clicks_at_once_open_one_page(any_stage):
    stage = any_stage
    enrolment = stage.enrol(stage.sale())
    address = f"/enrolments/{enrolment.reference}/deposit"
    browsers = [stage.browser_of(enrolment) for _ in range(6)]
    clicks = [(client, {"csrf_token": csrf_of(client)}) for client in browsers]
    targets = []

    def click(client, form):
        targets.append(client.post(address, data=form).location)

    run_together(*[partial(click, client, form) for client, form in clicks])
    assert len({target for target in targets if target.startswith(stage.base)}) == 1
    assert len(stage.payments(enrolment)) == 1
    assert len(stage.at_provider()["sessions"]) == 1


def test_a_crash_between_the_provider_and_our_commit_opens_no_second_page(stage, monkeypatch):
    enrolment = stage.enrol(stage.sale())
    with transaction():
        payment_id = start_deposit_payment(enrolment.id, enrolment.user_id, stage.clock.now()).id
    with monkeypatch.context() as broken, stage.app.test_request_context():
        broken.setattr(
            checkout, "settle_session", lambda *_a, **_k: (_ for _ in ()).throw(KeyError)
        )
        with pytest.raises(KeyError):
            checkout.open_checkout(payment_id, now=stage.clock.now())
    assert stage.payment(enrolment).session_id is None
    assert stage.click_pay(enrolment).location.startswith(stage.base)
    assert len(stage.at_provider()["sessions"]) == 1


@pytest.mark.parametrize("fault", ["drop_after", "server_error_after", "malformed"])
def test_an_answer_that_got_lost_opens_no_second_page(stage, fault):
    enrolment = stage.enrol(stage.sale())
    stage.tell(fault, method="POST", path="/v1/checkout/sessions")
    lost = stage.click_pay(enrolment)
    assert lost.location == f"/enrolments/{enrolment.reference}/deposit"
    assert stage.click_pay(enrolment).location.startswith(stage.base)
    assert len(stage.at_provider()["sessions"]) == 1


@pytest.mark.parametrize("fault", ["drop_before", "server_error", "rate_limit"])
def test_a_provider_that_was_down_is_asked_again_under_a_key_that_works(stage, fault):
    enrolment = stage.enrol(stage.sale())
    stage.tell(fault, method="POST", path="/v1/checkout/sessions")
    stage.click_pay(enrolment)
    answer = stage.click_pay(enrolment)
    stage.pay(answer.location)
    stage.come_back(enrolment)
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE


def test_a_payment_made_after_the_end_goes_straight_back(any_stage):
    stage = any_stage
    sale = stage.sale(days=10)
    enrolment = stage.enrol(sale)
    page = stage.click_pay(enrolment).location
    stage.pay(page)
    stage.end_sale(sale)
    stage.come_back(enrolment)
    [refund] = stage.refunds()
    assert (refund.reason, refund.status) == (RefundReason.LATE, RefundStatus.DUE)
    assert refund.due_at == stage.clock.now() + timedelta(hours=24)
    stage.work()
    [refund] = stage.refunds()
    assert refund.status is RefundStatus.DONE
    assert stage.fresh(enrolment).status is EnrolmentStatus.DEPOSIT_DUE
    assert stage.deposit(enrolment) is None
    assert "deposit" not in stage.books(sale, enrolment)


def test_an_open_page_is_closed_when_the_sale_ends(stage):
    sale = stage.sale(closes_at=stage.clock.now() + timedelta(minutes=30))
    enrolment = stage.enrol(sale)
    stage.click_pay(enrolment)
    stage.end_sale(sale)
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.LAPSED
    [session] = stage.at_provider()["sessions"]
    assert session.status == "expired"


def test_after_the_end_no_page_is_opened(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.end_sale(sale)
    assert stage.click_pay(enrolment).status_code == 409
    assert stage.payments(enrolment) == []


def test_a_deposit_of_more_than_five_payments_is_paid_by_transfer_only(stage):
    sale = stage.sale(deposit_minor=500_000_000, start_price_minor=5_000_000_000)
    enrolment = stage.enrol(sale)
    assert stage.click_pay(enrolment).status_code == 409
    page = stage.browser_of(enrolment).get(f"/enrolments/{enrolment.reference}/deposit").text
    assert "¥999,999.99" in page
    assert enrolment.reference in page
    assert "伍佰万元整" in page
    assert f'action="/enrolments/{enrolment.reference}/deposit"' not in page


def test_money_of_another_amount_than_asked_confirms_nothing(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    page = stage.click_pay(enrolment).location
    with transaction() as session:
        session.execute(text("UPDATE payment SET amount_minor = amount_minor + 1"))
    stage.pay(page)
    stage.come_back(enrolment)
    stage.deliver()
    stage.work()
    assert stage.fresh(enrolment).status is EnrolmentStatus.DEPOSIT_DUE
    assert stage.payment(enrolment).status is PaymentStatus.SUSPENSE
    assert stage.alarms() == ["wrong-amount"]
    assert stage.books(sale, enrolment) == {
        "suspense": (DEPOSIT, 0),
        "provider": (DEPOSIT, 0),
    }


def test_a_hold_of_another_amount_is_let_go_of(stage):
    sale = stage.sale(days=2)
    enrolment = stage.enrol(sale)
    page = stage.click_pay(enrolment).location
    with transaction() as session:
        session.execute(text("UPDATE payment SET amount_minor = amount_minor - 1"))
    stage.pay(page)
    stage.come_back(enrolment)
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.LAPSED
    [intent] = stage.at_provider()["intents"]
    assert intent.status == "canceled"
    assert stage.books(sale, enrolment) == {}


def test_the_page_belongs_to_its_bidder_alone(stage):
    sale = stage.sale()
    mine, other = stage.enrol(sale), stage.enrol(sale)
    client = stage.browser_of(other)
    for path in ("", "/status", "/return"):
        answer = client.get(f"/enrolments/{mine.reference}/deposit{path}")
        assert answer.status_code == 404
    assert stage.click_pay(mine, client).status_code == 404
    assert stage.payments(mine) == []


def test_the_status_changes_when_the_deposit_is_confirmed(stage):
    enrolment = stage.enrol(stage.sale())
    client = stage.browser_of(enrolment)
    before = client.get(f"/enrolments/{enrolment.reference}/deposit/status").json
    stage.pay_deposit(enrolment)
    after = client.get(f"/enrolments/{enrolment.reference}/deposit/status").json
    assert before["state"] != after["state"]
    assert (before["code"], after["code"]) == (None, stage.fresh(enrolment).code)
    page = client.get(f"/enrolments/{enrolment.reference}/deposit").text
    assert after["code"] in page
    assert f'data-state="{after["state"]}"' in page


def test_a_transfer_goes_to_the_account_of_the_case_the_announcement_names(stage):
    enrolment = stage.enrol(stage.sale())
    page = stage.browser_of(enrolment).get(f"/enrolments/{enrolment.reference}/deposit").text
    sale = db.session.get_one(Sale, enrolment.sale_id)
    case, court = db.session.get_one(EnforcementCase, sale.case_id), sale.court_id
    assert case.account_number in page
    assert db.session.get_one(Court, court).account_number not in page


def test_nobody_is_asked_to_transfer_money_for_a_practice_sale(stage):
    sale = stage.sale()
    with transaction():
        db.session.get_one(Lot, sale.lot_id).is_practice = True
    enrolment = stage.enrol(sale)
    page = stage.browser_of(enrolment).get(f"/enrolments/{enrolment.reference}/deposit").text
    assert "银行转账" not in page
    assert "游戏币" in page


def test_the_form_may_lead_to_the_provider_and_nowhere_else(stage):
    enrolment = stage.enrol(stage.sale())
    answer = stage.browser_of(enrolment).get(f"/enrolments/{enrolment.reference}/deposit")
    assert f"form-action 'self' {stage.base}" in answer.headers["Content-Security-Policy"]
