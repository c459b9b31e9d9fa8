"""While a sale runs nobody, staff included, finds out who bids, who paid, or up to what (INV-12).

Two bidders with telling names, numbers, addresses and limits have paid by bank, one bids for
itself, the other by a standing instruction. Then every address that can be read is read, with
everything there is in it, as every role; and what sockets say is listened to.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from builders import make_user
from conftest import browser
from finance_stage import Desk
from live_socket import SocketClient, cookie_of, serve
from sqlalchemy import select
from werkzeug.routing import IntegerConverter

from auction.accounts.models import Identity, User
from auction.accounts.roles import Role
from auction.core.crypto import lookup_hash
from auction.core.db import db, transaction
from bidding.room.models import SaleHead
from bidding.room.opening import open_room
from bidding.room.requests import Kind

START, STEP = 200_000_000, 500_000
LIMIT = 287_654_321
HIGHEST_ID = 8

# What tells one person, and appears nowhere else.
CANARIES = [
    {
        "name": "金丝雀甲",
        "id": "110101198001019017",
        "phone": "13987650001",
        "email": "canary-a@secret.example",
        "shown": "金丝雀甲的账户",
        "account": "6222777700000001",
    },
    {
        "name": "百灵鸟乙",
        "id": "110101198502029025",
        "phone": "13987650002",
        "email": "canary-b@secret.example",
        "shown": "百灵鸟乙的账户",
        "account": "6222777700000002",
    },
]
LIMITS = [str(LIMIT), f"{LIMIT / 100:.2f}", f"{LIMIT // 100:,}", "287.65"]
# Their own system's people administer accounts, without knowing who takes part in what.
MAY_SEE_ACCOUNTS = {Role.ADMIN, Role.SECURITY}


@dataclass
class Scene:
    """A running sale, whose secrets are known."""

    app: Any
    clock: Any
    desk: Desk
    enrolments: list[Any]

    def secrets(self, role: Role | None) -> list[str]:
        """What this role must not see."""
        about = ["name", "id", "phone", "account"]
        about += [] if role in MAY_SEE_ACCOUNTS else ["email", "shown"]
        return [person[what] for person in CANARIES for what in about] + LIMITS


@pytest.fixture
def scene(app, clock) -> Scene:
    desk = Desk(clock, start=START)
    enrolments = [desk.enrol() for _ in CANARIES]
    for enrolment, person in zip(enrolments, CANARIES, strict=True):
        name_person(enrolment.user_id, person)
    open_room(desk.sale.id)
    for enrolment, person in zip(enrolments, CANARIES, strict=True):
        desk.row(
            credit=enrolment.deposit_minor,
            name=person["name"],
            account=person["account"],
            text=enrolment.reference,
        )
    desk.take()
    clock.set(desk.sale.opens_at + timedelta(minutes=1))
    intake = app.extensions["luochui.intake"]
    one, other = (enrolment.user_id for enrolment in enrolments)
    assert intake.submit(desk.sale.id, Kind.INSTRUCT, amount=LIMIT, user_id=other).accepted
    bid = intake.submit_bid(desk.sale.id, None, START + STEP, "k", one)
    assert bid.accepted, bid.reason
    db.session.rollback()
    assert db.session.get(SaleHead, desk.sale.id).seq == 3
    return Scene(app, clock, desk, enrolments)


def name_person(user_id: int, person: dict[str, str]) -> None:
    """Give an enrolled bidder an identity that tells."""
    with transaction():
        user = db.session.get(User, user_id)
        user.email, user.display_name = person["email"], person["shown"]
        identity = db.session.scalar(select(Identity).where(Identity.user_id == user_id))
        identity.full_name, identity.phone = person["name"], person["phone"]
        identity.id_number = person["id"]
        identity.id_number_hash = lookup_hash(person["id"], "id_number")


def sign_in(scene: Scene, role: Role | None):
    """A browser of somebody with this role at this court; a stranger's without one."""
    person = browser(scene.app)
    if role is not None:
        with transaction():
            court = None if role is Role.BIDDER else scene.desk.court.id
        user = make_user(scene.clock.now(), role, court_id=court)
        name, _, value = (
            cookie_of(scene.app, user.id, scene.clock.now()).partition(";")[0].partition("=")
        )
        person.set_cookie(name, value, domain="luochui.test")
    return person


def addresses(scene: Scene) -> list[str]:
    """Every address that can be read, with every lot, sale, reference and row number there is."""
    words = [
        scene.desk.lot.number,
        scene.desk.sale.number,
        *(enrolment.reference for enrolment in scene.enrolments),
    ]
    found = []
    for rule in scene.app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        kinds = [
            range(1, HIGHEST_ID) if isinstance(kind, IntegerConverter) else words
            for kind in rule._converters.values()
        ]
        for values in itertools.product(*kinds):
            with scene.app.test_request_context():
                path = scene.app.url_map.bind("luochui.test").build(
                    rule.endpoint, dict(zip(rule._converters, values, strict=True))
                )
            found.append(path)
            if rule.endpoint.startswith("room_api") and "log" in path:
                found += [f"{path}?n=0", f"{path}?from=1&to=2"]
    return found


def told_by(answer) -> str:
    """Everything an answer says, headers included."""
    return f"{answer.headers}\n{answer.get_data().decode(errors='replace')}"


@pytest.mark.parametrize("role", [None, *Role])
def test_no_address_tells_any_role_who_bids_or_up_to_what(scene, role):
    person = sign_in(scene, role)
    leaks, seen = {}, 0
    for path in addresses(scene):
        answer = person.get(path)
        # These tables were not made by the migration, which makes this one not ready.
        assert answer.status_code < 500 or path == "/readyz", path
        seen += answer.status_code == 200
        told = told_by(answer)
        if found := [secret for secret in scene.secrets(role) if secret in told]:
            leaks[path] = found
    assert leaks == {}
    # The crawl has come in somewhere: a court's people and the public see many pages.
    assert seen >= 12, seen


def test_a_bidder_finds_itself_and_nobody_else(scene):
    own, other = CANARIES
    person = browser(scene.app)
    cookie = cookie_of(scene.app, scene.enrolments[0].user_id, scene.clock.now())
    name, _, value = cookie.partition(";")[0].partition("=")
    person.set_cookie(name, value, domain="luochui.test")
    told = "".join(told_by(person.get(path)) for path in addresses(scene))
    assert own["email"] in told
    assert not [secret for secret in [*other.values(), *LIMITS] if secret in told]


def test_no_frame_and_no_answer_of_the_live_room_tells_either(scene):
    desk = scene.desk
    users = [None, desk.clerk.id, desk.maker.id, scene.enrolments[0].user_id]
    intake = scene.app.extensions["luochui.intake"]
    told = []
    with serve(scene.app) as port:
        clients = [
            SocketClient(port, cookie=user and cookie_of(scene.app, user, scene.clock.now()))
            for user in users
        ]
        for client in clients:
            told.append(client.ask("watch", {"lot": desk.lot.number, "after": 0}))
            told.append(client.ask("instruct", {"lot": desk.lot.number, "limit": 1}))
            told.append(client.ask("cancel", {"lot": desk.lot.number}))
        one = scene.enrolments[0].user_id
        assert intake.submit_bid(desk.sale.id, None, START + 5 * STEP, "again", one).accepted
        for client in clients:
            told.append(client.frame(lambda frame: frame["seq"] >= 5))
            client.close()
    text = json.dumps(told, ensure_ascii=False)
    assert desk.lot.number in text
    assert not [secret for secret in scene.secrets(None) if secret in text]
