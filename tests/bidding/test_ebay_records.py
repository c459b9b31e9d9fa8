"""333 auctions of a public marketplace, 2003–04, bid by bid: prices and winners as recorded.

There a bid was a limit up to which the house bid, by a table of raises that grew with the price,
and a seller could hide a reserve. Our rules have neither. So each auction is held twice. First the
bids that outbid the highest one by the house's raise are ordinary bids. Then every bid is a
standing instruction, on the ladder of the auction's own smallest raise, where no two limits share
a rung. The records are not part of this repository.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import Any

import pytest
import sale_twin

from auction.core.clock import iso
from bidding.replay import replay_sale
from bidding.salefile import parse_sale_file

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "ebay-bids"
OPENS_AT = datetime(2003, 6, 1, tzinfo=UTC)
Row = dict[str, str]

# From this price in cents on, the house asked for this raise.
HOUSE_RAISES = [
    (0, 5), (100, 25), (500, 50), (2_500, 100), (10_000, 250),
    (25_000, 500), (50_000, 1_000), (100_000, 2_500), (250_000, 5_000), (500_000, 10_000),
]  # fmt: skip

# Why a price came about, as far as the record tells (its column `price_rule`).
HIDDEN_RESERVE = "above_second_plus_increment"
CAPPED = "capped_by_winner_max"
ANOMALY = "anomaly"


@cache
def read() -> tuple[list[Row], dict[str, list[Row]]]:
    """The auctions, and the bids of each in order of time."""
    bids: dict[str, list[Row]] = defaultdict(list)
    for row in read_file("bids.csv"):
        bids[row["auctionid"]].append(row)
    return read_file("auctions.csv"), bids


def read_file(name: str) -> list[Row]:
    with (RECORDS / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def records() -> tuple[list[Row], dict[str, list[Row]]]:
    if not RECORDS.is_dir():
        pytest.skip(f"no recorded marketplace auctions at {RECORDS.name}")
    return read()


def cents(dollars: str) -> int:
    minor = Decimal(dollars) * 100
    assert minor == int(minor)
    return int(minor)


def house_raise(price: int) -> int:
    return next(step for floor, step in reversed(HOUSE_RAISES) if price >= floor)


def ascending(auction: Row, bids: list[Row]) -> list[Row]:
    """The bids that outbid the highest one before them by what the house asked for."""
    kept: list[Row] = []
    for row in bids:
        floor = cents(auction["openbid"])
        if kept:
            standing = cents(kept[-1]["bid"])
            floor = standing + house_raise(standing)
        if cents(row["bid"]) >= floor:
            kept.append(row)
    return kept


def outcome_of(auction: Row, rows: list[Row], kind: str, increment: int) -> dict[str, Any]:
    """What engine and twin, agreed, make of these rows as bids or as instructions."""
    number = "amount" if kind == "bid" else "limit"
    sale = {
        "stage": "first",
        "currency": "USD",
        "start_price": cents(auction["openbid"]),
        "increment": increment,
        "opens_at": iso(OPENS_AT),
        # A record's last bid may bear the moment of the close itself.
        "closes_at": iso(OPENS_AT + timedelta(days=int(auction["duration_days"]), seconds=1)),
        **dict.fromkeys(("extension_window_s", "extension_s", "countdown_s"), 0),
        "leader_raises": True,
        "instructions": kind == "instruct",
    }
    events = [
        {
            "at": iso(OPENS_AT + timedelta(seconds=float(row["t_seconds"]))),
            "type": kind,
            "code": row["bidder"],
            number: cents(row["bid"]),
        }
        for row in rows
    ]
    bidders = [{"code": code} for code in sorted({row["bidder"] for row in rows})]
    file = {"format": "sale/1", "sale": sale, "bidders": bidders, "events": events}
    outcome = replay_sale(parse_sale_file(json.dumps(file).encode()))
    assert outcome == sale_twin.outcome_of(file)
    return outcome


def test_the_records_are_the_ones_described(records):
    auctions, bids = records
    assert (len(auctions), sum(map(len, bids.values()))) == (333, 5792)
    for auction in auctions:
        rows = bids[auction["auctionid"]]
        assert len(rows) == int(auction["n_bids"])
        assert len(ascending(auction, rows)) == int(auction["ascending_accepted"])


def test_the_accepted_ascending_bids_lead_to_the_recorded_price_and_winner(records):
    """308 of 333 agree in price and winner; why 25 cannot is recorded as well.

    In 24 the winner's limit was less than a raise above the second bidder's: the house gave it to
    the limit all the same (`capped_by_winner_max`), where an ordinary bid of that amount is none.
    In one the record holds a bid above its own price (`anomaly`).
    """
    auctions, bids = records
    agreeing, rules = 0, Counter()
    for auction in auctions:
        rows = ascending(auction, bids[auction["auctionid"]])
        amounts = [cents(auction["openbid"]), *(cents(row["bid"]) for row in rows)]
        ladder = gcd(*(after - before for before, after in pairwise(amounts))) or 1
        outcome = outcome_of(auction, rows, "bid", ladder)
        assert all(event["accepted"] for event in outcome["events"])
        assert len(outcome["bids"]) == len(rows)
        told = (outcome["price"], outcome["leader"])
        if told == (cents(auction["price"]), auction["winner"]):
            agreeing += 1
            assert auction["ascending_replay_price_match"] == "1"
        else:
            rules[auction["price_rule"]] += 1
            assert auction["ascending_replay_price_match"] == "0"
    assert (agreeing, rules) == (308, {CAPPED: 24, ANOMALY: 1})


def test_every_bid_as_a_standing_instruction_leads_to_the_recorded_winner(records):
    """All 333 winners agree, those behind a hidden reserve too.

    Prices follow one rule on two ladders: ours is the second limit and our step at most, theirs the
    second limit and the house's raise at most, off the ladder. So ours is never above the recorded
    price, and below it by less than the house's raise and one step of ours; but where a hidden
    reserve lifted theirs (13), and in the one record that contradicts itself.
    """
    auctions, bids = records
    exact = 0
    for auction in auctions:
        rows = bids[auction["auctionid"]]
        limits = sorted({cents(auction["openbid"]), *(cents(row["bid"]) for row in rows)})
        step = min((high - low for low, high in pairwise(limits)), default=1)
        outcome = outcome_of(auction, rows, "instruct", step)
        assert outcome["leader"] == auction["winner"], auction
        below = cents(auction["price"]) - outcome["price"]
        exact += not below
        if auction["price_rule"] not in {HIDDEN_RESERVE, ANOMALY}:
            second = cents(auction["second_bidder_max"] or auction["openbid"])
            assert 0 <= below < house_raise(second) + step, auction
    assert exact == 64
