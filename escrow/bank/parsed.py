"""What a bank file says, in plain values; a file that does not add up is refused whole.

Pure: no database, no clock. Amounts are integers of minor units, always positive; `side` tells
whether money came (`credit`) or went (`debit`), seen from the court's account.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

MAX_LINES = 20_000
MAX_MINOR = 10**15
MAX_FAULTS = 50


class Side(StrEnum):
    """The direction of a line on the court's account."""

    CREDIT = "credit"
    DEBIT = "debit"


@dataclass(frozen=True)
class Fault:
    """What is wrong, by code, and on which line of the file (0: the file as a whole)."""

    code: str
    line: int = 0
    told: str = ""


class StatementRefused(Exception):
    """The file is not taken; every fault that was found, in the order of its lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)[:MAX_FAULTS]
        super().__init__(", ".join(f"{f.code}@{f.line}" for f in self.faults))


@dataclass(frozen=True)
class ParsedLine:
    """One booked movement; `number` is where it stands in the file."""

    number: int
    side: Side
    amount_minor: int
    currency: str
    booked_on: date
    entry_ref: str  # the bank's own, or derived from what the line says
    payer_name: str = ""
    payer_account: str = ""
    payer_bank: str = ""
    remittance: str = ""
    balance_minor: int | None = None  # after this line, where the file gives it

    @property
    def signed_minor(self) -> int:
        """What the line does to the account."""
        return self.amount_minor if self.side is Side.CREDIT else -self.amount_minor


@dataclass(frozen=True)
class ParsedStatement:
    """One account's movements over a span, with its two balances where the file gives them."""

    account: str  # as the file names it; empty where it does not
    currency: str
    lines: tuple[ParsedLine, ...]
    opening_minor: int | None = None
    closing_minor: int | None = None
    label: str = ""
    skipped: tuple[int, ...] = field(default=())  # announced but not booked (pending) lines


def to_minor(value: str | Decimal) -> int | None:
    """Minor units of a decimal number, or None if it is not a whole number of them."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    if not amount.is_finite():
        return None
    minor = amount.scaleb(2)
    if minor != minor.to_integral_value() or abs(minor) > MAX_MINOR:
        return None
    return int(minor)


def name_lines(lines: Iterable[ParsedLine]) -> tuple[ParsedLine, ...]:
    """Give each line without a reference of its bank one derived from its content.

    Equal lines of one file are told apart by their order, so that the same file read again, or the
    next one that repeats the day, names them alike.
    """
    seen: Counter[str] = Counter()
    named = []
    for line in lines:
        if line.entry_ref:
            named.append(line)
            continue
        content = "\x1f".join(
            (
                line.side,
                str(line.amount_minor),
                line.currency,
                line.booked_on.isoformat(),
                line.payer_name,
                line.payer_account,
                line.remittance,
                "" if line.balance_minor is None else str(line.balance_minor),
            )
        )
        seen[content] += 1
        digest = hashlib.sha256(f"{content}\x1f{seen[content]}".encode()).hexdigest()
        named.append(replace(line, entry_ref=f"sha:{digest[:32]}"))
    return tuple(named)


def check_statement(statement: ParsedStatement) -> list[Fault]:
    """The faults of one statement: its sums, its references, its currency (reconciliation)."""
    faults = [
        Fault("line-currency", line.number, line.currency)
        for line in statement.lines
        if line.currency != statement.currency
    ]
    first_of: dict[str, int] = {}
    for line in statement.lines:
        if line.entry_ref in first_of:
            faults.append(Fault("reference-twice", line.number, line.entry_ref))
        first_of.setdefault(line.entry_ref, line.number)
    if statement.opening_minor is not None and statement.closing_minor is not None:
        moved = sum(line.signed_minor for line in statement.lines)
        if statement.opening_minor + moved != statement.closing_minor:
            told = f"{statement.opening_minor} + {moved} != {statement.closing_minor}"
            faults.append(Fault("sums-differ", 0, told))
    return faults
