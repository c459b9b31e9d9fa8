"""The terms a sale is held under, and the bidders enrolled in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeGuard

from bidding.engine.instants import floor_to_millisecond

MAX_AMOUNT = 10**15
"""The greatest amount anyone may name, in minor units."""


class Stage(StrEnum):
    """A lot is offered in a first auction, a second auction and a sell-off, in this order."""

    FIRST = "first"
    SECOND = "second"
    SELLOFF = "selloff"


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """What is fixed about a sale before it opens; no event changes it.

    Amounts are integers of the currency's minor unit, spans whole seconds, instants aware UTC with
    whole milliseconds. The bidding window is half open: `opens_at <= at < closes_at`.
    """

    stage: Stage
    currency: str
    start_price: int
    increment: int
    opens_at: datetime
    closes_at: datetime
    extension_window_s: int
    extension_s: int
    countdown_s: int
    leader_raises: bool
    instructions: bool

    def __post_init__(self) -> None:
        """Terms nobody could hold a sale under are a `ValueError`, found before the sale is."""
        for name in ("start_price", "increment"):
            if not is_amount(getattr(self, name)):
                raise ValueError(f"{name} must be an integer in 1 to {MAX_AMOUNT}")
        for name in ("extension_window_s", "extension_s", "countdown_s"):
            if not is_integer(getattr(self, name)) or getattr(self, name) < 0:
                raise ValueError(f"{name} must be an integer of 0 or more")
        for at in (self.opens_at, self.closes_at):
            if at.utcoffset() is None or floor_to_millisecond(at) != at:
                raise ValueError("opens_at and closes_at must be aware and whole milliseconds")
        if self.closes_at <= self.opens_at:
            raise ValueError("closes_at must come after opens_at")
        try:
            longest = max(self.extension_window_s, self.extension_s, self.countdown_s)
            _ = self.closes_at + timedelta(seconds=longest)
            _ = self.opens_at - timedelta(seconds=self.extension_window_s)
        except OverflowError as error:
            raise ValueError("the spans lead outside the years 1 to 9999") from error

    def is_rung(self, amount: int) -> bool:
        """Every price is `start_price + n * increment`, n >= 0 (CN16-20.1)."""
        return amount >= self.start_price and (amount - self.start_price) % self.increment == 0

    def find_rung_below(self, limit: int) -> int:
        """A limit, itself at or above the start price, counts as the highest rung <= limit."""
        return limit - (limit - self.start_price) % self.increment


@dataclass(frozen=True, slots=True)
class Bidder:
    """A bidder is known by its code alone; a priority rank is one the court confirmed (CN16-19)."""

    code: str
    priority: int | None = None
    barred: bool = False

    def __post_init__(self) -> None:
        """A rank is an integer of 1 or more; rank 1 comes before rank 2 (CN16-19.2)."""
        if self.priority is not None and (not is_integer(self.priority) or self.priority < 1):
            raise ValueError("priority must be an integer of 1 or more")


Roster = Mapping[str, Bidder]
"""The bidders enrolled in a sale, by code."""


def outranks(bidder: Bidder | None, other: Bidder | None) -> bool:
    """Rank 1 outranks 2, any rank outranks none, and equal ranks do not outrank (CN16-21)."""
    if bidder is None or bidder.priority is None:
        return False
    return other is None or other.priority is None or bidder.priority < other.priority


def is_integer(number: object) -> TypeGuard[int]:
    """A boolean is not an integer."""
    return isinstance(number, int) and not isinstance(number, bool)


def is_amount(amount: object) -> TypeGuard[int]:
    """An amount is an integer in 1 to 10^15 minor units."""
    return isinstance(amount, int) and amount is not True and 0 < amount <= MAX_AMOUNT
