"""The engine, against a second writing of the rules, over random sales."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import sale_twin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sale_strategies import sale_files

from bidding.engine import (
    MAX_AMOUNT,
    Answer,
    Bid,
    BidRequest,
    Refusal,
    SaleState,
    Status,
    advance,
    decide,
    minimum_for,
    status_at,
)
from bidding.replay import replay_sale
from bidding.salefile import SaleFile, parse_sale_file

END = datetime(9999, 1, 1, tzinfo=UTC)

# Three times the profile's number; a profile of 7,000 examples gives 21,000 sales.
thorough = settings(
    max_examples=3 * settings.default.max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def read(raw: dict[str, Any]) -> SaleFile:
    return parse_sale_file(json.dumps(raw).encode())


@thorough
@given(sale_files())
def test_engine_and_twin_reach_the_same_outcome(raw):
    assert replay_sale(read(raw)) == sale_twin.outcome_of(raw)


@thorough
@given(sale_files(), st.data())
def test_a_sale_restored_between_any_two_requests_goes_on_the_same(raw, data):
    sale_file = read(raw)
    terms, roster = sale_file.terms, sale_file.roster
    whole, stored = SaleState.begin(terms), json.dumps(SaleState.begin(terms).to_dict())
    whole_answers: dict[tuple[str, str], Answer] = {}
    all_answers: dict[tuple[str, str], Answer] = {}
    whole_bids: list[Bid] = []
    bids: list[Bid] = []
    for request in sale_file.requests:
        decision = decide(terms, roster, whole, request, whole_answers)
        whole_bids += decision.bids
        state = SaleState.from_dict(json.loads(stored))
        worker_came = data.draw(st.booleans(), label="the clock worker came first")
        if worker_came and not state.has_closed_by(request.at):
            bids += advance(terms, roster, state, request.at)
        place = (getattr(request, "code", ""), getattr(request, "key", None) or "")
        one_answer = {place: all_answers[place]} if place in all_answers else {}
        again = decide(terms, roster, state, request, one_answer)
        all_answers.update(one_answer)
        stored = json.dumps(state.to_dict())
        bids += again.bids
        # A repeated answer resolves nothing: an opening that is due waits for the next request.
        assert bids == whole_bids or (decision.repeat and bids[: len(whole_bids)] == whole_bids)
        assert (again.at, again.reason, again.repeat, again.seq) == (
            decision.at,
            decision.reason,
            decision.repeat,
            decision.seq,
        )
    state = SaleState.from_dict(json.loads(stored))
    bids += advance(terms, roster, state, END)
    whole_bids += advance(terms, roster, whole, END)
    assert bids == whole_bids
    assert state == whole
    assert all_answers == whole_answers


@thorough
@given(sale_files(), st.sampled_from(["A", "P1", "P2"]))
def test_the_minimum_is_accepted_and_one_less_is_not(raw, code):
    sale_file = read(raw)
    terms, roster = sale_file.terms, sale_file.roster
    state, answers = SaleState.begin(terms), {}
    for request in sale_file.requests:
        decide(terms, roster, state, request, answers)
    now = sale_file.requests[-1].at if sale_file.requests else terms.opens_at
    advance(terms, roster, state, now)
    if status_at(state, now) is not Status.OPEN:
        return
    if state.leader == code and not terms.leader_raises:
        return
    minimum = minimum_for(terms, state, roster, code)
    if minimum > MAX_AMOUNT:
        return
    under = decide(terms, roster, state.copy(), BidRequest(now, code, minimum - 1), {})
    assert under.reason in {Refusal.BELOW_START, Refusal.BELOW_MINIMUM, Refusal.MALFORMED}
    exact = decide(terms, roster, state.copy(), BidRequest(now, code, minimum), {})
    assert exact.accepted
    assert exact.bids[0].amount == minimum


@thorough
@given(sale_files())
def test_an_outcome_keeps_the_promises_of_the_ladder_and_the_clock(raw):
    outcome = replay_sale(read(raw))
    sale, bids = raw["sale"], outcome["bids"]
    ranks = {bidder["code"]: bidder.get("priority", 10**9) for bidder in raw["bidders"]}
    assert [bid["seq"] for bid in bids] == list(range(1, len(bids) + 1))
    for bid in bids:
        assert (bid["amount"] - sale["start_price"]) % sale["increment"] == 0
        assert bid["at"] >= outcome["opens_at"]
        assert bid["at"] <= bid["closes_at"]
        assert bid["code"] != "X"
    for before, after in pairwise(bids):
        assert before["at"] <= after["at"]
        if after["amount"] == before["amount"]:
            assert ranks[after["code"]] < ranks[before["code"]]
        else:
            assert after["amount"] >= before["amount"] + sale["increment"]


@thorough
@given(sale_files())
def test_automatic_bids_stay_within_a_limit_their_bidder_left(raw):
    outcome = replay_sale(read(raw))
    accepted = [
        event
        for event, answer in zip(raw["events"], outcome["events"], strict=True)
        if answer["accepted"]
    ]
    for bid in outcome["bids"]:
        if bid["auto"]:
            limits = [
                event["limit"]
                for event in accepted
                if event["type"] == "instruct" and event["code"] == bid["code"]
            ]
            assert limits
            assert bid["amount"] <= max(limits)
