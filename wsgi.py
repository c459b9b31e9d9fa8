"""The application factory: the one place that knows all three packages.

Served by `gunicorn -c gunicorn.conf.py "wsgi:create_app()"`; `flask --app wsgi …` finds it too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import Migrate

import auction.app
import bidding.app
import escrow.app
from auction.core.clock import Clock, SystemClock
from auction.core.config import Settings, read_settings
from auction.core.db import db, engine_options
from auction.core.i18n import init_i18n
from auction.core.log import configure_logging
from auction.core.web import init_web
from escrow.demo.provider import mount_simulator
from escrow.demo.stamps import mount_timestamp_server

ROOT = Path(__file__).resolve().parent


def create_app(
    config: Mapping[str, str] | None = None,
    *,
    clock: Clock | None = None,
    testing: bool = False,
) -> Flask:
    """Build the application from the environment, or from `config` in its place.

    Raises ConfigError, in one line, when the configuration does not describe a runnable system.
    """
    settings = read_settings(os.environ if config is None else config)
    configure_logging()
    app = Flask(__name__, root_path=str(ROOT), instance_path=str(ROOT / "instance"))
    app.config.update(flask_config(settings), TESTING=testing)
    app.extensions["luochui.settings"] = settings
    app.extensions["luochui.clock"] = clock or SystemClock()
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    init_i18n(app)
    init_web(app, settings)
    mount_simulator(app)  # in demo mode alone; inside what the live room wraps around it
    mount_timestamp_server(app)  # likewise
    auction.app.register(app)
    bidding.app.register(app)
    escrow.app.register(app)
    return app


def flask_config(settings: Settings) -> dict[str, Any]:
    """What Flask and its extensions read, from our settings."""
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(
            parents=True, exist_ok=True
        )
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        "MAX_CONTENT_LENGTH": 1_000_000,
        "SESSION_COOKIE_NAME": "__Host-session" if settings.is_https else "session",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PREFERRED_URL_SCHEME": "https" if settings.is_https else "http",
        "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,
        "TEMPLATES_AUTO_RELOAD": False,
    }
