"""Requests queue per sale; one flusher at a time decides all that waits and commits it once.

Group commit: under load batches grow by themselves, and the cost of a bid falls. Several processes
take turns on the head's row lock. Nobody is answered before the commit, and nothing is sent out
on a bid's path: listeners are told afterwards and must return at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from auction.core.clock import Clock
from auction.core.db import db, transaction, write_connection
from auction.core.log import get_logger
from auction.sales.models import Sale
from bidding.closing.services import record_acts
from bidding.room.answers import Answer, no_decision
from bidding.room.batch import Turn, take_turn
from bidding.room.requests import BY_BIDDER, Kind, Waiting
from bidding.room.store import Loaded

LARGEST_BATCH = 2000
ANSWER_TIMEOUT = 15
"""Seconds a caller waits; a database that hangs longer gets no answer out of us."""

OUTAGE = timedelta(seconds=3)
OUTAGE_GROUND = "平台故障，暂时无法受理出价，依照规定暂停拍卖"

log = get_logger()

Listener = Callable[[Turn], None]


class SaleQueue:
    """The requests of one sale that wait in this process."""

    def __init__(self, intake: Intake, sale_id: int) -> None:
        self.intake = intake
        self.sale_id = sale_id
        self.loaded: Loaded | None = None
        self.failing_since: datetime | None = None
        self._waiting: deque[Waiting] = deque()
        self._lock = threading.Lock()
        self._is_running = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, make: Callable[[datetime], Waiting]) -> Waiting:
        """Stamp a request and queue it; the queue's order is the order of the stamps."""
        with self._lock:
            waiting = make(self.intake.clock.now())
            self._waiting.append(waiting)
            starts = not self._is_running
            self._is_running = True
        if starts:
            try:
                threading.Thread(target=self._drain, daemon=True).start()
            except RuntimeError:  # no more threads to be had: the caller does the work
                self._drain()
        return waiting

    def _drain(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    return
                size = min(len(self._waiting), LARGEST_BATCH)
                batch = [self._waiting.popleft() for _ in range(size)]
            self._flush(batch)

    def _flush(self, batch: Sequence[Waiting]) -> None:
        """Decide, commit, then answer; whatever fails, everyone is answered, and nobody `yes`."""
        with self.intake.app.app_context():
            turn = self._decide(batch)
            answers = [no_decision() for _ in batch] if turn is None else turn.answers
            for waiting, answer in zip(batch, answers, strict=True):
                try:
                    waiting.reply(answer)
                except Exception:  # one client's broken pipe is not the next client's
                    log.exception("answer not delivered", sale=self.sale_id)
            if turn is not None:
                self.intake.tell(turn)

    def _decide(self, batch: Sequence[Waiting]) -> Turn | None:
        """None where the database said no: what it holds then is read again next time."""
        try:
            try:
                turn = self._try_once(batch)
            except IntegrityError:
                # Another process was faster with the same key: what it recorded is the answer.
                self.loaded = None
                turn = self._try_once(batch)
        except Exception:  # the queue must go on; what failed is logged and answered
            self.loaded = None
            self.failing_since = self.failing_since or self.intake.clock.now()
            log.exception("no decision", sale=self.sale_id, requests=len(batch))
            return None
        self.loaded = turn.loaded
        self.failing_since = None
        return turn

    def _try_once(self, batch: Sequence[Waiting]) -> Turn:
        with_acts = any(waiting.kind not in BY_BIDDER for waiting in batch)
        outage = self._outage()
        with _writing(self.sale_id, with_acts=with_acts or outage is not None) as connection:
            now = self.intake.clock.now()
            whole = batch if outage is None else [outage, *batch]
            turn = take_turn(connection, self.sale_id, self.loaded, whole, now)
            if outage is not None:
                del turn.answers[0]
            if turn.accepted or turn.ended:
                record_acts(turn, now)
        return turn

    def _outage(self) -> Waiting | None:
        """A sale the platform could not decide in for long is suspended first (CN16-28.2)."""
        now = self.intake.clock.now()
        if self.failing_since is None or now - self.failing_since < OUTAGE:
            return None
        return Waiting(
            Kind.SUSPEND,
            now,
            reply=lambda _answer: None,
            ground=OUTAGE_GROUND,
            only_while_open=True,
        )


@contextmanager
def _writing(sale_id: int, *, with_acts: bool) -> Iterator[Connection]:
    """Bids need no ORM; an act of the court or the end touches the sale's own row, locked first."""
    if not with_acts:
        with write_connection(db.engine) as connection:
            yield connection
        return
    with transaction() as session:
        session.get(Sale, sale_id, with_for_update={"of": Sale}, populate_existing=True)
        yield session.connection()


class Intake:
    """All queues of this process; at `app.extensions["luochui.intake"]`."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self._queues: dict[int, SaleQueue] = {}
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` after each commit; it must return at once."""
        self._listeners.append(listener)

    def tell(self, turn: Turn) -> None:
        """Leave what was committed with whoever sends it on."""
        for listener in self._listeners:
            try:
                listener(turn)
            except Exception:  # a frame is a hint: it must not stop the queue
                log.exception("listener failed")

    def queue_of(self, sale_id: int) -> SaleQueue:
        """The queue of one sale."""
        queue = self._queues.get(sale_id)
        if queue is None:
            with self._lock:
                queue = self._queues.setdefault(sale_id, SaleQueue(self, sale_id))
        return queue

    def backlog(self) -> int:
        """How many requests wait in this process."""
        return sum(len(queue) for queue in list(self._queues.values()))

    def probe(self) -> None:
        """Try again in every sale whose last batch could not be decided."""
        for queue in list(self._queues.values()):
            if queue.failing_since is not None and not len(queue):
                self.put(queue.sale_id, Kind.TICK, lambda _answer: None)

    def put(
        self, sale_id: int, kind: Kind, reply: Callable[[Answer], None], **fields: object
    ) -> None:
        """Queue a request; `reply` is called once, after the commit or without a decision."""
        self.queue_of(sale_id).put(
            lambda at: Waiting(kind, at, reply, **fields)  # type: ignore[arg-type]
        )

    def submit(self, sale_id: int, kind: Kind, **fields: object) -> Answer:
        """Queue a request and wait for its answer."""
        done = threading.Event()
        box: list[Answer] = []

        def reply(answer: Answer) -> None:
            box.append(answer)
            done.set()

        self.put(sale_id, kind, reply, **fields)
        if not done.wait(ANSWER_TIMEOUT):
            return no_decision()
        return box[0]

    def submit_bid(
        self, sale_id: int, code: str | None, amount: object, key: str | None, user_id: int | None
    ) -> Answer:
        """Offer `amount`: for `user_id`, whose code is looked up at the decision, or for `code`."""
        return self.submit(sale_id, Kind.BID, code=code, amount=amount, key=key, user_id=user_id)

    def submit_command(
        self, sale_id: int, kind: Kind, *, actor_id: int | None, ground: str = ""
    ) -> Answer:
        """Suspend, resume or withdraw a sale, through the queue that the bids go through."""
        if kind in BY_BIDDER:
            raise ValueError("a bidder's request is no act of the court")
        return self.submit(sale_id, kind, actor_id=actor_id, ground=ground)

    def tick(self, sale_id: int) -> Answer:
        """Resolve the opening, or record the end, if either is due."""
        return self.submit(sale_id, Kind.TICK)
