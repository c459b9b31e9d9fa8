"""Where the three sides stand at the end of a day, and what the difference is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from auction.core.db import db
from escrow.ledger import find_account
from escrow.ledger.closing import day_end
from escrow.ledger.sums import sums_as_of
from escrow.reconciliation.models import (
    Book,
    ItemStatus,
    Place,
    ReconciliationDecision,
    ReconciliationItem,
)
from escrow.reconciliation.sources import ACCOUNT_OF

# A positive difference: the other side has more than the books say.
SIGNED: ColumnElement[int] = case(
    (ReconciliationItem.book == Book.OUTSIDE, ReconciliationItem.amount_minor),
    else_=-ReconciliationItem.amount_minor,
)
# Ages of open items in days: up to and with each; what is older stands behind the last.
AGES = (3, 10, 30)
OPEN, SHOWN_LATER = "open", "shown-later"


@dataclass(frozen=True)
class Component:
    """A part of the difference that has one name; `code` is `open` where nobody gave it one."""

    code: str
    amount_minor: int
    count: int
    oldest_on: date


@dataclass(frozen=True)
class CarriedItem:
    """An open item over which a day is closed: its name, its owner, its age."""

    item_id: int
    book: Book
    amount_minor: int
    dated_on: date
    owner_id: int
    code: str


@dataclass(frozen=True)
class PlaceFigures:
    """One place at the end of a day; the components add up to outside less ledger."""

    place: Place
    ledger_minor: int
    taken_in_minor: int  # of the ledger, what stands in items; the same unless some are missing
    outside_minor: int
    components: tuple[Component, ...] = ()
    open_items: tuple[CarriedItem, ...] = field(default=())

    @property
    def difference_minor(self) -> int:
        """How much more the other side has."""
        return self.outside_minor - self.ledger_minor

    @property
    def unnamed_minor(self) -> int:
        """What no component accounts for: nothing, or movements are missing."""
        return self.difference_minor - sum(part.amount_minor for part in self.components)

    def document(self) -> dict[str, Any]:
        """The figures as plain JSON, for the record of the day."""
        return {
            "ledger_minor": self.ledger_minor,
            "outside_minor": self.outside_minor,
            "components": [
                {
                    "code": part.code,
                    "amount_minor": part.amount_minor,
                    "count": part.count,
                    "oldest_on": part.oldest_on.isoformat(),
                }
                for part in self.components
            ],
            "items": [
                {
                    "item": item.item_id,
                    "book": str(item.book),
                    "amount_minor": item.amount_minor,
                    "dated_on": item.dated_on.isoformat(),
                    "owner": item.owner_id,
                    "code": item.code,
                }
                for item in self.open_items
            ],
        }


def place_figures(court_id: int, place: Place, day: date) -> PlaceFigures:
    """A place at the end of `day`, whenever it is asked."""
    booked = find_account(ACCOUNT_OF[place], court_id, court_id=court_id)
    ledger = 0
    if booked is not None:
        ledger = sums_as_of(booked, day_end(day)).balance(booked.normal_side)
    totals = _totals(court_id, place, day)
    open_items = _open_items(court_id, place, day)
    return PlaceFigures(
        place,
        ledger,
        totals[Book.LEDGER],
        totals[Book.OUTSIDE],
        tuple(_components([*_of_open(open_items), *_of_decisions(court_id, place, day)])),
        tuple(open_items),
    )


def _until(court_id: int, place: Place, day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        ReconciliationItem.court_id == court_id,
        ReconciliationItem.place == place,
        ReconciliationItem.day <= day,
    )


def _totals(court_id: int, place: Place, day: date) -> dict[Book, int]:
    rows = db.session.execute(
        select(ReconciliationItem.book, func.sum(ReconciliationItem.amount_minor))
        .where(*_until(court_id, place, day), ReconciliationItem.part == 0)
        .group_by(ReconciliationItem.book)
    )
    return dict.fromkeys(Book, 0) | {book: int(total) for book, total in rows}


def _open_items(court_id: int, place: Place, day: date) -> list[CarriedItem]:
    rows = db.session.scalars(
        select(ReconciliationItem)
        .where(
            *_until(court_id, place, day),
            ReconciliationItem.status.in_((ItemStatus.OPEN, ItemStatus.PROPOSED)),
        )
        .order_by(ReconciliationItem.dated_on, ReconciliationItem.id)
    )
    return [
        CarriedItem(
            row.id,
            row.book,
            row.amount_minor,
            row.dated_on,
            row.owner_id or 0,
            str(row.carried_for or OPEN),
        )
        for row in rows
    ]


def _of_open(items: Iterable[CarriedItem]) -> Iterable[Component]:
    for item in items:
        sign = 1 if item.book is Book.OUTSIDE else -1
        yield Component(item.code, sign * item.amount_minor, 1, item.dated_on)


def _of_decisions(court_id: int, place: Place, day: date) -> Iterable[Component]:
    """Explained differences; and what was matched with a movement of a later day."""
    until_day = (
        select(
            ReconciliationItem.decision_id,
            func.sum(SIGNED).label("signed"),
            func.count().label("count"),
            func.min(ReconciliationItem.dated_on).label("oldest_on"),
        )
        .where(
            *_until(court_id, place, day),
            ReconciliationItem.status.in_((ItemStatus.MATCHED, ItemStatus.EXPLAINED)),
        )
        .group_by(ReconciliationItem.decision_id)
        .having(func.sum(SIGNED) != 0)
        .subquery()
    )
    rows = db.session.execute(
        select(
            ReconciliationDecision.difference_minor,
            ReconciliationDecision.reason_code,
            until_day.c.signed,
            until_day.c.count,
            until_day.c.oldest_on,
        ).join(until_day, until_day.c.decision_id == ReconciliationDecision.id)
    )
    for difference, reason, signed, count, oldest_on in rows:
        is_whole = reason is not None and int(signed) == difference
        code = str(reason) if is_whole else SHOWN_LATER
        yield Component(code, int(signed), int(count), oldest_on)


def _components(parts: Iterable[Component]) -> Iterable[Component]:
    """One component a name, in the order of names."""
    by_code: defaultdict[str, list[Component]] = defaultdict(list)
    for part in parts:
        by_code[part.code].append(part)
    for code in sorted(by_code):
        found = by_code[code]
        yield Component(
            code,
            sum(part.amount_minor for part in found),
            sum(part.count for part in found),
            min(part.oldest_on for part in found),
        )
