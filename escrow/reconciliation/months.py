"""The month's report: opening, movements by kind, closing, differences, ageing, two signatures.

Until the first person signs it is computed whenever it is looked at; from then on it is what was
signed. Only a month whose last day is closed can be signed.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from auction.accounts.models import User
from auction.core.audit import record
from auction.core.clock import beijing
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.sales.calendar import add_months
from escrow.ledger import Account, Phase, Transfer
from escrow.ledger.closing import closed_through, day_end
from escrow.ledger.rules import Sums
from escrow.ledger.sums import court_sums_as_of
from escrow.reconciliation.days import find_reconciled_day, fingerprint
from escrow.reconciliation.decisions import Who
from escrow.reconciliation.figures import AGES, place_figures
from escrow.reconciliation.models import (
    DecisionStatus,
    MonthReport,
    Place,
    ReconciledDay,
    ReconciliationDecision,
)


def first_day(month: str) -> date:
    """The first day of `2026-11`; NotFound for anything else."""
    try:
        day = date.fromisoformat(f"{month}-01")
    except ValueError:
        day = date.min
    if len(month) != 7 or not 2000 <= day.year <= 2199:
        raise NotFound("unknown-month", _l("没有这个月份。"))
    return day


def last_day(month: str) -> date:
    """The last day of a month."""
    return add_months(first_day(month), 1) - timedelta(days=1)


def find_report(court_id: int, month: str) -> MonthReport | None:
    """The month's report, if somebody has signed it."""
    return db.session.scalar(
        select(MonthReport).where(MonthReport.court_id == court_id, MonthReport.month == month)
    )


def report_content(court_id: int, month: str) -> dict[str, Any]:
    """What was signed, or what would be signed now."""
    signed = find_report(court_id, month)
    return signed.content if signed is not None else count_month(court_id, month)


def count_month(court_id: int, month: str) -> dict[str, Any]:
    """The month counted from the books and the items, as plain JSON."""
    begin, end = first_day(month), last_day(month)
    standing = _standing(court_id, end)
    return {
        "month": month,
        "accounts": _accounts(court_id, begin, end),
        "movements": _movements(court_id, begin, end),
        "places": standing["places"],
        "settled": _settled(court_id, begin, end),
        "ages": _ages(standing["places"], end),
        "closed_days": _closed_days(court_id, begin, end),
    }


def sign_month(month: str, who: Who) -> MonthReport:
    """Sign the month's report, as the first person or as the second.

    Refused: `month-open` (its last day is not closed), `same-person`, `report-signed`.
    """
    closed = closed_through(who.court_id)
    if closed is None or closed < last_day(month):
        raise DomainError("month-open", _l("本月最后一日尚未日结，不能签署月报。"))
    report = db.session.scalar(
        select(MonthReport)
        .where(MonthReport.court_id == who.court_id, MonthReport.month == month)
        .with_for_update()
    )
    if report is None:
        return _sign_first(month, who)
    if report.second_id is not None:
        raise DomainError("report-signed", _l("本月月报已由两人签署。"))
    if report.signed_by == who.actor_id:
        raise Forbidden("same-person", _l("两处签名应由两名财务人员分别作出。"))
    report.second_id, report.second_at = who.actor_id, who.now
    record("sign-month", report, actor_id=who.actor_id, at=who.now, detail={"month": month})
    return report


def _sign_first(month: str, who: Who) -> MonthReport:
    content = count_month(who.court_id, month)
    report = MonthReport(
        court_id=who.court_id,
        month=month,
        content=content,
        sha256=fingerprint(content),
        signed_by=who.actor_id,
        signed_at=who.now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(report)
    except IntegrityError:
        raise DomainError("report-signed", _l("本月月报刚由他人签署，请刷新页面。")) from None
    record("sign-month", report, actor_id=who.actor_id, at=who.now, detail={"month": month})
    return report


def signatures_of(report: MonthReport | None) -> list[tuple[str, datetime]]:
    """Who signed, and when."""
    if report is None:
        return []
    signed = [(report.signed_by, report.signed_at)]
    if report.second_id is not None and report.second_at is not None:
        signed.append((report.second_id, report.second_at))
    return [(db.session.get_one(User, user_id).display_name, at) for user_id, at in signed]


def list_reports(court_id: int) -> dict[str, MonthReport]:
    """The reports that somebody has signed, by month."""
    rows = db.session.scalars(select(MonthReport).where(MonthReport.court_id == court_id))
    return {row.month: row for row in rows}


def list_months(court_id: int, today: date) -> list[str]:
    """The months with movements in the books, newest first."""
    first = db.session.scalar(
        select(func.min(Transfer.effective_at)).where(Transfer.court_id == court_id)
    )
    begin = beijing(first).date().replace(day=1) if first else today.replace(day=1)
    months = []
    while begin <= today:
        months.append(f"{begin:%Y-%m}")
        begin = add_months(begin, 1)
    return months[::-1]


# ── counting ────────────────────────────────────────────────────────────────────────────────────


def _accounts(court_id: int, begin: date, end: date) -> list[dict[str, Any]]:
    """Opening, debits, credits and closing of each kind of account; together they are nothing."""
    opening = court_sums_as_of(court_id, day_end(begin - timedelta(days=1)))
    closing = court_sums_as_of(court_id, day_end(end))
    rows: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for account in db.session.scalars(
        select(Account).where(Account.court_id == court_id).order_by(Account.id)
    ):
        before = opening.get(account.id, Sums())
        after = closing.get(account.id, Sums())
        row = rows[str(account.kind), account.currency]
        row[0] += before.balance(account.normal_side)
        row[1] += after.debits_posted - before.debits_posted
        row[2] += after.credits_posted - before.credits_posted
        row[3] += after.balance(account.normal_side)
    return [
        {
            "kind": kind,
            "currency": currency,
            "opening_minor": found[0],
            "debits_minor": found[1],
            "credits_minor": found[2],
            "closing_minor": found[3],
        }
        for (kind, currency), found in sorted(rows.items())
        if any(found)
    ]


def _movements(court_id: int, begin: date, end: date) -> list[dict[str, Any]]:
    """How often and how much moved, by what happened."""
    rows = db.session.execute(
        select(Transfer.kind, func.count(), func.sum(Transfer.amount_minor))
        .where(
            Transfer.court_id == court_id,
            Transfer.phase.in_((Phase.SINGLE, Phase.POST)),
            Transfer.effective_at >= day_end(begin - timedelta(days=1)),
            Transfer.effective_at < day_end(end),
        )
        .group_by(Transfer.kind)
    )
    found = [
        {"kind": str(kind), "count": int(count), "amount_minor": int(total)}
        for kind, count, total in rows
    ]
    return sorted(found, key=lambda row: str(row["kind"]))


def _standing(court_id: int, end: date) -> dict[str, Any]:
    """The three sides at the month's end: as its last day was closed, or as they stand now."""
    closed = find_reconciled_day(court_id, end)
    if closed is not None:
        return closed.figures
    places = {str(place): place_figures(court_id, place, end).document() for place in Place}
    return {"places": places}


def _settled(court_id: int, begin: date, end: date) -> list[dict[str, Any]]:
    """What was settled in the month, by rule or by people, and with what difference."""
    rows = db.session.execute(
        select(
            ReconciliationDecision.place,
            ReconciliationDecision.kind,
            ReconciliationDecision.reason_code,
            func.count(),
            func.sum(ReconciliationDecision.difference_minor),
        )
        .where(
            ReconciliationDecision.court_id == court_id,
            ReconciliationDecision.status == DecisionStatus.STANDING,
            ReconciliationDecision.settled_at >= day_end(begin - timedelta(days=1)),
            ReconciliationDecision.settled_at < day_end(end),
        )
        .group_by(
            ReconciliationDecision.place,
            ReconciliationDecision.kind,
            ReconciliationDecision.reason_code,
        )
    )
    found = [
        {
            "place": str(place),
            "kind": str(kind),
            "reason": str(reason or ""),
            "count": int(count),
            "difference_minor": int(total),
        }
        for place, kind, reason, count, total in rows
    ]
    return sorted(found, key=lambda row: (row["place"], row["kind"], row["reason"]))


def _ages(places: dict[str, Any], end: date) -> list[dict[str, Any]]:
    """Open items by age at the month's end; both signs for themselves."""
    table: dict[int, dict[str, int]] = {}
    for bucket in range(len(AGES) + 1):
        table[bucket] = {"count": 0, "in_minor": 0, "out_minor": 0}
    for place in places.values():
        for item in place["items"]:
            age = (end - date.fromisoformat(item["dated_on"])).days
            bucket = sum(age > limit for limit in AGES)
            row = table[bucket]
            row["count"] += 1
            side = "in_minor" if item["amount_minor"] > 0 else "out_minor"
            row[side] += item["amount_minor"]
    return [{"bucket": bucket, **row} for bucket, row in table.items()]


def _closed_days(court_id: int, begin: date, end: date) -> int:
    found = db.session.scalar(
        select(func.count(ReconciledDay.id)).where(
            ReconciledDay.court_id == court_id, ReconciledDay.day.between(begin, end)
        )
    )
    return int(found or 0)
