"""Three processes take turns with one sale, in another order than they stamped: its log holds."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from bidlog_checking import check_log
from builders import make_court, make_user
from conftest import browser
from evidence_checks import fetch_log
from live_room import START_PRICE, STEP, make_room
from signing import sign_in_as

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.sales.models import Stage
from bidding.closing.services import record_acts
from bidding.enrolment.models import Enrolment
from bidding.enrolment.services import bar_enrolment, confirm_priority, leave_sale
from bidding.room.answers import show_answer
from bidding.room.batch import take_turn
from bidding.room.requests import Kind, Waiting

PROCESSES = 3


class Sale:
    """A sale with what each process knows of it and has not decided yet."""

    def __init__(self, app, clock, chance) -> None:
        early = timedelta(milliseconds=chance.choice([0, 500, 60_000]))
        opens_at = clock.now() + early
        terms = {
            "closes_at": opens_at + timedelta(seconds=chance.choice([3, 20, 400])),
            "stage": chance.choice([Stage.FIRST, Stage.SELLOFF]),
            "leader_raises": chance.random() < 0.5,
            "extension_window_seconds": chance.choice([0, 5, 300]),
            "extension_seconds": chance.choice([5, 300]),
        }
        self.app, self.clock, self.chance = app, clock, chance
        self.room = make_room(app, opens_at, bidders=4, **terms)
        self.judge = make_user(clock.now(), Role.JUDGE, court=make_court(clock.now()))
        self.known = [None] * PROCESSES
        self.waiting = [[] for _ in range(PROCESSES)]
        self.receipts, self.checkpoints = [], []
        self.rung = 0

    def stamp(self, process: int, kind: Kind, **fields) -> None:
        at = self.clock.now()
        self.waiting[process].append(Waiting(kind, at, lambda _answer: None, **fields))

    def decide(self, process: int) -> None:
        """One turn of this process, as the queue takes it."""
        batch, self.waiting[process] = self.waiting[process], []
        if not batch:
            return
        now, known = self.clock.now(), self.known[process]
        with transaction() as session:
            turn = take_turn(session.connection(), self.room.sale_id, known, batch, now)
            if turn.accepted or turn.ended:
                record_acts(turn, now)
        with db.engine.connect() as connection:
            turn.sign(connection, self.app.extensions["luochui.evidence"])
        self.known[process] = turn.loaded
        for answer in turn.answers:
            shown = show_answer(answer, now, "zh")
            if shown.get("receipt"):
                self.receipts.append(shown["receipt"])
            if shown.get("state"):
                self.checkpoints.append(shown["state"]["checkpoint"])

    def ask(self) -> None:
        """Somebody wants something, most of them to bid."""
        process, kind = self.chance.randrange(PROCESSES), self.chance.choice(KINDS)
        if kind in (Kind.BID, Kind.INSTRUCT, Kind.CANCEL):
            self.stamp(process, kind, user_id=self.chance.choice(self.room.users), **self.offer())
        elif kind is Kind.TICK:
            self.stamp(process, kind)
        elif kind is None:
            self.change_standing()
        else:
            self.stamp(process, kind, actor_id=self.judge.id, ground="核查\u2028\x7f𠮷")

    def offer(self) -> dict[str, object]:
        draw = self.chance
        self.rung += draw.choice([0, 1, 1, 2, 3])
        rung = START_PRICE + STEP * draw.choice([self.rung, self.rung, max(self.rung - 2, 0)])
        far = START_PRICE * 3
        return {
            "amount": draw.choice([rung, rung, rung, rung, rung + 1, "x", far]),
            "key": draw.choice([None, f"k{draw.randrange(30)}"]),
            "confirm": draw.choice([None, far]),
        }

    def change_standing(self) -> None:
        wanted = {"sale_id": self.room.sale_id, "code": self.chance.choice(self.room.codes)}
        rank, now = self.chance.choice([None, 1, 2]), self.clock.now()
        try:
            with transaction():
                found = db.session.query(Enrolment).filter_by(**wanted).one()
                if self.chance.random() < 0.6:
                    confirm_priority(found.id, rank, self.judge.id, now)
                elif self.chance.random() < 0.5:
                    bar_enrolment(found.id, self.judge.id, now, "利害关系")
                else:
                    leave_sale(found.id, now)
        except DomainError:  # who has bid may not leave, nor anybody after the close
            pass


KINDS = [
    *[Kind.BID] * 50,
    *[Kind.INSTRUCT] * 18,
    *[Kind.CANCEL] * 4,
    *[Kind.SUSPEND] * 5,
    *[Kind.RESUME] * 8,
    *[Kind.TICK] * 5,
    *[None] * 9,
    Kind.WITHDRAW,
]


@pytest.mark.parametrize("seed", [*range(22), 83, 135])
def test_a_log_holds_however_the_processes_took_turns(app, clock, seed):
    chance = random.Random(seed)
    sale = Sale(app, clock, chance)
    for _ in range(60):
        clock.advance(milliseconds=chance.choice([0, 0, 1, 3, 200, 700, 900, 5000]))
        sale.ask()
        if chance.random() < 0.4:
            sale.decide(chance.randrange(PROCESSES))
    for process in range(PROCESSES):
        sale.decide(process)
    sale.stamp(0, Kind.RESUME, actor_id=sale.judge.id)
    sale.decide(0)
    clock.advance(days=2)
    sale.stamp(1, Kind.TICK)
    sale.decide(1)
    auditor = make_user(clock.now(), Role.AUDITOR)
    address = f"/api/v1/lots/{sale.room.lot}/log/sealed"
    status, said = check_log(
        fetch_log(app, sale.room.lot),
        receipts=sale.receipts,
        checkpoints=sale.checkpoints[::5],
        sealed=sign_in_as(browser(app), auditor).get(address).get_json(),
    )
    assert status == 0, said
