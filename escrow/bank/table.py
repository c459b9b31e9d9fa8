"""Read the tables that banks export as CSV, by a mapping profile.

The head row is found by its words; what stands above it is looked through for the account number.
Where a running balance is given, every step must follow from the one before, whichever end of the
day the bank lists first; where the file adds up its own columns, so do we.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TextIO

from escrow.bank.parsed import (
    MAX_FAULTS,
    Event,
    Fault,
    Nature,
    ParsedLine,
    Side,
    StatementBegin,
    StatementEnd,
    StatementRefused,
    amount_fault,
    tell,
    to_minor,
)
from escrow.bank.profiles import DELIMITERS, Profile, our_profiles, plain_name, recognise

HEAD_ROWS = 60  # the head row stands among these
_CNY = {"", "人民币", "CNY", "RMB", "人民币元", "CNY人民币", "CN¥", "156"}
_ACCOUNT = re.compile(
    r"(?:账号|帐号|卡号|账户|帐户|账号名|用户名|Account(?: number| no\.?)?)"
    r"\s*[:：,\s]\s*\[?([0-9A-Za-z*@._-]{6,60})"
)
_EMPTY = {"", "-", "--", "—", "/"}
_DAYS = {
    "ymd": re.compile(
        r"(?P<y>\d{4})[-/.年]?(?P<m>\d{1,2})[-/.月]?(?P<d>\d{1,2})日?(?:[ T].*)?", re.ASCII
    ),
    "dmy": re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})(?:[ T].*)?", re.ASCII),
    "mdy": re.compile(r"(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})[-/.](?P<y>\d{4})(?:[ T].*)?", re.ASCII),
}
_PACKED = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\d{6}|[ T].*)?", re.ASCII)
_AMOUNT = re.compile(
    r"(?P<sign>[+-]?)(?P<currency>CNY|RMB|人民币|¥|￥|[A-Z]{3})?\s*(?P<inner>[+-]?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)\s*元?"
    r"(?:\(已退款(?P<back>[\d.,]+)\))?",
    re.ASCII,
)
_MASKED = re.compile(r"[xyzXYZ*.,\s]*[xyzXYZ*][xyzXYZ*.,\s]*")
# Some put a tab behind a quoted cell, so that no program takes it for a number.
_AFTER_QUOTE = re.compile(r'"[\t ]+(?=[,;|\r\n]|$)')
_PROTECTED = re.compile(r'="(.*)"', re.DOTALL)
_NO_REFERENCE = re.compile(r"[0-]*")


def read_table(
    stream: TextIO, profiles: Sequence[Profile] | None = None, chosen: Profile | None = None
) -> Iterator[Event]:
    """The one statement of a CSV file, row by row; raises StatementRefused where it is no table.

    `chosen` is the profile that a person picked; otherwise the one of `profiles` is taken that
    knows most of the head row.
    """
    above, rest = _split(stream)
    rows, head_at, profile = find_head(above, profiles or our_profiles(), chosen)
    number, head = rows[head_at]
    delimiter = profile.delimiter or _delimiter_of(above, number, head)
    title = " ".join(cell for _n, row in rows[:head_at] for cell in row)
    reading = _Reading(profile, head, title)
    yield StatementBegin(reading.account)
    for at, row in _rows(itertools.chain(above, rest), delimiter):
        if at > number:
            yield from reading.see(at, row)
    yield from reading.finish()


def preview_rows(stream: TextIO, delimiter: str | None = None, count: int = 30) -> list[list[str]]:
    """The first rows of a file, for a person who says what its columns mean."""
    above, _rest = _split(stream)
    if delimiter is None:
        delimiter = max(DELIMITERS, key=lambda mark: sum(line.count(mark) for line in above))
    return [row for _n, row in itertools.islice(_rows(above, delimiter), count)]


def _split(stream: TextIO) -> tuple[list[str], TextIO]:
    """The lines among which the head row is looked for, and the rest."""
    return list(itertools.islice(stream, HEAD_ROWS)), stream


def find_head(
    above: Sequence[str], profiles: Sequence[Profile], chosen: Profile | None = None
) -> tuple[list[tuple[int, list[str]]], int, Profile]:
    """The rows above, which of them is the head, and whose it is; raises `no-head-row`."""
    candidates = [chosen] if chosen is not None else list(profiles)
    trouble: StatementRefused | None = None
    for delimiter in DELIMITERS:
        asked = [p for p in candidates if p.delimiter in (None, delimiter)]
        rows: list[tuple[int, list[str]]] = []
        try:
            rows.extend(_rows(above, delimiter))
        except StatementRefused as refused:  # as far as it could be read
            trouble = refused if delimiter == DELIMITERS[0] else trouble
            rows = list(_rows_until_trouble(above, delimiter))
        for index, (number, row) in enumerate(rows):
            found = recognise(row, [p for p in asked if p.head_row in (None, number)])
            if found is not None:
                return rows, index, found
    raise trouble or StatementRefused([Fault("no-head-row", 1)])


def _delimiter_of(above: Sequence[str], number: int, head: list[str]) -> str:
    for delimiter in DELIMITERS:
        if (number, head) in _rows_until_trouble(above, delimiter):
            return delimiter
    raise AssertionError("the head row was found with one of them")


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that say anything, each with the line on which it ends."""
    told = lines if delimiter == "\t" else (_AFTER_QUOTE.sub('"', line) for line in lines)
    reader = csv.reader(told, strict=True, delimiter=delimiter)
    try:
        for row in reader:
            cells = [_clean(cell) for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error:
        raise StatementRefused([Fault("not-csv", reader.line_num)]) from None


def _rows_until_trouble(lines: Iterable[str], delimiter: str) -> list[tuple[int, list[str]]]:
    rows = []
    try:
        for row in _rows(lines, delimiter):
            rows.append(row)  # noqa: PERF402  # what was read before the trouble is kept
    except StatementRefused:
        return rows
    return rows


def _clean(cell: str) -> str:
    plain = cell.replace("\t", " ").replace("\ufeff", "").replace("\xa0", " ").strip()
    protected = _PROTECTED.fullmatch(plain)
    return protected.group(1).strip() if protected else plain


@dataclass(frozen=True)
class _Amounts:
    """What a row says of money: what it does, or the code of what is wrong with it."""

    signed_minor: int | None
    fault: str = ""
    told: str = ""
    currency: str = ""


class _Reading:
    """Reads row after row under one head, and follows the running balance both ways."""

    def __init__(self, profile: Profile, head: Sequence[str], title: str) -> None:
        self.profile = profile
        self.head = head
        self.head_names = [plain_name(cell) for cell in head]
        self.places = {role: profile.places(role, head) for role in (*profile.columns,)}
        named = _ACCOUNT.search(title)
        self.account = named.group(1) if named else ""
        self.skipped: list[int] = []
        self.first: ParsedLine | None = None
        self.last: ParsedLine | None = None
        self.has_balances = True
        self.breaks: dict[str, list[int]] = {"down": [], "up": []}
        self.sums = {Side.CREDIT: 0, Side.DEBIT: 0}
        self.days: list[date] = []
        self.currencies: set[str] = set()
        self.has_faults = False

    def see(self, number: int, row: list[str]) -> Iterator[Event]:
        """Take in one row: a movement, a foot, a row on which nothing moved, or a fault."""
        cells = {role: _first(row, places) for role, places in self.places.items()}
        first_cell = next((cell for cell in row if cell), "")
        if self.profile.totals and first_cell.startswith(self.profile.totals):
            yield from self._totals(number, cells)
            return
        if not cells["date"]:
            if any(cells.get(role) for role in ("credit", "debit", "amount")):
                yield self._fault("no-date", number)
            return  # remarks under the table
        extra = [cell for cell in row[len(self.head) :] if cell not in _EMPTY]
        if extra:
            yield self._fault("row-too-long", number, extra[0])
            return
        state = cells.get("state", "")
        mark = _first_any(row, self.places.get("mark", []))
        if state in self.profile.dropped_states or mark.startswith(
            self.profile.neutral_words or ("\0",)
        ):
            self.skipped.append(number)
            return
        yield from self._movement(number, row, cells, mark)

    def _movement(
        self, number: int, row: list[str], cells: dict[str, str], mark: str
    ) -> Iterator[Event]:
        day = _day(cells["date"], self.profile.day_order)
        amounts = self._amounts(cells, mark)
        told_balance = cells.get("balance", "")
        if _MASKED.fullmatch(told_balance):
            told_balance = ""
        balance = _amount(told_balance) if told_balance else None
        currency = amounts.currency or _currency(cells.get("currency", "")) or self.profile.currency
        if day is None:
            yield self._fault("bad-date", number, cells["date"])
        if amounts.signed_minor is None:
            yield self._fault(amounts.fault, number, amounts.told)
        if told_balance and balance is None:
            yield self._fault("bad-balance", number, told_balance)
        if not currency.isascii() or len(currency) != 3:  # ISO 4217
            yield self._fault("line-currency", number, currency)
            return
        if day is None or not amounts.signed_minor:
            return
        line = ParsedLine(
            number=number,
            side=Side.CREDIT if amounts.signed_minor > 0 else Side.DEBIT,
            amount_minor=abs(amounts.signed_minor),
            currency=currency,
            booked_on=day,
            entry_ref=self._reference(cells),
            payer_name=cells.get("name", ""),
            payer_account=cells.get("account", ""),
            payer_bank=cells.get("bank", ""),
            remittance=self._remittance(row, cells),
            balance_minor=balance,
        )
        self._follow(line)
        yield line

    def _reference(self, cells: dict[str, str]) -> str:
        reference = cells.get("reference", "")
        if not self.profile.is_reference_unique or _NO_REFERENCE.fullmatch(reference):
            return ""
        return reference

    def _remittance(self, row: list[str], cells: dict[str, str]) -> str:
        parts = [row[at] for at in self.places.get("remark", []) if at < len(row)]
        if not self.profile.is_reference_unique:
            parts.append(cells.get("reference", ""))
        return " ".join(dict.fromkeys(part for part in parts if part not in _EMPTY))

    def _amounts(self, cells: dict[str, str], mark: str) -> _Amounts:
        """What the row does to the account; a fault where it says nothing, or two things."""
        credit, debit = cells.get("credit", ""), cells.get("debit", "")
        came, went = (_amount(text) if text else 0 for text in (credit, debit))
        for minor, text in ((came, credit), (went, debit)):
            if minor is None:
                return _Amounts(None, _amount_fault(text), text)
        assert came is not None, "looked at above"
        assert went is not None, "looked at above"
        if came or went:
            if came < 0 or went < 0:
                return _Amounts(None, "negative-amount", credit or debit)
            return _Amounts(came - went) if not (came and went) else _Amounts(None, "two-amounts")
        amount = cells.get("amount", "")
        if not amount:
            return _Amounts(0) if credit or debit else _Amounts(None, "no-amount")
        return self._one_amount(amount, mark)

    def _one_amount(self, text: str, mark: str) -> _Amounts:
        minor = _amount(text)
        if minor is None:
            return _Amounts(None, _amount_fault(text), text)
        prefix = _AMOUNT.fullmatch(text)
        currency = _currency(prefix["currency"] or "") if prefix else ""
        if "mark" not in self.places or not self.places["mark"]:
            return _Amounts(
                -minor if self.profile.is_spending_positive else minor, "", "", currency
            )
        if mark.startswith(self.profile.credit_words):
            return _Amounts(abs(minor), "", "", currency)
        if mark.startswith(self.profile.debit_words):
            return _Amounts(-abs(minor), "", "", currency)
        if not mark and self.profile.code == "common":
            return _Amounts(minor, "", "", currency)
        return _Amounts(None, "bad-direction", mark)

    def _follow(self, line: ParsedLine) -> None:
        """Two neighbours and their balances: which way round does one follow from the other?"""
        before, self.last = self.last, line
        self.first = self.first or line
        self.currencies.add(line.currency)
        self.sums[line.side] += line.amount_minor
        self.days = [min([*self.days[:1], line.booked_on]), max([*self.days[1:], line.booked_on])]
        if line.balance_minor is None:
            self.has_balances = False
        if before is None or before.balance_minor is None or line.balance_minor is None:
            return
        if before.balance_minor + line.signed_minor != line.balance_minor:
            self._broken("down", line.number)
        if line.balance_minor + before.signed_minor != before.balance_minor:
            self._broken("up", line.number)

    def _broken(self, way: str, number: int) -> None:
        self.breaks[way].append(number)

    def _totals(self, number: int, cells: dict[str, str]) -> Iterator[Event]:
        for role, side in (("credit", Side.CREDIT), ("debit", Side.DEBIT)):
            text = cells.get(role, "")
            if text and _amount(text) != self.sums[side]:
                told = f"{text} ≠ {self.sums[side] // 100}.{self.sums[side] % 100:02d}"
                yield self._fault("totals-differ", number, told)

    def finish(self) -> Iterator[Event]:
        """The statement that the rows make up."""
        first, last = self.first, self.last
        if first is None or last is None:
            if not self.skipped and not self.has_faults:
                yield Fault("no-lines", 1)
            opening, closing = None, None
        else:
            opening, closing = yield from self._balances(first, last)
        is_of_one_currency = len(self.currencies) == 1
        yield StatementEnd(
            account=self.account,
            currency=next(iter(self.currencies)) if is_of_one_currency else self.profile.currency,
            line=last.number if last else 1,
            opening_minor=opening,
            closing_minor=closing,
            first_day=self.days[0] if self.days else None,
            last_day=self.days[1] if self.days else None,
            nature=Nature(self.profile.nature),
            profile=self.profile.code,
            skipped=tuple(self.skipped[:MAX_FAULTS]),
        )

    def _balances(
        self, first: ParsedLine, last: ParsedLine
    ) -> Generator[Event, None, tuple[int | None, int | None]]:
        """The breaks of the running balance; the opening and the closing one come back."""
        down, up = self.breaks["down"], self.breaks["up"]
        is_downward = len(down) <= len(up)
        for number in (down if is_downward else up)[:MAX_FAULTS]:
            yield self._fault("balance-breaks", number)
        if not self.has_balances or self.has_faults:
            return None, None
        begin, end = (first, last) if is_downward else (last, first)
        return (begin.balance_minor or 0) - begin.signed_minor, end.balance_minor

    def _fault(self, code: str, number: int, told: str = "") -> Fault:
        self.has_faults = True
        return Fault(code, number, tell(told))


def _first(row: list[str], places: Sequence[int]) -> str:
    """The first of these cells that says anything."""
    return next((row[p] for p in places if p < len(row) and row[p] not in _EMPTY), "")


def _first_any(row: list[str], places: Sequence[int]) -> str:
    return next((row[p] for p in places if p < len(row) and row[p]), "")


def _day(text: str, order: str) -> date | None:
    found = (_PACKED.fullmatch(text) if order == "ymd" else None) or _DAYS[order].fullmatch(text)
    if found is None or not text.isprintable():
        return None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None


def _amount(text: str) -> int | None:
    """Minor units of a cell; what was paid back of it in brackets is taken off."""
    found = _AMOUNT.fullmatch(text)
    if found is None or (found["sign"] and found["inner"]):
        return None
    minor = to_minor(found["sign"] + found["inner"] + found["digits"].replace(",", ""))
    back = to_minor(found["back"].replace(",", "")) if found["back"] else 0
    return None if minor is None or back is None else minor - back


def _amount_fault(text: str) -> str:
    found = _AMOUNT.fullmatch(text)
    if found is None or (found["sign"] and found["inner"]):
        return "bad-amount"
    return amount_fault(found["digits"].replace(",", ""))


def _currency(text: str) -> str:
    """The code of a currency; nothing where the cell says nothing."""
    plain = text.strip()
    if not plain or plain in _EMPTY:
        return ""
    return "CNY" if plain in _CNY or plain in {"¥", "￥"} else plain
