"""Every movement becomes an item, once, with an owner from its first moment on (INV-9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from auction.accounts.models import User, UserRole
from auction.accounts.roles import Role
from auction.core.bulk import insert_rows
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from escrow.bank.models import BankLine, BankStatement
from escrow.ledger.closing import closed_through
from escrow.ledger.posting import lock_books
from escrow.reconciliation.models import ItemStatus, ReconciliationItem, ReconciliationRun
from escrow.reconciliation.sources import Movement, Read, portions_of

PORTION = 2000
# Ids are given before they are committed: each pass looks back so far behind the one before.
LOOK_BACK = 5000


def take_in(run: ReconciliationRun, name: str, read: Read, *, now: datetime) -> bool:
    """Take in one portion of a source; returns whether there is more. Known ones stay as they are.

    `run` is locked.
    """
    lock_books(run.court_id)  # no day is closed while its movements are taken in
    portion = read(run.court_id, run.cursors.get(name, 0), PORTION)
    fresh = _unknown(portion.movements)
    if fresh:
        owners = _Owners(run.court_id, run.started_by)
        opens_on = first_open_day(run.court_id)
        rows = [_item(run.court_id, new, owners, opens_on, now) for new in fresh]
        insert_rows(db.session.connection(), ReconciliationItem.__table__, rows)
    run.cursors = {**run.cursors, name: portion.after_id}
    run.done_count += portion.count
    return portion.count == PORTION


def first_open_day(court_id: int) -> date:
    """The day after the last one that is closed; the first day there is, if none is."""
    closed = closed_through(court_id)
    return date.min if closed is None else closed + timedelta(days=1)


def _unknown(movements: list[Movement]) -> list[Movement]:
    """Those that are no item yet."""
    known: set[tuple[str, int, str]] = set()
    for source_type in {m.source_type for m in movements}:
        ids = sorted({m.source_id for m in movements if m.source_type == source_type})
        for portion in portions_of(ids):
            rows = db.session.execute(
                select(
                    ReconciliationItem.source_type,
                    ReconciliationItem.source_id,
                    ReconciliationItem.place,
                ).where(
                    ReconciliationItem.source_type == source_type,
                    ReconciliationItem.source_id.in_(portion),
                    ReconciliationItem.part == 0,
                )
            )
            known.update((t, i, str(place)) for t, i, place in rows)
    return [m for m in movements if (m.source_type, m.source_id, str(m.place)) not in known]


def _item(
    court_id: int, new: Movement, owners: _Owners, opens_on: date, now: datetime
) -> dict[str, Any]:
    return {
        "court_id": court_id,
        "place": new.place,
        "book": new.book,
        "source_type": new.source_type,
        "source_id": new.source_id,
        "part": 0,
        "parent_id": None,
        "amount_minor": new.amount_minor,
        "currency": new.currency,
        "dated_on": new.dated_on,
        "day": max(new.dated_on, opens_on),
        "case_id": new.case_id,
        "opened_at": now,
        "status": ItemStatus.OPEN,
        "decision_id": None,
        "reason": None,
        "proposals": [],
        "owner_id": owners.owner_of(new),
        "by_hand": False,
        "carried_for": None,
        "carried_text": "",
        "carried_by": None,
    }


class _Owners:
    """Who answers for a movement until it is settled: who took in its statement, or the desk."""

    def __init__(self, court_id: int, started_by: int | None) -> None:
        self.desk = finance_people(court_id)
        if not self.desk:
            raise DomainError("no-owner", _l("本院没有在岗的财务人员，无法指定经办人，不能核对。"))
        self.default = started_by if started_by in self.desk else self.desk[0]
        self._importers: dict[int, int] = {}

    def owner_of(self, new: Movement) -> int:
        """The person's id."""
        if new.source_type != BankLine.__tablename__:
            return self.default
        if new.source_id not in self._importers:
            self._read_importers(new.source_id)
        importer = self._importers.get(new.source_id, self.default)
        return importer if importer in self.desk else self.default

    def _read_importers(self, line_id: int) -> None:
        """Of a whole statement at once: its lines come together."""
        statement_id = select(BankLine.statement_id).where(BankLine.id == line_id)
        rows = db.session.execute(
            select(BankLine.id, BankStatement.imported_by)
            .join(BankStatement, BankStatement.id == BankLine.statement_id)
            .where(BankStatement.id == statement_id.scalar_subquery())
        )
        self._importers.update((found, importer) for found, importer in rows)


def finance_people(court_id: int) -> list[int]:
    """The court's finance staff who are in service, by id."""
    return list(
        db.session.scalars(
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .where(
                User.court_id == court_id, User.is_active.is_(True), UserRole.role == Role.FINANCE
            )
            .order_by(User.id)
        )
    )
