"""The court says whether somebody else may have paid for a bidder (CN16-17.2).

The bidder pays in his own name. Where the bank shows another, a clerk or a judge who did not ask
looks at the papers (a marriage certificate, a company's authorisation) and accepts or refuses.
Accepted money is booked at once; refused money stays in suspense and goes back to who sent it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from auction.accounts.models import Identity, User
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.sales.models import Lot, Sale
from bidding.enrolment.models import Enrolment
from escrow.bank.matching import lock_line
from escrow.bank.models import (
    REVIEW_TRANSITIONS,
    BankLine,
    PayerReview,
    Reason,
    ReviewStatus,
)
from escrow.bank.suspense import book_line, find_target, judge_target, lock_suspended
from escrow.settlement.models import Settlement

LEAST_GROUND = 4
PER_PAGE = 50


@dataclass(frozen=True)
class ReviewView:
    """A question as the court's list shows it; names are shown one by one, on request."""

    row: PayerReview
    line: BankLine
    sale: Sale
    lot_number: str
    is_running: bool  # until the end nobody but who decides may see the names (CN16-18.3)


def accept_payer(
    review_id: int, *, ground: str, court_id: int, actor_id: int, now: datetime
) -> PayerReview:
    """The court lets this payer stand for the bidder: the money is booked where it was meant.

    Doing it again changes nothing. Refused: `ground-missing`, `same-person`, `review-settled`, and
    whatever keeps the line from being booked (`not-due`, `amount-short`, `return-proposed`, …).
    """
    review, is_done = _decide(review_id, ReviewStatus.ACCEPTED, ground, court_id, actor_id, now)
    if is_done:
        return review
    line = lock_suspended(review.line_id, court_id)
    subject = find_target(line, review.reference)
    judge_target(line, subject)
    reason = review.ground
    book_line(line, subject, reason, grounds="reference,amount,court", actor_id=actor_id, now=now)
    return review


def refuse_payer(
    review_id: int, *, ground: str, court_id: int, actor_id: int, now: datetime
) -> PayerReview:
    """The court does not accept who paid: the finance desk returns the money to him.

    Doing it again changes nothing. Refused as in `accept_payer`.
    """
    review, is_done = _decide(review_id, ReviewStatus.REFUSED, ground, court_id, actor_id, now)
    if not is_done:
        line = lock_suspended(review.line_id, court_id)
        line.reason = Reason.PAYER_REFUSED
        line.note = review.ground
    return review


def _decide(
    review_id: int,
    to: ReviewStatus,
    ground: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> tuple[PayerReview, bool]:
    found = db.session.get(PayerReview, review_id)
    if found is None or found.court_id != court_id:
        raise NotFound("unknown-review", _l("没有这项待确认的付款。"))
    lock_line(found.line_id, court_id)
    review = db.session.get(PayerReview, review_id, with_for_update=True, populate_existing=True)
    assert review is not None, "never deleted"
    if review.status is to and review.decided_by == actor_id:
        return review, True
    if review.status is not ReviewStatus.PENDING:
        raise DomainError("review-settled", _l("这笔付款已有结论，请刷新页面查看。"))
    if review.asked_by == actor_id:
        raise Forbidden("same-person", _l("提请确认的人不能自己作出确认。"))
    if len(ground.strip()) < LEAST_GROUND:
        raise Invalid(
            "ground-missing", _l("请写明依据（至少四个字），例如核对了哪份证明。"), field="ground"
        )
    review.ground, review.decided_by, review.settled_at = ground.strip()[:300], actor_id, now
    change_state(review, to, REVIEW_TRANSITIONS, actor_id=actor_id, at=now, reason=review.ground)
    return review, False


# ── what the pages show ─────────────────────────────────────────────────────────────────────────


def list_reviews(court_id: int, *, is_pending: bool, page: int) -> tuple[list[ReviewView], int]:
    """One page of the court's questions: the sale that ends first on top; settled ones newest."""
    status = PayerReview.status == ReviewStatus.PENDING
    where = (PayerReview.court_id == court_id, status if is_pending else ~status)
    total = db.session.scalar(select(func.count(PayerReview.id)).where(*where)) or 0
    order = (Sale.closes_at, PayerReview.id) if is_pending else (PayerReview.settled_at.desc(),)
    query = _select_views().where(*where).order_by(*order)
    return _views(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)), total


def find_review(user: User, review_id: int) -> ReviewView:
    """One question of the person's court; raises NotFound."""
    asked = _select_views().where(
        PayerReview.id == review_id, PayerReview.court_id == user.court_id
    )
    found = _views(asked)
    if not found:
        raise NotFound("unknown-review", _l("没有这项待确认的付款。"))
    return found[0]


def _select_views() -> Select[PayerReview, BankLine, Sale, str]:
    return (
        select(PayerReview, BankLine, Sale, Lot.number)
        .join(BankLine, BankLine.id == PayerReview.line_id)
        .join(Sale, Sale.id == PayerReview.sale_id)
        .join(Lot, Lot.id == Sale.lot_id)
    )


def _views(query: Select[PayerReview, BankLine, Sale, str]) -> list[ReviewView]:
    return [
        ReviewView(row, line, sale, number, sale.ended_at is None)
        for row, line, sale, number in db.session.execute(query)
    ]


def names_of(view: ReviewView, *, actor_id: int, at: datetime) -> tuple[str, str]:
    """Who paid and for whom, for the one who decides; the look is recorded (CN16-18.3)."""
    review = view.row
    if review.enrolment_id is not None:
        enrolment = db.session.get_one(Enrolment, review.enrolment_id)
    else:
        settlement = db.session.get_one(Settlement, review.settlement_id)
        enrolment = db.session.get_one(Enrolment, settlement.enrolment_id)
    bidder = db.session.scalar(
        select(Identity.full_name).where(Identity.user_id == enrolment.user_id)
    )
    record("view-payer", review, actor_id=actor_id, at=at)
    return view.line.payer_name, bidder or ""


def count_pending(court_id: int) -> int:
    """How many questions wait."""
    asked = select(func.count(PayerReview.id)).where(
        PayerReview.court_id == court_id, PayerReview.status == ReviewStatus.PENDING
    )
    return db.session.scalar(asked) or 0
