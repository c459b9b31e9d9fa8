"""The court's work list of money that came from another name than the bidder's (CN16-17.2)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.db import transaction
from auction.core.i18n import gettext as _
from auction.core.paths import number_asked_for, page_asked_for
from escrow.bank.models import PayerReview, ReviewStatus
from escrow.bank.payers import (
    PER_PAGE,
    accept_payer,
    find_review,
    list_reviews,
    names_of,
    refuse_payer,
)
from escrow.desk.blueprint import acting, attempt, clock_now
from escrow.desk.statement_forms import GroundForm

bp = Blueprint("payers", __name__, url_prefix="/court/payers")


@bp.route("", strict_slashes=False)
@permission("payer.confirm")
def reviews() -> ResponseReturnValue:
    """What waits for the court, the sale that ends first on top; or what it has decided."""
    is_pending = not number_asked_for("settled")
    rows, total = list_reviews(current_user.court_id, is_pending=is_pending, page=page_asked_for())
    return render_template(
        "escrow/bank/payers.html",
        reviews=rows,
        is_pending=is_pending,
        page=page_asked_for(),
        pages=-(-total // PER_PAGE) or 1,
        total=total,
    )


@bp.route("/<int:review_id>")
@permission("payer.confirm")
def review(review_id: int) -> ResponseReturnValue:
    """One payment; names only on request."""
    return _page(review_id, GroundForm(formdata=None)), 200


@bp.route("/<int:review_id>/names", methods=["POST"])
@permission("payer.confirm")
def names(review_id: int) -> ResponseReturnValue:
    """Show who paid for whom to the one who decides; the look is recorded (CN16-18.3)."""
    view = find_review(current_user, review_id)
    with transaction():
        shown = names_of(view, actor_id=current_user.id, at=clock_now())
    return _page(review_id, GroundForm(formdata=None), shown), 200


@bp.route("/<int:review_id>/accept", methods=["POST"])
@permission("payer.confirm")
def accept(review_id: int) -> ResponseReturnValue:
    """The payer may stand for the bidder: the money is booked."""
    return _decide(review_id, accept_payer, _("已认可付款人，款项已入账。"))


@bp.route("/<int:review_id>/refuse", methods=["POST"])
@permission("payer.confirm")
def refuse(review_id: int) -> ResponseReturnValue:
    """The payer may not: the money goes back to him."""
    return _decide(review_id, refuse_payer, _("已记录不认可，财务将把款项退还付款人。"))


def _decide(review_id: int, action: Callable[..., PayerReview], done: str) -> ResponseReturnValue:
    form = GroundForm()
    if form.validate_on_submit() and attempt(
        lambda: action(review_id, ground=form.ground.data, **acting()), done=done, form=form
    ):
        return redirect(url_for("payers.review", review_id=review_id))
    return _page(review_id, form), 422


def _page(review_id: int, form: GroundForm, shown: tuple[str, str] | None = None) -> str:
    view = find_review(current_user, review_id)
    return render_template(
        "escrow/bank/payer.html",
        review=view,
        form=form,
        names=shown,
        is_open=view.row.status is ReviewStatus.PENDING,
    )
