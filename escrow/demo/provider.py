"""Play money in demo mode: the Stripe simulator, mounted beside the application or served alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import make_url
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from auction.core.clock import Clock
from auction.core.config import Settings
from escrow.payments.gateway import Gateway
from escrow.stripe_simulator.app import Simulator, create_simulator

PREFIX = "/stripe-simulator"


def store_path(app: Flask) -> Path:
    """Where the simulator keeps what it knows: beside the SQLite file it belongs to."""
    named = app.config.get("SIMULATOR_STORE")
    if named:
        return Path(named)
    settings: Settings = app.extensions["luochui.settings"]
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        database = Path(url.database)
        return database.with_name(f"{database.stem}-simulator.db")
    return Path(app.instance_path) / "simulator.db"


def mount_simulator(app: Flask) -> None:
    """Serve the simulator under its prefix in demo mode; elsewhere do nothing.

    Called before the live room wraps the application, so that sockets are looked for first.
    """
    settings: Settings = app.extensions["luochui.settings"]
    if settings.demo:
        app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
            app.wsgi_app, {PREFIX: LazySimulator(app)}
        )


class LazySimulator:
    """Made at the first request: only a process that serves opens the file and sends webhooks."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._made: Simulator | None = None
        self._lock = threading.Lock()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """One request to the simulator."""
        return self.simulator()(environ, start_response)

    def simulator(self) -> Simulator:
        """The simulator of this process."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> Simulator:
        settings: Settings = self.app.extensions["luochui.settings"]
        clock: Clock = self.app.extensions["luochui.clock"]
        path = store_path(self.app)
        path.parent.mkdir(parents=True, exist_ok=True)
        return create_simulator(
            path,
            clock=clock.now,
            webhook_url=f"{settings.public_url}/webhooks/stripe",
            webhook_secret=settings.stripe_webhook_secret,
            api_key=settings.stripe_api_key,
            public_base=settings.public_url + PREFIX,
            deliver=not self.app.testing,
        )


class QuietHandler(WSGIRequestHandler):
    """One connection for many calls, and no line in the log for each."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing."""


@contextmanager
def local_provider(app: Flask, clock: Clock, *, begins_anew: bool = False) -> Iterator[str]:
    """Serve the simulator alone on a free port while the block runs; its address.

    The application pays through it meanwhile. With `begins_anew` its store is emptied first:
    payments of an earlier database must not answer for this one's.
    """
    settings: Settings = app.extensions["luochui.settings"]
    path = store_path(app)
    path.parent.mkdir(parents=True, exist_ok=True)
    if begins_anew:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
    # The port is known once the server has it, and the simulator's pages name it.
    server = make_server("127.0.0.1", 0, app.wsgi_app, threaded=True, request_handler=QuietHandler)
    base = f"http://127.0.0.1:{server.server_port}"
    server.app = simulator = create_simulator(
        path,
        clock=clock.now,
        webhook_url=None,
        webhook_secret=settings.stripe_webhook_secret,
        api_key=settings.stripe_api_key,
        public_base=base,
    )
    before = app.extensions.get("luochui.gateway")
    app.extensions["luochui.gateway"] = Gateway(settings.stripe_api_key, base)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield base
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
        simulator.close()
        if before is None:
            app.extensions.pop("luochui.gateway")
        else:
            app.extensions["luochui.gateway"] = before
