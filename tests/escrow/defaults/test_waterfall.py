"""What forfeited deposits are used for: a table of cases, a slow twin, published defaults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrow.defaults.reckoning import Part, Stake
from escrow.defaults.waterfall import (
    Forfeited,
    Share,
    forfeit_entry,
    share_forfeits,
    use_for_debts,
)
from escrow.distribution import compute_plan

PUBLISHED = json.loads(
    (Path(__file__).parents[2] / "data" / "real_distributions.json").read_text("utf-8")
)["defaults"]


def yuan(*amounts):
    return [amount * 100 for amount in amounts]


# ── the worked example: 950,000 not paid, deposit 100,000, costs 6,000 (12(c) of the rules) ─────


@pytest.mark.parametrize(
    ("resale", "debts", "connected", "expected"),
    [
        # costs, gap, debts of the case, connected debts, held for the court's order, deficit
        (920_000, 33_000, 9_000, (6_000, 30_000, 33_000, 9_000, 22_000, 0)),
        (760_000, 0, 0, (6_000, 94_000, 0, 0, 0, 96_000)),
        (1_010_000, 0, 0, (6_000, 0, 0, 0, 94_000, 0)),
        (1_010_000, 500_000, 0, (6_000, 0, 94_000, 0, 0, 0)),
        (950_000, 0, 94_000, (6_000, 0, 0, 94_000, 0, 0)),
    ],
    ids=["A", "B", "C-no-debts", "C-debts", "same-price"],
)
def test_the_worked_example(resale, debts, connected, expected):
    found = share_forfeits([Forfeited(*yuan(100_000, 6_000, 950_000))], resale * 100)
    uses = use_for_debts(found, case_debts_minor=debts * 100, connected_debts_minor=connected * 100)
    assert [
        uses.costs_minor,
        uses.gap_minor,
        uses.case_debts_minor,
        uses.connected_debts_minor,
        uses.held_minor,
        found.deficit_minor,
    ] == yuan(*expected)


def test_before_the_resale_only_the_costs_are_known():
    found = share_forfeits([Forfeited(100, 30, 900), Forfeited(50, 60, 800)])
    assert not found.is_final
    assert found.shares == (Share(30, 0, 0, 70, 0), Share(50, 0, 0, 0, 10))


# ── successive defaulters: (deposit, costs, price) each, the final price, shares expected ───────

SEVERAL = [
    pytest.param(
        [(100, 0, 900), (80, 0, 800)],
        700,
        # Each answers for his own fall, both for no more than 900 − 700.
        [Share(0, 200, 100, 0, 20), Share(0, 100, 80, 0, 0)],
        id="first-one-higher",
    ),
    pytest.param(
        [(80, 0, 800), (100, 0, 900)],
        700,
        [Share(0, 100, 80, 0, 20), Share(0, 200, 100, 0, 0)],
        id="second-one-higher",
    ),
    pytest.param(
        [(300, 0, 900), (300, 0, 900)],
        700,
        # The first deposit bears the whole fall; nobody bears it twice, nothing goes back.
        [Share(0, 200, 200, 100, 0), Share(0, 200, 0, 300, 0)],
        id="same-price-twice",
    ),
    pytest.param(
        [(100, 10, 900), (100, 20, 600)],
        700,
        # The second had promised less than it now brings: he answers for his costs alone.
        [Share(10, 200, 90, 0, 110), Share(20, 0, 0, 80, 0)],
        id="second-one-below-the-final-price",
    ),
    pytest.param(
        [(50, 80, 900), (0, 5, 850), (40, 0, 800)],
        790,
        [Share(50, 110, 0, 0, 130), Share(0, 60, 0, 0, 5), Share(0, 10, 10, 30, 0)],
        id="costs-eat-the-first-deposit-the-second-has-none",
    ),
    pytest.param(
        [(100, 0, 900), (100, 0, 950)],
        1000,
        [Share(0, 0, 0, 100, 0), Share(0, 0, 0, 100, 0)],
        id="in-the-end-higher-than-all",
    ),
]


@pytest.mark.parametrize(("forfeited", "final", "shares"), SEVERAL)
def test_successive_defaulters(forfeited, final, shares):
    found = share_forfeits([Forfeited(*one) for one in forfeited], final)
    assert list(found.shares) == shares


@pytest.mark.parametrize(("forfeited", "final", "shares"), SEVERAL)
def test_the_plan_gives_creditors_what_the_deposits_bring_to_the_fen(forfeited, final, shares):
    """The `forfeit` of the distribution file and the waterfall are the same money."""
    entry = forfeit_entry([Forfeited(*one) for one in forfeited])
    file = {
        "format": "distribution/1",
        "currency": "CNY",
        "debtor": "individual",
        "proceeds": [{"id": "L", "amount": final, "forfeit": entry}],
        "deductions": [],
        "claims": [{"id": "A", "class": "ordinary", "principal": 10_000}],
    }
    plan = compute_plan(file).document()
    costs = sum(line["amount"] for line in plan["lines"] if line["step"] == "forfeit")
    assert costs == sum(share.costs_paid_minor for share in shares)
    to_pot = sum(share.gap_paid_minor + share.rest_minor for share in shares)
    assert plan["claims"][0]["paid"] == final + to_pot
    assert plan["total"] == final + sum(one[0] for one in forfeited)


# ── the slow twin: one coin at a time ───────────────────────────────────────────────────────────


def pay_coin_by_coin(forfeited, final):
    """Shares found by moving single coins; who is first in the file is asked first."""
    people = range(len(forfeited))
    purse = [one.deposit_minor for one in forfeited]
    costs, gap, owes = ([0] * len(forfeited) for _ in range(3))
    for one in people:
        for _coin in range(forfeited[one].costs_minor):
            if purse[one]:
                purse[one] -= 1
                costs[one] += 1
            else:
                owes[one] += 1
    fall = [max(0, one.price_minor - final) for one in forfeited]
    borne = [0] * len(forfeited)
    coins = max([0, *fall])
    while coins:
        payers = [one for one in people if purse[one] and borne[one] < fall[one]]
        if not payers:
            break
        purse[payers[0]] -= 1
        gap[payers[0]] += 1
        borne[payers[0]] += 1
        coins -= 1
    while coins:
        debtors = [one for one in people if borne[one] < fall[one]]
        if not debtors:
            break
        owes[debtors[0]] += 1
        borne[debtors[0]] += 1
        coins -= 1
    return [Share(costs[p], fall[p], gap[p], purse[p], owes[p]) for p in people]


defaulters = st.lists(
    st.builds(Forfeited, st.integers(0, 12), st.integers(0, 8), st.integers(1, 30)),
    min_size=1,
    max_size=4,
)


@given(defaulters, st.integers(0, 32))
def test_the_twin_that_moves_single_coins_finds_the_same(forfeited, final):
    assert list(share_forfeits(forfeited, final).shares) == pay_coin_by_coin(forfeited, final)


@given(defaulters, st.integers(0, 32), st.integers(1, 10**11))
def test_what_holds_for_coins_holds_for_millions(forfeited, final, scale):
    """Every figure grows in proportion: the twin's small sums stand for the large ones."""
    many = [
        Forfeited(one.deposit_minor * scale, one.costs_minor * scale, one.price_minor * scale)
        for one in forfeited
    ]
    small, large = share_forfeits(forfeited, final), share_forfeits(many, final * scale)
    for one, other in zip(small.shares, large.shares, strict=True):
        assert {name: value * scale for name, value in vars(one).items()} == vars(other)


@given(defaulters, st.integers(0, 32), st.integers(0, 40), st.integers(0, 40))
def test_every_coin_of_the_deposits_has_one_use_and_none_goes_back(forfeited, final, debts, more):
    found = share_forfeits(forfeited, final)
    uses = use_for_debts(found, case_debts_minor=debts, connected_debts_minor=more)
    assert sum(vars(uses).values()) == sum(one.deposit_minor for one in forfeited)
    # The D-rule: together no more than from the highest price down to the final one.
    highest = max(one.price_minor for one in forfeited)
    costs = sum(one.costs_minor for one in forfeited) - found.costs_paid_minor
    assert found.gap_paid_minor + found.deficit_minor - costs <= max(0, highest - final)
    # A later step gets something only where the one before it is satisfied.
    if uses.held_minor:
        assert uses.connected_debts_minor == more
    if uses.connected_debts_minor:
        assert uses.case_debts_minor == debts


# ── a sell-off: only the announced deposit (CN455-8.1) ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("parts", "returns"),
    [
        ([(1, True, 560_000)], [(1, 480_000)]),
        ([(1, True, 50_000), (2, True, 510_000)], [(2, 480_000)]),
        ([(1, True, 560_000), (2, False, 10_000)], [(1, 480_000), (2, 10_000)]),
    ],
    ids=["one-payment", "two-parts", "a-part-of-the-rest-as-well"],
)
def test_a_selloff_forfeits_the_announced_deposit_and_returns_the_rest(parts, returns):
    held = tuple(Part(*part) for part in parts)
    stake = Stake(80_000, sum(part.amount_minor for part in held if part.is_deposit), held)
    assert stake.forfeit_minor == 80_000
    assert stake.returns_after_default() == returns
    assert stake.back_after_default_minor == sum(amount for _payment, amount in returns)


# ── defaults that courts have published ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "case", [case for case in PUBLISHED if case["hammer_price"]], ids=lambda case: case["name"]
)
def test_a_published_default_comes_out_to_the_fen(case):
    found = share_forfeits(
        [Forfeited(case["deposit"], 0, case["hammer_price"])], case["resale_price"]
    )
    assert found.shares[0].shortfall_minor == case["shortfall"]
    assert found.gap_paid_minor == case["deposit"]
    if case["top_up"] is not None:
        assert found.deficit_minor == case["top_up"]


@pytest.mark.parametrize("costs", [0, 600_000, 4_000_000, 9_000_000])
def test_where_only_the_loss_was_published_its_split_does_not_matter(costs):
    """A deposit of 90,000 and a loss of twice as much: as much again is to be made up.

    The report has neither the hammer price nor the costs apart; however the loss is divided between
    them, the deposit is used up and the top-up is the rest.
    """
    [case] = [case for case in PUBLISHED if case["hammer_price"] is None]
    loss = 2 * case["deposit"]
    price = case["resale_price"] + loss - costs
    found = share_forfeits([Forfeited(case["deposit"], costs, price)], case["resale_price"])
    assert found.rest_minor == 0
    assert found.deficit_minor == loss - case["deposit"]
