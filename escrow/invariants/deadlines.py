"""INV-11: a clock of the law has an owner and a warning before it strikes, and is settled once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.db import db
from auction.deadlines.models import Deadline, DeadlineStatus
from escrow.ledger import Fault


def check_deadlines(now: datetime) -> list[Fault]:
    """Look at every clock that is about money."""
    faults = []
    for row in db.session.scalars(select(Deadline)):
        name = f"deadline {row.id} ({row.kind})"
        is_open = row.status is DeadlineStatus.OPEN
        if is_open is (row.settled_at is not None):
            faults.append(Fault("deadline-state", name, f"{row.status}, settled {row.settled_at}"))
        if row.settled_at is not None and row.settled_at > now:
            faults.append(Fault("deadline-ahead", name, f"settled {row.settled_at}"))
        if not row.owner_role:
            faults.append(Fault("deadline-ownerless", name, "nobody's job"))
        if row.warn_at is not None and row.warn_at >= row.due_at:
            faults.append(Fault("deadline-warns-late", name, f"{row.warn_at} of {row.due_at}"))
    return faults
