"""The worker works until it is told to stop, whatever fails on the way."""

from __future__ import annotations

import threading

import pytest

from auction.core.db import transaction
from auction.core.outbox import OutboxRow, Task, enqueue, handles
from auction.core.worker import every_turn, periodic_of, run_worker, start_inline, work_once

done: list[str] = []


@pytest.fixture(autouse=True)
def _handlers(monkeypatch):
    from auction.core import outbox

    monkeypatch.setattr(outbox, "_handlers", dict(outbox._handlers))
    done.clear()

    @handles("worker-test")
    def note(task: Task) -> None:
        done.append(task.key)


def put(key: str, now) -> None:
    with transaction():
        enqueue("worker-test", key, {}, now=now)


def test_one_turn_does_what_time_brings_and_works_off_the_outbox(any_app, clock):
    every_turn(any_app, lambda: done.append("time"))
    put("a", clock.now())
    assert work_once(any_app) == 1
    assert done == ["time", "a"]
    assert work_once(any_app) == 0


def test_a_periodic_act_that_fails_stops_neither_the_next_nor_the_outbox(any_app, clock):
    def fail() -> None:
        raise OSError("no database")

    periodic_of(any_app).insert(0, fail)
    every_turn(any_app, lambda: done.append("time"))
    put("a", clock.now())
    assert work_once(any_app) == 1
    assert done == ["time", "a"]


def test_the_worker_stops_when_told(app, clock):
    stop = threading.Event()
    every_turn(app, stop.set)
    run_worker(app, stop)
    assert stop.is_set()


def test_beside_the_requests_the_worker_finishes_what_they_leave(app, clock):
    finished = threading.Event()

    @handles("worker-test")
    def last(task: Task) -> None:
        finished.set()

    put("a", clock.now())
    stop = start_inline(app)
    assert finished.wait(20)
    stop.set()
    assert done == ["a"]
    assert OutboxRow.__tablename__ == "outbox"


def test_the_command_is_there(app):
    assert "worker" in app.cli.commands
