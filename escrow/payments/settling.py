"""Settle payments by what the provider says of them, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.db import db
from auction.core.outbox import enqueue
from auction.courts.models import Court
from escrow.deposits.services import apply_captured, confirm_deposit, lapse_deposit
from escrow.payments.alarms import raise_alarm
from escrow.payments.booking import book_fee, book_hold_ends, book_receipt, book_suspense
from escrow.payments.facts import IntentFacts, SessionFacts
from escrow.payments.locks import lock_payment, move_payment
from escrow.payments.models import Payment, PaymentStatus, Refund
from escrow.payments.passing import pass_on
from escrow.payments.refunds import record_release
from escrow.payments.rules import (
    Asked,
    Finding,
    find_misfit,
    find_page_misfit,
    read_finding,
    read_session_finding,
)


def settle_session(
    payment_id: int, session: SessionFacts, *, site: str, is_live: bool, at: datetime
) -> PaymentStatus:
    """Bring a payment to where its session stands; returns the payment's status."""
    payment = lock_payment(payment_id)
    if payment.session_id is None:
        payment.session_id = session.session_id
    if session.intent is not None:
        return _settle(payment, session.intent, read_session_finding(session), site, is_live, at)
    if find_page_misfit(_asked(payment, site, is_live), session) is not None:
        _refuse_page(payment, session, at)
    if session.status == "expired" and payment.status is PaymentStatus.STARTED:
        move_payment(payment, PaymentStatus.LAPSED, at)
    return payment.status


def settle_intent(
    payment_id: int, intent: IntentFacts, *, site: str, is_live: bool, at: datetime
) -> PaymentStatus:
    """Bring a payment to where its intent stands; returns the payment's status."""
    payment = lock_payment(payment_id)
    return _settle(payment, intent, read_finding(intent), site, is_live, at)


def _settle(
    payment: Payment, intent: IntentFacts, found: Finding, site: str, is_live: bool, at: datetime
) -> PaymentStatus:
    misfit = find_misfit(_asked(payment, site, is_live), intent)
    if misfit is None and payment.intent_id not in (None, intent.intent_id):
        misfit = "not-ours"
    if misfit is not None:
        if found is not Finding.OPEN:
            _refuse_misfit(payment, intent, found, misfit, at)
        return payment.status
    payment.intent_id = intent.intent_id
    if found is Finding.RECEIVED:
        _take(payment, intent, at)
    elif found is Finding.HELD and payment.status is PaymentStatus.STARTED:
        payment.capture_before = intent.capture_before
        book_receipt(payment, is_held=True, effective_at=at, at=at)
        move_payment(payment, PaymentStatus.HELD, at)
        confirm_deposit(payment, at=at)
    elif found is Finding.LAPSED and payment.status is PaymentStatus.STARTED:
        move_payment(payment, PaymentStatus.LAPSED, at)
    elif found is Finding.LAPSED and payment.status is PaymentStatus.HELD:
        _end_hold(payment, at)
    return payment.status


def _asked(payment: Payment, site: str, is_live: bool) -> Asked:
    return Asked(payment.id, site, payment.amount_minor, payment.currency, is_live, payment.is_hold)


def _refuse_page(payment: Payment, session: SessionFacts, at: datetime) -> None:
    """The page asks for another amount than we do: nobody is sent there."""
    raise_alarm(
        "wrong-amount",
        f"session {session.session_id}",
        court_id=payment.court_id,
        at=at,
        payment_id=payment.id,
        amount_minor=session.amount_minor,
        currency=session.currency,
    )


def _end_hold(payment: Payment, at: datetime) -> None:
    """The provider holds nothing any more: as we asked, or because the hold lapsed."""
    refund_id = db.session.scalar(select(Refund.id).where(Refund.payment_id == payment.id))
    if refund_id is not None:
        record_release(refund_id, at=at)
        return
    book_hold_ends([payment], is_taken=False, at=at)
    move_payment(payment, PaymentStatus.LAPSED, at)
    lapse_deposit(payment, at=at)


def abandon_payment(payment_id: int, *, at: datetime) -> None:
    """No page was ever opened for this attempt, and none will be: a new attempt may begin."""
    payment = lock_payment(payment_id)
    if payment.status is PaymentStatus.STARTED and payment.session_id is None:
        move_payment(payment, PaymentStatus.LAPSED, at)


def note_kept_failure_of_payment(payment_id: int) -> None:
    """The provider keeps a failure under our key: the next attempt takes another."""
    lock_payment(payment_id).tries += 1


def settle_stray(intent: IntentFacts, *, at: datetime) -> None:
    """Money or a hold at the provider that belongs to no payment of ours (P-16).

    Nobody knows whose it is, so it stands in the suspense account of the court whose Stripe account
    this is: the first of the deployment.
    """
    court_id = db.session.scalar(select(Court.id).order_by(Court.id).limit(1))
    alarm = raise_alarm(
        "not-ours",
        f"intent {intent.intent_id}",
        court_id=court_id,
        at=at,
        amount_minor=intent.amount_minor,
        received_minor=intent.received_minor,
        currency=intent.currency,
    )
    if read_finding(intent) is Finding.RECEIVED and court_id is not None:
        book_suspense(
            court_id,
            intent.currency,
            intent.received_minor,
            key=f"intent:{intent.intent_id}:suspense",
            source=alarm,
            at=at,
        )


def _take(payment: Payment, intent: IntentFacts, at: datetime) -> None:
    """The money has been taken: at once, or now out of a hold."""
    if payment.status is PaymentStatus.STARTED:
        book_receipt(payment, is_held=False, effective_at=at, at=at)
        move_payment(payment, PaymentStatus.RECEIVED, at)
        book_fee(payment, intent.fee_minor, at=at)
        pass_on(payment, at)
    elif payment.status is PaymentStatus.HELD:
        if intent.received_minor < payment.amount_minor:
            payment.taken_minor = intent.received_minor
            _shorten_refund(payment)
        book_hold_ends([payment], is_taken=True, at=at)
        move_payment(payment, PaymentStatus.RECEIVED, at)
        book_fee(payment, intent.fee_minor, at=at)
        apply_captured(payment, at=at)
    elif payment.status is PaymentStatus.RECEIVED:
        book_fee(payment, intent.fee_minor, at=at)


def _shorten_refund(payment: Payment) -> None:
    """Of a hold that was to be let go of, somebody took a part: only that can go back."""
    refund = db.session.scalar(
        select(Refund).where(Refund.payment_id == payment.id).with_for_update()
    )
    if refund is not None:
        refund.amount_minor = payment.secured_minor


def _refuse_misfit(
    payment: Payment, intent: IntentFacts, found: Finding, misfit: str, at: datetime
) -> None:
    """It is not the payment we asked for (P-16): nothing is confirmed by it.

    Money that really came is owed to somebody, so it stands in suspense; a hold is let go of.
    """
    alarm = raise_alarm(
        misfit,
        f"intent {intent.intent_id}",
        court_id=payment.court_id,
        at=at,
        payment_id=payment.id,
        amount_minor=intent.amount_minor,
        received_minor=intent.received_minor,
        currency=intent.currency,
    )
    if misfit == "wrong-mode":
        return
    if found is Finding.RECEIVED and intent.received_minor > 0:
        book_suspense(
            payment.court_id,
            intent.currency,
            intent.received_minor,
            key=f"intent:{intent.intent_id}:suspense",
            source=alarm,
            at=at,
        )
        if payment.status is PaymentStatus.STARTED and misfit != "not-ours":
            move_payment(payment, PaymentStatus.SUSPENSE, at)
    elif found is Finding.HELD:
        queue_intent_release(intent.intent_id, at)
        if payment.status is PaymentStatus.STARTED and misfit != "not-ours":
            move_payment(payment, PaymentStatus.LAPSED, at)


def queue_intent_release(intent_id: str, at: datetime) -> None:
    """Let the worker give back a hold that belongs to no payment of ours."""
    key = f"release_intent:{intent_id}"
    enqueue("release_intent", key, {"intent_id": intent_id}, now=at)
