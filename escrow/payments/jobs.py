"""The worker's part: watch pages nobody reported on, act on events, send money back.

Each handler opens its own transactions, calls the provider between them, and may run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from auction.core.db import db, transaction
from auction.core.outbox import PutOff, Task, handles
from escrow.payments.alarms import raise_alarm
from escrow.payments.checkout import close_page, read_attempt, refresh_payment, site
from escrow.payments.facts import IntentFacts, RefundFacts, SessionFacts
from escrow.payments.gateway import (
    Gateway,
    ProviderRefused,
    ProviderUnavailable,
    current_gateway,
)
from escrow.payments.models import Channel, Payment, PaymentStatus, Purpose, Refund, RefundStatus
from escrow.payments.refunds import note_kept_failure, record_refund, record_release
from escrow.payments.rules import next_poll_at
from escrow.payments.services import settle_intent, settle_session, settle_stray

SLOW_REFUND_PAUSE = timedelta(hours=1)


@handles("watch_payment")
def watch_payment(task: Task) -> None:
    """Look again at a page until it is paid or closed; close it when its sale is over."""
    attempt = read_attempt(task.payload["payment_id"], task.now)
    if attempt.purpose is Purpose.DEPOSIT and attempt.has_sale_closed:
        status = close_page(attempt.payment_id, now=task.now)
    else:
        status = refresh_payment(attempt.payment_id, now=task.now)
    if status is PaymentStatus.STARTED:
        raise PutOff(next_poll_at(attempt.started_at, task.now))


@handles("close_checkout")
def close_checkout(task: Task) -> None:
    """The sale has ended: nobody should pay a deposit any more."""
    close_page(task.payload["payment_id"], now=task.now)


# ── events ──────────────────────────────────────────────────────────────────────────────────────


@handles("stripe_event")
def act_on_event(task: Task) -> None:
    """Read again what the event is about, and settle by that; the event itself proves nothing."""
    told = task.payload
    gateway = current_gateway()
    if told["is_live"] is not gateway.is_live:
        _alarm(task, "wrong-mode")
    elif told["account"] is not None:
        _alarm(task, "wrong-account")
    elif told["type"].startswith("charge.dispute."):
        _alarm(task, "dispute")
    elif told["object_type"] in _READERS:
        try:
            _READERS[told["object_type"]](gateway, task)
        except ProviderRefused:  # there is no such thing at the provider
            _alarm(task, "not-ours")


def _alarm(task: Task, code: str) -> None:
    with transaction():
        raise_alarm(
            code,
            f"{task.payload['type']} {task.payload['object_id']}",
            court_id=None,
            at=task.now,
            event_id=task.payload["event_id"],
        )


def _act_on_session(gateway: Gateway, task: Task) -> None:
    session = gateway.read_session(task.payload["object_id"])
    with transaction():
        payment_id = _own_payment(session)
        if payment_id is not None:
            settle_session(payment_id, session, site=site(), is_live=gateway.is_live, at=task.now)
        elif session.intent is not None:
            settle_stray(session.intent, at=task.now)


def _act_on_intent(gateway: Gateway, task: Task) -> None:
    intent = gateway.read_intent(task.payload["object_id"])
    with transaction():
        payment_id = _own_payment(intent)
        if payment_id is not None:
            settle_intent(payment_id, intent, site=site(), is_live=gateway.is_live, at=task.now)
        else:
            settle_stray(intent, at=task.now)


def _act_on_refund(gateway: Gateway, task: Task) -> None:
    facts = gateway.read_refund(task.payload["object_id"])
    refund_id = _own_refund(facts)
    if refund_id is None:
        _alarm(task, "foreign-refund")
        return
    with transaction():
        record_refund(refund_id, facts, at=task.now)


_READERS = {
    "checkout.session": _act_on_session,
    "payment_intent": _act_on_intent,
    "refund": _act_on_refund,
}


def _own_payment(facts: SessionFacts | IntentFacts) -> int | None:
    """The payment that the provider's object names, if there is one of ours."""
    named = facts.metadata.get("payment", "")
    if facts.metadata.get("site") != site() or not (named.isascii() and named.isdigit()):
        return None
    return db.session.scalar(
        select(Payment.id).where(Payment.id == int(named), Payment.channel == Channel.STRIPE)
    )


def _own_refund(facts: RefundFacts) -> int | None:
    named = facts.metadata.get("refund", "")
    if facts.metadata.get("site") != site() or not (named.isascii() and named.isdigit()):
        return None
    return int(named)


# ── money back ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Way:
    """A refund as plain values."""

    refund_id: int
    payment_id: int
    status: RefundStatus
    channel: Channel
    intent_id: str | None
    is_held: bool
    amount_minor: int
    attempt: int


@handles("return_money")
def return_money(task: Task) -> None:
    """Release the hold or refund the capture; first look whether that has happened already."""
    way = _read_way(task.payload["refund_id"])
    if way.status is RefundStatus.DONE or way.channel is not Channel.STRIPE:
        return
    assert way.intent_id is not None, "what came through the provider has its intent"
    gateway = current_gateway()
    if way.is_held:
        _release(gateway, way, way.intent_id, task)
        return
    facts = _find_or_make_refund(gateway, way, way.intent_id)
    with transaction():
        record_refund(way.refund_id, facts, at=task.now)
    if facts.status not in {"succeeded", "failed", "canceled"}:
        raise PutOff(task.now + SLOW_REFUND_PAUSE)


def _read_way(refund_id: int) -> _Way:
    with transaction() as session:
        refund = session.get(Refund, refund_id)
        assert refund is not None, "refunds are never deleted"
        payment = session.get(Payment, refund.payment_id)
        assert payment is not None
        return _Way(
            refund_id=refund.id,
            payment_id=payment.id,
            status=refund.status,
            channel=refund.channel,
            intent_id=payment.intent_id,
            is_held=payment.status is PaymentStatus.HELD,
            amount_minor=refund.amount_minor,
            attempt=refund.attempt,
        )


def _release(gateway: Gateway, way: _Way, intent_id: str, task: Task) -> None:
    intent = gateway.read_intent(intent_id)
    if intent.status == "requires_capture":
        with _counting(way):
            intent = gateway.cancel(intent_id, key=f"refund:{way.refund_id}:{way.attempt}:release")
    with transaction():
        if intent.status == "canceled":
            record_release(way.refund_id, at=task.now)
            return
        # it was captured by somebody else: it is money now, and goes back as such
        settle_intent(way.payment_id, intent, site=site(), is_live=gateway.is_live, at=task.now)
    raise PutOff(task.now)


def _find_or_make_refund(gateway: Gateway, way: _Way, intent_id: str) -> RefundFacts:
    mine = {"site": site(), "refund": str(way.refund_id)}
    for facts in gateway.list_refunds(intent_id):
        if facts.metadata == mine and not facts.has_failed:
            return facts
    with _counting(way):
        return gateway.refund(
            intent_id,
            amount_minor=way.amount_minor,
            metadata=mine,
            key=f"refund:{way.refund_id}:{way.attempt}",
        )


@contextmanager
def _counting(way: _Way) -> Iterator[None]:
    """A failure that the provider keeps under our key makes the next attempt take another key."""
    try:
        yield
    except ProviderUnavailable as trouble:
        if trouble.is_kept:
            with transaction():
                note_kept_failure(way.refund_id)
        raise


@handles("release_intent")
def release_intent(task: Task) -> None:
    """Give back a hold that fits no payment of ours."""
    gateway = current_gateway()
    intent_id: str = task.payload["intent_id"]
    if gateway.read_intent(intent_id).status == "requires_capture":
        gateway.cancel(intent_id, key=f"intent:{intent_id}:release")
