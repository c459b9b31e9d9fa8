"""What the tests of the public pages share: a signed-in browser, and a sale that has ended."""

from __future__ import annotations

import re

from builders import PASSWORD
from conftest import browser
from flask import Flask
from flask.testing import FlaskClient
from live_room import Room, make_room

from auction.accounts.models import User
from auction.core.clock import ManualClock
from auction.core.db import db


def signed_in(app: Flask, user: User | int) -> FlaskClient:
    """A browser in which this person has signed in by the form."""
    person = user if isinstance(user, User) else db.session.get(User, user)
    client = browser(app)
    answer = client.post(
        "/login",
        data={"email": person.email, "password": PASSWORD, "csrf_token": csrf_of(client, "/login")},
    )
    assert answer.status_code == 302, answer.text[:500]
    return client


def csrf_of(client: FlaskClient, path: str) -> str:
    """The token on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, path
    return found.group(1)


def post(client: FlaskClient, path: str, page: str | None = None, **data):
    """Fill in the form of `page` (or of `path` itself)."""
    return client.post(path, data={**data, "csrf_token": csrf_of(client, page or path)})


def close_room(room: Room, clock: ManualClock) -> None:
    """Let the time run out and the end be recorded."""
    clock.advance(days=2)
    room.intake.tick(room.sale_id)
    db.session.rollback()


def make_sold(app: Flask, clock: ManualClock, steps: tuple[int, ...] = (0, 2, 3)) -> Room:
    """A sale sold to the last of alternating bidders."""
    room = make_room(app, clock.now())
    for turn, step in enumerate(steps):
        assert room.bid(turn % 2, step).accepted
        clock.advance(minutes=7)
    close_room(room, clock)
    return room
