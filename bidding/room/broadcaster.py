"""After the commit: one frame a sale, encoded once, at most every 50 ms, to whoever watches it.

A crowd is told less often, so that telling it takes half of the time at most, and in parts,
between which the bids that came meanwhile are decided.

Frames are hints. Their truth is the head in the database, which is compared once a second, so that
whatever was lost between processes is made good within two; a client that sees a gap in `seq` asks
`watch` again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask
from sqlalchemy import Connection

from auction.core.clock import Clock, ticks
from auction.core.db import db
from auction.core.log import get_logger
from bidding.evidence.keeper import EvidenceError
from bidding.room import store
from bidding.room.batch import Turn
from bidding.room.queries import certify, load_snapshots
from bidding.room.snapshot import PublicBid, Snapshot, show_bid, show_state

COALESCE_SECONDS = 0.05
BEAT_SECONDS = 1.0

REST = 1
"""Pause after frames, as a multiple of the time they took."""
LONGEST_REST = 0.2
WRITTEN_AT_ONCE = 250
"""Sockets written to before whatever else is ready has its turn."""

READ_AT_ONCE = 500
"""Sales asked of the database in one statement."""

log = get_logger()


class Sender(Protocol):
    """What a broadcaster needs of the wire."""

    def encode(self, event: str, value: Any) -> Any:
        """A frame for many."""
        ...

    def send_all(self, eio_sids: Iterable[str], frame: Any) -> None:
        """One frame to all these clients, passing by who reads too slowly."""
        ...


@dataclass(slots=True)
class Audience:
    """The watchers of one sale in this process, and what they have been sent."""

    watchers: set[str] = field(default_factory=set)
    seq: int | None = None
    version: int = -1
    pending: list[PublicBid] = field(default_factory=list)
    snapshot: Snapshot | None = None
    is_stale: bool = True
    """Whether the database must be asked before the next frame."""
    has_news: bool = False


class Broadcaster:
    """Sends frames from a thread of its own; everything else only leaves it a note."""

    def __init__(self, app: Flask, clock: Clock, sender: Sender) -> None:
        self.app = app
        self.clock = clock
        self.sender = sender
        self.on_start: list[Callable[[], None]] = []
        self.on_beat: list[Callable[[], None]] = []
        self.on_final: list[Callable[[Snapshot], None]] = []
        self._audiences: dict[int, Audience] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads, once."""
        with self._lock:
            if self._threads:
                return
            self._threads = [
                threading.Thread(target=self._send_frames, daemon=True),
                threading.Thread(target=self._beat, daemon=True),
            ]
        for thread in self._threads:
            thread.start()
        for listener in self.on_start:
            listener()

    def stop(self) -> None:
        """Stop them."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(5)

    def watch(self, sale_id: int, eio_sid: str) -> None:
        """From now on the client hears of every change of the sale."""
        with self._lock:
            self._audiences.setdefault(sale_id, Audience()).watchers.add(eio_sid)
        self.start()

    def begin(self, snapshot: Snapshot) -> None:
        """Frames go on from here for those who began to watch with this answer."""
        with self._lock:
            audience = self._audiences.get(snapshot.sale_id)
            if audience is not None and audience.seq is None:
                audience.seq = snapshot.seq

    def unwatch(self, sale_id: int, eio_sid: str) -> None:
        """The client hears no more of it."""
        with self._lock:
            audience = self._audiences.get(sale_id)
            if audience is not None:
                audience.watchers.discard(eio_sid)
                if not audience.watchers:
                    del self._audiences[sale_id]

    def watcher_count(self) -> int:
        """How many (client, sale) pairs are watching."""
        return sum(len(audience.watchers) for audience in list(self._audiences.values()))

    def note(self, turn: Turn) -> None:
        """Something was committed by this process; returns at once."""
        snapshot = turn.snapshot
        if snapshot is None:
            return
        with self._lock:
            audience = self._audiences.get(snapshot.sale_id)
            if audience is None or snapshot.version <= audience.version:
                return
            last = audience.pending[-1].seq if audience.pending else audience.seq
            if last is None or last + len(turn.bids) != snapshot.seq or not snapshot.checkpoint:
                audience.is_stale = True  # a gap, or not signed yet: read, and signed, before shown
            audience.pending.extend(turn.bids)
            audience.snapshot = snapshot
            audience.version = snapshot.version
            audience.has_news = True
        self._wake.set()

    def hint(self, sale_id: int) -> None:
        """Another process says that it committed something; the database will tell what."""
        with self._lock:
            audience = self._audiences.get(sale_id)
            if audience is None:
                return
            audience.is_stale = audience.has_news = True
        self._wake.set()

    def _send_frames(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                due = [sale for sale, a in self._audiences.items() if a.has_news]
            began = ticks()
            self._send_due(due)
            rest = min(REST * (ticks() - began), LONGEST_REST)
            self._stop.wait(max(COALESCE_SECONDS, rest))

    def _send_due(self, sale_ids: list[int]) -> None:
        try:
            self._read_stale(sale_ids)
        except Exception:  # the next beat tries again
            log.exception("sales not read")
        for sale_id in sale_ids:
            try:
                self._send_frame(sale_id)
            except Exception:  # the next beat tries again
                log.exception("frame not sent", sale=sale_id)

    def _send_frame(self, sale_id: int) -> None:
        audience = self._audiences.get(sale_id)
        if audience is None:
            return
        with self._lock:
            if audience.is_stale or audience.snapshot is None:
                return
            snapshot, bids = audience.snapshot, audience.pending
            audience.pending = []
            audience.has_news = False
            audience.seq = snapshot.seq
            watchers = list(audience.watchers)
        frame = self.sender.encode("lot", self._frame(snapshot, bids))
        for start in range(0, len(watchers), WRITTEN_AT_ONCE):
            if start:
                time.sleep(0)
            self.sender.send_all(watchers[start : start + WRITTEN_AT_ONCE], frame)
        if snapshot.is_final:
            for listener in self.on_final:
                listener(snapshot)

    def _frame(self, snapshot: Snapshot, bids: list[PublicBid]) -> dict[str, Any]:
        return {
            "lot": snapshot.lot_number,
            "seq": snapshot.seq,
            "state": show_state(snapshot, self.clock.now()),
            "bids": [show_bid(bid) for bid in bids],
        }

    def _read_stale(self, sale_ids: list[int]) -> None:
        """Ask the database for what this process does not know by itself, for all sales at once."""
        with self._lock:
            stale = {
                sale_id: audience
                for sale_id in sale_ids
                if (audience := self._audiences.get(sale_id)) is not None and audience.is_stale
            }
        if not stale:
            return
        with self.app.app_context(), db.engine.connect() as connection:
            for sale_id, snapshot in _load_all(connection, list(stale)).items():
                try:
                    self._read_again(connection, snapshot, stale[sale_id])
                except EvidenceError:  # the keeper has said so: this sale shows nothing new
                    log.warning("not signed, not shown", sale=sale_id)

    def _read_again(self, connection: Connection, snapshot: Snapshot, audience: Audience) -> None:
        """Take a sale's state, signed, and its new bids."""
        snapshot = certify(connection, snapshot)
        since = snapshot.seq if audience.seq is None else audience.seq
        bids = []
        if snapshot.seq > since:
            bids = store.load_bids(connection, snapshot.sale_id, since)
        with self._lock:
            if snapshot.version < audience.version:
                return  # a newer commit of this process is noted: read once more
            audience.pending = [bid for bid in bids if bid.seq <= snapshot.seq]
            audience.snapshot = snapshot
            audience.version = snapshot.version
            audience.is_stale = False

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._compare()
            except Exception:  # no beat is what tells a client that we are in doubt
                log.exception("heads not compared")
            for listener in self.on_beat:
                listener()

    def _compare(self) -> None:
        """Find what other processes committed; give running sales their beat."""
        with self._lock:
            sale_ids = list(self._audiences)
        if not sale_ids:
            return
        with self.app.app_context(), db.engine.connect() as connection:
            snapshots = _load_all(connection, sale_ids)
        with self._lock:
            for sale_id, snapshot in snapshots.items():
                audience = self._audiences.get(sale_id)
                if audience is None:
                    continue
                if snapshot.version > audience.version:
                    audience.is_stale = audience.has_news = True
                elif not snapshot.is_final:
                    audience.has_news = True
        self._wake.set()


def _load_all(connection: Connection, sale_ids: list[int]) -> dict[int, Snapshot]:
    snapshots: dict[int, Snapshot] = {}
    for start in range(0, len(sale_ids), READ_AT_ONCE):
        snapshots |= load_snapshots(connection, sale_ids[start : start + READ_AT_ONCE])
    return snapshots
