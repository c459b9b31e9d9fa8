"""The corpus of bad amounts, bodies and keys, at both doors: named refusals, and nothing changes."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from conftest import ORIGIN
from corpus_files import CORPUS, content_of, interfaces, load_cases, write_lines
from corpus_room import Door, digest, enrol_again, make_standing_room, reason_of, seat
from live_room import START_PRICE, STEP, make_room
from live_socket import serve
from sale_audit import audit_sale
from second_process import second_process

from auction.core.db import db
from bidding.room.batch import PATIENCE
from bidding.room.models import SaleHead

# Each door is tried on one of the two databases; keys, whose letters a database compares, on both.
on_sqlite = pytest.mark.parametrize("any_app", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("any_app", ["postgresql"], indirect=True)

LEAST = {
    "bank_csv": 110,
    "bid_amount": 160,
    "camt": 150,
    "distribution": 150,
    "json_body": 120,
    "key": 60,
    "mt940": 90,
    "sale_file": 150,
    "socket": 180,
}


def test_the_manifests_are_what_their_writers_write_and_hold_enough():
    assert set(interfaces()) == set(LEAST)
    for interface, least in LEAST.items():
        kept = (CORPUS / interface / "cases.jsonl").read_text(encoding="ascii")
        assert kept == write_lines(interface), f"python {CORPUS.name}_files.py"
        names = [case["name"] for case in load_cases(interface)]
        assert len(names) == len(set(names)) >= least


@pytest.fixture
def room(any_app, clock):
    return make_standing_room(any_app, clock)


@pytest.fixture
def door(any_app, clock, room):
    return Door(any_app, room.users[0], clock.now())


def bid_again(door: Door, lot: str) -> None:
    """The same process still takes a good request."""
    answer = door.send(lot, json.dumps({"amount": START_PRICE + STEP}).encode())
    assert answer.get_json()["accepted"] is True


@on_sqlite
def test_amounts_over_http(any_app, clock, room, door):
    wrong, before = {}, digest()
    for case in load_cases("bid_amount"):
        accepted = case["expect"] == "accepted"
        lot = make_standing_room(any_app, clock) if accepted else room
        sender = Door(any_app, lot.users[0], clock.now()) if accepted else door
        amount = case["amount"]
        body = f'{{"amount": {amount}, "confirm": {amount}, "key": "{case["name"]}"}}'
        answer = sender.send(lot.lot, body.encode())
        told = answer.get_json()
        got = reason_of(told) if answer.status_code == 200 else told["code"]
        if got != case["expect"] or (answer.status_code == 200) is (got == "malformed-json"):
            wrong[case["name"]] = (amount[:60], answer.status_code, got)
        if not accepted and digest() != before:
            wrong[case["name"]] = "changed something"
        before = digest()
    assert wrong == {}
    bid_again(door, room.lot)


@on_postgresql
def test_amounts_over_a_socket(any_app, clock, room, door):
    wrong, before = {}, digest()
    with serve(any_app) as port, seat(port, any_app, room.users[0], clock.now()) as sender:
        for case in load_cases("bid_amount"):
            accepted = case["expect"] == "accepted"
            lot = enrol_again(any_app, clock, room) if accepted else room
            if accepted:
                assert lot.bid(1, 0).accepted
            amount = case["amount"]
            sender.send(
                f'4299["bid",{{"lot":"{lot.lot}","amount":{amount},"confirm":{amount},'
                f'"key":"{case["name"]}"}}]'
            )
            got = reason_of(sender.answer(99))
            # An event that cannot be read has no name.
            expected = case["expect"].replace("malformed-json", "unknown-event")
            if got != expected:
                wrong[case["name"]] = (amount[:60], got)
            if not accepted and digest() != before:
                wrong[case["name"]] = "changed something"
            before = digest()
    assert wrong == {}
    bid_again(door, room.lot)


@on_sqlite
def test_bodies(any_app, clock, room, door):
    wrong, before = {}, digest()
    other = Door(any_app, room.users[1], clock.now())
    before = digest()
    words = {"token": door.token, "other": other.token, "origin": ORIGIN}
    for case in load_cases("json_body"):
        headers = door.good_headers()
        for name, value in case.get("headers", {}).items():
            headers.pop(name, None)
            if value is not None:
                headers[name] = value.format_map(words)
        accepted = case["expect"] == "accepted"
        lot = enrol_again(any_app, clock, room) if accepted else room
        before = digest() if accepted else before
        answer = door.send(lot.lot, content_of(case), headers)
        told = answer.get_json()
        got = reason_of(told) if answer.status_code == 200 else told["code"]
        if (answer.status_code, got) != (case["status"], case["expect"]):
            wrong[case["name"]] = (answer.status_code, got)
        if not accepted and digest() != before:
            wrong[case["name"]] = "changed something"
        before = digest()
    assert wrong == {}
    bid_again(door, room.lot)


class KeyStory:
    """Two bidders and two lots, at one door or the other; the process may restart, the sale end."""

    def __init__(self, any_app, clock, over: str) -> None:
        self.app, self.clock, self.over = any_app, clock, over
        first = make_room(any_app, clock.now(), bidders=2)
        self.rooms = {1: first, 2: enrol_again(any_app, clock, first)}
        self.users = dict(zip("AB", first.users, strict=True))
        self.told: list[dict] = []

    def play(self, steps) -> list[str]:
        """Where the answers differ from what is right."""
        wrong = []
        with ExitStack() as stack:
            self.stack = stack
            self.serve(self.app)
            for place, step in enumerate(steps):
                if "do" in step:
                    getattr(self, step["do"])()
                    self.told.append({})
                    continue
                answer = self.send(step)
                self.told.append(answer)
                if reason_of(answer) != step["expect"]:
                    wrong.append(f"step {place}: {reason_of(answer)}")
                if "same_as" in step and not same(answer, self.told[step["same_as"]]):
                    wrong.append(f"step {place}: another answer than in step {step['same_as']}")
        return wrong

    def serve(self, app) -> None:
        self.served = app
        self.doors = {}
        if self.over == "socket":
            self.port = self.stack.enter_context(serve(app))

    def send(self, step) -> dict:
        amount = step.get("amount") or str(START_PRICE + step["rungs"] * STEP)
        parts = [f'"amount":{amount}', f'"confirm":{amount}']
        parts += [f'"key":{step["key"]}'] if "key" in step else []
        lot, user_id = self.rooms[step["lot"]].lot, self.users[step["by"]]
        if self.over == "http":
            if user_id not in self.doors:
                self.doors[user_id] = Door(self.served, user_id, self.clock.now())
            return self.doors[user_id].send(lot, f"{{{','.join(parts)}}}".encode()).get_json()
        if user_id not in self.doors:
            self.doors[user_id] = self.stack.enter_context(
                seat(self.port, self.served, user_id, self.clock.now())
            )
        self.doors[user_id].send(f'4299["bid",{{"lot":"{lot}",{",".join(parts)}}}]')
        return self.doors[user_id].answer(99)

    def restart(self) -> None:
        self.serve(self.stack.enter_context(second_process(self.app, self.clock)))

    def end(self) -> None:
        sale_id = self.rooms[1].sale_id
        db.session.rollback()
        head = db.session.get(SaleHead, sale_id)
        self.clock.set(head.closes_at + PATIENCE)
        db.session.rollback()
        intake = self.served.extensions["luochui.intake"]
        for _ in range(2):
            intake.tick(sale_id)


def same(answer: dict, first: dict) -> bool:
    """A receipt is repeated to the letter; a refusal, its reason."""
    keys = ("accepted", "seq", "receipt") if answer.get("accepted") else ("accepted", "reason")
    return [answer.get(key) for key in keys] == [first.get(key) for key in keys]


@pytest.mark.parametrize(
    ("any_app", "over"), [("postgresql", "http"), ("sqlite", "socket")], indirect=["any_app"]
)
def test_keys(any_app, clock, over):
    wrong = {}
    for case in load_cases("key"):
        story = KeyStory(any_app, clock, over)
        found = story.play(case["steps"])
        if found:
            wrong[case["name"]] = found
        audit_sale(story.rooms[1].sale_id)
    assert wrong == {}
