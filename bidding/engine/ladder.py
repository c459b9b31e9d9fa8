"""What a bidder would have to bid now."""

from __future__ import annotations

from bidding.engine.state import SaleState
from bidding.engine.terms import Roster, SaleTerms, outranks


def minimum_for(terms: SaleTerms, state: SaleState, roster: Roster, code: str | None = None) -> int:
    """The lowest amount that would be accepted now from this bidder, or from one without a rank.

    The start price while no bid stands (CN16-20.1); the standing price for a bidder that outranks
    the leader (CN16-21); else one increment more. It may lie above the greatest amount there is.
    """
    price = state.price
    if price is None:
        return terms.start_price
    if code is not None:
        bidder = roster.get(code)
        if bidder is not None and bidder.priority is not None:
            leader = None if state.leader is None else roster.get(state.leader)
            if outranks(bidder, leader):
                return price
    return price + terms.increment
