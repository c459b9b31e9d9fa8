"""The control room: court staff act on running sales of their own court, and see only codes."""

from __future__ import annotations

import re

import pytest
from builders import make_user
from conftest import browser
from live_room import make_room
from live_socket import cookie_of

from auction.accounts.models import User
from auction.accounts.roles import Role
from auction.core.db import db
from auction.courts.models import Court
from auction.sales.models import Sale
from bidding.room.queries import public_state


def sign_in(app, user, clock):
    person = browser(app)
    name, _, value = cookie_of(app, user.id, clock.now()).partition(";")[0].partition("=")
    person.set_cookie(name, value, domain="luochui.test")
    return person


def post(person, path, **fields):
    page = person.get("/court/control").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)
    return person.post(path, data={"csrf_token": token, **fields})


@pytest.fixture
def court(any_app, clock):
    """A running sale, its court's clerk and two judges."""
    room = make_room(any_app, clock.now())
    court = db.session.get(Court, db.session.get(Sale, room.sale_id).court_id)
    clerk = db.session.get(User, room.sale.created_by)
    judges = [make_user(clock.now(), Role.JUDGE, court=court) for _ in range(2)]
    path = f"/court/control/{room.sale.number}"
    return room, path, *(sign_in(any_app, person, clock) for person in (clerk, *judges))


def status(room) -> str:
    return public_state(room.sale_id)["status"]


def test_the_room_lists_running_sales_without_names(court, any_app, clock):
    room, path, clerk, *_ = court
    assert room.bid(0, 0).accepted
    page = clerk.get("/court/control").get_data(as_text=True)
    assert room.sale.number in page
    assert room.codes[0] in page
    assert clerk.get(path).status_code == 200
    for user_id in room.users:
        assert f"竞买人{user_id}" not in page
    assert any_app.config["TESTING"]


def test_a_clerk_suspends_with_a_public_ground_and_resumes(court):
    room, path, clerk, *_ = court
    assert post(clerk, f"{path}/suspend", ground="").status_code == 422
    assert status(room) == "open"
    assert post(clerk, f"{path}/suspend", ground="案外人提出异议").status_code == 303
    assert status(room) == "suspended"
    assert "案外人提出异议" in clerk.get(path).get_data(as_text=True)
    assert post(clerk, f"{path}/resume").status_code == 303
    assert status(room) == "open"


def test_a_withdrawal_takes_two_persons_the_second_a_judge(court):
    room, path, clerk, first, second = court
    assert post(first, f"{path}/withdrawal", ground="被执行人已全部履行").status_code == 303
    assert status(room) == "open"
    assert post(clerk, f"{path}/withdrawal/confirm").status_code == 403
    assert post(first, f"{path}/withdrawal/confirm").status_code == 403
    assert status(room) == "open"
    assert post(second, f"{path}/withdrawal/confirm").status_code == 303
    assert status(room) == "withdrawn"
    assert second.get(path).status_code == 404


def test_a_dropped_proposal_cannot_be_confirmed(court):
    room, path, clerk, judge, _ = court
    post(clerk, f"{path}/withdrawal", ground="材料有误")
    assert post(judge, f"{path}/withdrawal", ground="再次").status_code == 409
    assert post(clerk, f"{path}/withdrawal/drop").status_code == 303
    assert post(judge, f"{path}/withdrawal/confirm").status_code == 404
    assert status(room) == "open"


def test_another_court_and_a_bidder_see_nothing(court, any_app, clock):
    room, path, *_ = court
    elsewhere = sign_in(
        any_app, db.session.get(User, make_room(any_app, clock.now()).sale.created_by), clock
    )
    assert elsewhere.get(path).status_code == 404
    assert post(elsewhere, f"{path}/suspend", ground="x").status_code == 404
    bidder = sign_in(any_app, db.session.get(User, room.users[0]), clock)
    assert bidder.get("/court/control").status_code == 403
    assert status(room) == "open"
