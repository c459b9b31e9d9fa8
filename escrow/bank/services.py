"""Take a bank file in, in the caller's transaction: whole or not at all, each entry once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.outbox import enqueue
from auction.courts.models import Court
from bidding.enrolment.references import find_reference
from escrow.bank.models import BankLine, BankStatement, LineStatus
from escrow.bank.parsed import Fault, ParsedLine, ParsedStatement, StatementRefused
from escrow.bank.reading import Format

# The courts' dedicated accounts are kept in it (CN17F-2).
CURRENCY = "CNY"


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
    """Store a file that has been read; its lines wait for the rules (`match_line`).

    The same file again, and an entry that another file brought already, change nothing. Raises
    StatementRefused `foreign-account`, `wrong-currency`, or `entry-changed` where an entry comes
    with other content.
    """
    # Two people with the same file take turns; rows that point at the court are not held up.
    court = db.session.get(
        Court, court_id, with_for_update={"key_share": True}, populate_existing=True
    )
    assert court is not None, "staff belong to a court"
    kind, found = parsed
    digests = [_digest(data, index) for index in range(len(found))]
    known = list(
        db.session.scalars(
            select(BankStatement)
            .where(BankStatement.court_id == court_id, BankStatement.sha256.in_(digests))
            .order_by(BankStatement.id)
        )
    )
    if known:
        return Imported(known, is_known=True)
    faults: list[Fault] = []
    statements = []
    for statement, digest in zip(found, digests, strict=True):
        account = _own_account(court, statement)
        if account is None:
            faults.append(Fault("foreign-account", 0, statement.account[:40]))
            continue
        if statement.currency != CURRENCY:
            faults.append(Fault("wrong-currency", 0, statement.currency))
            continue
        row = _store(court_id, statement, kind, account, digest, name, actor_id, now)
        faults += _store_lines(row, statement.lines, now)
        statements.append(row)
    if faults:
        raise StatementRefused(faults)
    return Imported(statements, is_known=False)


def _digest(data: bytes, index: int) -> str:
    whole = hashlib.sha256(data).hexdigest()
    return whole if index == 0 else hashlib.sha256(f"{whole}:{index}".encode()).hexdigest()


def _own_account(court: Court, statement: ParsedStatement) -> str | None:
    """The court's account, or a case's sub-account, that the file speaks of (CN17F-2, CN17F-3)."""
    if not statement.account:
        return court.account_number
    told = statement.account.replace(" ", "").rpartition("/")[2]
    if told == court.account_number.replace(" ", ""):
        return court.account_number
    return db.session.scalar(
        select(EnforcementCase.account_number).where(
            EnforcementCase.court_id == court.id, EnforcementCase.account_number == told
        )
    )


def _store(
    court_id: int,
    statement: ParsedStatement,
    kind: Format,
    account: str,
    digest: str,
    name: str,
    actor_id: int,
    now: datetime,
) -> BankStatement:
    days = [line.booked_on for line in statement.lines]
    references = [line.entry_ref for line in statement.lines]
    row = BankStatement(
        court_id=court_id,
        name=name[:200],
        sha256=digest,
        format=kind,
        account_number=account,
        currency=statement.currency,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor,
        line_count=len(statement.lines),
        known_count=len(_known_lines(court_id, account, references)),
        imported_by=actor_id,
        imported_at=now,
    )
    db.session.add(row)
    db.session.flush()
    record(
        "import-statement", row, actor_id=actor_id, at=now, detail={"lines": len(statement.lines)}
    )
    return row


def _known_lines(court_id: int, account: str, references: list[str]) -> dict[str, str]:
    """The entries that are here already, with the digest of what they said."""
    known: dict[str, str] = {}
    for begin in range(0, len(references), 500):
        rows = db.session.execute(
            select(BankLine.entry_ref, BankLine.content_sha256).where(
                BankLine.court_id == court_id,
                BankLine.account_number == account,
                BankLine.entry_ref.in_(references[begin : begin + 500]),
            )
        )
        known.update((reference, digest) for reference, digest in rows)
    return known


def _store_lines(
    statement: BankStatement, lines: Sequence[ParsedLine], now: datetime
) -> list[Fault]:
    known = _known_lines(
        statement.court_id, statement.account_number, [line.entry_ref for line in lines]
    )
    faults = []
    fresh = []
    for line in lines:
        digest = _content_digest(line)
        if line.entry_ref not in known:
            fresh.append(_line_row(statement, line, digest))
        elif known[line.entry_ref] != digest:
            faults.append(Fault("entry-changed", line.number, line.entry_ref))
    if faults:
        return faults
    db.session.add_all(fresh)
    db.session.flush()
    for row in fresh:
        enqueue("match_line", f"match_line:{row.id}", {"line_id": row.id}, now=now)
    return []


def _content_digest(line: ParsedLine) -> str:
    told = (line.side, str(line.amount_minor), line.currency, line.booked_on.isoformat())
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()


def _line_row(statement: BankStatement, line: ParsedLine, digest: str) -> BankLine:
    return BankLine(
        court_id=statement.court_id,
        statement_id=statement.id,
        number=line.number,
        account_number=statement.account_number,
        entry_ref=line.entry_ref[:120],
        content_sha256=digest,
        side=line.side,
        amount_minor=line.amount_minor,
        currency=line.currency,
        booked_on=line.booked_on,
        payer_name=line.payer_name[:200],
        payer_account=line.payer_account[:60],
        payer_bank=line.payer_bank[:200],
        remittance=line.remittance[:1000],
        reference=find_reference(line.remittance),
        status=LineStatus.NEW,
        remaining_minor=0,
    )


def lines_to_match(statement_ids: Sequence[int]) -> list[int]:
    """The lines of these statements that no rule has looked at yet."""
    return list(
        db.session.scalars(
            select(BankLine.id)
            .where(BankLine.statement_id.in_(statement_ids), BankLine.status == LineStatus.NEW)
            .order_by(BankLine.id)
        )
    )
