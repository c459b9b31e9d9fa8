"""The course of a sale: window, suspension, priority, standing instructions, status."""

from __future__ import annotations

import pytest
from sale_in_hand import DAY, OPENS, ROSTER, Sale, at, shown

from bidding.engine import Bidder, Cause, Refusal, Stage, Status, advance, minimum_for, status_at


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
