"""What time alone brings to a sale, its opening and its end: found here, decided by the intake."""

from __future__ import annotations

import threading
from datetime import datetime

from flask import current_app
from sqlalchemy import and_, or_, select

from auction.core.db import db, forget_reads
from bidding.engine import Status
from bidding.room.batch import PATIENCE
from bidding.room.intake import ANSWER_TIMEOUT, Intake
from bidding.room.models import SaleHead
from bidding.room.requests import Kind

AT_ONCE = 32


def find_due_sales(now: datetime) -> list[int]:
    """Sales to be opened, and sales closed long enough that nothing in time can still arrive."""
    rows = db.session.scalars(
        select(SaleHead.sale_id)
        .where(
            or_(
                and_(SaleHead.status == str(Status.SCHEDULED), SaleHead.opens_at <= now),
                and_(
                    SaleHead.status.in_([str(Status.SCHEDULED), str(Status.OPEN)]),
                    SaleHead.closes_at <= now - PATIENCE,
                ),
            )
        )
        .order_by(SaleHead.closes_at)
        .limit(1000)
    )
    found = list(rows)
    forget_reads()
    return found


def tick_due_sales() -> int:
    """Put the passing of time into the queue of every due sale; how many were answered.

    Whoever else does the same at the same time finds nothing left to do under the head's lock.
    """
    intake: Intake = current_app.extensions["luochui.intake"]
    due = find_due_sales(intake.clock.now())
    for start in range(0, len(due), AT_ONCE):
        _tick(intake, due[start : start + AT_ONCE])
    return len(due)


def _tick(intake: Intake, sale_ids: list[int]) -> None:
    answered = threading.Semaphore(0)
    for sale_id in sale_ids:
        intake.put(sale_id, Kind.TICK, lambda _answer: answered.release())
    for _sale_id in sale_ids:
        answered.acquire(timeout=ANSWER_TIMEOUT)
