from __future__ import annotations

import itertools

from distribution_strategies import distribution_files
from hypothesis import given, settings

from escrow.distribution import compute_plan
from escrow.plans.picture import draw_flow


def draw(proceeds, lines, surplus=0, unallocated=0):
    file = {"proceeds": [{"id": key, "amount": amount} for key, amount in proceeds.items()]}
    output = {"lines": lines, "surplus": surplus, "unallocated": unallocated}
    return draw_flow(file, output)


def test_every_step_that_got_money_has_its_bar_and_what_is_left_goes_to_the_debtor():
    picture = draw(
        {"L1": 100, "L2": 50},
        [
            {"step": "secured", "from": {"L1": 60}},
            {"step": "ordinary", "from": {"L1": 30, "L2": 40}},
        ],
        surplus=15,
        unallocated=5,
    )
    assert [(n.name, n.amount_minor) for n in picture.sinks] == [
        ("secured", 60),
        ("ordinary", 70),
        ("unallocated", 5),
        ("surplus", 15),
    ]
    assert [n.amount_minor for n in picture.sources] == [100, 50]
    assert {band.tone for band in picture.bands} == {"priority", "", "surplus"}


@settings(max_examples=40)
@given(distribution_files())
def test_of_any_plan_the_bars_hold_all_the_money_and_no_words_meet(file):
    plan = compute_plan(file)
    picture = draw_flow(file, plan.document())
    assert sum(node.amount_minor for node in picture.sinks) == plan.total_minor
    for stack in (picture.sources, picture.sinks):
        lines = [node.label_y for node in stack]
        assert all(b - a >= 36 for a, b in itertools.pairwise(lines))
        assert all(20 < y < picture.height for y in lines)
