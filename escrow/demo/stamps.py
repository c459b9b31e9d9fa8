"""Time stamps for the demonstration court: a server of its own, beside the application or alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from auction.core.clock import Clock
from auction.core.config import Settings
from bidding.evidence.stamps import StampAuthority
from bidding.timestamp_server.app import TimeStampServer
from bidding.timestamp_server.authority import ROOT_FILE
from escrow.demo.provider import QuietHandler

PREFIX = "/timestamp-server"
_KEY = "luochui.stamp_authority"


def stamp_folder(app: Flask) -> Path:
    """Where the demonstration's authority is kept: beside the SQLite file it belongs to."""
    settings: Settings = app.extensions["luochui.settings"]
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        database = Path(url.database)
        return database.with_name(f"{database.stem}-timestamps")
    return Path(app.instance_path) / "timestamps"


def mount_timestamp_server(app: Flask) -> None:
    """Serve the server under its prefix, and ask it for stamps, in demo mode without TSA_URL.

    Elsewhere do nothing. Its keys are made at the first request: no command leaves any behind.
    """
    settings: Settings = app.extensions["luochui.settings"]
    if not settings.demo or settings.tsa_roots is not None:
        return
    clock: Clock = app.extensions["luochui.clock"]
    server = TimeStampServer(stamp_folder(app), clock.now)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {PREFIX: server})  # type: ignore[method-assign]
    app.extensions[_KEY] = StampAuthority(settings.tsa_url, server.folder / ROOT_FILE)


@contextmanager
def local_timestamps(app: Flask, clock: Clock) -> Iterator[StampAuthority]:
    """Serve the server alone on a free port while the block runs, by the time of `clock`.

    The application has its checkpoints stamped there meanwhile.
    """
    server = TimeStampServer(stamp_folder(app), clock.now)
    listener = make_server("127.0.0.1", 0, server, threaded=True, request_handler=QuietHandler)
    address = f"http://127.0.0.1:{listener.server_port}"
    before = app.extensions.get(_KEY)
    app.extensions[_KEY] = local = StampAuthority(address, server.folder / ROOT_FILE)
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield local
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(10)
        if before is None:
            app.extensions.pop(_KEY)
        else:
            app.extensions[_KEY] = before
