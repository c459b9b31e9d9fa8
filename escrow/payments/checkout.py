"""Between our rows and the provider: commit the intent, ask, commit the answer.

Each function here is an edge: it opens its own transactions and calls the provider between them.
Whatever fails in between is found again by reading: a page is opened once for each payment row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app, url_for

from auction.core.config import Settings
from auction.core.db import db, transaction
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from bidding.room.models import SaleHead
from escrow.payments.facts import CheckoutOrder, IntentFacts, SessionFacts
from escrow.payments.gateway import (
    Gateway,
    ProviderRefused,
    ProviderUnavailable,
    current_gateway,
)
from escrow.payments.models import Payment, PaymentStatus, Purpose
from escrow.payments.rules import (
    HOLD_METHODS,
    PAY_METHODS,
    Asked,
    find_misfit,
    find_page_misfit,
)
from escrow.payments.services import (
    abandon_payment,
    has_closed,
    note_kept_failure_of_payment,
    settle_intent,
    settle_session,
)

SLACK = timedelta(seconds=60)  # the provider's clock is not ours
# Said in both languages: the words are part of what a retry must repeat to the letter.
_TITLES = {
    Purpose.DEPOSIT: "竞买保证金 Auction deposit",
    Purpose.BALANCE: "拍卖尾款 Auction balance",
}


@dataclass(frozen=True)
class Attempt:
    """A payment row as plain values, to be used outside any transaction."""

    payment_id: int
    purpose: Purpose
    status: PaymentStatus
    session_id: str | None
    intent_id: str | None
    started_at: datetime
    expires_at: datetime
    tries: int
    amount_minor: int
    currency: str
    is_hold: bool
    reference: str
    sale_number: str
    has_sale_closed: bool


def site() -> str:
    """Which deployment a payment belongs to; several may share an account at the provider.

    The demonstration has a provider of its own and may be served on another port tomorrow.
    """
    settings: Settings = current_app.extensions["luochui.settings"]
    return "demo" if settings.demo else settings.public_host


def open_checkout(payment_id: int, *, now: datetime) -> str | None:
    """Address of the payment's page at the provider, opened if need be; None: nothing to pay now.

    However often and from how many processes it is called, one page is opened.
    """
    attempt = read_attempt(payment_id, now)
    if attempt.status is not PaymentStatus.STARTED:
        return None
    gateway = current_gateway()
    if attempt.session_id is None:
        session = _open_page(gateway, attempt, now)
    else:
        session = gateway.read_session(attempt.session_id)
    session = _believe_session(gateway, attempt, session)
    status = _settle(gateway, payment_id, session, now)
    is_payable = status is PaymentStatus.STARTED and session.status == "open"
    if is_payable and find_page_misfit(_asked(gateway, attempt), session) is not None:
        _settle(gateway, payment_id, gateway.expire_session(session.session_id), now)
        raise ProviderRefused("wrong-amount")
    return session.url if is_payable else None


def refresh_payment(payment_id: int, *, now: datetime) -> PaymentStatus:
    """Read again what the provider knows of a payment, and settle by it."""
    attempt = read_attempt(payment_id, now)
    gateway = current_gateway()
    if attempt.status is not PaymentStatus.STARTED:
        if attempt.intent_id is None:
            return attempt.status
        return settle_by_intent(payment_id, gateway.read_intent(attempt.intent_id), now=now)
    session = _find_page(gateway, attempt)
    if session is None:
        if now >= attempt.expires_at:
            with transaction():
                abandon_payment(payment_id, at=now)
            return PaymentStatus.LAPSED
        return attempt.status
    return settle_by_session(payment_id, session, now=now)


def settle_by_session(payment_id: int, session: SessionFacts, *, now: datetime) -> PaymentStatus:
    """Settle by a page; what does not fit is read once more before it is believed."""
    gateway = current_gateway()
    session = _believe_session(gateway, read_attempt(payment_id, now), session)
    return _settle(gateway, payment_id, session, now)


def settle_by_intent(payment_id: int, intent: IntentFacts, *, now: datetime) -> PaymentStatus:
    """Settle by an intent; what does not fit is read once more before it is believed."""
    gateway = current_gateway()
    if find_misfit(_asked(gateway, read_attempt(payment_id, now)), intent) is not None:
        intent = gateway.read_intent(intent.intent_id)
    with transaction():
        return settle_intent(payment_id, intent, site=site(), is_live=gateway.is_live, at=now)


def _believe_session(gateway: Gateway, attempt: Attempt, session: SessionFacts) -> SessionFacts:
    if find_page_misfit(_asked(gateway, attempt), session) is None:
        return session
    return gateway.read_session(session.session_id)


def _asked(gateway: Gateway, attempt: Attempt) -> Asked:
    return Asked(
        attempt.payment_id,
        site(),
        attempt.amount_minor,
        attempt.currency,
        gateway.is_live,
        attempt.is_hold,
    )


def close_page(payment_id: int, *, now: datetime) -> PaymentStatus:
    """The sale is over: close the page if nobody has paid on it; else settle by what happened."""
    status = refresh_payment(payment_id, now=now)
    attempt = read_attempt(payment_id, now)
    if status is not PaymentStatus.STARTED or attempt.session_id is None:
        return status
    gateway = current_gateway()
    try:
        session = gateway.expire_session(attempt.session_id)
    except ProviderRefused:  # paid, or closed, a moment ago
        return refresh_payment(payment_id, now=now)
    return _settle(gateway, payment_id, session, now)


def read_attempt(payment_id: int, now: datetime) -> Attempt:
    """The payment as it stands, in plain values."""
    with transaction() as session:
        payment = session.get(Payment, payment_id)
        assert payment is not None, "payments are never deleted"
        assert payment.expires_at is not None, "online payments have it from the start"
        enrolment = db.session.get(Enrolment, payment.enrolment_id)
        assert enrolment is not None
        sale = db.session.get(Sale, enrolment.sale_id)
        assert sale is not None
        is_over = has_closed(sale, db.session.get(SaleHead, sale.id), now)
        return Attempt(
            payment_id=payment.id,
            purpose=payment.purpose,
            status=payment.status,
            session_id=payment.session_id,
            intent_id=payment.intent_id,
            started_at=payment.started_at,
            expires_at=payment.expires_at,
            tries=payment.tries,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            is_hold=payment.is_hold,
            reference=enrolment.reference,
            sale_number=sale.number,
            has_sale_closed=is_over,
        )


def _settle(
    gateway: Gateway, payment_id: int, session: SessionFacts, now: datetime
) -> PaymentStatus:
    with transaction():
        return settle_session(payment_id, session, site=site(), is_live=gateway.is_live, at=now)


def _open_page(gateway: Gateway, attempt: Attempt, now: datetime) -> SessionFacts:
    if attempt.tries:  # an earlier answer was a failure that may have opened the page all the same
        found = _find_page(gateway, attempt)
        if found is not None:
            return found
    try:
        return gateway.create_checkout(_order(attempt))
    except ProviderUnavailable as trouble:
        if trouble.is_kept:
            with transaction():
                note_kept_failure_of_payment(attempt.payment_id)
        raise
    except ProviderRefused:  # most likely tried again too late for the hour that was asked
        found = _find_page(gateway, attempt)
        if found is not None:
            return found
        with transaction():
            abandon_payment(attempt.payment_id, at=now)
        raise


def _find_page(gateway: Gateway, attempt: Attempt) -> SessionFacts | None:
    """The page of this payment: by its id, else by what we wrote on it."""
    if attempt.session_id is not None:
        return gateway.read_session(attempt.session_id)
    mine = _metadata(attempt)
    span = {"since": attempt.started_at - SLACK, "until": attempt.expires_at}
    for session in gateway.list_sessions(**span):
        if session.metadata == mine:
            return gateway.read_session(session.session_id)
    return None


def _metadata(attempt: Attempt) -> dict[str, str]:
    """What ties the provider's objects to our row; nothing about the person."""
    return {"site": site(), "payment": str(attempt.payment_id)}


def _order(attempt: Attempt) -> CheckoutOrder:
    settings: Settings = current_app.extensions["luochui.settings"]
    if attempt.purpose is Purpose.DEPOSIT:
        back = url_for("payments.deposit", reference=attempt.reference)
        done = url_for("payments.deposit_return", reference=attempt.reference)
    else:
        back = url_for("payments.balance", number=attempt.sale_number)
        done = url_for("payments.balance_return", number=attempt.sale_number)
    return CheckoutOrder(
        key=f"payment:{attempt.payment_id}:checkout:{attempt.tries}",
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        title=_TITLES[attempt.purpose],
        is_hold=attempt.is_hold,
        methods=HOLD_METHODS if attempt.is_hold else PAY_METHODS,
        expires_at=attempt.expires_at,
        return_url=settings.public_url + done,
        cancel_url=settings.public_url + back,
        metadata=_metadata(attempt),
    )
