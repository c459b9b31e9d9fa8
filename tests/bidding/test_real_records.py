"""Court sales of 2026, bid by bid at their recorded times, through the live platform itself.

Socket handlers, intake, engine and database together must accept every recorded bid and come to the
recorded price, winner and close. The records are not part of this repository.
"""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from builders import make_bidder, make_enrolment
from live_room import make_room
from live_socket import SocketClient, cookie_of, serve

from auction.core.clock import iso
from auction.core.db import db
from bidding.closing.due import tick_due_sales
from bidding.room.queries import public_state

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "judicial-bids-sz2026"
LOTS = ("SZ-B", "SZ-C", "SZ-D")


def read(name: str) -> list[dict[str, str]]:
    path = RECORDS / name
    if not path.is_file():
        pytest.skip(f"no recorded court sales at {path.parent.name}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fen(yuan: str) -> int:
    minor = Decimal(yuan) * 100
    assert minor == int(minor)
    return int(minor)


@pytest.mark.parametrize("lot", LOTS)
def test_a_recorded_court_sale_comes_out_as_recorded(any_app, clock, lot):
    facts = next(row for row in read("lots.csv") if row["lot"] == lot)
    bids = [row for row in read("bids.csv") if row["lot"] == lot]
    opens_at = datetime.fromisoformat(facts["scheduled_start_inferred"])
    shift = clock.now() + timedelta(days=1) - opens_at  # the clock in the hand stands later
    room = make_room(
        any_app,
        clock.now(),
        bidders=0,
        opens_at=opens_at + shift,
        closes_at=datetime.fromisoformat(facts["scheduled_end_inferred"]) + shift,
        start_price_minor=fen(facts["first_bid"]),
        increment_minor=fen(facts["inferred_increment"]),
        instructions=False,
    )
    cookies = {}
    for code in sorted({row["bidder_code"] for row in bids}):
        user = make_bidder(clock.now())
        make_enrolment(clock.now(), room.sale, user, code=code)
        user_id = user.id
        cookies[code] = cookie_of(any_app, user_id, clock.now())
    with serve(any_app) as port:
        clients = {code: SocketClient(port, cookie=cookie) for code, cookie in cookies.items()}
        for row in bids:
            clock.set(datetime.fromisoformat(row["time"]) + shift)
            answer = clients[row["bidder_code"]].ask(
                "bid", {"lot": room.lot, "amount": fen(row["price_cny"]), "key": row["seq"]}
            )
            assert answer["accepted"], (row, answer)
            assert (answer["seq"], answer["receipt"]["code"]) == (
                int(row["seq"]),
                row["bidder_code"],
            )
        for client in clients.values():
            client.close()
    closes_at = datetime.fromisoformat(facts["last_bid_at"]) + shift + timedelta(minutes=5)
    clock.set(closes_at + timedelta(seconds=2))
    db.session.rollback()
    assert tick_due_sales() == 1
    state = public_state(room.sale_id)
    assert (state["status"], state["price"], state["leader"]) == (
        "sold",
        fen(facts["final_price"]),
        facts["winner"],
    )
    assert state["seq"] == len(bids) == int(facts["n_bids"])
    assert state["closes_at"] == iso(closes_at)
