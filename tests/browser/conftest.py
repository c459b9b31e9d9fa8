"""One sale on a real port, and a chromium to look at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import Person, Town, expect, leave_pictures_on_failure
from builders import PASSWORD
from flask import Flask
from journeys.served import serve
from live_room import Room, make_room
from playwright.sync_api import Browser
from processes import HOST, free_port

from auction.accounts.models import User
from auction.core.clock import ManualClock
from auction.core.db import db


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


@dataclass
class Site:
    """A running sale behind a port, its clock in the test's hand, and people who look at it."""

    app: Flask
    clock: ManualClock
    room: Room
    town: Town

    @property
    def path(self) -> str:
        """The lot's page."""
        return f"/lots/{self.room.lot}"

    def visitor(self, name: str = "visitor", **how: bool) -> Person:
        """Somebody without an account, at the lot's page."""
        person = self.town.person(name, **how)
        self.enter(person)
        return person

    def enter(self, person: Person) -> None:
        """Open the lot's page and wait until its scripts have found the log in order."""
        person.go(self.path)
        line = person.page.locator("[data-evidence] a")
        expect(line).to_contain_text(re.compile(r"\d{2}:\d{2}:\d{2}|看详情"))

    def bidder(self, number: int, **how: bool) -> Person:
        """A bidder of the room, signed in, at the lot's page."""
        person = self.town.person(f"bidder {number}", **how)
        person.go("/login")
        user = db.session.get_one(User, self.room.users[number])
        person.fill({"email": user.email, "password": PASSWORD})
        person.page.locator("main form button[type=submit]").first.click()
        person.page.wait_for_url(lambda url: "/login" not in url)
        self.enter(person)
        return person

    def close_sale(self) -> None:
        """Let the time run out and the end be recorded."""
        self.clock.advance(days=2)
        self.room.intake.tick(self.room.sale_id)
        db.session.rollback()


@pytest.fixture
def site(
    make_app: Callable[..., Flask],
    clock: ManualClock,
    chromium: Browser,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Site]:
    port = free_port()
    app = make_app(PUBLIC_URL=f"http://{HOST}:{port}")
    town = Town(chromium, f"http://{HOST}:{port}")
    with app.app_context():
        room = make_room(app, clock.now())
        try:
            with serve(app, port):
                yield Site(app, clock, room, town)
                leave_pictures_on_failure(town, tmp_path, request)
                town.close()
        finally:
            app.extensions["luochui.broadcaster"].stop()
    assert town.complaints() == []
