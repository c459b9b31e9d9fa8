"""Requests let go at one moment over HTTP and sockets, at two processes: the rules hold each time.

After every race all that was recorded is replayed by engine and twin (`sale_audit`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from court_in_session import START_PRICE, STEP, CourtInSession, RunningSale
from flask import session
from flask_wtf.csrf import generate_csrf
from processes import Deployment, wait_until, worker_process
from sale_audit import audit_sale
from sqlalchemy import func, select
from volley import Gun, Shot, fire_together

from auction.accounts.models import User
from auction.accounts.sessions import open_session
from auction.core.db import db, transaction
from auction.sales.models import Sale
from bidding.room.models import Bid, SaleHead, SaleRequest

pytestmark = pytest.mark.services

BIDDERS = 64
ROUNDS = 40
COPIES = 50

Arm = Callable[[int, int], Gun]


@pytest.fixture
def arm(court: CourtInSession, deployment: Deployment) -> Iterator[Arm]:
    """Signs a user in at the web process of this place, without asking it."""
    with ExitStack() as stack:

        def make(user_id: int, place: int) -> Gun:
            cookie, token = sign_in_offline(court, user_id)
            ports = deployment.web_ports
            gun = Gun(deployment.url, ports[place % len(ports)], cookie, token)
            stack.callback(gun.close)
            return gun

        yield make


def sign_in_offline(court: CourtInSession, user_id: int) -> tuple[str, str]:
    """A session of the user as its cookie, with the token its writing calls carry."""
    app = court.app
    with app.test_request_context(base_url=court.deployment.url):
        now = app.extensions["luochui.clock"].now()
        with transaction():
            user = db.session.get(User, user_id)
            session["token"] = open_session(user, now=now, ip="", agent="race")
        token = generate_csrf()
        signed = app.session_interface.get_signing_serializer(app).dumps(dict(session))
    return f"{app.config['SESSION_COOKIE_NAME']}={signed}; lang=zh", token


def users_of(court: CourtInSession, sale: RunningSale) -> list[int]:
    with court.app.app_context():
        rows = db.session.execute(select(User.email, User.id).where(User.email.in_(sale.emails)))
        found = {row.email: row.id for row in rows}
    return [found[email] for email in sale.emails]


def load_bid(gun: Gun, number: int, sale: RunningSale, steps: int, key: str) -> Shot:
    """Every other person bids over HTTP, the rest over a socket; both kinds at both processes."""
    amount = START_PRICE + steps * STEP
    if number % 4 < 2:
        return gun.call(f"/api/v1/lots/{sale.lot}/bids", {"amount": amount, "key": key})
    return gun.event("bid", {"lot": sale.lot, "amount": amount, "key": key})


def read(answer: Any) -> dict[str, Any]:
    """The answer to a bid, however it came."""
    if isinstance(answer, dict):
        return answer
    status, body = answer
    assert status == 200, (status, body)
    return json.loads(body)


def standing(court: CourtInSession, sale: RunningSale) -> tuple[int, str]:
    """Price and leader, as committed."""
    with court.app.app_context():
        head = db.session.get(SaleHead, sale.sale_id)
        return head.price_minor, head.leader


def audit(court: CourtInSession, sale: RunningSale) -> dict[str, Any]:
    with court.app.app_context():
        return audit_sale(sale.sale_id)


def count_rows(model: Any, sales: list[RunningSale]) -> int:
    wanted = [sale.sale_id for sale in sales]
    return db.session.scalar(select(func.count()).where(model.sale_id.in_(wanted)))


def test_of_64_equal_bids_at_once_exactly_one_leads_40_times_over(court: CourtInSession, arm: Arm):
    with court.open_sale(bidders=BIDDERS) as sale:
        guns = [arm(user_id, place) for place, user_id in enumerate(users_of(court, sale))]
        winners = []
        for turn in range(ROUNDS):
            shots = [
                load_bid(gun, number, sale, turn, f"{turn}-{number}")
                for number, gun in enumerate(guns)
            ]
            answers = [read(answer) for answer in fire_together(shots)]
            accepted = [answer for answer in answers if answer["accepted"]]
            refused = [answer for answer in answers if not answer["accepted"]]
            assert [answer["seq"] for answer in accepted] == [turn + 1]
            assert [answer["reason"] for answer in refused] == ["below-minimum"] * (BIDDERS - 1)
            winners.append(accepted[0]["receipt"]["code"])
        outcome = audit(court, sale)
    assert [bid["code"] for bid in outcome["bids"]] == winners
    assert len(outcome["events"]) == ROUNDS * BIDDERS


def test_one_bid_sent_50_times_at_once_has_one_effect_and_one_answer(
    court: CourtInSession, arm: Arm
):
    with court.open_sale(bidders=2) as sale:
        users = users_of(court, sale)
        guns = [[arm(user, place) for place in range(COPIES)] for user in users]
        for turn in range(6):
            shots = [
                load_bid(gun, number, sale, turn, f"turn {turn}")
                for number, gun in enumerate(guns[turn % 2])
            ]
            answers = [read(answer) for answer in fire_together(shots)]
            assert {json.dumps(answer, sort_keys=True) for answer in answers} == {
                json.dumps(answers[0], sort_keys=True)
            }
            assert (answers[0]["accepted"], answers[0]["seq"]) == (True, turn + 1)
        assert len(audit(court, sale)["events"]) == 6


def test_a_cancellation_races_the_bid_that_would_wake_the_instruction(
    court: CourtInSession, arm: Arm
):
    with court.open_sale(bidders=2) as sale:
        holder, rival = (arm(user, place) for place, user in enumerate(users_of(court, sale)))
        woken = 0
        for turn in range(16):
            [left] = fire_together(
                [holder.event("instruct", {"lot": sale.lot, "limit": START_PRICE * 2})]
            )
            assert left["accepted"] is True
            price, leader = standing(court, sale)
            assert leader == sale.codes[0]
            cancel = holder.event("cancel", {"lot": sale.lot})
            offer = load_bid(rival, turn, sale, (price - START_PRICE) // STEP + 1, f"{turn}")
            shots = [cancel, offer] if turn % 2 else [offer, cancel]
            assert all(read(answer)["accepted"] for answer in fire_together(shots))
            # The bid came first and was outbid for the holder, or the cancellation did: one of two.
            assert standing(court, sale) in (
                (price + 2 * STEP, sale.codes[0]),
                (price + STEP, sale.codes[1]),
            )
            woken += standing(court, sale)[1] == sale.codes[0]
        outcome = audit(court, sale)
    automatic = [bid for bid in outcome["bids"] if bid["auto"]]
    assert len(automatic) >= woken  # and those it made when it was left
    assert len(outcome["events"]) == 3 * 16


def test_a_suspension_races_the_bids_and_none_is_accepted_after_it(court: CourtInSession, arm: Arm):
    with court.open_sale(bidders=12) as sale:
        guns = [arm(user, place) for place, user in enumerate(users_of(court, sale))]
        with court.app.app_context():
            row = db.session.get(Sale, sale.sale_id)
            path, clerk = f"/court/control/{row.number}", row.created_by
        desk = arm(clerk, 0)
        for turn in range(8):
            shots = [
                load_bid(gun, number, sale, turn * 12 + number, f"{turn}-{number}")
                for number, gun in enumerate(guns)
            ]
            shots.insert(turn + 2, desk.form(f"{path}/suspend", ground="案外人提出异议"))
            answers = fire_together(shots)
            assert answers.pop(turn + 2)[0] == 303
            told = [read(answer) for answer in answers]
            assert {answer.get("reason") for answer in told} <= {
                None,
                "below-minimum",
                "suspended",
            }
            [late] = fire_together([load_bid(guns[0], 0, sale, turn * 12 + 11, f"late {turn}")])
            assert read(late)["reason"] == "suspended"
            assert fire_together([desk.form(f"{path}/resume")])[0][0] == 303
        outcome = audit(court, sale)
    assert outcome["status"] == "open"
    assert len(outcome["events"]) == 8 * (12 + 3)


def test_closers_race_each_other_and_the_last_bids_and_every_sale_ends_once(
    court: CourtInSession, deployment: Deployment, arm: Arm, tmp_path: Path
):
    """The deployment's worker, another one beside it, and this process, all end the same sales."""
    with ExitStack() as stack:
        stack.enter_context(worker_process(tmp_path, deployment.settings))
        sales = [
            stack.enter_context(court.open_sale(bidders=2, seconds=4, extension_seconds=0))
            for _ in range(8)
        ]
        guns = [
            [arm(user, place) for place, user in enumerate(users_of(court, sale))] for sale in sales
        ]
        told: list[dict[str, Any]] = []
        with court.app.app_context():
            intake = court.app.extensions["luochui.intake"]

            def bid_until_all_are_refused() -> bool:
                turn = len(told) // (2 * len(sales))
                shots = [
                    load_bid(gun, turn * 2 + place, sale, turn * 2 + place, f"{turn}")
                    for sale, pair in zip(sales, guns, strict=True)
                    for place, gun in enumerate(pair)
                ]
                answers = [read(answer) for answer in fire_together(shots)]
                told.extend(answers)
                return all(answer.get("reason") == "closed" for answer in answers)

            def all_have_ended() -> bool:
                for sale in sales:
                    intake.tick(sale.sale_id)
                db.session.rollback()
                heads = [db.session.get(SaleHead, sale.sale_id) for sale in sales]
                return all(head.status == "sold" for head in heads)

            wait_until(bid_until_all_are_refused, 20, "the close", pause=0.1)
            wait_until(all_have_ended, 20, "the end of eight sales")
            outcomes = [audit_sale(sale.sale_id) for sale in sales]
            recorded = [count_rows(model, sales) for model in (Bid, SaleRequest)]
    assert {outcome["status"] for outcome in outcomes} == {"sold"}
    accepted = sum(answer["accepted"] for answer in told)
    assert recorded == [accepted, len(told)]
