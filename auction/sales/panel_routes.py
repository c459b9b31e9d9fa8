"""The judges' pages: the questions put to a panel, one question, the vote."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.db import transaction
from auction.core.errors import DomainError
from auction.core.i18n import gettext
from auction.sales import queries, services
from auction.sales.bars import STAGE_NAMES
from auction.sales.forms import VoteForm
from auction.sales.models import Vote
from auction.sales.panel_pages import decision_context

bp = Blueprint("panel", __name__, url_prefix="/court/panel")


@bp.get("", strict_slashes=False)
@permission("panel.view")
def index() -> ResponseReturnValue:
    """Questions to the court's panels; those that wait for the reader first."""
    return render_template(
        "auction/sales/panel_index.html",
        votes=queries.votes_awaited_from(current_user),
        decisions=queries.decisions_of_court(current_user),
        stage_names=STAGE_NAMES,
    )


@bp.route("/<int:decision_id>", methods=["GET"])
@permission("panel.view")
def show(decision_id: int) -> ResponseReturnValue:
    """The exact values, what changed since the last decision, the votes, who is missing."""
    return _page(decision_id, VoteForm(formdata=None))


@bp.post("/<int:decision_id>/vote")
@permission("panel.vote")
def vote(decision_id: int) -> ResponseReturnValue:
    """Vote, once."""
    decision = queries.find_decision(current_user, decision_id)
    sale_id = decision.sale_id
    form = VoteForm()
    if form.validate_on_submit():
        now = current_app.extensions["luochui.clock"].now()
        try:
            with transaction():
                services.cast_vote(
                    decision_id, current_user.id, Vote(form.vote.data), form.reason.data, now=now
                )
            flash(gettext("已记录您的表决。"), "success")
            return redirect(url_for("panel.show", decision_id=decision_id), 303)
        except DomainError as error:
            if error.code == "stale-decision":
                with transaction():
                    services.void_if_stale(sale_id, actor_id=None, now=now)
            form.refuse(error)
    return _page(decision_id, form)


def _page(decision_id: int, form: VoteForm) -> ResponseReturnValue:
    decision = queries.find_decision(current_user, decision_id)
    page = render_template("auction/sales/panel_show.html", form=form, **decision_context(decision))
    return page, 422 if form.errors else 200
