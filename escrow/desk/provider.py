"""The account at the provider, as finance sees it: complaints, payouts, differences."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.i18n import gettext as _
from escrow.desk.blueprint import acting, attempt, bp
from escrow.desk.forms import RemarkForm
from escrow.payments.account import (
    DIFFERENCE_WORDS,
    explain_movement,
    list_differences,
    list_payouts,
)
from escrow.payments.disputes import list_disputes, settle_dispute


@bp.route("/provider")
@permission("money.view")
def provider() -> ResponseReturnValue:
    """Every movement there is one of ours, or stands here with its reason and age (INV-9)."""
    return _page()


@bp.route("/provider/disputes/<int:dispute_id>/settle", methods=["POST"])
@permission("money.book")
def settle_complaint(dispute_id: int) -> ResponseReturnValue:
    """A person has dealt with a complaint that the bank has decided."""
    form = RemarkForm()
    if form.validate_on_submit() and attempt(
        lambda: settle_dispute(dispute_id, explanation=form.remark.data, **acting()),
        done=_("已记录。"),
        form=form,
    ):
        return redirect(url_for("finance.provider"))
    return _page(f"dispute-{dispute_id}", form), 422


@bp.route("/provider/movements/<int:movement_id>/explain", methods=["POST"])
@permission("money.book")
def explain_difference(movement_id: int) -> ResponseReturnValue:
    """A person says what a difference is."""
    form = RemarkForm()
    if form.validate_on_submit() and attempt(
        lambda: explain_movement(movement_id, explanation=form.remark.data, **acting()),
        done=_("已记录。"),
        form=form,
    ):
        return redirect(url_for("finance.provider"))
    return _page(f"movement-{movement_id}", form), 422


def _page(refused: str = "", form: RemarkForm | None = None) -> str:
    court_id: int = current_user.court_id
    return render_template(
        "escrow/payments/provider.html",
        disputes=list_disputes(court_id),
        payouts=list_payouts(court_id),
        differences=list_differences(court_id),
        difference_words=DIFFERENCE_WORDS,
        refused=refused,
        form=form,
    )
