"""What follows what, when a paper counts as served, and how much of a line stays back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escrow.objections.rules import (
    CALLS_FOR_CORRECTION,
    OBJECTION_TRANSITIONS,
    STANDING,
    ObjectionStatus,
    Part,
    ServiceChannel,
    fee_at_stake,
    plan_shifts,
    reserve_needed,
    served_on,
)

S = ObjectionStatus
STEPS = {
    (S.RECEIVED, S.NOTIFIED),
    (S.RECEIVED, S.WITHDRAWN),
    (S.NOTIFIED, S.UNOPPOSED),
    (S.NOTIFIED, S.OPPOSED),
    (S.NOTIFIED, S.WITHDRAWN),
    (S.OPPOSED, S.SUED),
    (S.OPPOSED, S.LAPSED),
    (S.OPPOSED, S.WITHDRAWN),
    (S.SUED, S.UPHELD),
    (S.SUED, S.REJECTED),
    (S.SUED, S.WITHDRAWN),
    (S.UNOPPOSED, S.CORRECTED),
    (S.UPHELD, S.CORRECTED),
}


@pytest.mark.parametrize("before", ObjectionStatus)
@pytest.mark.parametrize("after", ObjectionStatus)
def test_every_cell_of_the_table(before, after):
    assert (after in OBJECTION_TRANSITIONS[before]) is ((before, after) in STEPS)


def test_what_stands_can_still_move_and_only_a_won_objection_calls_for_a_new_plan():
    over = {S.CORRECTED, S.LAPSED, S.REJECTED, S.WITHDRAWN}
    assert set(S) - over == STANDING
    assert {S.UNOPPOSED, S.UPHELD} == CALLS_FOR_CORRECTION


@pytest.mark.parametrize(
    ("channel", "reached", "expected"),
    [
        (ServiceChannel.HAND, date(2026, 11, 3), date(2026, 11, 3)),
        (ServiceChannel.MAIL, date(2026, 11, 6), date(2026, 11, 6)),
        (ServiceChannel.MAIL, None, None),
        (ServiceChannel.PUBLISHED, None, date(2026, 12, 2)),
        (ServiceChannel.PUBLISHED, date(2026, 11, 3), date(2026, 12, 2)),
    ],
)
def test_a_paper_counts_as_served_when_proved_or_thirty_days_after_publication(
    channel, reached, expected
):
    assert served_on(channel, date(2026, 11, 2), reached) == expected


@pytest.mark.parametrize(
    ("fee", "paid", "disputed", "stake"),
    [
        ("realised", 100_000_000, 50_000_000, 1_240_000 - 740_000),
        ("realised", 100_000_000, 100_000_000, 1_240_000),
        ("realised", 100_000_000, 200_000_000, 1_240_000),
        (70_000, 100, 99, 0),
        (70_000, 100, 100, 70_000),
        (None, 100, 100, 0),
    ],
)
def test_the_fee_on_what_is_disputed_is_at_stake_with_it(fee, paid, disputed, stake):
    assert fee_at_stake(fee, paid, disputed) == stake


AMOUNTS = st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=5)


@settings(max_examples=80, deadline=None)
@given(AMOUNTS, st.lists(st.integers(1, 60), max_size=4))
def test_shifts_reserve_exactly_what_is_needed_and_touch_nothing_twice(amounts, disputed):
    parts = [Part(n, amount, held) for n, (amount, held) in enumerate(amounts)]
    whole = sum(part.amount_minor for part in parts)
    needed = reserve_needed(whole, disputed)
    assert needed == min(whole, sum(disputed))
    held = sum(part.amount_minor for part in parts if part.is_held)
    shifts = plan_shifts(parts, needed)
    for shift in shifts:
        part = parts[shift.part_id]
        assert 0 < shift.amount_minor <= part.amount_minor
        assert shift.hold is not part.is_held
    assert len({shift.part_id for shift in shifts}) == len(shifts)
    moved = sum(s.amount_minor if s.hold else -s.amount_minor for s in shifts)
    assert held + moved == needed
