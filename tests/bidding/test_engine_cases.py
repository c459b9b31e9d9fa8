"""The published cases of the bidding rules: same events, same outcome."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sale_twin

from bidding.replay import replay_sale
from bidding.salefile import parse_sale_file

CASES = json.loads((Path(__file__).parents[1] / "data" / "bidding.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_published_case(case):
    sale_file = parse_sale_file(json.dumps(case["sale_file"]).encode())
    assert replay_sale(sale_file) == case["outcome"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_published_case_by_the_twin(case):
    assert sale_twin.outcome_of(case["sale_file"]) == case["outcome"]
