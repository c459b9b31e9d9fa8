"""A group that cannot be paid in full is paid the largest total that fits, fees included.

Shares of a total P are Hamilton's, the fee of a claim grows with its share, and the money M bounds
both together.  The cost of P is *not* monotone: with three or more claims a larger total can take
a unit away from a small claim (the Alabama paradox), and with that unit its ¥50 minimum fee.  So a
plain bisection may stop at a total that is too small.  ``_find_largest_total`` never relies on
monotony; it discards a whole interval of totals only on a proven lower bound of their cost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from escrow.distribution.fees import FeeKind, FeeTerms, execution_fee


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
    fitting = 0
    while fitting < top:
        middle = (fitting + top + 1) // 2
        if totals.is_too_dear(middle):
            top = middle - 1
        else:
            fitting = middle
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
        # For each count of largest claims: their fees that do not grow with the share, less what
        # was taken before; and how many of them are in ``realised``, whose fees grow.
        self.steady_fees = [0]
        self.realised_among = [0]
        self.realised: list[tuple[int, int]] = []
        for demand in self.by_size:
            if demand.fee.kind is FeeKind.REALISED:
                self.realised.append((demand.amount_minor, demand.paid_before_minor))
                steady_fee = -execution_fee(demand.paid_before_minor)
            else:
                steady_fee = demand.rise(1)
            self.steady_fees.append(self.steady_fees[-1] + steady_fee)
            self.realised_among.append(len(self.realised))

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
        count = max(paid_count, self._count_whole_quotas(low))
        whole = self.whole
        fees = sum(
            execution_fee(paid_before + (low * size // whole or 1))
            for size, paid_before in self.realised[: self.realised_among[count]]
        )
        return low + self.steady_fees[count] + fees

    def _count_surely_paid(self, low: int, high: int) -> int:
        """Return how many of the largest claims get at least 1 at every total in the interval.

        A claim *j* whose quota stays below 1 is paid when fewer claims come before it than units
        are missing. Measured in Σd: the small claims before it count Σd each, all small claims
        add their remainders, and each of the others adds its remainder r, less Σd if it comes
        before *j*, which it can only when r is at least j's own. The worst r in the range that
        the interval allows is taken for each. The later *j* comes, the harder this gets.
        """
        surely_whole = self._count_whole_quotas(low)
        if surely_whole == len(self.sizes):
            return surely_whole
        whole_quotas = self._count_whole_quotas(high)
        least, largest = self._bound_remainders(low, high, whole_quotas)
        small = self.sizes[whole_quotas:]
        small_sum = low * sum(small)
        by_largest = sorted(range(whole_quotas), key=largest.__getitem__)
        least_by_largest = [0, *accumulate(least[index] for index in by_largest)]
        largest.sort()
        least.sort()
        least_sums = [0, *accumulate(least)]

        def may_go_empty(place: int) -> bool:
            own = low * small[place]
            behind = bisect_left(largest, own)
            before = bisect_left(least, own)
            worst = (
                least_by_largest[behind]
                + (least_sums[-1] - least_sums[before])
                + (before - behind) * own
                - (whole_quotas - behind) * self.whole
            )
            return place * self.whole >= small_sum + worst

        surely_small = bisect_left(range(len(small)), True, key=may_go_empty)
        return whole_quotas + surely_small if surely_small else surely_whole

    def _count_whole_quotas(self, total: int) -> int:
        """Return how many of the largest claims have a quota of at least 1 at this total."""
        return bisect_left(self.sizes, True, key=lambda size: size * total < self.whole)

    def _bound_remainders(self, low: int, high: int, count: int) -> tuple[list[int], list[int]]:
        """Return the least and the largest remainders of the ``count`` largest claims.

        A remainder rises by its size with each unit of the total and wraps at the whole; for the
        one claim that may be more than half of the whole it is the same to fall by the rest.
        """
        whole = self.whole
        least, largest = [], []
        for size in self.sizes[:count]:
            step = size if 2 * size <= whole else size - whole
            turns_low, at_low = divmod(low * step, whole)
            turns_high, at_high = divmod(high * step, whole)
            if turns_low != turns_high:
                at_low, at_high = 0, whole - 1
            elif step < 0:
                at_low, at_high = at_high, at_low
            least.append(at_low)
            largest.append(at_high)
        return least, largest
