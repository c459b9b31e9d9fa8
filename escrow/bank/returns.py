"""Money goes back to its payer by bank transfer: one person up to the court's limit, two above."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.courts.models import Court
from auction.sales.calendar import beijing_day, beijing_moment
from escrow.bank.matching import bank_account, lock_line, suspense_account
from escrow.bank.models import (
    ORDER_TRANSITIONS,
    OrderKind,
    OrderStatus,
    ReturnOrder,
)
from escrow.bank.rules import second_person_above
from escrow.bank.suspense import lock_suspended, take_from_suspense
from escrow.ledger import NewTransfer, TransferKind, post
from escrow.payments.models import Channel, RefundStatus
from escrow.payments.refunds import lock_refund, mark_refund_paid


def propose_refund(
    refund_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ReturnOrder:
    """Finance has sent a refund; above the limit a second person confirms it (A1).

    Doing it again returns the order there is. Refused: `not-by-bank`, `refund-done`,
    `reference-used`, `future-day`.
    """
    refund, _payment = lock_refund(refund_id)
    if refund.court_id != court_id:
        raise NotFound("unknown-refund", _l("没有这笔退款。"))
    known = db.session.scalar(
        select(ReturnOrder).where(
            ReturnOrder.refund_id == refund_id, ReturnOrder.status == OrderStatus.PROPOSED
        )
    )
    if known is not None:
        return known
    if refund.channel is not Channel.BANK:
        raise DomainError("not-by-bank", _l("这笔退款由支付通道办理，无需转账。"))
    if refund.status is not RefundStatus.DUE:
        raise DomainError("refund-done", _l("这笔退款已经办结。"))
    order = ReturnOrder(
        case_id=refund.case_id,
        kind=OrderKind.REFUND,
        refund_id=refund.id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        payee_account=refund.payee_account or "",
    )
    return _propose(order, bank_reference, paid_on, court_id, actor_id, now)


def propose_return(
    line_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ReturnOrder:
    """What is left of a suspended line goes back to who sent it."""
    line = lock_suspended(line_id, court_id)
    order = ReturnOrder(
        case_id=line.case_id,
        kind=OrderKind.SUSPENSE,
        line_id=line.id,
        amount_minor=line.remaining_minor,
        currency=line.currency,
        payee_account=line.payer_account,
    )
    return _propose(order, bank_reference, paid_on, court_id, actor_id, now)


def confirm_order(order_id: int, *, court_id: int, actor_id: int, now: datetime) -> ReturnOrder:
    """The second person has looked over it: the money is booked as gone.

    Refused: `same-person` (maker and checker are two), `wrong-state`.
    """
    order = _lock_order(order_id, court_id)
    if order.status is OrderStatus.PAID:
        return order
    if order.proposed_by == actor_id:
        raise Forbidden("same-person", _l("经办人不能复核自己提交的退款。"))
    order.second_id = actor_id
    _pay(order, actor_id=actor_id, now=now)
    return order


def cancel_order(order_id: int, *, court_id: int, actor_id: int, now: datetime) -> ReturnOrder:
    """The proposal is taken back; the money is owed as before."""
    order = _lock_order(order_id, court_id)
    if order.status is not OrderStatus.CANCELLED:
        change_state(order, OrderStatus.CANCELLED, ORDER_TRANSITIONS, actor_id=actor_id, at=now)
        order.bank_reference = f"{order.bank_reference[:40]}#{order.id}"
    return order


def _propose(
    order: ReturnOrder,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ReturnOrder:
    if paid_on > beijing_day(now):
        raise Invalid("future-day", _l("转账日期不能晚于今天。"), field="paid_on")
    court = db.session.get_one(Court, court_id)
    order.court_id = court_id
    order.bank_reference, order.paid_on = bank_reference, paid_on
    order.status = OrderStatus.PROPOSED
    order.needs_second = order.amount_minor > second_person_above(court.settings)
    order.proposed_by, order.proposed_at = actor_id, now
    try:
        with db.session.begin_nested():
            db.session.add(order)
    except IntegrityError:
        raise Invalid(
            "reference-used",
            _l("这个银行流水号已经用于另一笔付款，请核对。"),
            field="bank_reference",
        ) from None
    record(
        "propose-return",
        order,
        actor_id=actor_id,
        at=now,
        detail={"amount_minor": order.amount_minor, "needs_second": order.needs_second},
    )
    if not order.needs_second:
        _pay(order, actor_id=actor_id, now=now)
    return order


def _pay(order: ReturnOrder, *, actor_id: int, now: datetime) -> None:
    paid_at = beijing_moment(order.paid_on, time())
    if order.refund_id is not None:
        mark_refund_paid(order.refund_id, actor_id=actor_id, at=now, paid_at=paid_at)
    else:
        assert order.line_id is not None, "kept by a constraint"
        line = lock_line(order.line_id, order.court_id)
        post(
            [
                NewTransfer(
                    kind=TransferKind.SUSPENSE_RETURNED,
                    debit=suspense_account(line),
                    credit=bank_account(line),
                    amount_minor=order.amount_minor,
                    key=f"return_order:{order.id}:paid",
                    source=order,
                    effective_at=paid_at,
                )
            ],
            at=now,
            actor_id=actor_id,
        )
        take_from_suspense(line, order.amount_minor, actor_id=actor_id, at=now)
    change_state(order, OrderStatus.PAID, ORDER_TRANSITIONS, actor_id=actor_id, at=now)
    order.settled_at = now
    # The statement may have shown it before anybody said so.
    enqueue("match_debits", f"match_debits:order:{order.id}", {"court_id": order.court_id}, now=now)


def _lock_order(order_id: int, court_id: int) -> ReturnOrder:
    """An order, locked after what it pays back."""
    found = db.session.get(ReturnOrder, order_id)
    if found is None or found.court_id != court_id:
        raise NotFound("unknown-order", _l("没有这笔退款单。"))
    if found.refund_id is not None:
        lock_refund(found.refund_id)
    elif found.line_id is not None:
        lock_line(found.line_id, court_id)
    order = db.session.get(ReturnOrder, order_id, with_for_update=True, populate_existing=True)
    assert order is not None, "orders are never deleted"
    return order
