"""The worker's part: passes that were begun, in turns short enough for its lease."""

from __future__ import annotations

from auction.core.clock import ticks
from auction.core.outbox import PutOff, Task, handles
from escrow.reconciliation.runs import go_on

TURN_SECONDS = 20


@handles("reconcile")
def reconcile(task: Task) -> None:
    """Go on with a pass; what is not done in this turn is done in the next."""
    until = ticks() + TURN_SECONDS
    if not go_on(task.payload["run_id"], now=task.now, is_time_up=lambda: ticks() > until):
        raise PutOff(task.now)
