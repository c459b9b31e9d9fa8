"""The worker: outbox rows that are due, and what time alone brings, until it is told to stop.

Any number may run, in any process: rows are claimed, and every act is idempotent.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from auction.core.log import get_logger
from auction.core.outbox import wait_for_work, work_off

IDLE_SECONDS = 0.5

log = get_logger()

Periodic = Callable[[], object]


def every_turn(app: Flask, act: Periodic) -> None:
    """Let the worker call `act` about twice a second, inside an application context."""
    periodic_of(app).append(act)


def periodic_of(app: Flask) -> list[Periodic]:
    """What the worker of this application calls at every turn."""
    acts: list[Periodic] = app.extensions.setdefault("luochui.periodic", [])
    return acts


def when_serving(app: Flask, act: Callable[[], None]) -> None:
    """Let every process that serves or works, and no other, call `act` once at its start."""
    app.extensions.setdefault("luochui.when_serving", []).append(act)


def begin_serving(app: Flask) -> None:
    """Call what was left for the moment when this process begins to serve or work."""
    for act in app.extensions.get("luochui.when_serving", ()):
        act()


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Work until `stop` is set; a failure is logged and the next turn comes."""
    while not stop.is_set():
        if not work_once(app):
            wait_for_work(IDLE_SECONDS)


def work_once(app: Flask) -> int:
    """One turn: time first, then the outbox; how many rows were finished."""
    for act in periodic_of(app):
        with app.app_context():
            try:
                act()
            except Exception:  # one act's failure must not stop the others; it is logged
                log.exception("periodic act failed", act=getattr(act, "__name__", ""))
    with app.app_context():
        try:
            return work_off(app.extensions["luochui.clock"].now())
        except Exception:  # the database may be away for a while; the next turn tries again
            log.exception("outbox not worked off")
            return 0


def start_inline(app: Flask) -> threading.Event:
    """Run the worker beside the requests of this process; set the returned event to stop it."""
    stop = threading.Event()
    threading.Thread(target=run_worker, args=(app, stop), daemon=True, name="worker").start()
    return stop


@click.command("worker")
@with_appcontext
def worker_command() -> None:
    """Work off the outbox and what time brings, until interrupted."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stop.set())
    begin_serving(app)
    click.echo("worker: running; Ctrl-C stops it")
    run_worker(app, stop)
