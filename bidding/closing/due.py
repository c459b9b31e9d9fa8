"""What time alone brings to a sale, its opening and its end: found here, decided by the intake."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from sqlalchemy import and_, or_, select

from auction.core.db import db, forget_reads
from auction.core.log import get_logger
from bidding.closing.together import tick_together
from bidding.engine import Status
from bidding.room.batch import PATIENCE
from bidding.room.intake import ANSWER_TIMEOUT, Intake
from bidding.room.models import SaleHead
from bidding.room.requests import Kind

MOST_AT_A_TIME = 10_000
TOGETHER = 100
"""Sales in one transaction. On SQLite nobody else writes meanwhile, so it must be short."""

AT_ONCE = 32
"""Sales that wait for their own queue at the same time, and the most that are worth waiting for."""

log = get_logger()


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
        .limit(MOST_AT_A_TIME)
    )
    found = list(rows)
    forget_reads()
    return found


def tick_due_sales() -> int:
    """Let time pass in every due sale; how many there were.

    Whoever else does the same at the same time finds nothing left to do under the head's lock.
    """
    intake: Intake = current_app.extensions["luochui.intake"]
    if not intake.may_let_time_pass:
        return 0
    due = find_due_sales(intake.clock.now())
    idle = [sale_id for sale_id in due if intake.queue_of(sale_id).is_idle]
    held: list[int] = []
    for start in range(0, len(idle), TOGETHER):
        held += _tick_together(intake, idle[start : start + TOGETHER])
    # What waits in this process goes first: such a sale is ticked through its queue, and so are a
    # few that somebody else holds, for bids are being decided in them. Many held ones are another
    # worker's, who is ending them right now; what is left of them is due again in a moment.
    queued = sorted(set(due) - set(idle))
    _tick_each(intake, queued + (held if len(held) <= AT_ONCE else []))
    return len(due)


def _tick_together(intake: Intake, sale_ids: Sequence[int]) -> list[int]:
    """In one transaction; if one of them spoils it, each in its own. Returns what others hold."""
    try:
        return tick_together(intake, sale_ids)
    except Exception:  # one sale's fault must not hold up the others
        log.exception("sales not ticked together", sales=len(sale_ids))
    _tick_each(intake, sale_ids)
    return []


def _tick_each(intake: Intake, sale_ids: Sequence[int]) -> None:
    for start in range(0, len(sale_ids), AT_ONCE):
        _tick(intake, sale_ids[start : start + AT_ONCE])


def _tick(intake: Intake, sale_ids: Sequence[int]) -> None:
    answered = threading.Semaphore(0)
    for sale_id in sale_ids:
        intake.put(sale_id, Kind.TICK, lambda _answer: answered.release())
    for _sale_id in sale_ids:
        answered.acquire(timeout=ANSWER_TIMEOUT)
