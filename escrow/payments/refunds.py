"""Money on its way back: owed, sent, done; opened again if the payer's bank refuses it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, reopen_deadline, schedule_deadline
from escrow.deposits.models import DEPOSIT_TRANSITIONS, Deposit, DepositStatus
from escrow.ledger import Transfer, reverse
from escrow.payments.alarms import raise_alarm
from escrow.payments.booking import book_hold_end, book_refund
from escrow.payments.facts import RefundFacts
from escrow.payments.models import (
    PAYMENT_TRANSITIONS,
    REFUND_TRANSITIONS,
    Channel,
    Payment,
    PaymentStatus,
    Refund,
    RefundReason,
    RefundStatus,
)

RETURN_DEADLINE = "deposit-return"
RETURN_RULE = "CN16-23.2"
RETURN_SPAN = timedelta(hours=24)
WARN_BEFORE = timedelta(hours=4)
# A card that refused twice will refuse again: finance then pays by bank transfer.
PROVIDER_ATTEMPTS = 2


def owe_refund(
    payment: Payment,
    reason: RefundReason,
    *,
    at: datetime,
    due_at: datetime | None = None,
    amount_minor: int | None = None,
) -> Refund:
    """Write down that a payment goes back, start its clock and queue the way; once a payment.

    The clock is 24 hours (CN16-23.2), from the end of the sale where the caller gives `due_at`; the
    same span is kept where money goes back for another reason.
    """
    known = db.session.scalar(select(Refund).where(Refund.payment_id == payment.id))
    if known is not None:
        return known
    row = Refund(
        court_id=payment.court_id,
        case_id=payment.case_id,
        payment_id=payment.id,
        channel=payment.channel,
        reason=reason,
        status=RefundStatus.DUE,
        amount_minor=amount_minor or payment.amount_minor,
        currency=payment.currency,
        attempt=0,
        failures=0,
        created_at=at,
        due_at=due_at or at + RETURN_SPAN,
        payee_name=payment.payer_name,
        payee_account=payment.payer_account,
        payee_bank=payment.payer_bank,
    )
    db.session.add(row)
    db.session.flush()
    record("owe-refund", row, actor_id=None, at=at, detail={"reason": str(reason)})
    schedule_deadline(
        RETURN_DEADLINE,
        row,
        rule_id=RETURN_RULE,
        court_id=row.court_id,
        case_id=row.case_id,
        owner_role="finance",
        due_at=row.due_at,
        warn_at=row.due_at - WARN_BEFORE,
    )
    queue_refund(row, at)
    return row


def queue_refund(refund: Refund, at: datetime) -> None:
    """Let the worker send it; a bank transfer waits for finance."""
    if refund.channel is Channel.STRIPE:
        key = f"return_money:{refund.id}:{refund.attempt}"
        enqueue("return_money", key, {"refund_id": refund.id}, now=at)


def record_release(refund_id: int, *, at: datetime) -> None:
    """The provider has let go of the hold: nothing was ever taken."""
    refund, payment = lock_refund(refund_id)
    if refund.status is not RefundStatus.DUE:
        return
    assert payment.status is PaymentStatus.HELD, "only a hold is released"
    book_hold_end(payment, amount_minor=0, at=at)
    change_state(payment, PaymentStatus.RELEASED, PAYMENT_TRANSITIONS, actor_id=None, at=at)
    payment.settled_at = at
    _finish(refund, at=at, actor_id=None)


def record_refund(refund_id: int, facts: RefundFacts, *, at: datetime) -> None:
    """The provider has the refund: it is booked, and done as soon as the provider says so."""
    refund, payment = lock_refund(refund_id)
    if facts.intent_id != payment.intent_id or facts.amount_minor != refund.amount_minor:
        raise_alarm(
            "refund-differs",
            f"refund {facts.refund_id}",
            court_id=refund.court_id,
            at=at,
            refund_id=refund.id,
            amount_minor=facts.amount_minor,
        )
        return
    if facts.has_failed:
        _reopen(refund, payment, facts, at=at)
        return
    if refund.status is RefundStatus.DUE:
        key = f"refund:{refund.id}:{facts.refund_id}"
        book_refund(refund, payment, key=key, effective_at=at, at=at)
        refund.provider_refund_id = facts.refund_id
        change_state(refund, RefundStatus.SENT, REFUND_TRANSITIONS, actor_id=None, at=at)
    if refund.status is RefundStatus.SENT and facts.status == "succeeded":
        _finish(refund, at=at, actor_id=None)


def mark_refund_paid(refund_id: int, *, actor_id: int, at: datetime, paid_at: datetime) -> Refund:
    """Finance has sent the money by bank transfer at `paid_at`; it is booked from the bank.

    Doing it again changes nothing. Refused where the provider is on it (`not-by-bank`).
    """
    refund, payment = lock_refund(refund_id)
    if refund.channel is not Channel.BANK:
        raise DomainError("not-by-bank", _l("这笔退款由支付通道办理，无需转账。"))
    if refund.status is RefundStatus.DONE:
        return refund
    key = f"refund:{refund.id}:bank:{refund.attempt}"
    book_refund(refund, payment, key=key, effective_at=paid_at, at=at, actor_id=actor_id)
    _finish(refund, at=at, actor_id=actor_id)
    return refund


def note_kept_failure(refund_id: int) -> None:
    """The provider keeps a failure under our key: the next attempt takes another."""
    refund, _payment = lock_refund(refund_id)
    refund.attempt += 1


def lock_refund(refund_id: int) -> tuple[Refund, Payment]:
    """A refund with its payment, both locked (payment first) and read again."""
    payment_id = db.session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    if payment_id is None:
        raise NotFound("unknown-refund", _l("没有这笔退款。"))
    payment = db.session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    refund = db.session.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    assert payment is not None
    assert refund is not None
    return refund, payment


def _finish(refund: Refund, *, at: datetime, actor_id: int | None) -> None:
    change_state(refund, RefundStatus.DONE, REFUND_TRANSITIONS, actor_id=actor_id, at=at)
    refund.done_at = at
    meet_deadline(RETURN_DEADLINE, refund, at=at)
    _move_deposit(refund, DepositStatus.RETURNING, DepositStatus.RETURNED, at=at)


def _reopen(refund: Refund, payment: Payment, facts: RefundFacts, *, at: datetime) -> None:
    """The payer's bank sent it back: it is owed as before, and its clock runs again (F-25)."""
    if refund.provider_refund_id != facts.refund_id or refund.status is RefundStatus.DUE:
        return
    booked = db.session.get(Transfer, refund.transfer_id)
    assert booked is not None, "what was sent is booked"
    reverse(
        booked,
        key=f"refund:{refund.id}:{facts.refund_id}:failed",
        source=refund,
        at=at,
        actor_id=None,
        note="退款失败，款项退回",
    )
    change_state(
        refund, RefundStatus.DUE, REFUND_TRANSITIONS, actor_id=None, at=at, reason="failed"
    )
    refund.done_at = refund.transfer_id = refund.provider_refund_id = None
    refund.attempt += 1
    refund.failures += 1
    reopen_deadline(RETURN_DEADLINE, refund)
    _move_deposit(refund, DepositStatus.RETURNED, DepositStatus.RETURNING, at=at)
    raise_alarm(
        "refund-failed",
        f"refund {refund.id} ({facts.refund_id})",
        court_id=refund.court_id,
        at=at,
        payment_id=payment.id,
        failures=refund.failures,
    )
    if refund.failures >= PROVIDER_ATTEMPTS:
        refund.channel = Channel.BANK
    queue_refund(refund, at)


def _move_deposit(
    refund: Refund, before: DepositStatus, after: DepositStatus, *, at: datetime
) -> None:
    deposit = db.session.scalar(
        select(Deposit)
        .where(Deposit.payment_id == refund.payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if deposit is not None and deposit.status is before:
        change_state(deposit, after, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
        deposit.settled_at = at if after is DepositStatus.RETURNED else None
