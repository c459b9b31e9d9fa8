"""The application and the payment provider, each behind a real port, in the test's hand.

Web requests and sockets are served by threads as one process of a deployment serves them; the
clock, the worker and the provider's messages move only when the journey says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from conftest import settings_for
from flask import Flask
from processes import HOST, free_port
from werkzeug.serving import WSGIRequestHandler, make_server

from auction.core.clock import ManualClock, beijing
from auction.core.db import db
from auction.core.worker import work_once
from escrow.ledger import check_ledger
from escrow.stripe_simulator import create_simulator
from escrow.stripe_simulator.app import Simulator

MOST_TURNS = 40


class QuietHandler(WSGIRequestHandler):
    """Serves without a line a request."""

    def log(self, level: str, message: str, *args: Any) -> None:
        """Nothing is printed."""


@contextmanager
def serve(wsgi: Any, port: int) -> Iterator[None]:
    """Serve until the block is left, each request in a thread of its own."""
    server = make_server(HOST, port, wsgi, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Platform:
    """What runs, and what only the journey can move: time, the worker, the provider's messages."""

    app: Flask
    clock: ManualClock
    url: str
    provider_url: str
    simulator: Simulator
    folder: Path

    @property
    def now(self) -> datetime:
        """The moment in the court, as people there read it."""
        return beijing(self.clock.now())

    def work(self) -> None:
        """The worker does what is due, and the provider tells what happened, until all is quiet."""
        for _turn in range(MOST_TURNS):
            done = work_once(self.app) + self.simulator.deliver_pending()
            if not done:
                return
        raise AssertionError("the worker never comes to rest")

    def move_to(self, moment: datetime) -> None:
        """Time passes, and with it what time alone brings."""
        self.clock.set(moment)
        self.work()

    def move_on(self, **span: float) -> None:
        """So much time passes."""
        self.clock.advance(**span)
        self.work()

    def check_books(self) -> None:
        """What an operator asks: do the books hold together, transfer by transfer."""
        with self.app.app_context():
            assert check_ledger() == []
        done = self.app.test_cli_runner().invoke(args=["ledger", "check"])
        assert done.exit_code == 0, done.output


@contextmanager
def open_platform(
    make_app: Callable[..., Flask],
    clock: ManualClock,
    folder: Path,
    database: str = "sqlite",
    **more: str,
) -> Iterator[Platform]:
    """An empty platform on this database, with a provider beside it."""
    port, provider_port = free_port(), free_port()
    url, provider_url = f"http://{HOST}:{port}", f"http://{HOST}:{provider_port}"
    settings = settings_for("", folder)
    simulator = create_simulator(
        folder / "provider.db",
        clock=clock.now,
        webhook_url=f"{url}/webhooks/stripe",
        webhook_secret=settings["STRIPE_WEBHOOK_SECRET"],
        api_key=settings["STRIPE_API_KEY"],
        public_base=provider_url,
        sleep=lambda _seconds: None,
    )
    app = make_app(database, PUBLIC_URL=url, STRIPE_API_BASE=provider_url, **more)
    try:
        with serve(app, port), serve(simulator, provider_port):
            yield Platform(app, clock, url, provider_url, simulator, folder)
    finally:
        app.extensions["luochui.broadcaster"].stop()
        if "luochui.hints" in app.extensions:
            app.extensions["luochui.hints"].stop()
        simulator.close()
        with app.app_context():
            db.session.remove()
