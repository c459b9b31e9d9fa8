"""The rules of bidding: one request after the other, in the order of the queue.

`decide` and `advance` change the state they are given and nothing else; they read no clock. What
they did to a state is in it whole: a sale goes on from a stored state as if it had never stopped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bidding.engine.instants import floor_to_millisecond
from bidding.engine.instructions import Offer, resolve_instructions
from bidding.engine.ladder import minimum_for
from bidding.engine.requests import (
    Answer,
    Answers,
    Bid,
    BidRequest,
    CancelRequest,
    Cause,
    Decision,
    InstructRequest,
    Refusal,
    Request,
    ResumeRequest,
    SuspendRequest,
    WithdrawRequest,
    write_amount,
)
from bidding.engine.state import Instruction, SaleState
from bidding.engine.terms import Roster, SaleTerms, Stage, is_amount


class _Sale(NamedTuple):
    """What every rule looks at; of the three only the state changes."""

    terms: SaleTerms
    roster: Roster
    state: SaleState


_Effect = Refusal | list[Bid]
"""What a request does: it is refused for a reason, or accepted and followed by so many bids."""


def decide(
    terms: SaleTerms, roster: Roster, state: SaleState, request: Request, answers: Answers
) -> Decision:
    """The next request in the queue is accepted, refused for one reason, or answered again.

    Its recorded time is its own, or that of the request before it if that is later. A request
    refused because the sale is over leaves no time behind: one that came in time may still follow.
    `answers` need only hold what is remembered of this request's bidder and key.
    """
    sale = _Sale(terms, roster, state)
    at = _later(state.last_at, floor_to_millisecond(request.at))
    if not isinstance(request, BidRequest) or request.key is None:
        return _decide_afresh(sale, request, at)
    place = (request.code, request.key)
    amount = write_amount(request.amount)
    answer = answers.get(place)
    if answer is None:
        decision = _decide_afresh(sale, request, at)
        answers[place] = Answer(amount, decision.reason, decision.seq)
        return decision
    if amount == answer.amount:
        return Decision(at, answer.reason, repeat=True, seq=answer.seq)
    if amount in answer.reused:
        return Decision(at, Refusal.KEY_REUSED, repeat=True)
    answers[place] = replace(answer, reused=answer.reused | {amount})
    return Decision(at, Refusal.KEY_REUSED)


def advance(terms: SaleTerms, roster: Roster, state: SaleState, now: datetime) -> list[Bid]:
    """What time alone brings is done: the opening with its automatic bids, then the end.

    The caller asks for the end only when nothing that arrived before it can still be waiting.
    """
    bids = _open_when_due(_Sale(terms, roster, state), now)
    if not state.ended and state.withdrawn_at is None and state.has_closed_by(now):
        state.ended = True
        state.last_at = _later(state.last_at, state.closes_at)
    return bids


def _decide_afresh(sale: _Sale, request: Request, at: datetime) -> Decision:
    """A request that repeats nothing meets the sale as it stands then, and takes effect at once."""
    opening_bids = _open_when_due(sale, at)
    if not sale.state.has_closed_by(at):
        sale.state.last_at = at
    effect = _apply(sale, request, at)
    if isinstance(effect, Refusal):
        return Decision(at, effect, bids=tuple(opening_bids))
    seq = effect[0].seq if isinstance(request, BidRequest) else None
    return Decision(at, None, seq=seq, bids=(*opening_bids, *effect))


def _apply(sale: _Sale, request: Request, at: datetime) -> _Effect:
    match request:
        case BidRequest():
            return _take_bid(sale, request, at)
        case InstructRequest():
            return _take_instruction(sale, request, at)
        case CancelRequest():
            return _cancel_instruction(sale, request, at)
        case SuspendRequest():
            return _suspend(sale, at)
        case ResumeRequest():
            return _resume(sale, at)
        case WithdrawRequest():
            return _withdraw(sale, at)


def _take_bid(sale: _Sale, request: BidRequest, at: datetime) -> _Effect:
    """An accepted bid leads, and instructions answer it."""
    if not is_amount(request.amount):
        return Refusal.MALFORMED
    offer = Offer(request.code, request.amount)
    if (reason := _refuse_offer(sale, offer, at)) is not None:
        return reason
    bid = _record_bid(sale, offer, at, Cause.BID, auto=False)
    return [bid, *_let_instructions_bid(sale, at, Cause.BID)]


def _refuse_offer(sale: _Sale, offer: Offer, at: datetime) -> Refusal | None:
    """The first reason against a bid, in the order of `Refusal` (CN16-20.1, CN16-20.2)."""
    terms, roster, state = sale
    if (reason := _refuse_time(state, at)) is not None:
        return reason
    if at < state.opens_at:
        return Refusal.NOT_OPEN
    if (reason := _refuse_bidder(roster, offer.code)) is not None:
        return reason
    if state.leader == offer.code and not terms.leader_raises:
        return Refusal.ALREADY_LEADING
    if offer.amount < minimum_for(terms, state, roster, offer.code):
        return Refusal.BELOW_START if state.price is None else Refusal.BELOW_MINIMUM
    return None if terms.is_rung(offer.amount) else Refusal.OFF_LADDER


def _take_instruction(sale: _Sale, request: InstructRequest, at: datetime) -> _Effect:
    """An instruction replaces the bidder's old one and takes its own place in time.

    One that cannot act yet is no error, it just rests; before the opening all of them do.
    """
    terms, roster, state = sale
    code, limit = request.code, request.limit
    if not is_amount(limit):
        return Refusal.MALFORMED
    if (reason := _refuse_time(state, at)) is not None:
        return reason
    if (reason := _refuse_bidder(roster, code)) is not None:
        return reason
    if not terms.instructions:
        return Refusal.NO_INSTRUCTIONS
    if limit < terms.start_price:
        return Refusal.BELOW_START
    state.instruction_count += 1
    state.instructions[code] = Instruction(limit, state.instruction_count)
    return _let_instructions_bid(sale, at, Cause.INSTRUCTION)


def _cancel_instruction(sale: _Sale, request: CancelRequest, at: datetime) -> _Effect:
    """A cancelled instruction no longer acts; bids it made stand. Nothing left is no error."""
    if (reason := _refuse_ended(sale.state, at)) is not None:
        return reason
    if request.code not in sale.roster:
        return Refusal.UNKNOWN_BIDDER
    sale.state.instructions.pop(request.code, None)
    return []


def _suspend(sale: _Sale, at: datetime) -> _Effect:
    """A suspended sale neither takes bids nor ends (CN16-28.1); suspending it again is nothing."""
    state = sale.state
    if (reason := _refuse_ended(state, at)) is not None:
        return reason
    if state.suspended_at is None:
        state.suspended_at = at
    return []


def _resume(sale: _Sale, at: datetime) -> _Effect:
    """A resumption gives back the suspended time that lay inside the window (CN16-28.4, OPEN-11).

    If the opening came meanwhile it moves to the resumption, the close by the same amount. One
    extension is left in any case. A resumption before the opening moves nothing.
    """
    state = sale.state
    if (reason := _refuse_ended(state, at)) is not None:
        return reason
    if state.suspended_at is None:
        return []
    halted_at = max(state.suspended_at, state.opens_at)
    state.suspended_at = None
    if at < state.opens_at:
        return []
    state.closes_at += at - halted_at
    state.closes_at = max(state.closes_at, at + timedelta(seconds=sale.terms.extension_s))
    if not state.opened:
        state.opened = True
        state.opens_at = at
    return _let_instructions_bid(sale, at, Cause.RESUMPTION)


def _withdraw(sale: _Sale, at: datetime) -> _Effect:
    """A withdrawal ends the sale at once with no winner (CN20A-17.1)."""
    if (reason := _refuse_ended(sale.state, at)) is not None:
        return reason
    sale.state.withdrawn_at = at
    return []


def _refuse_ended(state: SaleState, at: datetime) -> Refusal | None:
    """Once a sale is over nothing counts, however late its end is recorded."""
    if state.withdrawn_at is not None:
        return Refusal.WITHDRAWN
    return Refusal.CLOSED if state.has_closed_by(at) else None


def _refuse_time(state: SaleState, at: datetime) -> Refusal | None:
    """While a sale is suspended, too, neither bids nor instructions are accepted (CN16-28.1)."""
    if (reason := _refuse_ended(state, at)) is not None:
        return reason
    return None if state.suspended_at is None else Refusal.SUSPENDED


def _refuse_bidder(roster: Roster, code: str) -> Refusal | None:
    """Only the enrolled bid, and not who is barred (CN16-24.2, CN16-34.1)."""
    bidder = roster.get(code)
    if bidder is None:
        return Refusal.UNKNOWN_BIDDER
    return Refusal.BARRED if bidder.barred else None


def _open_when_due(sale: _Sale, now: datetime) -> list[Bid]:
    """A sale opens at its time, however late that is found, before what arrives at that moment."""
    state = sale.state
    halted = state.suspended_at is not None or state.withdrawn_at is not None
    if state.opened or halted or now < state.opens_at:
        return []
    state.opened = True
    state.last_at = _later(state.last_at, state.opens_at)
    return _let_instructions_bid(sale, state.opens_at, Cause.OPENING)


def _let_instructions_bid(sale: _Sale, at: datetime, cause: Cause) -> list[Bid]:
    """Instructions are resolved once while the sale is open, at the time of what caused it."""
    state = sale.state
    if not state.instructions or not state.opened or state.has_closed_by(at):
        return []
    auto = resolve_instructions(sale.terms, state, sale.roster)
    return [] if auto is None else [_record_bid(sale, auto, at, cause, auto=True)]


def _record_bid(sale: _Sale, offer: Offer, at: datetime, cause: Cause, *, auto: bool) -> Bid:
    """A bid takes the lead and moves the close by its stage's rule.

    In the extension window the close becomes the bid's time plus the extension, never earlier than
    it was (CN16-20.3). In a sell-off the first bid starts the countdown instead (CN455-6.1).
    """
    terms, _, state = sale
    extended = False
    if state.price is None and terms.stage is Stage.SELLOFF:
        state.closes_at = at + timedelta(seconds=terms.countdown_s)
    elif state.closes_at - at <= timedelta(seconds=terms.extension_window_s):
        extended_to = at + timedelta(seconds=terms.extension_s)
        if extended_to > state.closes_at:
            state.closes_at = extended_to
            state.extensions += 1
            extended = True
    state.seq += 1
    state.leader, state.price = offer
    return Bid(state.seq, at, offer.code, offer.amount, auto, state.closes_at, extended, cause)


def _later(earlier: datetime | None, at: datetime) -> datetime:
    """Recorded times never fall along the queue; a request keeps its place in it (CN16-20.4)."""
    return at if earlier is None or at >= earlier else earlier
