"""The bench of the undoing tests, on SQLite and on both databases; its people in front of pages."""

from __future__ import annotations

import pytest
from conftest import browser
from signing import csrf_of, sign_in_as
from undoing_stage import Bench


@pytest.fixture
def bench(app, clock):
    return Bench(clock)


@pytest.fixture
def any_bench(any_app, clock):
    return Bench(clock)


@pytest.fixture
def visit(app, bench):
    return Visitors(app, bench)


class Visitors:
    """Signed-in browsers of the bench's people; `post` sends the page's own token."""

    def __init__(self, app, bench):
        self.app, self.bench, self.open = app, bench, {}

    def as_(self, who):
        """A session does not outlast a leap of the clock: whoever comes later signs in again."""
        key = (who, self.bench.now)
        if key not in self.open:
            row = getattr(self.bench, who) if isinstance(who, str) else who
            self.open[key] = sign_in_as(browser(self.app), row.read())
        return self.open[key]

    def get(self, who, path, status=200):
        answer = self.as_(who).get(path)
        assert answer.status_code == status, answer.text[:3000]
        return answer.text

    def post(self, who, path, status=303, **data):
        client = self.as_(who)
        answer = client.post(path, data={"csrf_token": csrf_of(client), **data})
        assert answer.status_code == status, answer.text[:3000]
        return answer
