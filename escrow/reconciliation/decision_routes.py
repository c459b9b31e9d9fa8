"""What people decided, and what waits for a second one."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.i18n import gettext as _
from auction.core.paths import page_asked_for
from escrow.desk.blueprint import attempt
from escrow.reconciliation import queries
from escrow.reconciliation.blueprint import bp, page_href, today, who
from escrow.reconciliation.decisions import confirm_decision, withdraw_decision


@bp.route("/decisions")
@permission("money.view")
def decisions() -> ResponseReturnValue:
    """Decisions by people: those that wait for a second one first."""
    court_id: int = current_user.court_id
    page = page_asked_for()
    made, total = queries.list_decisions(court_id, today(), page)
    return render_template(
        "escrow/reconciliation/decisions.html",
        waiting=queries.waiting_decisions(court_id, today()),
        made=made,
        total=total,
        page=page,
        pages=-(-total // queries.PER_PAGE) or 1,
        page_href=page_href("reconciliation.decisions"),
    )


@bp.route("/decisions/<int:decision_id>")
@permission("money.view")
def decision(decision_id: int) -> ResponseReturnValue:
    """One decision: its items on both sides, its people, its words."""
    view = queries.find_decision(decision_id, current_user.court_id, today())
    return render_template("escrow/reconciliation/decision.html", view=view)


@bp.route("/decisions/<int:decision_id>/confirm", methods=["POST"])
@permission("reconcile.decide")
def confirm(decision_id: int) -> ResponseReturnValue:
    """The second person agrees."""
    attempt(lambda: confirm_decision(decision_id, who()), done=_("已复核，决定生效。"))
    return redirect(url_for("reconciliation.decision", decision_id=decision_id))


@bp.route("/decisions/<int:decision_id>/withdraw", methods=["POST"])
@permission("reconcile.decide")
def withdraw(decision_id: int) -> ResponseReturnValue:
    """The decision is taken back; its items are open again."""
    attempt(lambda: withdraw_decision(decision_id, who()), done=_("决定已撤回，款项重新待核对。"))
    return redirect(url_for("reconciliation.decision", decision_id=decision_id))
