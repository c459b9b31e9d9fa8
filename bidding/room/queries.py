"""What pages and programs read of a sale's live side; nothing here decides anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app
from sqlalchemy import Connection, select

from auction.core.db import db
from auction.sales.models import Sale
from bidding.engine import Bidder, Status, outranks
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.evidence.keeper import LogKeeper
from bidding.room import store
from bidding.room.models import SaleHead
from bidding.room.snapshot import PublicBid, Snapshot, show_bid, show_state

_head: Any = SaleHead.__table__
_sale: Any = Sale.__table__


def load_snapshots(connection: Connection, sale_ids: list[int]) -> dict[int, Snapshot]:
    """The public state of several sales, by sale."""
    rows = connection.execute(
        select(
            _head.c.sale_id,
            _head.c.lot_number,
            _head.c.version,
            _head.c.status,
            _head.c.price_minor,
            _head.c.leader,
            _head.c.seq,
            _head.c.opens_at,
            _head.c.closes_at,
            _head.c.log_size,
            _sale.c.start_price_minor,
            _sale.c.increment_minor,
        )
        .join(_sale, _sale.c.id == _head.c.sale_id)
        .where(_head.c.sale_id.in_(sale_ids))
    )
    return {
        row.sale_id: Snapshot(
            sale_id=row.sale_id,
            lot_number=row.lot_number,
            version=row.version,
            status=Status(row.status),
            price=row.price_minor,
            leader=row.leader,
            seq=row.seq,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            start_price=row.start_price_minor,
            increment=row.increment_minor,
            log_size=row.log_size,
        )
        for row in rows
    }


def load_snapshot(sale_id: int) -> Snapshot | None:
    """The public state of one sale as committed and signed; None before publication."""
    with db.engine.connect() as connection:
        snapshot = load_snapshots(connection, [sale_id]).get(sale_id)
        return None if snapshot is None else certify(connection, snapshot)


def certify(connection: Connection, snapshot: Snapshot) -> Snapshot:
    """The same with the signed checkpoint of its log."""
    if snapshot.checkpoint:
        return snapshot
    keeper: LogKeeper = current_app.extensions["luochui.evidence"]
    note = keeper.checkpoint(connection, snapshot.sale_id, snapshot.log_size)
    return replace(snapshot, checkpoint=note)


def minimum_for_user(snapshot: Snapshot, user_id: int | None) -> int | None:
    """What this person would have to bid now: the standing price with a higher rank (CN16-21)."""
    if user_id is None or snapshot.leader is None or snapshot.is_final:
        return snapshot.minimum
    with db.engine.connect() as connection:
        ranks = connection.execute(
            select(Enrolment.user_id, Enrolment.code, Enrolment.priority_rank).where(
                Enrolment.sale_id == snapshot.sale_id,
                Enrolment.status == EnrolmentStatus.ACTIVE,
                (Enrolment.user_id == user_id) | (Enrolment.code == snapshot.leader),
            )
        ).all()
    own = next((Bidder(r.code, r.priority_rank) for r in ranks if r.user_id == user_id), None)
    leader = next(
        (Bidder(r.code, r.priority_rank) for r in ranks if r.code == snapshot.leader), None
    )
    if own is not None and own != leader and outranks(own, leader):
        return snapshot.price
    return snapshot.minimum


def public_state(sale: Sale | int, user_id: int | None = None) -> dict[str, Any] | None:
    """The `state` block of a sale (interfaces.md); `minimum` is this person's, if named."""
    snapshot = load_snapshot(sale if isinstance(sale, int) else sale.id)
    if snapshot is None:
        return None
    now = current_app.extensions["luochui.clock"].now()
    return show_state(snapshot, now, minimum_for_user(snapshot, user_id))


def load_bids(sale: Sale | int, after: int = 0, limit: int = 10_000) -> list[PublicBid]:
    """The accepted bids after `after`, in order."""
    with db.engine.connect() as connection:
        return store.load_bids(connection, sale if isinstance(sale, int) else sale.id, after, limit)


def bids_after(sale: Sale | int, seq: int = 0) -> list[dict[str, Any]]:
    """The public bid list after `seq`, as frames and the API show it."""
    return [show_bid(bid) for bid in load_bids(sale, seq)]


def load_rule_pack_name(sale_id: int) -> str:
    """Name of the rule pack a sale is held under."""
    with db.engine.connect() as connection:
        return str(
            connection.execute(select(_sale.c.rule_pack).where(_sale.c.id == sale_id)).scalar_one()
        )
