"""A desk whose movements are reconciled."""

from __future__ import annotations

import pytest
from finance_stage import Desk
from sqlalchemy import select

from auction.core.db import db, transaction
from escrow.reconciliation import runs
from escrow.reconciliation.decisions import Who
from escrow.reconciliation.models import (
    Book,
    ItemStatus,
    ReconciliationItem,
    ReconciliationRun,
)


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

    def act(self, service, *args, **kwargs):
        """Run one service in its own transaction; returns the id of what it made."""
        with transaction():
            done = service(*args, **kwargs)
            db.session.flush()
            return getattr(done, "id", None)


@pytest.fixture
def desk(any_app, clock):
    return ReconciledDesk(clock)
