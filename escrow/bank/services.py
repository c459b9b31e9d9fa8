"""Take a bank file in that has been read, in the caller's transaction: whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from auction.core.db import db
from escrow.bank.models import BankImport, BankLine, BankStatement, ImportStatus, LineStatus
from escrow.bank.parsed import Fault, ParsedStatement, StatementEnd, StatementRefused
from escrow.bank.reading import Format, name_format
from escrow.bank.storing import (
    FileSource,
    StatementFacts,
    check_advice,
    check_end,
    file_digest,
    lock_court,
    own_account,
    sort_lines,
    write_lines,
    write_statement,
)


@dataclass(frozen=True)
class Imported:
    """What an upload brought: its statements, and whether the file had been taken before."""

    statements: list[BankStatement]
    is_known: bool


def import_statements(
    court_id: int,
    data: bytes,
    parsed: tuple[Format, Sequence[ParsedStatement]],
    *,
    name: str,
    actor_id: int,
    now: datetime,
) -> Imported:
    """Store a small file that has been read; its lines wait for the rules (`match_line`).

    The same file again, and an entry that another file brought already, change nothing. Raises
    StatementRefused `foreign-account`, `wrong-currency`, `import-running`, or `entry-changed` where
    an entry comes with other content.
    """
    court = lock_court(court_id)
    kind, found = parsed
    source = FileSource(court_id, name, hashlib.sha256(data).hexdigest(), actor_id)
    known = statements_of_file(court_id, source.sha256, len(found))
    if known:
        return Imported(known, is_known=True)
    if is_import_running(court_id):
        raise StatementRefused([Fault("import-running")])
    faults: list[Fault] = []
    statements = []
    for index, statement in enumerate(found):
        account = own_account(court, statement.account)
        wrong = check_end(account, statement.end)
        if statement.end.is_advice:
            wrong += check_advice(statement.lines)
        if wrong or account is None:
            faults += wrong
            continue
        lines = sort_lines(court_id, account, statement.lines)
        faults += lines.faults
        days = [line.booked_on for line in statement.lines]
        facts = StatementFacts(
            _with_days(statement.end, days), account, len(statement.lines), lines.known_count
        )
        row = write_statement(source, name_format(kind, statement.end), index, facts, now=now)
        write_lines(row, lines.fresh, now=now)
        statements.append(row)
    if faults:
        raise StatementRefused(faults)
    return Imported(statements, is_known=False)


def _with_days(end: StatementEnd, days: Sequence[date]) -> StatementEnd:
    """The span of a statement by its lines, where it has any: balances name days around them."""
    if not days:
        return end
    return replace(end, first_day=min(days), last_day=max(days))


def statements_of_file(court_id: int, sha256: str, count: int) -> list[BankStatement]:
    """The statements that this very file has brought already."""
    digests = [file_digest(sha256, index) for index in range(count)]
    rows: list[BankStatement] = []
    for begin in range(0, count, 500):
        rows += db.session.scalars(
            select(BankStatement)
            .where(
                BankStatement.court_id == court_id,
                BankStatement.sha256.in_(digests[begin : begin + 500]),
            )
            .order_by(BankStatement.id)
        )
    return rows


def is_import_running(court_id: int) -> bool:
    """Whether a file of this court is being checked or stored at this moment."""
    running = select(BankImport.id).where(
        BankImport.court_id == court_id,
        BankImport.status.in_((ImportStatus.CHECKING, ImportStatus.STORING)),
    )
    return db.session.scalar(running.limit(1)) is not None


def lines_to_match(statement_ids: Sequence[int]) -> list[int]:
    """The lines of these statements that no rule has looked at yet."""
    return list(
        db.session.scalars(
            select(BankLine.id)
            .where(BankLine.statement_id.in_(statement_ids), BankLine.status == LineStatus.NEW)
            .order_by(BankLine.id)
        )
    )
