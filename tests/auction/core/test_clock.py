"""The clock: never back, aware, whole milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from auction.core import clock as clocks
from auction.core.clock import ManualClock, SystemClock

START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


def test_a_clock_in_the_hand_moves_only_when_told_and_never_back():
    clock = ManualClock(START)
    assert clock.now() == clock.now() == START
    assert clock.advance(seconds=5) == START + timedelta(seconds=5)
    with pytest.raises(ValueError, match="never runs back"):
        clock.set(START)


def test_moments_are_cut_to_milliseconds_and_brought_to_utc():
    east = timezone(timedelta(hours=8))
    moment = datetime(2026, 11, 2, 10, 0, 0, 123_999, east)
    assert clocks.truncate(moment) == datetime(2026, 11, 2, 2, 0, 0, 123_000, UTC)
    with pytest.raises(ValueError, match="naive"):
        clocks.truncate(datetime(2026, 11, 2))


def test_the_machines_clock_is_aware_and_does_not_run_back():
    clock = SystemClock()
    seen = [clock.now() for _ in range(1000)]
    assert seen == sorted(seen)
    assert all(moment.tzinfo is UTC and moment.microsecond % 1000 == 0 for moment in seen)
    assert abs(clock.drift_ms()) < 60_000


@pytest.mark.parametrize(
    ("before", "other", "after", "apart"),
    [(0, 0, 0, 0), (0, 5, 10, 0), (0, 10, 10, 0), (0, 12, 10, 2), (0, -3, 10, 3), (0, -3, 0, 3)],
)
def test_clocks_are_apart_by_what_the_round_trip_does_not_explain(before, other, after, apart):
    moments = (START + timedelta(seconds=second) for second in (before, other, after))
    assert clocks.time_apart(*moments) == timedelta(seconds=apart)


def test_iso_text_is_utc_with_milliseconds():
    assert clocks.iso(START + timedelta(milliseconds=7)) == "2026-11-02T02:00:00.007Z"
    assert clocks.beijing(START).hour == 10
