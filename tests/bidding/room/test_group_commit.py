"""Many at once: no bid is lost or doubled, whoever took turns on the head's lock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from live_room import START_PRICE, STEP, make_room, run_together
from sqlalchemy import select

from auction.core.db import db
from bidding.engine import BidRequest, SaleState, decide
from bidding.room import store
from bidding.room.intake import Intake
from bidding.room.models import SaleRequest
from bidding.room.queries import bids_after
from bidding.room.requests import Kind

THREADS = 32
BIDS_EACH = 12


def replayed(room) -> list[tuple[int, str, int]]:
    """The bids that the engine makes of the recorded requests, on a sheet of its own."""
    with db.engine.connect() as connection:
        locked = store.lock_head(connection, room.sale_id)
        loaded = store.load(connection, room.sale_id, locked, None)
    terms, roster = loaded.terms, loaded.roster
    state, answers, bids = SaleState.begin(terms), {}, []
    db.session.rollback()
    rows = db.session.scalars(
        select(SaleRequest).where(SaleRequest.sale_id == room.sale_id).order_by(SaleRequest.id)
    )
    for row in rows:
        request = BidRequest(row.at, row.code, int(row.amount), row.key)
        decision = decide(terms, roster, state, request, answers)
        assert (decision.accepted, decision.seq) == (row.accepted, row.seq)
        bids += [(bid.seq, bid.code, bid.amount) for bid in decision.bids]
    return bids


def flood(room, intakes, journal) -> None:
    def one(number: int) -> None:
        intake = intakes[number % len(intakes)]
        bidder = number % len(room.users)
        for turn in range(BIDS_EACH):
            amount = START_PRICE + (turn * THREADS + number) * STEP
            key = f"{number}-{turn}"
            answer = intake.submit_bid(room.sale_id, None, amount, key, room.users[bidder])
            journal.append((room.codes[bidder], key, amount, answer))

    run_together(*(lambda n=n: one(n) for n in range(THREADS)))


def check(room, journal) -> None:
    listed = [(b["seq"], b["code"], b["amount"]) for b in bids_after(room.sale_id)]
    assert [seq for seq, _, _ in listed] == list(range(1, len(listed) + 1))
    assert [amount for _, _, amount in listed] == sorted({amount for _, _, amount in listed})
    told = {(a.seq, code, amount) for code, _, amount, a in journal if a.accepted}
    assert told == set(listed)
    assert replayed(room) == listed
    assert len(journal) == THREADS * BIDS_EACH
    assert all(a.accepted or a.reason == "below-minimum" for _, _, _, a in journal)


def test_what_32_bidders_were_told_is_what_is_recorded_and_what_a_replay_gives(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=8)
    journal: list = []
    flood(room, [room.intake], journal)
    check(room, journal)


def test_two_processes_take_turns_on_one_sale(make_app, clock):
    first = make_app("postgresql")
    second_settings = first.extensions["luochui.settings"]
    with first.app_context():
        room = make_room(first, clock.now(), bidders=8)
        # A second application on the same database has its own pool, cache and queue: a process.
        from conftest import settings_for

        from wsgi import create_app

        second = create_app(
            settings_for(
                second_settings.database_url.replace("postgresql+psycopg", "postgresql"),
                second_settings.upload_dir.parent,
            ),
            clock=clock,
            testing=True,
        )
        try:
            journal: list = []
            intakes = [room.intake, second.extensions["luochui.intake"]]
            flood(room, intakes, journal)
            check(room, journal)
        finally:
            with second.app_context():
                db.engine.dispose()


def test_one_key_raced_through_two_intakes_has_one_effect(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=2)
    other = Intake(any_app, clock)
    answers: list = []
    run_together(
        *(
            lambda i=intake: answers.append(
                i.submit_bid(room.sale_id, None, START_PRICE, "same", room.users[0])
            )
            for intake in [room.intake, other] * 8
        )
    )
    assert {(a.accepted, a.seq) for a in answers} == {(True, 1)}
    assert len(bids_after(room.sale_id)) == 1


def test_the_end_waits_for_what_arrived_before_it_and_refuses_what_came_after(any_app, clock):
    room = make_room(any_app, clock.now())
    clock.set(room.sale.closes_at - timedelta(milliseconds=1))
    assert room.bid(0, 0).accepted
    clock.advance(milliseconds=1)
    clock.set(clock.now() + timedelta(minutes=5) - timedelta(milliseconds=2))
    assert room.bid(1, 1).accepted
    closes_at = bids_after(room.sale_id)[-1]["closes_at"]
    clock.advance(minutes=5)
    assert room.bid(2, 2).reason == "closed"
    room.intake.tick(room.sale_id)
    with db.engine.connect() as connection:
        loaded = store.load(
            connection, room.sale_id, store.lock_head(connection, room.sale_id), None
        )
    assert (loaded.state.ended, closes_at[-1]) == (False, "Z")


@pytest.mark.parametrize("kind", [Kind.SUSPEND, Kind.RESUME])
def test_an_act_of_the_court_goes_through_the_queue_and_is_recorded(any_app, clock, kind):
    from auction.core.audit import AuditEntry

    room = make_room(any_app, clock.now())
    judge = room.sale.created_by
    suspend = room.intake.submit_command
    assert suspend(room.sale_id, Kind.SUSPEND, actor_id=judge, ground="案外人异议").accepted
    assert room.bid(0, 0).reason == "suspended"
    closes_at = room.sale.closes_at
    if kind is Kind.RESUME:
        clock.advance(minutes=10)
        answer = suspend(room.sale_id, Kind.RESUME, actor_id=judge)
        assert answer.snapshot.closes_at == closes_at + timedelta(minutes=10)
        assert room.bid(0, 0).accepted
    db.session.rollback()
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == f"{kind}-sale")
    ).all()
    assert [(e.actor_id, e.subject_id) for e in entries] == [(judge, room.sale_id)]
