"""The intake decides by the rules, records before it answers, and repeats an answer for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_bidder
from live_room import START_PRICE, STEP, make_room
from sqlalchemy import func, select, text

from auction.core.db import db
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from bidding.room.answers import UNAVAILABLE
from bidding.room.intake import Intake
from bidding.room.models import Bid, SaleHead, SaleRequest
from bidding.room.queries import bids_after, public_state
from bidding.room.requests import Kind


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def head_of(room) -> SaleHead:
    db.session.rollback()
    return db.session.get(SaleHead, room.sale_id, populate_existing=True)


def test_an_accepted_bid_is_answered_with_its_receipt_and_stands_in_the_public_list(any_app, clock):
    room = make_room(any_app, clock.now())
    answer = room.bid(0, 0)
    assert (answer.accepted, answer.seq, answer.receipt.code) == (True, 1, room.codes[0])
    assert [(b["seq"], b["code"], b["amount"]) for b in bids_after(room.sale_id)] == [
        (1, room.codes[0], START_PRICE)
    ]
    state = public_state(room.sale_id)
    assert (state["status"], state["price"], state["leader"], state["minimum"]) == (
        "open",
        START_PRICE,
        room.codes[0],
        START_PRICE + STEP,
    )
    assert head_of(room).price_minor == START_PRICE


@pytest.mark.parametrize(
    ("steps", "amount", "reason"),
    [
        (0, None, "below-minimum"),
        (2, None, None),
        (None, START_PRICE + STEP + 1, "off-ladder"),
        (None, True, "malformed"),
        (None, 70.5, "malformed"),
        (None, 10**30, "malformed"),
        (None, None, "malformed"),
        (None, {"a": [1]}, "malformed"),
        (None, "70000000", "malformed"),
    ],
)
def test_a_second_bid_is_accepted_or_refused_for_one_reason(any_app, clock, steps, amount, reason):
    room = make_room(any_app, clock.now())
    assert room.bid(0, 0).accepted
    sent = START_PRICE + steps * STEP if steps is not None else amount
    answer = room.intake.submit_bid(room.sale_id, None, sent, "k", room.users[1])
    assert (answer.accepted, answer.reason) == (reason is None, reason)
    assert answer.minimum == answer.snapshot.minimum


def test_whoever_is_not_enrolled_is_refused_and_leaves_no_row(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=1)
    stranger = make_room(any_app, clock.now(), bidders=1).users[0]
    answer = room.intake.submit_bid(room.sale_id, None, START_PRICE, "k", stranger)
    assert (answer.accepted, answer.reason) == (False, "unknown-bidder")
    assert count(SaleRequest) == 0


def test_a_key_sent_again_gets_the_first_answer_also_from_a_process_that_knows_nothing(
    any_app, clock
):
    room = make_room(any_app, clock.now())
    first = room.bid(0, 0, key="once")
    refused = room.bid(1, 0, key="low")
    room.bid(1, 3, key="high")
    restarted = Intake(any_app, clock)
    again = restarted.submit_bid(room.sale_id, None, START_PRICE, "once", room.users[0])
    assert (again.accepted, again.repeat, again.receipt) == (True, True, first.receipt)
    low = restarted.submit_bid(room.sale_id, None, START_PRICE, "low", room.users[1])
    assert (low.reason, low.repeat) == (refused.reason, True)
    assert (count(Bid), count(SaleRequest)) == (2, 3)


def test_a_key_with_another_amount_is_refused_as_reused_and_the_first_answer_stays(any_app, clock):
    room = make_room(any_app, clock.now())
    assert room.bid(0, 0, key="k").accepted
    assert room.bid(0, 5, key="k").reason == "key-reused"
    assert room.bid(0, 5, key="k").reason == "key-reused"
    assert room.bid(0, 0, key="k").accepted
    assert count(Bid) == 1


def test_the_same_key_of_two_bidders_is_two_keys(any_app, clock):
    room = make_room(any_app, clock.now())
    assert room.bid(0, 0, key="same").accepted
    assert room.bid(1, 1, key="same").accepted


def test_a_repeat_is_answered_also_after_the_end(any_app, clock):
    room = make_room(any_app, clock.now())
    first = room.bid(0, 0, key="k")
    clock.advance(days=2)
    again = room.bid(0, 0, key="k")
    assert (again.accepted, again.receipt) == (True, first.receipt)
    assert room.bid(1, 1).reason == "closed"


def test_the_close_is_half_open(any_app, clock):
    room = make_room(any_app, clock.now())
    closes_at = room.sale.closes_at
    clock.set(closes_at - timedelta(milliseconds=1))
    assert room.bid(0, 0).accepted
    clock.set(closes_at + timedelta(minutes=5) - timedelta(milliseconds=1))
    assert room.bid(1, 1).reason == "closed"


def test_a_bid_in_the_last_five_minutes_moves_the_close(any_app, clock):
    room = make_room(any_app, clock.now())
    clock.set(room.sale.closes_at - timedelta(minutes=2))
    answer = room.bid(0, 0)
    assert answer.receipt.closes_at == clock.now() + timedelta(minutes=5)
    assert head_of(room).closes_at == clock.now() + timedelta(minutes=5)
    assert bids_after(room.sale_id)[0]["extended"] is True


def test_before_the_opening_nothing_is_accepted(any_app, clock):
    room = make_room(any_app, clock.now(), opens_at=clock.now() + timedelta(seconds=1))
    assert room.bid(0, 0).reason == "not-open"
    clock.advance(seconds=1)
    assert room.bid(0, 0).accepted


def test_what_waited_longer_than_two_seconds_is_not_decided_and_not_recorded(any_app, clock):
    room = make_room(any_app, clock.now())
    queue = room.intake.queue_of(room.sale_id)
    original = queue._flush

    def flush_late(batch):
        clock.advance(seconds=2.001)
        original(batch)

    queue._flush = flush_late
    assert room.bid(0, 0, key="k").reason == UNAVAILABLE
    queue._flush = original
    assert (count(Bid), count(SaleRequest)) == (0, 0)
    assert room.bid(0, 0, key="k").accepted


def test_a_failing_commit_is_never_answered_as_accepted(any_app, clock, monkeypatch):
    room = make_room(any_app, clock.now())
    from bidding.room import store

    def fail(*_args):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_head", fail)
        assert room.bid(0, 0, key="k").reason == UNAVAILABLE
    assert count(Bid) == 0
    assert room.bid(0, 0, key="k").accepted
    assert count(Bid) == 1


def test_a_crash_between_commit_and_answer_leaves_the_answer_to_the_key(any_app, clock):
    room = make_room(any_app, clock.now())

    def broken_pipe(_answer):
        raise BrokenPipeError

    fields = {"amount": START_PRICE, "key": "k", "user_id": room.users[0]}
    room.intake.put(room.sale_id, Kind.BID, broken_pipe, **fields)
    again = room.intake.submit(room.sale_id, Kind.BID, **fields)
    assert (again.accepted, again.seq, again.repeat) == (True, 1, True)
    assert count(Bid) == 1


def test_a_long_outage_suspends_the_sale_when_the_database_is_back(any_app, clock, monkeypatch):
    room = make_room(any_app, clock.now())
    from bidding.room import store

    def fail(*_args):
        raise OSError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(store, "lock_head", fail)
        assert room.bid(0, 0).reason == UNAVAILABLE
        clock.advance(seconds=6)
        assert room.bid(0, 0).reason == UNAVAILABLE
    assert room.bid(0, 0).reason == "suspended"
    assert head_of(room).status == "suspended"
    assert "平台故障" in head_of(room).ground


def test_a_barred_bidder_and_a_changed_roster_count_from_the_next_decision(any_app, clock):
    from auction.core.db import transaction
    from bidding.enrolment.services import bar_enrolment

    room = make_room(any_app, clock.now())
    assert room.bid(0, 0).accepted
    enrolment = db.session.scalar(select(Enrolment).where(Enrolment.code == room.codes[1]))
    with transaction():
        bar_enrolment(enrolment.id, None, clock.now(), "悔拍")
    assert room.bid(1, 1).reason == "barred"


def test_a_limit_is_kept_sealed_and_bids_for_its_owner(any_app, clock):
    room = make_room(any_app, clock.now())
    limit = START_PRICE + 10 * STEP + 123
    answer = room.intake.submit(room.sale_id, Kind.INSTRUCT, amount=limit, user_id=room.users[0])
    assert answer.accepted
    assert room.bid(1, 3).accepted
    assert [(b["code"], b["auto"]) for b in bids_after(room.sale_id)] == [
        (room.codes[0], True),
        (room.codes[1], False),
        (room.codes[0], True),
    ]
    with db.engine.connect() as connection:
        for table in ("sale_head", "sale_request", "bid"):
            stored = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert str(limit) not in stored
    db.session.rollback()
    kept = db.session.scalar(select(SaleRequest.limit_sealed).where(SaleRequest.kind == "instruct"))
    assert kept == str(limit)
    assert room.intake.submit(room.sale_id, Kind.CANCEL, user_id=room.users[0]).accepted
    assert room.bid(1, 6).accepted
    assert public_state(room.sale_id)["leader"] == room.codes[1]


def test_of_what_is_sealed_nobody_hears_not_even_that_something_happened(any_app, clock):
    """A frame between two beats would tell every watcher the moment of an instruction."""
    room = make_room(any_app, clock.now(), bidders=2)
    told = []
    room.intake.listen(lambda turn: told.append(turn.snapshot.seq))
    user = {"user_id": room.users[1]}
    assert room.bid(0, 5).accepted
    assert room.intake.submit(room.sale_id, Kind.INSTRUCT, amount=START_PRICE, **user).accepted
    assert room.intake.submit(room.sale_id, Kind.CANCEL, **user).accepted
    assert room.bid(1, 0).reason == "below-minimum"
    assert room.bid(1, amount=START_PRICE * 2).reason == "outsize"
    assert room.bid(0, 5, key="k1").repeat
    stranger = make_bidder(clock.now())
    room.intake.submit_bid(room.sale_id, None, START_PRICE, None, stranger.id)
    assert told == [1]
    room.intake.submit_command(room.sale_id, Kind.SUSPEND, actor_id=room.users[0], ground="核查")
    room.intake.submit_command(room.sale_id, Kind.RESUME, actor_id=room.users[0])
    assert room.bid(1, 6).accepted
    assert told == [1, 1, 1, 2]


def test_a_bidder_with_rank_may_match_the_price_and_sees_it_as_its_minimum(any_app, clock):
    from auction.core.db import transaction
    from bidding.enrolment.services import confirm_priority

    room = make_room(any_app, clock.now())
    enrolment = db.session.scalar(select(Enrolment).where(Enrolment.code == room.codes[1]))
    with transaction():
        confirm_priority(enrolment.id, 1, room.sale.created_by, clock.now())
    assert room.bid(0, 4).accepted
    assert public_state(room.sale_id, room.users[1])["minimum"] == START_PRICE + 4 * STEP
    assert public_state(room.sale_id)["minimum"] == START_PRICE + 5 * STEP
    assert room.bid(1, 4).accepted
    assert bids_after(room.sale_id, 1)[0]["match"] is True


def test_every_decision_leaves_a_row_in_order(any_app, clock):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    room.bid(1, 0)
    room.bid(1, None, amount="nonsense")
    db.session.rollback()
    rows = db.session.scalars(select(SaleRequest).order_by(SaleRequest.id)).all()
    assert [(r.accepted, r.reason, r.amount) for r in rows] == [
        (True, None, "70000000"),
        (False, "below-minimum", "70000000"),
        (False, "malformed", 'str "nonsense"'),
    ]


def test_a_sale_without_a_room_is_unknown(any_app, clock):
    room = make_room(any_app, clock.now())
    assert room.intake.submit_bid(room.sale_id + 1000, None, 1, "k", room.users[0]).reason == (
        "unknown-sale"
    )
    assert db.session.get(Sale, room.sale_id) is not None
