"""How far files have come, and whether the statements of an account follow on each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from auction.core.db import db
from escrow.bank.models import BankImport, BankLine, BankStatement, ImportStatus, LineStatus

SHOWN = 10


@dataclass(frozen=True)
class Progress:
    """A share of a whole, and what is counted."""

    done: int
    total: int
    placed: int


def list_imports(court_id: int) -> list[BankImport]:
    """The court's last files, newest first; what has come in long ago stands under statements."""
    query = (
        select(BankImport)
        .where(BankImport.court_id == court_id, BankImport.status != ImportStatus.DONE)
        .order_by(BankImport.id.desc())
        .limit(SHOWN)
    )
    return list(db.session.scalars(query))


def progress_of(row: BankImport) -> Progress:
    """How many lines are stored, of how many, and how many of them the rules have looked at."""
    ids = [statement.id for statement in row.statements]
    placed = db.session.scalar(
        select(func.count(BankLine.id)).where(
            BankLine.statement_id.in_(ids), BankLine.status != LineStatus.NEW
        )
    )
    is_stored = row.status in (ImportStatus.STORING, ImportStatus.DONE)
    return Progress(
        row.stored_count if is_stored else row.checked_count, row.line_count, placed or 0
    )


@dataclass(frozen=True)
class Gap:
    """Two neighbouring statements of an account, of which one does not begin where the other ends.

    `missing_minor` is what must have moved between them.
    """

    before: BankStatement
    after: BankStatement

    @property
    def missing_minor(self) -> int:
        assert self.after.opening_minor is not None, "only statements with balances are compared"
        assert self.before.closing_minor is not None
        return self.after.opening_minor - self.before.closing_minor


def list_gaps(court_id: int) -> list[Gap]:
    """Where a statement of the court is missing, or says something else than the one before it."""
    rows = db.session.scalars(
        select(BankStatement)
        .where(
            BankStatement.court_id == court_id,
            BankStatement.opening_minor.is_not(None),
            BankStatement.closing_minor.is_not(None),
            BankStatement.first_day.is_not(None),
        )
        .order_by(BankStatement.account_number, BankStatement.first_day, BankStatement.id)
    )
    return find_gaps(rows)


def find_gaps(statements: Iterable[BankStatement]) -> list[Gap]:
    """Gaps between statements, given by account and in the order of their days.

    The previous closing balance is the next opening one. Statements whose days overlap may begin
    anywhere within the other, so nothing is said of them.
    """
    gaps = []
    by_account = itertools.groupby(statements, key=lambda row: row.account_number)
    for _account, rows in by_account:
        last: BankStatement | None = None
        for row in rows:
            assert row.first_day is not None, "asked for"
            if last is not None and last.last_day is not None:
                follows = last.closing_minor == row.opening_minor
                if not follows and last.last_day < row.first_day:
                    gaps.append(Gap(last, row))
                if follows or row.last_day is None or row.last_day >= last.last_day:
                    last = row
            else:
                last = row
    return gaps
