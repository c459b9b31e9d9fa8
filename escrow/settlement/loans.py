"""A bank has promised to pay a part of the balance (CN19M-4): one records, another confirms.

The promise has its own instalment, never after the announced day, and moves no deadline.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, schedule_deadline, void_deadline
from auction.sales.calendar import beijing_moment
from escrow.settlement.models import (
    LOAN_TRANSITIONS,
    LoanCommitment,
    LoanStatus,
    Settlement,
    SettlementStatus,
)

LOAN_DEADLINE = "loan-instalment"
LOAN_RULE = "CN19M-4"


def record_loan(
    settlement: Settlement,
    *,
    lender: str,
    letter_number: str,
    amount_minor: int,
    promised_on: date,
    actor_id: int,
    now: datetime,
) -> LoanCommitment:
    """Write a commitment letter down; the same letter once. `settlement` is locked.

    Refused: `not-due`, `amount-too-large` (more than is outstanding), `after-due` (a loan moves no
    deadline).
    """
    known = db.session.scalar(
        select(LoanCommitment).where(
            LoanCommitment.settlement_id == settlement.id,
            LoanCommitment.letter_number == letter_number,
        )
    )
    if known is not None:
        return known
    if settlement.status is not SettlementStatus.DUE:
        raise DomainError("not-due", _l("本场拍卖没有未付的尾款。"))
    if not 0 < amount_minor <= settlement.outstanding_minor:
        raise Invalid(
            "amount-too-large", _l("贷款金额应大于零且不超过未付的尾款。"), field="amount"
        )
    due_at = beijing_moment(promised_on + timedelta(days=1), time())
    if due_at > settlement.payable_until:
        raise Invalid(
            "after-due", _l("贷款应在付款期限内转入；贷款不延长付款期限。"), field="promised_on"
        )
    row = LoanCommitment(
        court_id=settlement.court_id,
        case_id=settlement.case_id,
        settlement_id=settlement.id,
        status=LoanStatus.RECORDED,
        lender=lender,
        letter_number=letter_number,
        amount_minor=amount_minor,
        promised_on=promised_on,
        due_at=due_at,
        recorded_by=actor_id,
        recorded_at=now,
        void_reason="",
    )
    db.session.add(row)
    db.session.flush()
    record("record-loan", row, actor_id=actor_id, at=now, detail={"amount_minor": amount_minor})
    return row


def confirm_loan(loan_id: int, *, court_id: int, actor_id: int, now: datetime) -> LoanCommitment:
    """Another person has checked the letter with the bank: its instalment is due on its day."""
    row = _lock_loan(loan_id, court_id)
    if row.status is LoanStatus.CONFIRMED:
        return row
    if row.recorded_by == actor_id:
        raise Forbidden("same-person", _l("登记贷款承诺的人不能自己确认。"))
    row.confirmed_by, row.confirmed_at = actor_id, now
    change_state(row, LoanStatus.CONFIRMED, LOAN_TRANSITIONS, actor_id=actor_id, at=now)
    schedule_deadline(
        LOAN_DEADLINE,
        row,
        rule_id=LOAN_RULE,
        court_id=row.court_id,
        case_id=row.case_id,
        owner_role="finance",
        due_at=row.due_at,
        warn_at=row.due_at - timedelta(days=2),
    )
    return row


def void_loan(
    loan_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> LoanCommitment:
    """The letter was wrong, or the bank has withdrawn it."""
    row = _lock_loan(loan_id, court_id)
    if row.status is not LoanStatus.VOID:
        _void(row, reason=reason, actor_id=actor_id, at=now)
    return row


def loans_of(settlement_id: int) -> list[LoanCommitment]:
    """Every letter of a settlement, oldest first."""
    return list(
        db.session.scalars(
            select(LoanCommitment)
            .where(LoanCommitment.settlement_id == settlement_id)
            .order_by(LoanCommitment.id)
        )
    )


def lenders_of(settlement_id: int) -> list[str]:
    """Banks whose money counts as the buyer's: their letters were confirmed."""
    return [
        row.lender
        for row in loans_of(settlement_id)
        if row.status in (LoanStatus.CONFIRMED, LoanStatus.MET)
    ]


def settle_loans(settlement: Settlement, *, at: datetime) -> None:
    """The price is complete: what was promised is met."""
    for row in loans_of(settlement.id):
        if row.status is LoanStatus.CONFIRMED:
            change_state(row, LoanStatus.MET, LOAN_TRANSITIONS, actor_id=None, at=at)
            meet_deadline(LOAN_DEADLINE, row, at=at)
        elif row.status is LoanStatus.RECORDED:
            _void(row, reason="paid", actor_id=None, at=at)


def void_loans(settlement: Settlement, *, reason: str, actor_id: int, at: datetime) -> None:
    """Nothing is owed any more: promises fall away."""
    for row in loans_of(settlement.id):
        if row.status in (LoanStatus.RECORDED, LoanStatus.CONFIRMED):
            _void(row, reason=reason, actor_id=actor_id, at=at)


def _void(row: LoanCommitment, *, reason: str, actor_id: int | None, at: datetime) -> None:
    change_state(row, LoanStatus.VOID, LOAN_TRANSITIONS, actor_id=actor_id, at=at, reason=reason)
    row.void_reason = reason
    void_deadline(LOAN_DEADLINE, row, at=at)


def _lock_loan(loan_id: int, court_id: int) -> LoanCommitment:
    row = db.session.get(LoanCommitment, loan_id, with_for_update=True, populate_existing=True)
    if row is None or row.court_id != court_id:
        raise NotFound("no-such-loan", _l("没有这份贷款承诺。"))
    return row
