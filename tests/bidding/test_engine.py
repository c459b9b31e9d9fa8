"""The bidding rules: refusals in their order, keys, the queue, terms, stored states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sale_in_hand import CLOSES, DAY, OPENS, ROSTER, Sale, at

from bidding.engine import (
    Bidder,
    BidRequest,
    Decision,
    Refusal,
    SaleState,
    advance,
    write_amount,
)


def refused_sale(kind: str) -> tuple[Sale, float]:
    """A sale in which only one thing more is wrong, and when to ask it."""
    sale = Sale(leader_raises=False, instructions=kind != "no instructions")
    if kind == "withdrawn":
        sale.withdraw(1)
    if kind == "suspended":
        sale.suspend(1)
    if kind in {"leading", "standing"}:
        sale.bid(1, "A", 1000)
    moment = {"closed": DAY, "early": -1}.get(kind, 2.0)
    return sale, moment


@pytest.mark.parametrize(
    ("kind", "code", "amount", "reason"),
    [
        ("withdrawn", "NOBODY", 0, Refusal.MALFORMED),
        ("withdrawn", "NOBODY", 1, Refusal.WITHDRAWN),
        ("closed", "NOBODY", 1, Refusal.CLOSED),
        ("suspended", "NOBODY", 1, Refusal.SUSPENDED),
        ("early", "NOBODY", 1, Refusal.NOT_OPEN),
        ("open", "NOBODY", 1, Refusal.UNKNOWN_BIDDER),
        ("open", "X", 1, Refusal.BARRED),
        ("leading", "A", 1, Refusal.ALREADY_LEADING),
        ("open", "B", 999, Refusal.BELOW_START),
        ("standing", "B", 999, Refusal.BELOW_MINIMUM),
        ("standing", "B", 1099, Refusal.BELOW_MINIMUM),
        ("standing", "B", 1101, Refusal.OFF_LADDER),
        ("standing", "P1", 1001, Refusal.OFF_LADDER),
        ("standing", "P1", 1000, None),
        ("standing", "B", 1100, None),
        ("open", "B", 1050, Refusal.OFF_LADDER),
        ("open", "B", 5000, None),
    ],
)
def test_a_bid_is_refused_for_the_first_reason_that_applies(kind, code, amount, reason):
    sale, second = refused_sale(kind)
    assert sale.bid(second, code, amount).reason == reason


@pytest.mark.parametrize(
    ("kind", "code", "limit", "reason"),
    [
        ("withdrawn", "NOBODY", True, Refusal.MALFORMED),
        ("withdrawn", "NOBODY", 1, Refusal.WITHDRAWN),
        ("closed", "NOBODY", 1, Refusal.CLOSED),
        ("suspended", "NOBODY", 1, Refusal.SUSPENDED),
        ("early", "NOBODY", 1, Refusal.UNKNOWN_BIDDER),
        ("early", "A", 1000, None),
        ("no instructions", "X", 1, Refusal.BARRED),
        ("no instructions", "A", 1, Refusal.NO_INSTRUCTIONS),
        ("leading", "A", 1001, None),
        ("standing", "B", 999, Refusal.BELOW_START),
        ("standing", "B", 1001, None),
    ],
)
def test_an_instruction_is_refused_for_the_first_reason_that_applies(kind, code, limit, reason):
    sale, second = refused_sale(kind)
    assert sale.instruct(second, code, limit).reason == reason


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("withdrawn", Refusal.WITHDRAWN),
        ("closed", Refusal.CLOSED),
        ("suspended", None),
        ("early", None),
        ("open", None),
        ("no instructions", None),
    ],
)
def test_suspend_resume_cancel_and_withdraw_are_refused_only_when_the_sale_is_over(kind, reason):
    for ask in ("suspend", "resume", "withdraw"):
        sale, second = refused_sale(kind)
        assert getattr(sale, ask)(second).reason == reason
    for code in ("A", "X"):
        sale, second = refused_sale(kind)
        assert sale.cancel(second, code).reason == reason
    sale, second = refused_sale(kind)
    assert sale.cancel(second, "NOBODY").reason == (reason or Refusal.UNKNOWN_BIDDER)


@pytest.mark.parametrize(
    "amount",
    [0, -1, 10**15 + 1, 10**5000, -(10**5000), True, False, None, 1000.0, 1.5, float("nan"),
     "1000", "", [], [1000], {}, {"amount": 1000}, b"1000", object()],
    ids=lambda amount: f"{type(amount).__name__}-{write_amount(amount)[:20]}",
)  # fmt: skip
def test_what_is_not_an_integer_in_range_is_malformed(amount):
    sale = Sale()
    assert sale.bid(0, "A", amount, "k").reason is Refusal.MALFORMED
    assert sale.bid(0, "A", amount, "k") == Decision(at(0), Refusal.MALFORMED, repeat=True)
    assert sale.instruct(0, "A", amount).reason is Refusal.MALFORMED


def test_the_greatest_amount_is_an_amount():
    assert Sale(start_price=10**15).bid(0, "A", 10**15).accepted


class TestKeys:
    def test_a_repeat_gives_the_first_answer_and_logs_nothing(self):
        sale = Sale()
        first = sale.bid(0, "A", 1000, "k")
        again = sale.bid(1, "A", 1000, "k")
        assert (first.seq, again.seq, again.repeat, again.bids) == (1, 1, True, ())
        assert sale.state.seq == 1

    @pytest.mark.parametrize("end", ["closed", "withdrawn", "suspended"])
    def test_a_repeat_is_answered_even_after_the_end(self, end):
        sale = Sale()
        sale.bid(0, "A", 1000, "k")
        if end == "closed":
            advance(sale.terms, ROSTER, sale.state, at(2 * DAY))
        else:
            getattr(sale, "withdraw" if end == "withdrawn" else "suspend")(1)
        again = sale.bid(3 * DAY, "A", 1000, "k")
        assert (again.accepted, again.repeat) == (True, True)
        assert sale.bid(3 * DAY, "A", 1100, "k").reason is Refusal.KEY_REUSED

    def test_a_refusal_is_repeated_though_the_bid_would_be_accepted_by_now(self):
        sale = Sale()
        sale.bid(-1, "A", 1000, "k")
        again = sale.bid(5, "A", 1000, "k")
        assert (again.reason, again.repeat) == (Refusal.NOT_OPEN, True)
        assert sale.state.price is None

    def test_a_key_belongs_to_one_bidder_enrolled_or_not(self):
        sale = Sale()
        assert sale.bid(0, "NOBODY", 1000, "k").reason is Refusal.UNKNOWN_BIDDER
        assert sale.bid(0, "A", 1000, "k").accepted
        assert sale.bid(0, "NOBODY", 1000, "k").repeat

    def test_a_reused_key_keeps_its_first_amount_and_repeats_its_own_refusal(self):
        sale = Sale()
        sale.bid(0, "A", 1000, "k")
        reused = sale.bid(1, "A", 1100, "k")
        assert (reused.reason, reused.repeat) == (Refusal.KEY_REUSED, False)
        again = sale.bid(2, "A", 1100, "k")
        assert (again.reason, again.repeat) == (Refusal.KEY_REUSED, True)
        assert sale.bid(3, "A", 1000, "k").accepted

    def test_amounts_that_look_alike_are_different(self):
        sale = Sale(start_price=1, increment=1)
        assert sale.bid(0, "A", 1, "k").accepted
        for amount in (True, 1.0, "1", [1]):
            assert sale.bid(0, "A", amount, "k").reason is Refusal.KEY_REUSED

    def test_a_malformed_amount_under_a_used_key_is_a_reused_key(self):
        sale = Sale()
        sale.bid(0, "A", 1000, "k")
        assert sale.bid(0, "A", "x" * 10_000, "k").reason is Refusal.KEY_REUSED

    def test_a_bid_without_a_key_is_never_a_repeat(self):
        sale = Sale()
        sale.bid(0, "A", 1000)
        assert sale.bid(0, "A", 1000).reason is Refusal.BELOW_MINIMUM
        assert sale.answers == {}

    def test_an_empty_key_is_a_key(self):
        sale = Sale()
        sale.bid(0, "A", 1000, "")
        assert sale.bid(0, "A", 1000, "").repeat

    def test_amounts_nested_without_end_are_told_apart_from_others(self):
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        assert write_amount(deep) != write_amount([])


class TestQueue:
    def test_a_request_stamped_before_the_one_before_it_gets_its_time(self):
        sale = Sale()
        sale.bid(10, "A", 1000)
        late = sale.bid(9, "B", 1100)
        assert (late.at, late.bids[0].at) == (at(10), at(10))

    def test_what_lies_below_a_millisecond_is_dropped(self):
        sale = Sale()
        stamped = CLOSES - timedelta(microseconds=1)
        decision = sale.ask(BidRequest(stamped, "A", 1000))
        assert decision.at == CLOSES - timedelta(milliseconds=1)
        assert sale.state.closes_at == decision.at + timedelta(seconds=300)

    def test_a_late_request_does_not_overtake_one_that_came_in_time(self):
        sale = Sale()
        assert sale.bid(DAY + 1, "A", 1000).reason is Refusal.CLOSED
        in_time = sale.bid(DAY - 1, "B", 1000)
        assert in_time.accepted
        assert in_time.at == at(DAY - 1)

    def test_nothing_counts_once_the_end_is_recorded(self):
        sale = Sale()
        advance(sale.terms, ROSTER, sale.state, at(DAY + 2))
        assert sale.bid(DAY - 1, "A", 1000).reason is Refusal.CLOSED

    def test_an_opening_already_resolved_keeps_its_place_before_a_late_bid(self):
        sale = Sale()
        advance(sale.terms, ROSTER, sale.state, at(1))
        late = sale.bid(-0.001, "A", 1000)
        assert (late.accepted, late.at) == (True, at(0))


@pytest.mark.parametrize(
    "changes",
    [
        {"start_price": 0}, {"start_price": -1}, {"start_price": True}, {"start_price": 10**15 + 1},
        {"increment": 0}, {"increment": False}, {"increment": 1.0},
        {"extension_s": -1}, {"extension_window_s": True}, {"countdown_s": 1.5},
        {"countdown_s": 10**30}, {"countdown_s": 10**12},
        {"closes_at": OPENS}, {"closes_at": OPENS - timedelta(seconds=1)},
        {"opens_at": OPENS.replace(tzinfo=None)}, {"opens_at": OPENS.replace(microsecond=1)},
    ],
    ids=str,
)  # fmt: skip
def test_terms_nobody_could_hold_a_sale_under_are_an_error(changes):
    with pytest.raises(ValueError, match=r"must|outside"):
        Sale(**changes)


@pytest.mark.parametrize("priority", [0, -1, True, 1.0, "1"])
def test_a_rank_is_an_integer_of_one_or_more(priority):
    with pytest.raises(ValueError, match="priority"):
        Bidder("A", priority)


def test_a_stored_state_with_a_field_missing_or_foreign_is_an_error():
    stored = Sale().state.to_dict()
    assert SaleState.from_dict(stored) == Sale().state
    with pytest.raises(KeyError):
        SaleState.from_dict({name: stored[name] for name in stored if name != "opened"})
    with pytest.raises(TypeError):
        SaleState.from_dict({**stored, "foreign": 1})
