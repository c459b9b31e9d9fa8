"""The books as pages and files: trial balance, journal, Beancount, the money of a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.cases.queries import find_case
from auction.core.access import permission
from auction.core.db import db
from auction.core.errors import DomainError, Invalid, NotFound
from auction.core.i18n import force_lang
from auction.core.i18n import lazy_gettext as _l
from auction.core.paths import page_asked_for
from auction.core.sheets import MOST_ROWS, Row, csv_stream, xlsx_bytes
from auction.courts.models import Court
from auction.sales.calendar import beijing_day, beijing_moment
from escrow.desk.blueprint import clock_now
from escrow.exports.beancount import beancount_lines
from escrow.exports.forms import AsOfForm, JournalForm
from escrow.exports.reading import (
    Wanted,
    count_journal,
    journal_page,
    read_accounts,
    read_journal,
)
from escrow.exports.statement import make_statement, statement_pdf, statement_rows
from escrow.exports.tables import by_kind, journal_rows, totals_of, trial_rows
from escrow.ledger import day_end
from escrow.reconciliation.words import TRANSFERS

bp = Blueprint("books", __name__, url_prefix="/finance/books")

PER_PAGE = 50
_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ACCOUNT = re.compile(r"(?:[a-z]+(?:-[a-z]+)*-)?([1-9][0-9]{0,17})")


def _today() -> date:
    return beijing_day(clock_now())


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"transfer_words": TRANSFERS}


# ── trial balance ───────────────────────────────────────────────────────────────────────────────


@bp.get("/", strict_slashes=False)
@permission("money.view")
def trial_balance() -> ResponseReturnValue:
    """Every account at the end of a day, and that debits equal credits."""
    form = AsOfForm(formdata=request.args if "day" in request.args else None)
    is_readable = "day" not in request.args or form.validate()
    day = form.day.data if is_readable and form.day.data else _today()
    if not form.day.data:
        form.day.data = day
    accounts = read_accounts(current_user.court_id, day_end(day))
    kind, page = request.args.get("kind", ""), page_asked_for()
    chosen = [line for line in accounts if line.kind == kind]
    answer = render_template(
        "escrow/exports/trial_balance.html",
        form=form,
        day=day,
        kinds=by_kind(accounts),
        totals=totals_of(accounts),
        kind=kind if chosen else "",
        lines=chosen[(page - 1) * PER_PAGE : page * PER_PAGE],
        total=len(chosen),
        page=page,
        pages=-(-len(chosen) // PER_PAGE) or 1,
        page_href=lambda page: url_for(
            "books.trial_balance", day=day.isoformat(), kind=kind, page=page
        ),
    )
    return answer, 200 if is_readable else 422


@bp.get("/trial-balance.<kind>")
@permission("money.view")
def trial_file(kind: str) -> ResponseReturnValue:
    """The trial balance as CSV or XLSX."""
    form = AsOfForm(formdata=request.args if "day" in request.args else None)
    if "day" in request.args and not form.validate():
        raise Invalid("bad-day", _l("请填写日期，例如 2026-11-23。"), field="day")
    day = form.day.data or _today()
    accounts = read_accounts(current_user.court_id, day_end(day))
    return _table(kind, f"trial-balance-{day}", "科目余额表", trial_rows(accounts))


# ── journal ─────────────────────────────────────────────────────────────────────────────────────


@bp.get("/journal")
@permission("money.view")
def journal() -> ResponseReturnValue:
    """Every booked transfer, the newest first."""
    form = JournalForm(formdata=request.args)
    wanted = _wanted(form)
    page = page_asked_for()
    total = count_journal(wanted) if wanted else 0
    answer = render_template(
        "escrow/exports/journal.html",
        form=form,
        lines=journal_page(wanted, page, PER_PAGE) if wanted else [],
        page=page,
        pages=-(-total // PER_PAGE) or 1,
        total=total,
        page_href=_page_href(),
        asked=_asked(),
    )
    return answer, 200 if wanted else 422


@bp.get("/journal.<kind>")
@permission("money.view")
def journal_file(kind: str) -> ResponseReturnValue:
    """The same transfers, the oldest first, as CSV or XLSX."""
    wanted = _wanted(JournalForm(formdata=request.args))
    if wanted is None:
        raise Invalid("bad-filter", _l("筛选条件不能识别，请在日记账页面更正。"))
    if kind == "xlsx" and count_journal(wanted) > MOST_ROWS:
        raise DomainError("too-many", _l("分录太多，表格软件打不开，请改用 CSV 或缩小日期范围。"))
    return _table(kind, f"journal-{_today()}", "日记账", journal_rows(read_journal(wanted)))


@bp.get("/ledger.beancount")
@permission("money.view")
def ledger_file() -> ResponseReturnValue:
    """The whole ledger for Beancount, with every balance of every day asserted."""
    court = db.session.get_one(Court, current_user.court_id)
    until = day_end(_today())
    title = court.name
    accounts = read_accounts(court.id, until)
    lines = beancount_lines(title, accounts, read_journal(Wanted(court.id, until)))
    return _stream(
        (f"{line}\n".encode() for line in lines),
        "text/plain; charset=utf-8",
        f"ledger-{_today()}.beancount",
    )


# ── a case's money ──────────────────────────────────────────────────────────────────────────────


@bp.get("/cases/<int:case_id>")
@permission("money.view")
def statement(case_id: int) -> ResponseReturnValue:
    """What came for a case, what left, where the rest lies."""
    case = find_case(current_user, case_id)
    return render_template(
        "escrow/exports/statement.html",
        case=case,
        statement=make_statement(read_journal(_of_case(case))),
    )


@bp.get("/cases/<int:case_id>/statement.<kind>")
@permission("money.view")
def statement_file(case_id: int, kind: str) -> ResponseReturnValue:
    """The statement of a case as CSV, XLSX or PDF."""
    case = find_case(current_user, case_id)
    made = make_statement(read_journal(_of_case(case)))
    name = f"case-{case_id}-{_today()}"
    if kind != "pdf":
        return _table(kind, name, "案件款项", statement_rows(made))
    court = db.session.get_one(Court, case.court_id)
    data = statement_pdf(court, case, made, until=_today(), at=clock_now())
    return _file(data, "application/pdf", f"{name}.pdf")


def _of_case(case: EnforcementCase) -> Wanted:
    return Wanted(case.court_id, day_end(_today()), case_id=case.id)


# ── what all have in common ─────────────────────────────────────────────────────────────────────


def _wanted(form: JournalForm) -> Wanted | None:
    """What the form asks for; None, with its errors at their fields, where it cannot be read."""
    if not form.validate():
        return None
    court_id: int = current_user.court_id
    case_id = account_id = None
    if form.case.data:
        case_id = db.session.scalar(
            select(EnforcementCase.id).where(
                EnforcementCase.court_id == court_id, EnforcementCase.number == form.case.data
            )
        )
        if case_id is None:
            form.case.errors = [str(_l("本院没有这个案号。"))]
            return None
    if form.account.data:
        found = _ACCOUNT.fullmatch(form.account.data)
        if found is None:
            form.account.errors = [str(_l("账户写作 deposit-17，或者只写号码。"))]
            return None
        account_id = int(found[1])
    last = form.last.data or _today()
    first = beijing_moment(form.first.data) if form.first.data else None
    return Wanted(court_id, day_end(last), first, case_id, account_id)


def _asked() -> dict[str, Any]:
    names = ("first", "last", "case", "account")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _page_href() -> Callable[[int], str]:
    asked = _asked()

    def href(page: int) -> str:
        return url_for("books.journal", page=page, **asked)

    return href


def _table(kind: str, name: str, title: str, rows: Iterable[Row]) -> ResponseReturnValue:
    """Rows as the file that was asked for; its words are Chinese, as in the court's papers."""
    if kind == "csv":
        return _stream(csv_stream(rows), _CSV, f"{name}.csv")
    if kind != "xlsx":
        raise NotFound("unknown-file", _l("没有这种文件。"))
    with force_lang("zh"):
        return _file(xlsx_bytes(title, rows), _XLSX, f"{name}.xlsx")


def _stream(parts: Iterable[bytes], kind: str, name: str) -> Response:
    def told() -> Iterator[bytes]:
        with force_lang("zh"):
            yield from parts

    answer = Response(stream_with_context(told()), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=kind, headers=headers)
