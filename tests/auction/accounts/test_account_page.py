"""One's own account: settings, sessions, password; and what programs ask about oneself."""

from __future__ import annotations

import pytest
from builders import PASSWORD, make_bidder, make_user
from conftest import browser
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.accounts import services
from auction.accounts.models import UserSession
from auction.accounts.passwords import verify_password
from auction.accounts.roles import Role
from auction.accounts.rules import mask_number
from auction.core.db import db

NEW = "purple monkey dishwasher"


@pytest.fixture
def user(app, clock):
    return make_user(clock.now(), Role.BIDDER)


def send(client, path, **data):
    return client.post(path, data={**data, "csrf_token": csrf_of(client)})


def is_in(client):
    return client.get("/api/v1/me").status_code == 200


def test_a_bidder_reads_what_is_kept_of_the_own_identity(client, app, clock):
    bidder = make_bidder(clock.now())
    page = sign_in_as(client, bidder).get("/account").text
    assert bidder.identity.full_name in page
    assert bidder.identity.phone in page
    assert mask_number(bidder.identity.id_number) in page
    assert bidder.identity.id_number not in page


def test_name_and_language_are_changed(client, user):
    sign_in_as(client, user)
    answer = send(client, "/account/profile", display_name="新称呼", lang="en")
    assert answer.status_code == 302
    assert (user.display_name, user.lang) == ("新称呼", "en")
    assert 'lang="en"' in client.get("/account").text


def test_a_bad_name_is_refused_and_kept_on_the_page(client, user):
    sign_in_as(client, user)
    answer = send(client, "/account/profile", display_name="字" * 41, lang="zh")
    assert answer.status_code == 422
    assert "字" * 41 in answer.text


def test_a_new_password_ends_every_other_session(app, client, user):
    sign_in_as(client, user)
    others = [sign_in_as(browser(app), user) for _ in range(3)]
    answer = send(client, "/account/password", old_password=PASSWORD, password=NEW)
    assert answer.status_code == 302
    assert is_in(client)
    assert not any(is_in(other) for other in others)
    assert verify_password(user.password_hash, NEW)
    assert not verify_password(user.password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong password", NEW, "现在的密码不正确"),
        (PASSWORD, "short", "至少 10 个字符"),
        (PASSWORD, "1234567890", "太容易被猜到"),
        ("", NEW, "请填写"),
    ],
)
def test_a_password_is_changed_only_by_its_owner_and_only_to_a_good_one(
    client, user, old, new, words
):
    sign_in_as(client, user)
    answer = send(client, "/account/password", old_password=old, password=new)
    assert answer.status_code == 422
    assert words in answer.text
    assert verify_password(user.password_hash, PASSWORD)


def test_the_page_lists_sign_ins_and_ends_the_one_chosen(app, client, user):
    sign_in_as(client, user)
    other = sign_in_as(browser(app), user)
    page = client.get("/account").text
    rows = db.session.scalars(select(UserSession).order_by(UserSession.id)).all()
    assert f"/account/sessions/{rows[1].id}/end" in page
    assert f"/account/sessions/{rows[0].id}/end" not in page  # this one ends by signing out
    assert send(client, f"/account/sessions/{rows[1].id}/end").status_code == 302
    assert not is_in(other)
    assert is_in(client)


def test_nobody_ends_the_session_of_another(app, clock, client, user):
    stranger = sign_in_as(browser(app), make_user(clock.now(), Role.BIDDER))
    sign_in_as(client, user)
    row_id = db.session.scalars(select(UserSession.id).order_by(UserSession.id)).first()
    answer = send(client, f"/account/sessions/{row_id}/end")
    assert answer.status_code == 404
    assert is_in(stranger)


def test_refused_sign_ins_are_shown_to_the_owner(app, client, user):
    thief = browser(app)
    thief.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    send(thief, "/login", email=user.email, password="a guess at it")
    sign_in_as(client, user)
    assert "203.0.113.9" in client.get("/account").text


def test_programs_learn_who_is_signed_in(client, user):
    assert client.get("/api/v1/me").status_code == 401
    assert client.get("/api/v1/me").json["code"] == "not-signed-in"
    sign_in_as(client, user)
    answer = client.get("/api/v1/me").json
    assert set(answer) == {"email", "roles", "csrf_token", "enrolments"}
    assert (answer["email"], answer["roles"]) == (user.email, ["bidder"])
    token = answer["csrf_token"]
    assert client.post("/logout", headers={"X-CSRF-Token": token}).status_code == 302
    assert not is_in(client)


def test_other_packages_add_to_that_answer(app, client, user, monkeypatch):
    monkeypatch.setattr(services, "_me_parts", [])
    services.register_me_part(lambda person: {"enrolments": [{"lot": "L", "code": person.email}]})
    sign_in_as(client, user)
    assert client.get("/api/v1/me").json["enrolments"] == [{"lot": "L", "code": user.email}]


def test_the_navigation_shows_what_the_role_may_open(app, clock, client):
    assert 'href="/register"' in client.get("/login").text
    sign_in_as(client, make_user(clock.now(), Role.SECURITY))
    page = client.get("/account").text
    assert 'href="/admin/roles"' in page
    assert 'href="/account" aria-current="page"' in page
    assert 'href="/admin/accounts"' not in page
    assert 'href="/audit"' not in page
