"""Events are written with the change, signed, and delivered until they are accepted."""

from __future__ import annotations

import json
import threading

import pytest
import stripe
from stripe import _webhook

from escrow.stripe_simulator.delivery import compute_pause

SECRET = "whsec_court"
PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def read_event(delivered):
    payload, headers = delivered
    return stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], SECRET)


@pytest.fixture
def client_clock(court, monkeypatch):
    """The client's signature check reads the court's clock."""
    monkeypatch.setattr(_webhook.time, "time", lambda: court.clock().timestamp())


@pytest.mark.usefixtures("client_clock")
def test_events_arrive_signed_and_in_order(court):
    intent = court.deposit(options={"idempotency_key": "deposit:42"})
    assert court.simulator.deliver_pending() == 3
    events = [read_event(delivered) for delivered in court.receiver.got]
    assert [event.type for event in events] == PAID
    assert events[2].data.object.id == intent.id
    assert events[2].request.idempotency_key == "deposit:42"
    assert events[2].request.id == intent.last_response.request_id
    assert court.simulator.deliver_pending() == 0


@pytest.mark.usefixtures("client_clock")
def test_a_changed_body_a_wrong_secret_and_an_old_signature_are_seen(court):
    court.deposit()
    court.simulator.deliver_pending()
    payload, headers = court.receiver.got[0]
    signature = headers["Stripe-Signature"]
    for body, secret in ((payload + b" ", SECRET), (payload, "whsec_other")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signature, secret)
    court.clock.advance(seconds=301)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(payload, signature, SECRET)


@pytest.mark.usefixtures("client_clock")
def test_a_refused_webhook_is_signed_anew_and_sent_again_later(court):
    court.deposit()
    court.receiver.status = 500
    assert court.simulator.deliver_pending() == 0
    assert court.receiver.types == PAID
    assert court.simulator.deliver_pending() == 0
    assert len(court.receiver.got) == 3
    court.receiver.status = 200
    court.clock.advance(hours=1)
    assert court.simulator.deliver_pending() == 3
    assert [read_event(delivered).type for delivered in court.receiver.got[3:]] == PAID
    event = court.client.v1.events.list({"limit": 1}).data[0]
    assert event.pending_webhooks == 0


def test_an_unreachable_receiver_loses_nothing(make_court):
    reached = []

    def fail(url, payload, headers):
        reached.append(url)
        raise ConnectionRefusedError

    court = make_court(transport=fail)
    court.deposit()
    assert court.simulator.deliver_pending() == 0
    assert reached == ["http://court.test/webhooks/stripe"] * 3
    court.simulator.courier.transport = court.receiver
    court.clock.advance(seconds=1)
    assert court.simulator.deliver_pending() == 3


def test_pauses_double_up_to_five_minutes():
    assert [compute_pause(attempt) for attempt in (1, 2, 3, 9, 10, 5000)] == [
        1,
        2,
        4,
        256,
        300,
        300,
    ]


def test_a_crash_between_sending_and_recording_sends_again(make_court):
    class Killed(BaseException):
        pass

    def die(url, payload, headers):
        raise Killed

    court = make_court(transport=die)
    court.deposit()
    with pytest.raises(Killed):
        court.simulator.deliver_pending()
    court.simulator.courier.transport = court.receiver
    assert court.simulator.deliver_pending() == 2
    court.clock.advance(seconds=60)
    assert court.simulator.deliver_pending() == 1
    assert sorted(court.receiver.types) == sorted(PAID)


def test_a_refused_call_leaves_no_event(court):
    with pytest.raises(stripe.InvalidRequestError):
        court.deposit(payment_method="pm_card_authenticationRequired")
    assert court.simulator.deliver_pending() == 0


def test_duplicates_carry_the_same_event_id(court):
    court.tell(kind="webhook_duplicate")
    court.deposit()
    assert court.simulator.deliver_pending() == 5
    ids = [event["id"] for event in court.receiver.events]
    assert len(set(ids)) == 3


def test_told_order_delay_and_loss(court):
    court.tell(kind="webhook_reverse")
    court.deposit()
    court.simulator.deliver_pending()
    assert court.receiver.types == PAID[::-1]
    court.receiver.got.clear()
    court.tell(kind="webhook_delay", seconds=3600)
    court.tell(kind="webhook_lose")
    court.deposit()
    court.simulator.deliver_pending()
    assert court.receiver.types == PAID[2:]
    court.clock.advance(hours=1)
    court.simulator.deliver_pending()
    assert court.receiver.types == [PAID[2], PAID[0]]
    assert len(court.client.v1.events.list({"type": "charge.succeeded"}).data) == 2


def test_events_show_the_object_as_it_then_was(court):
    intent = court.deposit(capture_method="manual")
    court.client.v1.payment_intents.capture(intent.id)
    court.simulator.deliver_pending()
    statuses = {
        event["type"]: event["data"]["object"]["status"]
        for event in court.receiver.events
        if event["type"].startswith("payment_intent.")
    }
    assert statuses == {
        "payment_intent.created": "requires_payment_method",
        "payment_intent.amount_capturable_updated": "requires_capture",
        "payment_intent.succeeded": "succeeded",
    }


def test_time_alone_brings_webhooks(court):
    court.deposit(capture_method="manual")
    court.simulator.deliver_pending()
    court.receiver.got.clear()
    court.clock.advance(days=7)
    court.simulator.deliver_pending()
    assert court.receiver.types == ["charge.expired", "payment_intent.canceled"]


def test_the_background_courier_delivers_without_holding_up_the_api(make_court):
    arrived, answered = threading.Event(), threading.Event()
    types = []

    def slow(url, payload, headers):
        types.append(json.loads(payload)["type"])
        assert answered.wait(20)
        if len(types) == 3:
            arrived.set()
        return 200

    court = make_court(transport=slow, deliver=True)
    assert court.deposit().status == "succeeded"
    assert court.client.v1.balance.retrieve().available[0].amount > 0
    answered.set()
    assert arrived.wait(20)
    assert types == PAID


def test_without_a_webhook_address_events_are_kept_and_nothing_is_sent(tmp_path, court):
    court.simulator.courier.url = None
    court.deposit()
    assert court.simulator.deliver_pending() == 0
    assert len(court.client.v1.events.list().data) == 3
