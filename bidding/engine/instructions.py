"""Standing instructions: for whom the platform bids, and how much."""

from __future__ import annotations

from typing import NamedTuple

from bidding.engine.ladder import minimum_for
from bidding.engine.state import SaleState
from bidding.engine.terms import Bidder, Roster, SaleTerms, outranks


class Contender(NamedTuple):
    """A bidder that could lead, with the highest rung it would go to."""

    bidder: Bidder
    limit: int
    leads: bool
    order: int


class Offer(NamedTuple):
    """Who offers how much."""

    code: str
    amount: int


def resolve_instructions(terms: SaleTerms, state: SaleState, roster: Roster) -> Offer | None:
    """The winner of all instructions bids just what beats the others, or nothing is bid.

    One resolution settles the sale: a second one right after it would bid nothing.
    """
    contenders = _find_challengers(terms, state, roster)
    if not contenders:
        return None
    leader = _find_leader(terms, state, roster)
    if leader is not None:
        contenders.append(leader)
    winner = min(contenders, key=_place)
    amount = _price_for(terms, winner, [other for other in contenders if other is not winner])
    if winner.leads and state.price is not None and amount <= state.price:
        return None
    return Offer(winner.bidder.code, amount)


def _find_challengers(terms: SaleTerms, state: SaleState, roster: Roster) -> list[Contender]:
    """Who does not lead, is not barred, and whose limit reaches what it would have to bid now."""
    challengers = []
    price = state.price or 0
    for code, instruction in state.instructions.items():
        if instruction.limit < price or code == state.leader:
            continue  # most instructions of a long sale are long outbid
        bidder = roster.get(code)
        if bidder is None or bidder.barred:
            continue
        limit = terms.find_rung_below(instruction.limit)
        if limit >= minimum_for(terms, state, roster, code):
            challengers.append(Contender(bidder, limit, leads=False, order=instruction.order))
    return challengers


def _find_leader(terms: SaleTerms, state: SaleState, roster: Roster) -> Contender | None:
    """The leader contends with its limit, and in any case with the price it stands at."""
    if state.leader is None or state.price is None:
        return None
    bidder = roster.get(state.leader) or Bidder(state.leader)
    instruction = state.instructions.get(state.leader)
    if instruction is None:
        return Contender(bidder, state.price, leads=True, order=0)
    limit = max(terms.find_rung_below(instruction.limit), state.price)
    return Contender(bidder, limit, leads=True, order=instruction.order)


def _place(contender: Contender) -> tuple[int, bool, int, bool, int]:
    """The greatest limit wins; on a tie rank, then the lead, then the earlier instruction."""
    rank = contender.bidder.priority
    return (-contender.limit, rank is None, rank or 0, not contender.leads, contender.order)


def _price_for(terms: SaleTerms, winner: Contender, others: list[Contender]) -> int:
    """The winner bids one increment over the next limit, or the same where it outranks all there.

    Never above its own limit; and the start price where nobody else contends.
    """
    if not others:
        return terms.start_price
    second = max(other.limit for other in others)
    if all(outranks(winner.bidder, other.bidder) for other in others if other.limit == second):
        return min(winner.limit, second)
    return min(winner.limit, second + terms.increment)
