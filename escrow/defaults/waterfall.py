"""What forfeited deposits are used for, defaulter after defaulter (CN16-24.1). Pure.

In this order: the lost costs of the sale; the amount by which the final price is lower; the
debtor's debts in the case; his debts connected with the property. Nothing returns to a defaulter,
even where the re-sale is higher. What is left is held for the court's order (OPEN-15). Until the
re-sale has ended only the first step can be known.

Of several successive defaulters each answers for `max(0, own price - final price)`, all together
for no more than `max(prices) - final price`. Amounts are integers of the currency's minor unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Forfeited:
    """One defaulter: what is withheld, the costs he caused, and the price he did not pay."""

    deposit_minor: int
    costs_minor: int
    price_minor: int


@dataclass(frozen=True)
class Share:
    """What one defaulter's deposit is used for, and what it does not cover.

    `shortfall_minor` and all behind it are 0 until the final price is known.
    """

    costs_paid_minor: int
    shortfall_minor: int
    gap_paid_minor: int
    # For the debts, then for the court's order; before the re-sale: all that is held.
    rest_minor: int
    # What a court may order him to make up (CN20A-22.2, OPEN-1).
    deficit_minor: int


@dataclass(frozen=True)
class Waterfall:
    """The use of all deposits that were forfeited on one lot."""

    shares: tuple[Share, ...]
    # Whether the lot has found its final price.
    is_final: bool
    # What all defaulters together may be made to bear of the fall in price.
    gap_minor: int

    @property
    def costs_paid_minor(self) -> int:
        """Step 1."""
        return sum(share.costs_paid_minor for share in self.shares)

    @property
    def gap_paid_minor(self) -> int:
        """Step 2."""
        return sum(share.gap_paid_minor for share in self.shares)

    @property
    def rest_minor(self) -> int:
        """Left for steps 3 and 4."""
        return sum(share.rest_minor for share in self.shares)

    @property
    def deficit_minor(self) -> int:
        """What no deposit covers."""
        return sum(share.deficit_minor for share in self.shares)


@dataclass(frozen=True)
class Uses:
    """The whole waterfall in its steps; together they are the deposits, to the cent."""

    costs_minor: int
    gap_minor: int
    case_debts_minor: int
    connected_debts_minor: int
    held_minor: int


def share_forfeits(
    forfeited: Sequence[Forfeited], final_price_minor: int | None = None
) -> Waterfall:
    """Use the deposits of successive defaulters, the earliest first, up to the debts."""
    if final_price_minor is None:
        return Waterfall(tuple(_costs_only(one) for one in forfeited), is_final=False, gap_minor=0)
    highest = max((one.price_minor for one in forfeited), default=0)
    gap = max(0, highest - final_price_minor)
    left, paid = gap, []
    for one in forfeited:
        costs = min(one.deposit_minor, one.costs_minor)
        shortfall = max(0, one.price_minor - final_price_minor)
        part = min(one.deposit_minor - costs, shortfall, left)
        left -= part
        paid.append((one, costs, shortfall, part))
    shares = []
    for one, costs, shortfall, part in paid:
        lacking = min(shortfall - part, left)
        left -= lacking
        shares.append(
            Share(
                costs_paid_minor=costs,
                shortfall_minor=shortfall,
                gap_paid_minor=part,
                rest_minor=one.deposit_minor - costs - part,
                deficit_minor=lacking + one.costs_minor - costs,
            )
        )
    return Waterfall(tuple(shares), is_final=True, gap_minor=gap)


def use_for_debts(
    waterfall: Waterfall, *, case_debts_minor: int, connected_debts_minor: int
) -> Uses:
    """Let what is left pay the debts of the case, then those connected with the property.

    `case_debts_minor` is what the price leaves unpaid. The rest is held for the court's order.
    """
    assert waterfall.is_final, "debts are paid after the re-sale"
    left = waterfall.rest_minor
    case_debts = min(left, case_debts_minor)
    connected = min(left - case_debts, connected_debts_minor)
    return Uses(
        costs_minor=waterfall.costs_paid_minor,
        gap_minor=waterfall.gap_paid_minor,
        case_debts_minor=case_debts,
        connected_debts_minor=connected,
        held_minor=left - case_debts - connected,
    )


def forfeit_entry(forfeited: Sequence[Forfeited]) -> dict[str, int] | None:
    """The `forfeit` of a lot in a distribution file: the same steps, seen by the plan.

    The highest price is the original one, so that the gap is what all may be made to bear together.
    """
    deposit = sum(one.deposit_minor for one in forfeited)
    if not deposit:
        return None
    return {
        "deposit": deposit,
        "costs": sum(min(one.deposit_minor, one.costs_minor) for one in forfeited),
        "original_price": max(one.price_minor for one in forfeited),
    }


def _costs_only(one: Forfeited) -> Share:
    costs = min(one.deposit_minor, one.costs_minor)
    return Share(costs, 0, 0, one.deposit_minor - costs, one.costs_minor - costs)
