"""Read SWIFT MT940 statements with the mt-940 library, one message at a time.

The library forgives much and checks no sums: a line it could not read, and a statement that does
not add up, are refused here.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from mt940.models import Transactions

from escrow.bank.parsed import (
    MAX_LINES,
    Fault,
    ParsedLine,
    ParsedStatement,
    Side,
    StatementRefused,
    name_lines,
    to_minor,
)

_START = re.compile(r"^:20:", re.MULTILINE)
_LINE = re.compile(r"^:61:", re.MULTILINE)
_NO_REFERENCE = {"", "NONREF", "NOTPROVIDED"}
# RC takes a credit back, RD a debit.
_SIDES = {"C": Side.CREDIT, "D": Side.DEBIT, "RC": Side.DEBIT, "RD": Side.CREDIT}


def read_mt940(text: str) -> list[ParsedStatement]:
    """All statements of the file, pages of one joined; raises StatementRefused."""
    starts = [match.start() for match in _START.finditer(text)]
    if not starts:
        raise StatementRefused([Fault("not-mt940")])
    pages = []
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
        pages.append(_page(text[begin:end], text.count("\n", 0, begin) + 1))
    return _join(pages)


def _page(block: str, first_line: int) -> ParsedStatement:
    book = Transactions()
    try:
        book.parse(block)
    except (RuntimeError, ValueError, ArithmeticError, AttributeError, KeyError, TypeError):
        raise StatementRefused([Fault("mt940-unreadable", first_line)]) from None
    numbers = [first_line + block.count("\n", 0, m.start()) for m in _LINE.finditer(block)]
    entries = [entry.data for entry in book.transactions if "status" in entry.data]
    if len(numbers) != len(entries):
        raise StatementRefused([Fault("mt940-unreadable", first_line)])
    if len(numbers) > MAX_LINES:
        raise StatementRefused([Fault("too-many-lines", first_line)])
    opening = _balance(book.data, "opening")
    closing = _balance(book.data, "closing")
    currency = _currency(book.data)
    if opening is None or closing is None:  # an interim report (MT942) is no statement
        raise StatementRefused([Fault("no-balances", first_line)])
    faults: list[Fault] = []
    lines = []
    for number, entry in zip(numbers, entries, strict=True):
        line = _line(number, entry, currency)
        if line is None:
            faults.append(Fault("bad-entry", number))
        else:
            lines.append(line)
    if faults:
        raise StatementRefused(faults)
    return ParsedStatement(
        account=str(book.data.get("account_identification") or "").strip(),
        currency=currency,
        lines=name_lines(lines),
        opening_minor=opening,
        closing_minor=closing,
        label=str(book.data.get("transaction_reference") or ""),
    )


def _line(number: int, entry: dict[str, Any], currency: str) -> ParsedLine | None:
    side = _SIDES.get(str(entry.get("status")))
    minor = to_minor(abs(Decimal(entry["amount"].amount)))
    if side is None or not minor:
        return None
    booked: date = entry.get("entry_date") or entry["date"]
    reference = str(entry.get("bank_reference") or "").strip()
    told = [
        str(entry.get(name) or "")
        for name in ("customer_reference", "purpose", "transaction_details", "extra_details")
    ]
    return ParsedLine(
        number=number,
        side=side,
        amount_minor=minor,
        currency=currency,
        booked_on=date(booked.year, booked.month, booked.day),
        entry_ref="" if reference.upper() in _NO_REFERENCE else reference,
        payer_name=str(entry.get("applicant_name") or "").strip(),
        payer_account=str(entry.get("applicant_iban") or "").strip(),
        payer_bank=str(entry.get("applicant_bin") or "").strip(),
        remittance=" ".join(part.strip() for part in told if part.strip()),
    )


def _balance(data: dict[str, Any], which: str) -> int | None:
    for name in (f"final_{which}_balance", f"intermediate_{which}_balance"):
        found = data.get(name)
        if found is not None:
            return to_minor(Decimal(found.amount.amount))
    return None


def _currency(data: dict[str, Any]) -> str:
    for name in ("final_opening_balance", "intermediate_opening_balance", "final_closing_balance"):
        if data.get(name) is not None:
            return str(data[name].amount.currency)
    return ""


def _join(pages: list[ParsedStatement]) -> list[ParsedStatement]:
    """Pages follow on each other: the next one opens with what the last one closed with."""
    joined: list[ParsedStatement] = []
    for page in pages:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.account == page.account
            and last.closing_minor is not None
            and last.closing_minor == page.opening_minor
        ):
            joined[-1] = ParsedStatement(
                account=last.account,
                currency=last.currency,
                lines=last.lines + page.lines,
                opening_minor=last.opening_minor,
                closing_minor=page.closing_minor,
                label=last.label,
            )
        else:
            joined.append(page)
    return joined
