"""Stripe's webhook: what is refused, what is stored once, and what an event may not bring about."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta

import pytest
from conftest import browser
from payment_stage import SECRET
from sqlalchemy import select

from auction.core.db import db
from auction.core.outbox import OutboxRow
from bidding.enrolment.models import EnrolmentStatus
from escrow.payments.models import PaymentStatus, StripeEvent


def sign(body: bytes, at, secret=SECRET) -> str:
    moment = int(at.timestamp())
    mac = hmac.new(secret.encode(), b"%d." % moment + body, "sha256").hexdigest()
    return f"t={moment},v1={mac}"


def event(**more) -> dict:
    return {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "data": {"object": {"object": "payment_intent", "id": "pi_1"}},
        **more,
    }


@pytest.fixture
def send(stage):
    def post(body, *, at=None, secret=SECRET, signature=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        header = sign(raw, at or stage.clock.now(), secret) if signature is None else signature
        return browser(stage.app).post(
            "/webhooks/stripe", data=raw, headers={"Stripe-Signature": header}
        )

    return post


def stored() -> int:
    db.session.rollback()
    return len(list(db.session.scalars(select(StripeEvent.id))))


def test_a_signed_event_is_stored_once_and_answered_alike(stage, send):
    assert [send(event()).status_code for _ in range(3)] == [200, 200, 200]
    assert stored() == 1
    rows = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "stripe_event"))
    assert len(list(rows)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"evt"',
        b"\xff\xfe",
        b"[" * 20_000,
        json.dumps(event(data=None)).encode(),
        json.dumps(event(data={"object": []})).encode(),
        json.dumps(event(data={"object": {"object": 1, "id": "pi"}})).encode(),
        json.dumps(event(id="")).encode(),
        json.dumps(event(id="e" * 181)).encode(),
        json.dumps(event(id=7)).encode(),
        json.dumps(event(type="t" * 101)).encode(),
        json.dumps(event(livemode="no")).encode(),
        json.dumps(event(account=5)).encode(),
        b" " * (256 * 1024 + 1),
    ],
    ids=lambda body: str(body[:12]),
)
def test_what_is_malformed_or_too_large_is_a_problem(stage, send, body):
    answer = send(body)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "bad-webhook"
    assert stored() == 0


@pytest.mark.parametrize(
    "signature", ["", "t=1", "v1=aa", "t=x,v1=aa", "nonsense", "t=1,v1=" + "a" * 64, "t=1,t=2"]
)
def test_a_bad_signature_is_a_problem(stage, send, signature):
    answer = send(event(), signature=signature)
    assert (answer.status_code, answer.json["code"]) == (400, "bad-webhook")
    assert stored() == 0


def test_another_secret_or_a_changed_byte_is_a_problem(stage, send):
    assert send(event(), secret="whsec_other").status_code == 400
    raw = json.dumps(event()).encode()
    header = sign(raw, stage.clock.now())
    assert send(raw.replace(b"pi_1", b"pi_2"), signature=header).status_code == 400
    assert send(raw + b" ", signature=header).status_code == 400
    assert send(raw, signature=header).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-301, 400), (-300, 200), (300, 200), (301, 400)])
def test_an_event_is_taken_within_300_seconds_of_its_signature(stage, send, seconds, status):
    answer = send(event(), at=stage.clock.now() + timedelta(seconds=seconds))
    assert answer.status_code == status


def test_an_event_of_the_other_mode_or_another_account_has_no_effect(stage, send):
    stage.sale()
    send(event(livemode=True))
    send(event(id="evt_2", account="acct_other"))
    stage.work()
    assert stage.alarms() == ["wrong-account", "wrong-mode"]
    assert stage.waiting("stripe_event") == []


def test_an_event_about_nothing_raises_an_alarm(stage, send):
    send(event())
    stage.work()
    assert stage.alarms() == ["not-ours"]


def test_a_forged_success_of_a_real_page_confirms_nothing(stage, send):
    enrolment = stage.enrol(stage.sale())
    stage.click_pay(enrolment)
    session_id = stage.payment(enrolment).session_id
    told = {"object": "checkout.session", "id": session_id, "payment_status": "paid"}
    send(event(type="checkout.session.completed", data={"object": told}))
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.STARTED
    assert stage.fresh(enrolment).status is EnrolmentStatus.DEPOSIT_DUE


def test_an_event_older_than_the_state_changes_nothing(stage):
    sale = stage.sale(days=2)
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    stage.end_sale(sale)
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.RELEASED
    stage.tell("webhook_reverse")
    assert set(stage.deliver()) == {200}
    stage.work()
    assert stage.payment(enrolment).status is PaymentStatus.RELEASED
    assert stage.books(sale, enrolment) == {}
    assert stage.alarms() == []


def test_money_that_is_not_ours_stands_in_suspense(stage):
    sale = stage.sale()
    stage.stripe.v1.payment_intents.create(
        {
            "amount": 12_345,
            "currency": "cny",
            "allowed_payment_method_types": ["card"],
            "payment_method": "pm_card_visa",
            "confirm": True,
        }
    )
    stage.deliver(times=2)
    stage.work()
    assert stage.alarms() == ["not-ours"]
    assert stage.books(sale) == {"suspense": (12_345, 0), "provider": (12_345, 0)}


def test_money_that_names_our_payment_but_is_not_its_page_stands_in_suspense(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    payment = stage.payment(enrolment)
    stage.stripe.v1.payment_intents.create(
        {
            "amount": payment.amount_minor,
            "currency": "cny",
            "allowed_payment_method_types": ["card"],
            "payment_method": "pm_card_visa",
            "confirm": True,
            "metadata": {"site": "luochui.test", "payment": str(payment.id)},
        }
    )
    stage.deliver()
    stage.work()
    books = stage.books(sale, enrolment)
    assert (books["suspense"], books["deposit"]) == ((10_000_000, 0), (10_000_000, 0))
    assert stage.alarms() == ["not-ours"]


def test_a_refund_nobody_here_made_raises_an_alarm(stage):
    enrolment = stage.enrol(stage.sale())
    stage.pay_deposit(enrolment)
    intent_id = stage.payment(enrolment).intent_id
    stage.stripe.v1.refunds.create({"payment_intent": intent_id, "amount": 5})
    stage.deliver()
    stage.work()
    assert stage.alarms() == ["foreign-refund"]
