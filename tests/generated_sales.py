"""Sales drawn from a seed, far faster than Hypothesis draws them, each decided by engine and twin.

`SALES=100000 pytest tests/bidding/test_engine_generated.py -s` compares so many on all processors
and says what was in them. A sale on which the two differ is `draw_sale` of the seed that is named.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate
from typing import Any

import sale_twin
from sale_strategies import (
    BIDDERS,
    CODES,
    GAPS_MS,
    KINDS,
    ODD_AMOUNTS,
    STARTS,
    STEPS,
    write_at,
)

from bidding.replay import replay_sale
from bidding.salefile import parse_sale_file

CHUNK = 250
CALM = [*["bid"] * 12, *["instruct"] * 3]
SPANS_MS = [60_000, 900_000, 9_000_000]
SENDERS = [*CODES[:6] * 8, "X", "NOBODY"]


def draw_sale(seed: int) -> dict[str, Any]:
    """A valid sale file; every other one is busy: its amounts climb, so that most of them count."""
    draw = random.Random(seed)
    start, step, offset = draw.choice(STARTS), draw.choice(STEPS), draw.choice([0, 8, -3])
    is_busy = seed % 2 == 1
    sale = {
        "stage": draw.choice(["first", "second", "selloff"]),
        "currency": "CNY",
        "start_price": start,
        "increment": step,
        "opens_at": write_at(0, offset),
        "closes_at": write_at(draw.choice(SPANS_MS[is_busy:]), offset),
        "extension_window_s": draw.choice([0, 30, 60, 60, 120]),
        "extension_s": draw.choice([0, 30, 60, 60, 120]),
        "countdown_s": draw.choice([0, 30, 60, 400]),
        "leader_raises": draw.random() < 0.5,
        "instructions": draw.random() < 0.85,
    }
    count = draw.randint(8, 30) if is_busy else draw.randint(0, 24)
    gaps = [draw.choice(GAPS_MS) for _ in range(count)]
    first_at = draw.choice([-1, 0, 0, 0] if is_busy else [-900_000, -200_000, -60_000, -1, 0])
    moments = list(accumulate(gaps, initial=first_at))[1:]
    kinds = CALM * 12 + KINDS[-10:] if is_busy else KINDS
    events = []
    for place, moment in enumerate(moments):
        rungs = place // 2 + draw.randint(-1, 5) if is_busy else draw.randint(0, 20)
        amount = start + max(rungs, 0) * step
        events.append(draw_event(draw, draw.choice(kinds), write_at(moment, offset), amount))
    file = {"format": "sale/1", "sale": sale, "bidders": BIDDERS, "events": events}
    if draw.random() < 0.5:
        last_at = moments[-1] if moments else first_at
        file["until"] = write_at(last_at + draw.choice(GAPS_MS), offset)
    return file


def draw_event(draw: random.Random, kind: str, at: str, amount: int) -> dict[str, Any]:
    """One event; now and then beside the ladder, or no amount at all."""
    event: dict[str, Any] = {"at": at, "type": kind}
    if kind in {"bid", "instruct", "cancel"}:
        event["code"] = draw.choice(SENDERS)
    number: object = amount + draw.choice([0] * 12 + [-1, 1])
    if draw.random() < 0.03:
        number = draw.choice(ODD_AMOUNTS)
    if kind == "bid":
        event["amount"] = number
        key = draw.choice([None, None, None, None, "k1", "k2", ""])
        if key is not None:
            event["key"] = key
    elif kind == "instruct":
        event["limit"] = number
    elif kind in {"suspend", "withdraw"}:
        event["ground"] = "系统故障"
    return event


def compare(seeds: range) -> tuple[list[int], Counter[str]]:
    """The seeds on which engine and twin differ, and what happened in all of them."""
    differing, happened = [], Counter[str]()
    for seed in seeds:
        file = draw_sale(seed)
        outcome = replay_sale(parse_sale_file(json.dumps(file).encode()))
        if outcome != sale_twin.outcome_of(file):
            differing.append(seed)
        happened["sales"] += 1
        happened[str(outcome["status"])] += 1
        happened["extensions"] += outcome["extensions"]
        happened["bids"] += len(outcome["bids"])
        happened["automatic bids"] += sum(bid["auto"] for bid in outcome["bids"])
        for event in outcome["events"]:
            happened[event.get("reason", "accepted")] += 1
            happened["repeats"] += event.get("repeat", False)
    return differing, happened


def compare_many(count: int) -> tuple[list[int], Counter[str]]:
    """The same over the first `count` seeds, on all processors."""
    chunks = [range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
    differing, happened = [], Counter[str]()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for wrong, what in pool.map(compare, chunks):
            differing += wrong
            happened += what
    return differing, happened
