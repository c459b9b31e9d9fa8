"""Money that goes back is sent in the bank's own programme, and declared here (A1).

One person declares a transfer up to the court's limit, two above it.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from escrow.bank.matching import lock_line
from escrow.bank.models import ORDER_TRANSITIONS, OrderKind, OrderStatus, ReturnOrder
from escrow.bank.rules import second_person_above
from escrow.bank.suspense import lock_suspended
from escrow.payments.models import Channel, RefundStatus
from escrow.payments.refunds import lock_refund
from escrow.payouts.by_hand import pay_by_hand
from escrow.payouts.models import PayoutKind
from escrow.payouts.offers import is_under_way


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

    Doing it again returns the order there is. Refused: `not-by-bank`, `refund-done`, `under-way`
    (a batch has it), `reference-used`, `future-day`.
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
    _refuse_under_way(PayoutKind.REFUND, refund.id)
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
    _refuse_under_way(PayoutKind.SUSPENSE, line.id)
    order = ReturnOrder(
        case_id=line.case_id,
        kind=OrderKind.SUSPENSE,
        line_id=line.id,
        amount_minor=line.remaining_minor,
        currency=line.currency,
        payee_account=line.payer_account,
    )
    return _propose(order, bank_reference, paid_on, court_id, actor_id, now)


def _refuse_under_way(kind: PayoutKind, subject_id: int) -> None:
    if is_under_way(kind, subject_id):
        raise DomainError("under-way", _l("这笔款已列入付款批次，不能再手工登记。"))


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
    kind = PayoutKind.REFUND if order.kind is OrderKind.REFUND else PayoutKind.SUSPENSE
    subject_id = order.refund_id or order.line_id
    assert subject_id is not None, "kept by a constraint"
    change_state(order, OrderStatus.PAID, ORDER_TRANSITIONS, actor_id=actor_id, at=now)
    order.settled_at = now
    pay_by_hand(
        kind,
        subject_id,
        bank_reference=order.bank_reference,
        paid_on=order.paid_on,
        court_id=order.court_id,
        actor_id=actor_id,
        now=now,
    )


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
