"""A payee's account is corrected by one person and approved by another, for one debt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from escrow.payouts.banks import bank_code_of
from escrow.payouts.models import (
    CORRECTION_TRANSITIONS,
    CorrectionStatus,
    PayeeCorrection,
    PayoutKind,
)
from escrow.payouts.offers import is_under_way
from escrow.payouts.rules import clean_account, judge_account, judge_bank_code, judge_name
from escrow.payouts.sources import SUBJECT_COLUMNS, Debt, source_of

LEAST_REASON = 4

# What is wrong with what was typed, and at which field.
FAULTS = {
    "no-account": ("account", _l("请填写收款账号。")),
    "bad-account": ("account", _l("账号应为 6 至 34 位数字，只可用连字符分隔。")),
    "no-name": ("name", _l("请填写户名。")),
    "bad-name": ("name", _l("户名含有银行系统不接受的字符，请按银行开户资料填写。")),
    "no-bank-code": ("bank_code", _l("由开户行名称不能确定行号，请填写 12 位支付系统行号。")),
    "bad-bank-code": ("bank_code", _l("支付系统行号应为 12 位数字，且校验位相符。")),
}


@dataclass(frozen=True)
class NewPayee:
    """What a person typed."""

    name: str
    account: str
    bank: str
    bank_code: str
    reason: str


def propose_correction(
    kind: PayoutKind,
    subject_id: int,
    typed: NewPayee,
    *,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> PayeeCorrection:
    """Write a payee's account for one debt down; it counts once another person has approved it.

    A card whose last digit does not fit, and a name that is not the party's, need the reason and
    the second person, nothing else. Refused: a code of `FAULTS`, `reason-missing`, `not-due`,
    `under-way`, `correction-waits`.
    """
    debt = find_debt(kind, subject_id, court_id)
    if is_under_way(kind, subject_id):
        raise DomainError("under-way", _l("这笔款已列入付款批次，批次办结或撤销后才能更正。"))
    account = clean_account(typed.account)
    bank_code = typed.bank_code.strip() or bank_code_of(typed.bank)
    for fault in (judge_account(account), judge_name(typed.name), judge_bank_code(bank_code)):
        if fault in FAULTS:
            field, message = FAULTS[fault]
            raise Invalid(fault, message, field=field)
    if len(typed.reason.strip()) < LEAST_REASON:
        raise Invalid("reason-missing", _l("请写明依据（至少四个字）。"), field="reason")
    row = PayeeCorrection(
        court_id=court_id,
        case_id=debt.case_id,
        kind=kind,
        **{SUBJECT_COLUMNS[kind]: subject_id},
        name=typed.name.strip(),
        account=account,
        bank=typed.bank.strip(),
        bank_code=bank_code,
        reason=typed.reason.strip(),
        status=CorrectionStatus.PROPOSED,
        proposed_by=actor_id,
        proposed_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise DomainError(
            "correction-waits", _l("这笔款已有一项更正等待核准，请先核准或撤回。")
        ) from None
    record("correct-payee", row, actor_id=actor_id, at=now, detail={"kind": str(kind)})
    return row


def approve_correction(
    correction_id: int, *, court_id: int, actor_id: int, now: datetime
) -> PayeeCorrection:
    """Another person has compared it with the paper (`same-person`, `under-way`)."""
    row = _lock(correction_id, court_id)
    if row.status is CorrectionStatus.APPROVED:
        return row
    if row.proposed_by == actor_id:
        raise Forbidden("same-person", _l("登记更正的人不能核准，请由另一名财务人员核准。"))
    subject_id = getattr(row, SUBJECT_COLUMNS[row.kind])
    if is_under_way(row.kind, subject_id):
        raise DomainError("under-way", _l("这笔款已列入付款批次，批次办结或撤销后才能更正。"))
    row.approved_by, row.approved_at = actor_id, now
    change_state(row, CorrectionStatus.APPROVED, CORRECTION_TRANSITIONS, actor_id=actor_id, at=now)
    return row


def cancel_correction(
    correction_id: int, *, court_id: int, actor_id: int, now: datetime
) -> PayeeCorrection:
    """It was wrong: what counted before counts."""
    row = _lock(correction_id, court_id)
    if row.status is not CorrectionStatus.CANCELLED:
        change_state(
            row, CorrectionStatus.CANCELLED, CORRECTION_TRANSITIONS, actor_id=actor_id, at=now
        )
    return row


def find_debt(kind: PayoutKind, subject_id: int, court_id: int) -> Debt:
    """A debt of the court that is due; raises NotFound."""
    found = source_of(kind).read(court_id, [subject_id])
    if not found:
        raise NotFound("not-due", _l("没有这笔待付款项，或已经付出。"))
    return found[0]


def waiting_corrections(court_id: int) -> list[PayeeCorrection]:
    """Corrections that wait for the second person, oldest first."""
    query = (
        select(PayeeCorrection)
        .where(
            PayeeCorrection.court_id == court_id,
            PayeeCorrection.status == CorrectionStatus.PROPOSED,
        )
        .order_by(PayeeCorrection.id)
    )
    return list(db.session.scalars(query))


def _lock(correction_id: int, court_id: int) -> PayeeCorrection:
    row = db.session.get(
        PayeeCorrection, correction_id, with_for_update=True, populate_existing=True
    )
    if row is None or row.court_id != court_id:
        raise NotFound("unknown-correction", _l("没有这项更正。"))
    return row
