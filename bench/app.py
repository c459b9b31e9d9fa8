"""The product, and one more socket event that does nothing: what a bid is measured against."""

from __future__ import annotations

from typing import Any

from flask import Flask

from bidding.room.sockets import EVENTS, Client, Event, Reply, SocketRoom
from wsgi import create_app

NOOP = "noop"


def acknowledge(_room: SocketRoom, _client: Client, _payload: Any, reply: Reply) -> None:
    """Answer at once: wire, JSON and the check of the right to bid, without the bid."""
    reply({"accepted": True})


def create_bench_app() -> Flask:
    """The application as it is served, with the event `noop` beside the room's own."""
    EVENTS[NOOP] = Event("bidder.bid", acknowledge)
    return create_app()
