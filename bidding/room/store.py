"""The intake's statements: plain SQL on one connection, on the path of every bid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from auction.sales.models import Lot, Sale
from bidding import engine
from bidding.engine import Bidder, Refusal, SaleState, SaleTerms
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.answers import Receipt
from bidding.room.bulk import insert_rows
from bidding.room.models import Bid, SaleHead, SaleRequest
from bidding.room.snapshot import PublicBid, recorded_status
from bidding.room.terms import read_state, terms_of, write_state

_head: Any = SaleHead.__table__
_bid: Any = Bid.__table__
_request: Any = SaleRequest.__table__
_sale: Any = Sale.__table__
_lot: Any = Lot.__table__
_enrolment: Any = Enrolment.__table__


@dataclass(frozen=True, slots=True)
class Loaded:
    """What this process knows of a sale at one version of its head."""

    sale_id: int
    lot_number: str
    terms: SaleTerms
    roster: dict[str, Bidder]
    codes: dict[int, str]
    """Bidder codes by user; only here do the two stand side by side."""
    state: SaleState
    version: int
    roster_version: int


def lock_head(connection: Connection, sale_id: int) -> tuple[int, int] | None:
    """Take the sale's place in the queue of processes; its (version, roster version)."""
    row = connection.execute(
        select(_head.c.version, _head.c.roster_version)
        .where(_head.c.sale_id == sale_id)
        .with_for_update()
    ).one_or_none()
    return None if row is None else (row.version, row.roster_version)


def load(
    connection: Connection, sale_id: int, versions: tuple[int, int], known: Loaded | None
) -> Loaded:
    """Read again what another process has moved since; the caller holds the head's lock."""
    version, roster_version = versions
    if known is not None and known.version == version:
        return known
    sealed, lot_number = connection.execute(
        select(_head.c.state, _head.c.lot_number).where(_head.c.sale_id == sale_id)
    ).one()
    if known is not None and known.roster_version == roster_version:
        terms, roster, codes = known.terms, known.roster, known.codes
    else:
        terms = load_terms(connection, sale_id)
        roster, codes = load_roster(connection, sale_id)
    return Loaded(
        sale_id, lot_number, terms, roster, codes, read_state(sealed), version, roster_version
    )


def load_terms(connection: Connection, sale_id: int) -> SaleTerms:
    """The terms as published."""
    return terms_of(connection.execute(select(_sale).where(_sale.c.id == sale_id)).one())


def load_roster(connection: Connection, sale_id: int) -> tuple[dict[str, Bidder], dict[int, str]]:
    """The active enrolments: bidders by code, and codes by user."""
    rows = connection.execute(
        select(
            _enrolment.c.code,
            _enrolment.c.user_id,
            _enrolment.c.priority_rank,
            _enrolment.c.is_barred,
        ).where(_enrolment.c.sale_id == sale_id, _enrolment.c.status == EnrolmentStatus.ACTIVE)
    ).all()
    roster = {row.code: Bidder(row.code, row.priority_rank, row.is_barred) for row in rows}
    return roster, {row.user_id: row.code for row in rows}


def load_answers(
    connection: Connection, sale_id: int, places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], engine.Answer]:
    """What was answered before to these (bidder code, key) pairs."""
    wanted = set(places)
    if not wanted:
        return {}
    keys = sorted({key for _code, key in wanted})
    rows = connection.execute(
        select(
            _request.c.code, _request.c.key, _request.c.amount, _request.c.reason, _request.c.seq
        ).where(_request.c.sale_id == sale_id, _request.c.key.in_(keys))
    )
    return {
        (row.code, row.key): engine.Answer(
            row.amount, None if row.reason is None else Refusal(row.reason), row.seq
        )
        for row in rows
        if (row.code, row.key) in wanted
    }


def load_receipts(connection: Connection, sale_id: int, seqs: Iterable[int]) -> dict[int, Receipt]:
    """The receipts of bids accepted earlier."""
    wanted = list(seqs)
    if not wanted:
        return {}
    rows = connection.execute(
        select(_bid.c.seq, _bid.c.at, _bid.c.code, _bid.c.amount_minor, _bid.c.closes_at).where(
            _bid.c.sale_id == sale_id, _bid.c.seq.in_(wanted)
        )
    )
    return {
        row.seq: Receipt(row.seq, row.at, row.code, row.amount_minor, row.closes_at) for row in rows
    }


def load_bids(
    connection: Connection, sale_id: int, after: int = 0, limit: int = 10_000
) -> list[PublicBid]:
    """The public bid list from `after` on."""
    rows = connection.execute(
        select(_bid)
        .where(_bid.c.sale_id == sale_id, _bid.c.seq > after)
        .order_by(_bid.c.seq)
        .limit(limit)
    )
    return [
        PublicBid(
            row.seq,
            row.at,
            row.code,
            row.amount_minor,
            row.is_auto,
            row.is_match,
            row.has_extended,
            row.closes_at,
        )
        for row in rows
    ]


def write_bids(connection: Connection, sale_id: int, bids: Sequence[PublicBid]) -> None:
    """Append accepted bids."""
    rows = [
        {
            "sale_id": sale_id,
            "seq": bid.seq,
            "at": bid.at,
            "code": bid.code,
            "amount_minor": bid.amount,
            "is_auto": bid.auto,
            "is_match": bid.match,
            "has_extended": bid.extended,
            "closes_at": bid.closes_at,
        }
        for bid in bids
    ]
    insert_rows(connection, _bid, rows)


def write_requests(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append what was decided."""
    insert_rows(connection, _request, rows)


def write_head(
    connection: Connection, loaded: Loaded, state: SaleState, now: datetime, ground: str | None
) -> None:
    """Move the head to `state`; refuses if the version moved though the row was locked."""
    status = recorded_status(state, now)
    withdrawn = state.withdrawn_at is not None
    ended_at = state.withdrawn_at or (state.closes_at if state.ended else None)
    moved = connection.execute(
        update(_head)
        .where(_head.c.sale_id == loaded.sale_id, _head.c.version == loaded.version)
        .values(
            status=str(status),
            price_minor=None if withdrawn else state.price,
            leader=None if withdrawn else state.leader,
            seq=state.seq,
            opens_at=state.opens_at,
            closes_at=state.closes_at,
            ended_at=ended_at,
            version=loaded.version + 1,
            state=write_state(state),
            **({} if ground is None else {"ground": ground}),
        )
    )
    if moved.rowcount != 1:
        raise RuntimeError("the head moved under its lock")


def insert_head(
    connection: Connection, sale: Any, lot_number: str, state: SaleState, now: datetime
) -> None:
    """The first head of a sale."""
    connection.execute(
        insert(_head).values(
            sale_id=sale.id,
            lot_number=lot_number,
            status=str(recorded_status(state, now)),
            seq=0,
            bidder_count=0,
            opens_at=state.opens_at,
            closes_at=state.closes_at,
            version=0,
            roster_version=0,
            state=write_state(state),
        )
    )


def find_current_sale(connection: Connection, lot_number: str) -> int | None:
    """The newest sale of the lot that has a room."""
    return connection.execute(
        select(_head.c.sale_id)
        .where(_head.c.lot_number == lot_number)
        .order_by(_head.c.sale_id.desc())
        .limit(1)
    ).scalar_one_or_none()
