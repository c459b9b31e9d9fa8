"""Whole sales drawn from a seed, sent by many at once into two processes, and replayed afterwards.

Nobody knows in which order the requests will be decided; the database says it afterwards. Engine
and twin, given what was recorded in that order, must come to the same bids, answers and end.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import make_bidder, make_enrolment
from live_room import START_PRICE, STEP, Room, make_room, run_together
from sale_audit import audit_sale
from second_process import second_process
from sqlalchemy import select

from auction.core.clock import ManualClock, iso
from auction.core.db import db
from auction.sales.models import Stage
from bidding.enrolment.models import Enrolment
from bidding.room.answers import UNAVAILABLE, Answer
from bidding.room.batch import PATIENCE
from bidding.room.intake import Intake
from bidding.room.models import Bid, SaleHead, SaleRequest
from bidding.room.requests import Kind

CLIENTS = 16
REQUESTS_EACH = 25
RANKS = [None, None, None, 1, 2, None]
KINDS = [*[Kind.BID] * 14, *[Kind.INSTRUCT] * 4, *[Kind.CANCEL] * 2]
GAPS_MS = [0] * 14 + [1, 20, 100, 300]


@dataclass(frozen=True)
class Told:
    """What a client sent, what it heard, and when at the earliest and latest that was."""

    code: str
    kind: Kind
    amount: int
    key: str | None
    answer: Answer
    not_before: datetime
    not_after: datetime


class Crowd:
    """Clients of one sale, each with its own random numbers, moving the clock as they go."""

    def __init__(self, room: Room, clock: ManualClock, intakes: list[Intake], seed: int) -> None:
        self.room = room
        self.clock = clock
        self.intakes = intakes
        self.seed = seed
        self.judge = int(room.sale.created_by)
        self.told: list[Told] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        run_together(*(lambda n=n: self.act_as(n) for n in range(CLIENTS)), self.act_as_court)

    def let_time_pass(self, draw: random.Random) -> None:
        with self._lock:
            self.clock.advance(milliseconds=draw.choice(GAPS_MS))

    def act_as(self, client: int) -> None:
        draw = random.Random(f"{self.seed}/{client}")
        bidder = client % len(self.room.users)
        user_id, code = self.room.users[bidder], self.room.codes[bidder]
        for turn in range(REQUESTS_EACH):
            intake = draw.choice(self.intakes)
            kind = draw.choice(KINDS)
            price = getattr(intake.queue_of(self.room.sale_id).loaded, "state", None)
            standing = START_PRICE if price is None or price.price is None else price.price
            amount = standing + draw.randint(-1, 4) * STEP + draw.choice([0] * 9 + [7])
            # Clients of one bidder share keys, so that keys meet keys.
            key = f"k{turn}" if draw.random() < 0.5 else None
            sends = 2 if key is not None and draw.random() < 0.2 else 1
            for _ in range(sends if kind is Kind.BID else 1):
                before = self.clock.now()
                fields: dict[str, Any] = {"user_id": user_id}
                if kind is not Kind.CANCEL:
                    fields["amount"] = amount
                if kind is Kind.BID:
                    fields |= {"key": key, "confirm": amount}
                answer = intake.submit(self.room.sale_id, kind, **fields)
                told = Told(code, kind, amount, key, answer, before, self.clock.now())
                self.told.append(told)
            self.let_time_pass(draw)

    def act_as_court(self) -> None:
        draw = random.Random(f"{self.seed}/court")
        for _ in range(REQUESTS_EACH):
            intake = draw.choice(self.intakes)
            kind = draw.choice([Kind.SUSPEND, Kind.RESUME, Kind.RESUME, Kind.TICK])
            if kind is Kind.TICK:
                intake.tick(self.room.sale_id)
            else:
                intake.submit_command(self.room.sale_id, kind, actor_id=self.judge)
            self.let_time_pass(draw)


def make_busy_room(app, clock: ManualClock, draw: random.Random) -> Room:
    """A sale of six seconds, the last two of which extend it, with ranks among its bidders."""
    opens_at = clock.now() + timedelta(seconds=draw.choice([0, 1]))
    room = make_room(
        app,
        clock.now(),
        bidders=0,
        stage=draw.choice([Stage.FIRST, Stage.SELLOFF]),
        leader_raises=draw.random() < 0.7,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(seconds=6),
        extension_window_seconds=2,
        extension_seconds=draw.choice([1, 2]),
        countdown_seconds=5,
    )
    for rank in RANKS:
        user = make_bidder(clock.now())
        enrolment = make_enrolment(clock.now(), room.sale, user, priority_rank=rank)
        room.users.append(user.id)
        room.codes.append(str(enrolment.code))
    return room


def check_told(room: Room, told: list[Told]) -> None:
    """What each client heard is what was recorded, once (INV-1, INV-2)."""
    bids = {
        bid.seq: bid for bid in db.session.scalars(select(Bid).where(Bid.sale_id == room.sale_id))
    }
    firsts: dict[tuple[str, str | None, int], Answer] = {}
    for one in told:
        if one.kind is not Kind.BID or one.answer.reason == UNAVAILABLE:
            continue
        receipt = one.answer.receipt
        if receipt is not None:
            bid = bids[receipt.seq]
            assert (bid.code, bid.amount_minor, bid.is_auto) == (one.code, one.amount, False)
            assert (receipt.at, receipt.closes_at) == (bid.at, bid.closes_at)
            assert bid.at <= one.not_after
            if not one.answer.repeat:
                assert one.not_before - PATIENCE <= bid.at
        if one.key is not None and one.answer.reason != "key-reused":
            first = firsts.setdefault((one.code, one.key, one.amount), one.answer)
            assert (first.reason, first.seq) == (one.answer.reason, one.answer.seq)
    effects = [one.answer.seq for one in told if one.answer.seq and not one.answer.repeat]
    assert len(effects) == len(set(effects)) == sum(not bid.is_auto for bid in bids.values())


@pytest.mark.parametrize("seed", range(4))
def test_a_sale_in_many_hands_at_two_processes_is_what_its_record_replays_to(any_app, clock, seed):
    draw = random.Random(seed)
    room = make_busy_room(any_app, clock, draw)
    with second_process(any_app, clock) as second:
        intakes = [room.intake, second.extensions["luochui.intake"]]
        crowd = Crowd(room, clock, intakes, seed)
        crowd.run()
        audit_sale(room.sale_id)
        end_sale(room, clock, intakes)
    check_told(room, crowd.told)
    outcome = audit_sale(room.sale_id)
    assert outcome["status"] in {"sold", "unsold"}
    assert len(crowd.told) >= CLIENTS * REQUESTS_EACH
    # The story had something to tell.
    assert len(outcome["bids"]) > 10
    reasons = {event.get("reason") for event in outcome["events"]}
    assert reasons >= {None, "below-minimum"}
    assert rows_of_nobody_else(room)


def end_sale(room: Room, clock: ManualClock, intakes: list[Intake]) -> None:
    """Resume it if it stands still, let its close come, and let both processes end it."""
    head = db.session.get(SaleHead, room.sale_id, populate_existing=True)
    if head.status == "suspended":
        intakes[1].submit_command(room.sale_id, Kind.RESUME, actor_id=room.sale.created_by)
    db.session.rollback()
    closes_at = db.session.get(SaleHead, room.sale_id, populate_existing=True).closes_at
    db.session.rollback()
    clock.set(max(clock.now(), closes_at + PATIENCE))
    run_together(*(lambda i=i: i.tick(room.sale_id) for i in intakes * 4))
    assert iso(closes_at) == iso(db.session.get(SaleHead, room.sale_id).closes_at)


def rows_of_nobody_else(room: Room) -> bool:
    """Every recorded request of a bidder carries a code of this sale."""
    codes = set(db.session.scalars(select(Enrolment.code).where(Enrolment.sale_id == room.sale_id)))
    rows = db.session.scalars(select(SaleRequest).where(SaleRequest.sale_id == room.sale_id))
    return all(row.code in codes for row in rows if row.kind in {"bid", "instruct", "cancel"})
