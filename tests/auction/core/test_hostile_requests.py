"""Requests nobody's browser sends are answered like any other: never by a fault of ours."""

from __future__ import annotations

import pytest
from conftest import browser


@pytest.mark.parametrize(
    "cookie",
    ["session=\xe9", "session=" + "x" * 4000, "session=..", "=", ";;;", "lang=\xff; session=a"],
)
def test_a_damaged_cookie_is_no_session(app, cookie):
    answer = browser(app).get("/login", environ_overrides={"HTTP_COOKIE": cookie})
    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "path",
    [
        "/%ff",
        "/%00",
        "/login?next=%ff%fe",
        "/login?lang=%00",
        "/lots/%0d%0aX:%20y",
        "/" + "a" * 3000,
    ],
)
def test_a_damaged_address_is_answered(app, path):
    answer = browser(app).get(path)
    assert answer.status_code in {200, 404}
    assert "X" not in answer.headers


@pytest.mark.parametrize(
    "language", ["", "*", "xx", "en;q=x", "zh-CN,zh;q=0.9", "\xff" * 10, "a" * 5000]
)
def test_any_wish_of_language_is_answered(app, language):
    answer = browser(app).get("/login", headers={"Accept-Language": language})
    assert answer.status_code == 200


def test_a_body_larger_than_allowed_is_refused(app):
    answer = browser(app).post("/login", data={"email": "x" * 2_000_000})
    assert answer.status_code in {400, 413}
