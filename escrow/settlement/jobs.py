"""What a served ruling causes in the books, and what the announced day causes by itself."""

from __future__ import annotations

from auction.core.db import transaction
from auction.core.outbox import Task, handles
from escrow.defaults.forfeits import release_forfeits
from escrow.settlement.release import release_price
from escrow.settlement.reminders import remind_buyer, report_overdue


@handles("ruling_served")
def release_price_on_ruling(task: Task) -> None:
    """Price to proceeds, and with it what defaulters before had forfeited (CN16-24.1)."""
    with transaction():
        release_price(task.payload["sale_id"], now=task.now)
        release_forfeits(task.payload["sale_id"], now=task.now)


@handles("remind_balance")
def remind_of_balance(task: Task) -> None:
    """The buyer is told some days before the announced day."""
    with transaction():
        remind_buyer(task.payload["settlement_id"], now=task.now)


@handles("balance_overdue")
def look_at_overdue_balance(task: Task) -> None:
    """The announced day has passed: the court is told, the buyer too."""
    with transaction():
        report_overdue(task.payload["settlement_id"], now=task.now)
