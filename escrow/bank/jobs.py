"""Files go in portion by portion; lines are placed one by one, each in its own transaction."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from auction.core.db import db, transaction
from auction.core.log import get_logger
from auction.core.outbox import PutOff, Task, handles
from escrow.bank.imports import TASK, advance_import
from escrow.bank.matching import match_line, open_debits
from escrow.bank.models import BankLine, ImportStatus, LineStatus
from escrow.payments.alarms import raise_alarm

# Another file of the same court is on its way in.
TURN = timedelta(seconds=2)

log = get_logger()


@handles(TASK)
def take_file_in(task: Task) -> None:
    """Go on with an uploaded file."""
    if advance_import(task.payload["import_id"], now=task.now) is ImportStatus.WAITING:
        raise PutOff(task.now + TURN)


@handles("match_lines")
def place_lines_by_rule(task: Task) -> None:
    """Look at some neighbouring lines of a statement; one that fails does not keep the others."""
    told = task.payload
    asked = (
        select(BankLine.id)
        .where(
            BankLine.statement_id == told["statement_id"],
            BankLine.number.between(told["first"], told["last"]),
            BankLine.status == LineStatus.NEW,
        )
        .order_by(BankLine.id)
    )
    trouble: Exception | None = None
    for line_id in list(db.session.scalars(asked)):
        try:
            with transaction():
                match_line(line_id, now=task.now)
        except Exception as error:  # noqa: BLE001  # raised below, after the others had their turn
            log.warning("line not placed", line_id=line_id)
            trouble = trouble or error
    if trouble is not None:
        raise trouble


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


@handles("warn_suspense")
def warn_of_suspense(task: Task) -> None:
    """Money that nobody has identified on the last day, or after it, is an alarm (CN21S-2)."""
    with transaction():
        line = db.session.get_one(BankLine, task.payload["line_id"])
        if line.status is not LineStatus.SUSPENSE or line.identify_by is None:
            return
        code = "suspense-overdue" if task.now >= line.identify_by else "suspense-due"
        raise_alarm(
            code,
            f"bank_line:{line.id}",
            court_id=line.court_id,
            at=task.now,
            received_minor=line.remaining_minor,
        )
