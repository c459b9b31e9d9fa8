"""Where a court's life takes place: one application, and its database put back before each seed.

The application is kept because it is slow at first: what it has learnt of its own statements lasts
as long as its engine. Everything else that a process remembers is forgotten when it "dies".
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from conftest import settings_for
from sqlalchemy import event

from auction.core.clock import ManualClock
from auction.core.db import db
from bidding.evidence.keeper import LogKeeper
from bidding.room.directory import Directory
from bidding.room.intake import Intake
from escrow.payments.gateway import Gateway
from simulation.provider import API_KEY, BASE, Provider
from wsgi import create_app

# Where money stands: what else is written changes nothing that a check reads.
MONEY = {
    "transfer", "account_balance", "payment", "refund", "deposit", "settlement", "bank_line",
    "provider_move", "return_order", "distribution_plan", "plan_payment", "payout",
    "payout_batch", "buyer_default", "receivable", "set_aside",
}  # fmt: skip
WRITTEN = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


class SeedClock(ManualClock):
    """A clock that is set back before each seed."""

    def restart(self, moment: datetime) -> None:
        self._now = moment


class Place:
    """An application on a database of its own."""

    def __init__(self, folder: Path, url: str, start: datetime, template: Path | None) -> None:
        self.folder, self.template = folder, template
        self.clock = SeedClock(start)
        self.start = start
        self.note_change: Callable[[], None] = lambda: None
        self.app = create_app(
            settings_for(url, folder, STRIPE_API_BASE=BASE), clock=self.clock, testing=True
        )
        self.database = Path(url.removeprefix("sqlite:///"))
        with self.app.app_context():
            if db.engine.dialect.name == "sqlite":  # nothing here outlives the machine
                event.listen(db.engine, "connect", _do_not_wait_for_the_disk)
            event.listen(db.engine, "before_cursor_execute", self._look_at)

    def begin(self, provider: Callable[[], Provider]) -> Provider:
        """An empty court, an empty provider, and the first morning."""
        self.clock.restart(self.start)
        self.leave()
        if self.template is not None:
            for path in self.folder.glob(f"{self.database.name}*"):
                path.unlink()
            shutil.copy(self.template, self.database)
        made = provider()
        gateway = Gateway(API_KEY, BASE, retries=0)
        gateway._client = made.client()
        self.app.extensions["luochui.gateway"] = gateway
        self.forget()
        return made

    def forget(self) -> None:
        """A process has died: another one knows only what is in the database."""
        extensions = self.app.extensions
        extensions["luochui.evidence"] = LogKeeper()
        extensions["luochui.directory"] = Directory()
        extensions["luochui.intake"] = Intake(self.app, self.clock)

    def leave(self) -> None:
        """No connection stays open."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _look_at(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        written = WRITTEN.match(statement)
        if written is not None and written[1] in MONEY:
            self.note_change()


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
