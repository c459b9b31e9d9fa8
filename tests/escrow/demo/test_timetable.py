"""Whatever the present moment is, every story's acts lie in lawful order on the right side of it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from auction.assets.models import is_movable
from auction.sales.calendar import beijing_day
from escrow.demo.lots import read_lots
from escrow.demo.people import invent_resident_id
from escrow.demo.timetable import plan_bids, plan_enrolments, plan_times

IS_OVER = {
    "sold",
    "paid",
    "ruled",
    "paying",
    "closed",
    "overdue",
    "defaulted",
    "unsold-first",
    "second-scheduled",
}
NOWS = [
    datetime(2026, 11, 24, 2, 0, tzinfo=UTC),  # a Tuesday morning
    datetime(2026, 11, 28, 17, 59, 59, tzinfo=UTC),  # in the night to Sunday
    datetime(2026, 10, 5, 4, 0, tzinfo=UTC),  # National Day week
    datetime(2026, 2, 19, 4, 0, tzinfo=UTC),  # Spring Festival
    datetime(2028, 2, 29, 15, 59, tzinfo=UTC),
    datetime(2026, 12, 31, 16, 0, tzinfo=UTC),  # midnight in Beijing
]


def placed():
    seen = Counter()
    for lot in read_lots():
        if not lot.is_practice:
            yield lot, seen[lot.state]
            seen[lot.state] += 1


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_acts_follow_each_other_and_leave_the_days_of_notice(now):
    for lot, place in placed():
        times = plan_times(lot, place, now)
        moments = [
            times.case_opened,
            times.described,
            times.priced,
            times.drafted,
            times.put_to_panel,
            *times.voted,
            times.notified,
            times.published,
            times.opens,
            times.closes,
        ]
        days = beijing_day(times.opens) - beijing_day(times.published)
        assert days >= timedelta(days=15 if is_movable(lot.category) else 30)
        assert moments == sorted(moments), lot.title
        if lot.state not in {"draft", "panel", "decided"}:
            notified = beijing_day(times.published) - beijing_day(times.notified)
            assert notified >= timedelta(days=5)
        assert times.closes - times.opens >= timedelta(hours=24)


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_each_state_lies_on_its_side_of_the_present(now):
    for lot, place in placed():
        times = plan_times(lot, place, now)
        if lot.state.startswith("open"):
            assert times.opens < now - timedelta(hours=2)
            assert timedelta(minutes=40) <= times.closes - now <= timedelta(days=3)
        elif lot.state == "scheduled":
            assert times.published < now < times.opens
        elif lot.state in IS_OVER:
            assert times.closes < now - timedelta(hours=1)
        elif lot.state == "draft":
            assert times.drafted < now
        elif lot.state == "panel":
            assert times.voted[1] < now
        elif lot.state == "decided":
            assert times.voted[2] < now


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_everybody_has_enrolled_before_the_first_bid_and_bids_stay_inside_the_sale(now):
    for lot, place in placed():
        times = plan_times(lot, place, now)
        rng = random.Random(lot.index)
        enrolled = plan_enrolments(rng, times, lot.bidders, now)
        bids = plan_bids(rng, times, lot.bids, now)
        assert enrolled == sorted(enrolled)
        assert bids == sorted(bids)
        assert all(times.published < moment < now for moment in enrolled)
        if bids:
            assert max(enrolled) < bids[0]
            assert bids[0] > times.opens
            assert bids[-1] < now
            last = times.closes
            for moment in bids:
                assert moment < last
                last = max(last, moment + timedelta(minutes=5))


def test_resident_ids_are_well_formed_and_nobody_can_have_them():
    numbers = [invent_resident_id(n) for n in range(1, 21)]
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
    for number in numbers:
        total = sum(w * int(digit) for w, digit in zip(weights, number[:17], strict=True))
        assert number[17] == "10X98765432"[total % 11]
        assert number.startswith("99")
    assert len(set(numbers)) == 20
