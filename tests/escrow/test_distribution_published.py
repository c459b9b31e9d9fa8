"""Distributions and defaults that others have published, to the fen where their rule is ours.

Two published distributions rounded the rate before they multiplied and so lost money: those figures
must not come out.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from escrow.distribution import compute_plan

PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "data" / "real_distributions.json").read_text("utf-8")
)
CASES = PUBLISHED["distributions"]
ROUNDED = [case for case in CASES if "lost" in case]
DEFAULTS = PUBLISHED["defaults"]


def names(cases):
    return [case["name"] for case in cases]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_published_payments_come_out_to_the_fen(case):
    plan = compute_plan(case["file"]).document()
    paid = {claim["id"]: claim for claim in plan["claims"]}
    for claim, amount in case["paid"].items():
        assert paid[claim]["paid"] == amount, claim
    for claim, amount in case.get("secured", {}).items():
        assert {"secured": amount}.items() <= by_step(plan, claim).items()
    for claim, parts in case.get("parts", {}).items():
        assert parts.items() <= paid[claim].items()
    assert sum(line["amount"] for line in plan["lines"]) == plan["total"]


@pytest.mark.parametrize("case", ROUNDED, ids=names(ROUNDED))
def test_money_lost_by_rounding_the_rate_first_is_not_lost_here(case):
    plan = compute_plan(case["file"]).document()
    paid = {line["to"]: line["amount"] for line in plan["lines"] if line["step"] == "ordinary"}
    fund = case["ordinary_fund"]
    assert sum(paid.values()) == fund
    claims = {claim["id"]: claim["principal"] for claim in case["file"]["claims"]}
    owed = {name: claims[name] - by_step(plan, name).get("secured", 0) for name in paid}
    for name, published in case["lost"].items():
        exact = Fraction(fund * owed[name], sum(owed.values()))
        assert abs(paid[name] - exact) < 1
        assert paid[name] != published
        # What was published is a rate of two decimals, applied to the claim: yuan away, not fen.
        assert abs(published - exact) > 400


def by_step(plan, payee):
    return {line["step"]: line["amount"] for line in plan["lines"] if line["to"] == payee}


@pytest.mark.parametrize("default", DEFAULTS, ids=names(DEFAULTS))
def test_a_real_default_leaves_the_deposit_to_the_creditors_and_the_gap_to_the_fen(default):
    """Deposit to the gap first; nothing of it goes back, and what is short stays short (CN16-24.1)."""
    price, resale, deposit = (default[name] for name in ("hammer_price", "resale_price", "deposit"))
    debt = (price or resale + 2 * deposit) * 2
    file = {
        "format": "distribution/1",
        "currency": "CNY",
        "debtor": "individual",
        "proceeds": [
            {
                "id": "lot",
                "amount": resale,
                "forfeit": {
                    "deposit": deposit,
                    "costs": 0,
                    "original_price": price or resale + 2 * deposit,
                },
            }
        ],
        "deductions": [],
        "claims": [{"id": "creditor", "class": "ordinary", "principal": debt}],
    }
    plan = compute_plan(file).document()
    assert plan["claims"][0]["paid"] == plan["total"] == resale + deposit
    assert plan["surplus"] == plan["unallocated"] == 0
    if default["shortfall"] is not None:
        assert price - resale == default["shortfall"]
    if default["top_up"] is not None:
        # What the creditors still lack of the first price is what the court ordered to be paid up.
        assert price - plan["claims"][0]["paid"] == default["top_up"]
