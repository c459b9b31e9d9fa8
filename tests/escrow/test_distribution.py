"""The published cases, the worked example, and what every plan must keep."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from distribution_oracle import distribute
from distribution_strategies import distribution_files
from hypothesis import HealthCheck, given, settings

from escrow.distribution import compute_plan

CASES = json.loads((Path(__file__).parents[1] / "data" / "distribution.json").read_text("utf-8"))


def make_file(*claims, amount=10_000, debtor="individual", deductions=(), **lot):
    return {
        "format": "distribution/1",
        "currency": "CNY",
        "debtor": debtor,
        "proceeds": [{"id": "L1", "amount": amount, **lot}],
        "deductions": list(deductions),
        "claims": [{"id": f"C{number}", **claim} for number, claim in enumerate(claims)],
    }


def make_plan(*claims, **options):
    return compute_plan(make_file(*claims, **options)).document()


def list_payments(plan):
    return [(line["to"], line["step"], line["amount"]) for line in plan["lines"]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_published_case(case):
    plan = compute_plan(case["distribution_file"]).document()
    assert json.dumps(plan, ensure_ascii=False) == json.dumps(case["plan"], ensure_ascii=False)


def test_worked_example_comes_out_to_the_fen():
    plan = make_plan(
        {
            "class": "secured",
            "on": "L1",
            "rank": 1,
            "expenses": 1_800_000,
            "interest": 12_000_000,
            "principal": 150_000_000,
            "fee": "realised",
        },
        {
            "class": "ordinary",
            "interest": 4_000_000,
            "principal": 80_000_000,
            "doubled_interest": 2_996_000,
            "fee": "realised",
        },
        {"class": "ordinary", "principal": 126_000_000, "fee": "realised"},
        amount=360_000_000,
        deductions=[
            {"id": "K", "kind": "cost", "amount": 1_300_000},
            {"id": "X", "kind": "sale-tax", "amount": 6_000_000},
        ],
    )
    assert list_payments(plan)[2:] == [
        ("C0", "secured", 163_800_000),
        ("C0/fee", "fee", 1_878_000),
        ("C1", "ordinary", 73_878_020),
        ("C1/fee", "fee", 978_780),
        ("C2", "ordinary", 110_817_030),
        ("C2/fee", "fee", 1_348_170),
    ]
    assert (plan["surplus"], plan["unallocated"]) == (0, 0)
    assert plan["claims"][1]["principal"] == 69_878_020


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(file=distribution_files())
def test_plan_equals_the_one_written_from_the_page(file):
    before = deepcopy(file)
    plan = compute_plan(file).document()
    assert json.dumps(plan) == json.dumps(distribute(file))
    assert file == before


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(file=distribution_files())
def test_every_unit_that_came_in_is_accounted_for(file):
    plan = compute_plan(file)
    paid = sum(line.amount_minor for line in plan.lines)
    assert paid + plan.unallocated_minor + plan.surplus_minor == plan.total_minor
    assert all(sum(line.sources.values()) == line.amount_minor > 0 for line in plan.lines)
    assert len({(line.payee, line.step) for line in plan.lines}) == len(plan.lines)
    for item in file["proceeds"]:
        drawn = sum(line.sources.get(item["id"], 0) for line in plan.lines)
        assert drawn <= item["amount"] + item.get("forfeit", {}).get("deposit", 0)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(file=distribution_files())
def test_nobody_gets_more_than_is_owed_and_fees_follow_payments(file):
    plan = compute_plan(file)
    lines = {(line.payee, line.step): line.amount_minor for line in plan.lines}
    for claim, result in zip(file["claims"], plan.claims, strict=True):
        for part in ("expenses", "interest", "principal", "doubled_interest"):
            assert 0 <= getattr(result, f"{part}_minor") <= claim.get(part, 0)
        assert result.paid_minor == sum(
            amount for (payee, step), amount in lines.items() if payee == claim["id"]
        )
        assert lines.get((f"{claim['id']}/fee", "fee"), 0) == result.fee_minor
        assert result.fee_minor == 0 or result.paid_minor > 0
        if "limit" in claim:
            assert lines.get((claim["id"], "secured"), 0) <= claim["limit"]


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(file=distribution_files())
def test_every_line_explains_its_whole_amount(file):
    plan = compute_plan(file)
    for line in plan.lines:
        assert sum(why.paid_minor for why in line.explanations) == line.amount_minor
        for why in line.explanations:
            assert why.rules
            assert why.paid_minor <= why.demand_minor
            assert why.paid_minor <= why.group_total_minor or line.step == "fee"
            assert why.group_total_minor <= why.money_minor
    explained = sum(why.paid_minor for why in plan.unallocated_explanations)
    assert explained == plan.unallocated_minor


def test_lines_name_their_rules_and_who_got_the_rounding_unit():
    claim = {"class": "ordinary", "principal": 1_000_000, "fee": "realised"}
    plan = compute_plan(make_file(claim, claim, claim, amount=1_015_000))
    first, fee, second = plan.lines[:3]
    (why,) = first.explanations
    assert why.rules == ("CPLI-508.1", "CC-561.1")
    assert why.money_minor == 1_015_000
    assert why.demands == (("C0", 1_000_000), ("C1", 1_000_000), ("C2", 1_000_000))
    assert (why.demand_minor, why.paid_minor, why.group_total_minor) == (1_000_000, 333334, 10**6)
    assert (why.rounding_unit, second.explanations[0].rounding_unit) == (True, False)
    assert fee.explanations[0].rules == ("FEE-14.2",)


def test_a_fee_paid_in_several_steps_is_one_line_on_all_that_was_paid():
    plan = make_plan(
        {
            "class": "secured",
            "on": "L1",
            "rank": 1,
            "limit": 1_500_000,
            "principal": 2_000_000,
            "doubled_interest": 500_000,
            "fee": "realised",
        },
        amount=3_000_000,
    )
    assert list_payments(plan) == [
        ("C0", "secured", 1_500_000),
        ("C0/fee", "fee", 27_500),  # 0.015 × 25,000.00 − 100.00
        ("C0", "ordinary", 500_000),
        ("C0", "doubled-interest", 500_000),
    ]
    assert plan["surplus"] == 3_000_000 - 2_527_500


def test_a_group_whose_fee_does_not_fit_is_not_paid_and_its_money_is_kept():
    claims = [
        {"class": "secured", "on": "L1", "rank": 1, "principal": 100, "fee": "realised"},
        {"class": "ordinary", "principal": 100},
    ]
    assert make_plan(*claims, amount=5_000)["unallocated"] == 5_000
    assert list_payments(make_plan(*claims, amount=5_001)) == [
        ("C0", "secured", 1),
        ("C0/fee", "fee", 5_000),
    ]


def test_claims_of_a_company_without_a_seizure_come_last():
    claims = [
        {"class": "ordinary", "principal": 60},
        {"class": "ordinary", "principal": 60, "attached_at": "9999-12-31"},
        {"class": "ordinary", "principal": 60, "attached_at": "2026-01-01"},
    ]
    plan = make_plan(*claims, amount=130, debtor="company")
    assert [line["to"] for line in plan["lines"]] == ["C2", "C1", "C0"]
    assert plan["lines"][2]["amount"] == 10


def test_tax_that_arose_on_the_day_of_the_registration_comes_after_it():
    security = {"class": "secured", "on": "L1", "rank": 1, "principal": 100}
    security["registered_at"] = "2020-01-02"
    for arose_at, first in (("2020-01-01", "tax"), ("2020-01-02", "secured")):
        tax = {"class": "tax", "arose_at": arose_at, "principal": 100}
        plan = make_plan(security, tax, amount=100)
        assert [line["step"] for line in plan["lines"]] == [first]


def test_one_share_is_set_off_only_once_against_two_lots():
    file = make_file({"class": "ordinary", "principal": 60}, amount=100)
    set_off = {"claim": "C0", "amount": 50}
    file["proceeds"] = [{"id": lot, "amount": 100, "set_off": set_off} for lot in ("L1", "L2")]
    plan = compute_plan(file).document()
    assert [(one["applied"], one["top_up"]) for one in plan["set_off"]] == [(50, 0), (10, 40)]


def test_the_order_of_claims_matters_only_for_units_that_do_not_divide():
    claims = [{"class": "ordinary", "principal": 300 * size} for size in (1, 2, 3)]
    forwards = make_plan(*claims, amount=600)["claims"]
    backwards = make_plan(*reversed(claims), amount=600)["claims"]
    assert [claim["paid"] for claim in forwards] == [100, 200, 300]
    assert [claim["paid"] for claim in backwards] == [300, 200, 100]


def test_ten_thousand_claims_are_one_group_and_still_exact():
    claims = [
        {"class": "ordinary", "principal": 10_000 + 7_919 * number, "fee": "realised"}
        for number in range(10_000)
    ]
    plan = compute_plan(make_file(*claims, amount=100_000_000_000))
    paid = sum(line.amount_minor for line in plan.lines)
    assert paid + plan.unallocated_minor == plan.total_minor
    # One more unit for everybody's total would not have fitted.
    assert plan.unallocated_minor < 10_000


def test_amounts_beyond_any_machine_word_stay_exact():
    claims = [{"class": "ordinary", "principal": 10**35, "fee": "realised"}] * 3
    plan = make_plan(*claims, amount=10**35)
    paid = sum(line["amount"] for line in plan["lines"])
    assert paid + plan["unallocated"] == 10**35
    assert plan["unallocated"] < 10
