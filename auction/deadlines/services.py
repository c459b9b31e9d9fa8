"""Start, meet and void the law's clocks; the caller's transaction carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from auction.core.db import db
from auction.deadlines.models import Deadline, DeadlineStatus


@dataclass(frozen=True)
class NewDeadline:
    """A clock to be started on `subject`, a flushed row that has none of this kind yet."""

    kind: str
    subject: Any
    rule_id: str
    court_id: int
    case_id: int
    owner_role: str
    due_at: datetime
    warn_at: datetime | None = None


def schedule_deadlines(clocks: Sequence[NewDeadline]) -> None:
    """Start clocks by the hundred, on rows that were written just now."""
    db.session.add_all(
        Deadline(
            kind=clock.kind,
            rule_id=clock.rule_id,
            court_id=clock.court_id,
            case_id=clock.case_id,
            subject_type=clock.subject.__tablename__,
            subject_id=clock.subject.id,
            owner_role=clock.owner_role,
            status=DeadlineStatus.OPEN,
            due_at=clock.due_at,
            warn_at=clock.warn_at,
        )
        for clock in clocks
    )


def schedule_deadline(
    kind: str,
    subject: Any,
    *,
    rule_id: str,
    court_id: int,
    case_id: int,
    owner_role: str,
    due_at: datetime,
    warn_at: datetime | None = None,
) -> Deadline:
    """Start a clock on `subject` (a flushed row); starting it again moves nothing."""
    known = _find(kind, subject)
    if known is not None:
        return known
    row = Deadline(
        kind=kind,
        rule_id=rule_id,
        court_id=court_id,
        case_id=case_id,
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        owner_role=owner_role,
        status=DeadlineStatus.OPEN,
        due_at=due_at,
        warn_at=warn_at,
    )
    db.session.add(row)
    return row


def meet_deadline(kind: str, subject: Any, *, at: datetime) -> None:
    """Record that what was due has happened, if such a clock runs."""
    _settle(kind, subject, DeadlineStatus.MET, at)


def meet_deadlines(kind: str, subjects: Sequence[Any], *, at: datetime) -> None:
    """The same for many rows of one table, in one statement."""
    if not subjects:
        return
    db.session.flush()
    db.session.execute(
        update(Deadline)
        .where(
            Deadline.kind == kind,
            Deadline.subject_type == subjects[0].__tablename__,
            Deadline.subject_id.in_([subject.id for subject in subjects]),
            Deadline.status == DeadlineStatus.OPEN,
        )
        .values(status=DeadlineStatus.MET, settled_at=at)
        .execution_options(synchronize_session="fetch")
    )


def void_deadline(kind: str, subject: Any, *, at: datetime) -> None:
    """Record that the duty fell away."""
    _settle(kind, subject, DeadlineStatus.VOID, at)


def reopen_deadline(kind: str, subject: Any) -> None:
    """What had happened came undone: the duty stands again, with its old moment."""
    row = _find(kind, subject)
    if row is not None:
        row.status = DeadlineStatus.OPEN
        row.settled_at = None


def _settle(kind: str, subject: Any, status: DeadlineStatus, at: datetime) -> None:
    row = _find(kind, subject)
    if row is not None and row.status is DeadlineStatus.OPEN:
        row.status = status
        row.settled_at = at


def _find(kind: str, subject: Any) -> Deadline | None:
    return db.session.scalar(
        select(Deadline).where(
            Deadline.kind == kind,
            Deadline.subject_type == subject.__tablename__,
            Deadline.subject_id == subject.id,
        )
    )
