"""`python -m bidding.replay FILE`: anyone can decide a sale again, with the code that decided it.

Needs no database and no configuration. Exit status 0 and the outcome as JSON on standard output; or
2 and one line on standard error for what is not a valid sale file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bidding.engine import (
    Answer,
    Bid,
    Cause,
    Decision,
    SaleState,
    Status,
    advance,
    decide,
    format_instant,
    status_at,
)
from bidding.salefile import SaleFile, SaleFileError, parse_sale_file

FORMAT = "outcome/1"
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def replay_sale(sale_file: SaleFile) -> dict[str, Any]:
    """The events of a sale file, decided one after the other, give its outcome."""
    terms, roster = sale_file.terms, sale_file.roster
    state = SaleState.begin(terms)
    answers: dict[tuple[str, str], Answer] = {}
    events: list[dict[str, Any]] = []
    bids: list[dict[str, Any]] = []
    for index, request in enumerate(sale_file.requests):
        decision = decide(terms, roster, state, request, answers)
        events.append(_show_decision(decision, index))
        bids += [_show_bid(bid, index) for bid in decision.bids]
    now = END_OF_TIME if sale_file.until is None else sale_file.until
    bids += [_show_bid(bid, None) for bid in advance(terms, roster, state, now)]
    return {
        "format": FORMAT,
        **_show_state(state, status_at(state, now)),
        "events": events,
        "bids": bids,
    }


def _show_state(state: SaleState, status: Status) -> dict[str, Any]:
    """A withdrawn sale has no price and no winner; its end is the moment of withdrawal."""
    ended_at = state.withdrawn_at
    if status in {Status.SOLD, Status.UNSOLD}:
        ended_at = state.closes_at
    withdrawn = status is Status.WITHDRAWN
    return {
        "status": status.value,
        "price": None if withdrawn else state.price,
        "leader": None if withdrawn else state.leader,
        "opens_at": format_instant(state.opens_at),
        "closes_at": format_instant(state.closes_at),
        "ended_at": None if ended_at is None else format_instant(ended_at),
        "extensions": state.extensions,
    }


def _show_decision(decision: Decision, index: int) -> dict[str, Any]:
    shown: dict[str, Any] = {"event": index, "accepted": decision.accepted}
    if decision.reason is not None:
        shown["reason"] = decision.reason.value
    if decision.repeat:
        shown["repeat"] = True
    return shown


def _show_bid(bid: Bid, index: int | None) -> dict[str, Any]:
    return {
        "seq": bid.seq,
        "event": None if bid.cause is Cause.OPENING else index,
        "at": format_instant(bid.at),
        "code": bid.code,
        "amount": bid.amount,
        "auto": bid.auto,
        "closes_at": format_instant(bid.closes_at),
    }


def main(arguments: Sequence[str]) -> int:
    """One argument, a file's path or `-`, is replayed; whatever is wrong is said in one line."""
    if len(arguments) != 1:
        return _complain("usage: python -m bidding.replay FILE (- for standard input)")
    try:
        content = _read(arguments[0])
    except (OSError, ValueError) as error:
        return _complain(f"cannot read the file: {error!r}")
    try:
        outcome = replay_sale(parse_sale_file(content))
    except SaleFileError as error:
        return _complain(f"not a valid sale file: {error}")
    except OverflowError:
        return _complain("not a valid sale file: it leads outside the years 1 to 9999")
    sys.stdout.write(json.dumps(outcome, indent=1) + "\n")
    return 0


def _read(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def _complain(line: str) -> int:
    sys.stderr.write(line + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
