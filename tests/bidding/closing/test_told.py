"""An act on a running sale is told to all enrolled, once, with the act itself (CN16-28.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_bidder, make_enrolment
from conftest import browser
from live_room import make_room
from live_socket import cookie_of
from sqlalchemy import select

from auction.accounts.models import User
from auction.core.db import db
from auction.core.i18n import force_lang
from auction.messages.models import Message
from auction.messages.wording import word_message
from bidding.enrolment.models import EnrolmentStatus
from bidding.room.requests import Kind


def told(kind: str | None = None) -> list[Message]:
    db.session.rollback()
    rows = db.session.scalars(select(Message).order_by(Message.id)).all()
    return [row for row in rows if kind in (None, row.kind)]


def act(room, kind: Kind, ground: str = "案外人提出异议"):
    return room.intake.submit_command(
        room.sale_id, kind, actor_id=room.sale.created_by, ground=ground
    )


def sign_in(app, user_id: int, clock):
    person = browser(app)
    name, _, value = cookie_of(app, user_id, clock.now()).partition(";")[0].partition("=")
    person.set_cookie(name, value, domain="luochui.test")
    return person


@pytest.mark.parametrize(
    ("kind", "told_as"), [(Kind.SUSPEND, "sale-suspended"), (Kind.WITHDRAW, "sale-withdrawn")]
)
def test_all_enrolled_and_nobody_else_are_told_in_the_acts_transaction(
    any_app, clock, kind, told_as
):
    room = make_room(any_app, clock.now())
    make_room(any_app, clock.now())
    undecided = make_bidder(clock.now())
    make_enrolment(clock.now(), room.sale, undecided, status=EnrolmentStatus.DEPOSIT_DUE, code=None)
    assert act(room, kind).accepted
    rows = told()
    assert {(row.user_id, row.kind) for row in rows} == {(user, told_as) for user in room.users}
    assert {row.created_at for row in rows} == {clock.now()}
    assert {row.params["ground"] for row in rows} == {"案外人提出异议"}


def test_a_resumption_names_the_new_close(any_app, clock):
    room = make_room(any_app, clock.now())
    act(room, Kind.SUSPEND)
    clock.advance(hours=1)
    closes_at = act(room, Kind.RESUME, "").snapshot.closes_at
    assert closes_at == room.sale.closes_at + timedelta(hours=1)
    rows = told("sale-resumed")
    assert len(rows) == len(room.users)
    with force_lang("zh"):
        shown = word_message(rows[0].kind, rows[0].params)
    assert "2026年11月3日 11:00:00" in shown.text


def test_a_ground_that_ends_in_a_full_stop_does_not_get_a_second_one(any_app, clock):
    room = make_room(any_app, clock.now())
    act(room, Kind.SUSPEND, "案外人提出异议。")
    row = told("sale-suspended")[0]
    with force_lang("zh"):
        assert "理由：案外人提出异议。暂缓期间" in word_message(row.kind, row.params).text


def test_an_act_that_changes_nothing_is_told_to_nobody(any_app, clock):
    room = make_room(any_app, clock.now())
    assert act(room, Kind.RESUME, "").accepted
    assert told() == []
    act(room, Kind.SUSPEND)
    assert act(room, Kind.SUSPEND).accepted
    assert len(told()) == len(room.users)
    act(room, Kind.RESUME, "")
    act(room, Kind.SUSPEND)
    assert len(told("sale-suspended")) == 2 * len(room.users)


def test_an_act_that_is_not_recorded_is_not_told(any_app, clock, monkeypatch):
    room = make_room(any_app, clock.now())
    from bidding.room import queue

    original = queue.record_acts

    def record_and_fail(turn, now):
        original(turn, now)
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "record_acts", record_and_fail)
        assert not act(room, Kind.SUSPEND).accepted
    assert told() == []


def test_the_message_is_worded_when_it_is_read(any_app, clock):
    room = make_room(any_app, clock.now())
    act(room, Kind.SUSPEND)
    bidder = sign_in(any_app, room.users[0], clock)
    page = bidder.get("/me/messages").text
    assert "拍卖已暂缓" in page
    assert "案外人提出异议" in page
    assert f'href="/lots/{room.lot}"' in page


def test_no_page_of_the_court_shows_who_was_told(any_app, clock):
    room = make_room(any_app, clock.now())
    act(room, Kind.SUSPEND)
    clerk = sign_in(any_app, room.sale.created_by, clock)
    people = [db.session.get(User, user_id) for user_id in room.users]
    for path in ("/me/messages", "/court/control", f"/court/control/{room.sale.number}"):
        page = clerk.get(path)
        assert page.status_code == 200
        for person in people:
            assert person.email not in page.text
            assert person.display_name not in page.text
    assert "拍卖已暂缓" not in clerk.get("/me/messages").text


def test_incidents_stand_beside_the_ground_on_the_lots_page_and_in_the_control_room(any_app, clock):
    room = make_room(any_app, clock.now())
    guard = any_app.extensions["luochui.guard"]
    guard.read = lambda: clock.now() + timedelta(seconds=2)
    guard.beat()
    public = browser(any_app).get(f"/lots/{room.lot}").text
    assert "平台时钟存疑" in public
    assert "尚未消除" in public
    clerk = sign_in(any_app, room.sale.created_by, clock)
    assert "平台故障记录" in clerk.get("/court/control").text
    assert "平台时钟存疑" in clerk.get(f"/court/control/{room.sale.number}").text
