"""The queue of one sale in this process: one flusher decides all that waits and commits it once.

What is guaranteed about time (bidding.md, "Decided soon or not at all"):

* Whoever waits is answered within two seconds of the stamp, also while the database hangs: the
  intake's watch gives up what is not decided by then and answers `unavailable`.
* What was given up is never recorded later. Right before its commit a batch is sealed: if any of it
  was given up, or has grown too old, all of it is rolled back and decided again without that.
* From the seal to the end of the commit nobody can take a request back, and nobody knows its
  outcome. Such a request is told the outcome however slow the disk is, up to five seconds; where
  the commit hangs for longer or the connection breaks in it, the answer is `unavailable` too, and
  then alone it means "unknown": the same key tells the truth.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from auction.core.db import db, in_transaction, transaction, write_connection
from auction.core.log import get_logger
from auction.sales.models import Sale
from bidding.closing.services import record_acts
from bidding.evidence.keeper import LogKeeper
from bidding.room.answers import UNAVAILABLE, Answer, no_decision
from bidding.room.batch import PATIENCE, Turn, take_turn
from bidding.room.incidents import Halt, IncidentKind, note_incident
from bidding.room.requests import BY_BIDDER, Kind, Waiting
from bidding.room.store import Loaded

if TYPE_CHECKING:
    from bidding.room.intake import Intake

LARGEST_BATCH = 2000
MOST_ATTEMPTS = 3

GIVE_UP_AFTER = PATIENCE - timedelta(milliseconds=100)
"""Early enough that the answer is there when the two seconds are over."""

OUTAGE = timedelta(seconds=5)
"""A sale in which nothing could be decided for longer is suspended first of all (CN16-28.2)."""

log = get_logger()


class Step(Enum):
    """How far a request has come."""

    WAITING = auto()
    SEALED = auto()
    """Its commit is under way: it can no longer be taken back."""
    ANSWERED = auto()


@dataclass(slots=True, eq=False)
class Place:
    """One request's place in the queue; it is answered exactly once."""

    waiting: Waiting
    step: Step = Step.WAITING

    def is_overdue(self, now: datetime) -> bool:
        """Whether nobody should wait for its decision any longer."""
        if self.step is Step.ANSWERED:
            return False
        patience = GIVE_UP_AFTER if self.step is Step.WAITING else OUTAGE
        return now - self.waiting.at >= patience


class GaveUp(Exception):
    """Part of the batch was answered, or is too old: none of it may be committed."""


@dataclass(slots=True)
class Decided:
    """What came of a batch: the places that were decided, their turn, and a suspension before."""

    places: list[Place] = field(default_factory=list)
    turn: Turn | None = None
    halted: Turn | None = None


class SaleQueue:
    """The requests of one sale that wait in this process."""

    def __init__(self, intake: Intake, sale_id: int) -> None:
        self.intake = intake
        self.sale_id = sale_id
        self.loaded: Loaded | None = None
        self.failing_since: datetime | None = None
        """The stamp of the first request since which nothing could be decided."""
        self._halt: Halt | None = None
        self._waiting: deque[Place] = deque()
        self._in_hand: list[Place] = []
        self._lock = threading.Lock()
        self._is_running = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def keeper(self) -> LogKeeper:
        """Who signs what was committed."""
        keeper: LogKeeper = self.intake.app.extensions["luochui.evidence"]
        return keeper

    @property
    def is_busy(self) -> bool:
        """Whether something waits or is being decided."""
        return self._is_running or bool(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, nothing is being decided, and nothing failed."""
        return not self.is_busy and self.failing_since is None

    def waiting_since(self) -> datetime | None:
        """The stamp of the oldest request that is not answered."""
        with self._lock:
            stamps = (p.waiting.at for p in self._in_hand if p.step is not Step.ANSWERED)
            in_hand = min(stamps, default=None)
            return in_hand or (self._waiting[0].waiting.at if self._waiting else None)

    def put(self, make: Callable[[datetime], Waiting]) -> Place:
        """Stamp a request and queue it; the queue's order is the order of the stamps."""
        with self._lock:
            place = Place(make(self.intake.clock.now()))
            self._waiting.append(place)
            starts = not self._is_running
            self._is_running = True
        if starts:
            try:
                threading.Thread(target=self._drain, daemon=True).start()
            except RuntimeError:  # no more threads to be had: the caller does the work
                self._drain()
        return place

    def halt(self, halt: Halt, reply: Callable[[Answer], None]) -> None:
        """Suspend the sale, as the next thing this process decides in it."""
        self._halt = halt
        self.put(lambda at: Waiting(Kind.TICK, at, reply))

    def drop_halt(self) -> bool:
        """Forget a suspension that could not be recorded; whether there was one."""
        halt, self._halt = self._halt, None
        return halt is not None

    def note_failing(self, since: datetime) -> None:
        """Nothing could be decided since then, though perhaps nobody asked."""
        if self.failing_since is None or since < self.failing_since:
            self.failing_since = since

    def give_up(self, now: datetime) -> int:
        """Answer `unavailable` to all who have waited too long; how many they were."""
        with self._lock:
            late = [place for place in self._in_hand if place.is_overdue(now)]
            while self._waiting and self._waiting[0].is_overdue(now):
                late.append(self._waiting.popleft())
            for place in late:
                place.step = Step.ANSWERED
        if not late:
            return 0
        self.note_failing(min(place.waiting.at for place in late))
        log.warning("given up", sale=self.sale_id, requests=len(late))
        with self.intake.app.app_context():
            for place in late:
                self._deliver(place, no_decision())
        return len(late)

    def abandon(self, place: Place) -> None:
        """Give up one request whatever its age, so that it is not recorded from now on."""
        with self._lock:
            place.step = Step.ANSWERED

    # ── the flusher ─────────────────────────────────────────────────────────────────────────────

    def _drain(self) -> None:
        while True:
            with self._lock:
                self._in_hand = []
                if not self._waiting:
                    self._is_running = False
                    return
                size = min(len(self._waiting), LARGEST_BATCH)
                batch = [self._waiting.popleft() for _ in range(size)]
                self._in_hand = batch
            self._flush(batch)

    def _flush(self, batch: Sequence[Place]) -> None:
        """Decide, commit, then answer; whatever fails, everyone is answered, and nobody `yes`."""
        with self.intake.app.app_context():
            decided = self._decide(batch)
            if decided.turn is not None:
                for place, answer in zip(decided.places, decided.turn.answers, strict=True):
                    self._answer(place, answer)
            for place in batch:
                self._answer(place, no_decision())
            for turn in (decided.halted, decided.turn):
                if turn is not None:
                    self.intake.tell(turn)

    def _answer(self, place: Place, answer: Answer) -> None:
        with self._lock:
            if place.step is Step.ANSWERED:
                return
            place.step = Step.ANSWERED
        self._deliver(place, answer)

    def _deliver(self, place: Place, answer: Answer) -> None:
        try:
            place.waiting.reply(answer)
        except Exception:  # one client's broken pipe is not the next client's
            log.exception("answer not delivered", sale=self.sale_id)

    def _decide(self, batch: Sequence[Place]) -> Decided:
        """What was decided and committed; nothing where the database said no."""
        decided = Decided()
        try:
            for _attempt in range(MOST_ATTEMPTS):
                places = [place for place in batch if place.step is Step.WAITING]
                try:
                    decided.halted = self._suspend_first() or decided.halted
                    if not places or self.intake.in_doubt:
                        return decided
                    turn = self._try_once(places)
                except (IntegrityError, GaveUp):
                    # Another process was faster with the same key: what it recorded is the answer.
                    # Or some could not wait: the others are decided without them.
                    self.loaded = None
                    continue
                decided.turn, decided.places = turn, places
                self.loaded = turn.loaded
                self.failing_since = None
                return decided
            log.warning("no decision in time", sale=self.sale_id, requests=len(batch))
        except Exception:  # the queue must go on; what failed is logged and answered
            self.loaded = None
            self.note_failing(batch[0].waiting.at)
            log.exception("no decision", sale=self.sale_id, requests=len(batch))
        return decided

    def _try_once(self, places: Sequence[Place]) -> Turn:
        batch = [place.waiting for place in places]
        if any(waiting.kind not in BY_BIDDER for waiting in batch):
            with _acting(self.sale_id) as connection:
                turn = self._take_turn(connection, batch, places)
            self._sign(turn)
            return turn

        def sign(connection: Connection) -> None:
            turn.sign(connection, self.keeper)

        # Bids need no ORM, and are signed on the connection they were written on.
        with write_connection(db.engine, after=sign) as connection:
            turn = self._take_turn(connection, batch, places)
        return turn

    def _take_turn(
        self, connection: Connection, batch: Sequence[Waiting], places: Sequence[Place]
    ) -> Turn:
        now = self.intake.clock.now()
        turn = take_turn(connection, self.sale_id, self.loaded, batch, now)
        if turn.accepted or turn.ended:
            record_acts(turn, now)
        self._seal(places, turn.answers)
        return turn

    def _seal(self, places: Sequence[Place], answers: Sequence[Answer]) -> None:
        """From here on nothing of the batch is taken back; GaveUp if some of it was already.

        An answer that repeats another, or is none, records nothing and may be given up at any time.
        """
        if in_transaction():
            db.session.flush()
        now = self.intake.clock.now()
        recorded = [
            place
            for place, answer in zip(places, answers, strict=True)
            if answer.reason != UNAVAILABLE
            and not answer.repeat
            and place.waiting.kind is not Kind.TICK
        ]
        with self._lock:
            for place in recorded:
                if place.step is not Step.WAITING or now - place.waiting.at > PATIENCE:
                    raise GaveUp
            if self.intake.in_doubt:
                raise GaveUp
            for place in recorded:
                place.step = Step.SEALED

    def _suspend_first(self) -> Turn | None:
        """What must stop the sale comes before anything else is decided in it (CN16-28.2)."""
        halt = self._halt or self._find_outage()
        if halt is None:
            return None
        with _acting(self.sale_id) as connection:
            turn = take_turn(connection, self.sale_id, self.loaded, [halt.as_waiting()], halt.at)
            if turn.accepted:
                is_over = halt.kind is IncidentKind.OUTAGE
                noticed_at = self.intake.clock.now() if is_over else halt.at
                record_acts(turn, noticed_at)
                note_incident(halt, self.sale_id, noticed_at, is_over=is_over)
        self._halt = self.failing_since = None
        self._sign(turn)
        self.loaded = turn.loaded
        return turn

    def _sign(self, turn: Turn) -> None:
        """Nothing is answered or shown before it is signed; where that fails, nobody is told."""
        with db.engine.connect() as connection:
            turn.sign(connection, self.keeper)

    def _find_outage(self) -> Halt | None:
        """Nothing decided for too long: the sale stands still from the moment that began."""
        since = self.failing_since
        if since is None or self.intake.clock.now() - since <= OUTAGE:
            return None
        return Halt(IncidentKind.OUTAGE, self.intake.source, since, since)


@contextmanager
def _acting(sale_id: int) -> Iterator[Connection]:
    """An act of the court or the end touches the sale's own row, locked first."""
    with transaction() as session:
        session.get(Sale, sale_id, with_for_update={"of": Sale}, populate_existing=True)
        yield session.connection()
