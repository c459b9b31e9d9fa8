"""Everything that happened to one bidder's money in one sale, and when; only he reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from auction.core.audit import AuditEntry
from auction.core.db import db
from auction.core.i18n import lazy_gettext as _l
from escrow.deposits.models import Deposit
from escrow.payments.models import Payment, Refund, RefundStatus
from escrow.payments.provider_models import Dispute


@dataclass(frozen=True)
class MoneyEvent:
    """One thing that happened to some money; `is_ahead` is what must still happen by then."""

    at: datetime
    words: Any
    amount_minor: int
    is_ahead: bool = False


_WORDS: dict[tuple[str, str], Any] = {
    ("payment", "held"): _l("在银行卡上冻结"),
    ("payment", "received"): _l("款项收到"),
    ("payment", "released"): _l("冻结解除，没有扣款"),
    ("payment", "lapsed"): _l("没有付款，已失效"),
    ("payment", "suspense"): _l("到账金额不符，法院核实中"),
    ("deposit", "applying"): _l("竞得，保证金开始划入法院账户"),
    ("deposit", "applied"): _l("保证金抵充价款"),
    ("deposit", "returning"): _l("保证金开始退还"),
    ("deposit", "returned"): _l("保证金全部退还"),
    ("deposit", "forfeited"): _l("保证金不予退还"),
    ("deposit", "lapsed"): _l("冻结失效，保证金不再有担保"),
    ("refund", "sent"): _l("退款已提交给银行"),
    ("refund", "done"): _l("退款完成"),
    ("refund", "due"): _l("退款被银行退回，重新办理"),
    ("dispute", "won"): _l("付款争议结束，款项归还法院"),
    ("dispute", "lost"): _l("付款争议结束，款项归付款人"),
}
_ACTS: dict[str, Any] = {
    "start-payment": _l("发起在线支付"),
    "confirm-bank-payment": _l("银行转账到账"),
    "confirm-deposit": _l("保证金交齐并确认"),
    "shrink-deposit": _l("保证金减少"),
    "owe-refund": _l("登记应退款项"),
    "open-dispute": _l("付款人向发卡行提出争议"),
}


def read_money_events(enrolment_id: int) -> tuple[MoneyEvent, ...]:
    """What happened, oldest first, and last what must still happen and by when (CN16-23.2)."""
    payments = list(db.session.scalars(select(Payment).where(Payment.enrolment_id == enrolment_id)))
    if not payments:
        return ()
    ids = [row.id for row in payments]
    refunds = list(db.session.scalars(select(Refund).where(Refund.payment_id.in_(ids))))
    rows: list[Any] = [
        *payments,
        *refunds,
        *db.session.scalars(select(Deposit).where(Deposit.enrolment_id == enrolment_id)),
        *db.session.scalars(select(Dispute).where(Dispute.payment_id.in_(ids))),
    ]
    return (*_past(rows), *_ahead(refunds))


def _past(rows: list[Any]) -> Iterator[MoneyEvent]:
    amounts = {(row.__tablename__, row.id): row.amount_minor for row in rows}
    by_table: dict[str, list[int]] = {}
    for table, row_id in amounts:
        by_table.setdefault(table, []).append(row_id)
    entries = db.session.scalars(
        select(AuditEntry)
        .where(
            or_(
                *(
                    and_(AuditEntry.subject_type == table, AuditEntry.subject_id.in_(row_ids))
                    for table, row_ids in by_table.items()
                )
            )
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    for entry in entries:
        words = _ACTS.get(entry.action)
        if entry.action == "state":
            words = _WORDS.get((entry.subject_type, str(entry.detail.get("to"))))
        if words is not None:
            amount = amounts[(entry.subject_type, entry.subject_id or 0)]
            yield MoneyEvent(entry.at, words, entry.detail.get("by_minor", amount))


def _ahead(refunds: list[Refund]) -> Iterator[MoneyEvent]:
    for refund in sorted(refunds, key=lambda row: (row.due_at, row.id)):
        if refund.status is not RefundStatus.DONE:
            yield MoneyEvent(refund.due_at, _l("最迟退还"), refund.amount_minor, is_ahead=True)
