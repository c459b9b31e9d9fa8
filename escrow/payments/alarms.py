"""What about money a person must look at is a row, and a line in the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.log import get_logger
from escrow.payments.models import MoneyAlarm

log = get_logger()


def raise_alarm(
    code: str, subject: str, *, court_id: int | None, at: datetime, **detail: Any
) -> MoneyAlarm:
    """Write the alarm down, once for each code and subject."""
    known = db.session.scalar(
        select(MoneyAlarm).where(MoneyAlarm.code == code, MoneyAlarm.subject == subject)
    )
    if known is not None:
        return known
    row = MoneyAlarm(code=code, subject=subject, court_id=court_id, detail=detail, raised_at=at)
    db.session.add(row)
    db.session.flush()
    log.error("money alarm", code=code, subject=subject)
    return row


def settle_alarm(alarm_id: int, *, actor_id: int, explanation: str, at: datetime) -> MoneyAlarm:
    """A person has looked at it and says what it was."""
    row = db.session.get(MoneyAlarm, alarm_id, with_for_update=True, populate_existing=True)
    assert row is not None, "alarms are never deleted"
    row.settled_at, row.settled_by, row.explanation = at, actor_id, explanation
    record("settle-alarm", row, actor_id=actor_id, at=at)
    return row


def list_alarms(court_id: int) -> list[MoneyAlarm]:
    """The court's open alarms, oldest first."""
    return list(
        db.session.scalars(
            select(MoneyAlarm)
            .where(MoneyAlarm.court_id == court_id, MoneyAlarm.settled_at.is_(None))
            .order_by(MoneyAlarm.raised_at, MoneyAlarm.id)
        )
    )
