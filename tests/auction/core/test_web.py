"""What holds for every answer: headers, host, errors, cookies, caching."""

from __future__ import annotations

import json

import pytest
from builders import PASSWORD, make_user
from conftest import ORIGIN, browser
from flask import abort
from signing import csrf_of, sign_in_as
from sqlalchemy.exc import OperationalError

from auction.accounts.roles import Role
from auction.core.access import PUBLIC, permission
from auction.core.errors import NotFound
from auction.core.web import allow_form_to, safe_next

PAGES = [
    "/login",
    "/register",
    "/nowhere",
    "/account",
    "/api/v1/me",
    "/healthz",
    "/static/css/base.css",
]


@pytest.fixture
def odd_app(make_app):
    """An application with pages that fail in chosen ways."""
    app = make_app()

    @app.route("/boom")
    @app.route("/api/v1/boom", endpoint="api_boom")
    @permission(PUBLIC)
    def boom():
        raise RuntimeError("secret detail of the machine")

    @app.route("/away")
    @permission(PUBLIC)
    def away():
        raise OperationalError("SELECT secret", {}, Exception("connection refused"))

    @app.route("/gone/<int:status>")
    @permission(PUBLIC)
    def gone(status):
        if status == 444:
            raise NotFound("no-lot", "没有这个标的。")
        abort(status)

    @app.route("/unnamed")
    def unnamed():
        return "never seen"

    @app.route("/pay")
    @permission(PUBLIC)
    def pay():
        allow_form_to("https://pay.example")
        return "page"

    with app.app_context():
        yield app


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "TRACE", "PUT"])
def test_every_answer_carries_the_headers(client, path, method):
    answer = client.open(path, method=method)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"]
    for part in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Request-Id"]
    assert "Cache-Control" in answer.headers
    assert "Server" not in answer.headers
    if method in {"TRACE", "PUT"}:
        assert answer.status_code in {404, 405}


def test_a_304_carries_the_headers_too(client):
    first = client.get("/static/css/base.css")
    again = client.get("/static/css/base.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["X-Content-Type-Options"] == "nosniff"


def test_static_files_are_cached_for_long_and_pages_are_not(client):
    assert "max-age=31536000" in client.get("/static/css/base.css?v=1").headers["Cache-Control"]
    assert client.get("/static/js/clock.js").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/none.css").headers["Cache-Control"] == "no-store"
    assert client.get("/login").headers["Cache-Control"] == "no-cache"


def test_nothing_a_signed_in_person_sees_is_stored(app, clock, client):
    sign_in_as(client, make_user(clock.now(), Role.BIDDER))
    for path in ("/account", "/api/v1/me", "/nowhere", "/login"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_an_unknown_page_is_told_in_both_languages(client):
    page = client.get("/nowhere", headers={"Accept-Language": "zh-CN"})
    assert page.status_code == 404
    assert 'lang="zh-Hans"' in page.text
    assert "没有找到这个页面" in page.text
    assert 'lang="en"' in client.get("/nowhere", headers={"Accept-Language": "en"}).text
    problem = client.get("/api/v1/nowhere")
    assert problem.content_type == "application/problem+json"
    assert problem.json["code"] == "http-404"


def test_a_method_that_is_not_offered_is_refused_with_those_that_are(client):
    answer = client.open("/logout", method="GET")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert client.open("/login", method="TRACE").status_code == 405


def test_head_answers_like_get_without_a_body_and_options_shows_the_methods(client):
    head = client.head("/login")
    assert (head.status_code, head.data) == (200, b"")
    options = client.options("/account")
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["/boom", "/api/v1/boom"])
def test_a_bug_shows_a_reference_and_nothing_else(odd_app, path):
    answer = browser(odd_app).get(path)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_lost_database_is_a_503_that_says_when_to_try_again(odd_app):
    answer = browser(odd_app).get("/away")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "SELECT" not in answer.text


@pytest.mark.parametrize("status", [400, 403, 404, 413, 415, 444, 429, 503])
def test_errors_keep_their_status_and_have_a_page(odd_app, status):
    answer = browser(odd_app).get(f"/gone/{status}")
    assert answer.status_code == (404 if status == 444 else status)
    assert answer.headers["X-Request-Id"] in answer.text
    assert ("Retry-After" in answer.headers) == (status in {429, 503})


def test_an_endpoint_that_names_no_permission_is_refused(odd_app, clock):
    answer = browser(odd_app).get("/unnamed")
    assert answer.status_code == 403
    assert "never seen" not in answer.text


def test_forms_may_lead_outside_only_where_a_page_says_so(odd_app):
    client = browser(odd_app)
    assert (
        "form-action 'self' https://pay.example"
        in client.get("/pay").headers["Content-Security-Policy"]
    )
    assert "pay.example" not in client.get("/login").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "host", ["evil.example", "luochui.test.evil.example", "luochui.test:81", "xluochui.test", ""]
)
def test_a_foreign_host_is_not_served(client, host):
    answer = client.get("/login", headers={"Host": host})
    assert answer.status_code in {400, 421}
    assert "csrf" not in answer.text


def test_a_forged_forwarded_host_changes_nothing(client):
    answer = client.get(
        "/account", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    )
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


@pytest.mark.parametrize(
    "target",
    [
        *[
            "//evil",
            "/\\evil",
            "https:evil",
            "https://evil.example",
            "%09//evil",
            "\t//evil",
            "/\t/evil",
        ],
        *["javascript:alert(1)", "evil", "", None, "/a\nb", "\\\\evil", "/a\\b", " /a"],
    ],
)
def test_a_redirect_leads_only_inside(app, target):
    assert safe_next(target) is None


@pytest.mark.parametrize("target", ["/", "/me", "/lots/T-1?q=房&page=2"])
def test_a_path_inside_is_followed(app, target):
    assert safe_next(target) == target


def test_cookies_are_closed_to_scripts_and_other_sites(make_app, clock):
    app = make_app(PUBLIC_URL="https://luochui.test")
    with app.app_context():
        client = app.test_client()
        page = client.get("/login?lang=en", base_url="https://luochui.test")
        cookies = {c.split("=", 1)[0]: c for c in page.headers.getlist("Set-Cookie")}
        assert set(cookies) == {"__Host-session", "lang"}
        for cookie in cookies.values():
            assert "; Secure" in cookie
            assert "; HttpOnly" in cookie
            assert "; SameSite=Lax" in cookie
            assert "; Path=/" in cookie
            assert "Domain" not in cookie
        assert page.headers["Strict-Transport-Security"]


def test_the_language_switch_keeps_the_page_and_is_remembered(client):
    assert 'lang="en"' in client.get("/login?lang=en").text
    assert 'lang="en"' in client.get("/login").text
    assert 'lang="zh-Hans"' in client.get("/login?lang=zh").text


# ── forgery ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def writing_app(make_app, clock):
    app = make_app()

    @app.route("/api/v1/write", methods=["POST", "PUT", "PATCH", "DELETE"])
    @permission("signed-in")
    def write():
        return {"ok": True}

    with app.app_context():
        yield app


GOOD = {"type": "application/json", "origin": ORIGIN, "token": "right"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 200, None),
        ({"type": "application/json; charset=utf-8"}, 200, None),
        ({"type": "text/plain"}, 415, "unsupported-media-type"),
        ({"type": "application/x-www-form-urlencoded"}, 415, "unsupported-media-type"),
        ({"type": "multipart/form-data; boundary=x"}, 415, "unsupported-media-type"),
        ({"type": None}, 415, "unsupported-media-type"),
        ({"origin": None}, 403, "bad-origin"),
        ({"origin": "null"}, 403, "bad-origin"),
        ({"origin": "http://evil.example"}, 403, "bad-origin"),
        ({"origin": "http://luochui.test.evil.example"}, 403, "bad-origin"),
        ({"origin": "https://luochui.test"}, 403, "bad-origin"),
        ({"origin": "http://luochui.test:8080"}, 403, "bad-origin"),
        ({"origin": "http://LUOCHUI.test/"}, 403, "bad-origin"),
        ({"token": None}, 400, "csrf"),
        ({"token": "wrong"}, 400, "csrf"),
        ({"token": "of-another-session"}, 400, "csrf"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_writing_call_needs_type_origin_and_token(
    writing_app, clock, change, status, code, method
):
    client = sign_in_as(browser(writing_app), make_user(clock.now(), Role.BIDDER))
    sent = {**GOOD, **change}
    tokens = {
        "right": csrf_of(client),
        "wrong": "x",
        "of-another-session": csrf_of(browser(writing_app)),
        None: None,
    }
    headers = {"Origin": sent["origin"], "X-CSRF-Token": tokens[sent["token"]]}
    client.environ_base.pop("HTTP_ORIGIN")
    answer = client.open(
        "/api/v1/write",
        method=method,
        data=json.dumps({}),
        content_type=sent["type"],
        headers={name: value for name, value in headers.items() if value is not None},
    )
    assert answer.status_code == status
    if code:
        assert answer.json["code"] == code
        assert answer.content_type == "application/problem+json"


def test_a_writing_call_without_a_session_is_told_to_sign_in(writing_app):
    client = browser(writing_app)
    answer = client.post("/api/v1/write", json={})
    assert (answer.status_code, answer.json["code"]) == (401, "not-signed-in")


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_form_from_another_origin_is_refused_even_with_its_token(app, clock, client, origin):
    user = make_user(clock.now(), Role.BIDDER)
    data = {"email": user.email, "password": PASSWORD, "csrf_token": csrf_of(client)}
    answer = client.post("/login", data=data, headers={"Origin": origin})
    assert answer.status_code == 403
    assert client.post("/login", data=data).status_code == 302


def test_a_form_without_its_token_is_refused(app, clock, client):
    user = make_user(clock.now(), Role.BIDDER)
    answer = client.post("/login", data={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("path", ["/court/cases/{}", "/finance/lines/{}"])
def test_a_number_that_no_row_can_have_is_no_address(app, clock, path):
    staff = sign_in_as(browser(app), make_user(clock.now(), Role.CLERK, Role.FINANCE))
    for number in ("9" * 19, "9" * 30, "9" * 5000, "\uff11", "-1", "1e3", "%00"):
        assert staff.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("path", ["/court/cases/?page={}", "/finance/lines?page={}"])
def test_a_page_nobody_can_turn_to_is_empty_or_the_first(app, clock, path):
    staff = sign_in_as(browser(app), make_user(clock.now(), Role.CLERK, Role.FINANCE))
    for number in ("9" * 19, "9" * 5000, "999999999", "0", "-1", "\uff12", "1e3", "x", "%00", ""):
        assert staff.get(path.format(number)).status_code == 200


def test_the_number_of_an_asset_no_court_can_have_is_not_found(app, clock):
    clerk = sign_in_as(browser(app), make_user(clock.now(), Role.CLERK))
    for number in ("9" * 30, "9" * 19, "-1", "\uff11", ""):
        assert clerk.get(f"/court/lots/new?asset={number}").status_code == 404
