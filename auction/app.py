"""What this package adds to the application."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, request

import auction.accounts.models
import auction.assets.models
import auction.cases.models
import auction.cases.relief
import auction.cases.relief_routes
import auction.core.audit
import auction.core.outbox
import auction.courts.models
import auction.deadlines.models
import auction.messages.models
import auction.notices.models
import auction.rulings.models
import auction.sales.models  # noqa: F401  # all tables must be known before migrations or queries
from auction.accounts import app as accounts_app
from auction.assets import routes as assets_routes
from auction.cases import claim_routes
from auction.cases import routes as cases_routes
from auction.core.acts import act_name
from auction.core.health import init_health
from auction.core.worker import worker_command
from auction.deadlines.names import deadline_name
from auction.messages import routes as messages_routes
from auction.notices import routes as documents_routes
from auction.sales import panel_routes
from auction.sales import routes as sales_routes


def register(app: Flask) -> None:
    """Attach blueprints, commands and outbox handlers."""
    init_health(app)
    app.cli.add_command(worker_command)
    accounts_app.register(app)
    app.register_blueprint(cases_routes.bp)
    app.register_blueprint(claim_routes.bp)
    app.register_blueprint(assets_routes.bp)
    app.register_blueprint(sales_routes.bp)
    app.register_blueprint(panel_routes.bp)
    app.register_blueprint(documents_routes.bp)
    app.register_blueprint(messages_routes.bp)

    @app.context_processor
    def _words() -> dict[str, Any]:
        return {"act_name": act_name, "deadline_name": deadline_name, "page_href": page_href}


def page_href(page: int) -> str:
    """The list being looked at, at another page."""
    args = request.args.to_dict(flat=False)
    args["page"] = [str(page)]
    return f"{request.path}?{urlencode(args, doseq=True)}"
