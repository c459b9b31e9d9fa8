"""The intake's statements: plain SQL on one connection, on the path of every bid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from auction.core.bulk import insert_rows
from auction.sales.models import Lot, Sale
from auction.sales.rulepacks import load_rule_pack
from bidding import engine
from bidding.engine import Bidder, Refusal, SaleState, SaleTerms
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.evidence.journal import LogPosition
from bidding.evidence.merkle import Frontier
from bidding.evidence.models import LogEntry, LogRoot, SaleLog, SealedEntry
from bidding.evidence.sealing import SealedReceipt
from bidding.room.answers import Receipt
from bidding.room.models import Bid, SaleHead, SaleRequest
from bidding.room.snapshot import PublicBid, recorded_status
from bidding.room.terms import read_state, terms_of, write_state

_head: Any = SaleHead.__table__
_bid: Any = Bid.__table__
_request: Any = SaleRequest.__table__
_log: Any = SaleLog.__table__
_entry: Any = LogEntry.__table__
_root: Any = LogRoot.__table__
_sealed: Any = SealedEntry.__table__
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
    log: LogPosition
    outsize_steps: int
    outsize_bps: int
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
    head = connection.execute(_select_heads().where(_head.c.sale_id == sale_id)).one()
    if known is not None and known.roster_version == roster_version:
        return _read_head(head, known.terms, known.roster, known.codes)
    roster, codes = load_roster(connection, sale_id)
    return _read_head(head, load_terms(connection, sale_id), roster, codes)


def load_many(connection: Connection, sale_ids: Iterable[int]) -> list[Loaded]:
    """All of these sales in three statements, by number; the caller holds their heads' locks."""
    wanted = list(sale_ids)
    rosters = load_rosters(connection, wanted)
    sales = connection.execute(select(_sale).where(_sale.c.id.in_(wanted)))
    terms = {sale.id: terms_of(sale) for sale in sales}
    heads = connection.execute(
        _select_heads().where(_head.c.sale_id.in_(wanted)).order_by(_head.c.sale_id)
    )
    return [_read_head(head, terms[head.sale_id], *rosters[head.sale_id]) for head in heads]


def _select_heads() -> Select[Any]:
    """All of a head that a turn goes on from, and what of its sale it needs."""
    return (
        select(
            _head.c.sale_id,
            _head.c.state,
            _head.c.lot_number,
            _head.c.version,
            _head.c.roster_version,
            _head.c.log_size,
            _head.c.log_at,
            _head.c.log_frontier,
            _head.c.sealed_size,
            _head.c.sealed_frontier,
            _sale.c.number,
            _sale.c.rule_pack,
            _log.c.codes,
        )
        .join(_sale, _sale.c.id == _head.c.sale_id)
        .join(_log, _log.c.sale_id == _head.c.sale_id)
    )


def _read_head(
    head: Any, terms: SaleTerms, roster: dict[str, Bidder], codes: dict[int, str]
) -> Loaded:
    position = LogPosition(
        head.number,
        Frontier.from_bytes(head.log_size, bytes(head.log_frontier)),
        Frontier.from_bytes(head.sealed_size, bytes(head.sealed_frontier)),
        head.log_at,
        {code: (rank, barred) for code, (rank, barred) in head.codes.items()},
    )
    pack = load_rule_pack(head.rule_pack)
    return Loaded(
        sale_id=head.sale_id,
        lot_number=head.lot_number,
        terms=terms,
        roster=roster,
        codes=codes,
        state=read_state(head.state),
        log=position,
        outsize_steps=pack.outsize_raise_steps,
        outsize_bps=pack.outsize_raise_bps,
        version=head.version,
        roster_version=head.roster_version,
    )


def load_terms(connection: Connection, sale_id: int) -> SaleTerms:
    """The terms as published."""
    return terms_of(connection.execute(select(_sale).where(_sale.c.id == sale_id)).one())


def load_roster(connection: Connection, sale_id: int) -> tuple[dict[str, Bidder], dict[int, str]]:
    """The active enrolments: bidders by code, and codes by user."""
    return load_rosters(connection, [sale_id])[sale_id]


def load_rosters(
    connection: Connection, sale_ids: Iterable[int]
) -> dict[int, tuple[dict[str, Bidder], dict[int, str]]]:
    """The same of many sales."""
    rosters: dict[int, tuple[dict[str, Bidder], dict[int, str]]] = {
        sale_id: ({}, {}) for sale_id in sale_ids
    }
    rows = connection.execute(
        select(
            _enrolment.c.sale_id,
            _enrolment.c.code,
            _enrolment.c.user_id,
            _enrolment.c.priority_rank,
            _enrolment.c.is_barred,
        ).where(
            _enrolment.c.sale_id.in_(list(rosters)), _enrolment.c.status == EnrolmentStatus.ACTIVE
        )
    )
    for row in rows:
        roster, codes = rosters[row.sale_id]
        roster[row.code] = Bidder(row.code, row.priority_rank, row.is_barred)
        codes[row.user_id] = row.code
    return rosters


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
    """The receipts of bids accepted earlier, as they were given: for the log of their commit."""
    wanted = list(seqs)
    if not wanted:
        return {}
    first_root = (
        select(func.min(_root.c.size))
        .where(_root.c.sale_id == sale_id, _root.c.size > _bid.c.log_n)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            _bid.c.seq,
            _bid.c.at,
            _bid.c.code,
            _bid.c.amount_minor,
            _bid.c.closes_at,
            _bid.c.log_n,
            first_root.label("size"),
            _entry.c.line,
        )
        .join(_entry, (_entry.c.sale_id == sale_id) & (_entry.c.n == _bid.c.log_n))
        .where(_bid.c.sale_id == sale_id, _bid.c.seq.in_(wanted))
    )
    return {
        row.seq: Receipt(
            row.seq,
            row.at,
            row.code,
            row.amount_minor,
            row.closes_at,
            n=row.log_n,
            size=row.size,
            entry=row.line,
        )
        for row in rows
    }


def load_sealed(
    connection: Connection, sale_id: int, places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], SealedReceipt]:
    """The receipts of bids refused earlier, by bidder code and key; none for what was erased."""
    wanted = set(places)
    if not wanted:
        return {}
    rows = connection.execute(
        select(_request.c.code, _request.c.key, _sealed.c.line, _sealed.c.salt)
        .join(_sealed, (_sealed.c.sale_id == sale_id) & (_sealed.c.n == _request.c.sealed_n))
        .where(_request.c.sale_id == sale_id, _request.c.key.in_(sorted({k for _, k in wanted})))
    )
    return {
        (row.code, row.key): SealedReceipt(row.line, bytes(row.salt))
        for row in rows
        if (row.code, row.key) in wanted and row.salt is not None
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


def write_bids(
    connection: Connection,
    sale_id: int,
    bids: Sequence[PublicBid],
    places: Mapping[int, tuple[int, str]],
) -> None:
    """Append accepted bids, each with the place of its entry in the log."""
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
            "log_n": places[bid.seq][0],
        }
        for bid in bids
    ]
    insert_rows(connection, _bid, rows)


def write_requests(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append what was decided."""
    insert_rows(connection, _request, rows)


def write_head(
    connection: Connection,
    loaded: Loaded,
    state: SaleState,
    position: LogPosition,
    now: datetime,
    ground: str | None,
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
            log_size=position.public.size,
            log_at=position.last_at,
            log_frontier=position.public.to_bytes(),
            sealed_size=position.sealed.size,
            sealed_frontier=position.sealed.to_bytes(),
            **({} if ground is None else {"ground": ground}),
        )
    )
    if moved.rowcount != 1:
        raise RuntimeError("the head moved under its lock")


def insert_head(
    connection: Connection,
    sale: Any,
    lot_number: str,
    state: SaleState,
    log: Frontier,
    now: datetime,
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
            log_size=log.size,
            log_at=min(now, state.opens_at),
            log_frontier=log.to_bytes(),
            sealed_size=0,
            sealed_frontier=b"",
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
