"""Money for a bidder that came from another name waits for the court's word (CN16-17.2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.states import change_state
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from escrow.bank.models import REVIEW_TRANSITIONS, BankLine, PayerReview, ReviewStatus
from escrow.settlement.models import Settlement


def pending_review(line_id: int) -> PayerReview | None:
    """The question about this line that nobody has answered yet, locked."""
    return db.session.scalar(
        select(PayerReview)
        .where(PayerReview.line_id == line_id, PayerReview.status == ReviewStatus.PENDING)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def reviews_of(line_id: int) -> list[PayerReview]:
    """Everything the court was asked about this line, oldest first."""
    query = select(PayerReview).where(PayerReview.line_id == line_id).order_by(PayerReview.id)
    return list(db.session.scalars(query))


def open_review(
    line: BankLine,
    subject: Enrolment | Settlement,
    *,
    reference: str,
    at: datetime,
    actor_id: int | None = None,
    note: str = "",
) -> PayerReview:
    """Ask the court whether this payer may pay for this bidder; once for a line at a time.

    `line` is locked. A question about another bidder takes the place of the one before.
    """
    known = pending_review(line.id)
    if known is not None and known.reference == reference:
        return known
    if known is not None:
        void_review(line, at=at, actor_id=actor_id)
    sale = db.session.get_one(Sale, subject.sale_id)
    is_deposit = isinstance(subject, Enrolment)
    review = PayerReview(
        court_id=line.court_id,
        case_id=sale.case_id,
        sale_id=sale.id,
        line_id=line.id,
        enrolment_id=subject.id if is_deposit else None,
        settlement_id=None if is_deposit else subject.id,
        reference=reference,
        status=ReviewStatus.PENDING,
        asked_by=actor_id,
        asked_at=at,
        note=note,
        ground="",
    )
    db.session.add(review)
    db.session.flush()
    record("ask-payer", review, actor_id=actor_id, at=at, detail={"line_id": line.id})
    return review


def void_review(line: BankLine, *, at: datetime, actor_id: int | None = None) -> None:
    """The money went another way: there is nothing left to confirm."""
    review = pending_review(line.id)
    if review is not None:
        review.settled_at = at
        change_state(review, ReviewStatus.VOID, REVIEW_TRANSITIONS, actor_id=actor_id, at=at)
