"""One sale under anything that can come, in any order, through two processes that may restart.

Hypothesis writes the story: bids with and without keys, repeats, instructions, cancellations,
suspensions, enrolments, restarts, and time. A journal of what was sent is given to the twin, which
must have told everybody the same; and what the database holds must be what the twin holds.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sale_twin
from builders import make_bidder, make_enrolment, save
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from live_room import START_PRICE, STEP, Room, make_room
from sale_audit import audit_sale
from second_process import start_process, stop_process

from auction.accounts.models import User
from auction.core.clock import ManualClock, iso
from auction.core.db import db, transaction
from auction.sales.models import Stage
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import activate_enrolment
from bidding.room.answers import Answer
from bidding.room.batch import PATIENCE
from bidding.room.intake import Intake
from bidding.room.models import SaleHead
from bidding.room.requests import NOBODY, Kind

PEOPLE = 7
LAST, STRANGER = PEOPLE - 2, PEOPLE - 1
"""Who may still enrol, and who never does."""
ENROLLED: list[dict[str, Any]] = [
    {},
    {},
    {"priority_rank": 1},
    {"priority_rank": 2},
    {"is_barred": True},
]
ODD_AMOUNTS: list[Any] = [0, -1, True, None, "70000000", 1.5, [], {}, 10**15 + 1, 10**30]
GAPS_MS = [1, 500, 1_999, 2_001, 60_000, 299_999, 300_000, 300_001]

people = st.integers(0, PEOPLE - 1)
places = st.integers(0, 1)
keys = st.sampled_from([None, None, "k1", "k2", "k3"])


class World:
    """A database with people in it, and the processes on it."""

    def __init__(self, app: Flask, clock: ManualClock) -> None:
        self.app = app
        self.clock = clock
        self.users = [make_bidder(clock.now()).id for _ in range(PEOPLE)]
        self.processes = [start_process(app, clock), start_process(app, clock)]


class SaleInAnyHands(RuleBasedStateMachine):
    """What is sent goes to one of two processes, into the journal, and is answered."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.clock = world.clock
        self.events: list[dict[str, Any]] = []
        self.answers: list[Answer] = []
        self.bids: list[tuple[int, Any, str | None]] = []
        self.codes: dict[int, str] = {}

    @initialize(
        stage=st.sampled_from([Stage.FIRST, Stage.SECOND, Stage.SELLOFF]),
        leader_raises=st.booleans(),
        instructions=st.sampled_from([True, True, True, False]),
        opens_in=st.sampled_from([0, 0, 5]),
    )
    def announce(self, stage: Stage, leader_raises: bool, instructions: bool, opens_in: int):
        now = self.clock.now()
        opens_at = now + timedelta(seconds=opens_in)
        self.room: Room = make_room(
            self.world.app,
            now,
            bidders=0,
            stage=stage,
            leader_raises=leader_raises,
            instructions=instructions,
            opens_at=opens_at,
            closes_at=opens_at + timedelta(minutes=10),
            countdown_seconds=600,
        )
        self.sale = self.room.sale
        self.sale_id, self.judge = self.room.sale_id, self.sale.created_by
        self.ranks: dict[str, dict[str, Any]] = {}
        for number, more in enumerate(ENROLLED):
            user = db.session.get(User, self.world.users[number])
            code = str(make_enrolment(now, self.sale, user, **more).code)
            self.codes[number] = code
            self.ranks[code] = more
        self.opened_with = self.terms()

    def terms(self) -> dict[str, Any]:
        sale = self.sale
        return {
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
        }

    # ── what is sent ────────────────────────────────────────────────────────────────────────────

    def intake(self, place: int) -> Intake:
        return self.world.processes[place].extensions["luochui.intake"]

    def note(self, event: dict[str, Any], answer: Answer) -> None:
        self.events.append({"at": iso(self.clock.now()), **event})
        self.answers.append(answer)

    def send_bid(self, place: int, person: int, amount: Any, key: str | None) -> Answer:
        user_id = self.world.users[person]
        # Confirmed at once: whether a raise looks like a slip is no matter of the rules.
        fields = {"amount": amount, "confirm": amount, "key": key, "user_id": user_id}
        answer = self.intake(place).submit(self.sale_id, Kind.BID, **fields)
        event = {"type": "bid", "code": self.codes.get(person, NOBODY), "amount": amount}
        # Nothing is remembered of what the not enrolled ask.
        self.note(
            event if key is None or person not in self.codes else {**event, "key": key}, answer
        )
        return answer

    @rule(
        place=places,
        person=people,
        rungs=st.integers(-1, 3),
        off=st.sampled_from([0] * 6 + [1]),
        key=keys,
    )
    def bid(self, place: int, person: int, rungs: int, off: int, key: str | None) -> None:
        minimum = START_PRICE if self.head().price_minor is None else self.head().price_minor + STEP
        amount = minimum + rungs * STEP + off
        self.send_bid(place, person, amount, key)
        self.bids.append((person, amount, key))

    @rule(place=places, person=people, amount=st.sampled_from(ODD_AMOUNTS), key=keys)
    def bid_nonsense(self, place: int, person: int, amount: Any, key: str | None) -> None:
        self.send_bid(place, person, amount, key)
        self.bids.append((person, amount, key))

    @precondition(lambda self: self.bids)
    @rule(place=places, which=st.integers(0, 10**6))
    def send_again(self, place: int, which: int) -> None:
        """The same bid again, perhaps at the other process, perhaps after the end (INV-2)."""
        person, amount, key = self.bids[which % len(self.bids)]
        answer = self.send_bid(place, person, amount, key)
        if key is not None and answer.repeat and answer.accepted:
            first = next(
                told
                for told, event in zip(self.answers, self.events, strict=True)
                if (event.get("code"), event.get("key")) == (self.codes[person], key)
            )
            assert answer.receipt == first.receipt

    @rule(place=places, person=people, rungs=st.integers(-1, 12), off=st.sampled_from([0, 0, 123]))
    def instruct(self, place: int, person: int, rungs: int, off: int) -> None:
        price = self.head().price_minor or START_PRICE
        limit = price + rungs * STEP + off
        fields = {"amount": limit, "user_id": self.world.users[person]}
        answer = self.intake(place).submit(self.sale_id, Kind.INSTRUCT, **fields)
        code = self.codes.get(person, NOBODY)
        self.note({"type": "instruct", "code": code, "limit": limit}, answer)

    @rule(place=places, person=people)
    def cancel(self, place: int, person: int) -> None:
        user_id = self.world.users[person]
        answer = self.intake(place).submit(self.sale_id, Kind.CANCEL, user_id=user_id)
        self.note({"type": "cancel", "code": self.codes.get(person, NOBODY)}, answer)

    def command(self, place: int, kind: Kind) -> None:
        answer = self.intake(place).submit_command(self.sale_id, kind, actor_id=self.judge)
        self.note({"type": str(kind)}, answer)

    @rule(place=places)
    def suspend(self, place: int) -> None:
        self.command(place, Kind.SUSPEND)

    @rule(place=places)
    def resume(self, place: int) -> None:
        self.command(place, Kind.RESUME)

    @precondition(lambda self: len(self.events) > 12)
    @rule(place=places, really=st.integers(0, 5))
    def withdraw(self, place: int, really: int) -> None:
        if really == 0:
            self.command(place, Kind.WITHDRAW)

    # ── what happens by itself ──────────────────────────────────────────────────────────────────

    @rule(gap=st.sampled_from(GAPS_MS))
    def let_time_pass(self, gap: int) -> None:
        self.clock.advance(milliseconds=gap)

    @rule(what=st.sampled_from(["opens_at", "closes_at"]), off=st.sampled_from([-1, 0, 1, 2_000]))
    def let_the_hour_come(self, what: str, off: int) -> None:
        moment = getattr(self.head(), what) + timedelta(milliseconds=off)
        if self.clock.now() < moment < self.clock.now() + timedelta(hours=1):
            self.clock.set(moment)

    @rule(place=places)
    def tick(self, place: int) -> None:
        self.intake(place).tick(self.sale_id)

    @rule(place=places, really=st.integers(0, 3))
    def restart(self, place: int, really: int) -> None:
        if really:
            return
        stop_process(self.world.processes[place])
        self.world.processes[place] = start_process(self.world.app, self.clock)

    @precondition(
        lambda self: LAST not in self.codes and self.head().status in {"open", "suspended"}
    )
    @rule()
    def enrol(self) -> None:
        """One more deposit is confirmed while the sale runs."""
        now = self.clock.now()
        if self.head().status == "open" and now >= self.head().closes_at:
            return
        row = save(
            Enrolment(
                sale_id=self.sale_id,
                user_id=self.world.users[LAST],
                status=EnrolmentStatus.DEPOSIT_DUE,
                deposit_minor=self.sale.deposit_minor,
                currency=self.sale.currency,
                reference=f"S{self.sale_id:08d}",
                begun_at=now,
                notices_accepted={},
                declarations={},
            )
        )
        with transaction():
            self.codes[LAST] = activate_enrolment(row.id, now)
        self.ranks[self.codes[LAST]] = {}

    # ── what must hold ──────────────────────────────────────────────────────────────────────────

    def head(self) -> SaleHead:
        db.session.rollback()
        return db.session.get(SaleHead, self.sale_id, populate_existing=True)

    def twin(self) -> dict[str, Any]:
        bidders = [
            {
                "code": code,
                "barred": more.get("is_barred", False),
                **({"priority": more["priority_rank"]} if "priority_rank" in more else {}),
            }
            for code, more in self.ranks.items()
        ]
        file = {"sale": self.opened_with, "bidders": bidders, "events": self.events}
        return sale_twin.outcome_of({**file, "until": iso(self.clock.now())})

    @invariant()
    def the_last_answer_is_the_twins(self) -> None:
        if not self.events:
            return
        told, event = self.answers[-1], self.twin()["events"][-1]
        assert (told.accepted, told.reason) == (event["accepted"], event.get("reason"))
        if told.reason != "key-reused":
            assert told.repeat == event.get("repeat", False)

    def teardown(self) -> None:
        """However it went, the sale ends once, and all is as the twin says."""
        if not hasattr(self, "opened_with"):
            return
        if self.head().status == "suspended":
            self.command(0, Kind.RESUME)
        self.clock.set(max(self.clock.now(), self.head().closes_at + PATIENCE))
        for place in (0, 1, 0):
            self.intake(place).tick(self.sale_id)
        recorded, twin = audit_sale(self.sale_id), self.twin()
        assert recorded["status"] in {"sold", "unsold", "withdrawn"}
        for what in (
            "status",
            "price",
            "leader",
            "opens_at",
            "closes_at",
            "ended_at",
            "extensions",
        ):
            assert recorded[what] == twin[what], what
        assert _without_event(recorded["bids"]) == _without_event(twin["bids"])


def _without_event(bids: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Repeats are in the journal and not in the database: events are counted differently."""
    return [{name: value for name, value in bid.items() if name != "event"} for bid in bids]


@pytest.fixture
def world(any_app, clock):
    made = World(any_app, clock)
    yield made
    for app in made.processes:
        stop_process(app)


def test_a_sale_in_any_hands_is_the_twins_sale(world):
    run_state_machine_as_test(
        lambda: SaleInAnyHands(world),
        settings=settings(
            max_examples=settings.default.max_examples // 8,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
