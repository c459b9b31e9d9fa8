"""What this package adds to the application."""

from __future__ import annotations

from flask import Flask

import bidding.closing.confirmation
import bidding.enrolment.models
import bidding.enrolment.seals
import bidding.room.models  # noqa: F401  # all tables must be known before migrations or queries
from auction.core.worker import every_turn
from bidding.catalogue.routes import bp as catalogue_pages
from bidding.closing.due import tick_due_sales
from bidding.desk.routes import bp as desk_pages
from bidding.enrolment.routes import bp as enrolment_pages
from bidding.room.api import bp as room_api
from bidding.room.control import bp as control_pages
from bidding.room.pages import bp as room_pages
from bidding.room.setup import init_room


def register(app: Flask) -> None:
    """Attach blueprints, sockets, commands and outbox handlers."""
    init_room(app)
    app.register_blueprint(room_api)
    app.register_blueprint(room_pages)
    app.register_blueprint(control_pages)
    app.register_blueprint(catalogue_pages)
    app.register_blueprint(enrolment_pages)
    app.register_blueprint(desk_pages)
    every_turn(app, tick_due_sales)
