"""What the live room's tests share: a running sale with enrolled bidders, and a flood of bids."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from builders import make_bidder, make_enrolment, make_sale
from flask import Flask

from auction.accounts.models import User
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from bidding.room.answers import Answer
from bidding.room.intake import Intake
from bidding.room.opening import open_room

START_PRICE = 70_000_000
STEP = 500_000


@dataclass
class Room:
    """A sale that is open now, its bidders, and the intake of the application under test."""

    app: Flask
    sale_id: int
    lot: str
    users: list[int]
    codes: list[str]
    sale: Sale
    intake: Intake = field(init=False)
    _keys: int = 0

    def __post_init__(self) -> None:
        self.intake = self.app.extensions["luochui.intake"]

    def bid(self, bidder: int, steps: int | None = None, *, amount=None, key=None) -> Answer:
        """Bid so many steps above the start price (or exactly `amount`)."""
        self._keys += 1
        wanted = START_PRICE + steps * STEP if amount is None else amount
        return self.intake.submit_bid(
            self.sale_id, None, wanted, key or f"k{self._keys}", self.users[bidder]
        )


def make_room(app: Flask, now: datetime, bidders: int = 3, **sale_values) -> Room:
    """A sale open since this minute, with enrolled bidders and its room."""
    values = {"opens_at": now, **sale_values}
    sale = make_sale(now - timedelta(days=40), **values)
    users: list[User] = [make_bidder(now) for _ in range(bidders)]
    enrolments: list[Enrolment] = [make_enrolment(now, sale, user) for user in users]
    open_room(sale.id)
    return Room(
        app,
        sale.id,
        sale.lot.number,
        [user.id for user in users],
        [str(enrolment.code) for enrolment in enrolments],
        sale,
    )


def run_together(*jobs) -> None:
    """Run each callable in a thread of its own, all let go at the same moment; raise what fails."""
    gate = threading.Barrier(len(jobs))
    failures: list[BaseException] = []

    def run(job) -> None:
        gate.wait(30)
        try:
            job()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]
