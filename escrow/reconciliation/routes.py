"""Where the three sides stand, and the passes that match them; importing this knows all pages."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.db import transaction
from escrow.desk.blueprint import clock_now
from escrow.reconciliation import (
    arrival_routes,
    day_routes,
    decision_routes,
    item_routes,
    month_routes,
    queries,
)
from escrow.reconciliation.blueprint import bp, today
from escrow.reconciliation.days import statement_gap
from escrow.reconciliation.models import Place
from escrow.reconciliation.payouts import payouts_under_way
from escrow.reconciliation.runs import start_run
from escrow.reconciliation.worklist import Wanted, sum_list

__all__ = [
    "arrival_routes",
    "bp",
    "day_routes",
    "decision_routes",
    "item_routes",
    "month_routes",
]


@bp.route("/", strict_slashes=False)
@permission("money.view")
def home() -> ResponseReturnValue:
    """The three sides now: what each has, and what the difference between them is made of."""
    court_id: int = current_user.court_id
    return render_template(
        "escrow/reconciliation/home.html",
        run=queries.last_run(court_id),
        standing=queries.standing(court_id, today()),
        open_sums=sum_list(court_id, Wanted(), today()),
        second_count=queries.count_second_missing(court_id),
        payouts=payouts_under_way(court_id),
        gap_minor=statement_gap(court_id, today()),
        today=today(),
    )


@bp.route("/runs", methods=["POST"])
@permission("reconcile.run")
def start() -> ResponseReturnValue:
    """Begin a pass in the background; its page says how far it is."""
    with transaction():
        run = start_run(current_user.court_id, actor_id=current_user.id, now=clock_now())
    return redirect(url_for("reconciliation.run", run_id=run.id))


@bp.route("/runs")
@permission("money.view")
def runs() -> ResponseReturnValue:
    """The last passes."""
    found = queries.list_runs(current_user.court_id, 50)
    people = queries.names_of(row.started_by for row in found)
    return render_template("escrow/reconciliation/runs.html", runs=found, people=people)


@bp.route("/runs/<int:run_id>")
@permission("money.view")
def run(run_id: int) -> ResponseReturnValue:
    """How far a pass has come, and what stands now: both sides whole, state by state."""
    court_id: int = current_user.court_id
    return render_template(
        "escrow/reconciliation/run.html",
        run=queries.find_run(run_id, court_id),
        sums={str(place): queries.state_sums(court_id, place) for place in Place},
        standing=queries.standing(court_id, today()),
    )
