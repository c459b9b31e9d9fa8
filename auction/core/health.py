"""Alive, able to serve, and figures for the monitoring; none of it tells anything about a case."""

from __future__ import annotations

import hmac
import ipaddress
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
import redis
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.cli import with_appcontext
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from auction.core.access import PUBLIC, SIGNED_CALL, permission
from auction.core.clock import SystemClock
from auction.core.config import Settings
from auction.core.crypto import lookup_hash
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.log import get_logger
from auction.core.outbox import OutboxRow

bp = Blueprint("health", __name__)
log = get_logger()

PROBE_SECONDS = 1.0
"""How long the database may take to answer a question that asks nothing."""

REQUESTS = Counter(
    "luochui_requests_total", "Answers by endpoint and status", ["endpoint", "status"]
)
DURATION = Histogram("luochui_request_seconds", "Time to answer", ["endpoint"])


@bp.route("/healthz")
@permission(PUBLIC)
def alive() -> ResponseReturnValue:
    """The process answers; nothing else is asked, so that a lost database restarts nobody."""
    return jsonify({"status": "ok"})


@bp.route("/readyz")
@permission(PUBLIC)
def ready() -> ResponseReturnValue:
    """Whether this process can serve: database there, its tables up to date, Redis if configured.

    And whatever the parts of the application add: a clock that can be trusted, work done in time.
    Says which part is missing, never why: addresses and errors go to the log.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    settings: Settings = app.extensions["luochui.settings"]
    probe: DatabaseProbe = app.extensions["luochui.probe"]
    parts = {name: check() for name, check in readiness_of(app).items()}
    parts["database"], parts["migrations"] = probe.ask()
    if settings.redis_url:
        parts["redis"] = _redis_answers(settings.redis_url)
    if all(parts.values()):
        return jsonify({"status": "ok", "parts": parts})
    answer = jsonify({"status": "not-ready", "parts": parts})
    answer.headers["Retry-After"] = "5"
    return answer, 503


Check = Callable[[], bool]


def readiness_of(app: Flask) -> dict[str, Check]:
    """What `/readyz` asks beyond database and Redis: by name, and answered at once."""
    checks: dict[str, Check] = app.extensions.setdefault("luochui.readiness", {})
    return checks


class DatabaseProbe:
    """Asks the database in a thread of its own: if it hangs, the question does not.

    One at a time: while an earlier question hangs, the answer to the next is no.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._asking = threading.Lock()

    def ask(self) -> tuple[bool, bool]:
        """Whether the database answers in time, and whether its tables are up to date."""
        if not self._asking.acquire(timeout=PROBE_SECONDS):
            return False, False
        done = threading.Event()
        found: list[tuple[bool, bool]] = []
        try:
            threading.Thread(target=self._ask, args=(found, done), daemon=True).start()
        except RuntimeError:  # a process without threads to spare is not ready
            self._asking.release()
            log.exception("database not asked")
            return False, False
        if not done.wait(PROBE_SECONDS):
            log.error("database hangs")
        return found[0] if found else (False, False)

    def _ask(self, found: list[tuple[bool, bool]], done: threading.Event) -> None:
        try:
            with self._app.app_context():
                answers = _database_answers()
                found.append((answers, answers and _is_migrated(self._app.root_path)))
        finally:
            self._asking.release()
            done.set()


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        log.exception("database does not answer")
        db.session.remove()
        return False
    return True


def _is_migrated(root: str) -> bool:
    try:
        applied = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    except SQLAlchemyError:
        log.exception("migrations cannot be read")
        return False
    return applied == _newest_migrations(root)


@lru_cache(maxsize=4)
def _newest_migrations(root: str) -> frozenset[str]:
    config = Config()
    config.set_main_option("script_location", str(Path(root) / "migrations"))
    return frozenset(ScriptDirectory.from_config(config).get_heads())


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as connection:
            return bool(connection.ping())
    except (redis.RedisError, OSError):
        log.exception("redis does not answer")
        return False


# ── figures ─────────────────────────────────────────────────────────────────────────────────────


def metrics_token() -> str:
    """The bearer token of `/metrics`, derived from SECRET_KEY: `flask --app wsgi metrics-token`."""
    return lookup_hash("metrics", "metrics-token")


@bp.route("/metrics")
@permission(SIGNED_CALL)
def metrics() -> ResponseReturnValue:
    """Figures in Prometheus' text form: for this machine, or for who holds the token (13.4.5)."""
    if not (_is_from_here() or _has_token()):
        raise NotFound("http-404", _l("没有找到这个页面。请检查网址，或从首页重新查找。"))
    body = generate_latest(_gauges()) + generate_latest(REGISTRY)
    return Response(body, content_type=CONTENT_TYPE_LATEST)


def _is_from_here() -> bool:
    """From loopback, and not passed on by a proxy on this machine."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), metrics_token().encode())


def _gauges() -> CollectorRegistry:
    """What is read from the database at the moment of asking."""
    registry = CollectorRegistry()
    now = current_app.extensions["luochui.clock"].now()
    late = select(func.count()).where(OutboxRow.done_at.is_(None), OutboxRow.run_at <= now)
    oldest = select(func.min(OutboxRow.run_at)).where(
        OutboxRow.done_at.is_(None), OutboxRow.run_at <= now
    )
    since = db.session.scalar(oldest)
    Gauge("luochui_outbox_due", "Outbox rows that are due", registry=registry).set(
        db.session.scalar(late) or 0
    )
    Gauge("luochui_outbox_oldest_seconds", "Age of the oldest due row", registry=registry).set(
        (now - since).total_seconds() if since else 0
    )
    drift = Gauge("luochui_clock_drift_ms", "Wall clock against ours", registry=registry)
    clock: Any = current_app.extensions["luochui.clock"]
    drift.set(clock.drift_ms() if isinstance(clock, SystemClock) else 0)
    return registry


def _start_watch() -> None:
    g.request_timer = DURATION.labels(request.endpoint or "none").time()
    g.request_timer.__enter__()


def _stop_watch(response: Response) -> Response:
    REQUESTS.labels(request.endpoint or "none", str(response.status_code)).inc()
    timer = g.pop("request_timer", None)
    if timer is not None:
        timer.__exit__(None, None, None)
    return response


@click.command("metrics-token")
@with_appcontext
def print_metrics_token() -> None:
    """Print the bearer token that opens /metrics from another machine."""
    click.echo(metrics_token())


def init_health(app: Flask) -> None:
    """Attach the three pages, the counting of requests and the token's command."""
    app.extensions["luochui.probe"] = DatabaseProbe(app)
    app.cli.add_command(print_metrics_token)
    app.before_request(_start_watch)
    app.after_request(_stop_watch)
    app.register_blueprint(bp)
