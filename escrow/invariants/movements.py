"""INV-9: every movement of the bank is one line, booked once; what is booked comes from a line.

A row behind a posting on the bank's account says which line shows it, or that none does yet. So the
postings can be held against the lines, whatever part of the program wrote them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select

from auction.core.db import db
from auction.core.outbox import OutboxRow
from escrow.bank.models import BankLine, LineStatus
from escrow.bank.parsed import Side
from escrow.invariants.booked import Booked
from escrow.ledger import Account, AccountKind, Fault, TransferKind, select_postings
from escrow.ledger.models import AccountBalance, Transfer
from escrow.payments.models import MoneyAlarm
from escrow.payouts.models import Payout

_BOOKED = (LineStatus.MATCHED, LineStatus.SUSPENSE, LineStatus.PLACED)


def check_movements(booked: Booked) -> list[Fault]:
    """Compare the statement lines with what was booked of them, in both directions."""
    return [*_check_waiting(), *_check_lines(), *_check_suspense(booked)]


def _check_waiting() -> Iterator[Fault]:
    """A line that no rule has looked at has its task in the outbox, undone."""
    new = db.session.execute(
        select(BankLine.id, BankLine.statement_id, BankLine.number).where(
            BankLine.status == LineStatus.NEW
        )
    ).all()
    if not new:
        return
    tasks = db.session.execute(
        select(OutboxRow.kind, OutboxRow.payload).where(
            OutboxRow.kind.in_(("match_line", "match_lines")), OutboxRow.done_at.is_(None)
        )
    ).all()
    single = {told["line_id"] for kind, told in tasks if kind == "match_line"}
    spans = [
        (told["statement_id"], told["first"], told["last"])
        for kind, told in tasks
        if kind == "match_lines"
    ]
    for line_id, statement_id, number in new:
        awaited = any(
            statement_id == told and first <= number <= last for told, first, last in spans
        )
        if line_id not in single and not awaited:
            yield Fault("line-dropped", f"bank line {line_id}", "new, and nobody will look at it")


def _check_lines() -> Iterator[Fault]:
    """What is booked for a line is its amount, on its side; nothing before a decision."""
    shown: Counter[int] = Counter()
    for table, rows in _bank_postings().items():
        line_of = _lines_of(table, {row_id for row_id, _kind in rows})
        for (row_id, kind), amount in rows.items():
            is_return = kind is TransferKind.PAYOUT_RETURNED
            line_id = line_of.get((row_id, is_return))
            if line_id is not None:
                shown[line_id] += amount
    for line_id, status, side, amount in db.session.execute(
        select(BankLine.id, BankLine.status, BankLine.side, BankLine.amount_minor)
    ):
        signed = amount if side is Side.CREDIT else -amount
        wanted = signed if status in _BOOKED else 0
        if shown[line_id] != wanted:
            detail = f"{status}: {shown[line_id]} booked of {wanted}"
            yield Fault("line-differs", f"bank line {line_id}", detail)


def _bank_postings() -> dict[str, Counter[tuple[int, TransferKind]]]:
    """Signed sums on bank accounts by the row behind them."""
    found: dict[str, Counter[tuple[int, TransferKind]]] = {}
    for table, row_id, kind, amount in db.session.execute(_select_bank_postings()):
        found.setdefault(table, Counter())[row_id, kind] += int(amount)
    return found


@cache  # the same words every time
def _select_bank_postings() -> Select[str, int, TransferKind, Any]:
    postings = select_postings().subquery()
    return (
        select(
            Transfer.source_type,
            Transfer.source_id,
            Transfer.kind,
            func.sum(postings.c.signed_minor),
        )
        .join(postings, postings.c.transfer_id == Transfer.id)
        .join(Account, Account.id == postings.c.account_id)
        .where(Account.kind == AccountKind.BANK)
        .group_by(Transfer.source_type, Transfer.source_id, Transfer.kind)
    )


def _lines_of(table: str, row_ids: set[int]) -> dict[tuple[int, bool], int]:
    """(row, whether it came back) → the line that shows it; rows without one are left out."""
    if table == BankLine.__tablename__:
        return {(row_id, False): row_id for row_id in row_ids}
    columns = db.metadata.tables[table].columns
    ways = [("bank_line_id", False)]
    if table == Payout.__tablename__:
        ways.append(("returned_line_id", True))
    found: dict[tuple[int, bool], int] = {}
    for name, is_return in ways:
        if name not in columns:
            continue
        rows = db.session.execute(
            select(columns["id"], columns[name]).where(columns[name].is_not(None))
        )
        found |= {(row_id, is_return): line for row_id, line in rows if row_id in row_ids}
    return found


def _check_suspense(booked: Booked) -> Iterator[Fault]:
    """What stands in suspense is what its lines, and the provider's strays, say is nobody's yet."""
    told: Counter[int] = Counter()
    for court_id, amount in db.session.execute(
        select(BankLine.court_id, func.sum(BankLine.remaining_minor)).group_by(BankLine.court_id)
    ):
        told[court_id] += int(amount)
    strays = dict(db.session.execute(select(MoneyAlarm.id, MoneyAlarm.court_id)).all())
    for (table, row_id, kind), amount in booked.posted.items():
        if table == MoneyAlarm.__tablename__ and kind is TransferKind.SUSPENSE_RECEIVED:
            told[strays[row_id] or 0] += amount
    for court_id, amount in db.session.execute(
        select(
            Account.court_id,
            func.sum(AccountBalance.credits_posted - AccountBalance.debits_posted),
        )
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.kind == AccountKind.SUSPENSE)
        .group_by(Account.court_id)
    ):
        if int(amount) != told[court_id]:
            detail = f"{told[court_id]} by its lines, {amount} in the books"
            yield Fault("suspense-differs", f"court {court_id}", detail)
