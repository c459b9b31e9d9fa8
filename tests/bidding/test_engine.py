"""The bidding rules, one sentence after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bidding.engine import (
    Answer,
    Bidder,
    BidRequest,
    CancelRequest,
    Cause,
    Decision,
    InstructRequest,
    Refusal,
    Request,
    ResumeRequest,
    SaleState,
    SaleTerms,
    Stage,
    Status,
    SuspendRequest,
    WithdrawRequest,
    advance,
    decide,
    minimum_for,
    status_at,
    write_amount,
)

OPENS = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=24)
ROSTER = {
    bidder.code: bidder
    for bidder in (
        Bidder("A"), Bidder("B"), Bidder("C"),
        Bidder("P1", 1), Bidder("Q1", 1), Bidder("P2", 2),
        Bidder("X", barred=True),
    )
}  # fmt: skip


class Sale:
    """A sale under way, asked in seconds after its opening."""

    def __init__(self, **changes: Any) -> None:
        self.terms = SaleTerms(
            **{
                "stage": Stage.FIRST,
                "currency": "CNY",
                "start_price": 1000,
                "increment": 100,
                "opens_at": OPENS,
                "closes_at": CLOSES,
                "extension_window_s": 300,
                "extension_s": 300,
                "countdown_s": 86_400,
                "leader_raises": True,
                "instructions": True,
                **changes,
            }
        )
        self.state = SaleState.begin(self.terms)
        self.answers: dict[tuple[str, str], Answer] = {}

    def ask(self, request: Request) -> Decision:
        return decide(self.terms, ROSTER, self.state, request, self.answers)

    def bid(self, second: float, code: str, amount: object, key: str | None = None) -> Decision:
        return self.ask(BidRequest(at(second), code, amount, key))

    def instruct(self, second: float, code: str, limit: object) -> Decision:
        return self.ask(InstructRequest(at(second), code, limit))

    def cancel(self, second: float, code: str) -> Decision:
        return self.ask(CancelRequest(at(second), code))

    def suspend(self, second: float) -> Decision:
        return self.ask(SuspendRequest(at(second), "故障"))

    def resume(self, second: float) -> Decision:
        return self.ask(ResumeRequest(at(second)))

    def withdraw(self, second: float) -> Decision:
        return self.ask(WithdrawRequest(at(second), "撤回"))

    @property
    def close(self) -> float:
        """The close, in seconds after the announced opening."""
        return (self.state.closes_at - OPENS).total_seconds()


def at(second: float) -> datetime:
    return OPENS + timedelta(seconds=second)


def shown(decision: Decision) -> list[tuple[str, int, bool]]:
    return [(bid.code, bid.amount, bid.auto) for bid in decision.bids]


DAY = 86_400


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


class TestWindow:
    @pytest.mark.parametrize(
        ("second", "close", "extended"),
        [
            (DAY - 300.001, DAY, False),
            (DAY - 300, DAY, False),
            (DAY - 299.999, DAY + 0.001, True),
            (DAY - 0.001, DAY + 299.999, True),
        ],
    )
    def test_a_bid_in_the_last_five_minutes_moves_the_close(self, second, close, extended):
        sale = Sale()
        decision = sale.bid(second, "A", 1000)
        assert decision.bids[0].extended is extended
        assert (sale.close, sale.state.extensions) == (close, int(extended))

    def test_an_extension_shorter_than_what_is_left_moves_nothing(self):
        sale = Sale(extension_s=60)
        sale.bid(DAY - 200, "A", 1000)
        assert (sale.close, sale.state.extensions) == (DAY, 0)

    def test_a_first_bid_in_a_selloff_sets_the_countdown_and_is_no_extension(self):
        sale = Sale(stage=Stage.SELLOFF, countdown_s=3600)
        sale.bid(10, "A", 1000)
        assert (sale.close, sale.state.extensions) == (3610, 0)
        sale.bid(3609, "B", 1100)
        assert (sale.close, sale.state.extensions) == (3909, 1)

    def test_a_countdown_of_nothing_closes_at_once(self):
        sale = Sale(stage=Stage.SELLOFF, countdown_s=0)
        sale.bid(1, "A", 1000)
        assert sale.bid(1, "B", 1100).reason is Refusal.CLOSED
        assert status_at(sale.state, at(1)) is Status.SOLD


class TestSuspension:
    def test_suspended_time_is_given_back_once(self):
        sale = Sale()
        sale.suspend(100)
        sale.suspend(200)
        sale.resume(400)
        sale.resume(500)
        assert sale.close == DAY + 300

    def test_at_least_one_extension_is_left_after_a_resumption(self):
        sale = Sale()
        sale.suspend(DAY - 1)
        assert sale.bid(DAY + 10, "A", 1000).reason is Refusal.SUSPENDED
        sale.resume(DAY + 50)
        assert (sale.close, sale.state.extensions) == (DAY + 350, 0)

    def test_a_resumption_before_the_opening_moves_nothing_even_in_a_short_sale(self):
        sale = Sale(closes_at=at(10))
        sale.suspend(-20)
        sale.resume(-1)
        assert (sale.close, sale.state.opens_at) == (10, OPENS)

    def test_an_opening_that_came_meanwhile_moves_to_the_resumption(self):
        sale = Sale()
        sale.instruct(-30, "A", 5000)
        sale.suspend(-20)
        opening = sale.resume(40)
        assert sale.state.opens_at == at(40)
        assert sale.close == DAY + 40
        assert [(bid.cause, bid.at) for bid in opening.bids] == [(Cause.RESUMPTION, at(40))]

    def test_a_resumption_at_the_very_opening_is_what_opens_the_sale(self):
        sale = Sale()
        sale.instruct(-30, "A", 5000)
        sale.suspend(-20)
        assert [bid.cause for bid in sale.resume(0).bids] == [Cause.RESUMPTION]

    def test_a_suspension_at_the_very_opening_comes_after_it(self):
        sale = Sale()
        sale.instruct(-30, "A", 5000)
        assert [bid.cause for bid in sale.suspend(0).bids] == [Cause.OPENING]

    def test_the_opening_is_resolved_once_at_its_own_time_however_late(self):
        sale = Sale()
        sale.instruct(-30, "A", 5000)
        assert [bid.at for bid in advance(sale.terms, ROSTER, sale.state, at(77))] == [OPENS]
        assert advance(sale.terms, ROSTER, sale.state, at(78)) == []


class TestPriority:
    def test_ranks_may_equal_what_they_outrank(self):
        sale = Sale()
        assert sale.bid(0, "A", 1000).accepted
        assert minimum_for(sale.terms, sale.state, ROSTER) == 1100
        assert minimum_for(sale.terms, sale.state, ROSTER, "P2") == 1000
        assert sale.bid(0, "P2", 1000).accepted
        assert sale.bid(0, "P1", 1000).accepted
        for code in ("Q1", "P2", "A", "P1"):
            assert minimum_for(sale.terms, sale.state, ROSTER, code) == 1100

    def test_a_match_extends_the_sale(self):
        sale = Sale()
        sale.bid(DAY - 200, "A", 1000)
        sale.bid(DAY + 50, "P1", 1000)
        assert (sale.close, sale.state.extensions) == (DAY + 350, 2)


class TestInstructions:
    @pytest.mark.parametrize(
        ("limits", "winner", "price"),
        [
            ([("A", 5000)], "A", 1000),
            ([("A", 5000), ("B", 3050)], "A", 3100),
            ([("A", 5000), ("B", 5000)], "A", 5000),
            ([("B", 5000), ("A", 5000)], "B", 5000),
            ([("A", 5000), ("P1", 5000)], "P1", 5000),
            ([("A", 5000), ("P1", 9000)], "P1", 5000),
            ([("P2", 5000), ("P1", 5000), ("Q1", 5000)], "P1", 5000),
            ([("A", 5000), ("P2", 5000), ("P1", 6000)], "P1", 5000),
            ([("Q1", 5000), ("A", 5000), ("P1", 6000)], "P1", 5100),
            ([("Q1", 3000), ("A", 5000), ("P1", 6000)], "P1", 5000),
            ([("A", 5099), ("B", 5050)], "A", 5000),
            ([("A", 5150), ("B", 5050)], "A", 5100),
        ],
    )
    def test_the_greatest_limit_pays_just_what_beats_the_next(self, limits, winner, price):
        sale = Sale()
        for code, limit in limits:
            sale.instruct(-10, code, limit)
        [bid] = advance(sale.terms, ROSTER, sale.state, at(0))
        assert (bid.code, bid.amount, bid.auto, bid.cause) == (winner, price, True, Cause.OPENING)

    def test_an_instruction_answers_the_bid_that_beat_its_bidder(self):
        sale = Sale()
        sale.instruct(0, "A", 5000)
        assert shown(sale.bid(1, "B", 2000)) == [("B", 2000, False), ("A", 2100, True)]

    def test_the_leader_bids_for_itself_only_against_another(self):
        sale = Sale(leader_raises=False)
        sale.instruct(0, "A", 5000)
        assert shown(sale.instruct(1, "A", 9000)) == []
        assert shown(sale.instruct(2, "B", 6000)) == [("A", 6100, True)]

    def test_at_its_limit_the_leader_keeps_the_lead_against_an_equal_limit(self):
        sale = Sale()
        sale.bid(0, "A", 2000)
        assert shown(sale.instruct(1, "B", 2000)) == []
        assert shown(sale.instruct(2, "P1", 2000)) == [("P1", 2000, True)]

    def test_a_new_instruction_replaces_the_old_and_takes_its_own_place_in_time(self):
        sale = Sale()
        sale.instruct(-3, "A", 5000)
        sale.instruct(-2, "B", 5000)
        sale.instruct(-1, "A", 5000)
        assert [bid.code for bid in advance(sale.terms, ROSTER, sale.state, at(0))] == ["B"]

    def test_a_refused_instruction_leaves_the_old_one(self):
        sale = Sale()
        sale.instruct(-3, "A", 5000)
        assert not sale.instruct(-2, "A", 10).accepted
        assert sale.state.instructions["A"].limit == 5000

    def test_a_cancelled_instruction_no_longer_acts(self):
        sale = Sale()
        sale.instruct(0, "A", 5000)
        assert sale.cancel(1, "A").accepted
        assert sale.cancel(1, "A").accepted
        assert shown(sale.bid(2, "B", 1100)) == [("B", 1100, False)]

    def test_a_bidder_barred_since_is_not_bid_for(self):
        sale = Sale()
        sale.instruct(-1, "A", 5000)
        roster = {**ROSTER, "A": Bidder("A", barred=True)}
        assert advance(sale.terms, roster, sale.state, at(0)) == []

    def test_resuming_lets_instructions_act_and_they_extend_as_any_bid(self):
        sale = Sale(stage=Stage.SELLOFF, countdown_s=600)
        sale.suspend(-10)
        assert sale.instruct(-5, "A", 5000).reason is Refusal.SUSPENDED
        sale.resume(-3)
        sale.instruct(-2, "A", 5000)
        [bid] = advance(sale.terms, ROSTER, sale.state, at(9))
        assert (bid.at, sale.close, bid.extended) == (OPENS, 600, False)


@pytest.mark.parametrize(
    ("prepare", "second", "status"),
    [
        ([], -1, Status.SCHEDULED),
        ([], 0, Status.OPEN),
        ([], DAY - 0.001, Status.OPEN),
        ([], DAY, Status.UNSOLD),
        ([("bid", 1, "A", 1000)], DAY, Status.SOLD),
        ([("suspend", -5)], -1, Status.SUSPENDED),
        ([("suspend", 5)], 2 * DAY, Status.SUSPENDED),
        ([("bid", 1, "A", 1000), ("withdraw", 2)], 3, Status.WITHDRAWN),
        ([("suspend", 5), ("withdraw", 2 * DAY)], 3 * DAY, Status.WITHDRAWN),
    ],
)
def test_a_status_follows_from_the_state_and_the_time(prepare, second, status):
    sale = Sale()
    for name, *arguments in prepare:
        assert getattr(sale, name)(*arguments).accepted
    assert status_at(sale.state, at(second)) is status


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
