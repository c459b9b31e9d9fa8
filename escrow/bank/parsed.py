"""What a bank file says, in plain values; a file that does not add up is refused whole.

Pure: no database, no clock. Amounts are integers of minor units, always positive; `side` tells
whether money came (`credit`) or went (`debit`), seen from the court's account.

A reader is a generator over the file: it gives each line, whatever is wrong (`Fault`), and after
the lines of a statement its `StatementEnd`. So a file of any length is read in little memory, and
may be read twice: once to see whether all of it is right, once to take it in.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

MAX_LINES = 200_000
MAX_MINOR = 10**15
MAX_FAULTS = 50
_TOLD = 60


class Side(StrEnum):
    """The direction of a line on the court's account."""

    CREDIT = "credit"
    DEBIT = "debit"


class Nature(StrEnum):
    """What kind of account a file speaks of."""

    ACCOUNT = "account"
    CARD = "card"  # a credit card's bill
    WALLET = "wallet"  # a payment service's list


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


@dataclass(frozen=True, slots=True)
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
    batch_ref: str = ""  # of the collective entry that this line is a part of
    is_reversal: bool = False  # the bank takes an earlier entry back

    @property
    def signed_minor(self) -> int:
        """What the line does to the account."""
        return self.amount_minor if self.side is Side.CREDIT else -self.amount_minor


@dataclass(frozen=True)
class StatementBegin:
    """A statement of this account begins, where the file says so before its lines."""

    account: str


@dataclass(frozen=True)
class StatementEnd:
    """What a statement says of itself: its account, its span, its balances where given."""

    account: str  # as the file names it; empty where it does not
    currency: str
    line: int = 0  # where the closing balance stands, or the statement begins
    opening_minor: int | None = None
    closing_minor: int | None = None
    label: str = ""
    first_day: date | None = None
    last_day: date | None = None
    is_advice: bool = False  # single movements of a day that is not over (camt.054, MT942)
    nature: Nature = Nature.ACCOUNT
    profile: str = ""
    skipped: tuple[int, ...] = ()  # announced but not booked (pending) lines


@dataclass(frozen=True)
class ParsedStatement:
    """One account's movements over a span, with its two balances where the file gives them."""

    end: StatementEnd
    lines: tuple[ParsedLine, ...]

    @property
    def account(self) -> str:
        return self.end.account

    @property
    def currency(self) -> str:
        return self.end.currency

    @property
    def opening_minor(self) -> int | None:
        return self.end.opening_minor

    @property
    def closing_minor(self) -> int | None:
        return self.end.closing_minor

    @property
    def skipped(self) -> tuple[int, ...]:
        return self.end.skipped


Checked = StatementBegin | ParsedLine | StatementEnd
Event = Checked | Fault

_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)


def to_minor(value: str | Decimal) -> int | None:
    """Minor units of a decimal number, or None if it is not a whole number of them."""
    minor = _scaled(value)
    if minor is None or minor != minor.to_integral_value() or abs(minor) > MAX_MINOR:
        return None
    return int(minor)


def _scaled(value: str | Decimal) -> Decimal | None:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount.scaleb(2) if amount.is_finite() else None


def amount_fault(value: str) -> str:
    """The code for an amount that `to_minor` does not take."""
    minor = _scaled(value)
    if minor is None:
        return "bad-amount"
    return "huge-amount" if abs(minor) > MAX_MINOR else "inexact-amount"


def tell(value: str) -> str:
    """What stands in the file, cut to what a message can show."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value)[:_TOLD]


def name_lines(events: Iterable[Event]) -> Iterator[Event]:
    """Give each line without a reference of its bank one derived from its content.

    Equal lines of one account are told apart by their order, so that the same file read again, or
    the next one that repeats the day, names them alike.
    """
    seen: Counter[bytes] = Counter()
    account = ""
    for event in events:
        if isinstance(event, StatementBegin) and event.account != account:
            account = event.account
            seen.clear()
        elif isinstance(event, ParsedLine) and not event.entry_ref:
            event = _name(event, seen)  # noqa: PLW2901  # the same line, with its name
        yield event


def _name(line: ParsedLine, seen: Counter[bytes]) -> ParsedLine:
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
    known = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).digest()
    seen[known] += 1
    digest = hashlib.sha256(f"{content}\x1f{seen[known]}".encode("utf-8", "surrogatepass"))
    return replace(line, entry_ref=f"sha:{digest.hexdigest()[:32]}")


def check_events(events: Iterable[Event]) -> Iterator[Checked]:
    """Hand on what a reader gives, and refuse at the end if anything was wrong.

    Opening balance + movements = closing balance; one currency in a statement; no reference twice
    for an account; no more lines than `MAX_LINES`. Whoever stores what comes out of here does so
    only after the last event, or in a transaction that the refusal rolls back.
    """
    check = _Check()
    try:
        for event in events:
            if isinstance(event, Fault):
                check.faults.append(event)
                check.is_readable = False
                if len(check.faults) >= MAX_FAULTS:
                    break
                continue
            check.see(event)
            yield event
    except StatementRefused as fatal:
        check.faults.extend(fatal.faults)
    if not check.ends and not check.faults:
        check.faults.append(Fault("no-statement", 1))
    if check.faults:
        raise StatementRefused(sorted(check.faults, key=lambda fault: (fault.line, fault.code)))


class _Check:
    """The sums and references of the statement that is being read."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.ends = 0
        self.count = 0
        self.account = ""
        self.references: set[bytes] = set()
        self._begin()

    def _begin(self) -> None:
        self.moved_minor = 0
        self.is_readable = True
        self.currencies: dict[str, list[int]] = {}

    def see(self, event: Checked) -> None:
        if isinstance(event, StatementBegin):
            self.account = event.account
            return
        if isinstance(event, StatementEnd):
            self._end(event)
            return
        self.count += 1
        if self.count > MAX_LINES:
            raise StatementRefused([Fault("too-many-lines", event.number)])
        self.moved_minor += event.signed_minor
        lines = self.currencies.setdefault(event.currency, [])
        if len(lines) < MAX_FAULTS:
            lines.append(event.number)
        reference = f"{self.account}\x1f{event.entry_ref}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(reference, digest_size=12).digest()
        if digest in self.references:
            self.faults.append(Fault("reference-twice", event.number, tell(event.entry_ref)))
        self.references.add(digest)

    def _end(self, end: StatementEnd) -> None:
        self.ends += 1
        for currency, numbers in self.currencies.items():
            if currency != end.currency:
                self.faults += [Fault("line-currency", n, tell(currency)) for n in numbers]
        opening, closing, moved = end.opening_minor, end.closing_minor, self.moved_minor
        # What could not be read would be missing in the sum.
        if self.is_readable and opening is not None and closing is not None:
            expected = opening + moved
            if expected != closing:
                told = f"{_plain(opening)} + {_plain(moved)} = {_plain(expected)}"
                self.faults.append(Fault("sums-differ", end.line, f"{told} ≠ {_plain(closing)}"))
        self._begin()


def _plain(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
