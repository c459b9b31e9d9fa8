"""Puts the live room together for one process."""

from __future__ import annotations

from flask import Flask

from auction.core.config import Settings
from auction.core.worker import when_serving
from bidding.evidence.keeper import LogKeeper
from bidding.room import opening  # noqa: F401  # registers its outbox handler
from bidding.room.directory import Directory
from bidding.room.doubt import init_guard
from bidding.room.hints import Hints
from bidding.room.intake import Intake
from bidding.room.limits import MOST_WATCHERS, BidLimiter
from bidding.room.sockets import init_sockets

# One second of one bidder on one lot; far above any person, below what starves the others.
BIDS_PER_SECOND = 2000


def init_room(app: Flask) -> None:
    """Attach intake, broadcaster and sockets; nothing is started before it is needed."""
    settings: Settings = app.extensions["luochui.settings"]
    app.extensions["luochui.evidence"] = LogKeeper()
    intake = Intake(app, app.extensions["luochui.clock"])
    directory = Directory()
    app.config.setdefault("BIDS_PER_SECOND", BIDS_PER_SECOND)
    app.config.setdefault("MOST_WATCHERS", MOST_WATCHERS)
    app.extensions["luochui.intake"] = intake
    app.extensions["luochui.directory"] = directory
    app.extensions["luochui.bid_limiter"] = BidLimiter(int(app.config["BIDS_PER_SECOND"]))
    room = init_sockets(app, intake, directory)
    app.extensions["luochui.room"] = room
    app.extensions["luochui.broadcaster"] = room.broadcaster
    intake.listen(room.broadcaster.note)
    guard = init_guard(app, intake)
    when_serving(app, guard.start)
    room.broadcaster.on_start.append(guard.start)
    room.broadcaster.on_final.append(directory.forget)
    if settings.redis_url:
        hints = Hints(settings.redis_url, room.broadcaster.hint)
        app.extensions["luochui.hints"] = hints
        intake.listen(hints.note)
        room.broadcaster.on_start.append(hints.start)
