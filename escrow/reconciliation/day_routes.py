"""The close of a day, by two people."""

from __future__ import annotations

from datetime import date, timedelta

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.errors import NotFound
from auction.core.i18n import gettext as _
from auction.core.i18n import lazy_gettext as _l
from escrow.desk.blueprint import attempt, typed
from escrow.ledger import list_day_closes, open_close_of
from escrow.ledger.closing import closed_through
from escrow.reconciliation import queries
from escrow.reconciliation.blueprint import bp, today, who
from escrow.reconciliation.days import (
    WAIVABLE,
    confirm_close,
    day_figures,
    find_reconciled_day,
    propose_close,
    withdraw_close,
)
from escrow.reconciliation.forms import CloseForm


@bp.route("/days")
@permission("money.view")
def days() -> ResponseReturnValue:
    """Which days are closed, and which is the next."""
    court_id: int = current_user.court_id
    closes = list_day_closes(court_id)
    return render_template(
        "escrow/reconciliation/days.html",
        closes=closes,
        people=queries.names_of({i for row in closes for i in (row.proposed_by, row.confirmed_by)}),
        open_days=_open_days(court_id),
        closed_until=closed_through(court_id),
        waiting=open_close_of(court_id),
    )


def _open_days(court_id: int) -> list[date]:
    """The days that are over and not closed, newest first; a close covers all before it, too."""
    closed = closed_through(court_id)
    yesterday = today() - timedelta(days=1)
    first = max(closed + timedelta(days=1) if closed else date.min, yesterday - timedelta(days=13))
    return [yesterday - timedelta(days=n) for n in range((yesterday - first).days + 1)]


@bp.route("/days/<day>")
@permission("money.view")
def day(day: str) -> ResponseReturnValue:
    """One day: the three sides at its end, and what keeps it open."""
    return _page(_day_of(day), CloseForm(formdata=None))


def _day_of(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if found.isoformat() != text or not date(2000, 1, 1) <= found <= today():
        raise NotFound("unknown-day", _l("没有这一天。"))
    return found


def _page(day: date, form: CloseForm) -> ResponseReturnValue:
    court_id: int = current_user.court_id
    reconciled = find_reconciled_day(court_id, day)
    closed = closed_through(court_id)
    waiting = open_close_of(court_id)
    people = (waiting.proposed_by,) if waiting else ()
    page = render_template(
        "escrow/reconciliation/day.html",
        day=day,
        figures=None if reconciled else day_figures(court_id, day),
        reconciled=reconciled,
        is_closed=closed is not None and day <= closed,
        is_over=day < today(),
        waiting=waiting if waiting and waiting.day == day else None,
        other=waiting if waiting and waiting.day != day else None,
        people=queries.names_of({*people}),
        waivable=WAIVABLE,
        form=form,
    )
    return page, 422 if form.errors else 200


@bp.route("/days/<day>/close", methods=["POST"])
@permission("day.close")
def close_day(day: str) -> ResponseReturnValue:
    """The first person closes it."""
    form = CloseForm()
    found = _day_of(day)
    if form.validate() and attempt(
        lambda: propose_close(found, who(), note=typed(form.note)),
        done=_("日结已提交，等另一名财务人员复核。"),
        form=form,
    ):
        return redirect(url_for("reconciliation.day", day=day))
    return _page(found, form)


@bp.route("/closes/<int:close_id>/confirm", methods=["POST"])
@permission("day.close")
def confirm_day(close_id: int) -> ResponseReturnValue:
    """The second person closes it, for good."""
    attempt(lambda: confirm_close(close_id, who()), done=_("该日已日结。"))
    return redirect(url_for("reconciliation.days"))


@bp.route("/closes/<int:close_id>/withdraw", methods=["POST"])
@permission("day.close")
def withdraw_day(close_id: int) -> ResponseReturnValue:
    """The proposal is taken back."""
    attempt(lambda: withdraw_close(close_id, who()), done=_("日结已撤回。"))
    return redirect(url_for("reconciliation.days"))
