"""Interest on a judgment debt, to the fen and line by line (CN14I-1.1 to CN14I-3.2). Pure.

**Doubled part.** Unpaid money debt of the title, general interest not included, times 0.0175 % a
day, simple (CN14I-1.2). The first counted day is the one after the last day for performance; each
instalment runs by itself (CN14I-2.1). The day of a payment still counts for what is paid on it, and
the day on which the deal ruling takes effect is the last one counted (CN14I-3.1). Days of a stay
that the debtor did not ask for are not counted (CN14I-3.2).

**Ordinary interest** runs at a yearly rate on the convention the title names: from its first day
(counted) to its last day (not counted: 算头不算尾), a year being 360 or 365 days.

All sums are exact fractions of a fen; one rounding at the very end, half a fen up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

# CN14I-1.2: 日万分之一点七五.
DOUBLED_RATE: Final = Fraction(175, 1_000_000)
# CN14I is in force from this day; what runs before it follows the older rules and is entered.
IN_FORCE: Final = date(2014, 8, 1)
_DAY: Final = timedelta(days=1)


class InterestError(ValueError):
    """The terms contradict themselves; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Instalment:
    """What the title orders to be paid by the end of `due_on`."""

    amount_minor: int
    due_on: date


@dataclass(frozen=True, slots=True)
class PartPayment:
    """What the debtor paid on the money debt itself; the oldest instalment is paid first."""

    amount_minor: int
    paid_on: date


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count, both ends included, and why (CN14I-3.2)."""

    first: date
    last: date
    ground: str


@dataclass(frozen=True, slots=True)
class DoubledTerms:
    """All that doubled interest depends on; `stops_on` is the last counted day."""

    instalments: tuple[Instalment, ...]
    stops_on: date
    payments: tuple[PartPayment, ...] = ()
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class InterestLine:
    """A run of days on one base; `ground` is why the days do not count, empty where they do."""

    base_minor: int
    first: date
    last: date
    days: int
    ground: str
    exact_minor: Fraction

    def document(self) -> dict[str, Any]:
        """Plain JSON; the exact amount as numerator and denominator."""
        return {
            "base": self.base_minor,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "days": self.days,
            "ground": self.ground,
            "exact": [self.exact_minor.numerator, self.exact_minor.denominator],
        }


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The lines of a computation and their sum."""

    lines: tuple[InterestLine, ...]

    @property
    def exact_minor(self) -> Fraction:
        """The sum before rounding."""
        return sum((line.exact_minor for line in self.lines), Fraction(0))

    @property
    def amount_minor(self) -> int:
        """The sum in fen; half a fen is rounded up, once."""
        return (2 * self.exact_minor.numerator + self.exact_minor.denominator) // (
            2 * self.exact_minor.denominator
        )

    @property
    def days(self) -> int:
        """The days that count on at least one base."""
        return sum(line.days for line in self.lines if not line.ground)

    def document(self) -> dict[str, Any]:
        """Plain JSON, for keeping."""
        return {"lines": [line.document() for line in self.lines], "amount": self.amount_minor}


# ── doubled interest ────────────────────────────────────────────────────────────────────────────


def reckon_doubled_interest(terms: DoubledTerms) -> Reckoning:
    """Compute the doubled part, one line for each run of days on one base (CN14I-1.2).

    Raises InterestError: `nothing-due`, `not-positive`, `overpaid`, `backwards`, `before-law`.
    """
    _check(terms)
    start = min(item.due_on for item in terms.instalments) + _DAY
    end = terms.stops_on + _DAY
    marks = {start, end}
    marks |= {item.due_on + _DAY for item in terms.instalments}
    marks |= {payment.paid_on + _DAY for payment in terms.payments}
    for pause in terms.pauses:
        marks |= {pause.first, pause.last + _DAY}
    days = sorted(mark for mark in marks if start <= mark <= end)
    lines = []
    for first, following in pairwise(days):
        base = _base_on(first, terms)
        if base:
            lines.append(_doubled_line(base, first, following - _DAY, terms.pauses))
    return Reckoning(tuple(lines))


def _check(terms: DoubledTerms) -> None:
    if not terms.instalments:
        raise InterestError("nothing-due")
    amounts = [item.amount_minor for item in terms.instalments]
    amounts += [payment.amount_minor for payment in terms.payments]
    if any(amount <= 0 for amount in amounts):
        raise InterestError("not-positive")
    if sum(p.amount_minor for p in terms.payments) > sum(i.amount_minor for i in terms.instalments):
        raise InterestError("overpaid")
    if any(pause.last < pause.first for pause in terms.pauses):
        raise InterestError("backwards")
    if min(item.due_on for item in terms.instalments) + _DAY < IN_FORCE:
        raise InterestError("before-law")


def _base_on(day: date, terms: DoubledTerms) -> int:
    """What is overdue on a day: instalments due before it, less what was paid before it."""
    due = sum(item.amount_minor for item in terms.instalments if item.due_on < day)
    paid = sum(payment.amount_minor for payment in terms.payments if payment.paid_on < day)
    return max(0, due - paid)


def _doubled_line(base: int, first: date, last: date, pauses: Sequence[Pause]) -> InterestLine:
    days = (last - first).days + 1
    ground = next((p.ground for p in pauses if p.first <= first and last <= p.last), "")
    exact = Fraction(0) if ground else base * days * DOUBLED_RATE
    return InterestLine(base, first, last, days, ground, exact)


# ── ordinary interest ───────────────────────────────────────────────────────────────────────────


class YearDays(StrEnum):
    """How many days the title's year has."""

    BANK = "360"
    CIVIL = "365"


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """One rate in force from `first` (counted) to `last` (not counted), in millionths a year."""

    base_minor: int
    first: date
    last: date
    rate_ppm: int


def reckon_ordinary_interest(periods: Iterable[RatePeriod], year: YearDays) -> Reckoning:
    """Base times rate times days, period by period, on the title's year (CN14I-1.1).

    Raises InterestError: `nothing-due`, `not-positive`, `backwards`, `overlap`.
    """
    rows = sorted(periods, key=lambda period: period.first)
    if not rows:
        raise InterestError("nothing-due")
    lines = []
    for period in rows:
        if period.base_minor <= 0 or period.rate_ppm <= 0:
            raise InterestError("not-positive")
        if period.last < period.first:
            raise InterestError("backwards")
        days = (period.last - period.first).days
        rate = Fraction(period.rate_ppm, 1_000_000 * int(year))
        exact = period.base_minor * days * rate
        lines.append(InterestLine(period.base_minor, period.first, period.last, days, "", exact))
    if any(later.first < earlier.last for earlier, later in pairwise(rows)):
        raise InterestError("overlap")
    return Reckoning(tuple(lines))
