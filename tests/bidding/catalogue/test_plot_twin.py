"""The browser draws the price plot as the server does: same bids, same path, same lines."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auction.core.db import to_ms
from auction.core.plot import price_steps

ROOT = Path(__file__).resolve().parents[3]
OPENS = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
SCRIPT = """
import { readFileSync } from 'node:fs';
import { priceSteps } from './static/js/price-plot.js';
const cases = JSON.parse(readFileSync(0, 'utf8'));
const drawn = cases.map((c) => priceSteps(c.bids, c.start, c.opens, c.closes, c.until));
console.log(JSON.stringify(drawn));
"""


@dataclass(frozen=True)
class Point:
    at: datetime
    amount_minor: int


def make_cases() -> list[dict]:
    chance = random.Random(20261102)
    cases = []
    for count in (0, 1, 2, 3, 17, 60, 3000):
        for start in (1, 99, 70_000_000, 10**15 - 5_000_000):
            closes = OPENS + timedelta(seconds=chance.choice([60, 86_400, 5_184_000]))
            length = (closes - OPENS) // timedelta(milliseconds=1)
            moments = sorted(chance.randint(0, length + 300_000) for _ in range(count))
            amount = start
            points = []
            for ms in moments:
                points.append(Point(OPENS + timedelta(milliseconds=ms), min(amount, 10**15)))
                amount += chance.randint(0, 3) * 500_000
            until = chance.choice([None, OPENS, closes])
            cases.append({"points": points, "start": start, "closes": closes, "until": until})
    return cases


def test_both_sides_draw_the_same_picture():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    cases = make_cases()
    sent = [
        {
            "bids": [{"at": to_ms(p.at), "amount": p.amount_minor} for p in case["points"]],
            "start": case["start"],
            "opens": to_ms(OPENS),
            "closes": to_ms(case["closes"]),
            "until": None if case["until"] is None else to_ms(case["until"]),
        }
        for case in cases
    ]
    answer = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT],
        input=json.dumps(sent),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    for case, drawn in zip(cases, json.loads(answer.stdout), strict=True):
        ours = price_steps(case["points"], case["start"], OPENS, case["closes"], case["until"])
        assert drawn["line"] == ours["line"]
        assert drawn["area"] == ours["area"]
        assert drawn["anchor"] == ours["last_anchor"]
        assert drawn["startY"] == ours["start_y"]
        assert drawn["closesX"] == ours["closes_x"]
        assert drawn["overran"] == (ours["ends_at"] != case["closes"])
        assert [(p["y"], p["amount"]) for p in drawn["priceLines"]] == [
            (p["y"], p["amount_minor"]) for p in ours["price_lines"]
        ]
        assert drawn["times"] == [to_ms(at) for at in ours["times"]]
        assert drawn["line"].count("V") <= 1001
        if ours["last"]:
            assert (drawn["last"]["x"], drawn["last"]["y"]) == (
                ours["last"]["x"],
                ours["last"]["y"],
            )
