"""Signing in and out: what the answer tells, what the cookie is worth, when it ends."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from builders import PASSWORD, make_court, make_user
from conftest import browser
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.accounts.models import User, UserSession
from auction.accounts.roles import Role
from auction.accounts.services import session_user
from auction.accounts.sessions import (
    TOKEN,
    hash_token,
    is_session_live,
    resolve_cookie,
)
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.ratelimit import limiter


def log_in(client, email, password=PASSWORD, **more):
    data = {"email": email, "password": password, "csrf_token": csrf_of(client), **more}
    return client.post("/login", data=data)


def is_in(client):
    return client.get("/api/v1/me").status_code == 200


def cookie_header(client):
    return f"session={client.get_cookie('session', domain='luochui.test').value}"


@pytest.fixture
def bidder(app, clock):
    return make_user(clock.now(), Role.BIDDER)


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.BIDDER, "/me"),
        (Role.CLERK, "/court"),
        (Role.JUDGE, "/court"),
        (Role.FINANCE, "/finance"),
        (Role.AUDITOR, "/audit"),
        (Role.ADMIN, "/admin/accounts"),
        (Role.SECURITY, "/admin/roles"),
    ],
)
def test_signing_in_leads_to_the_home_of_the_role(app, clock, client, role, home):
    court = make_court(clock.now())
    user = make_user(clock.now(), role, court=None if role is Role.BIDDER else court)
    answer = log_in(client, f" {user.email.upper()} ")
    assert (answer.status_code, answer.location) == (302, home)
    assert client.get("/api/v1/me").json["roles"] == [role.value]
    assert client.get("/login").location == home


def test_signing_in_leads_where_one_wanted_to_go_but_only_inside(app, client, bidder):
    asked = client.get("/account?tab=1")
    assert asked.location == "/login?next=/account?tab%3D1"
    assert 'name="next" value="/account?tab=1"' in client.get(asked.location).text
    assert log_in(client, bidder.email, next="/account?tab=1").location == "/account?tab=1"
    for outside in ("//evil", "https://evil.example", "/\\evil"):
        assert log_in(browser(app), bidder.email, next=outside).location == "/me"


def test_a_wrong_password_an_unknown_address_and_a_closed_account_look_the_same(app, clock, bidder):
    closed = make_user(clock.now(), Role.BIDDER, is_active=False)
    answers = [
        log_in(browser(app), bidder.email, "wrong password"),
        log_in(browser(app), "nobody@test.example", "wrong password"),
        log_in(browser(app), closed.email, "wrong password"),
        log_in(browser(app), closed.email, PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert all("邮箱或密码不正确" in answer.text for answer in answers)
    assert db.session.scalars(select(UserSession)).all() == []


def test_a_refused_sign_in_keeps_the_address_never_the_password_and_is_written_down(
    app, client, bidder
):
    answer = log_in(client, bidder.email, "a wrong password")
    assert f'value="{bidder.email}"' in answer.text
    assert "a wrong password" not in answer.text
    log_in(client, "nobody@test.example", "a wrong password")
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(e.action, e.subject_id) for e in entries] == [
        ("refuse-sign-in", bidder.id),
        ("refuse-sign-in", None),
    ]
    assert all("password" not in str(e.detail) and "@" not in str(e.detail) for e in entries)


def test_an_old_hash_is_renewed_at_the_next_sign_in(app, client, bidder):
    assert "m=8," in bidder.password_hash
    log_in(client, bidder.email)
    assert "m=65536," in bidder.password_hash
    assert PasswordHasher().verify(bidder.password_hash, PASSWORD)


def test_a_session_is_a_row_that_holds_a_hash_and_the_cookie_a_long_token(app, client, bidder):
    log_in(client, bidder.email)
    with client.session_transaction() as session:
        token = session[TOKEN]
    row = db.session.scalars(select(UserSession)).one()
    assert len(token) >= 43  # 256 bits
    assert row.token_hash == hash_token(token) != token
    assert (row.user_id, row.ip) == (bidder.id, "127.0.0.1")
    assert session_user(token) == (bidder.id, row.id)
    assert session_user(token + "x") is None
    assert session_user("") is None


def test_every_sign_in_has_a_new_token_and_nothing_of_the_cookie_before_survives(
    app, client, bidder
):
    with client.session_transaction() as session:
        session[TOKEN] = "chosen-by-an-attacker"
        session["planted"] = "x"
    log_in(client, bidder.email)
    with client.session_transaction() as session:
        first = session[TOKEN]
        assert first != "chosen-by-an-attacker"
        assert "planted" not in session
    log_in(client, bidder.email)
    with client.session_transaction() as session:
        assert session[TOKEN] != first


def test_after_signing_out_a_copy_of_the_cookie_is_dead(app, client, bidder):
    log_in(client, bidder.email)
    copy = client.get_cookie("session", domain="luochui.test").value
    assert client.post("/logout", data={"csrf_token": csrf_of(client)}).status_code == 302
    assert not is_in(client)
    client.set_cookie("session", copy, domain="luochui.test")
    assert not is_in(client)
    assert resolve_cookie(app, f"session={copy}") is None


def test_flask_logins_own_marks_sign_nobody_in(app, client, bidder):
    with client.session_transaction() as session:
        session["_user_id"] = str(bidder.id)
        session["_fresh"] = True
    assert not is_in(client)


def test_staff_are_out_after_eight_hours_whatever_they_do(app, clock, client):
    sign_in_as(client, make_user(clock.now(), Role.CLERK, court=make_court(clock.now())))
    for _ in range(8 * 6 - 1):
        clock.advance(minutes=10)
        assert is_in(client)
    clock.advance(minutes=10)
    assert not is_in(client)


def test_staff_are_out_after_fifteen_idle_minutes(app, clock, client):
    sign_in_as(client, make_user(clock.now(), Role.CLERK, court=make_court(clock.now())))
    clock.advance(minutes=14, seconds=59)
    assert is_in(client)
    clock.advance(minutes=14, seconds=59)
    assert is_in(client)
    clock.advance(minutes=15)
    assert not is_in(client)


def test_a_bidder_is_not_thrown_out_for_a_week(app, clock, client, bidder):
    sign_in_as(client, bidder)
    clock.advance(days=6, hours=23)
    assert is_in(client)
    clock.advance(hours=1)
    assert not is_in(client)


def test_a_closed_account_is_out_at_once(app, client, bidder):
    sign_in_as(client, bidder)
    assert is_in(client)
    with transaction():
        db.session.get(User, bidder.id).is_active = False
    assert not is_in(client)


def test_a_cookie_is_resolved_without_any_context(make_app, clock):
    app = make_app()
    with app.app_context():
        user = make_user(clock.now(), Role.BIDDER, lang="en")
        client = sign_in_as(browser(app), user)
        header, user_id = cookie_header(client), user.id
        inside = resolve_cookie(app, header)
        assert is_session_live(inside.session_id, clock.now())
    visitor = resolve_cookie(app, header)
    assert visitor == inside
    assert (visitor.user_id, visitor.lang) == (user_id, "en")
    assert resolve_cookie(app, header + "; lang=zh").lang == "zh"
    assert resolve_cookie(app, header + "; lang=xx").lang == "en"
    for bad in ("", "session=", "session=x", header + "x", "other=" + header, "\x00", "session=é"):
        assert resolve_cookie(app, bad) is None
    clock.advance(days=7)
    assert resolve_cookie(app, header) is None
    with app.app_context():
        assert not is_session_live(visitor.session_id, clock.now())


def test_a_cookie_signed_with_another_secret_is_worth_nothing(make_app, clock):
    app, other = make_app(), make_app(SECRET_KEY="another-secret-key-0123456789-0123456789")
    with app.app_context():
        client = sign_in_as(browser(app), make_user(clock.now(), Role.BIDDER))
        assert resolve_cookie(other, cookie_header(client)) is None


def test_guessing_is_stopped_with_429_in_the_persons_language(app, client, bidder):
    codes = [log_in(client, bidder.email, f"wrong password {n}").status_code for n in range(10)]
    assert codes == [422] * 10
    answer = log_in(client, bidder.email)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "操作过于频繁" in answer.text
    english = client.post(
        "/login?lang=en", data={"email": bidder.email, "csrf_token": csrf_of(client)}
    )
    assert english.status_code == 429
    assert 'lang="en"' in english.text


def test_who_guesses_locks_neither_the_owner_elsewhere_nor_the_neighbours_out(
    app, clock, client, bidder
):
    neighbour = make_user(clock.now(), Role.BIDDER)
    for n in range(11):
        log_in(client, bidder.email, f"wrong password {n}")
    assert log_in(client, bidder.email).status_code == 429
    elsewhere = browser(app)
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert log_in(elsewhere, bidder.email).status_code == 302
    assert log_in(client, neighbour.email).status_code == 302


def test_the_log_of_guessing_names_nobody(client, bidder, caplog, monkeypatch):
    monkeypatch.setattr(limiter.logger, "disabled", False)
    monkeypatch.setattr(limiter.logger, "handlers", [caplog.handler])
    with caplog.at_level("INFO", logger=limiter.logger.name):
        for n in range(11):
            log_in(client, bidder.email, f"wrong password {n}")
    assert "exceeded" in caplog.text
    assert bidder.email not in caplog.text


def test_a_dead_limiter_lets_people_in(make_app, clock):
    app = make_app(REDIS_URL="redis://127.0.0.1:9")
    with app.app_context():
        user = make_user(clock.now(), Role.BIDDER)
        assert log_in(browser(app), user.email).status_code == 302
