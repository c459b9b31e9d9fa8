"""What follows from an act of the court or from the end, in the transaction that recorded it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from auction.core.audit import record
from auction.core.clock import iso
from auction.core.db import db
from auction.core.outbox import enqueue
from auction.sales.models import Sale
from auction.sales.outcome import record_result, record_withdrawal
from bidding.closing.messages import has_effect, tell_enrolled
from bidding.engine import Status
from bidding.room.requests import Kind, Waiting

if TYPE_CHECKING:
    from bidding.room.batch import Turn
    from bidding.room.snapshot import Snapshot


def record_acts(turn: Turn, now: datetime) -> None:
    """Write who halted, resumed or withdrew the sale and why (INV-13), and tell all enrolled.

    Then its end, if it came.
    """
    if turn.snapshot is None:
        return
    sale = db.session.get(Sale, turn.snapshot.sale_id)
    if sale is None:
        raise LookupError("a head without a sale")
    for act in turn.accepted:
        is_news = has_effect(act, sale)
        record(
            f"{act.kind}-sale",
            sale,
            actor_id=act.actor_id,
            at=act.at,
            detail={"ground": act.ground} if act.ground else {},
        )
        if is_news:
            tell_enrolled(sale, turn.snapshot, act, now)
    if turn.ended:
        record_end(sale, turn.snapshot, turn.accepted, now)


def record_end(sale: Sale, snapshot: Snapshot, acts: list[Waiting], now: datetime) -> None:
    """The sale's result is fixed, and whoever waits for it hears by the outbox.

    Sold at the standing price to the leader, who outbid nobody if alone (CN16-11); otherwise
    unsold (CN16-26.1); or withdrawn (CN20A-17.1).
    """
    ended_at = snapshot.closes_at
    if snapshot.status is Status.WITHDRAWN:
        act = next(act for act in reversed(acts) if act.kind is Kind.WITHDRAW)
        ended_at = act.at
        record_withdrawal(sale, actor_id=act.actor_id, at=act.at, ground=act.ground)
    else:
        sold = snapshot.status is Status.SOLD
        record_result(sale, sold=sold, hammer_price_minor=snapshot.price, ended_at=ended_at, at=now)
    enqueue(
        "sale_closed",
        f"sale_closed:{sale.id}",
        {
            "sale_id": sale.id,
            "status": str(snapshot.status),
            "price_minor": snapshot.price,
            "leader": snapshot.leader,
            "ended_at": iso(ended_at),
        },
        now=now,
    )
