"""Witnesses outside the court countersign the bid logs while they grow (C2SP tlog-witness).

Each witness has a thread of its own, beside the worker and the bids: a witness that is slow, away
or hostile delays nothing but its own cosignatures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from flask import Flask
from sqlalchemy import Connection, ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.clock import Clock
from auction.core.config import Settings, WitnessAddress
from auction.core.db import BigId, Model, UtcDateTime, append_only, db, transaction
from auction.core.log import get_logger
from auction.core.worker import every_turn
from bidding.evidence.keeper import EvidenceError, LogKeeper
from bidding.evidence.notes import Verifier, parse_verifier
from bidding.evidence.outbound import Reply, Unreachable, post_bytes
from bidding.evidence.witnessing import (
    PATH,
    SIZE_TYPE,
    Cosignature,
    find_cosignature,
    parse_size,
    write_submission,
)
from bidding.room.models import SaleHead

PACE = timedelta(seconds=30)
MAX_REST = timedelta(minutes=15)
TOLERANCE_SECONDS = 300
GIVE_UP = timedelta(days=30)
AT_ONCE = 1000
STORED_AT_ONCE = 50

log = get_logger()


class LogCosignature(Model):
    """That a witness saw a log at one size: its signature line, under the checkpoint's text."""

    __tablename__ = "log_cosignature"
    __table_args__ = (UniqueConstraint("sale_id", "witness", "size"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    witness: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    line: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # as the witness states it


append_only(LogCosignature.__table__)

_cosignature: Any = LogCosignature.__table__
_head: Any = SaleHead.__table__


class LogSource(Protocol):
    """Signs checkpoints and proves that a log only grew, as the log keeper does."""

    def checkpoint(self, connection: Connection, sale_id: int, size: int) -> str:
        """The signed checkpoint of this size."""
        ...

    def consistency(self, connection: Connection, sale_id: int, old: int, new: int) -> list[bytes]:
        """The path from one size to the other."""
        ...


@dataclass(frozen=True, slots=True)
class Witness:
    """Whose cosignatures count, and the address that takes checkpoints."""

    verifier: Verifier
    url: str

    @classmethod
    def at(cls, address: WitnessAddress) -> Witness:
        """The witness of the configuration."""
        return cls(parse_verifier(address.key), address.url)


# ── one checkpoint, one witness ─────────────────────────────────────────────────────────────────


class NotCosigned(Exception):
    """The witness did not countersign; the message says why."""


class WitnessAhead(NotCosigned):
    """The witness has seen more of the log than it was shown now."""

    def __init__(self, size: int) -> None:
        super().__init__(f"has seen {size} entries")
        self.size = size


class Contradicted(NotCosigned):
    """The witness says that it has countersigned a history which this checkpoint does not continue.

    Either it is wrong, or the log was rewritten: whatever it is, people must look into it.
    """


Prove = Callable[[int], Sequence[bytes]]


def obtain_cosignature(
    witness: Witness, note: str, size: int, old: int, prove: Prove
) -> Cosignature:
    """Show the witness the checkpoint of `size` as what follows `old`, the last it had from us.

    `prove(old)` is the path between them. If the witness names another last size it is asked once
    more from there. NotCosigned for a refusal, Unreachable for no answer.
    """
    reply = _submit(witness, note, old, prove)
    known = _size_told(reply)
    if known is not None and known != old and known <= size:
        old = known
        reply = _submit(witness, note, old, prove)
        known = _size_told(reply)
    if known is not None and known > size:
        raise WitnessAhead(known)
    if reply.status == 422 or (known is not None and known == old == size):
        raise Contradicted(f"countersigned another history, at size {old}")
    if reply.status != 200:
        raise NotCosigned(f"answered {reply.status}")
    try:
        lines = reply.body.decode()
        # Lines alone: an empty one among them would make what is above it the text that is signed.
        is_lines = "\n\n" not in f"\n{lines}"
        found = find_cosignature(note + lines, witness.verifier) if is_lines else None
    except ValueError:
        found = None
    if found is None:
        raise NotCosigned("answered without a signature that holds")
    return found


def _submit(witness: Witness, note: str, old: int, prove: Prove) -> Reply:
    body = write_submission(old, prove(old), note)
    reply = post_bytes(witness.url + PATH, body, "text/plain; charset=utf-8")
    if reply.status >= 500:
        raise Unreachable(f"{witness.url} answered {reply.status}")
    return reply


def _size_told(reply: Reply) -> int | None:
    """The size of a 409, the last that the witness countersigned."""
    if reply.status != 409 or reply.content_type != SIZE_TYPE:
        return None
    try:
        return parse_size(reply.body.decode().removesuffix("\n"))
    except ValueError:
        raise NotCosigned("named no size") from None


# ── all logs, one witness ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class News:
    """A log that has grown since the witness countersigned it at `cosigned`."""

    sale_id: int
    size: int
    cosigned: int


def find_news(connection: Connection, witness: str, now: datetime) -> list[News]:
    """Logs with entries that this witness has not seen, who waited longest first.

    None that it countersigned within the last half minute; a log that stood still for a month
    without being countersigned is given up.
    """
    mine = (_cosignature.c.sale_id == _head.c.sale_id) & (_cosignature.c.witness == witness)
    last_size = func.coalesce(
        select(func.max(_cosignature.c.size)).where(mine).scalar_subquery(), 0
    ).label("cosigned")
    last_at = (
        select(_cosignature.c.at)
        .where(mine)
        .order_by(_cosignature.c.size.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(_head.c.sale_id, _head.c.log_size, last_size)
        .where(_head.c.log_at > now - GIVE_UP, _head.c.log_size > last_size)
        .where(last_at.is_(None) | (last_at <= now - PACE))
        .order_by(_head.c.log_at)
        .limit(AT_ONCE)
    )
    return [News(row.sale_id, row.log_size, row.cosigned) for row in rows]


@dataclass(slots=True)
class Round:
    """What came of showing a witness the news."""

    cosigned: int = 0
    refused: int = 0
    reason: str = ""


def submit_checkpoints(
    witness: Witness, news: Iterable[News], source: LogSource, now: datetime
) -> Round:
    """Have each log countersigned at its size.

    After a refusal the next log gets its turn; what was obtained is kept also if the witness falls
    silent in between (Unreachable).
    """
    result = Round()
    waiting: list[dict[str, Any]] = []
    try:
        for item in news:
            try:
                found = _obtain(witness, item, source, now)
            except NotCosigned as refusal:
                result.refused += 1
                result.reason = str(refusal)
                _alarm(refusal, witness, item)
                continue
            waiting.append(_row(witness, item, found))
            if len(waiting) == STORED_AT_ONCE:
                result.cosigned += _store(waiting)
    finally:
        result.cosigned += _store(waiting)
    return result


def _obtain(witness: Witness, item: News, source: LogSource, now: datetime) -> Cosignature:
    """No connection is held while the witness is asked."""

    def prove(old: int) -> list[bytes]:
        with db.engine.connect() as connection:
            return source.consistency(connection, item.sale_id, old, item.size)

    try:
        with db.engine.connect() as connection:
            note = source.checkpoint(connection, item.sale_id, item.size)
    except (EvidenceError, LookupError) as trouble:
        raise NotCosigned(f"no checkpoint: {trouble}") from trouble
    found = obtain_cosignature(witness, note, item.size, item.cosigned, prove)
    if found.at > int(now.timestamp()) + TOLERANCE_SECONDS:
        raise NotCosigned("states a time to come")
    return found


def _alarm(refusal: NotCosigned, witness: Witness, item: News) -> None:
    """Say at once and aloud what may mean that a log was rewritten or has lost entries.

    A witness that is ahead has usually just been served by another worker.
    """
    told = {"sale_id": item.sale_id, "size": item.size, "witness": witness.verifier.name}
    if isinstance(refusal, Contradicted):
        log.critical("a witness contradicts the log", reason=str(refusal), **told)
    elif isinstance(refusal, WitnessAhead) and _size_of_log(item.sale_id) < refusal.size:
        log.critical("a witness has seen more of the log than there is", seen=refusal.size, **told)


def _size_of_log(sale_id: int) -> int:
    with db.engine.connect() as connection:
        size = select(_head.c.log_size).where(_head.c.sale_id == sale_id)
        return int(connection.execute(size).scalar_one())


def _row(witness: Witness, item: News, found: Cosignature) -> dict[str, Any]:
    return {
        "sale_id": item.sale_id,
        "witness": witness.verifier.name,
        "size": item.size,
        "line": found.line,
        "at": datetime.fromtimestamp(found.at, UTC),
    }


def _store(rows: list[dict[str, Any]]) -> int:
    """Keep and forget the rows; one that another worker has stored already stays as it is."""
    if not rows:
        return 0
    kept = len(rows)
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    with transaction() as session:
        session.execute(insert(_cosignature).on_conflict_do_nothing(), rows)
    rows.clear()
    return kept


# ── beside the worker ───────────────────────────────────────────────────────────────────────────


class WitnessFeed:
    """Shows one witness what is new, every half minute; ever more rarely while it is away."""

    def __init__(self, app: Flask, witness: Witness) -> None:
        self.app = app
        self.witness = witness
        self.rest = PACE
        self._due_at: datetime | None = None
        self._thread: threading.Thread | None = None

    def turn(self) -> None:
        """Begin a round if one is due and none is going on; returns at once."""
        clock: Clock = self.app.extensions["luochui.clock"]
        now = clock.now()
        is_busy = self._thread is not None and self._thread.is_alive()
        if is_busy or (self._due_at is not None and now < self._due_at):
            return
        self._due_at = now + self.rest
        name = f"witness {self.witness.verifier.name}"
        self._thread = threading.Thread(target=self._round, args=(now,), daemon=True, name=name)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait for the round that is going on."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _round(self, now: datetime) -> None:
        name = self.witness.verifier.name
        with self.app.app_context():
            source: LogKeeper = self.app.extensions["luochui.evidence"]
            try:
                with db.engine.connect() as connection:
                    news = find_news(connection, name, now)
                result = submit_checkpoints(self.witness, news, source, now)
            except Unreachable as silence:
                self._rest_longer(now)
                log.warning("witness away", witness=name, reason=str(silence))
            except Exception:  # the database may be away; the next round tries again
                log.exception("witness round failed", witness=name)
            else:
                self._take_in(result, now)

    def _take_in(self, result: Round, now: datetime) -> None:
        if result.refused:
            told = {"refused": result.refused, "reason": result.reason}
            log.warning("checkpoints not countersigned", witness=self.witness.verifier.name, **told)
        if result.refused and not result.cosigned:
            self._rest_longer(now)
        else:
            self.rest = PACE
            self._due_at = now + PACE

    def _rest_longer(self, now: datetime) -> None:
        self._due_at = now + self.rest
        self.rest = min(self.rest * 2, MAX_REST)


def feed_witnesses(app: Flask) -> None:
    """Let the worker show every configured witness what is new."""
    settings: Settings = app.extensions["luochui.settings"]
    for address in settings.witnesses:
        every_turn(app, WitnessFeed(app, Witness.at(address)).turn)


# ── for pages and proofs ────────────────────────────────────────────────────────────────────────


def load_cosignatures(connection: Connection, sale_id: int, size: int) -> list[str]:
    """The signature lines of all witnesses at one size, to be put under its checkpoint."""
    rows = connection.execute(
        select(_cosignature.c.line)
        .where(_cosignature.c.sale_id == sale_id, _cosignature.c.size == size)
        .order_by(_cosignature.c.witness)
    )
    return list(rows.scalars())


def load_newest_cosigned(connection: Connection, sale_id: int) -> int | None:
    """The largest size of this log that any witness has countersigned."""
    newest = select(func.max(_cosignature.c.size)).where(_cosignature.c.sale_id == sale_id)
    size: int | None = connection.execute(newest).scalar_one()
    return size
