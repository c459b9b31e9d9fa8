"""Everything asked of a running sale goes through its queue here, and comes back as an answer.

Group commit: under load batches grow by themselves, and the cost of a bid falls. Several processes
take turns on the head's row lock. Nobody is answered before the commit, and nothing is sent out
on a bid's path: listeners are told afterwards and must return at once. A watch answers those who
would wait too long; what it promises stands in `queue.py`.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from auction.core.clock import Clock
from auction.core.log import get_logger
from bidding.room.answers import Answer, no_decision
from bidding.room.batch import Turn
from bidding.room.incidents import Halt
from bidding.room.queue import SaleQueue
from bidding.room.requests import BY_BIDDER, Kind, Waiting

ANSWER_TIMEOUT = 15
"""Seconds after which a caller goes away though nobody has answered: the watch itself failed."""

SILENCE = timedelta(seconds=1)
"""How long a question to the database may stay open without being remarkable."""

WATCH_SECONDS = 0.05
IDLE_SECONDS = 5.0

log = get_logger()

Listener = Callable[[Turn], None]


class Intake:
    """All queues of this process; at `app.extensions["luochui.intake"]`."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self.source = socket.gethostname()[:100]
        self.in_doubt = False
        """Set while this process cannot trust its clock: nothing is decided meanwhile."""
        self.silent_since: datetime | None = None
        """Set while a question to the database is open: since the first that got no answer."""
        self._queues: dict[int, SaleQueue] = {}
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._has_work = threading.Event()
        self._pause = threading.Event()
        self._watcher: threading.Thread | None = None

    def listen(self, listener: Listener) -> None:
        """Call `listener` after each commit; it must return at once."""
        self._listeners.append(listener)

    def tell(self, turn: Turn) -> None:
        """Leave what was committed with whoever sends it on.

        Of what is sealed nobody hears, nor when it happened: a frame between two beats would be
        sent at the very moment of an instruction or a refused bid (CN16-18.3).
        """
        if not turn.is_public:
            return
        for listener in self._listeners:
            try:
                listener(turn)
            except Exception:  # a frame is a hint: it must not stop the queue
                log.exception("listener failed")

    @property
    def may_let_time_pass(self) -> bool:
        """Whether time alone may open or end a sale.

        Not while the clock is in doubt; nor while the database is silent, for whoever finds it
        answering again looks first at what it was silent for.
        """
        since = self.silent_since
        is_silent = since is not None and self.clock.now() - since > SILENCE
        return not (self.in_doubt or is_silent)

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

    def lag(self) -> timedelta:
        """How long the oldest unanswered request has waited."""
        stamps = (queue.waiting_since() for queue in list(self._queues.values()))
        oldest = min((stamp for stamp in stamps if stamp is not None), default=None)
        return timedelta(0) if oldest is None else self.clock.now() - oldest

    def put(
        self, sale_id: int, kind: Kind, reply: Callable[[Answer], None], **fields: object
    ) -> None:
        """Queue a request; `reply` is called once, after the commit or without a decision."""
        if self.in_doubt:
            with self.app.app_context():
                reply(no_decision())
            return
        self.queue_of(sale_id).put(_maker(kind, reply, fields))
        self._keep_watch()

    def submit(self, sale_id: int, kind: Kind, **fields: object) -> Answer:
        """Queue a request and wait for its answer."""
        if self.in_doubt:
            return no_decision()
        done = threading.Event()
        box: list[Answer] = []

        def reply(answer: Answer) -> None:
            box.append(answer)
            done.set()

        queue = self.queue_of(sale_id)
        place = queue.put(_maker(kind, reply, fields))
        self._keep_watch()
        if not done.wait(ANSWER_TIMEOUT):
            queue.abandon(place)
            return no_decision()
        return box[0]

    def submit_bid(
        self,
        sale_id: int,
        code: str | None,
        amount: object,
        key: str | None,
        user_id: int | None,
        confirm: object = None,
    ) -> Answer:
        """Offer `amount`: for `user_id`, whose code is looked up at the decision, or for `code`."""
        fields = {"code": code, "user_id": user_id, "amount": amount, "confirm": confirm}
        return self.submit(sale_id, Kind.BID, key=key, **fields)

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

    def halt(self, sale_id: int, halt: Halt) -> bool:
        """Suspend a sale on the platform's own ground (CN16-28.2); whether that was recorded.

        Also while this process is in doubt: it is the one thing it still may do.
        """
        done = threading.Event()
        queue = self.queue_of(sale_id)
        queue.halt(halt, lambda _answer: done.set())
        self._keep_watch()
        return done.wait(ANSWER_TIMEOUT) and not queue.drop_halt()

    # ── the watch ───────────────────────────────────────────────────────────────────────────────

    def give_up(self, now: datetime) -> int:
        """Answer everyone who has waited as long as is promised; how many they were."""
        return sum(queue.give_up(now) for queue in list(self._queues.values()) if queue.is_busy)

    def probe(self) -> None:
        """Try again in every sale whose last batch could not be decided."""
        for queue in list(self._queues.values()):
            if queue.failing_since is not None and not len(queue):
                self.put(queue.sale_id, Kind.TICK, lambda _answer: None)

    def _keep_watch(self) -> None:
        """See that somebody looks at the clock while anybody waits."""
        if self._has_work.is_set():
            return
        with self._lock:
            self._has_work.set()
            if self._watcher is not None:
                return
            self._watcher = threading.Thread(target=self._watch, daemon=True)
        try:
            self._watcher.start()
        except RuntimeError:  # no more threads to be had: callers still wait no longer than ever
            log.exception("no watch kept")
            self._watcher = None

    def _watch(self) -> None:
        while self._is_wanted():
            self._has_work.clear()
            while any(queue.is_busy for queue in list(self._queues.values())):
                self._pause.wait(WATCH_SECONDS)
                try:
                    self.give_up(self.clock.now())
                except Exception:  # the next look tries again
                    log.exception("watch failed")

    def _is_wanted(self) -> bool:
        """Wait for work; after a while without any the thread may end."""
        if self._has_work.wait(IDLE_SECONDS):
            return True
        with self._lock:
            if not self._has_work.is_set():
                self._watcher = None
                return False
        return True


def _maker(
    kind: Kind, reply: Callable[[Answer], None], fields: dict[str, object]
) -> Callable[[datetime], Waiting]:
    return lambda at: Waiting(kind, at, reply, **fields)  # type: ignore[arg-type]
