"""Another application on the same database: it has its own pool, caches and queues, as a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conftest import settings_for
from flask import Flask

from auction.core.clock import Clock
from auction.core.db import db
from wsgi import create_app


def start_process(app: Flask, clock: Clock) -> Flask:
    """Make it; `stop_process` lets go of its connections."""
    known = app.extensions["luochui.settings"]
    url = known.database_url.replace("postgresql+psycopg", "postgresql")
    return create_app(settings_for(url, known.upload_dir.parent), clock=clock, testing=True)


def stop_process(app: Flask) -> None:
    """Close its connections."""
    with app.app_context():
        db.engine.dispose()


@contextmanager
def second_process(app: Flask, clock: Clock) -> Iterator[Flask]:
    """The same for the length of a block."""
    second = start_process(app, clock)
    try:
        yield second
    finally:
        stop_process(second)
