"""What the corpus tests of the live room share: people at its doors, and what must not change."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

from builders import make_enrolment
from conftest import ORIGIN, browser
from flask import Flask
from live_room import Room, make_room
from live_socket import SocketClient, cookie_of
from sqlalchemy import select

from auction.accounts.models import User
from auction.core.db import db
from auction.sales.models import Lot, Sale
from bidding.enrolment.models import Enrolment
from bidding.evidence.models import LogEntry
from bidding.room.models import Bid, SaleHead

LEAKS = (
    "Traceback",
    "sqlalchemy",
    "SELECT ",
    "INSERT ",
    ".py",
    "psycopg",
    "sqlite",
    "/site-packages",
)


class Door:
    """A signed-in bidder at the HTTP door, with the token its calls carry."""

    def __init__(self, app: Flask, user_id: int, now) -> None:
        self.app = app
        self.client = browser(app)
        name, _, value = cookie_of(app, user_id, now).partition(";")[0].partition("=")
        self.client.set_cookie(name, value, domain="luochui.test")
        self.token = self.client.get("/api/v1/me").get_json()["csrf_token"]

    def send(self, lot: str, content: bytes, headers: dict[str, str] | None = None):
        """Post a bid's body as it is; headers as given, or those of a good call."""
        if headers is None:
            headers = self.good_headers()
        self.client.environ_base.pop("HTTP_ORIGIN", None)
        answer = self.client.post(f"/api/v1/lots/{lot}/bids", data=content, headers=headers)
        body = answer.get_data(as_text=True)
        assert answer.status_code < 500, (answer.status_code, body)
        assert not [word for word in LEAKS if word in body], body
        return answer

    def good_headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "X-CSRF-Token": self.token, "Origin": ORIGIN}


def reason_of(answer: dict[str, Any]) -> str:
    """What an answer of either door comes to."""
    if answer.get("accepted"):
        return "accepted"
    return str(answer.get("reason", answer.get("code")))


def seat(port: int, app: Flask, user_id: int, now):
    """A bidder at the socket's door, hung up at the end of its block."""
    return closing(SocketClient(port, cookie=cookie_of(app, user_id, now)))


def digest() -> str:
    """Lots, sales, heads, bids, public logs and enrolments, as committed."""
    db.session.rollback()
    columns = {
        Lot: [Lot.id, Lot.number, Lot.asset_id],
        Sale: [Sale.id, Sale.status, Sale.opens_at, Sale.closes_at, Sale.hammer_price_minor],
        SaleHead: [SaleHead.sale_id, SaleHead.status, SaleHead.price_minor, SaleHead.leader,
                   SaleHead.seq, SaleHead.opens_at, SaleHead.closes_at, SaleHead.ended_at],
        Bid: [Bid.sale_id, Bid.seq, Bid.code, Bid.amount_minor, Bid.at, Bid.closes_at],
        LogEntry: [LogEntry.__table__],
        Enrolment: [Enrolment.id, Enrolment.code, Enrolment.status, Enrolment.is_barred,
                    Enrolment.priority_rank],
        User: [User.id, User.email, User.is_active],
    }  # fmt: skip
    rows = [
        sorted(list(map(str, row)) for row in db.session.execute(select(*wanted)).all())
        for wanted in columns.values()
    ]
    db.session.rollback()
    return json.dumps(rows, sort_keys=True)


def make_standing_room(app: Flask, clock) -> Room:
    """A running sale in which the second bidder leads at the start price; the first one sends."""
    room = make_room(app, clock.now(), bidders=2)
    assert room.bid(1, 0).accepted
    return room


def enrol_again(app: Flask, clock, room: Room) -> Room:
    """Another running sale with the same two people; nobody has bid."""
    other = make_room(app, clock.now(), bidders=0)
    for user_id in room.users:
        user = db.session.get(User, user_id)
        other.users.append(user_id)
        other.codes.append(str(make_enrolment(clock.now(), other.sale, user).code))
    return other
