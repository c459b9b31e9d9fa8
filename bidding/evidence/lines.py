"""The log's lines: canonical JSON (RFC 8785), the same bytes from whoever writes them.

Pure. Keys are ASCII and numbers integers below 2^53, so sorting and digits need no further care.
No line of the public log names a person, a limit, a deposit, an address or a key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bidding.engine import Bid, SaleState, SaleTerms, Status, format_instant

VERSION = 1

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def write_line(fields: Mapping[str, Any]) -> str:
    """An entry as it is hashed, stored and published."""
    return _ENCODER.encode(fields)


def describe_terms(terms: SaleTerms) -> dict[str, Any]:
    """The `sale` block of bidding.md."""
    return {
        "stage": terms.stage.value,
        "currency": terms.currency,
        "start_price": terms.start_price,
        "increment": terms.increment,
        "opens_at": format_instant(terms.opens_at),
        "closes_at": format_instant(terms.closes_at),
        "extension_window_s": terms.extension_window_s,
        "extension_s": terms.extension_s,
        "countdown_s": terms.countdown_s,
        "leader_raises": terms.leader_raises,
        "instructions": terms.instructions,
    }


def describe_end(state: SaleState) -> dict[str, Any]:
    """How the sale ended, as its last entry says it."""
    status = Status.UNSOLD if state.price is None else Status.SOLD
    if state.withdrawn_at is not None:
        status = Status.WITHDRAWN
    sold = status is Status.SOLD
    return {
        "status": status.value,
        "price": state.price if sold else None,
        "leader": state.leader if sold else None,
        "opens_at": format_instant(state.opens_at),
        "closes_at": format_instant(state.closes_at),
        "bids": state.seq,
        "extensions": state.extensions,
    }


def write_bid(sale: str, n: int, bid: Bid, cause: int | None) -> str:
    """The line of a bid, put together by hand: under load nothing is written more often."""
    quoted = json.dumps(sale, ensure_ascii=False)
    return (
        f'{{"amount":{bid.amount},"at":"{format_instant(bid.at)}",'
        f'"auto":{"true" if bid.auto else "false"},'
        f'"cause":{"null" if cause is None else cause},'
        f'"closes_at":"{format_instant(bid.closes_at)}","code":{json.dumps(bid.code)},"n":{n},'
        f'"sale":{quoted},"seq":{bid.seq},"type":"bid","v":{VERSION}}}'
    )
