"""The engine and the check of its log hold each other to account, over random sales."""

from __future__ import annotations

import json
import random
from typing import Any

from bidlog_builder import (
    Leaf,
    LoggedSale,
    b64,
    finish,
    hash_leaf,
    hold_busy_sale,
    log_sale,
    root_of,
    write_checkpoint,
    write_line,
    write_log,
    write_own_leaves,
    write_proof,
    write_receipt,
    write_sealed,
    write_sealed_receipt,
)
from bidlog_checking import check_log
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sale_strategies import sale_files

from bidding.salefile import parse_sale_file

thorough = settings(
    max_examples=3 * settings.default.max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
seeds = st.integers(0, 2**32)


def hold(raw: dict[str, Any], seed: int) -> tuple[LoggedSale, bool]:
    """A generated sale with its logs, and whether it came to an end."""
    chance = random.Random(seed)
    sale_file = parse_sale_file(json.dumps(raw).encode())
    sale = log_sale(sale_file, chance)
    at = sale_file.requests[-1].at if sale_file.requests else sale_file.terms.opens_at
    return sale, chance.random() < 0.9 and finish(sale, at, chance)


def is_over(sale: LoggedSale) -> bool:
    return sale.state.ended or sale.state.withdrawn_at is not None


def bids_of(sale: LoggedSale) -> list[int]:
    return [n for n, line in enumerate(sale.lines) if json.loads(line)["type"] == "bid"]


@thorough
@given(sale_files(), seeds)
def test_a_log_of_the_engine_holds(raw, seed):
    sale, ended = hold(raw, seed)
    chance, size = random.Random(seed), len(sale.lines)
    receipts: list[Any] = [write_sealed_receipt(leaf) for leaf in sale.leaves[:2]]
    if bids := bids_of(sale):
        n = chance.choice(bids)
        receipts.append(write_receipt(sale.lines, n, chance.randint(n + 1, size)))
    n = chance.randrange(size)
    receipts.append(write_proof(sale.lines, n, chance.randint(n + 1, size)))
    status, said = check_log(
        write_log(sale.lines),
        receipts=receipts,
        checkpoints=[write_checkpoint(sale.lines[: chance.randint(0, size)])],
        sealed=write_sealed(sale.leaves) if ended else None,
    )
    assert status == 0, said
    assert ended == ("instructions: they ask for exactly" in said)
    if ended:
        own = sorted(chance.sample(range(len(sale.leaves)), min(2, len(sale.leaves))))
        status, said = check_log(write_log(sale.lines), sealed=write_own_leaves(sale.leaves, own))
        assert status == 0, said


@settings(max_examples=6 * settings.default.max_examples, deadline=None)
@given(seeds)
def test_a_log_of_a_busy_sale_holds(seed):
    sale = hold_busy_sale(random.Random(seed))
    sealed = write_sealed(sale.leaves) if is_over(sale) else None
    status, said = check_log(write_log(sale.lines), sealed=sealed)
    assert status == 0, said


def lies_about(sale: LoggedSale, n: int) -> dict[str, list[Any]]:
    """Values that the bid in entry `n` cannot have, whatever else is true."""
    bid = json.loads(sale.lines[n])
    # A withdrawn sale names no price, so only the bidder's receipt speaks against another one.
    is_sold = json.loads(sale.lines[-1]).get("status") == "sold"
    last = is_sold and n == bids_of(sale)[-1]
    step = sale.terms.increment
    return {
        "amount": [0, sale.terms.start_price - 1, 10**15 + 1, *([bid["amount"] + step] * last)],
        "code": ["NOBODY"],
        "auto": [not bid["auto"]],
        "seq": [bid["seq"] + 1, bid["seq"] - 1],
        "cause": [n, *([n - 1] if bid["cause"] is None else [None, bid["cause"] - 1])],
        "closes_at": ["2026-11-02T04:00:00.001Z"],
        "at": ["2026-11-02T01:59:59.999Z", "2099-01-01T00:00:00.000Z"],
    }


@thorough
@given(seeds, st.data())
def test_a_lie_does_not_hold_though_it_is_signed(seed, data):
    """What a platform that lies would do: the tree is right, the course is not."""
    sale = hold_busy_sale(random.Random(seed))
    if not (is_over(sale) and sale.state.seq):
        return
    n = data.draw(st.sampled_from(bids_of(sale)), label="entry")
    lies = lies_about(sale, n)
    name = data.draw(st.sampled_from(sorted(lies)), label="field")
    value = data.draw(st.sampled_from(lies[name]), label="value")
    lines = list(sale.lines)
    lines[n] = write_line({**json.loads(lines[n]), name: value})
    status, said = check_log(write_log(lines), sealed=write_sealed(sale.leaves))
    assert status == 1, said


def sign_again(lines: list[str], leaves: list[Leaf]) -> dict[str, Any]:
    """The log with the root of this sealed log in its `close`."""
    root = b64(root_of([hash_leaf(line, salt) for salt, line in leaves]))
    entries = [json.loads(line) for line in lines]
    for entry in entries:
        if entry["type"] == "close":
            entry["sealed"] = {"size": len(leaves), "root": root}
    return write_log([write_line(entry) for entry in entries])


@thorough
@given(seeds, st.data())
def test_an_automatic_bid_above_every_limit_left_does_not_hold(seed, data):
    """The sealed log is changed and signed again: the course says what the limits were."""
    sale = hold_busy_sale(random.Random(seed))
    automatic = [n for n in bids_of(sale) if json.loads(sale.lines[n])["auto"]]
    if not (is_over(sale) and automatic):
        return
    bid = json.loads(sale.lines[data.draw(st.sampled_from(automatic), label="entry")])
    leaves = []
    for salt, text in sale.leaves:
        line = json.loads(text)
        if line["type"] == "instruct" and line["code"] == bid["code"] and line["accepted"]:
            line["limit"] = str(min(int(line["limit"]), bid["amount"] - 1))
        leaves.append((salt, write_line(line)))
    status, said = check_log(sign_again(sale.lines, leaves), sealed=write_sealed(leaves))
    assert status == 1, said
    assert "DOES NOT HOLD: sealed line" in said or "DOES NOT HOLD: entry" in said


@thorough
@given(seeds, st.data())
def test_an_entry_left_out_is_missed(seed, data):
    """All numbers are moved up and everything is signed again; the course has a hole."""
    sale = hold_busy_sale(random.Random(seed))
    if not (is_over(sale) and sale.state.seq):
        return
    gone = data.draw(st.sampled_from(bids_of(sale)), label="entry")
    entries = [json.loads(line) for n, line in enumerate(sale.lines) if n != gone]
    for n, entry in enumerate(entries):
        entry["n"] = n
        if (entry.get("cause") or 0) > gone:
            entry["cause"] -= 1
        if entry["type"] == "bid" and n >= gone:
            entry["seq"] -= 1
        if entry["type"] == "close":
            entry["bids"] -= 1
    leaves = []
    for salt, text in sale.leaves:
        line = json.loads(text)
        line["after"] -= line["after"] > gone
        leaves.append((salt, write_line(line)))
    log = sign_again([write_line(entry) for entry in entries], leaves)
    receipt = write_receipt(sale.lines, gone, len(sale.lines))
    status, said = check_log(log, receipts=[receipt])
    assert status == 1, said
