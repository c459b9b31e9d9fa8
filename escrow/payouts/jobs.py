"""What happens to payouts without a person: files are written, papers issued, silence noticed."""

from __future__ import annotations

import escrow.bank.sources
import escrow.plans.source  # noqa: F401  # the sources register themselves
from auction.core.db import transaction
from auction.core.outbox import Task, handles
from escrow.payouts.vouchers import issue_voucher
from escrow.payouts.watching import alarm_unconfirmed
from escrow.payouts.writing import write_batch


@handles("write_payouts")
def write_payouts(task: Task) -> None:
    """Go on with an approved batch."""
    write_batch(task.payload["batch_id"], now=task.now)


@handles("issue_voucher")
def issue_paper(task: Task) -> None:
    """Give a confirmed payment its paper."""
    with transaction():
        issue_voucher(task.payload["payout_id"], now=task.now)


@handles("watch_payouts")
def look_again(task: Task) -> None:
    """The days are over: has a statement shown it?"""
    with transaction():
        alarm_unconfirmed(
            batch_id=task.payload.get("batch_id"),
            payout_id=task.payload.get("payout_id"),
            now=task.now,
        )
