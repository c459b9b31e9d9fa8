"""Read SWIFT MT940 statements and MT942 interim reports, line by line.

A message runs from its `:20:` to the next. We read the fields ourselves because each refusal must
name its line, a message may be as long as a year, and what is out of order must not be forgiven;
the mt-940 library reads the same files in the tests, as a second opinion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TextIO

from escrow.bank.parsed import (
    Event,
    Fault,
    ParsedLine,
    Side,
    StatementBegin,
    StatementEnd,
    StatementRefused,
    amount_fault,
    tell,
    to_minor,
)

_TAG = re.compile(r":(\d{2}[A-Z]?):(.*)", re.DOTALL)
_MOVEMENT = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}|[ ]{4})?(?P<mark>R?[CD])(?P<funds>[A-Z])?"
    r"(?P<amount>[0-9.,]{1,24})(?P<kind>[A-Z][A-Z0-9]{3})?(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_BALANCE = re.compile(
    r"(?P<mark>[CD])(?P<day>\d{6})(?P<currency>[A-Z]{3})(?P<amount>\d{1,18},\d{0,6})\s*", re.ASCII
)
_TOTAL = re.compile(r"(?P<count>\d{1,5})(?P<currency>[A-Z]{3})(?P<amount>\d{1,18},\d{0,6})\s*")
_AMOUNT = re.compile(r"\d{1,18},\d{0,6}", re.ASCII)
_NO_REFERENCE = {"", "NONREF", "NOTPROVIDED"}
# RC takes a credit back, RD a debit.
_SIDES = {"C": Side.CREDIT, "D": Side.DEBIT, "RC": Side.DEBIT, "RD": Side.CREDIT}
_END = ("-", "-}", "-\x03")
_MAX_TEXT = 65  # lines of one field
_PART = re.compile(r"\?(\d\d)")
_SLASHED = re.compile(r"/(NAME|REMI|IBAN|EREF)/([^/]*(?:/(?![A-Z]{4}/)[^/]*)*)")


@dataclass
class _Field:
    """A tag with its lines."""

    tag: str
    number: int
    lines: list[str]


@dataclass
class _Page:
    """A message as far as it has been read."""

    number: int
    label: str = ""
    account: str = ""
    currency: str = ""
    opening: tuple[int, date] | None = None
    closing: tuple[int, date] | None = None
    closing_at: int = 0
    is_continued: bool = False  # it ends with an interim balance (62M)
    is_interim: bool = False
    has_lines: bool = False
    moved: dict[Side, int] = field(default_factory=lambda: {Side.CREDIT: 0, Side.DEBIT: 0})
    count: dict[Side, int] = field(default_factory=lambda: {Side.CREDIT: 0, Side.DEBIT: 0})


def read_mt940(stream: TextIO) -> Iterator[Event]:
    """All statements of the file, the pages of one joined; raises StatementRefused."""
    reader = _Reader()
    for found in _fields(stream):
        yield from reader.see(found)
    yield from reader.finish()
    yield from reader.close()
    if not reader.has_message:
        raise StatementRefused([Fault("not-mt940", 1)])


def _fields(stream: TextIO) -> Iterator[_Field]:
    """The tags of the file with what follows each, up to the next or the end of the message."""
    current: _Field | None = None
    for number, raw in enumerate(stream, start=1):
        text = raw.rstrip("\r\n").lstrip("\x01\ufeff")
        found = _TAG.fullmatch(text)
        if found:
            if current is not None:
                yield current
            current = _Field(found.group(1), number, [found.group(2)])
        elif text.startswith(_END[1:]) or text == _END[0]:
            if current is not None:
                yield current
            current = None
        elif current is not None:
            if len(current.lines) >= _MAX_TEXT:
                raise StatementRefused([Fault("text-too-long", number)])
            current.lines.append(text)
    if current is not None:
        yield current


class _Reader:
    """Reads message after message, and keeps the statement whose pages they are."""

    def __init__(self) -> None:
        self.has_message = False
        self.page: _Page | None = None
        self.first: _Page | None = None  # of the statement whose pages are read
        self.last: _Page | None = None
        self.line: ParsedLine | None = None  # waits for its text
        self.told: list[str] = []
        self.references: dict[str, int] = {}

    def see(self, found: _Field) -> Iterator[Event]:
        """Take in one field."""
        if found.tag == "20":
            yield from self.finish()
            self.has_message = True
            self.page = _Page(found.number, label=found.lines[0].strip())
        elif self.page is None:
            return  # what stands outside of messages
        elif found.tag in {"25", "25P"}:
            yield from self._out_of_order(found, late=self.page.has_lines)
            if not self.page.account:
                self.page.account = found.lines[0].strip()
                yield StatementBegin(self.page.account)
        elif found.tag in {"60F", "60M"}:
            late = self.page.has_lines or self.page.opening is not None
            yield from self._out_of_order(found, late=late)
            yield from self._balance(found)
            yield from self._join(found, self.page)
        elif found.tag == "61":
            yield from self._movement(found, self.page)
        elif found.tag == "86":
            self._text(found.lines)
        elif found.tag in {"62F", "62M"}:
            yield from self._flush()
            late = self.page.closing is not None or self.page.opening is None
            yield from self._out_of_order(found, late=late)
            self.page.is_continued = found.tag == "62M"
            self.page.closing_at = found.number
            yield from self._balance(found)
        else:
            yield from self._report(found, self.page)

    def _report(self, found: _Field, page: _Page) -> Iterator[Event]:
        """What only an interim report says of itself."""
        if found.tag in {"34F", "13D", "13"}:
            page.is_interim = True
        elif found.tag in {"90C", "90D"}:
            yield from self._flush()
            yield from self._total(found, page)

    def finish(self) -> Iterator[Event]:
        """The message is over: its statement too, unless the next page may go on with it."""
        yield from self._flush()
        page, self.page = self.page, None
        if page is None:
            return
        is_advice = page.opening is None and page.closing is None
        if is_advice != (page.opening is None or page.closing is None) or (
            is_advice and not (page.is_interim or page.has_lines)
        ):
            yield Fault("no-balances", page.number)
            return
        if not page.account:
            yield Fault("no-account", page.number)
        if is_advice:
            yield from self.close()
        self.first, self.last = self.first or page, page
        if not page.is_continued:
            yield from self.close()

    def close(self) -> Iterator[Event]:
        """The statement that the pages so far make up is complete."""
        first, last = self.first, self.last
        self.first = self.last = None
        self.references.clear()
        if first is None or last is None:
            return
        yield StatementEnd(
            account=last.account,
            currency=last.currency or "CNY",
            line=last.closing_at or last.number,
            opening_minor=first.opening[0] if first.opening else None,
            closing_minor=last.closing[0] if last.closing else None,
            label=first.label,
            first_day=first.opening[1] if first.opening else None,
            last_day=last.closing[1] if last.closing else None,
            is_advice=last.closing is None,
        )

    def _join(self, found: _Field, page: _Page) -> Iterator[Event]:
        """A page begins: it goes on where the last one stopped, or it is a statement of its own."""
        last = self.last
        if last is None:
            return
        if found.tag != "60M" or page.account != last.account:
            yield from self.close()
        elif page.opening and last.closing and page.opening[0] != last.closing[0]:
            yield Fault("pages-break", found.number)

    def _out_of_order(self, found: _Field, *, late: bool) -> Iterator[Event]:
        if late:
            yield Fault("tag-order", found.number, f":{found.tag}:")

    def _balance(self, found: _Field) -> Iterator[Event]:
        assert self.page is not None, "inside a message"
        read = _BALANCE.fullmatch(found.lines[0])
        minor = to_minor(read["amount"].replace(",", ".")) if read else None
        day = _day(read["day"]) if read else None
        if read is None or minor is None or day is None:
            yield Fault("bad-balance", found.number, tell(found.lines[0]))
            return
        value = (minor if read["mark"] == "C" else -minor, day)
        if self.page.currency and self.page.currency != read["currency"]:
            yield Fault("line-currency", found.number, read["currency"])
        self.page.currency = read["currency"]
        if found.tag.startswith("60"):
            if self.page.opening is None:
                self.page.opening = value
        else:
            self.page.closing = value

    def _movement(self, found: _Field, page: _Page) -> Iterator[Event]:
        yield from self._flush()
        page.has_lines = True
        yield from self._out_of_order(found, late=page.closing is not None)
        read = _MOVEMENT.fullmatch(found.lines[0])
        if read is None:
            yield Fault("bad-entry", found.number, tell(found.lines[0]))
            return
        valued_on = _day(read["value"])
        entered_on = _near(valued_on, read["entry"]) if valued_on else None
        text = read["amount"]
        minor = to_minor(text.replace(",", ".")) if _AMOUNT.fullmatch(text) else None
        if valued_on is None or entered_on is None:
            yield Fault("bad-date", found.number, tell(read["value"] + (read["entry"] or "")))
        if minor is None:
            fits = _AMOUNT.fullmatch(text)
            code = amount_fault(text.replace(",", ".")) if fits else "bad-amount"
            yield Fault(code, found.number, tell(text))
        if not minor or entered_on is None:
            return
        side = _SIDES[read["mark"]]
        page.moved[side] += minor
        page.count[side] += 1
        customer, _, bank = read["rest"].partition("//")
        self.line = ParsedLine(
            number=found.number,
            side=side,
            amount_minor=minor,
            currency=page.currency,
            booked_on=entered_on,
            entry_ref=self._reference(bank.strip()),
            is_reversal=read["mark"].startswith("R"),
        )
        self.told = [customer.strip(), *(line.strip() for line in found.lines[1:])]

    def _reference(self, bank: str) -> str:
        """The bank's reference; one that it uses again within a statement gets a number."""
        if bank.upper() in _NO_REFERENCE:
            return ""
        self.references[bank] = self.references.get(bank, 0) + 1
        count = self.references[bank]
        return bank if count == 1 else f"{bank}#{count}"

    def _text(self, lines: list[str]) -> None:
        if self.line is None:
            return  # about the statement, not about a movement
        joined = "".join(lines)
        parts = _PART.split(joined)
        if len(parts) > 2:  # a code, then its text
            told = dict[str, str]()
            for code, text in zip(parts[1::2], parts[2::2], strict=True):
                told[code] = told.get(code, "") + text
            self.line = replace(
                self.line,
                payer_name=(told.get("32", "") + told.get("33", "")).strip(),
                payer_account=told.get("31", "").strip(),
                payer_bank=told.get("30", "").strip(),
            )
            purpose = [told[code] for code in sorted(told) if code[0] == "2" or "60" <= code < "64"]
            self.told.append("".join(purpose) or told.get("00", ""))
            return
        slashed = {code: text.strip() for code, text in _SLASHED.findall(joined)}
        self.line = replace(
            self.line,
            payer_name=self.line.payer_name or slashed.get("NAME", ""),
            payer_account=self.line.payer_account or slashed.get("IBAN", ""),
        )
        self.told.extend(line.strip() for line in lines)

    def _flush(self) -> Iterator[Event]:
        """The movement is complete: another field has begun."""
        line, self.line = self.line, None
        if line is not None:
            text = " ".join(part for part in self.told if part and part.upper() != "NONREF")
            currency = line.currency or (self.page.currency if self.page else "")
            yield replace(line, remittance=text, currency=currency or "CNY")

    def _total(self, found: _Field, page: _Page) -> Iterator[Event]:
        """The report's own count and sum of one direction."""
        side = Side.CREDIT if found.tag == "90C" else Side.DEBIT
        read = _TOTAL.fullmatch(found.lines[0])
        if read is None:
            yield Fault("bad-balance", found.number, tell(found.lines[0]))
            return
        page.is_interim = True
        minor = to_minor(read["amount"].replace(",", "."))
        if (int(read["count"]), minor) != (page.count[side], page.moved[side]):
            yield Fault("totals-differ", found.number, tell(found.lines[0]))


def _day(text: str) -> date | None:
    """A day of two-digit year: from 1980 to 2079."""
    year = int(text[:2])
    try:
        return date((2000 if year < 80 else 1900) + year, int(text[2:4]), int(text[4:]))
    except ValueError:
        return None


def _near(valued_on: date, entry: str | None) -> date | None:
    """The day of entry, month and day only, in the year that puts it next to the value date."""
    if entry is None or not entry.strip():
        return valued_on
    found = []
    for year in (valued_on.year - 1, valued_on.year, valued_on.year + 1):
        try:
            found.append(date(year, int(entry[:2]), int(entry[2:])))
        except ValueError:
            continue
    return min(found, key=lambda day: abs(day - valued_on), default=None)
