"""Decided within two seconds or not at all, whatever the database does meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hanging import Caller, hanging_before_the_lock, hanging_in_the_commit
from live_room import START_PRICE, make_room
from processes import wait_until
from sqlalchemy import func, select

from auction.core.db import db
from bidding.room.answers import UNAVAILABLE
from bidding.room.models import Bid, SaleHead, SaleRequest
from bidding.room.queries import public_state
from bidding.room.requests import Kind


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def idle(room) -> None:
    """Until the flusher has done what it had in hand."""
    queue = room.intake.queue_of(room.sale_id)
    wait_until(lambda: not queue._is_running, 10, "the flusher")


def ask(room, bidder: int, steps: int, key: str) -> Caller:
    amount = START_PRICE + steps * 500_000
    user = room.users[bidder]
    return Caller(lambda: room.intake.submit_bid(room.sale_id, None, amount, key, user))


def test_a_hanging_database_is_answered_for_within_two_seconds_and_nothing_is_recorded_later(
    any_app, clock, monkeypatch
):
    room = make_room(any_app, clock.now())
    with hanging_before_the_lock(monkeypatch) as hang:
        first = ask(room, 0, 0, "first")
        assert hang.reached.wait(10)
        second = ask(room, 1, 1, "second")
        wait_until(lambda: len(room.intake.queue_of(room.sale_id)) == 1, 10, "the second bid")
        clock.advance(milliseconds=1950)
        # The hang has not ended: the watch alone answers.
        assert {first.answer().reason, second.answer().reason} == {UNAVAILABLE}
    idle(room)
    assert (count(Bid), count(SaleRequest)) == (0, 0)
    assert room.bid(0, 0, key="first").accepted
    assert room.bid(1, 1, key="second").accepted


def test_those_still_in_time_are_decided_without_those_given_up(any_app, clock, monkeypatch):
    room = make_room(any_app, clock.now())
    queue = room.intake.queue_of(room.sale_id)
    with hanging_before_the_lock(monkeypatch) as hang:
        blocker = ask(room, 2, 0, "blocker")
        assert hang.reached.wait(10)
        early = ask(room, 0, 1, "early")
        wait_until(lambda: len(queue) == 1, 10, "the early bid")
        clock.advance(milliseconds=1500)
        late = ask(room, 1, 2, "late")
        wait_until(lambda: len(queue) == 2, 10, "the late bid")
        clock.advance(milliseconds=450)
        assert {blocker.answer().reason, early.answer().reason} == {UNAVAILABLE}
        assert late.is_waiting
    assert late.answer().accepted
    db.session.rollback()
    assert [row.key for row in db.session.scalars(select(SaleRequest))] == ["late"]


def test_what_was_given_up_while_it_was_decided_is_rolled_back(any_app, clock, monkeypatch):
    """Given up after the lock, before the commit: the batch is decided again without it."""
    room = make_room(any_app, clock.now())
    from bidding.room import store

    original, times = store.write_head, []

    def write_slowly(*args):
        original(*args)
        times.append(clock.now())
        if len(times) == 1:
            clock.advance(seconds=1.95)
            assert room.intake.give_up(clock.now()) in (0, 1)  # or the watch was faster

    monkeypatch.setattr(store, "write_head", write_slowly)
    assert room.bid(0, 0, key="k").reason == UNAVAILABLE
    idle(room)
    assert len(times) == 1
    assert (count(Bid), count(SaleRequest)) == (0, 0)


def test_a_worker_that_slept_over_its_batch_does_not_commit_it(any_app, clock, monkeypatch):
    """Paused for minutes while it held the lock, and nobody watched: it wakes up powerless."""
    room = make_room(any_app, clock.now())
    from bidding.room import store

    original = store.write_head

    def sleep_over_it(*args):
        original(*args)
        clock.advance(seconds=300)

    monkeypatch.setattr(room.intake, "give_up", lambda _now: 0)
    monkeypatch.setattr(store, "write_head", sleep_over_it)
    assert room.bid(0, 0, key="k").reason == UNAVAILABLE
    assert (count(Bid), count(SaleRequest)) == (0, 0)


def test_a_slow_commit_is_waited_for_and_answered_truly(any_app, clock, monkeypatch):
    room = make_room(any_app, clock.now())
    with hanging_in_the_commit(monkeypatch) as hang:
        slow = ask(room, 0, 0, "k")
        assert hang.reached.wait(10)
        clock.advance(seconds=4)
        assert room.intake.give_up(clock.now()) == 0
        assert slow.is_waiting
    assert slow.answer().accepted


def test_a_commit_that_hangs_is_answered_as_unknown_and_the_key_tells_the_truth(
    any_app, clock, monkeypatch
):
    room = make_room(any_app, clock.now())
    with hanging_in_the_commit(monkeypatch) as hang:
        slow = ask(room, 0, 0, "k")
        assert hang.reached.wait(10)
        clock.advance(seconds=5)
        assert slow.answer().reason == UNAVAILABLE
    idle(room)
    again = room.bid(0, 0, key="k")
    assert (again.accepted, again.repeat, again.seq) == (True, True, 1)
    assert count(Bid) == 1


def test_a_request_is_answered_once(any_app, clock, monkeypatch):
    room = make_room(any_app, clock.now())
    answers: list = []
    with hanging_before_the_lock(monkeypatch) as hang:
        room.intake.put(
            room.sale_id,
            Kind.BID,
            answers.append,
            amount=START_PRICE,
            key="k",
            user_id=room.users[0],
        )
        assert hang.reached.wait(10)
        clock.advance(seconds=3)
        wait_until(lambda: bool(answers), 10, "the watch")
    idle(room)
    assert [answer.reason for answer in answers] == [UNAVAILABLE]


def test_nothing_decided_for_five_seconds_suspends_first_from_the_moment_it_began(
    any_app, clock, monkeypatch
):
    room = make_room(any_app, clock.now())
    assert room.bid(0, 0).accepted
    clock.advance(minutes=1)
    began_at = clock.now()
    with hanging_before_the_lock(monkeypatch) as hang:
        first = ask(room, 1, 1, "first")
        assert hang.reached.wait(10)
        clock.advance(seconds=5.001)
        assert first.answer().reason == UNAVAILABLE
        second = ask(room, 2, 2, "second")
    assert second.answer().reason == "suspended"
    db.session.rollback()
    head = db.session.get(SaleHead, room.sale_id, populate_existing=True)
    assert (head.status, head.price_minor) == ("suspended", START_PRICE)
    [suspension] = db.session.scalars(select(SaleRequest).where(SaleRequest.kind == "suspend"))
    assert (suspension.at, suspension.actor_id) == (began_at, None)


def test_the_close_does_not_pass_in_an_outage(any_app, clock, monkeypatch):
    """The time lost is given back: the sale stood still from the first request it failed."""
    room = make_room(any_app, clock.now())
    assert room.bid(0, 0).accepted
    closes_at = room.sale.closes_at
    clock.set(closes_at - timedelta(seconds=3))
    with hanging_before_the_lock(monkeypatch) as hang:
        tried = ask(room, 1, 1, "in time")
        assert hang.reached.wait(10)
        clock.set(closes_at + timedelta(seconds=30))
        assert tried.answer().reason == UNAVAILABLE
    idle(room)
    room.intake.tick(room.sale_id)
    assert public_state(room.sale_id)["status"] == "suspended"
    judge = room.sale.created_by
    resumed_at = clock.now()
    answer = room.intake.submit_command(room.sale_id, Kind.RESUME, actor_id=judge)
    assert answer.snapshot.closes_at == resumed_at + timedelta(seconds=300)
    assert room.bid(1, 1).accepted


@pytest.mark.parametrize("seconds", [1.5, 4.9])
def test_a_short_failure_suspends_nothing(any_app, clock, monkeypatch, seconds):
    room = make_room(any_app, clock.now())
    with hanging_before_the_lock(monkeypatch) as hang:
        tried = ask(room, 0, 0, "k")
        assert hang.reached.wait(10)
        clock.advance(seconds=seconds)
        if seconds > 2:
            assert tried.answer().reason == UNAVAILABLE
    tried.answer()
    idle(room)
    assert room.bid(0, 0, key="k").accepted
    assert public_state(room.sale_id)["status"] == "open"
    assert room.intake.queue_of(room.sale_id).failing_since is None
