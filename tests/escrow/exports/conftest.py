"""A finance desk whose books are read from outside."""

from __future__ import annotations

import pytest
from builders import make_user
from conftest import browser
from finance_stage import Desk, Row
from signing import sign_in_as

from auction.accounts.roles import Role
from auction.core.db import db
from auction.sales.calendar import beijing_day
from escrow.exports.reading import Wanted, read_accounts, read_journal
from escrow.ledger import day_end


class Books(Desk):
    """The desk, its auditor, and its books as an export reads them."""

    def __init__(self, clock, **more):
        super().__init__(clock, **more)
        self.auditor = Row(make_user(self.now, Role.AUDITOR, court=self.court.read()))

    @property
    def until(self):
        return day_end(beijing_day(self.now))

    def accounts(self):
        db.session.rollback()
        return read_accounts(self.court.id, self.until)

    def journal(self, **more):
        db.session.rollback()
        return list(read_journal(Wanted(self.court.id, self.until, **more)))


@pytest.fixture
def books(any_app, clock):
    return Books(clock)


@pytest.fixture
def look(any_app, books):
    """Read a page or a file as one of the desk's people."""
    known = {}

    def look_as(who, path, status=200):
        if who not in known:
            row = getattr(books, who) if isinstance(who, str) else who
            known[who] = sign_in_as(browser(any_app), row.read())
        answer = known[who].get(path)
        assert answer.status_code == status, answer.text[:1500]
        return answer

    return look_as
