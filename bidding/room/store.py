"""The intake's statements: plain SQL on one connection, on the path of every bid."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from auction.core.bulk import Prepared, Rows, write_array
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

_OF_SALE = frozenset(
    {
        *("number", "rule_pack", "stage", "currency", "start_price_minor", "increment_minor"),
        *("opens_at", "closes_at", "extension_window_seconds", "extension_seconds"),
        *("countdown_seconds", "leader_raises", "instructions"),
    }
)

_MOVED = (
    *("status", "price_minor", "leader", "seq", "opens_at", "closes_at", "ended_at", "version"),
    *("state", "log_size", "log_at", "log_frontier", "sealed_size", "sealed_frontier"),
)

_MOVE_HEAD = Prepared(
    update(_head)
    .where(_head.c.sale_id == bindparam("sale"), _head.c.version == bindparam("known"))
    .values(
        ground=func.coalesce(bindparam("ground", type_=_head.c.ground.type), _head.c.ground),
        **{name: bindparam(f"to_{name}", type_=_head.c[name].type) for name in _MOVED},
    )
)

_AMONG = {
    "postgresql": "r.key = ANY(%s::text[])",
    "sqlite": "r.key IN (SELECT value FROM json_each(?))",
}
_ANSWER = "r.code, r.key, r.amount, r.reason, r.seq"

_FIND_ANSWERS = {
    "postgresql": f"SELECT {_ANSWER} FROM sale_request r "  # noqa: S608  # our own words
    f"WHERE {_AMONG['postgresql']} AND r.sale_id = %s",
    "sqlite": f"SELECT {_ANSWER} FROM sale_request r "  # noqa: S608
    f"WHERE {_AMONG['sqlite']} AND r.sale_id = ?",
}
_LOCK_HEAD = {
    "postgresql": f"SELECT h.version, h.roster_version, {_ANSWER} "  # noqa: S608
    "FROM sale_head h LEFT JOIN sale_request r "
    f"ON r.sale_id = h.sale_id AND {_AMONG['postgresql']} WHERE h.sale_id = %s FOR UPDATE OF h",
    "sqlite": f"SELECT h.version, h.roster_version, {_ANSWER} "  # noqa: S608
    "FROM sale_head h LEFT JOIN sale_request r "
    f"ON r.sale_id = h.sale_id AND {_AMONG['sqlite']} WHERE h.sale_id = ?",
}


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


@dataclass(frozen=True, slots=True)
class Locked:
    """What is read in the statement that takes a sale's lock."""

    version: int
    roster_version: int
    answers: engine.Answers
    """By bidder code and key, as they were when the statement began: if it had to wait, others may
    have been added, and then the version has moved too."""


def lock_head(connection: Connection, sale_id: int, keys: Collection[str] = ()) -> Locked | None:
    """Take the sale's place in the queue of processes, with what was answered to these keys."""
    dialect = connection.dialect.name
    rows = connection.exec_driver_sql(
        _LOCK_HEAD[dialect], (_write_texts(keys, dialect), sale_id)
    ).all()
    if not rows:
        return None
    version, roster_version, *_none = rows[0]
    return Locked(version, roster_version, _read_answers(row[2:] for row in rows))


def load(connection: Connection, sale_id: int, locked: Locked, known: Loaded | None) -> Loaded:
    """Read again what another process has moved since; the caller holds the head's lock."""
    if known is not None and known.version == locked.version:
        return known
    head = connection.execute(_ONE_HEAD, {"sale": sale_id}).one()
    if known is not None and known.roster_version == locked.roster_version:
        return _read_head(head, known.roster, known.codes)
    return _read_head(head, *load_roster(connection, sale_id))


def load_many(connection: Connection, sale_ids: Iterable[int]) -> list[Loaded]:
    """All of these sales in two statements, by number; the caller holds their heads' locks."""
    wanted = list(sale_ids)
    rosters = load_rosters(connection, wanted)
    heads = connection.execute(_MANY_HEADS, {"sales": wanted})
    return [_read_head(head, *rosters[head.sale_id]) for head in heads]


def _select_heads() -> Select[Any]:
    """All of a head that a turn goes on from, and its sale's terms."""
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
            _log.c.codes,
            *(column for column in _sale.c if column.name in _OF_SALE),
        )
        .join(_sale, _sale.c.id == _head.c.sale_id)
        .join(_log, _log.c.sale_id == _head.c.sale_id)
    )


_ONE_HEAD = _select_heads().where(_head.c.sale_id == bindparam("sale"))
_MANY_HEADS = (
    _select_heads()
    .where(_head.c.sale_id.in_(bindparam("sales", expanding=True)))
    .order_by(_head.c.sale_id)
)


def _read_head(head: Any, roster: dict[str, Bidder], codes: dict[int, str]) -> Loaded:
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
        terms=terms_of(head),
        roster=roster,
        codes=codes,
        state=read_state(head.state),
        log=position,
        outsize_steps=pack.outsize_raise_steps,
        outsize_bps=pack.outsize_raise_bps,
        version=head.version,
        roster_version=head.roster_version,
    )


def load_roster(connection: Connection, sale_id: int) -> tuple[dict[str, Bidder], dict[int, str]]:
    """The active enrolments: bidders by code, and codes by user."""
    return load_rosters(connection, [sale_id])[sale_id]


_ROSTERS = select(
    _enrolment.c.sale_id,
    _enrolment.c.code,
    _enrolment.c.user_id,
    _enrolment.c.priority_rank,
    _enrolment.c.is_barred,
).where(
    _enrolment.c.sale_id.in_(bindparam("sales", expanding=True)),
    _enrolment.c.status == EnrolmentStatus.ACTIVE,
)


def load_rosters(
    connection: Connection, sale_ids: Iterable[int]
) -> dict[int, tuple[dict[str, Bidder], dict[int, str]]]:
    """The same of many sales."""
    rosters: dict[int, tuple[dict[str, Bidder], dict[int, str]]] = {
        sale_id: ({}, {}) for sale_id in sale_ids
    }
    rows = connection.execute(_ROSTERS, {"sales": list(rosters)})
    for row in rows:
        roster, codes = rosters[row.sale_id]
        roster[row.code] = Bidder(row.code, row.priority_rank, row.is_barred)
        codes[row.user_id] = row.code
    return rosters


def load_answers(connection: Connection, sale_id: int, keys: Collection[str]) -> engine.Answers:
    """What was answered before to these keys, by bidder code and key."""
    if not keys:
        return {}
    dialect = connection.dialect.name
    rows = connection.exec_driver_sql(
        _FIND_ANSWERS[dialect], (_write_texts(keys, dialect), sale_id)
    )
    return _read_answers(tuple(row) for row in rows)


def _read_answers(rows: Iterable[tuple[Any, ...]]) -> engine.Answers:
    return {
        (code, key): engine.Answer(amount, None if reason is None else Refusal(reason), seq)
        for code, key, amount, reason, seq in rows
        if key is not None
    }


def _write_texts(texts: Collection[str], dialect: str) -> str:
    given = sorted(texts)
    return write_array(given) if dialect == "postgresql" else json.dumps(given)


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


def rows_of_bids(
    sale_id: int, bids: Sequence[PublicBid], places: Mapping[int, tuple[int, str]]
) -> tuple[Any, Rows]:
    """Accepted bids as rows, each with the place of its entry in the log."""
    return _bid, [
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


def rows_of_requests(rows: Rows) -> tuple[Any, Rows]:
    """What was decided, as rows of its table."""
    return _request, rows


def write_head(
    connection: Connection,
    loaded: Loaded,
    state: SaleState,
    position: LogPosition,
    now: datetime,
    ground: str | None,
    rows: Sequence[tuple[Any, Rows]] = (),
) -> None:
    """Move the head to `state`, with all the rows of its turn; refuses if it is not as known."""
    status = recorded_status(state, now)
    withdrawn = state.withdrawn_at is not None
    ended_at = state.withdrawn_at or (state.closes_at if state.ended else None)
    moved = _MOVE_HEAD.run(
        connection,
        rows,
        sale=loaded.sale_id,
        known=loaded.version,
        to_status=str(status),
        to_price_minor=None if withdrawn else state.price,
        to_leader=None if withdrawn else state.leader,
        to_seq=state.seq,
        to_opens_at=state.opens_at,
        to_closes_at=state.closes_at,
        to_ended_at=ended_at,
        to_version=loaded.version + 1,
        to_state=write_state(state),
        to_log_size=position.public.size,
        to_log_at=position.last_at,
        to_log_frontier=position.public.to_bytes(),
        to_sealed_size=position.sealed.size,
        to_sealed_frontier=position.sealed.to_bytes(),
        ground=ground,
    )
    if moved != 1:
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
