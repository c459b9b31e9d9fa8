"""The worker's part: watch pages nobody reported on, act on events.

Each handler opens its own transactions, calls the provider between them, and may run again.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from auction.core.db import db, transaction
from auction.core.outbox import PutOff, Task, handles
from escrow.payments.alarms import raise_alarm
from escrow.payments.checkout import (
    close_page,
    read_attempt,
    refresh_payment,
    settle_by_intent,
    settle_by_session,
    site,
)
from escrow.payments.disputes import record_dispute
from escrow.payments.facts import IntentFacts, RefundFacts, SessionFacts
from escrow.payments.gateway import Gateway, ProviderRefused, current_gateway
from escrow.payments.models import Channel, Payment, PaymentStatus, Purpose, Refund, RefundStatus
from escrow.payments.movements import ask_for_import
from escrow.payments.patience import patient
from escrow.payments.refunds import record_refund
from escrow.payments.rules import next_poll_at
from escrow.payments.services import settle_stray


@handles("watch_payment")
@patient
def watch_payment(task: Task) -> None:
    """Look again at a page until it is paid or closed; close it when its sale is over."""
    attempt = read_attempt(task.payload["payment_id"], task.now)
    if attempt.status is not PaymentStatus.STARTED:
        return
    if attempt.purpose is Purpose.DEPOSIT and attempt.has_sale_closed:
        status = close_page(attempt.payment_id, now=task.now)
    else:
        status = refresh_payment(attempt.payment_id, now=task.now)
    if status is PaymentStatus.STARTED:
        raise PutOff(next_poll_at(attempt.started_at, task.now))


@handles("close_checkout")
@patient
def close_checkout(task: Task) -> None:
    """The sale has ended: nobody should pay a deposit any more."""
    close_page(task.payload["payment_id"], now=task.now)


# ── events ──────────────────────────────────────────────────────────────────────────────────────


@handles("stripe_event")
@patient
def act_on_event(task: Task) -> None:
    """Read again what the event is about, and settle by that; the event itself proves nothing."""
    told = task.payload
    gateway = current_gateway()
    if told["is_live"] is not gateway.is_live:
        _alarm(task, "wrong-mode")
    elif told["account"] is not None:
        _alarm(task, "wrong-account")
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
    payment_id = _own_payment(session)
    if payment_id is not None:
        settle_by_session(payment_id, session, now=task.now)
    elif session.intent is not None:
        with transaction():
            settle_stray(session.intent, at=task.now)


def _act_on_intent(gateway: Gateway, task: Task) -> None:
    intent = gateway.read_intent(task.payload["object_id"])
    payment_id = _own_payment(intent)
    if payment_id is not None:
        settle_by_intent(payment_id, intent, now=task.now)
    else:
        with transaction():
            settle_stray(intent, at=task.now)


def _act_on_refund(gateway: Gateway, task: Task) -> None:
    if task.payload["type"] == "refund.created" and _is_known(task.payload["object_id"]):
        return  # our own, thousands after a sale: nothing that we do not know already
    facts = gateway.read_refund(task.payload["object_id"])
    refund_id = _own_refund(facts)
    if refund_id is None:
        _alarm(task, "foreign-refund")
        return
    with transaction():
        record_refund(refund_id, facts, at=task.now)


def _act_on_dispute(gateway: Gateway, task: Task) -> None:
    facts = gateway.read_dispute(task.payload["object_id"])
    with transaction():
        is_ours = record_dispute(facts, at=task.now)
    if not is_ours:
        _alarm(task, "foreign-dispute")


def _act_on_payout(_gateway: Gateway, task: Task) -> None:
    with transaction():
        ask_for_import(task.now)


_READERS: dict[str, Callable[[Gateway, Task], None]] = {
    "checkout.session": _act_on_session,
    "payment_intent": _act_on_intent,
    "refund": _act_on_refund,
    "dispute": _act_on_dispute,
    "payout": _act_on_payout,
}


def _own_payment(facts: SessionFacts | IntentFacts) -> int | None:
    """The payment that the provider's object names, if there is one of ours."""
    named = _own_number(facts.metadata, "payment")
    if named is None:
        return None
    with transaction():
        return db.session.scalar(
            select(Payment.id).where(Payment.id == named, Payment.channel == Channel.STRIPE)
        )


def _own_refund(facts: RefundFacts) -> int | None:
    named = _own_number(facts.metadata, "refund")
    if named is None:
        return None
    with transaction():
        return db.session.scalar(select(Refund.id).where(Refund.id == named))


def _own_number(metadata: dict[str, str], name: str) -> int | None:
    """The row that something of this deployment names."""
    named = metadata.get(name, "")
    is_number = named.isascii() and named.isdigit() and len(named) <= 18
    return int(named) if metadata.get("site") == site() and is_number else None


def _is_known(provider_refund_id: str) -> bool:
    with transaction():
        found = db.session.scalar(
            select(Refund.id).where(
                Refund.provider_refund_id == provider_refund_id, Refund.status == RefundStatus.DONE
            )
        )
    return found is not None


@handles("release_intent")
@patient
def release_intent(task: Task) -> None:
    """Give back a hold that fits no payment of ours."""
    gateway = current_gateway()
    intent_id: str = task.payload["intent_id"]
    if gateway.read_intent(intent_id).status == "requires_capture":
        gateway.cancel(intent_id, key=f"intent:{intent_id}:release")
