"""What the platform itself publishes of sales held through its intake, checked from outside."""

from __future__ import annotations

import json
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
from auction.sales.models import Stage
from bidding.closing.services import record_acts
from bidding.enrolment.models import Enrolment
from bidding.enrolment.services import bar_enrolment, confirm_priority
from bidding.room.answers import show_answer
from bidding.room.batch import take_turn
from bidding.room.queries import public_state
from bidding.room.requests import Kind, Waiting


@pytest.mark.parametrize("seed", range(12))
def test_a_sale_held_on_the_platform_holds_with_all_that_was_handed_out(app, clock, seed):
    chance = random.Random(seed)
    terms = {
        "closes_at": clock.now() + timedelta(minutes=chance.choice([4, 40])),
        "stage": chance.choice(list(Stage)),
    }
    early = timedelta(minutes=chance.choice([0, 2]))
    room = make_room(app, clock.now() + early, bidders=5, **terms)
    judge = make_user(clock.now(), Role.JUDGE, court=make_court(clock.now()))
    receipts, checkpoints = [], []
    for _ in range(40):
        clock.advance(milliseconds=chance.choice([0, 1, 900, 20_000, 60_000]))
        if chance.random() < 0.1:
            change_standing(room, judge, clock.now(), chance)
        answer = act(room, judge, chance)
        shown = show_answer(answer, clock.now(), "zh").get("receipt")
        if shown:
            receipts.append(shown)
        checkpoints.append(fetch_log(app, room.lot)["checkpoint"])
    room.intake.submit_command(room.sale_id, Kind.RESUME, actor_id=judge.id, ground="恢复")
    clock.advance(days=2)
    room.intake.tick(room.sale_id)
    auditor = make_user(clock.now(), Role.AUDITOR)
    sealed = sign_in_as(browser(app), auditor).get(f"/api/v1/lots/{room.lot}/log/sealed")
    status, said = check_log(
        fetch_log(app, room.lot),
        receipts=receipts,
        checkpoints=chance.sample(checkpoints, 8),
        sealed=sealed.get_json(),
    )
    assert status == 0, said
    assert "instructions: they ask for exactly" in said


def change_standing(room, judge, now, chance):
    """The court confirms a rank, takes one back, or bars a bidder."""
    code = chance.choice(room.codes)
    with transaction():
        found = db.session.query(Enrolment).filter_by(sale_id=room.sale_id, code=code).one()
        if chance.random() < 0.8:
            confirm_priority(found.id, chance.choice([None, 1, 2]), judge.id, now)
        elif not found.is_barred:
            bar_enrolment(found.id, judge.id, now, "利益冲突")


def act(room, judge, chance):
    """One request of somebody, most of them bids that may well be accepted."""
    price = public_state(room.sale_id)["price"]
    rung = START_PRICE if price is None else price + STEP * chance.choice([-1, 0, 1, 1, 1, 2])
    who = chance.randrange(len(room.users))
    user = {"user_id": room.users[who]}
    draw = chance.random()
    if draw < 0.5:
        return room.bid(who, amount=rung)
    if draw < 0.75:
        limit = rung + STEP * chance.randint(0, 5) + chance.choice([0, 1])
        return room.intake.submit(room.sale_id, Kind.INSTRUCT, amount=limit, **user)
    if draw < 0.8:
        return room.intake.submit(room.sale_id, Kind.CANCEL, **user)
    if draw < 0.9:
        return room.intake.tick(room.sale_id)
    kind = chance.choice([Kind.SUSPEND, Kind.RESUME, Kind.RESUME])
    return room.intake.submit_command(room.sale_id, kind, actor_id=judge.id, ground="核查")


def test_an_opening_found_only_after_the_close_logs_codes_before_their_bids(app, clock):
    room = make_room(app, clock.now() + timedelta(hours=1), bidders=2)
    user = {"user_id": room.users[0]}
    left = room.intake.submit(room.sale_id, Kind.INSTRUCT, amount=START_PRICE + STEP, **user)
    assert left.accepted
    clock.advance(days=2)
    room.intake.tick(room.sale_id)
    status, said = check_log(fetch_log(app, room.lot))
    assert status == 0, said
    assert f'sold to "{room.codes[0]}" for {START_PRICE}' in said


@pytest.mark.parametrize("first", [None, Kind.RESUME, "outsize"])
@pytest.mark.parametrize("kind", [Kind.SUSPEND, Kind.RESUME, Kind.WITHDRAW])
def test_an_act_stamped_before_the_opening_and_decided_after_it_stays_before_it(
    any_app, clock, kind, first
):
    """The codes of the opening may not come before it, nor may another process's request."""
    room = make_room(any_app, clock.now() + timedelta(hours=1), bidders=2)
    judge = make_user(clock.now(), Role.JUDGE, court=make_court(clock.now()))
    limit = {"amount": START_PRICE + STEP, "user_id": room.users[0]}
    room.intake.submit(room.sale_id, Kind.INSTRUCT, **limit)
    if kind is Kind.RESUME or first is Kind.RESUME:
        suspend = {"actor_id": judge.id, "ground": "核查"}
        room.intake.submit_command(room.sale_id, Kind.SUSPEND, **suspend)
    clock.set(room.sale.opens_at - timedelta(milliseconds=5))
    early = Waiting(kind, clock.now(), lambda _: None, actor_id=judge.id, ground="故障")
    clock.advance(milliseconds=10)
    bid = {"user_id": room.users[1], "amount": START_PRICE}
    late = Waiting(Kind.BID, clock.now(), lambda _: None, **bid)
    clock.advance(milliseconds=90)
    if first == "outsize":  # answered, and recorded nowhere
        assert room.bid(1, amount=START_PRICE * 2).reason in {"outsize", "suspended"}
    with transaction() as session:
        turn = take_turn(session.connection(), room.sale_id, None, [early, late], clock.now())
        record_acts(turn, clock.now())
    assert turn.answers[0].accepted
    clock.advance(minutes=3)
    room.intake.submit_command(room.sale_id, Kind.RESUME, actor_id=judge.id)
    room.bid(1, 5)
    clock.advance(days=2)
    room.intake.tick(room.sale_id)
    auditor = make_user(clock.now(), Role.AUDITOR)
    sealed = sign_in_as(browser(any_app), auditor).get(f"/api/v1/lots/{room.lot}/log/sealed")
    status, said = check_log(fetch_log(any_app, room.lot), sealed=sealed.get_json())
    assert status == 0, said


def test_times_do_not_fall_where_a_new_rank_was_logged_after_a_bid_was_stamped(app, clock):
    """Another process took the bid in, and comes to the sale's lock later."""
    room = make_room(app, clock.now(), bidders=2)
    assert room.bid(0, 0).accepted
    clock.advance(seconds=10)
    waiting = Waiting(
        Kind.BID, clock.now(), lambda _: None, user_id=room.users[1], amount=START_PRICE + STEP
    )
    with transaction():
        found = db.session.query(Enrolment).filter_by(sale_id=room.sale_id, code=room.codes[0])
        confirm_priority(found.one().id, 1, room.users[0], clock.now())
    clock.advance(milliseconds=300)
    room.intake.tick(room.sale_id)
    with db.engine.begin() as connection:
        turn = take_turn(connection, room.sale_id, None, [waiting], clock.now())
    assert [answer.accepted for answer in turn.answers] == [True]
    status, said = check_log(fetch_log(app, room.lot))
    assert status == 0, said


def test_a_sell_off_that_a_resumption_opens_says_which_close_follows_from_what(app, clock):
    """The resumption moves the close; the bid it wakes starts the countdown and moves it again."""
    room = make_room(
        app,
        clock.now() + timedelta(hours=1),
        bidders=2,
        stage=Stage.SELLOFF,
        closes_at=clock.now() + timedelta(hours=9),
    )
    judge = make_user(clock.now(), Role.JUDGE, court=make_court(clock.now()))
    ask, command = room.intake.submit, room.intake.submit_command
    ask(room.sale_id, Kind.INSTRUCT, amount=START_PRICE + STEP, user_id=room.users[0])
    command(room.sale_id, Kind.SUSPEND, actor_id=judge.id, ground="网络故障")
    clock.advance(hours=2)
    command(room.sale_id, Kind.RESUME, actor_id=judge.id, ground="故障排除")
    log = fetch_log(app, room.lot)
    resumed, bid = (json.loads(line) for line in log["entries"][-2:])
    assert (resumed["type"], bid["type"], bid["cause"]) == ("resume", "bid", resumed["n"])
    assert resumed["closes_at"] != bid["closes_at"]
    status, said = check_log(log)
    assert status == 0, said
