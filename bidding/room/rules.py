"""Rules of the room that are not rules of the sale; pure."""

from __future__ import annotations

from bidding.engine import SaleTerms


def is_outsize_raise(
    amount: object, terms: SaleTerms, price: int | None, steps: int, bps: int
) -> bool:
    """Whether an amount is so far above what would do that its bidder is asked once more.

    More than so many steps above the minimum, and more than so many ten-thousandths above the
    standing price: a slip of a digit is both. What is no amount is for the engine to refuse.
    """
    if type(amount) is not int:
        return False
    minimum = terms.start_price if price is None else price + terms.increment
    standing = terms.start_price if price is None else price
    is_many_steps = amount > minimum + steps * terms.increment
    return is_many_steps and (amount - standing) * 10_000 > standing * bps
