"""What this package adds to the application."""

from __future__ import annotations

from flask import Flask

import bidding.closing.confirmation
import bidding.enrolment.models
import bidding.enrolment.seals
import bidding.evidence.milestones
import bidding.evidence.models
import bidding.evidence.stamps
import bidding.room.models  # noqa: F401  # tables and handlers must be known from the start
from auction.core.worker import every_turn
from bidding.catalogue.routes import bp as catalogue_pages
from bidding.closing.due import tick_due_sales
from bidding.desk.routes import bp as desk_pages
from bidding.enrolment.routes import bp as enrolment_pages
from bidding.evidence.cli import evidence_commands
from bidding.evidence.cosignatures import feed_witnesses
from bidding.evidence.routes import bp as evidence_pages
from bidding.room.api import bp as room_api
from bidding.room.control import bp as control_pages
from bidding.room.incidents import show_ground
from bidding.room.pages import bp as room_pages
from bidding.room.setup import init_room


def register(app: Flask) -> None:
    """Attach blueprints, sockets, commands and outbox handlers."""
    init_room(app)
    app.register_blueprint(room_api)
    app.register_blueprint(evidence_pages)
    app.cli.add_command(evidence_commands)
    app.register_blueprint(room_pages)
    app.register_blueprint(control_pages)
    app.register_blueprint(catalogue_pages)
    app.register_blueprint(enrolment_pages)
    app.register_blueprint(desk_pages)
    every_turn(app, tick_due_sales)
    feed_witnesses(app)
    # Macros and included parts are drawn without a view's own words.
    app.jinja_env.globals["show_ground"] = show_ground
