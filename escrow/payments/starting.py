"""Start a payment online, in the caller's transaction: the row comes before the provider."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from escrow.deposits.queries import outstanding_deposit
from escrow.payments.locks import ends_in_time, has_closed, lock_enrolment
from escrow.payments.models import Channel, Payment, PaymentStatus, Purpose
from escrow.payments.rules import (
    CHECKOUT_SPAN,
    MOST_PARTS,
    POLL_PAUSE,
    can_pay_online,
    count_parts,
    next_part,
    next_poll_at,
)
from escrow.settlement.late import require_in_time
from escrow.settlement.models import Settlement, SettlementStatus
from escrow.settlement.services import lock_settlement


def start_deposit_payment(enrolment_id: int, user_id: int, now: datetime) -> Payment:
    """The bidder is about to pay his deposit, or the next part of it, online.

    What is too large for one payment is paid in up to five, each with its own row and key. An
    attempt already open is the same one. Refused: `not-due` (no deposit is asked for now),
    `closed`, `too-large-online`.
    """
    enrolment, head = lock_enrolment(enrolment_id)
    if enrolment.user_id != user_id:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    if enrolment.status is not EnrolmentStatus.DEPOSIT_DUE:
        raise DomainError("not-due", _l("这份报名目前不需要交纳保证金。"))
    sale = db.session.get(Sale, enrolment.sale_id)
    assert sale is not None, "a foreign key points here"
    if has_closed(sale, head, now):
        raise DomainError("closed", _l("拍卖已经结束，不能再交纳保证金。"))
    if count_parts(enrolment.deposit_minor) > MOST_PARTS:
        raise DomainError("too-large-online", _l("这笔保证金金额较大，请用银行转账交纳。"))
    outstanding = outstanding_deposit(enrolment)
    if outstanding == 0:
        raise DomainError("not-due", _l("这份报名目前不需要交纳保证金。"))
    return _start(
        sale,
        enrolment,
        purpose=Purpose.DEPOSIT,
        amount_minor=next_part(outstanding),
        is_hold=ends_in_time(sale, head, now),
        now=now,
    )


def start_balance_payment(sale_id: int, user_id: int, amount_minor: int, now: datetime) -> Payment:
    """The buyer is about to pay the balance, or a part of it, online.

    An attempt already open is the same one, whatever its amount. Refused: `not-due`, `late` (a
    judge has not allowed it), `more-than-due`, `too-large-online`; for anybody but the
    buyer there is nothing (NotFound).
    """
    settlement = db.session.scalar(select(Settlement).where(Settlement.sale_id == sale_id))
    owner_id = settlement.enrolment_id if settlement is not None else None
    enrolment = db.session.get(Enrolment, owner_id) if owner_id is not None else None
    if settlement is None or enrolment is None or enrolment.user_id != user_id:
        raise NotFound("unknown-settlement", _l("没有需要您支付的尾款。"))
    settlement = lock_settlement(settlement.id)
    if settlement.status is not SettlementStatus.DUE:
        raise DomainError("not-due", _l("价款已经付清，或者法院已经作出裁定，请勿再付款。"))
    require_in_time(settlement, now)
    if not 0 < amount_minor <= settlement.outstanding_minor:
        raise DomainError(
            "more-than-due", _l("金额应大于零且不超过未付的尾款。"), status=422, field="amount"
        )
    _refuse_too_large(amount_minor)
    sale = db.session.get(Sale, sale_id)
    assert sale is not None, "a foreign key points here"
    return _start(
        sale,
        enrolment,
        purpose=Purpose.BALANCE,
        amount_minor=amount_minor,
        is_hold=False,
        now=now,
        settlement_id=settlement.id,
    )


def _start(
    sale: Sale,
    enrolment: Enrolment,
    *,
    purpose: Purpose,
    amount_minor: int,
    is_hold: bool,
    now: datetime,
    settlement_id: int | None = None,
) -> Payment:
    known = _find_started(enrolment.id, purpose)
    if known is not None:
        return known
    row = Payment(
        court_id=sale.court_id,
        case_id=sale.case_id,
        enrolment_id=enrolment.id,
        settlement_id=settlement_id,
        user_id=enrolment.user_id,
        purpose=purpose,
        channel=Channel.STRIPE,
        status=PaymentStatus.STARTED,
        amount_minor=amount_minor,
        currency=enrolment.currency,
        is_hold=is_hold,
        started_at=now,
        tries=0,
        # fixed here, so that every attempt to open the page asks for exactly the same
        expires_at=now + CHECKOUT_SPAN,
    )
    db.session.add(row)
    db.session.flush()
    record("start-payment", row, actor_id=enrolment.user_id, at=now)
    _keep_asking(now)
    enqueue(
        "watch_payment",
        f"watch_payment:{row.id}",
        {"payment_id": row.id},
        now=now,
        run_at=next_poll_at(now, now),
    )
    return row


def _keep_asking(now: datetime) -> None:
    """From the first payment on the provider is asked every few minutes what has happened."""
    for kind in ("poll_events", "import_movements"):
        enqueue(kind, kind, {"since": now.isoformat()}, now=now, run_at=now + POLL_PAUSE)


def _find_started(enrolment_id: int, purpose: Purpose) -> Payment | None:
    return db.session.scalar(
        select(Payment).where(
            Payment.enrolment_id == enrolment_id,
            Payment.purpose == purpose,
            Payment.status == PaymentStatus.STARTED,
        )
    )


def _refuse_too_large(amount_minor: int) -> None:
    if not can_pay_online(amount_minor):
        raise DomainError(
            "too-large-online", _l("单笔超过 ¥999,999.99 的款项只能通过银行转账支付。")
        )
