"""What one turn of a sale's queue adds to its two logs, public and sealed (bidlog.md).

The journal works on where the logs stand and writes with the turn's own transaction; it neither
commits nor signs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from auction.core.bulk import Rows
from bidding.engine import (
    Bid,
    Bidder,
    Cause,
    Roster,
    SaleState,
    format_instant,
)
from bidding.evidence.lines import VERSION, describe_end, write_bid, write_line
from bidding.evidence.merkle import Frontier, hash_leaf
from bidding.evidence.models import LogEntry, LogRoot, SaleLog, SealedEntry
from bidding.evidence.notes import write_base64
from bidding.evidence.sealing import SealedReceipt

SALT_BYTES = 16

_log: Any = SaleLog.__table__
_entry: Any = LogEntry.__table__
_root: Any = LogRoot.__table__
_sealed: Any = SealedEntry.__table__

Standing = tuple[int | None, bool]
"""A logged code's priority rank and whether it is barred."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a sale's logs stand: all that is needed to go on with them."""

    sale_number: str
    public: Frontier
    sealed: Frontier
    last_at: datetime
    codes: Mapping[str, Standing]
    admitted: Roster | None = field(default=None, compare=False)
    """The very enrolments that were last compared with `codes`, which need not be again."""


@dataclass(slots=True)
class Journal:
    """The entries of one turn, in order."""

    before: LogPosition
    public: Frontier = field(init=False)
    sealed: Frontier = field(init=False)
    last_at: datetime = field(init=False)
    codes: dict[str, Standing] = field(init=False)
    admitted: Roster | None = field(init=False)
    lines: list[str] = field(default_factory=list)
    places: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Number and line of each bid's entry, by `seq`."""
    _leaves: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.public = self.before.public.copy()
        self.sealed = self.before.sealed.copy()
        self.last_at = self.before.last_at
        self.codes = dict(self.before.codes)
        self.admitted = self.before.admitted

    @property
    def has_news(self) -> bool:
        """Whether anything was added."""
        return bool(self.lines or self._leaves)

    def position(self) -> LogPosition:
        """Where the logs stand with this turn's entries."""
        return LogPosition(
            self.before.sale_number,
            self.public,
            self.sealed,
            self.last_at,
            self.codes,
            self.admitted,
        )

    # ── the public log ──────────────────────────────────────────────────────────────────────────

    def admit(self, roster: Roster, opens_at: datetime, decided_at: datetime | None) -> None:
        """Log the codes that have become active, and what has changed about the others.

        Their order is that of the alphabet: who joined when is nobody's business (CN16-18.3). So
        their time is that of the opening or of the entry before; `decided_at`, the time of what was
        decided last, may be that of something sealed, and stands in the sealed log alone.
        """
        if roster is self.admitted:
            return
        self.admitted = roster
        sealed_at = opens_at if decided_at is None else max(opens_at, decided_at)
        for code in sorted(roster.keys() | self.codes.keys()):
            bidder, known = roster.get(code), self.codes.get(code)
            standing = _standing_of(bidder, known)
            if standing == known:
                continue
            priority, barred = standing
            if known is None:
                self._seal(sealed_at, code, {"type": "enrol", "code": code, "priority": priority})
            if known is None or priority != known[0]:
                self._append(opens_at, {"type": "code", "code": code, "priority": priority})
            if barred and (known is None or not known[1]):
                self._seal(sealed_at, code, {"type": "bar", "code": code})
            self.codes[code] = standing

    def add_bids(self, bids: Sequence[Bid]) -> None:
        """Log accepted bids; an automatic one names what caused it, if that is public."""
        for bid in bids:
            cause = None
            if bid.auto and bid.cause in (Cause.BID, Cause.RESUMPTION) and self.lines:
                cause = self.public.size - 1
            line = write_bid(self.before.sale_number, self.public.size, bid, cause)
            self.places[bid.seq] = (self.public.size, line)
            self._add(line, bid.at)

    def add_act(self, kind: str, at: datetime, ground: str, closes_at: datetime) -> None:
        """Log an act of the court, with its public ground and the close that follows."""
        fields = {"type": kind, "ground": ground, "closes_at": format_instant(closes_at)}
        self._append(at, fields)

    def add_end(self, state: SaleState) -> None:
        """Log how the sale ended, and with it the root of the sealed log."""
        self._append(
            max(self.last_at, state.withdrawn_at or state.closes_at),
            {
                "type": "close",
                **describe_end(state),
                "codes": len(self.codes),
                "sealed": {"size": self.sealed.size, "root": write_base64(self.sealed.root())},
            },
        )

    def add_note(self, at: datetime, text: str, **fields: Any) -> None:
        """Log a later act of the court; it changes no line before it."""
        self._append(at, {"type": "note", "text": text, **fields})

    def _append(self, at: datetime, fields: Mapping[str, Any]) -> None:
        """Times never fall: an entry is no earlier than the one before it."""
        at = max(at, self.last_at)
        whole = {
            "v": VERSION,
            "sale": self.before.sale_number,
            "n": self.public.size,
            "at": format_instant(at),
            **fields,
        }
        self._add(write_line(whole), at)

    def _add(self, line: str, at: datetime) -> None:
        self.last_at = at
        self.lines.append(line)
        self.public.append(hash_leaf(line.encode()))

    # ── the sealed log ──────────────────────────────────────────────────────────────────────────

    def seal_request(
        self, kind: str, at: datetime, code: str, amount: str | None, reason: str | None
    ) -> tuple[int, SealedReceipt]:
        """Log a refused bid, an instruction or a cancellation; its place and its receipt."""
        fields: dict[str, Any] = {"type": kind, "code": code, "accepted": reason is None}
        fields["reason"] = reason
        if kind != "cancel":
            fields["limit" if kind == "instruct" else "amount"] = amount
        return self.sealed.size, self._seal(at, code, fields)

    def seal_look(self, at: datetime, who: str, what: str, ground: str) -> None:
        """Log that a member of staff looked at what is sealed (CN16-18.3)."""
        self._seal(at, None, {"type": "look", "who": who, "what": what, "ground": ground})

    def _seal(self, at: datetime, code: str | None, fields: Mapping[str, Any]) -> SealedReceipt:
        whole = {
            "v": VERSION,
            "sale": self.before.sale_number,
            "after": self.public.size,
            "at": format_instant(at),
            **fields,
        }
        receipt = SealedReceipt(write_line(whole), os.urandom(SALT_BYTES))
        leaf = receipt.leaf
        self._leaves.append(
            {
                "n": self.sealed.size,
                "code": code,
                "leaf": leaf,
                "salt": receipt.salt,
                "line": receipt.line,
            }
        )
        self.sealed.append(leaf)
        return receipt

    # ── writing ─────────────────────────────────────────────────────────────────────────────────

    def rows(self, sale_id: int) -> list[tuple[Any, Rows]]:
        """Everything by its table, with the root that may be signed once it is committed."""
        first = self.before.public.size
        entries = [
            {"sale_id": sale_id, "n": n, "line": line}
            for n, line in enumerate(self.lines, start=first)
        ]
        root = {"sale_id": sale_id, "size": self.public.size, "root": self.public.root()}
        leaves = [{"sale_id": sale_id, **row} for row in self._leaves]
        return [(_entry, entries), (_root, [root] if entries else []), (_sealed, leaves)]

    def write_codes(self, connection: Connection, sale_id: int) -> None:
        """Keep which codes are in the log, where that has changed."""
        if self.codes != self.before.codes:
            codes = {code: list(standing) for code, standing in self.codes.items()}
            connection.execute(update(_log).where(_log.c.sale_id == sale_id).values(codes=codes))


def _standing_of(bidder: Bidder | None, known: Standing | None) -> Standing:
    """Whoever has left may bid no more than who is barred."""
    if bidder is None:
        return (known[0] if known else None, True)
    return (bidder.priority, bidder.barred)
