"""A group that cannot be paid in full is paid the largest total that fits, fees included.

Shares of a total P are Hamilton's, the fee of a claim grows with its share, and the money M bounds
both together.  The cost of P is *not* monotone: with three or more claims a larger total can take
a unit away from a small claim (the Alabama paradox), and with that unit its ¥50 minimum fee.  So a
plain bisection may stop at a total that is too small.  ``_find_largest_total`` never relies on
monotony; it discards a whole interval of totals only on a proven lower bound of their cost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from escrow.distribution.fees import FeeKind, FeeTerms


@dataclass(frozen=True, slots=True)
class Demand:
    """What one claim asks of the group, and what its fee already rests on."""

    amount_minor: int
    fee: FeeTerms
    paid_before_minor: int = 0

    def rise(self, share_minor: int) -> int:
        """Return the fee that a payment of ``share_minor`` adds."""
        return self.fee.rise(self.paid_before_minor, share_minor)


@dataclass(frozen=True, slots=True)
class Shares:
    """Hamilton's shares of a total, and who got one of the units that did not divide."""

    amounts: tuple[int, ...]
    rounded_up: frozenset[int]


@dataclass(frozen=True, slots=True)
class GroupPayment:
    """What each demand is paid and what fee is taken for it, in the order of the demands."""

    shares: Shares
    fees: tuple[int, ...]
    is_complete: bool

    @property
    def total_minor(self) -> int:
        return sum(self.shares.amounts)

    @property
    def cost_minor(self) -> int:
        return self.total_minor + sum(self.fees)


def split_by_largest_remainder(total: int, weights: Sequence[int]) -> Shares:
    """Split ``total`` in proportion to ``weights``, to the unit (Hamilton).

    Each gets the whole part of its quota; the missing units go one each to the largest fractional
    remainders, ties to the earlier.  Weights must not all be zero unless ``total`` is.
    """
    whole = sum(weights)
    if total == 0:
        return Shares((0,) * len(weights), frozenset())
    quotas = [divmod(total * weight, whole) for weight in weights]
    amounts = [units for units, _ in quotas]
    missing = total - sum(amounts)
    by_remainder = sorted(range(len(weights)), key=lambda index: -quotas[index][1])
    rounded_up = frozenset(by_remainder[:missing])
    for index in rounded_up:
        amounts[index] += 1
    return Shares(tuple(amounts), rounded_up)


def pay_group(demands: Sequence[Demand], money_minor: int) -> GroupPayment:
    """Pay every demand with its fee if all fit in the money, else the largest total that fits."""
    amounts = tuple(demand.amount_minor for demand in demands)
    fees = tuple(demand.rise(demand.amount_minor) for demand in demands)
    if sum(amounts) + sum(fees) <= money_minor:
        return GroupPayment(Shares(amounts, frozenset()), fees, is_complete=True)
    total = _find_largest_total(demands, money_minor)
    shares = split_by_largest_remainder(total, amounts)
    return GroupPayment(shares, _rises(demands, shares.amounts), is_complete=False)


def _rises(demands: Sequence[Demand], amounts: Sequence[int]) -> tuple[int, ...]:
    return tuple(
        demand.rise(amount) if amount else 0
        for demand, amount in zip(demands, amounts, strict=True)
    )


def _find_largest_total(demands: Sequence[Demand], money_minor: int) -> int:
    """Return the largest total below the whole demand that costs no more than the money.

    A bound that is monotone cuts off the top; below it, windows of growing size are searched from
    above.  Nothing costs nothing, so total 0 always fits and the search ends.
    """
    whole = sum(demand.amount_minor for demand in demands)
    top = min(money_minor, whole - 1)
    if all(demand.fee.kind is FeeKind.NONE for demand in demands):
        return top
    totals = _TotalSearch(demands, money_minor)
    # Whole parts never fall as the total grows, so this bound is monotone and bisects.
    top = bisect_left(range(top), True, key=lambda total: totals.is_too_dear(total + 1))
    width = 1
    while True:
        low = max(0, top - width + 1)
        if (found := totals.find_in_window(low, top)) is not None:
            return found
        top, width = low - 1, width * 2


class _TotalSearch:
    """The totals of one group against one amount of money, with claims from the largest down.

    Two facts carry the bound. At a total P, claims whose quota P·d/Σd is below 1 have remainder
    P·d, so among them the units go by size, ties to the earlier: whoever is paid at all at P is a
    *prefix* of the claims sorted this way. And the number of units missing after the whole parts
    is the sum of all remainders, divided by Σd.
    """

    def __init__(self, demands: Sequence[Demand], money_minor: int) -> None:
        self.demands = demands
        self.money_minor = money_minor
        self.amounts = [demand.amount_minor for demand in demands]
        self.whole = sum(self.amounts)
        self.by_size = sorted(
            (demand for demand in demands if demand.amount_minor),
            key=lambda demand: -demand.amount_minor,
        )
        self.sizes = [demand.amount_minor for demand in self.by_size]
        # A claim that was paid before, or has no fee, costs nothing extra at its first unit.
        self.has_first_fees = any(demand.rise(1) > 1 for demand in self.by_size)

    def is_too_dear(self, total: int) -> bool:
        """Tell whether even the whole parts of all shares of this total exceed the money."""
        return self._cost_at_least(total, paid_count=0) > self.money_minor

    def find_in_window(self, low: int, high: int) -> int | None:
        """Return the largest total in ``low..high`` that fits, halving what is not ruled out."""
        windows = [(low, high)]
        while windows:
            low, high = windows.pop()
            paid_count = self._count_surely_paid(low, high) if self.has_first_fees else 0
            if self._cost_at_least(low, paid_count) > self.money_minor:
                continue
            if low == high:
                if self._cost(low) <= self.money_minor:
                    return low
                continue
            middle = (low + high) // 2
            windows += [(low, middle), (middle + 1, high)]
        return None

    def _cost(self, total: int) -> int:
        shares = split_by_largest_remainder(total, self.amounts)
        return total + sum(_rises(self.demands, shares.amounts))

    def _cost_at_least(self, low: int, paid_count: int) -> int:
        """Return a lower bound of the cost of every total from ``low`` up.

        Each share is at least the whole part of its quota at ``low``, and at least 1 for the
        ``paid_count`` largest claims; fees never fall as shares grow.
        """
        cost = low
        for index, demand in enumerate(self.by_size):
            share = low * demand.amount_minor // self.whole or int(index < paid_count)
            if not share:
                break
            cost += demand.rise(share)
        return cost

    def _count_surely_paid(self, low: int, high: int) -> int:
        """Return how many of the largest claims get at least 1 at every total in the interval.

        Let *j* be a claim whose quota is below 1 throughout. It is paid at P if fewer claims can
        come before it than units are missing. And if it is not paid, then R units went to claims
        with larger fractions, so R·(1 - q_j) is at least the sum of (1 - fraction) over them,
        which equals the sum of the fractions of the unpaid, which is at least q_j + q_j+1 + …;
        where that is impossible, *j* is paid.
        """
        whole_quotas = self._count_whole_quotas(high)
        ranges = list(self._remainder_ranges(low, high, whole_quotas))
        small = self.sizes[whole_quotas:]
        least_sum = sum(least for least, _ in ranges) + low * sum(small)
        missing_units = -(-least_sum // self.whole)
        largest = sorted(most for _, most in ranges)
        from_here_on = list(accumulate(reversed(small)))[::-1]
        for place in reversed(range(len(small))):
            least_remainder = low * small[place]
            ahead = place + len(largest) - bisect_left(largest, least_remainder)
            rivals = whole_quotas + place
            if ahead < missing_units or (
                rivals * (self.whole - least_remainder) < low * from_here_on[place]
            ):
                return whole_quotas + place + 1
        return self._count_whole_quotas(low)

    def _count_whole_quotas(self, total: int) -> int:
        """Return how many of the largest claims have a quota of at least 1 at this total."""
        return bisect_left(self.sizes, True, key=lambda size: size * total < self.whole)

    def _remainder_ranges(self, low: int, high: int, count: int) -> Iterator[tuple[int, int]]:
        """Give the least and the largest remainder of each of the ``count`` largest claims.

        The remainder rises by ``size`` with each unit of the total and wraps at the whole; for the
        one claim that may be more than half of the whole it is the same to fall by the rest.
        """
        for size in self.sizes[:count]:
            step = size if 2 * size <= self.whole else size - self.whole
            turns_low, at_low = divmod(low * step, self.whole)
            turns_high, at_high = divmod(high * step, self.whole)
            if turns_low != turns_high:
                yield 0, self.whole - 1
            else:
                yield min(at_low, at_high), max(at_low, at_high)
