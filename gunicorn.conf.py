"""How the web process runs: one gevent worker; more capacity is more processes behind nginx.

Flask-SocketIO allows one worker a gunicorn process (each would have its own sockets).
"""

from __future__ import annotations

import gc
import os
import signal
from typing import Any

bind = f"127.0.0.1:{os.environ.get('PORT', '5000')}"
worker_class = "gevent"
workers = 1
worker_connections = 20_000
backlog = 4096
graceful_timeout = 5
timeout = 60
keepalive = 30
control_socket_disable = True
proc_name = "luochui"
loglevel = "warning"

_workers: list[Any] = []


def post_worker_init(worker: Any) -> None:
    """Work off the outbox in this process too, unless WORKER=separate says another one does.

    Ctrl-C reaches every process of the terminal: the master alone acts on it, and the worker ends
    in order when the master says so.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, worker.handle_exit)
    from auction.core.worker import begin_serving, start_inline

    app = worker.wsgi
    begin_serving(app)
    tend_memory()
    if app.extensions["luochui.settings"].worker_inline:
        _workers.append(start_inline(app))


def tend_memory() -> None:
    """Look for garbage cycles more seldom, and never among what was there before serving began.

    A collection passes over every object of the process, in the middle of somebody's bid.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def worker_exit(_server: Any, _worker: Any) -> None:
    """Let the inline worker finish what it has begun."""
    for stop in _workers:
        stop.set()
