"""Holds what the database recorded of a sale against the rules written twice (INV-2 to INV-5).

The recorded requests make a sale file; engine and twin each replay it. Bids, answers, price, leader
and close must come out as they were recorded, whoever sent what, and through how many processes.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import Any

import sale_twin
from sqlalchemy import select

from auction.core.clock import iso
from auction.core.db import db
from auction.core.outbox import OutboxRow
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.replay import replay_sale
from bidding.room.models import Bid, SaleHead, SaleRequest
from bidding.room.terms import read_state
from bidding.salefile import parse_sale_file

FINAL = {"sold", "unsold", "withdrawn"}


def audit_sale(sale_id: int) -> dict[str, Any]:
    """Check every promise on this sale's rows; the outcome as a replay of them gives it."""
    db.session.rollback()
    head = db.session.get(SaleHead, sale_id, populate_existing=True)
    rows = list(rows_of(SaleRequest, sale_id, SaleRequest.id))
    bids = list(rows_of(Bid, sale_id, Bid.seq))
    check_order(sale_id, rows, bids)
    check_keys(rows)
    replayed = replayable(rows)
    sale_file = write_sale_file(sale_id, head, replayed)
    outcome = replay_sale(parse_sale_file(json.dumps(sale_file).encode()))
    assert outcome == sale_twin.outcome_of(sale_file)
    check_outcome(outcome, head, replayed, bids)
    check_end(sale_id, head, outcome)
    return outcome


def rows_of(model: Any, sale_id: int, order: Any) -> Any:
    """The sale's rows of a table, as committed."""
    return db.session.scalars(select(model).where(model.sale_id == sale_id).order_by(order))


def check_order(sale_id: int, rows: list[SaleRequest], bids: list[Bid]) -> None:
    """INV-3: `seq` is 1…n, `at` never falls, prices rise, and stand still for a rank alone."""
    assert [bid.seq for bid in bids] == list(range(1, len(bids) + 1))
    assert all(before.at <= after.at for before, after in pairwise(bids))
    # What is refused because the sale is over, or its key used, leaves no time behind.
    timed = [row for row in rows if row.reason not in {"closed", "key-reused"}]
    assert all(before.at <= after.at for before, after in pairwise(timed))
    ranks = {
        row.code: row.priority_rank
        for row in rows_of(Enrolment, sale_id, Enrolment.id)
        if row.priority_rank is not None
    }
    for before, after in pairwise(bids):
        assert before.amount_minor <= after.amount_minor
        if before.amount_minor == after.amount_minor:
            assert after.is_match
            assert ranks[after.code] < ranks.get(before.code, 10**9)
    assert all(bid.at <= bid.closes_at for bid in bids)


def check_keys(rows: list[SaleRequest]) -> None:
    """INV-2: one effect a key, and one `seq` an effect."""
    keys = Counter((row.code, row.key) for row in rows if row.key is not None)
    assert set(keys.values()) <= {1}
    effects = Counter(row.seq for row in rows if row.seq is not None)
    assert set(effects.values()) <= {1}
    assert all((row.seq is not None) == (row.accepted and row.kind == "bid") for row in rows)


def replayable(rows: list[SaleRequest]) -> list[SaleRequest]:
    """The rows a file can hold: in order of time, and without those that only refused a used key."""
    kept: list[SaleRequest] = []
    for row in reversed([row for row in rows if row.reason != "key-reused"]):
        if kept and row.at > kept[-1].at:
            assert row.reason == "closed"
            continue
        kept.append(row)
    return kept[::-1]


def write_sale_file(sale_id: int, head: SaleHead, rows: list[SaleRequest]) -> dict[str, Any]:
    """What was recorded, as a sale file up to where the sale stands."""
    sale = db.session.get(Sale, sale_id, populate_existing=True)
    state = read_state(head.state)
    file: dict[str, Any] = {
        "format": "sale/1",
        "sale": {
            "stage": str(sale.stage),
            "currency": sale.currency,
            "start_price": sale.start_price_minor,
            "increment": sale.increment_minor,
            "opens_at": iso(sale.opens_at),
            "closes_at": iso(sale.closes_at),
            "extension_window_s": sale.extension_window_seconds,
            "extension_s": sale.extension_seconds,
            "countdown_s": sale.countdown_seconds,
            "leader_raises": sale.leader_raises,
            "instructions": sale.instructions,
        },
        "bidders": [
            {
                "code": row.code,
                "barred": row.is_barred,
                **({} if row.priority_rank is None else {"priority": row.priority_rank}),
            }
            for row in rows_of(Enrolment, sale_id, Enrolment.id)
            if row.status is EnrolmentStatus.ACTIVE
        ],
        "events": [write_event(row) for row in rows],
    }
    if not state.ended:
        moments = [sale.created_at, *(row.at for row in rows)]
        file["until"] = iso(max([*moments, state.opens_at] if state.opened else moments))
    return file


def write_event(row: SaleRequest) -> dict[str, Any]:
    """One recorded request; what was no amount is null, which is none either."""
    event: dict[str, Any] = {"at": iso(row.at), "type": row.kind}
    if row.kind in {"bid", "instruct", "cancel"}:
        event["code"] = row.code
    if row.kind == "bid":
        event["amount"] = whole_number(row.amount)
        if row.key is not None:
            event["key"] = row.key
    elif row.kind == "instruct":
        event["limit"] = whole_number(row.limit_sealed)
    return event


def whole_number(text: str | None) -> int | None:
    """The integer a recorded amount was, or None."""
    return int(text) if text is not None and text.lstrip("-").isdecimal() else None


def check_outcome(
    outcome: dict[str, Any], head: SaleHead, rows: list[SaleRequest], bids: list[Bid]
) -> None:
    """INV-4, INV-5: every answer, every bid and the close follow from what was recorded."""
    told = [(row.accepted, row.reason) for row in rows]
    assert told == [(event["accepted"], event.get("reason")) for event in outcome["events"]]
    assert [
        (bid.seq, iso(bid.at), bid.code, bid.amount_minor, bid.is_auto, iso(bid.closes_at))
        for bid in bids
    ] == [
        (bid["seq"], bid["at"], bid["code"], bid["amount"], bid["auto"], bid["closes_at"])
        for bid in outcome["bids"]
    ]
    own = {bid["event"]: bid["seq"] for bid in outcome["bids"] if not bid["auto"]}
    assert own == {place: row.seq for place, row in enumerate(rows) if row.seq is not None}
    assert (head.price_minor, head.leader, head.seq) == (
        outcome["price"],
        outcome["leader"],
        len(bids),
    )
    assert (iso(head.opens_at), iso(head.closes_at)) == (outcome["opens_at"], outcome["closes_at"])


def check_end(sale_id: int, head: SaleHead, outcome: dict[str, Any]) -> None:
    """INV-5: a sale ends once, at its close or withdrawal, and is told of once."""
    key = f"sale_closed:{sale_id}"
    told = list(db.session.scalars(select(OutboxRow).where(OutboxRow.key == key)))
    sale = db.session.get(Sale, sale_id, populate_existing=True)
    if head.status not in FINAL:
        assert (told, head.ended_at, str(sale.status)) == ([], None, "announced")
        return
    [task] = told
    assert (head.status, iso(head.ended_at)) == (outcome["status"], outcome["ended_at"])
    assert str(sale.status) == head.status
    assert (task.payload["status"], task.payload["price_minor"], task.payload["leader"]) == (
        outcome["status"],
        outcome["price"],
        outcome["leader"],
    )
    assert task.payload["ended_at"] == outcome["ended_at"]
