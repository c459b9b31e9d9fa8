"""Time goes on, processes die, and after every step the books must be whole."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from conftest import ORIGIN, Browser
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auction.core.db import db
from auction.core.outbox import OutboxRow, work_off
from bidding.closing.due import tick_due_sales
from escrow.invariants import check_invariants
from simulation.bank import Bank
from simulation.court import Court
from simulation.people import Person
from simulation.place import Place
from simulation.provider import BAD_NEWS, ProcessDied, Provider
from simulation.script import PEACE, Lot, Script

START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # 10:00 in Beijing, a Monday
ROUNDS = 60  # of the last phase: far more than anything needs
WORKER_EVERY = timedelta(hours=49)  # at other hours of the day, and else after what happens
EVER = {"poll_events", "import_movements"}  # tasks that are never done
LONGEST = timedelta(days=120)
DAILY = {"the worker looks", "the court's morning", "the provider pays out"}


class BooksAreWrong(AssertionError):
    """An invariant does not hold; the message says which, after what, and how to see it again."""


class World:
    """One seed's court, with everything around it."""

    def __init__(self, script: Script, place: Place) -> None:
        self.script, self.place, self.clock, self.app = script, place, place.clock, place.app
        self.draw = random.Random(f"world {script.seed}")
        self.steps: list[str] = []
        self.happened = Counter[str]()
        self._events: list[tuple[datetime, int, str, Callable[..., None], tuple, dict]] = []
        self._numbers = itertools.count()
        self._is_changed = self._is_mortal = self._has_news = False
        self._round = 0
        wire = random.Random(f"wire {script.seed}")
        self.provider = place.begin(lambda: Provider(self.clock.now, wire))
        place.note_change = self._note_change
        self.site = ORIGIN
        with self.app.app_context():
            self.court = Court(self)
            self.bank = Bank(self.court.account_number)
            self.people: list[Person] = []
            self.lots: dict[int, Lot] = {}
            for sale_id, lot in zip(self.court.sale_ids, script.lots, strict=True):
                self.begin_sale(sale_id, lot)
        self.at(START + timedelta(hours=24), "the provider pays out", self.provider_pays_out)
        self.at(START + WORKER_EVERY, "the worker looks", self.worker_looks)
        self.at(START + timedelta(hours=23), "the court's morning", self.court.morning)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # ── processes ───────────────────────────────────────────────────────────────────────────────

    def _note_change(self) -> None:
        self._is_changed = self._has_news = True

    def take_news(self) -> bool:
        """Whether any money has moved since this was last asked."""
        has_news, self._has_news = self._has_news, False
        return has_news

    @contextmanager
    def our_process(self) -> Iterator[None]:
        """What runs inside may die, in a call to the provider or at a commit."""
        wire, trouble = self.provider.wire, self.script.trouble
        wire.fails, wire.dies = trouble.call_fails, trouble.worker_dies
        self._is_mortal = True
        try:
            yield
        finally:
            self._is_mortal, wire.fails, wire.dies = False, 0, 0

    def is_death(self, trouble: BaseException) -> bool:
        """Whether a process of ours has died of it; then nothing of it is left but the database."""
        if not isinstance(trouble, ProcessDied):
            return False
        self.happened["deaths"] += 1
        db.session.remove()
        self.place.forget()
        return True

    def die_perhaps(self, where: str) -> None:
        """At a commit: before it nothing of it has happened, after it nobody knows that it has."""
        if self._is_mortal and self.draw.randrange(1000) < self.script.trouble.commit_dies:
            raise ProcessDied(where)

    @property
    def is_peaceful(self) -> bool:
        return self._round > 0

    @property
    def has_plans(self) -> bool:
        """Whether anything is still going to happen besides the daily round."""
        return any(name not in DAILY for _at, _number, name, *_rest in self._events)

    def days_until_news(self) -> timedelta:
        """One day; more where nobody is going to do anything tomorrow, and nothing is left over."""
        day = timedelta(days=1)
        if self._has_news or self.bank.has_news:
            return day
        planned = min((at for at, _n, name, *_rest in self._events if name not in DAILY))
        return max(day, -(-(planned - self.now) // day) * day)

    # ── time ────────────────────────────────────────────────────────────────────────────────────

    def at(self, moment: datetime, name: str, act: Callable[..., None], *args: Any, **more: Any):
        """It will happen then."""
        entry = (max(moment, self.now), next(self._numbers), name, act, args, more)
        heapq.heappush(self._events, entry)

    def later(self, span: timedelta, name: str, act: Callable[..., None], *args: Any, **more: Any):
        """It will happen after so long."""
        self.at(self.now + span, name, act, *args, **more)

    def begin_sale(self, sale_id: int, lot: Lot) -> None:
        """A sale has been announced: who will come, and when it opens and ends."""
        self.lots[sale_id] = lot
        hours, begins = timedelta(hours=1), self.now
        opens = begins + lot.opens_after * hours
        for bidder in lot.bidders:
            person = Person(self, sale_id, lot, bidder)
            self.people.append(person)
            self.at(begins + bidder.enrols_after * hours, "enrols", person.enrols)
            self.at(begins + bidder.pays_after * hours, "pays the deposit", person.pays_deposit)
            if bidder.deposit == "card-then-leaves":
                self.at(opens - hours, "leaves", person.leaves)
            self.at(opens + 20 * hours, "bids", person.bids)
            pays = opens + 24 * hours + timedelta(minutes=5) + lot.pays_after * hours
            self.at(pays, "pays the balance", person.pays_balance)
        self.at(opens + timedelta(seconds=5), "the sale opens", self.let_time_pass)
        self.at(opens + timedelta(hours=24, seconds=5), "the sale ends", self.let_time_pass)

    def run(self) -> None:
        """Everything that was planned and whatever follows, then until nothing is left to do."""
        with self._watching_commits():
            self._live()
            self._forgive()
            for _round in range(ROUNDS):
                if self._is_at_rest():
                    break
                self._live_in_peace()
            else:
                with self.app.app_context():
                    left = self.court.list_work()
                raise BooksAreWrong(self._tell("not settled in peace", *left))
            self._let_all_clocks_strike()
            with self.app.app_context():
                faults = self.court.check_the_end()
            if faults:
                raise BooksAreWrong(self._tell("at the end", *faults))

    def _live(self) -> None:
        while self._events:
            at, _number, name, act, args, more = heapq.heappop(self._events)
            self.clock.set(max(at, self.now))
            self._step(name, act, *args, **more)
            if self.draw.random() < 0.4:  # otherwise it is busy elsewhere
                self._step("the worker", self.work)
            if self.now - START > LONGEST:
                raise BooksAreWrong(self._tell("the court never comes to rest"))

    def _forgive(self) -> None:
        """From here on nothing goes wrong: within a few rounds all is settled, or never will be."""
        self.provider.forgive()
        self.script = replace(self.script, trouble=PEACE)

    def _is_at_rest(self) -> bool:
        with self.app.app_context():
            return not self.court.list_work()

    def _let_all_clocks_strike(self) -> None:
        """What was put off for later comes too, and finds nothing left to do."""
        with self.app.app_context():
            last = db.session.scalar(
                select(func.max(OutboxRow.run_at)).where(
                    OutboxRow.done_at.is_(None), OutboxRow.kind.not_in(EVER)
                )
            )
        if last is not None:
            self.clock.set(max(self.now, last))
            self._step("all clocks strike", self.work)

    def _live_in_peace(self) -> None:
        self.clock.advance(hours=23, minutes=self._round % 50)
        self._round += 1
        self._step("the worker, in peace", self.work)
        self._step("the provider, in peace", self.provider_pays_out)
        self._step("the court, in peace", self.court.morning)
        self._step("the buyers, in peace", self.buyers_pay_the_rest)
        self._live()

    def _step(self, name: str, act: Callable[..., None], *args: Any, **more: Any) -> None:
        self.steps.append(
            f"{self.now:%m-%d %H:%M} {name} {getattr(getattr(act, '__self__', None), 'name', '')}"
        )
        self.happened[name] += 1
        with self.app.app_context():
            try:
                act(*args, **more)
            except ProcessDied as death:
                self.steps.append(f"    dies {death}")
                self.is_death(death)
            except BooksAreWrong:
                raise
            except Exception as error:
                error.add_note(self._tell("a step fails"))
                raise
        if self.draw.randrange(1000) < self.script.trouble.restarts:
            self.happened["restarts"] += 1
            self.place.forget()
        self.check()

    def check(self) -> None:
        """Every invariant, unless nothing was written since the last time."""
        if not self._is_changed:
            return
        with self.app.app_context():
            faults = [str(fault) for fault in check_invariants(self.now)]
        self._is_changed = False
        self.happened["checks"] += 1
        if faults:
            raise BooksAreWrong(self._tell(f"after {self.steps[-1].strip()}", *faults))

    def _tell(self, *what: str) -> str:
        last = "\n  ".join(self.steps[-12:])
        found = "\n  ".join(what)
        return (
            f"seed {self.script.seed} ({len(self.steps)} steps; COURT={self.script.seed} replays it)\n"
            f"  {found}\nlast steps:\n  {last}\n{self.script.describe()}"
        )

    # ── what happens by itself ──────────────────────────────────────────────────────────────────

    def work(self) -> None:
        """The worker takes what is due; the provider's webhooks come in between."""
        with self.our_process():
            for _round in range(6):
                self.bring_news()
                if not (self._has_due_task() and work_off(self.now)):
                    break

    def _has_due_task(self) -> bool:
        due = select(OutboxRow.id).where(OutboxRow.done_at.is_(None), OutboxRow.run_at <= self.now)
        return db.session.scalar(due.limit(1)) is not None

    def worker_looks(self) -> None:
        """Now and then, until everything planned has happened."""
        if self.has_plans:
            self.later(WORKER_EVERY, "the worker looks", self.worker_looks)

    def bring_news(self) -> None:
        if self.draw.randrange(1000) < self.script.trouble.event_fails:
            seconds = {"seconds": self.draw.choice([60, 86_400, 3 * 86_400])}
            kind = self.draw.choice(BAD_NEWS)
            self.provider.tell(kind, **(seconds if kind == "webhook_delay" else {}))
        client = Browser(self.app, self.app.response_class, use_cookies=False)

        def post(body: bytes, headers: Any) -> int:
            return client.post("/webhooks/stripe", data=body, headers=dict(headers)).status_code

        self.provider.deliver(post)

    def let_time_pass(self) -> None:
        tick_due_sales()

    def provider_pays_out(self) -> None:
        """Weekly the provider sends what it holds; a day later the bank has it."""
        if self.draw.randrange(1000) < self.script.trouble.refund_fails:
            self.provider.fail_some_refund()
        for payout in self.provider.pay_out():
            self.later(
                timedelta(days=1),
                "the payout arrives",
                self.payout_arrives,
                payout["id"],
                payout["amount"],
            )
        if self.has_plans:
            self.later(timedelta(days=7), "the provider pays out", self.provider_pays_out)

    def buyers_pay_the_rest(self) -> None:
        """Once the court knows of all they have sent."""
        if not self.bank.has_news and not self.court.list_suspended():
            for person in self.people:
                person.pays_rest()

    def payout_arrives(self, payout_id: str, amount: int) -> None:
        """At the bank; what is below zero is taken from there."""
        told = ("STRIPE PAYMENTS", "990000000001", f"STRIPE {payout_id}")
        if amount > 0:
            self.bank.receive(self.now, amount, *told)
        else:
            self.bank.send(self.now, -amount, *told)

    # ── the database ────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _watching_commits(self) -> Iterator[None]:
        commit = Session.commit

        def commit_perhaps(session: Session) -> None:
            self.die_perhaps("before a commit")
            commit(session)
            self.die_perhaps("after a commit")

        Session.commit = commit_perhaps
        try:
            yield
        finally:
            Session.commit = commit
            self.place.leave()
