"""What accounts add to the application: sessions, pages, navigation, commands."""

from __future__ import annotations

from flask import Flask

from auction.accounts import admin_routes, api, routes, stepup
from auction.accounts.cli import accounts_cli
from auction.accounts.nav import init_nav
from auction.accounts.sessions import init_sessions


def register(app: Flask) -> None:
    """Attach all of it; pages that name a permission are refused without the sessions here."""
    init_sessions(app)
    init_nav(app)
    app.register_blueprint(routes.bp)
    app.register_blueprint(stepup.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(admin_routes.bp)
    app.cli.add_command(accounts_cli)
