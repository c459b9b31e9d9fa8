"""What the pages of reconciliation show; every number comes from one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy import func, select

from auction.accounts.models import User
from auction.core.db import db
from auction.core.i18n import gettext as _
from escrow.bank.models import BankLine
from escrow.ledger import Transfer
from escrow.payments.provider_models import ProviderMovement
from escrow.reconciliation.figures import PlaceFigures, place_figures
from escrow.reconciliation.models import (
    Book,
    DecisionStatus,
    ItemStatus,
    Place,
    ReconciledDay,
    ReconciliationDecision,
    ReconciliationItem,
    ReconciliationNote,
    ReconciliationRun,
)
from escrow.reconciliation.words import provider_name, transfer_name

PER_PAGE = 20
# So many items of the other side a person can choose from by hand.
MOST_CANDIDATES = 30


@dataclass(frozen=True)
class ItemView:
    """An item as the desk may see it: never who paid (CN16-18.3), always where to look."""

    row: ReconciliationItem
    title: str
    told: str  # how its own side calls it
    href: str | None
    age_days: int
    owner: str


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


def standing(court_id: int, today: date) -> dict[str, PlaceFigures]:
    """The three sides now, by place."""
    return {str(place): place_figures(court_id, place, today) for place in Place}


def last_run(court_id: int) -> ReconciliationRun | None:
    """The pass under way, or the last one."""
    return db.session.scalar(
        select(ReconciliationRun)
        .where(ReconciliationRun.court_id == court_id)
        .order_by(ReconciliationRun.id.desc())
        .limit(1)
    )


def work_list(
    court_id: int, place: Place, *, owner_id: int | None, page: int, today: date
) -> tuple[list[Pair], int]:
    """One page of what is open at a place, the oldest first, and how many items there are."""
    where = [
        ReconciliationItem.court_id == court_id,
        ReconciliationItem.place == place,
        ReconciliationItem.status == ItemStatus.OPEN,
    ]
    if owner_id is not None:
        where.append(ReconciliationItem.owner_id == owner_id)
    total = db.session.scalar(select(func.count(ReconciliationItem.id)).where(*where)) or 0
    items = db.session.scalars(
        select(ReconciliationItem)
        .where(*where)
        .order_by(ReconciliationItem.dated_on, ReconciliationItem.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return _pairs(list(items), today), total


def _pairs(items: Sequence[ReconciliationItem], today: date) -> list[Pair]:
    """Each item once: what stands in another's proposal above has no line of its own."""
    living = _open_among(
        i for item in items for p in item.proposals for i in (*p["ledger"], *p["outside"])
    )
    views = item_views([*items, *living.values()], today)
    shown: set[int] = set()
    pairs = []
    for item in items:
        if item.id in shown:
            continue
        pair = _pair(item, views, living)
        shown.update(view.row.id for view in (*pair.ledger, *pair.outside))
        pairs.append(pair)
    return pairs


def _pair(
    item: ReconciliationItem,
    views: dict[int, ItemView],
    living: dict[int, ReconciliationItem],
) -> Pair:
    for number, proposal in enumerate(item.proposals):
        ids = [*proposal["ledger"], *proposal["outside"]]
        if all(i in living for i in ids):
            return Pair(
                views[item.id],
                number,
                tuple(views[i] for i in proposal["ledger"]),
                tuple(views[i] for i in proposal["outside"]),
                proposal["ground"],
                proposal["certainty"],
                proposal["difference_minor"],
            )
    view = views[item.id]
    is_ledger = item.book is Book.LEDGER
    return Pair(view, None, (view,) if is_ledger else (), () if is_ledger else (view,))


def _open_among(ids: Iterable[int]) -> dict[int, ReconciliationItem]:
    wanted = sorted(set(ids))
    rows = db.session.scalars(
        select(ReconciliationItem).where(
            ReconciliationItem.id.in_(wanted), ReconciliationItem.status == ItemStatus.OPEN
        )
    )
    return {row.id: row for row in rows}


def proposals_of(item: ReconciliationItem, today: date) -> list[Pair]:
    """All proposals of an item whose rows are still open, the surest first."""
    if item.status is not ItemStatus.OPEN:
        return []
    living = _open_among(i for p in item.proposals for i in (*p["ledger"], *p["outside"]))
    views = item_views([item, *living.values()], today)
    return [
        Pair(
            views[item.id],
            number,
            tuple(views[i] for i in proposal["ledger"]),
            tuple(views[i] for i in proposal["outside"]),
            proposal["ground"],
            proposal["certainty"],
            proposal["difference_minor"],
        )
        for number, proposal in enumerate(item.proposals)
        if all(i in living for i in (*proposal["ledger"], *proposal["outside"]))
    ]


def candidates_for(item: ReconciliationItem, today: date) -> list[ItemView]:
    """Open items of the same place that a person may join with this one, nearest in time."""
    rows = db.session.scalars(
        select(ReconciliationItem).where(
            ReconciliationItem.court_id == item.court_id,
            ReconciliationItem.place == item.place,
            ReconciliationItem.status == ItemStatus.OPEN,
            ReconciliationItem.id != item.id,
        )
    )
    near = sorted(
        rows,
        key=lambda row: (
            abs(row.amount_minor) != abs(item.amount_minor),
            abs((row.dated_on - item.dated_on).days),
            row.id,
        ),
    )[:MOST_CANDIDATES]
    views = item_views(near, today)
    return [views[row.id] for row in near]


def item_views(items: Sequence[ReconciliationItem], today: date) -> dict[int, ItemView]:
    """Each item with its words, in as many queries as there are kinds of sources."""
    words = _words_of(items)
    owners = _names({item.owner_id for item in items if item.owner_id is not None})
    return {
        item.id: ItemView(
            item,
            *words[item.source_type, item.source_id],
            (today - item.dated_on).days,
            owners.get(item.owner_id or 0, "—"),
        )
        for item in items
    }


Words = tuple[str, str, str | None]


def _words_of(items: Sequence[ReconciliationItem]) -> dict[tuple[str, int], Words]:
    found: dict[tuple[str, int], Words] = {}
    ids: dict[str, set[int]] = {}
    for item in items:
        ids.setdefault(item.source_type, set()).add(item.source_id)
    for source_type, wanted in ids.items():
        for source_id, words in _READ[source_type](sorted(wanted)):
            found[source_type, source_id] = words
    return found


def _transfer_words(ids: Sequence[int]) -> Iterable[tuple[int, Words]]:
    for row in db.session.scalars(select(Transfer).where(Transfer.id.in_(ids))):
        href = url_for("finance.case", case_id=row.case_id) if row.case_id else None
        yield row.id, (str(transfer_name(row.kind)), _("分录 %(n)s", n=row.id), href)


def _line_words(ids: Sequence[int]) -> Iterable[tuple[int, Words]]:
    for row in db.session.scalars(select(BankLine).where(BankLine.id.in_(ids))):
        title = _("到账") if row.side == "credit" else _("支出")
        yield (
            row.id,
            (title, row.reference or row.entry_ref, url_for("finance.line", line_id=row.id)),
        )


def _movement_words(ids: Sequence[int]) -> Iterable[tuple[int, Words]]:
    for row in db.session.scalars(select(ProviderMovement).where(ProviderMovement.id.in_(ids))):
        yield row.id, (str(provider_name(row.kind)), row.source_id or row.provider_id, None)


_READ: dict[str, Any] = {
    Transfer.__tablename__: _transfer_words,
    BankLine.__tablename__: _line_words,
    ProviderMovement.__tablename__: _movement_words,
}


def _names(ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {int(user_id): str(name) for user_id, name in rows}


def notes_of(item: ReconciliationItem) -> list[tuple[ReconciliationNote, str]]:
    """What was written down about an item, oldest first, and by whom."""
    rows = list(
        db.session.scalars(
            select(ReconciliationNote)
            .where(ReconciliationNote.item_id == item.id)
            .order_by(ReconciliationNote.id)
        )
    )
    names = _names({row.author_id for row in rows})
    return [(row, names[row.author_id]) for row in rows]


@dataclass(frozen=True)
class DecisionView:
    """A decision with its items and its people."""

    row: ReconciliationDecision
    items: tuple[ItemView, ...]
    maker: str
    second: str


def decision_of(item: ReconciliationItem, today: date) -> DecisionView | None:
    """How an item was settled."""
    if item.decision_id is None:
        return None
    row = db.session.get_one(ReconciliationDecision, item.decision_id)
    return _decision_views([row], today)[0]


def waiting_decisions(court_id: int, today: date) -> list[DecisionView]:
    """Decisions that need a second person, oldest first."""
    rows = db.session.scalars(
        select(ReconciliationDecision)
        .where(
            ReconciliationDecision.court_id == court_id,
            ReconciliationDecision.status == DecisionStatus.PROPOSED,
        )
        .order_by(ReconciliationDecision.id)
        .limit(100)
    )
    return _decision_views(list(rows), today)


def _decision_views(rows: Sequence[ReconciliationDecision], today: date) -> list[DecisionView]:
    items = list(
        db.session.scalars(
            select(ReconciliationItem)
            .where(ReconciliationItem.decision_id.in_([row.id for row in rows]))
            .order_by(ReconciliationItem.id)
        )
    )
    views = item_views(items, today)
    names = _names({i for row in rows for i in (row.made_by, row.second_id) if i is not None})
    return [
        DecisionView(
            row,
            tuple(views[item.id] for item in items if item.decision_id == row.id),
            names.get(row.made_by or 0, ""),
            names.get(row.second_id or 0, ""),
        )
        for row in rows
    ]


def list_reconciled_days(court_id: int) -> list[ReconciledDay]:
    """The records of closed days, newest first."""
    query = (
        select(ReconciledDay)
        .where(ReconciledDay.court_id == court_id)
        .order_by(ReconciledDay.day.desc())
        .limit(60)
    )
    return list(db.session.scalars(query))


def people_of(court_id: int, ids: Sequence[int]) -> list[tuple[int, str]]:
    """These members of the court's staff, by name."""
    rows = db.session.execute(
        select(User.id, User.display_name)
        .where(User.court_id == court_id, User.id.in_(ids))
        .order_by(User.display_name, User.id)
    )
    return [(user_id, name) for user_id, name in rows]
