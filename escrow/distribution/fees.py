"""The execution application fee is the statutory table on what a claim is paid (FEE-14.2).

The table is written in yuan; here it is held in fen, so that a fee is one exact division.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum
from typing import Final

# FEE-14.2, the closed forms: 50; 0.015x-100; 0.01x+2,400; 0.005x+27,400; 0.001x+67,400 yuan.
# Up to each limit, and above the last, the fee is the paid fen times a rate plus a constant.
_LIMITS_MINOR: Final = (1_000_000, 50_000_000, 500_000_000, 1_000_000_000)
_RATES_PER_MILLE: Final = (0, 15, 10, 5, 1)
_CONSTANTS_MINOR: Final = (5_000, -10_000, 240_000, 2_740_000, 6_740_000)


def execution_fee(paid_minor: int) -> int:
    """Return the fee in fen on ``paid_minor`` fen, rounded down; nothing for 0 (FEE-14.2)."""
    if paid_minor <= 0:
        if paid_minor == 0:
            return 0
        raise ValueError("a payment is never negative")
    row = bisect_left(_LIMITS_MINOR, paid_minor)
    return paid_minor * _RATES_PER_MILLE[row] // 1000 + _CONSTANTS_MINOR[row]


@dataclass(frozen=True, slots=True)
class FeeSlice:
    """One step of the table: what was paid between two limits, its rate, its part of the fee.

    The first step is a flat sum. ``fee_millis`` counts thousandths of a fen, so that it is exact.
    """

    above_minor: int
    slice_minor: int
    rate_per_mille: int
    fee_millis: int


def fee_slices(paid_minor: int) -> tuple[FeeSlice, ...]:
    """Return the fee step by step, each rate on its own slice (FEE-14.2).

    Together, rounded down once, they are ``execution_fee(paid_minor)``.
    """
    if paid_minor <= 0:
        return ()
    slices = [FeeSlice(0, min(paid_minor, _LIMITS_MINOR[0]), 0, _CONSTANTS_MINOR[0] * 1000)]
    uppers = (*_LIMITS_MINOR[1:], paid_minor)
    for lower, upper, rate in zip(_LIMITS_MINOR, uppers, _RATES_PER_MILLE[1:], strict=True):
        if paid_minor > lower:
            within = min(paid_minor, upper) - lower
            slices.append(FeeSlice(lower, within, rate, within * rate))
    return tuple(slices)


class FeeKind(Enum):
    """How the court takes its fee from one claim."""

    NONE = "none"
    FIXED = "fixed"
    REALISED = "realised"


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the court's fee on one claim depends on; ``fixed_minor`` is for a fixed one."""

    kind: FeeKind
    fixed_minor: int = 0

    def total(self, paid_minor: int) -> int:
        """Return the whole fee due once the claim has been paid ``paid_minor`` in all.

        A fixed fee falls due with the first payment, so every fee is 0 at 0 and never falls as
        the payment grows: what a further payment costs is the difference of two totals.
        """
        if self.kind is FeeKind.REALISED:
            return execution_fee(paid_minor)
        return self.fixed_minor if self.kind is FeeKind.FIXED and paid_minor else 0

    def rise(self, paid_before_minor: int, payment_minor: int) -> int:
        """Return what a payment adds to the fee of a claim paid ``paid_before_minor`` so far."""
        if self.kind is FeeKind.NONE:
            return 0
        return self.total(paid_before_minor + payment_minor) - self.total(paid_before_minor)


NO_FEE: Final = FeeTerms(FeeKind.NONE)
REALISED_FEE: Final = FeeTerms(FeeKind.REALISED)
