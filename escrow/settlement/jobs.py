"""What a served ruling causes in the books."""

from __future__ import annotations

from auction.core.db import transaction
from auction.core.outbox import Task, handles
from escrow.settlement.release import release_price


@handles("ruling_served")
def release_price_on_ruling(task: Task) -> None:
    """Price to proceeds."""
    with transaction():
        release_price(task.payload["sale_id"], now=task.now)
