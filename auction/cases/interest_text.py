"""Terms of interest as people type them, one entry a line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from auction.cases.interest import (
    DoubledTerms,
    Instalment,
    PartPayment,
    Pause,
    RatePeriod,
)
from auction.core.money import MoneyError, parse_money

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_RATE: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))?%?", re.ASCII)


class LineUnclear(ValueError):
    """A line does not say what it should; `field` is where it was typed."""

    def __init__(self, field: str, number: int, text: str) -> None:
        super().__init__(f"{field}: line {number}")
        self.field = field
        self.number = number
        self.text = text


def read_doubled_terms(
    instalments: str, payments: str, pauses: str, stops_on: date
) -> DoubledTerms:
    """The terms of doubled interest; raises LineUnclear."""
    return DoubledTerms(
        tuple(
            Instalment(_amount("instalments", n, words[1]), _day("instalments", n, words[0]))
            for n, words in _lines("instalments", instalments, 2)
        ),
        stops_on,
        tuple(
            PartPayment(_amount("payments", n, words[1]), _day("payments", n, words[0]))
            for n, words in _lines("payments", payments, 2)
        ),
        tuple(
            Pause(_day("pauses", n, words[0]), _day("pauses", n, words[1]), words[2])
            for n, words in _lines("pauses", pauses, 3)
        ),
    )


def read_rate_periods(text: str) -> tuple[RatePeriod, ...]:
    """The periods of ordinary interest; raises LineUnclear."""
    return tuple(
        RatePeriod(
            _amount("periods", n, words[2]),
            _day("periods", n, words[0]),
            _day("periods", n, words[1]),
            _rate(n, words[3]),
        )
        for n, words in _lines("periods", text, 4)
    )


def doubled_document(terms: DoubledTerms) -> dict[str, Any]:
    """The terms as plain JSON, for keeping beside the result."""
    return {
        "rate": "0.000175",
        "stops_on": terms.stops_on.isoformat(),
        "instalments": [[i.due_on.isoformat(), i.amount_minor] for i in terms.instalments],
        "payments": [[p.paid_on.isoformat(), p.amount_minor] for p in terms.payments],
        "pauses": [[p.first.isoformat(), p.last.isoformat(), p.ground] for p in terms.pauses],
    }


def ordinary_document(periods: tuple[RatePeriod, ...], year: str) -> dict[str, Any]:
    """The periods and the year as plain JSON."""
    return {
        "year": year,
        "periods": [
            [p.first.isoformat(), p.last.isoformat(), p.base_minor, p.rate_ppm] for p in periods
        ],
    }


def _lines(field: str, text: str, count: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        words = line.split(maxsplit=count - 1)
        if len(words) < count:
            raise LineUnclear(field, number, line)
        yield number, words


def _day(field: str, number: int, word: str) -> date:
    try:
        if not _DAY.fullmatch(word):
            raise ValueError(word)
        return date.fromisoformat(word)
    except ValueError:
        raise LineUnclear(field, number, word) from None


def _amount(field: str, number: int, word: str) -> int:
    try:
        return parse_money(word)
    except MoneyError:
        raise LineUnclear(field, number, word) from None


def _rate(number: int, word: str) -> int:
    """`3.45` per cent a year as 34,500 millionths."""
    match = _RATE.fullmatch(word)
    if match is None:
        raise LineUnclear("periods", number, word)
    whole, fraction = match.groups()
    return int(whole) * 10_000 + int((fraction or "").ljust(4, "0"))
