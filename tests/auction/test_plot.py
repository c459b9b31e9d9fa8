"""Plot geometry: prices are stairs, ranges include both their ends, nothing leaves the picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from auction.core.plot import day_lines, percent, price_steps, range_marks

OPENS = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=10)


@dataclass(frozen=True)
class Bid:
    at: datetime
    amount_minor: int


def bid(hours: int, amount: int) -> Bid:
    return Bid(OPENS + timedelta(hours=hours), amount)


def test_a_price_holds_until_the_next_bid():
    plot = price_steps([bid(1, 100_000), bid(5, 200_000)], 100_000, OPENS, CLOSES)
    assert plot["line"] == "M100 1000H500V0H1000"
    assert plot["area"] == "M100 1000H500V0H1000V1000H100Z"


def test_bids_are_drawn_in_the_order_of_time():
    in_order = [bid(1, 100_000), bid(5, 200_000)]
    assert price_steps(in_order[::-1], 100_000, OPENS, CLOSES) == price_steps(
        in_order, 100_000, OPENS, CLOSES
    )


def test_a_running_sale_is_drawn_up_to_now_only():
    now = OPENS + timedelta(hours=6)
    plot = price_steps([bid(1, 100_000)], 100_000, OPENS, CLOSES, until=now)
    assert plot["line"].endswith("H600")


def test_the_last_price_is_never_drawn_back_before_its_bid():
    plot = price_steps([bid(5, 100_000)], 100_000, OPENS, CLOSES, until=OPENS)
    assert plot["line"] == "M500 1000H500"


def test_without_bids_there_is_a_frame_and_no_line():
    plot = price_steps([], 70_000_000, OPENS, CLOSES)
    assert plot["line"] == plot["area"] == ""
    assert plot["last"] is None
    assert len(plot["price_lines"]) >= 2


def test_a_bid_after_the_close_that_was_given_widens_the_plot():
    plot = price_steps([bid(20, 100_000)], 100_000, OPENS, CLOSES)
    assert plot["ends_at"] == OPENS + timedelta(hours=20)
    assert plot["closes_x"] == "50.0%"


@pytest.mark.parametrize(
    ("start", "top"),
    [(1, 1), (100, 100), (70_000_000, 70_000_000), (70_000_000, 75_500_000), (1, 10**15)],
)
def test_price_lines_are_few_even_and_enclose_every_price(start: int, top: int):
    plot = price_steps([bid(1, start), bid(2, top)], start, OPENS, CLOSES)
    amounts = [line["amount_minor"] for line in plot["price_lines"]]
    gaps = {b - a for a, b in pairwise(amounts)}
    assert 2 <= len(amounts) <= 6
    assert len(gaps) == 1
    assert amounts[0] <= start
    assert amounts[-1] >= top


def test_times_run_evenly_from_the_opening_to_the_end():
    times = price_steps([], 100, OPENS, CLOSES)["times"]
    assert times == [OPENS + timedelta(minutes=150 * i) for i in range(5)]


@pytest.mark.parametrize(
    ("value", "inside", "x"),
    [
        (500, True, "15.0%"),
        (2000, True, "85.0%"),
        (1250, True, "50.0%"),
        (499, False, "11.0%"),
        (2001, False, "89.0%"),
        (0, False, "2.0%"),
        (10**15, False, "98.0%"),
    ],
)
def test_both_ends_of_a_range_are_lawful_and_what_is_outside_shows_outside(
    value: int, inside: bool, x: str
):
    marks = range_marks(500, 2000, value)
    assert (marks["inside"], marks["value_x"]) == (inside, x)


@pytest.mark.parametrize(("value", "inside"), [(69, False), (70, True), (10**15, True)])
def test_a_floor_alone_leaves_the_bar_open_on_the_right(value: int, inside: bool):
    marks = range_marks(70, None, value)
    assert marks["ceiling_x"] is None
    assert marks["lawful_to"] == "100.0%"
    assert marks["inside"] is inside


def test_a_ceiling_alone_starts_at_nothing():
    marks = range_marks(None, 100, 0)
    assert (marks["floor_x"], marks["lawful_from"], marks["inside"]) == (None, "0.0%", True)


def test_one_lawful_value_stands_in_the_middle():
    assert range_marks(100, 100, 100)["value_x"] == "50.0%"


def test_no_value_has_no_mark_and_no_verdict():
    marks = range_marks(1, 2, None)
    assert (marks["value_x"], marks["inside"]) == (None, None)


def test_a_range_upside_down_is_refused():
    with pytest.raises(ValueError, match="below the floor"):
        range_marks(2, 1, None)


@pytest.mark.parametrize(
    ("thousandths", "text"), [(0, "0.0%"), (125, "12.5%"), (1000, "100.0%"), (-5, "-0.5%")]
)
def test_thousandths_are_written_as_percent(thousandths: int, text: str):
    assert percent(thousandths) == text


@pytest.mark.parametrize(("hours", "anchor"), [(0, "start"), (5, "middle"), (10, "end")])
def test_the_last_price_is_named_inside_the_picture(hours: int, anchor: str):
    plot = price_steps([bid(hours, 100_000)], 100_000, OPENS, CLOSES)
    assert plot["last_anchor"] == anchor


def test_several_amounts_day_by_day_share_one_scale_from_nothing():
    plot = day_lines([[0, 100_00, 100_00, 50_00], [0, 0, 0, 0]])
    top = plot["price_lines"][-1]["amount_minor"]
    assert plot["price_lines"][0]["amount_minor"] == 0
    assert top >= 100_00
    assert plot["lines"][1] == "M0 1000H250V1000H500V1000H750V1000H1000"
    assert plot["lines"][0].startswith("M0 1000H250V")
    assert plot["ticks"] == [0, 1, 2, 3]


def test_one_day_or_none_can_be_drawn():
    assert day_lines([[5], [0]])["ticks"] == [0]
    assert day_lines([[], []])["lines"] == ["", ""]
    assert day_lines([[-300_00, 200_00]])["price_lines"][0]["amount_minor"] <= -300_00
