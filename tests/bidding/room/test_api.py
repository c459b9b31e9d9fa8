"""The HTTP twin of the live room: answers as described, strict about what it is sent."""

from __future__ import annotations

import json

import pytest
from builders import PASSWORD
from conftest import ORIGIN, browser
from evidence_checks import check_receipt
from live_room import START_PRICE, STEP, make_room

from auction.accounts.models import User
from auction.core.db import db
from bidding.room.answers import UNAVAILABLE, Answer
from bidding.room.api import load_openapi


def sign_in(app, user_id):
    """A browser with a session, and the token its writing calls carry."""
    person = browser(app)
    email = db.session.get(User, user_id).email
    db.session.rollback()
    page = person.get("/login")
    token = page.get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    answer = person.post("/login", data={"csrf_token": token, "email": email, "password": PASSWORD})
    assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
    return person, person.get("/api/v1/me").get_json()["csrf_token"]


def send(person, token, lot, body, **headers):
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return person.post(
        f"/api/v1/lots/{lot}/bids",
        data=data,
        headers={"Content-Type": "application/json", "X-CSRF-Token": token, **headers},
    )


def fit(value, schema, root=None) -> None:
    """Hold a value against the parts of JSON Schema that our description uses."""
    root = root or load_openapi()
    if "$ref" in schema:
        return fit(value, root["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], root)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            hits = [fits(value, option, root) for option in schema[word]]
            assert sum(hits) == 1 if word == "oneOf" else any(hits), (value, schema)
            return None
    if "const" in schema:
        assert value is schema["const"]
    if "enum" in schema:
        assert value in schema["enum"], value
    kinds = schema.get("type", [])
    names = {
        str: "string",
        int: "integer",
        bool: "boolean",
        type(None): "null",
        dict: "object",
        list: "array",
    }
    if kinds:
        assert names[type(value)] in ([kinds] if isinstance(kinds, str) else kinds), (value, schema)
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema["required"]) <= set(value), set(schema["required"]) - set(value)
        if not schema["additionalProperties"]:
            assert set(value) <= set(schema["properties"]), set(value) - set(schema["properties"])
        for name, part in value.items():
            if name in schema["properties"]:
                fit(part, schema["properties"][name], root)
    if isinstance(value, list) and "items" in schema:
        for part in value:
            fit(part, schema["items"], root)
    return None


def fits(value, schema, root) -> bool:
    try:
        fit(value, schema, root)
    except AssertionError:
        return False
    return True


def check_described(path, method, answer) -> None:
    described = load_openapi()["paths"][path][method]["responses"][str(answer.status_code)]
    schema = described["content"][answer.mimetype]["schema"]
    fit(answer.get_json(), schema)


def test_every_path_of_the_description_is_served_and_every_api_path_is_described(app):
    described = {
        (path.replace("{number}", "<number>"), method.upper())
        for path, item in load_openapi()["paths"].items()
        for method in item
        if method in {"get", "post"}
    }
    served = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == described


def test_a_bid_and_its_refusal_are_answered_as_described(any_app, clock):
    room = make_room(any_app, clock.now())
    first, token = sign_in(any_app, room.users[0])
    second, other_token = sign_in(any_app, room.users[1])
    answer = send(first, token, room.lot, {"amount": START_PRICE, "key": "a"})
    check_described("/api/v1/lots/{number}/bids", "post", answer)
    body = answer.get_json()
    assert (body["accepted"], body["seq"]) == (True, 1)
    check_receipt(
        any_app,
        body["receipt"],
        {
            "lot": room.lot,
            "seq": 1,
            "at": "2026-11-02T02:00:00.000Z",
            "code": room.codes[0],
            "amount": START_PRICE,
            "closes_at": "2026-11-03T02:00:00.000Z",
        },
    )
    again = send(first, token, room.lot, {"amount": START_PRICE, "key": "a"})
    assert again.data == answer.data
    low = send(second, other_token, room.lot, {"amount": START_PRICE, "key": "b"})
    check_described("/api/v1/lots/{number}/bids", "post", low)
    body = low.get_json()
    assert (body["accepted"], body["reason"]) == (False, "below-minimum")
    assert body["state"]["minimum"] == START_PRICE + STEP
    assert "¥705,000.00" in body["message"]


def test_what_everybody_reads_is_as_described(any_app, clock):
    room = make_room(any_app, clock.now())
    for step in range(5):
        assert room.bid(step % 2, step).accepted
    anyone = browser(any_app)
    for path in ("/api/v1/lots", f"/api/v1/lots/{room.lot}", f"/api/v1/lots/{room.lot}/bids"):
        answer = anyone.get(path)
        check_described(path.replace(room.lot, "{number}"), "get", answer)
        assert answer.headers["Cache-Control"] == "public, max-age=1"
        assert (
            anyone.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        )
    bids = anyone.get(f"/api/v1/lots/{room.lot}/bids?after=3").get_json()
    assert ([b["seq"] for b in bids["bids"]], bids["seq"]) == ([4, 5], 5)
    check_described("/api/v1/time", "get", anyone.get("/api/v1/time"))
    check_described("/api/v1/openapi.json", "get", anyone.get("/api/v1/openapi.json"))
    names = anyone.get("/api/v1/lots").get_data(as_text=True)
    assert "竞买人" not in names


def test_lots_are_paged_with_links(any_app, clock):
    for _ in range(3):
        room = make_room(any_app, clock.now(), bidders=0)
    answer = browser(any_app).get("/api/v1/lots?per_page=1&page=2")
    assert [lot["number"] for lot in answer.get_json()["lots"]] != [room.lot]
    assert answer.headers["Link"] == (
        '</api/v1/lots?per_page=1&page=1>; rel="first", </api/v1/lots?per_page=1&page=3>; rel="last", '
        '</api/v1/lots?per_page=1&page=1>; rel="prev", </api/v1/lots?per_page=1&page=3>; rel="next"'
    )


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "per_page=1000", "min=-1", "max=１", "sort=evil", "min=1_0"]
)
def test_an_impossible_parameter_is_a_problem(client, query):
    answer = client.get(f"/api/v1/lots?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    fit(answer.get_json(), {"$ref": "#/components/schemas/Problem"})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"amount": 1, "amount": 2}', 400, "malformed-json"),
        ('{"amount": NaN, "key": "k"}', 400, "malformed-json"),
        ('{"amount": Infinity}', 400, "malformed-json"),
        ('{"amount": 1', 400, "malformed-json"),
        (b"\xff\xfe\x00", 400, "malformed-json"),
        ("[" * 100_000, 400, "malformed-json"),
        ('{"amount": ' + "[" * 50 + "]" * 50 + "}", 400, "malformed-json"),
        ('{"amount": ' + "9" * 5000 + "}", 400, "malformed-json"),
        ("", 400, "malformed-json"),
        ("[]", 422, "malformed-request"),
        ("{}", 422, "missing-field"),
        ('{"amount": 1, "key": ""}', 422, "bad-key"),
        ('{"amount": 1, "key": "\\u0000"}', 422, "bad-key"),
        ('{"amount": 1, "key": "\\ud800"}', 422, "bad-key"),
        ('{"amount": 1, "key": 7}', 422, "bad-key"),
        (json.dumps({"amount": 1, "key": "k" * 81}), 422, "bad-key"),
        ('{"amount": 1, "seq": 4}', 422, "unknown-field"),
        ('{"amount": 1, "at": "2026-01-01T00:00:00Z", "user_id": 1}', 422, "unknown-field"),
    ],
)
def test_what_is_not_a_bid_is_a_problem_and_nothing_is_recorded(app, clock, body, status, code):
    room = make_room(app, clock.now(), bidders=1)
    person, token = sign_in(app, room.users[0])
    answer = send(person, token, room.lot, body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    check_described("/api/v1/lots/{number}/bids", "post", answer)
    assert browser(app).get(f"/api/v1/lots/{room.lot}/bids").get_json()["bids"] == []


@pytest.mark.parametrize(
    "amount", ["true", "70000000.0", "1e9", '"70000000"', "-5", "0", "1" + "0" * 18, "null", "[]"]
)
def test_what_is_not_an_amount_is_refused_as_malformed(app, clock, amount):
    room = make_room(app, clock.now(), bidders=1)
    person, token = sign_in(app, room.users[0])
    answer = send(person, token, room.lot, f'{{"amount": {amount}, "key": "k"}}')
    assert (answer.status_code, answer.get_json()["reason"]) == (200, "malformed")


def test_who_may_not_bid_is_told_so(app, clock):
    room = make_room(app, clock.now(), bidders=1)
    person, token = sign_in(app, room.users[0])
    body = {"amount": START_PRICE, "key": "k"}
    anyone = browser(app)
    assert send(anyone, "x", room.lot, body).status_code in {400, 401}
    assert send(person, "wrong", room.lot, body).status_code == 400
    assert send(person, token, room.lot, body, Origin="http://evil.test").status_code == 403
    assert send(person, token, room.lot, body, **{"Content-Type": "text/plain"}).status_code == 415
    assert send(person, token, "no-such-lot", body).status_code == 404
    clerk, clerk_token = sign_in(app, room.sale.created_by)
    assert send(clerk, clerk_token, room.lot, body).status_code == 403
    assert send(person, token, room.lot, body).get_json()["accepted"] is True
    assert ORIGIN.startswith("http")


def test_without_a_decision_the_answer_says_when_to_ask_again(app, clock, monkeypatch):
    room = make_room(app, clock.now(), bidders=1)
    person, token = sign_in(app, room.users[0])
    monkeypatch.setattr(
        room.intake, "submit_bid", lambda *_: Answer(accepted=False, reason=UNAVAILABLE)
    )
    answer = send(person, token, room.lot, {"amount": START_PRICE, "key": "k"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.get_json()["accepted"] is False
    check_described("/api/v1/lots/{number}/bids", "post", answer)


def test_too_many_bids_a_second_are_limited_but_never_the_first_five(app, clock):
    room = make_room(app, clock.now(), bidders=1)
    limiter = app.extensions["luochui.bid_limiter"]
    limiter.per_second = 7
    person, token = sign_in(app, room.users[0])
    statuses = [
        send(person, token, room.lot, {"amount": START_PRICE + n * STEP, "key": str(n)}).status_code
        for n in range(9)
    ]
    assert statuses == [200] * 7 + [429] * 2
    assert [limiter.admit(1, 1, clock.now(), 10**6) for _ in range(6)] == [True] * 5 + [False]


def test_the_form_bids_without_scripts_and_keeps_what_was_typed(app, clock):
    room = make_room(app, clock.now())
    person, token = sign_in(app, room.users[0])

    def post(**fields):
        return person.post(
            f"/lots/{room.lot}/bid", data={"csrf_token": token, "key": "f1", **fields}
        )

    unclear = post(amount="seventy")
    assert (unclear.status_code, unclear.location) == (303, f"/lots/{room.lot}?amount=seventy")
    accepted = post(amount="70万")
    assert (accepted.status_code, accepted.location) == (303, f"/lots/{room.lot}")
    refused = post(amount="70.1万", key="f2")
    assert refused.location.endswith("?amount=70.1%E4%B8%87")
    outsize = post(amount="9亿", key="f3")
    assert outsize.location.endswith("confirm=90000000000")
    other = post(amount="8亿", key="f3", confirmed="90000000000")
    assert other.location.endswith("confirm=80000000000")
    with person.session_transaction() as session:
        said = [message for _, message in session["_flashes"]]
    assert any("¥700,000.00" in message for message in said)
    bids = browser(app).get(f"/api/v1/lots/{room.lot}/bids").get_json()["bids"]
    assert [b["amount"] for b in bids] == [START_PRICE]
