"""The month's report: as a page, as a paper, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import gettext as _
from auction.core.i18n import lazy_gettext as _l
from auction.core.plot import day_lines
from auction.courts.models import Court
from escrow.desk.blueprint import attempt, clock_now
from escrow.ledger.closing import closed_through
from escrow.reconciliation.blueprint import bp, today, who
from escrow.reconciliation.course import money_course
from escrow.reconciliation.monthly import month_csv, month_pdf
from escrow.reconciliation.months import (
    find_report,
    first_day,
    last_day,
    list_months,
    list_reports,
    report_content,
    sign_month,
    signatures_of,
)
from escrow.reconciliation.queries import names_of


@bp.route("/months")
@permission("money.view")
def months() -> ResponseReturnValue:
    """The months there are books of, and who signed them."""
    court_id: int = current_user.court_id
    return render_template(
        "escrow/reconciliation/months.html",
        months=list_months(court_id, today()),
        reports=list_reports(court_id),
    )


@bp.route("/months/<month>")
@permission("money.view")
def month(month: str) -> ResponseReturnValue:
    """One month, as it was signed or as it stands now."""
    court_id: int = current_user.court_id
    first, last = _first_day(month), last_day(month)
    report = find_report(court_id, month)
    closed = closed_through(court_id)
    course = money_course(court_id, first, min(last, today()))
    held, due, overdue = (
        [getattr(row, f"{name}_minor") for row in course] for name in ("held", "due", "overdue")
    )
    return render_template(
        "escrow/reconciliation/month.html",
        month=month,
        content=report_content(court_id, month),
        report=report,
        signatures=signatures_of(report),
        can_be_signed=closed is not None and closed >= last,
        course=course,
        plot=day_lines([held, due, overdue]),
    )


def _first_day(month: str) -> date:
    """The month's first day; a month that has not begun is not there."""
    first = first_day(month)
    if first > today():
        raise NotFound("unknown-month", _l("没有这个月份。"))
    return first


@bp.route("/months/<month>/sign", methods=["POST"])
@permission("month.sign")
def sign(month: str) -> ResponseReturnValue:
    """The first signature, or the second."""
    _first_day(month)
    attempt(lambda: sign_month(month, who()), done=_("月报已签署。"))
    return redirect(url_for("reconciliation.month", month=month))


@bp.route("/months/<month>.pdf")
@permission("money.view")
def month_paper(month: str) -> ResponseReturnValue:
    """The report as PDF."""
    _first_day(month)
    court_id: int = current_user.court_id
    report = find_report(court_id, month)
    content = report_content(court_id, month)
    data = month_pdf(
        db.session.get_one(Court, court_id),
        content,
        report,
        signatures_of(report),
        owners=_owners_in(content),
        at=clock_now(),
    )
    return _file(data, "application/pdf", f"reconciliation-{month}.pdf")


@bp.route("/months/<month>.csv")
@permission("money.view")
def month_table(month: str) -> ResponseReturnValue:
    """The report as CSV."""
    _first_day(month)
    court_id: int = current_user.court_id
    content = report_content(court_id, month)
    data = month_csv(content, signatures_of(find_report(court_id, month)), _owners_in(content))
    return _file(data, "text/csv; charset=utf-8", f"reconciliation-{month}.csv")


def _owners_in(content: Mapping[str, Any]) -> dict[int, str]:
    """The names of those who answer for what is open in a report."""
    places = content["places"].values()
    return names_of(item["owner"] for place in places for item in place["items"])


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=kind, headers=headers)
