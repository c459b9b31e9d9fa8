"""The matching core: what is sure, what is only proposed, and that nothing is ever dropped."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escrow.reconciliation.match import Ground, OpenReason, Row, Rule, match_rows


def row(id_, amount, *, day=1, ref=(), payer=(), undoes=""):
    def as_tuple(value):
        return (value,) if isinstance(value, str) else tuple(value)

    return Row(id_, amount, day, as_tuple(ref), as_tuple(payer), undoes)


FULL = {"ref": "R1", "payer": "li"}

SURE = {
    "all three agree": ([row(1, 50, **FULL)], [row(2, 50, **FULL)], Rule.EXACT),
    "money that left": ([row(1, -50, **FULL)], [row(2, -50, **FULL)], Rule.EXACT),
    "one of several references and payers": (
        [row(1, 50, ref=("A", "B"), payer=("li", "62"))],
        [row(2, 50, ref=("B", "C"), payer=("zhao", "62"))],
        Rule.EXACT,
    ),
    "a payout of charges less fees and refunds": (
        [row(i, a, ref="po", payer="stripe") for i, a in enumerate((100, -3, 70, -2, -40))],
        [row(9, 125, ref="po", payer="stripe")],
        Rule.GATHERED,
    ),
    "a deposit in parts": (
        [row(1, 100, **FULL)],
        [row(i, a, day=i, **FULL) for i, a in enumerate((40, 40, 20))],
        Rule.JOINED,
    ),
    "booked and reversed": ([row(1, 9, undoes="t1"), row(2, -9, undoes="t1")], [], Rule.UNDONE),
    "sent and returned": ([], [row(1, -9, undoes="t1"), row(2, 9, undoes="t1")], Rule.UNDONE),
}


@pytest.mark.parametrize("case", SURE)
def test_what_is_sure_is_matched_without_a_person(case):
    left, right, rule = SURE[case]
    outcome = match_rows(left, right)
    (match,) = outcome.matches
    assert match.rule is rule
    assert match.certainty == 100
    assert sorted(match.left) == sorted(r.id for r in left)
    assert sorted(match.right) == sorted(r.id for r in right)
    assert outcome.open_left == outcome.open_right == ()


UNSURE = {
    "another payer": (
        [row(1, 50, ref="R1", payer="li")],
        [row(2, 50, ref="R1", payer="wang")],
        OpenReason.PAYER_DIFFERS,
        Ground.PAYER,
        0,
    ),
    "a payer who is not told": (
        [row(1, 50, ref="R1", payer="li")],
        [row(2, 50, ref="R1")],
        OpenReason.PAYER_DIFFERS,
        Ground.PAYER,
        0,
    ),
    "no reference": (
        [row(1, 50, ref="R1", payer="li")],
        [row(2, 50, payer="li")],
        OpenReason.REFERENCE_MISSING,
        Ground.REFERENCE,
        0,
    ),
    "one fen too little": (
        [row(1, 50, **FULL)],
        [row(2, 49, **FULL)],
        OpenReason.AMOUNT_DIFFERS,
        Ground.AMOUNT,
        -1,
    ),
    "parts without a reference": (
        [row(1, 50, **FULL)],
        [row(2, 30, payer="li"), row(3, 20, payer="li")],
        OpenReason.REFERENCE_MISSING,
        Ground.PARTS,
        0,
    ),
    "parts from two payers": (
        [row(1, 50, **FULL)],
        [row(2, 30, ref="R1", payer="li"), row(3, 20, ref="R1", payer="wang")],
        OpenReason.PAYER_DIFFERS,
        Ground.GROUP,
        0,
    ),
    "two against two": (
        [row(1, 50, **FULL), row(2, 30, **FULL)],
        [row(3, 60, **FULL), row(4, 20, **FULL)],
        OpenReason.PAYER_DIFFERS,
        Ground.GROUP,
        0,
    ),
    "the amount alone": (
        [row(1, 50, ref="R1", payer="li")],
        [row(2, 50, day=5)],
        OpenReason.ONLY_ALIKE,
        Ground.ALIKE,
        0,
    ),
}


@pytest.mark.parametrize("case", UNSURE)
def test_what_is_not_sure_waits_with_its_reason_and_the_best_proposal_first(case):
    left, right, reason, ground, difference = UNSURE[case]
    outcome = match_rows(left, right)
    assert outcome.matches == ()
    first = outcome.open_left[0]
    assert first.reason is reason
    best = first.proposals[0]
    assert (best.ground, best.difference_minor) == (ground, difference)
    assert 0 < best.certainty < 100
    assert [p.certainty for p in first.proposals] == sorted(
        (p.certainty for p in first.proposals), reverse=True
    )


def test_a_row_that_came_once_too_often_says_so():
    outcome = match_rows([row(1, 50, **FULL)], [row(2, 50, **FULL), row(3, 50, day=2, **FULL)])
    assert [(m.left, m.right) for m in outcome.matches] == [((1,), (2,))]
    assert [(o.id, o.reason) for o in outcome.open_right] == [(3, OpenReason.TWICE)]


def test_what_resembles_nothing_has_no_proposal():
    outcome = match_rows([row(1, 50)], [row(2, 60), row(3, 50, day=99)])
    assert [o.reason for o in (*outcome.open_left, *outcome.open_right)] == [
        OpenReason.NOTHING_LIKE_IT
    ] * 3


def test_ten_thousand_alike_rows_propose_only_their_neighbours():
    left = [row(i, 50, day=i) for i in range(2000)]
    right = [row(i, 50, day=i, ref=f"B{i}") for i in range(2000)]
    outcome = match_rows(left, right)
    assert outcome.matches == ()
    assert {o.proposals[0].right[0] - o.id for o in outcome.open_left} == {0}


tokens = st.lists(st.sampled_from("ABCD"), max_size=2, unique=True).map(tuple)
rows = st.lists(
    st.builds(
        lambda amount, day, refs, payers, undoes: (amount, day, refs, payers, undoes),
        st.sampled_from([-60, -30, -10, 10, 20, 30, 60]),
        st.integers(1, 4),
        tokens,
        tokens,
        st.sampled_from(["", "", "u", "v"]),
    ),
    max_size=14,
).map(lambda found: [Row(i, *values) for i, values in enumerate(found)])


@settings(max_examples=300, deadline=None)
@given(rows, rows, st.randoms(use_true_random=False))
def test_every_row_is_in_one_match_or_open_once_and_amounts_agree(left, right, random):
    outcome = match_rows(left, right)
    for given_rows, side, open_rows in (
        (left, "left", outcome.open_left),
        (right, "right", outcome.open_right),
    ):
        placed = Counter(id_ for match in outcome.matches for id_ in getattr(match, side))
        placed.update(o.id for o in open_rows)
        assert placed == Counter(r.id for r in given_rows)
    ours, theirs = ({r.id: r for r in side} for side in (left, right))
    for match in outcome.matches:
        mine = [ours[i] for i in match.left]
        told = [theirs[i] for i in match.right]
        assert sum(r.amount_minor for r in mine) == sum(r.amount_minor for r in told)
        if match.rule is not Rule.UNDONE:
            assert min(len(mine), len(told)) == 1
            every = [*mine, *told]
            assert set.intersection(*(set(r.references) for r in every))
            assert set.intersection(*(set(r.payers) for r in every))
    for open_row in (*outcome.open_left, *outcome.open_right):
        for p in open_row.proposals:
            assert p.difference_minor == sum(theirs[i].amount_minor for i in p.right) - sum(
                ours[i].amount_minor for i in p.left
            )
    # another order of the same rows gives the same
    shuffled_left, shuffled_right = list(left), list(right)
    random.shuffle(shuffled_left)
    random.shuffle(shuffled_right)
    assert match_rows(shuffled_left, shuffled_right) == outcome


@settings(max_examples=100, deadline=None)
@given(rows, rows)
def test_what_is_left_open_stays_open_when_it_is_matched_again(left, right):
    """Running again finds nothing new: a rerun is idempotent."""
    outcome = match_rows(left, right)
    open_left = {o.id for o in outcome.open_left}
    open_right = {o.id for o in outcome.open_right}
    again = match_rows(
        [r for r in left if r.id in open_left], [r for r in right if r.id in open_right]
    )
    assert again.matches == ()
