"""The first and the last checkpoint of a log are stamped by an authority outside the court."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from auction.core.db import db, transaction
from auction.core.outbox import Task, handles
from bidding.evidence.keeper import LogKeeper
from bidding.evidence.queries import load_size
from bidding.evidence.stamps import StampKind, request_stamp, stamp_authority
from bidding.room.opening import open_room


@handles("sale_published")
def stamp_genesis(task: Task) -> None:
    """The terms were fixed by then."""
    sale_id = int(task.payload["sale_id"])
    open_room(sale_id)  # whoever hears of the publication first
    _stamp(sale_id, StampKind.GENESIS, task.now, size=1)


@handles("sale_closed")
def stamp_close(task: Task) -> None:
    """The outcome was fixed by then, and the sealed log with it."""
    _stamp(int(task.payload["sale_id"]), StampKind.CLOSE, task.now)


def _stamp(sale_id: int, kind: StampKind, now: datetime, size: int | None = None) -> None:
    if stamp_authority() is None:
        return
    keeper: LogKeeper = current_app.extensions["luochui.evidence"]
    with db.engine.connect() as connection:
        newest = load_size(connection, sale_id)
        if newest is None:
            raise LookupError(f"sale {sale_id} has no log yet")
        note = keeper.checkpoint(connection, sale_id, size or newest)
    with transaction():
        request_stamp(sale_id, kind, note, now)
