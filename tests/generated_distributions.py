"""Distribution files drawn from a seed, each computed by the product and by the slow twin.

`DISTRIBUTIONS=50000 pytest tests/escrow/test_distribution_generated.py -s` compares so many on all
processors and says what was in them. A file on which the two differ is `draw_file` of its seed.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from distribution_oracle import distribute

from escrow.distribution import compute_plan

CHUNK = 100
DAYS = ["2018-05-04", "2019-12-31", "2020-01-01", "2020-01-02", "2024-02-29", "9999-12-31"]
LOTS = ["L1", "L2", "L3", "L4"]
CLASSES = [
    *["ordinary"] * 4, *["secured"] * 4, *["tax"] * 2, "construction", "home-buyer", "policy"
]  # fmt: skip
PARTS = ["expenses", "interest", "principal", "doubled_interest"]
# Where the statutory fee begins, and where its rate changes (FEE-14.2), in fen.
EDGES = [5_000, 1_000_000, 50_000_000, 500_000_000, 1_000_000_000]
# The largest component of a claim, by the kind of file.
SCALES = {"units": 3, "tens": 40, "hundreds": 200, "yuan": 30_000, "lots": 400_000_000}


def draw_file(seed: int) -> dict[str, Any]:
    """A valid file: one to four lots, up to eight claims, far too little money to more than due."""
    draw = random.Random(seed)
    scale = draw.choice(list(SCALES))
    lots = LOTS[: draw.choice([1, 1, 2, 3, 4])]
    claims = [draw_claim(draw, f"C{n}", lots, scale) for n in range(draw.randint(0, 8))]
    deductions = [draw_deduction(draw, f"K{n}", lots, scale) for n in range(draw.randint(0, 5))]
    due = sum(claim.get(part, 0) for claim in claims for part in PARTS)
    return {
        "format": "distribution/1",
        "currency": "CNY",
        "debtor": draw.choice(["individual", "company"]),
        "proceeds": [draw_proceeds(draw, lot, lots, claims, due) for lot in lots],
        "deductions": deductions,
        "claims": claims,
    }


def draw_amount(draw: random.Random, scale: str) -> int:
    """Anything up to the scale; a large one now and then right beside an edge of the fee table."""
    if scale == "lots" and draw.random() < 0.3:
        return draw.choice(EDGES) + draw.randint(-3, 3)
    return draw.randint(0, SCALES[scale])


def draw_claim(draw: random.Random, name: str, lots: list[str], scale: str) -> dict[str, Any]:
    """One claim; a part that is nothing may be left out."""
    kind = draw.choice(CLASSES)
    claim: dict[str, Any] = {"id": name, "class": kind}
    for part, chance in zip(PARTS, (0.4, 0.5, 0.9, 0.4), strict=True):
        if draw.random() < chance:
            claim[part] = draw_amount(draw, scale)
    if draw.random() < 0.7:
        fixed = draw.choice([0, 1, 7, 12, SCALES[scale] // 90])
        claim["fee"] = draw.choice([None, "realised", "realised", fixed])
    if draw.random() < 0.6:
        claim["attached_at"] = draw.choice(DAYS)
    if draw.random() < 0.15:
        claim["held"] = "dispute"
    if kind in {"home-buyer", "construction", "secured"}:
        several = draw.sample(lots, draw.randint(1, len(lots)))
        claim["on"] = several if len(several) > 1 or draw.random() < 0.3 else several[0]
    if kind == "secured":
        claim["rank"] = draw.randint(1, 3)
        if draw.random() < 0.7:
            claim["registered_at"] = draw.choice(DAYS)
        if draw.random() < 0.4:
            claim["limit"] = draw_amount(draw, scale)
    elif kind == "tax":
        claim["arose_at"] = draw.choice(DAYS)
    elif kind == "policy":
        claim["reason"] = "court order"
    return claim


def draw_deduction(draw: random.Random, name: str, lots: list[str], scale: str) -> dict[str, Any]:
    """A cost, rent or tax, of one lot or of all."""
    kind = draw.choice(["cost", "reserved-rent", "sale-tax"])
    amount = draw_amount(draw, scale) // draw.choice([1, 4, 20])
    deduction: dict[str, Any] = {"id": name, "kind": kind, "amount": amount}
    if draw.random() < 0.5:
        deduction["on"] = draw.choice(lots)
    return deduction


def draw_proceeds(
    draw: random.Random, lot: str, lots: list[str], claims: list[dict[str, Any]], due: int
) -> dict[str, Any]:
    """What one lot brought; sometimes after a default, sometimes bought by a creditor."""
    share = draw.choice([0, 0.01, 0.3, 0.7, 1, 1, 1.02, 1.5, 4]) * draw.random()
    amount = max(1, int(due * share) // len(lots))
    if draw.random() < 0.3:  # enough for some minimum fees, too
        amount += draw.choice([5_000, 5_001, 12_000])
    item: dict[str, Any] = {"id": lot, "amount": amount}
    if draw.random() < 0.3:
        item["forfeit"] = {
            "deposit": draw.randint(0, max(2, amount // 3)),
            "costs": draw.randint(0, max(2, amount // 5)),
            "original_price": max(0, amount + draw.randint(-amount // 5, amount // 3)),
        }
    if claims and draw.random() < 0.25:
        item["set_off"] = {
            "claim": draw.choice(claims)["id"],
            "amount": draw.randint(0, 2 * amount),
        }
    return item


def compare(seeds: range) -> tuple[list[int], Counter[str]]:
    """The seeds on which product and twin differ, and what happened in all of them."""
    differing, happened = [], Counter[str]()
    for seed in seeds:
        file = draw_file(seed)
        plan = compute_plan(file).document()
        # Text for text: the order of lines and of the lots in `from` is part of the plan.
        if json.dumps(plan) != json.dumps(distribute(file)):
            differing.append(seed)
        happened.update(describe(file, plan))
    return differing, happened


def describe(file: dict[str, Any], plan: dict[str, Any]) -> Counter[str]:
    """What a file and its plan had in them."""
    found = Counter(["files", file["debtor"]])
    found.update(line["step"] for line in plan["lines"])
    found["held lines"] += sum("held" in line for line in plan["lines"])
    found["lines from several lots"] += sum(len(line["from"]) > 1 for line in plan["lines"])
    found["unpaid deductions"] += len(plan["unpaid_deductions"])
    found["unallocated"] += plan["unallocated"] > 0
    found["surplus"] += plan["surplus"] > 0
    found["set-offs in full"] += sum(not one["top_up"] for one in plan["set_off"])
    found["set-offs with a top-up"] += sum(one["top_up"] > 0 for one in plan["set_off"])
    paid = {line["to"]: line["amount"] for line in plan["lines"] if line["step"] == "secured"}
    for claim, result in zip(file["claims"], plan["claims"], strict=True):
        fee = "fixed" if isinstance(claim.get("fee"), int) else str(claim.get("fee"))
        found[f"fee {fee}"] += result["paid"] > 0
        found["partly paid claims"] += bool(result["paid"] and result["unpaid"])
        found["limits reached"] += claim.get("limit", -1) == paid.get(claim["id"])
        found["claims on several lots"] += isinstance(claim.get("on"), list)
    for item in file["proceeds"]:
        if forfeit := item.get("forfeit"):
            found["resold for less"] += forfeit["original_price"] > item["amount"]
            found["resold for more"] += forfeit["original_price"] < item["amount"]
    return found


def compare_many(count: int) -> tuple[list[int], Counter[str]]:
    """The same over the first `count` seeds, on all processors."""
    chunks = [range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
    if len(chunks) < 10:  # a pool takes longer to start than these to compute
        results = map(compare, chunks)
        return _sum_up(results)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return _sum_up(pool.map(compare, chunks))


def _sum_up(results: Any) -> tuple[list[int], Counter[str]]:
    differing, happened = [], Counter[str]()
    for wrong, what in results:
        differing += wrong
        happened += what
    return differing, happened
