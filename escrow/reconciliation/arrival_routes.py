"""The provider's payouts that no bank line has shown yet, and who says which line is which."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.i18n import gettext as _
from escrow.desk.blueprint import acting, attempt
from escrow.reconciliation import queries
from escrow.reconciliation.blueprint import bp, today
from escrow.reconciliation.payouts import (
    book_arrival,
    confirm_arrival,
    list_arrivals,
    payouts_under_way,
    withdraw_arrival,
)


@bp.route("/payouts")
@permission("money.view")
def payouts() -> ResponseReturnValue:
    """Payouts under way with the lines that may be them, and what was said about others."""
    court_id: int = current_user.court_id
    arrivals = list_arrivals(court_id)
    return render_template(
        "escrow/reconciliation/payouts.html",
        under_way=payouts_under_way(court_id),
        arrivals=arrivals,
        people=queries.names_of(
            i for view in arrivals for i in (view.row.recorded_by, view.row.second_id)
        ),
        today=today(),
    )


@bp.route("/payouts/<int:payout_id>/arrived", methods=["POST"])
@permission("reconcile.decide")
def arrived(payout_id: int) -> ResponseReturnValue:
    """A line of the bank is this payout."""
    attempt(
        lambda: book_arrival(payout_id, _line_named(), **acting()),
        done=_("到账已登记；超过限额的，等另一名财务人员复核后入账。"),
    )
    return redirect(url_for("reconciliation.payouts"))


def _line_named() -> int:
    text = request.form.get("line_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


@bp.route("/arrivals/<int:arrival_id>/confirm", methods=["POST"])
@permission("reconcile.decide")
def confirm_arrived(arrival_id: int) -> ResponseReturnValue:
    """The second person agrees."""
    attempt(lambda: confirm_arrival(arrival_id, **acting()), done=_("已复核，结算款已入账。"))
    return redirect(url_for("reconciliation.payouts"))


@bp.route("/arrivals/<int:arrival_id>/withdraw", methods=["POST"])
@permission("reconcile.decide")
def withdraw_arrived(arrival_id: int) -> ResponseReturnValue:
    """The proposal is taken back."""
    attempt(lambda: withdraw_arrival(arrival_id, **acting()), done=_("到账登记已撤回。"))
    return redirect(url_for("reconciliation.payouts"))
