"""What must happen after a commit is a row written in that commit, worked off later by a worker.

A handler may run more than once and on any machine: it uses the row's `key` as its idempotency key.
Deadlines and timers are rows whose `run_at` lies ahead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, String, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, after_commit, db, transaction
from auction.core.log import get_logger

LEASE = timedelta(seconds=60)
MAX_BACKOFF = timedelta(minutes=15)

log = get_logger()


class OutboxRow(Model):
    """One thing to do, at or after `run_at`, until `done_at` is set."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "run_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class Task:
    """What a handler gets."""

    kind: str
    key: str
    payload: dict[str, Any]
    now: datetime


class PutOff(Exception):
    """Raised by a handler: not an error, but not yet; try again at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


Handler = Callable[[Task], None]
_handlers: dict[str, list[Handler]] = {}
_wake = threading.Event()


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register a function for rows of `kind`; several may listen, each must be idempotent."""

    def register(handler: Handler) -> Handler:
        listeners = _handlers.setdefault(kind, [])
        if handler not in listeners:
            listeners.append(handler)
        return handler

    return register


def enqueue(
    kind: str,
    key: str,
    payload: dict[str, Any],
    *,
    now: datetime,
    run_at: datetime | None = None,
) -> bool:
    """Write a row in the open transaction; the same `key` a second time changes nothing.

    Returns whether the row is new.
    """
    values = {
        "kind": kind,
        "key": key,
        "payload": payload,
        "created_at": now,
        "run_at": run_at or now,
        "attempts": 0,
    }
    insert = _insert_unless_known(db.engine.dialect.name)
    if db.session.connection().execute(insert, values).scalar_one_or_none() is None:
        return False
    after_commit(_wake.set)
    return True


def _insert_unless_known(dialect: str) -> Any:
    """One statement instead of a savepoint and three: ends are written by the thousand."""
    table: Any = OutboxRow.__table__
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)


def wait_for_work(seconds: float) -> None:
    """Sleep until something was enqueued in this process, at most `seconds`."""
    _wake.wait(seconds)
    _wake.clear()


def work_off(now: datetime, *, limit: int = 100) -> int:
    """Claim due rows and run their handlers; returns how many were finished.

    A handler's failure is recorded and the row is tried again later, ever more rarely.
    """
    finished = 0
    for row_id in _claim(now, limit):
        finished += _run(row_id, now)
    return finished


def _claim(now: datetime, limit: int) -> list[int]:
    with transaction() as session:
        due = (
            select(OutboxRow.id)
            .where(OutboxRow.done_at.is_(None), OutboxRow.run_at <= now)
            .where((OutboxRow.lease_until.is_(None)) | (OutboxRow.lease_until < now))
            .order_by(OutboxRow.run_at, OutboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list(session.scalars(due))
        if ids:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id.in_(ids))
                .values(lease_until=now + LEASE, attempts=OutboxRow.attempts + 1)
            )
    return ids


def _run(row_id: int, now: datetime) -> int:
    row = db.session.get(OutboxRow, row_id)
    if row is None or row.done_at is not None:
        return 0
    task = Task(row.kind, row.key, dict(row.payload), now)
    attempts = row.attempts
    db.session.remove()
    try:
        listeners = _handlers.get(task.kind)
        if not listeners:
            raise LookupError(f"nobody handles {task.kind}")
        _call_all(listeners, task)
    except PutOff as later:
        _settle(row_id, run_at=later.until, lease_until=None)
        return 0
    except Exception as error:  # a failing task must not stop the others; it is logged and kept
        db.session.remove()
        wait = min(timedelta(seconds=2 ** min(attempts, 12)), MAX_BACKOFF)
        log.exception("outbox task failed", kind=task.kind, key=task.key, attempts=attempts)
        _settle(row_id, run_at=now + wait, lease_until=None, last_error=repr(error)[:2000])
        return 0
    db.session.remove()
    _settle(row_id, done_at=now, lease_until=None, last_error=None)
    return 1


def _call_all(listeners: list[Handler], task: Task) -> None:
    """Let every listener act, even if one before it fails: none may keep another from its duty.

    The first failure is raised at the end, so that the row is tried again.
    """
    trouble: Exception | None = None
    for handler in listeners:
        try:
            handler(task)
        except Exception as error:  # noqa: BLE001  # raised below, after the others had their turn
            db.session.remove()
            if trouble is None or isinstance(trouble, PutOff):
                trouble = error
    if trouble is not None:
        raise trouble


def _settle(row_id: int, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))
