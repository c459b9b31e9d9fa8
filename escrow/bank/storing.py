"""What is known of a court's entries already, and how new ones become rows; each entry once.

The caller holds the court's row (`lock_court`), so two files of one court take turns.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.bulk import insert_rows
from auction.core.db import db
from auction.core.outbox import enqueue
from auction.courts.models import Court
from bidding.enrolment.references import find_reference
from escrow.bank.models import BankLine, BankStatement, LineStatus
from escrow.bank.parsed import Fault, Nature, ParsedLine, StatementEnd, tell
from escrow.bank.reading import Format

# The courts' dedicated accounts are kept in it (CN17F-2).
CURRENCY = "CNY"
# So many lines are placed by one task of the worker.
MATCHED_AT_ONCE = 100
_ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class FileSource:
    """Which file statements come from: what is written beside each of them."""

    court_id: int
    name: str
    sha256: str
    actor_id: int
    import_id: int | None = None


@dataclass
class Sorted:
    """Lines against what is there: new ones, how many were known, and contradictions."""

    fresh: list[ParsedLine] = field(default_factory=list)
    known_count: int = 0
    faults: list[Fault] = field(default_factory=list)


def lock_court(court_id: int) -> Court:
    """The court's row: people with files take turns; rows that point at it are not held up."""
    court = db.session.get(
        Court, court_id, with_for_update={"key_share": True}, populate_existing=True
    )
    assert court is not None, "staff belong to a court"
    return court


def own_account(court: Court, told: str) -> str | None:
    """The court's account, or a case's sub-account, that the file speaks of (CN17F-2, CN17F-3).

    A file that names none is taken for the court's own. A number that the bank has masked must fit
    exactly one of them.
    """
    if not told:
        return court.account_number
    number = told.replace(" ", "").rpartition("/")[2]
    if number == court.account_number.replace(" ", ""):
        return court.account_number
    cases = select(EnforcementCase.account_number).where(EnforcementCase.court_id == court.id)
    if "*" not in number:
        return db.session.scalar(cases.where(EnforcementCase.account_number == number))
    mask = re.compile(re.sub(r"\\\*+", r"\\d+", re.escape(number)))
    fitting = [own for own in (court.account_number, *db.session.scalars(cases)) if own]
    fitting = [own for own in fitting if mask.fullmatch(own.replace(" ", ""))]
    return fitting[0] if len(fitting) == 1 else None


def check_end(account: str | None, end: StatementEnd) -> list[Fault]:
    """Whether a statement is one of the court's; what is wrong with it otherwise."""
    faults = []
    if end.nature is not Nature.ACCOUNT:
        faults.append(Fault("not-an-account", end.line, end.profile))
    elif account is None:
        faults.append(Fault("foreign-account", end.line, tell(end.account)))
    if end.currency != CURRENCY:
        faults.append(Fault("wrong-currency", end.line, tell(end.currency)))
    return faults


def check_advice(lines: Sequence[ParsedLine]) -> list[Fault]:
    """An entry without the bank's reference could not be told from the statement's, later."""
    return [
        Fault("advice-without-reference", line.number)
        for line in lines
        if line.entry_ref.startswith("sha:")
    ]


def sort_lines(court_id: int, account: str, lines: Sequence[ParsedLine]) -> Sorted:
    """Which lines are new to this account.

    An entry that came before is known, if it says the same; so is a part of a collective entry that
    came as a whole, and a whole whose parts came.
    """
    done = Sorted()
    known = _known_entries(court_id, account, lines)
    parts = _known_parts(court_id, account, [line.entry_ref for line in lines])
    for line in lines:
        entry = known.get(line.entry_ref)
        if entry is not None:
            if entry.digest != content_digest(line):
                told = f"{tell(line.entry_ref)}: {entry.told} → {_told(line)}"
                done.faults.append(Fault("entry-changed", line.number, told))
            done.known_count += 1
        elif line.batch_ref and line.batch_ref in known:
            done.known_count += 1
        elif line.entry_ref in parts:
            if parts[line.entry_ref] != line.amount_minor:
                told = f"{tell(line.entry_ref)}: {_yuan(parts[line.entry_ref])} → {_told(line)}"
                done.faults.append(Fault("entry-changed", line.number, told))
            done.known_count += 1
        else:
            done.fresh.append(line)
    return done


@dataclass(frozen=True)
class _Known:
    digest: str
    told: str


def _known_entries(court_id: int, account: str, lines: Sequence[ParsedLine]) -> dict[str, _Known]:
    references = [*{line.entry_ref for line in lines} | {b.batch_ref for b in lines if b.batch_ref}]
    known = {}
    for begin in range(0, len(references), _ASKED_AT_ONCE):
        rows = db.session.execute(
            select(
                BankLine.entry_ref,
                BankLine.content_sha256,
                BankLine.side,
                BankLine.amount_minor,
                BankLine.booked_on,
            ).where(
                BankLine.court_id == court_id,
                BankLine.account_number == account,
                BankLine.entry_ref.in_(references[begin : begin + _ASKED_AT_ONCE]),
            )
        )
        for reference, digest, side, minor, day in rows:
            sign = "-" if side == "debit" else ""
            known[reference] = _Known(digest, f"{day} {sign}{_yuan(minor)}")
    return known


def _known_parts(court_id: int, account: str, references: Sequence[str]) -> dict[str, int]:
    """What the parts that came earlier of each collective entry add up to."""
    sums: dict[str, int] = {}
    for begin in range(0, len(references), _ASKED_AT_ONCE):
        rows = db.session.execute(
            select(BankLine.batch_ref, func.sum(BankLine.amount_minor))
            .where(
                BankLine.court_id == court_id,
                BankLine.account_number == account,
                BankLine.batch_ref.in_(references[begin : begin + _ASKED_AT_ONCE]),
            )
            .group_by(BankLine.batch_ref)
        )
        sums.update((str(reference), int(total)) for reference, total in rows)
    return sums


def content_digest(line: ParsedLine) -> str:
    """What an entry may not change when it comes again."""
    told = (line.side, str(line.amount_minor), line.currency, line.booked_on.isoformat())
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()


def _told(line: ParsedLine) -> str:
    return f"{line.booked_on} {_yuan(line.signed_minor)}"


def _yuan(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


@dataclass(frozen=True)
class StatementFacts:
    """A statement whose lines have all been read: what its row says."""

    end: StatementEnd
    account: str
    line_count: int
    known_count: int


def write_statement(
    source: FileSource,
    kind: Format,
    index: int,
    facts: StatementFacts,
    *,
    now: datetime,
) -> BankStatement:
    """The row of the file's `index`-th statement."""
    end = facts.end
    row = BankStatement(
        court_id=source.court_id,
        name=source.name[:200],
        sha256=file_digest(source.sha256, index),
        format=kind,
        account_number=facts.account,
        currency=end.currency,
        first_day=end.first_day,
        last_day=end.last_day,
        opening_minor=end.opening_minor,
        closing_minor=end.closing_minor,
        line_count=facts.line_count,
        known_count=facts.known_count,
        label=end.label[:60],
        is_advice=end.is_advice,
        profile=end.profile or None,
        import_id=source.import_id,
        imported_by=source.actor_id,
        imported_at=now,
    )
    db.session.add(row)
    db.session.flush()
    record(
        "import-statement",
        row,
        actor_id=source.actor_id,
        at=now,
        detail={"lines": facts.line_count},
    )
    return row


def file_digest(sha256: str, index: int) -> str:
    """The name of a file's statement: the file's own for the first."""
    return sha256 if index == 0 else hashlib.sha256(f"{sha256}:{index}".encode()).hexdigest()


def write_lines(statement: BankStatement, fresh: Sequence[ParsedLine], *, now: datetime) -> None:
    """New lines become rows, and the worker is told to place them."""
    rows = [_line_values(statement, line) for line in fresh]
    insert_rows(db.session.connection(), BankLine.__table__, rows)
    for begin in range(0, len(fresh), MATCHED_AT_ONCE):
        group = fresh[begin : begin + MATCHED_AT_ONCE]
        span = [min(line.number for line in group), max(line.number for line in group)]
        enqueue(
            "match_lines",
            f"match_lines:{statement.id}:{span[0]}:{group[0].entry_ref}",
            {"statement_id": statement.id, "first": span[0], "last": span[1]},
            now=now,
        )


def _line_values(statement: BankStatement, line: ParsedLine) -> dict[str, object]:
    return {
        "court_id": statement.court_id,
        "statement_id": statement.id,
        "number": line.number,
        "account_number": statement.account_number,
        "entry_ref": line.entry_ref[:120],
        "batch_ref": line.batch_ref[:120] or None,
        "is_reversal": line.is_reversal,
        "content_sha256": content_digest(line),
        "side": line.side,
        "amount_minor": line.amount_minor,
        "currency": line.currency,
        "booked_on": line.booked_on,
        "payer_name": _storable(line.payer_name, 200),
        "payer_account": _storable(line.payer_account, 60),
        "payer_bank": _storable(line.payer_bank, 200),
        "remittance": _storable(line.remittance, 1000),
        "reference": find_reference(line.remittance)
        or find_reference("".join(line.remittance.split())),
        "status": LineStatus.NEW,
        "grounds": "",
        "remaining_minor": 0,
        "note": "",
    }


def _storable(text: str, length: int) -> str:
    """Text that every database takes: no NUL, no half of a pair of surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:length]
