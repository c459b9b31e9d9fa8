"""Locks of a payment, and what the sale's state says about paying.

Order: sale head, enrolment, payment; then what the books lock.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.sales.models import Sale
from bidding.engine import Status
from bidding.enrolment.models import Enrolment
from bidding.room.models import SaleHead
from escrow.payments.models import PAYMENT_TRANSITIONS, Payment, PaymentStatus
from escrow.payments.rules import can_hold

SUSPENDED = Status.SUSPENDED.value


def lock_payment(payment_id: int) -> Payment:
    """A payment, locked after its sale's head and its enrolment, and read again."""
    enrolment_id = db.session.scalar(select(Payment.enrolment_id).where(Payment.id == payment_id))
    if enrolment_id is None:
        raise NotFound("unknown-payment", _l("没有这笔付款。"))
    lock_enrolment(enrolment_id)
    row = db.session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    assert row is not None, "payments are never deleted"
    return row


def lock_enrolment(enrolment_id: int) -> tuple[Enrolment, SaleHead | None]:
    """An enrolment and its sale's head (None before the room is open), locked, head first."""
    sale_id = db.session.scalar(select(Enrolment.sale_id).where(Enrolment.id == enrolment_id))
    if sale_id is None:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    head = db.session.get(SaleHead, sale_id, with_for_update=True, populate_existing=True)
    row = db.session.get(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
    assert row is not None, "enrolments are never deleted"
    return row, head


def has_closed(sale: Sale, head: SaleHead | None, now: datetime) -> bool:
    """Whether bidding is over; a suspended sale is not."""
    if head is None:
        return now >= sale.closes_at
    return head.ended_at is not None or (head.status != SUSPENDED and now >= head.closes_at)


def ends_in_time(sale: Sale, head: SaleHead | None, now: datetime) -> bool:
    """Whether a hold outlives the sale; nobody knows when a suspended one ends."""
    if head is None:
        return can_hold(sale.closes_at, now)
    return head.status != SUSPENDED and can_hold(head.closes_at, now)


def move_payment(payment: Payment, to: PaymentStatus, at: datetime) -> None:
    """Change a payment's state, and note when it was confirmed and when it was settled."""
    change_state(payment, to, PAYMENT_TRANSITIONS, actor_id=None, at=at)
    if payment.confirmed_at is None and to in (PaymentStatus.HELD, PaymentStatus.RECEIVED):
        payment.confirmed_at = at
    if to is not PaymentStatus.HELD:
        payment.settled_at = at
