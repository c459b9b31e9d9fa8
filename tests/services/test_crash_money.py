"""kill -9 where money moves: at the provider's calls, while a plan is booked, while a file is written.

Real processes die (F-03, F-04; INV-7 to INV-10), and another one goes on. Here every call and every
operation on both databases is cut at one point; CRASH_POINTS=all takes all three places of each call
and up to a hundred writes of each operation.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

import pytest
from conftest import START
from crash_fork import Child, die_before_commit, run_traced
from crash_points import require_tracing
from payment_stage import API_KEY, open_stage
from payment_story import CALLS, end_of, play
from payout_stage import PayoutDesk
from sqlalchemy import func, select, update

from auction.core.clock import ManualClock
from auction.core.db import db, transaction
from auction.core.outbox import OutboxRow, work_off
from escrow.invariants import check_invariants
from escrow.ledger import Transfer
from escrow.payments.gateway import Gateway
from escrow.payouts.models import BatchStatus, PayoutBatch, PayoutFile, PayoutStatus
from escrow.plans.models import DistributionPlan, PlanPayment, PlanStatus
from escrow.plans.services import approve_plan, submit_plan

pytestmark = [pytest.mark.services, pytest.mark.timeout(3600)]

IS_ALL = os.environ.get("CRASH_POINTS") == "all"
DATABASES = ["sqlite", "postgresql"]
GOLDEN = 0.618  # its multiples, modulo one, lie far apart
METHODS = {
    "create": ("POST", "create_checkout"),
    "capture": ("POST", "capture"),
    "cancel": ("POST", "cancel"),
    "refund": ("POST", "refund"),
}
PLACES = ["request received", "before the answer", "after the answer"]
CUTS = [
    (call, place)
    for number, call in enumerate(CALLS)
    for turn, place in enumerate(PLACES)
    if IS_ALL or number % len(PLACES) == turn
]


# ── calls to the provider ───────────────────────────────────────────────────────────────────────


class Fate:
    """Who does the next thing is another process, and at one call it dies."""

    def __init__(self, stage, call, place):
        self.stage, self.place = stage, place
        self.method, self.name = METHODS[call]
        self.path = CALLS[call]
        self.child = None
        self.deaths = 0
        self._serve = stage.outside["app"]
        stage.outside["app"] = self._answer
        stage.click_pay, stage.work = self._survive(stage.click_pay), self._survive(stage.work)

    def _survive(self, act):
        def run(*args, **kwargs):
            if self.deaths:
                return act(*args, **kwargs)
            self.child = Child(lambda: self._lead(act, args, kwargs))
            self.child.go_on()
            if not self.child.was_killed():
                return None
            self.deaths += 1
            # what it had claimed is free again when its lease has run out
            self.stage.clock.advance(minutes=2)
            return act(*args, **kwargs)

        return run

    def _lead(self, act, args, kwargs):
        """In the other process: its own line to the provider, and its own death after an answer."""
        gateway = Gateway(API_KEY, self.stage.base, retries=0)
        self.stage.app.extensions["luochui.gateway"] = gateway
        if self.place == "after the answer":
            call = getattr(gateway, self.name)

            def answered(*told, **more):
                answer = call(*told, **more)
                die_before_commit()
                return answer

            setattr(gateway, self.name, answered)
        act(*args, **kwargs)

    def _answer(self, environ, start_response):
        """The provider: at its own two places it takes its caller's life."""
        is_it = (
            not self.deaths
            and environ["REQUEST_METHOD"] == self.method
            and environ["PATH_INFO"].startswith(self.path)
        )
        if is_it and self.place == "request received":
            os.kill(self.child.pid, signal.SIGKILL)
            start_response("503 Gone", [])
            return [b""]
        answer = list(self._serve(environ, start_response))
        if is_it and self.place == "before the answer":
            os.kill(self.child.pid, signal.SIGKILL)
        return answer


@pytest.fixture(scope="module")
def faultless():
    return {}


@pytest.mark.parametrize(("call", "place"), CUTS)
@pytest.mark.parametrize("database", DATABASES)
def test_a_call_to_the_provider_outlives_its_caller(
    make_app, clock, tmp_path, faultless, database, call, place
):
    if call not in faultless:
        (tmp_path / "quiet").mkdir()
        with open_stage(make_app, clock, tmp_path / "quiet") as stage:
            faultless[call] = end_of(stage, *play(stage, call))
    with open_stage(make_app, clock, tmp_path, database) as stage:
        fates = []
        story = play(stage, call, lambda: fates.append(Fate(stage, call, place)))
        found = end_of(stage, *story)
        assert check_invariants(clock.now()) == []
    assert [fate.deaths for fate in fates] == [1]
    assert found == faultless[call]


# ── plans and payment files ─────────────────────────────────────────────────────────────────────


class Operation:
    """Something that is cut, on a finance desk of its own."""

    def let_leases_run_out(self):
        """A minute passes: what the dead process had claimed may be claimed again."""
        with transaction() as session:
            session.execute(
                update(OutboxRow).where(OutboxRow.done_at.is_(None)).values(lease_until=None)
            )


class PlanBooked(Operation):
    """A checker approves a plan: its state, its payments and its transfers are one."""

    def __init__(self, desk):
        self.desk = desk
        desk.claims_of_the_example()
        desk.bring_proceeds()
        plan = desk.draft()
        self.plan_id, self.sha256 = plan.id, plan.sha256
        told = {"court_id": desk.court.id, "actor_id": desk.maker.id, "now": desk.now}
        with transaction():
            submit_plan(self.plan_id, **told)
        self.told = {**told, "actor_id": desk.checker.id}

    def act(self):
        with transaction():
            approve_plan(self.plan_id, sha256=self.sha256, **self.told)

    def check(self):
        """All of it or nothing."""
        db.session.rollback()
        plan = db.session.get_one(DistributionPlan, self.plan_id)
        payments = db.session.scalar(select(func.count(PlanPayment.id)))
        transfers = db.session.scalar(
            select(func.count(Transfer.id)).where(Transfer.kind == "plan-allotted")
        )
        assert payments == transfers
        assert (plan.status is PlanStatus.APPROVED) is bool(payments)
        return payments


class FileWritten(Operation):
    """The worker holds what a batch pays and writes the bank's file."""

    def __init__(self, desk):
        self.desk = desk.ready()
        self.batch = desk.check(desk.submit(desk.choose()), actor=desk.checker)

    def act(self):
        while work_off(self.desk.now):
            pass

    def check(self):
        """No payment is held twice, and the file tells of those that are held, once."""
        db.session.rollback()
        batch = db.session.get_one(PayoutBatch, self.batch.id)
        files = db.session.scalar(select(func.count(PayoutFile.id)))
        held = [row for row in self.desk.payouts(self.batch) if row.status is PayoutStatus.HELD]
        holds = db.session.scalar(
            select(func.count(Transfer.id)).where(
                Transfer.phase == "pending", Transfer.source_type == "payout"
            )
        )
        assert len(held) == holds == batch.held_count
        assert files == (batch.status is BatchStatus.SENT)
        return files, len(held)


OPERATIONS = {"plan": PlanBooked, "file": FileWritten}


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_that_is_cut_anywhere_happened_whole_or_not_at_all(
    make_app, clock, tmp_path, database, name
):
    require_tracing(tmp_path)
    with begun(make_app(database), name) as operation:
        was_killed, points = run_traced(operation.act, tmp_path / "whole.log")
        assert not was_killed
        whole = operation.check()
    turn = 2 * list(OPERATIONS).index(name) + (database == "sqlite")
    for number, point in enumerate(choose(points, turn)):
        with begun(make_app(database), name) as operation:
            run_traced(operation.act, tmp_path / f"cut-{number}.log", point)
            operation.check()
            assert check_invariants(operation.desk.now) == [], str(point)
            operation.let_leases_run_out()
            operation.act()
            assert operation.check() == whole, str(point)
            assert check_invariants(operation.desk.now) == [], str(point)


@contextmanager
def begun(app, name):
    """The operation right before it happens, on books of its own."""
    with app.app_context():
        yield OPERATIONS[name](PayoutDesk(ManualClock(START)))


def choose(points, turn):
    """Some of the points, evenly spread; the first is another share of the way at every turn."""
    many = min(100 if IS_ALL else 1, len(points))
    start = turn * GOLDEN % 1
    return [points[int(len(points) * (i + start) / many)] for i in range(many)]
