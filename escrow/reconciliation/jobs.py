"""The worker's part: passes that were begun, in turns short enough for its lease, and every night.

A court that has begun to reconcile is reconciled each night from then on, without a person.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from auction.core.clock import ticks
from auction.core.db import db, transaction
from auction.core.outbox import PutOff, Task, enqueue, handles
from auction.sales.calendar import beijing_day, beijing_moment
from escrow.reconciliation.intake import finance_people
from escrow.reconciliation.models import ReconciliationRun
from escrow.reconciliation.runs import go_on, start_run

TURN_SECONDS = 20
# In Beijing, when the bank's files of the day before are usually in.
NIGHTLY_AT = time(2)


@handles("reconcile")
def reconcile(task: Task) -> None:
    """Go on with a pass; what is not done in this turn is done in the next."""
    until = ticks() + TURN_SECONDS
    run_id = task.payload["run_id"]
    if not go_on(run_id, now=task.now, is_time_up=lambda: ticks() > until):
        raise PutOff(task.now)
    with transaction():
        _plan_next_night(db.session.get_one(ReconciliationRun, run_id).court_id, task.now)


@handles("reconcile_nightly")
def reconcile_nightly(task: Task) -> None:
    """Begin a pass by time alone; a court without finance staff waits until it has some."""
    court_id = task.payload["court_id"]
    with transaction():
        if finance_people(court_id):
            start_run(court_id, actor_id=None, now=task.now)
        _plan_next_night(court_id, task.now)


def _plan_next_night(court_id: int, now: datetime) -> None:
    night = beijing_day(now) + timedelta(days=1)
    key = f"reconcile_nightly:{court_id}:{night}"
    run_at = beijing_moment(night, NIGHTLY_AT)
    enqueue("reconcile_nightly", key, {"court_id": court_id}, now=now, run_at=run_at)
