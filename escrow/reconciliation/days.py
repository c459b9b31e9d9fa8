"""A day closes when each of its movements is matched, explained, or carried with a name (INV-9).

The books close it, by two people (`escrow.ledger.closing`); here stands the condition, and what was
true at that moment is written down with it. There is no re-opening: corrections are later
movements, and what the bank tells late counts in the first day that is still open.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from auction.core.db import db
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.sales.calendar import last_working_day
from escrow.bank.models import BankLine, BankStatement, LineStatus
from escrow.bank.parsed import Side
from escrow.ledger.closing import (
    confirm_day_close,
    propose_day_close,
    withdraw_day_close,
)
from escrow.ledger.models import DayClose
from escrow.reconciliation.decisions import LEAST_TEXT, Who
from escrow.reconciliation.figures import OPEN, PlaceFigures, place_figures
from escrow.reconciliation.models import (
    ItemStatus,
    Place,
    ReconciledDay,
    ReconciliationItem,
)
from escrow.reconciliation.runs import find_open_run

# What people may answer for in words: the bank had nothing to tell that day, or its own balances do
# not go on from each other.
WAIVABLE = frozenset({"no-statement", "statement-gap"})


@dataclass(frozen=True)
class Obstacle:
    """Why a day cannot be closed yet."""

    code: str
    count: int = 0
    amount_minor: int = 0


@dataclass(frozen=True)
class DayFigures:
    """A day as it would be closed now."""

    day: date
    places: tuple[PlaceFigures, ...]
    obstacles: tuple[Obstacle, ...]

    def document(self) -> dict[str, Any]:
        """Plain JSON, for the record."""
        return {
            "day": self.day.isoformat(),
            "places": {str(place.place): place.document() for place in self.places},
            "waived": [obstacle.code for obstacle in self.obstacles],
        }


def day_figures(court_id: int, day: date) -> DayFigures:
    """Where the three sides stand at the end of `day`, and what keeps it open."""
    places = tuple(place_figures(court_id, place, day) for place in Place)
    found = [*_of_places(places), *_of_statements(court_id, day)]
    if find_open_run(court_id) is not None:
        found.append(Obstacle("run-open"))
    return DayFigures(day, places, tuple(found))


def propose_close(day: date, who: Who, *, note: str = "") -> DayClose:
    """The first person closes a day. Refused: `day-not-reconciled`, and what the books refuse."""
    _require_closable(day_figures(who.court_id, day), note)
    return propose_day_close(
        who.court_id, day, actor_id=who.actor_id, now=who.now, note=note.strip()
    )


def confirm_close(close_id: int, who: Who) -> ReconciledDay:
    """The second person closes it, and what stood where is written down for good.

    Refused: `day-not-reconciled` (something came meanwhile), and what the books refuse.
    """
    close = confirm_day_close(close_id, court_id=who.court_id, actor_id=who.actor_id, now=who.now)
    known = find_reconciled_day(who.court_id, close.day)
    if known is not None:
        return known
    figures = day_figures(who.court_id, close.day)  # nothing moves: the books are locked
    _require_closable(figures, close.note)
    document = figures.document()
    row = ReconciledDay(
        court_id=who.court_id,
        day=close.day,
        day_close_id=close.id,
        figures=document,
        sha256=fingerprint({"books": close.sha256, **document}),
        made_at=who.now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def withdraw_close(close_id: int, who: Who) -> DayClose:
    """The proposal is taken back."""
    return withdraw_day_close(close_id, court_id=who.court_id, actor_id=who.actor_id, now=who.now)


def find_reconciled_day(court_id: int, day: date) -> ReconciledDay | None:
    """The record of a closed day."""
    return db.session.scalar(
        select(ReconciledDay).where(ReconciledDay.court_id == court_id, ReconciledDay.day == day)
    )


def fingerprint(document: dict[str, Any]) -> str:
    """The hash of a plain document, whoever writes it."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _require_closable(figures: DayFigures, note: str) -> None:
    firm = [found for found in figures.obstacles if found.code not in WAIVABLE]
    if firm:
        raise DomainError(
            "day-not-reconciled",
            _l("该日还有款项没有核对或说明，不能日结。"),
            obstacles=[found.code for found in firm],
        )
    if figures.obstacles and len(note.strip()) < LEAST_TEXT:
        raise Invalid(
            "statement-missing",
            _l("银行对账单没有覆盖该日，或余额前后不接：请补齐对账单，或写明理由。"),
            field="note",
        )


def _of_places(places: tuple[PlaceFigures, ...]) -> list[Obstacle]:
    found = []
    for place in places:
        missing = place.ledger_minor - place.taken_in_minor
        if missing:
            found.append(Obstacle("not-taken-in", amount_minor=missing))
        elif place.unnamed_minor:
            found.append(Obstacle("unnamed", amount_minor=place.unnamed_minor))
        found += [
            Obstacle(f"open-{place.place}", part.count, part.amount_minor)
            for part in place.components
            if part.code == OPEN
        ]
    return found


def _of_statements(court_id: int, day: date) -> list[Obstacle]:
    found = []
    lines = (BankLine.court_id == court_id, BankLine.booked_on <= day)
    new = _count(select(func.count(BankLine.id)).where(*lines, BankLine.status == LineStatus.NEW))
    if new:
        found.append(Obstacle("new-lines", new))
    waiting = _count(
        select(func.count(ReconciliationItem.id)).where(
            ReconciliationItem.court_id == court_id,
            ReconciliationItem.day <= day,
            ReconciliationItem.status == ItemStatus.PROPOSED,
        )
    )
    if waiting:
        found.append(Obstacle("second-missing", waiting))
    covered = db.session.scalar(
        select(func.max(BankStatement.last_day)).where(BankStatement.court_id == court_id)
    )
    if covered is None or covered < last_working_day(day):
        found.append(Obstacle("no-statement"))
    gap = statement_gap(court_id, day)
    if gap:
        found.append(Obstacle("statement-gap", amount_minor=gap))
    return found


def _count(query: Any) -> int:
    return int(db.session.scalar(query) or 0)


def statement_gap(court_id: int, day: date) -> int:
    """By how much the bank's own balances and the lines that we have come apart, all accounts.

    The first balance that the bank told is where the court's account began.
    """
    rows = db.session.scalars(
        select(BankStatement)
        .where(
            BankStatement.court_id == court_id,
            BankStatement.last_day <= day,
            BankStatement.opening_minor.is_not(None),
            BankStatement.closing_minor.is_not(None),
        )
        .order_by(BankStatement.account_number, BankStatement.last_day, BankStatement.id)
    )
    first: dict[str, BankStatement] = {}
    last: dict[str, BankStatement] = {}
    for row in rows:
        begun = first.setdefault(row.account_number, row)
        if (row.first_day or day) < (begun.first_day or day):
            first[row.account_number] = row
        last[row.account_number] = row
    return sum(_gap(first[number], last[number]) for number in last)


def _gap(first: BankStatement, last: BankStatement) -> int:
    moved = db.session.execute(
        select(BankLine.side, func.sum(BankLine.amount_minor))
        .where(
            BankLine.court_id == last.court_id,
            BankLine.account_number == last.account_number,
            BankLine.booked_on >= (first.first_day or date.min),
            BankLine.booked_on <= (last.last_day or date.max),
        )
        .group_by(BankLine.side)
    )
    total = sum(int(amount) if side is Side.CREDIT else -int(amount) for side, amount in moved)
    return (last.closing_minor or 0) - (first.opening_minor or 0) - total
