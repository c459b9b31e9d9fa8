"""The outbox: once per key, again after failure or crash, never two workers on one row."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from auction.core import outbox
from auction.core.db import db, transaction
from auction.core.outbox import LEASE, OutboxRow, PutOff, enqueue, handles, work_off


@pytest.fixture
def kind(monkeypatch):
    """A kind of task of this test's own, forgotten afterwards."""
    monkeypatch.setattr(outbox, "_handlers", {})
    return "test-task"


def put(kind, clock, key="k", **more):
    with transaction():
        return enqueue(kind, key, {"n": 1}, now=clock.now(), **more)


def row(key="k"):
    db.session.rollback()
    return db.session.scalar(select(OutboxRow).where(OutboxRow.key == key))


def test_a_task_is_done_once_with_its_payload(any_app, clock, kind):
    seen = []
    handles(kind)(lambda task: seen.append((task.key, task.payload, task.now)))
    assert put(kind, clock)
    assert work_off(clock.now()) == 1
    assert seen == [("k", {"n": 1}, clock.now())]
    assert row().done_at == clock.now()
    assert work_off(clock.now()) == 0


def test_the_same_key_a_second_time_changes_nothing(any_app, clock, kind):
    assert put(kind, clock)
    with transaction():
        assert not enqueue(kind, "k", {"n": 2}, now=clock.now())
        assert enqueue(kind, "other", {}, now=clock.now())
    assert row().payload == {"n": 1}
    assert row("other") is not None


def test_a_task_of_a_transaction_that_failed_does_not_exist(any_app, clock, kind):
    with pytest.raises(KeyError), transaction():  # noqa: PT012  # what is tested is the block
        enqueue(kind, "k", {}, now=clock.now())
        raise KeyError("fault")
    assert row() is None


def test_a_task_waits_for_its_time(app, clock, kind):
    seen = []
    handles(kind)(lambda task: seen.append(task.key))
    put(kind, clock, run_at=clock.now() + timedelta(hours=1))
    assert work_off(clock.now()) == 0
    clock.advance(hours=1)
    assert work_off(clock.now()) == 1
    assert seen == ["k"]


def test_a_failed_task_is_kept_with_its_error_and_tried_ever_more_rarely(app, clock, kind):
    tries = []

    def fail(task):
        tries.append(task.now)
        raise ValueError("provider says no")

    handles(kind)(fail)
    put(kind, clock)
    for _ in range(4):
        assert work_off(clock.now()) == 0
        assert work_off(clock.now()) == 0  # not again at once
        clock.set(row().run_at)
    assert len(tries) == 4
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(tries)]
    assert gaps == [2, 4, 8]
    assert "provider says no" in row().last_error
    assert row().done_at is None


def test_a_failing_task_does_not_stop_the_others(app, clock, kind):
    def fail_on_first(task):
        if task.key == "first":
            raise ValueError(task.key)

    handles(kind)(fail_on_first)
    put(kind, clock, "first")
    put(kind, clock, "second")
    assert work_off(clock.now()) == 1
    assert row("second").done_at is not None


def test_a_task_put_off_comes_back_at_its_time_without_an_error(app, clock, kind):
    later = clock.now() + timedelta(minutes=10)

    def wait(task):
        if task.now < later:
            raise PutOff(later)

    handles(kind)(wait)
    put(kind, clock)
    assert work_off(clock.now()) == 0
    assert (row().run_at, row().last_error) == (later, None)
    clock.set(later)
    assert work_off(clock.now()) == 1


def test_a_task_nobody_handles_is_kept_for_the_version_that_does(app, clock, kind):
    put(kind, clock)
    assert work_off(clock.now()) == 0
    assert "nobody handles" in row().last_error
    handles(kind)(lambda _task: None)
    clock.set(row().run_at)
    assert work_off(clock.now()) == 1


def test_a_row_claimed_by_a_worker_that_died_is_taken_again_after_its_lease(any_app, clock, kind):
    seen = []
    handles(kind)(lambda task: seen.append(task.key))
    put(kind, clock)
    assert outbox._claim(clock.now(), 10)  # a worker claims, and is gone
    assert work_off(clock.now()) == 0
    clock.advance(seconds=LEASE.total_seconds())
    assert work_off(clock.now()) == 0
    clock.advance(milliseconds=1)
    assert work_off(clock.now()) == 1
    assert seen == ["k"]
    assert row().attempts == 2


def test_two_workers_never_run_the_same_row(make_app, clock, kind):
    """On PostgreSQL, where both really claim at the same time."""
    app = make_app("postgresql")
    seen, faults = [], []
    handles(kind)(lambda task: seen.append(task.key))
    count = 60
    with app.app_context():
        with transaction():
            for n in range(count):
                enqueue(kind, f"k{n}", {}, now=clock.now())
        db.session.remove()
    gate = threading.Barrier(2)

    def work():
        try:
            with app.app_context():
                gate.wait()
                while work_off(clock.now(), limit=5):
                    pass
        except Exception as error:
            faults.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not faults
    assert sorted(seen) == sorted(f"k{n}" for n in range(count))


def test_a_row_whose_work_was_done_but_not_noted_runs_again_under_the_same_key(app, clock, kind):
    """The crash between effect and note: why every handler is idempotent by `task.key`."""
    seen = []
    handles(kind)(lambda task: seen.append(task.key))
    put(kind, clock)
    work_off(clock.now())
    with transaction() as session:
        session.execute(update(OutboxRow).values(done_at=None))
    assert work_off(clock.now()) == 1
    assert seen == ["k", "k"]
