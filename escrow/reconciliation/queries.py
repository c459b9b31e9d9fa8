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
from auction.core.errors import NotFound
from auction.core.i18n import gettext as _
from auction.core.i18n import lazy_gettext as _l
from escrow.bank.models import BankLine
from escrow.ledger import Transfer
from escrow.payments.provider_models import ProviderMovement
from escrow.reconciliation.figures import PlaceFigures, place_figures
from escrow.reconciliation.models import (
    Book,
    DecisionKind,
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


@dataclass(frozen=True)
class ItemView:
    """An item as the desk may see it: never who paid (CN16-18.3), always where to look."""

    row: ReconciliationItem
    title: str
    told: str  # how its own side calls it
    href: str | None
    age_days: int
    owner: str


def standing(court_id: int, today: date) -> dict[str, PlaceFigures]:
    """The three sides now, by place."""
    return {str(place): place_figures(court_id, place, today) for place in Place}


def last_run(court_id: int) -> ReconciliationRun | None:
    """The pass under way, or the last one."""
    return next(iter(list_runs(court_id, 1)), None)


def list_runs(court_id: int, most: int = 10) -> list[ReconciliationRun]:
    """The last passes, newest first."""
    query = (
        select(ReconciliationRun)
        .where(ReconciliationRun.court_id == court_id)
        .order_by(ReconciliationRun.id.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))


def find_run(run_id: int, court_id: int) -> ReconciliationRun:
    """One pass of the court; raises NotFound."""
    row = db.session.get(ReconciliationRun, run_id)
    if row is None or row.court_id != court_id:
        raise NotFound("unknown-run", _l("没有这次核对。"))
    return row


@dataclass(frozen=True)
class StateSums:
    """How many items of a place are in one state, and what they come to on each side."""

    state: str
    ledger_count: int = 0
    ledger_minor: int = 0
    outside_count: int = 0
    outside_minor: int = 0


def state_sums(court_id: int, place: Place) -> list[StateSums]:
    """Every item of a place by its state; together both sides whole, nothing twice.

    An item that was cut in two counts by its parts, which come to the same.
    """
    rows = db.session.execute(
        select(
            ReconciliationItem.status,
            ReconciliationItem.book,
            func.count(),
            func.sum(ReconciliationItem.amount_minor),
        )
        .where(
            ReconciliationItem.court_id == court_id,
            ReconciliationItem.place == place,
            ReconciliationItem.status != ItemStatus.SPLIT,
        )
        .group_by(ReconciliationItem.status, ReconciliationItem.book)
    )
    told: dict[ItemStatus, dict[Book, tuple[int, int]]] = {}
    for status, book, count, amount in rows:
        told.setdefault(status, {})[book] = (int(count), int(amount))
    nothing = (0, 0)
    return [
        StateSums(
            str(status),
            *told.get(status, {}).get(Book.LEDGER, nothing),
            *told.get(status, {}).get(Book.OUTSIDE, nothing),
        )
        for status in ItemStatus
        if status is not ItemStatus.SPLIT
    ]


def count_second_missing(court_id: int) -> int:
    """How many decisions wait for a second person."""
    found = db.session.scalar(
        select(func.count(ReconciliationDecision.id)).where(
            ReconciliationDecision.court_id == court_id,
            ReconciliationDecision.status == DecisionStatus.PROPOSED,
        )
    )
    return int(found or 0)


def item_views(items: Sequence[ReconciliationItem], today: date) -> dict[int, ItemView]:
    """Each item with its words, in as many queries as there are kinds of sources."""
    words = _words_of(items)
    owners = names_of(item.owner_id for item in items)
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


def names_of(ids: Iterable[int | None]) -> dict[int, str]:
    """What these people are called."""
    wanted = {person_id for person_id in ids if person_id is not None}
    rows = db.session.execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
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
    names = names_of(row.author_id for row in rows)
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
    names = names_of(i for row in rows for i in (row.made_by, row.second_id))
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


def find_decision(decision_id: int, court_id: int, today: date) -> DecisionView:
    """One decision of the court; raises NotFound."""
    row = db.session.get(ReconciliationDecision, decision_id)
    if row is None or row.court_id != court_id:
        raise NotFound("unknown-decision", _l("没有这项核对决定。"))
    return _decision_views([row], today)[0]


def list_decisions(court_id: int, today: date, page: int) -> tuple[list[DecisionView], int]:
    """One page of what people decided, newest first, and how many there are."""
    by_people = (
        ReconciliationDecision.court_id == court_id,
        ReconciliationDecision.kind != DecisionKind.RULE,
    )
    total = db.session.scalar(select(func.count(ReconciliationDecision.id)).where(*by_people)) or 0
    rows = db.session.scalars(
        select(ReconciliationDecision)
        .where(*by_people)
        .order_by(ReconciliationDecision.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return _decision_views(list(rows), today), total


def parts_of(item: ReconciliationItem, today: date) -> list[ItemView]:
    """What an item was cut into."""
    rows = list(
        db.session.scalars(
            select(ReconciliationItem)
            .where(ReconciliationItem.parent_id == item.id)
            .order_by(ReconciliationItem.id)
        )
    )
    views = item_views(rows, today)
    return [views[row.id] for row in rows]


def people_of(court_id: int, ids: Sequence[int]) -> list[tuple[int, str]]:
    """These members of the court's staff, by name."""
    rows = db.session.execute(
        select(User.id, User.display_name)
        .where(User.court_id == court_id, User.id.in_(ids))
        .order_by(User.display_name, User.id)
    )
    return [(user_id, name) for user_id, name in rows]
