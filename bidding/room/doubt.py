"""Whether this process may decide: its clock agrees with the database's, and nothing hangs.

A process whose clock lies over half a second from the database's takes itself out: it is not ready,
answers `unavailable`, and suspends what is open, once, on a ground everybody reads (CN16-28.2). It
comes back by itself when the clocks agree again; resuming a sale is the court's act. The same look
finds out how long the database was silent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Flask
from prometheus_client import Gauge
from sqlalchemy import select, text

from auction.core.clock import Clock, SystemClock, ticks, time_apart, truncate
from auction.core.db import db, transaction
from auction.core.health import readiness_of
from auction.core.log import get_logger
from bidding.engine import Status
from bidding.room.incidents import Halt, IncidentKind, end_incidents, note_incident
from bidding.room.intake import Intake
from bidding.room.models import SaleHead
from bidding.room.queue import OUTAGE

MOST_APART = timedelta(milliseconds=500)
MOST_LAG = timedelta(seconds=1)
BEAT_SECONDS = 1.0

_CLOCK = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
}

CLOCK_APART = Gauge("luochui_clock_apart_ms", "How far the database's clock certainly is from ours")

log = get_logger()

ReadClock = Callable[[], datetime]


def read_database_clock() -> datetime:
    """The database's time; with SQLite that is this machine's wall clock."""
    with db.engine.connect() as connection:
        found = connection.execute(text(_CLOCK[connection.dialect.name])).scalar_one()
    return truncate(datetime.fromisoformat(found) if isinstance(found, str) else found)


def find_open_sales(
    at: datetime, *, closing_by: datetime | None = None
) -> list[tuple[int, datetime]]:
    """Sales in which bids were taken at `at`, and when each opened.

    One that a fast clock has opened already counts too. Only those that were to close by
    `closing_by`, if that is named.
    """
    is_open = SaleHead.status == str(Status.OPEN)
    opens_by_now = (SaleHead.status == str(Status.SCHEDULED)) & (SaleHead.opens_at <= at)
    chosen = (
        select(SaleHead.sale_id, SaleHead.opens_at)
        .where(is_open | opens_by_now, SaleHead.closes_at > at)
        .order_by(SaleHead.closes_at)
    )
    if closing_by is not None:
        chosen = chosen.where(SaleHead.closes_at <= closing_by)
    with db.engine.connect() as connection:
        return [(row.sale_id, row.opens_at) for row in connection.execute(chosen)]


class ClockGuard:
    """Compares the clocks once a second; at `app.extensions["luochui.guard"]`.

    Only a clock that claims to tell the machine's time is compared with the database's, unless
    `read` says with what. A clock held in the hand is true by definition.
    """

    def __init__(
        self,
        app: Flask,
        intake: Intake,
        *,
        read: ReadClock | None = None,
        seconds: Callable[[], float] = ticks,
    ) -> None:
        self.app = app
        self.intake = intake
        self.clock: Clock = intake.clock
        self.read = read
        if read is None and isinstance(self.clock, SystemClock):
            self.read = read_database_clock
        self._seconds = seconds
        self._beaten_at: float | None = None
        self._late = 0.0
        self._since: datetime | None = None
        self._is_noted = False
        self._is_settled = False
        self._halted: set[int] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the clocks are apart."""
        return self.intake.in_doubt

    def beat(self) -> None:
        """Compare the clocks once, and do what follows."""
        if self.read is None:
            return
        before = self.clock.now()
        self.intake.silent_since = self.intake.silent_since or before
        database = self.read()
        after = self.clock.now()
        self._end_silence(after)
        apart = time_apart(before, database, after)
        CLOCK_APART.set(round(apart / timedelta(milliseconds=1)))
        if apart > MOST_APART:
            self._doubt(database)
        elif after - before <= MOST_APART:
            self._trust(database)

    def _end_silence(self, now: datetime) -> None:
        """The database answers again; a close that fell into its silence may not pass as usual.

        Perhaps nobody bid because nobody could: such a sale is suspended from the beginning of the
        silence on, before its end can be recorded (CN16-28.2).
        """
        since = self.intake.silent_since
        if since is not None and now - since > OUTAGE:
            for sale_id, _opens_at in find_open_sales(since, closing_by=now):
                self.intake.queue_of(sale_id).note_failing(since)
            self.intake.probe()
        self.intake.silent_since = None

    def _doubt(self, database: datetime) -> None:
        """Decide nothing more; then suspend what is open, on the database's time."""
        if self._since is None:
            self._since = database
            log.critical("clock in doubt", source=self.intake.source)
        self.intake.in_doubt = True
        halt = Halt(IncidentKind.CLOCK, self.intake.source, self._since, database)
        if not self._is_noted:
            with transaction():
                note_incident(halt, None, database, is_over=False)
            self._is_noted = True
        for sale_id, opens_at in find_open_sales(database):
            # Whoever resumes it meanwhile knows why: it is halted once, not again and again.
            if sale_id in self._halted:
                continue
            if self.intake.halt(sale_id, replace(halt, at=max(database, opens_at))):
                self._halted.add(sale_id)

    def _trust(self, database: datetime) -> None:
        """The clocks agree: what was reported of this machine is over, also before a restart."""
        if self._is_settled and self._since is None:
            return
        with transaction():
            end_incidents(IncidentKind.CLOCK, self.intake.source, database)
        if self._since is not None:
            log.warning("clock trusted again", source=self.intake.source)
        self._since, self._is_noted, self._is_settled = None, False, True
        self._halted = set()
        self.intake.in_doubt = False

    # ── in a server ─────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Beat from a thread of its own, started once."""
        with self._lock:
            if self._thread is not None or self.read is None:
                return
            self._thread = threading.Thread(target=self._run, daemon=True, name="clock guard")
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end."""
        self._stop.set()

    def _run(self) -> None:
        while True:
            with self.app.app_context():
                try:
                    self.beat()
                except Exception:  # a database that is away: the next beat asks it again
                    log.exception("clocks not compared")
            self.intake.probe()
            self.note_turn()
            if self._stop.wait(BEAT_SECONDS):
                return
            self.note_wait()

    def note_turn(self) -> None:
        """A beat is done."""
        self._beaten_at = self._seconds()

    def note_wait(self) -> None:
        """How much longer than asked the pause took: so late is everything in this process."""
        if self._beaten_at is not None:
            self._late = self._seconds() - self._beaten_at - BEAT_SECONDS

    def is_prompt(self) -> bool:
        """Whether this process does what is due when it is due, and nobody waits in it for long."""
        most = MOST_LAG.total_seconds()
        overdue = 0.0
        if self._beaten_at is not None:
            overdue = self._seconds() - self._beaten_at - BEAT_SECONDS
        return max(self._late, overdue) <= most and self.intake.lag() <= MOST_LAG


def init_guard(app: Flask, intake: Intake) -> ClockGuard:
    """Attach the guard and what it adds to `/readyz`; a server starts it."""
    guard = ClockGuard(app, intake)
    app.extensions["luochui.guard"] = guard
    checks = readiness_of(app)
    checks["clock"] = lambda: not guard.in_doubt
    checks["prompt"] = guard.is_prompt
    return guard
