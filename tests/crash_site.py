"""One web process on one database, which is killed again and again, and the court it serves."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from builders import (
    make_asset,
    make_bidder,
    make_case,
    make_court,
    make_enrolment,
    make_lot,
    make_sale,
    make_user,
)
from conftest import settings_for
from crash_points import Point, Trace, child_of
from processes import HOST, Process, answers_ok, free_port, migrate, wait_until, web_process
from sqlalchemy import func, select, update

from auction.accounts.models import User
from auction.accounts.roles import Role
from auction.cases.models import EnforcementCase
from auction.core.clock import SystemClock
from auction.core.db import db, transaction
from auction.core.outbox import OutboxRow
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.answers import show_answer
from bidding.room.models import SaleHead
from bidding.room.opening import open_room
from bidding.room.requests import Kind
from escrow.payments.services import confirm_bank_deposit
from wsgi import create_app

START_PRICE = 70_000_000
STEP = 500_000
EARLIER = timedelta(minutes=10)
EXTENSION = timedelta(minutes=5)
HOLD_ON = timedelta(minutes=1)
REST_OF_WINDOW = EXTENSION / 2
JOURNAL_BYTES = 4_300_000  # a little more than the thousand pages that SQLite lets it grow to


class EarlierClock:
    """What time already decided is seeded in the past: nobody waits for an opening or an end."""

    def __init__(self) -> None:
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now() - EARLIER


@dataclass(frozen=True)
class SeededSale:
    """A sale with its two bidders, their deposits paid."""

    id: int
    number: str
    lot: str
    codes: list[str]
    closes_at: datetime


class Court:
    """An application of our own on the same database; between its works it holds no connection.

    While it held one, a killed process would not be the last on a SQLite file, and its journal
    would not have to be recovered when the next one opens it.
    """

    def __init__(self, settings: dict[str, str]) -> None:
        self.app = create_app(settings, clock=EarlierClock())
        self._lines = itertools.count(1)
        with self._at_work():
            now = self.now()
            court = make_court(now)
            clerk = make_user(now, Role.CLERK, court=court)
            self.case_id = make_case(now, court=court, clerk=clerk).id
            people = [make_bidder(now) for _ in range(2)]
            self.user_ids = [person.id for person in people]
            self.emails = [person.email for person in people]
            self.clerk_email = clerk.email

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self.app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()

    def now(self) -> datetime:
        """Ten minutes ago."""
        now: datetime = self.app.extensions["luochui.clock"].now()
        return now

    def announce_sale(
        self,
        *,
        opens_later_by: timedelta = timedelta(seconds=-1),
        closes_in: timedelta = timedelta(hours=1),
        closes_earlier: bool = False,
    ) -> SeededSale:
        """A sale that opened ten minutes ago, or a little later, and closes in a while.

        One that `closes_earlier` is seeded a minute before its close, and past it by now.
        """
        with self._at_work():
            now = self.now()
            case = db.session.get_one(EnforcementCase, self.case_id)
            sale = make_sale(
                now,
                lot=make_lot(now, asset=make_asset(now, case=case)),
                opens_at=now + opens_later_by,
                closes_at=now + (HOLD_ON if closes_earlier else EARLIER + closes_in),
                extension_window_seconds=int(EXTENSION.total_seconds()),
                extension_seconds=int(EXTENSION.total_seconds()),
                start_price_minor=START_PRICE,
                increment_minor=STEP,
            )
            open_room(sale.id)
            codes = [self._enrol(sale, user_id) for user_id in self.user_ids]
            return SeededSale(sale.id, sale.number, sale.lot.number, codes, sale.closes_at)

    def _enrol(self, sale: Sale, user_id: int) -> str:
        """Admitted as a bidder is: by the deposit that came to the court's bank account."""
        now = self.now()
        due = {"status": EnrolmentStatus.DEPOSIT_DUE, "code": None, "activated_at": None}
        user = db.session.get_one(User, user_id)
        enrolment = make_enrolment(now, sale, user, **due)
        with transaction():
            confirm_bank_deposit(
                enrolment.id,
                next(self._lines),
                sale.deposit_minor,
                payer_name="竞买人",
                payer_account="6222000000000009",
                received_at=now,
                at=now,
            )
        code = db.session.get_one(Enrolment, enrolment.id, populate_existing=True).code
        assert code
        return code

    def place_bid(self, sale: SeededSale, who: int, amount: int, key: str) -> dict[str, Any]:
        """A bid ten minutes ago, and what was answered."""
        return self._submit(sale, Kind.BID, user_id=self.user_ids[who], amount=amount, key=key)

    def leave_limit(self, sale: SeededSale, who: int, limit: int) -> dict[str, Any]:
        """A standing instruction of ten minutes ago, and what was answered."""
        return self._submit(sale, Kind.INSTRUCT, user_id=self.user_ids[who], amount=limit)

    def _submit(self, sale: SeededSale, kind: Kind, **fields: object) -> dict[str, Any]:
        with self._at_work():
            answer = self.app.extensions["luochui.intake"].submit(sale.id, kind, **fields)
            return show_answer(answer, self.now(), "zh")

    def let_leases_run_out(self) -> None:
        """A minute passes: what the dead process had claimed may be claimed again."""
        with self._at_work(), transaction() as session:
            session.execute(
                update(OutboxRow).where(OutboxRow.done_at.is_(None)).values(lease_until=None)
            )

    def seq_of(self, sale: SeededSale) -> int:
        """How many bids are recorded."""
        with self._at_work():
            return db.session.get_one(SaleHead, sale.id).seq

    def has_ended(self, sale: SeededSale) -> bool:
        """Whether its end is recorded."""
        with self._at_work():
            return db.session.get_one(SaleHead, sale.id).ended_at is not None

    def has_worked_off(self) -> bool:
        """Whether nothing is left in the outbox that is due."""
        with self._at_work():
            left = db.session.scalar(
                select(func.count())
                .select_from(OutboxRow)
                .where(OutboxRow.done_at.is_(None), OutboxRow.run_at <= datetime.now(UTC))
            )
            return left == 0


class Site:
    """The web process: gunicorn's master brings a new one whenever one is killed."""

    def __init__(self, name: str, folder: Path, database_url: str) -> None:
        self.name = name
        self.folder = folder
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.settings = settings_for(database_url, folder, PUBLIC_URL=self.url)
        self.file = database_url.partition("sqlite:///")[2]
        migrate(self.settings)
        self.court = Court(self.settings)
        self.web: Process | None = None
        self.is_given_up = False
        self._traces = itertools.count(1)
        self._worker = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.web is not None:
            self.web.kill()

    def serve(self, worker: str) -> None:
        """Have a web process with the worker `inline`; or with none, so that time does nothing."""
        if worker == self._worker and not self.is_given_up:
            return
        self.is_given_up = False
        if self.web is not None:
            self.web.kill()
        self._worker = worker
        self.web = web_process(self.folder, self.port, {**self.settings, "WORKER": worker})
        self.web.start()

    def give_up(self) -> None:
        """Something failed here or at the other site: no more of this scene, and begin afresh."""
        self.is_given_up = True

    def log(self) -> str:
        """The end of the process's log, for a failure's message."""
        return self.web.tail() if self.web is not None else ""

    @property
    def pid(self) -> int:
        """The process that serves, master's child."""
        assert self.web is not None
        pid = child_of(self.web.pid)
        assert pid is not None
        return pid

    def trace(self, kill_at: Point | None = None) -> Trace:
        """Watch the process that serves, and let it die at this point of what it does next."""
        return Trace(self.pid, self.folder / f"trace-{next(self._traces)}.log", kill_at)

    def stop_time(self) -> None:
        """Hold the process where it holds no lock, so that what it does next begins when told."""
        while True:
            os.kill(self.pid, signal.SIGSTOP)
            wait_until(lambda: _state_of(self.pid) == "T", 5, "stopping the web process")
            if not self._is_locked():
                return
            self.go_on()

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _is_locked(self) -> bool:
        if not self.file:
            return False
        with self._connection() as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return True
        return False

    def empty_journal(self) -> None:
        """Begin SQLite's journal anew, so that it is not taken over where nobody looks for it."""
        if self.file:
            with self._connection() as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def fill_journal(self) -> None:
        """Let SQLite's journal grow so far that whoever commits next takes it over."""
        with self._connection() as connection:
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("CREATE TABLE ballast (bytes BLOB)")
            connection.execute("INSERT INTO ballast VALUES (zeroblob(?))", [JOURNAL_BYTES])
            connection.execute("DROP TABLE ballast")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.file, timeout=0, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill -9, now."""
        os.kill(self.pid, signal.SIGKILL)

    def await_restart(self, dead: int) -> None:
        """Wait until another process serves in place of the dead one."""

        def is_back() -> bool:
            assert self.web is not None
            pid = child_of(self.web.pid)
            return pid not in {None, dead} and answers_ok(f"{self.url}/readyz")

        wait_until(is_back, 30, "serving again")


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
