"""The work list: every difference of either sign, with its owner and its age, as it was asked for.

The sums above a list count all that the filters name, not the page that is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, case, func, select

from auction.core.db import db
from escrow.reconciliation.figures import AGES, SIGNED
from escrow.reconciliation.match import OpenReason
from escrow.reconciliation.models import Book, ItemStatus, Place, ReconciliationItem
from escrow.reconciliation.queries import ItemView, item_views

PER_PAGE = 20


@dataclass(frozen=True)
class Wanted:
    """What a person asked to see; nothing asked for is everything that is not settled."""

    place: Place | None = None
    owner_id: int | None = None
    book: Book | None = None
    sign: int = 0  # 1: the other side has more, -1: it has less
    reason: OpenReason | None = None
    age: int | None = None  # counts into AGES, one more for what is older
    is_carried: bool | None = None
    is_second_missing: bool = False


@dataclass(frozen=True)
class Sums:
    """What a list comes to; the two parts add up to the whole."""

    count: int
    more_minor: int
    less_minor: int
    oldest_on: date | None

    @property
    def net_minor(self) -> int:
        """How much more the other side has, in all."""
        return self.more_minor + self.less_minor


@dataclass(frozen=True)
class Pair:
    """A line of the work list: an open item, and what most probably belongs to it."""

    item: ItemView
    number: int | None  # of the proposal, as the item counts them
    ledger: tuple[ItemView, ...]
    outside: tuple[ItemView, ...]
    ground: str = ""
    certainty: int = 0
    difference_minor: int = 0


def signed_minor(item: ReconciliationItem) -> int:
    """The difference that an item makes while it stands alone."""
    return item.amount_minor if item.book is Book.OUTSIDE else -item.amount_minor


def sum_list(court_id: int, wanted: Wanted, today: date) -> Sums:
    """What everything the filters name comes to."""
    row = db.session.execute(
        select(
            func.count(ReconciliationItem.id),
            func.coalesce(func.sum(case((SIGNED > 0, SIGNED), else_=0)), 0),
            func.coalesce(func.sum(case((SIGNED < 0, SIGNED), else_=0)), 0),
            func.min(ReconciliationItem.dated_on),
        ).where(*_where(court_id, wanted, today))
    ).one()
    return Sums(int(row[0]), int(row[1]), int(row[2]), row[3])


def work_list(court_id: int, wanted: Wanted, *, page: int, today: date) -> list[Pair]:
    """One page of what is not settled, the oldest first.

    What stands in the proposal of a line above has no line of its own.
    """
    items = db.session.scalars(
        select(ReconciliationItem)
        .where(*_where(court_id, wanted, today))
        .order_by(ReconciliationItem.dated_on, ReconciliationItem.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    rows = list(items)
    living = _open_among(court_id, (i for item in rows for p in item.proposals for i in _ids_of(p)))
    views = item_views([*rows, *living.values()], today)
    shown: set[int] = set()
    pairs = []
    for item in rows:
        if item.id in shown:
            continue
        pair = _best(item, views, living)
        shown.update(view.row.id for view in (*pair.ledger, *pair.outside))
        pairs.append(pair)
    return pairs


def _where(court_id: int, wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    statuses = (
        (ItemStatus.PROPOSED,)
        if wanted.is_second_missing
        else (ItemStatus.OPEN, ItemStatus.PROPOSED)
    )
    where = [
        ReconciliationItem.court_id == court_id,
        ReconciliationItem.status.in_(statuses),
    ]
    for column, value in (
        (ReconciliationItem.place, wanted.place),
        (ReconciliationItem.owner_id, wanted.owner_id),
        (ReconciliationItem.book, wanted.book),
        (ReconciliationItem.reason, wanted.reason),
    ):
        if value is not None:
            where.append(column == value)
    if wanted.sign:
        where.append(SIGNED > 0 if wanted.sign > 0 else SIGNED < 0)
    if wanted.is_carried is not None:
        carried = ReconciliationItem.carried_for
        where.append(carried.is_not(None) if wanted.is_carried else carried.is_(None))
    if wanted.age is not None:
        where += _aged(wanted.age, today)
    return where


def _aged(bucket: int, today: date) -> list[ColumnElement[bool]]:
    dated = ReconciliationItem.dated_on
    found: list[ColumnElement[bool]] = []
    if bucket < len(AGES):
        found.append(dated >= today - timedelta(days=AGES[bucket]))
    if bucket > 0:
        found.append(dated < today - timedelta(days=AGES[bucket - 1]))
    return found


# ── what may belong to an item ──────────────────────────────────────────────────────────────────


def proposals_of(item: ReconciliationItem, today: date) -> list[Pair]:
    """All proposals of an item whose rows are still open, the surest first."""
    if item.status is not ItemStatus.OPEN:
        return []
    living = _open_among(item.court_id, (i for p in item.proposals for i in _ids_of(p)))
    views = item_views([item, *living.values()], today)
    return list(_pairs(item, views, living))


def _best(
    item: ReconciliationItem,
    views: dict[int, ItemView],
    living: dict[int, ReconciliationItem],
) -> Pair:
    if item.status is ItemStatus.OPEN:
        for pair in _pairs(item, views, living):
            return pair
    return Pair(views[item.id], None, (), ())


def _pairs(
    item: ReconciliationItem,
    views: dict[int, ItemView],
    living: dict[int, ReconciliationItem],
) -> Iterable[Pair]:
    for number, proposal in enumerate(item.proposals):
        if not all(i in living for i in _ids_of(proposal)):
            continue
        yield Pair(
            views[item.id],
            number,
            tuple(views[i] for i in proposal["ledger"]),
            tuple(views[i] for i in proposal["outside"]),
            proposal["ground"],
            proposal["certainty"],
            proposal["difference_minor"],
        )


def _ids_of(proposal: dict[str, list[int]]) -> list[int]:
    return [*proposal["ledger"], *proposal["outside"]]


def _open_among(court_id: int, ids: Iterable[int]) -> dict[int, ReconciliationItem]:
    wanted = sorted(set(ids))
    rows = db.session.scalars(
        select(ReconciliationItem).where(
            ReconciliationItem.id.in_(wanted),
            ReconciliationItem.court_id == court_id,
            ReconciliationItem.status == ItemStatus.OPEN,
        )
    )
    return {row.id: row for row in rows}


# ── what can be chosen by hand ──────────────────────────────────────────────────────────────────

# So many items of the same place a person can choose from by hand.
MOST_CANDIDATES = 30


def candidates_for(
    item: ReconciliationItem, today: date, *, also: Sequence[int] = ()
) -> list[ItemView]:
    """Open items of the same place that may be joined with this one, the likeliest first.

    Those of the same amount come first, then the nearest in time; `also` are always among them.
    """
    distance = func.abs(func.abs(ReconciliationItem.amount_minor) - abs(item.amount_minor))
    mine = (
        ReconciliationItem.court_id == item.court_id,
        ReconciliationItem.place == item.place,
        ReconciliationItem.currency == item.currency,
        ReconciliationItem.status == ItemStatus.OPEN,
        ReconciliationItem.id != item.id,
    )
    alike = select(ReconciliationItem).where(*mine).order_by(distance, ReconciliationItem.id)
    near = (
        select(ReconciliationItem)
        .where(*mine, ReconciliationItem.dated_on.between(*_around(item.dated_on)))
        .order_by(ReconciliationItem.dated_on, ReconciliationItem.id)
    )
    chosen = select(ReconciliationItem).where(*mine, ReconciliationItem.id.in_(also))
    rows = {
        row.id: row
        for query in (chosen, alike.limit(MOST_CANDIDATES), near.limit(MOST_CANDIDATES))
        for row in db.session.scalars(query)
    }
    ranked = sorted(rows.values(), key=lambda row: _rank(row, item, also))[:MOST_CANDIDATES]
    views = item_views(ranked, today)
    return [views[row.id] for row in ranked]


def _around(day: date) -> tuple[date, date]:
    return day - timedelta(days=AGES[-1]), day + timedelta(days=AGES[-1])


def _rank(
    row: ReconciliationItem, item: ReconciliationItem, also: Sequence[int]
) -> tuple[bool, bool, int, int]:
    same = abs(row.amount_minor) == abs(item.amount_minor)
    return row.id not in also, not same, abs((row.dated_on - item.dated_on).days), row.id
