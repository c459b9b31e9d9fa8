"""The month's report, as figures, as a table for spreadsheets, as a paper; and the money's course."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from auction.core.clock import BEIJING
from auction.core.db import db, transaction
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.core.sheets import safe_cell
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from escrow.ledger.rules import ASSETS
from escrow.reconciliation.course import Debt, count_debts, money_course
from escrow.reconciliation.decisions import carry_item, explain_item
from escrow.reconciliation.models import CarryReason, MonthReport, ReasonCode
from escrow.reconciliation.monthly import HEAD, month_csv, month_pdf, month_rows
from escrow.reconciliation.months import (
    count_month,
    find_report,
    first_day,
    last_day,
    list_months,
    report_content,
    sign_month,
    signatures_of,
)

MONTH = "2026-11"
one_database = pytest.mark.parametrize("any_app", ["sqlite"], indirect=True)


def busy(desk):
    """A deposit that is matched, a charge that is explained, another that is carried on."""
    desk.pay_deposit(desk.enrol())
    desk.row(debit=500, name="银行", text="账户管理费")
    desk.row(debit=700, name="=HYPERLINK(1)", text="不明扣款")
    desk.take()
    desk.reconcile()
    charge, other = (item.id for item in desk.open_items())
    with transaction():
        explain_item(charge, desk.who(), reason_code=ReasonCode.BANK_CHARGE, text="管理费回单")
    with transaction():
        carry_item(other, CarryReason.ASKED_BANK, "已致电银行", desk.who())


def test_a_months_accounts_go_from_opening_to_closing_and_balance(desk):
    busy(desk)
    content = count_month(desk.court.id, MONTH)
    assert content["accounts"]
    for row in content["accounts"]:
        sign = 1 if row["kind"] in ASSETS else -1
        moved = sign * (row["debits_minor"] - row["credits_minor"])
        assert row["opening_minor"] + moved == row["closing_minor"]
    assert sum(r["debits_minor"] - r["credits_minor"] for r in content["accounts"]) == 0
    bank = content["places"]["bank"]
    parts = {part["code"]: part["amount_minor"] for part in bank["components"]}
    assert parts == {"bank-charge": -500, "asked-bank": -700}
    assert bank["ledger_minor"] + sum(parts.values()) == bank["outside_minor"]
    assert [(r["kind"], r["reason"], r["difference_minor"]) for r in content["settled"]] == [
        ("explained", "bank-charge", -500),
        ("rule", "", 0),
    ]
    [aged] = [row for row in content["ages"] if row["count"]]
    assert (aged["bucket"], aged["out_minor"]) == (2, -700)  # 28 days at the month's end
    next_month = count_month(desk.court.id, "2026-12")
    openings = {row["kind"]: row["opening_minor"] for row in next_month["accounts"]}
    assert openings == {row["kind"]: row["closing_minor"] for row in content["accounts"]}
    assert next_month["movements"] == []


def test_two_people_sign_and_nothing_changes_afterwards(desk):
    busy(desk)
    with pytest.raises(DomainError, match="month-open"):
        desk.act(sign_month, MONTH, desk.who())
    desk.close_month()
    desk.act(sign_month, MONTH, desk.who())
    with pytest.raises(Forbidden, match="same-person"):
        desk.act(sign_month, MONTH, desk.who())
    signed = report_content(desk.court.id, MONTH)
    [other] = desk.open_items()
    with transaction():
        explain_item(other.id, desk.who(), reason_code=ReasonCode.OTHER, text="银行已书面答复")
    desk.act(sign_month, MONTH, desk.who(desk.checker))
    with pytest.raises(DomainError, match="report-signed"):
        desk.act(sign_month, MONTH, desk.who())
    assert report_content(desk.court.id, MONTH) == signed
    report = find_report(desk.court.id, MONTH)
    assert [name for name, _at in signatures_of(report)] == [
        desk.maker.display_name,
        desk.checker.display_name,
    ]
    for change in ({"content": {}}, {"second_id": desk.maker.id}, {"month": "2026-10"}):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(update(MonthReport).values(**change))


@one_database
def test_months_are_those_with_books_and_what_is_none_is_not_there(desk):
    today = beijing_day(desk.now)
    assert list_months(desk.court.id, today) == [MONTH]
    desk.pay_deposit(desk.enrol())
    assert list_months(desk.court.id, today + timedelta(days=40)) == ["2026-12", MONTH]
    assert (first_day(MONTH), last_day(MONTH)) == (date(2026, 11, 1), date(2026, 11, 30))
    for text in ("2026-13", "2026-1", "1999-01", "2026-W1", "x", "", "2026-11-01"):
        with pytest.raises(NotFound):
            first_day(text)


@one_database
def test_the_table_has_every_figure_and_no_formula_and_the_paper_is_a_pdf(desk):
    busy(desk)
    content = count_month(desk.court.id, MONTH)
    signatures = [("=cmd|' /C calc'!A0", desk.now)]
    owners = {desk.maker.id: "+许静"}
    table = month_csv(content, signatures, owners).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert tuple(rows[0]) == HEAD
    assert len(rows) == 2 + len(list(month_rows(content, owners)))
    assert ["月末核对", "法院账户", "银行收费", "1", "-5.00"] in rows
    [open_item] = [row for row in rows if row[0] == "未核对款项"]
    assert open_item[2].endswith("银行对账单 已向银行查询 +许静 28 日")
    assert rows[-1][1] == "'=cmd|' /C calc'!A0"
    assert not [cell for row in rows for cell in row if cell[:1] in "=+@\t" and cell]
    court = db.session.get_one(Court, desk.court.id)
    assert month_pdf(court, content, None, (), owners=owners, at=desk.now).startswith(b"%PDF-1.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+86", "'+86"),
        ("-5.00", "-5.00"),  # a number, and no more than that
        ("-5.00+1", "'-5.00+1"),
        ("-", "'-"),
        ("@SUM", "'@SUM"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＝1", "'＝1"),
        ("路人", "路人"),
        ("", ""),
    ],
)
def test_a_cell_is_never_a_formula(text, shown):
    assert safe_cell(text) == shown


# ── held, due, overdue ──────────────────────────────────────────────────────────────────────────

DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(12)]


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)


moments = st.integers(-5, 16).map(lambda n: noon(DAYS[0] + timedelta(days=n)))
debts = st.lists(
    st.builds(Debt, st.integers(1, 9), moments, st.none() | moments, st.none() | moments),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(debts)
def test_due_and_overdue_at_each_days_end_are_what_a_plain_look_finds(given_debts):
    def stands(debt, day):
        since, done = beijing_day(debt.since), debt.done_at
        return since <= day and (done is None or beijing_day(done) > day)

    due, overdue = count_debts(given_debts, DAYS)
    for day in DAYS:
        standing = [debt for debt in given_debts if stands(debt, day)]
        late = [d for d in standing if d.due_at is not None and beijing_day(d.due_at) <= day]
        assert due[day] == sum(debt.amount_minor for debt in standing)
        assert overdue[day] == sum(debt.amount_minor for debt in late)


def test_the_course_follows_the_books_day_by_day(desk):
    """Deposits are held until they go back; a loser's is due at the end and overdue a day later."""
    winner, loser = desk.enrol(), desk.enrol()
    first = beijing_day(desk.now)
    for enrolment in (winner, loser):
        desk.pay_deposit(enrolment)
    desk.sell(winner, 300_000_000)
    ended = beijing_day(desk.now)
    desk.clock.advance(days=3)
    course = {row.day: row for row in money_course(desk.court.id, first, beijing_day(desk.now))}
    deposit = winner.deposit_minor
    assert {row.held_minor for row in course.values()} == {2 * deposit}
    assert course[first].due_minor == 0
    assert (course[ended].due_minor, course[ended].overdue_minor) == (deposit, 0)
    after = course[ended + timedelta(days=1)]
    assert (after.due_minor, after.overdue_minor) == (deposit, deposit)
    assert money_course(desk.court.id, ended, first) == []
