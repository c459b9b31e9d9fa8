"""Lines are placed one by one, each in its own transaction, by whoever comes first."""

from __future__ import annotations

from auction.core.db import transaction
from auction.core.outbox import Task, handles
from escrow.bank.matching import match_line, open_debits


@handles("match_line")
def place_line_by_rule(task: Task) -> None:
    """Look at one imported line."""
    with transaction():
        match_line(task.payload["line_id"], now=task.now)


@handles("match_debits")
def confirm_payments(task: Task) -> None:
    """A payment was marked: does a line that is here already show it?"""
    for line_id in open_debits(task.payload["court_id"]):
        with transaction():
            match_line(line_id, now=task.now)
