"""A desk whose movements are reconciled."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from conftest import browser
from finance_stage import Desk
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.core.db import db, transaction
from auction.sales.calendar import beijing_day, beijing_moment
from escrow.bank.returns import propose_return
from escrow.reconciliation import runs
from escrow.reconciliation.days import confirm_close, propose_close
from escrow.reconciliation.decisions import Who, assign_item
from escrow.reconciliation.models import (
    Book,
    ItemStatus,
    ReconciliationItem,
    ReconciliationRun,
)
from escrow.reconciliation.months import last_day


class ReconciledDesk(Desk):
    """The desk of the finance stage, with passes and looks at the items."""

    def who(self, person=None):
        return Who(self.court.id, (person or self.maker).id, self.now)

    def reconcile(self, *, is_time_up=lambda: False):
        """One whole pass; returns the run."""
        with transaction():
            run_id = runs.start_run(self.court.id, actor_id=self.maker.id, now=self.now).id
        while not runs.go_on(run_id, now=self.now, is_time_up=is_time_up):
            pass
        db.session.rollback()
        return db.session.get_one(ReconciliationRun, run_id)

    def items(self, **equal):
        query = select(ReconciliationItem).filter_by(**equal).order_by(ReconciliationItem.id)
        db.session.rollback()
        return list(db.session.scalars(query))

    def open_items(self):
        return self.items(status=ItemStatus.OPEN)

    def open_outside(self):
        return self.items(status=ItemStatus.OPEN, book=Book.OUTSIDE)

    def act_on(self, item_id, *, owner):
        """Hand an item to somebody."""
        with transaction():
            assign_item(item_id, owner.id, self.who())

    def send_back(self, line, reference):
        """Money is returned by a transfer of ours, which no statement has shown yet."""
        with transaction():
            propose_return(
                line.id,
                bank_reference=reference,
                paid_on=beijing_day(self.now),
                court_id=self.court.id,
                actor_id=self.maker.id,
                now=self.now,
            )

    def close_month(self):
        """The last day of the month is closed; no statement covers it, which is explained."""
        day = last_day(f"{beijing_day(self.now):%Y-%m}")
        self.clock.set(beijing_moment(day + timedelta(days=1), time(9)))
        made = self.act(propose_close, day, self.who(), note="月底银行无流水，已电话核实")
        self.act(confirm_close, made, self.who(self.checker))

    def act(self, service, *args, **kwargs):
        """Run one service in its own transaction; returns the id of what it made."""
        with transaction():
            done = service(*args, **kwargs)
            db.session.flush()
            return getattr(done, "id", None)


@pytest.fixture
def desk(any_app, clock):
    return ReconciledDesk(clock)


class Visitors:
    """Signed-in browsers by name; `post` sends the page's own token."""

    home = "/finance/reconciliation"

    def __init__(self, app, desk):
        self.app, self.desk, self.open = app, desk, {}

    def as_(self, who):
        key = who, beijing_day(self.desk.now)  # nobody stays signed in over night
        if key not in self.open:
            row = getattr(self.desk, who) if isinstance(who, str) else who
            self.open[key] = sign_in_as(browser(self.app), row.read())
        return self.open[key]

    def get(self, who, path="", status=200):
        answer = self.as_(who).get(path if path.startswith("/finance") else self.home + path)
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    def post(self, who, path, status=302, **data):
        client = self.as_(who)
        answer = client.post(self.home + path, data={"csrf_token": csrf_of(client), **data})
        assert answer.status_code == status, answer.text[:2000]
        return answer


@pytest.fixture
def visit(any_app, desk):
    return Visitors(any_app, desk)
