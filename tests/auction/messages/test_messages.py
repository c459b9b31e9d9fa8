"""The inbox: told once, shown in the reader's language, to the reader alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_bidder, make_user
from conftest import browser
from live_socket import cookie_of
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.core.i18n import gettext
from auction.messages import wording
from auction.messages.models import Message
from auction.messages.queries import PER_PAGE, count_unread, list_messages
from auction.messages.services import mark_read, send_messages
from auction.messages.wording import Wording, words_for

KIND = "test-news"


@pytest.fixture(autouse=True)
def words(monkeypatch):
    """A kind of message that only these tests know."""
    monkeypatch.setattr(wording, "_words", dict(wording._words))

    @words_for(KIND)
    def _words(params):
        return Wording(f"{gettext('消息')} {params['n']}", params["text"])


def send(users, now, n=1, text="好") -> int:
    with transaction():
        return send_messages(
            [user.id for user in users], KIND, {"n": n, "text": text}, link="/lots/T-1", now=now
        )


def sign_in(app, user, clock, lang="zh"):
    person = browser(app)
    name, _, value = cookie_of(app, user.id, clock.now()).partition(";")[0].partition("=")
    person.set_cookie(name, value, domain="luochui.test")
    person.set_cookie("lang", lang, domain="luochui.test")
    return person


def test_all_are_told_in_one_statement_at_the_same_moment(any_app, clock):
    users = [make_bidder(clock.now()) for _ in range(5)]
    assert send([*users, users[0]], clock.now()) == 5
    rows = db.session.scalars(select(Message)).all()
    assert {row.user_id for row in rows} == {user.id for user in users}
    assert {(row.created_at, row.read_at) for row in rows} == {(clock.now(), None)}
    assert rows[0].params == {"n": 1, "text": "好"}


def test_nobody_to_tell_is_no_error_and_a_kind_without_words_is(any_app, clock):
    assert send([], clock.now()) == 0
    with transaction(), pytest.raises(LookupError):
        send_messages([1], "unheard-of", {}, link="/", now=clock.now())


def test_what_is_rolled_back_was_never_sent(any_app, clock):
    user = make_bidder(clock.now())

    def send_and_fail() -> None:
        with transaction():
            send_messages([user.id], KIND, {"n": 1, "text": ""}, link="/", now=clock.now())
            raise OSError

    with pytest.raises(OSError):
        send_and_fail()
    assert count_unread(user.id) == 0


def test_only_the_moment_of_reading_may_be_written_afterwards(any_app, clock):
    user = make_bidder(clock.now())
    send([user], clock.now())

    def change() -> None:
        with transaction() as session:
            session.scalars(select(Message)).one().params = {"n": 2, "text": "改"}

    with pytest.raises(DatabaseError):
        change()
    db.session.rollback()
    with transaction():
        mark_read(user.id, [db.session.scalars(select(Message)).one().id], clock.now())
    assert count_unread(user.id) == 0


def test_another_persons_messages_cannot_be_marked_as_read(any_app, clock):
    mine, other = make_bidder(clock.now()), make_bidder(clock.now())
    send([mine], clock.now())
    [line], _total = list_messages(mine.id, 1)
    with transaction():
        mark_read(other.id, [line.id], clock.now())
    assert count_unread(mine.id) == 1


def test_the_newest_come_first_and_a_page_is_a_page(any_app, clock):
    user = make_bidder(clock.now())
    for n in range(PER_PAGE + 3):
        send([user], clock.now() + timedelta(seconds=n), n=n)
    first, total = list_messages(user.id, 1)
    second, _ = list_messages(user.id, 2)
    assert total == PER_PAGE + 3
    assert [line.words.title for line in (*first, *second)] == [
        f"消息 {n}" for n in reversed(range(PER_PAGE + 3))
    ]


def test_the_page_shows_what_is_new_once_and_the_navigation_counts_it(any_app, clock):
    user, other = make_bidder(clock.now()), make_bidder(clock.now())
    person = sign_in(any_app, user, clock)
    send([user], clock.now(), text="<b>标的</b>")
    send([other], clock.now(), text="不是给您的")
    assert 'class="nav__count"' in person.get("/lots").text
    page = person.get("/me/messages").text
    assert "&lt;b&gt;标的" in page
    assert 'href="/lots/T-1"' in page
    assert "inbox__item--new" in page
    assert "不是给您的" not in page
    again = person.get("/me/messages").text
    assert "inbox__item--new" not in again
    assert 'class="nav__count"' not in again
    assert count_unread(other.id) == 1


def test_a_look_at_the_headers_reads_nothing(any_app, clock):
    user = make_bidder(clock.now())
    send([user], clock.now())
    assert sign_in(any_app, user, clock).head("/me/messages").status_code == 200
    assert count_unread(user.id) == 1


def test_staff_have_an_inbox_and_strangers_are_asked_to_sign_in(any_app, clock):
    judge = make_user(clock.now(), Role.JUDGE)
    assert sign_in(any_app, judge, clock).get("/me/messages").status_code == 200
    assert browser(any_app).get("/me/messages").status_code == 302
    assert 'href="/me/messages"' not in browser(any_app).get("/lots").text


def test_a_kind_that_this_version_does_not_know_is_still_shown(any_app, clock):
    user = make_bidder(clock.now())
    with transaction() as session:
        session.add(
            Message(user_id=user.id, kind="of-old", params={}, link="/", created_at=clock.now())
        )
    assert "of-old" in sign_in(any_app, user, clock).get("/me/messages").text
