"""Sale files with one rule of the format broken each, and the place that is named (corpus 16).

A case changes one thing in `BASE`: `path` is set to `value`, or dropped; or `old` text becomes
`new`; or the whole content is `body` (or `body_b64`). `expect` is the place in the complaint, or
`valid`, and then the answers of the events.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

BASE: dict[str, Any] = {
    "format": "sale/1",
    "sale": {
        "stage": "first",
        "currency": "CNY",
        "start_price": 70_000_000,
        "increment": 500_000,
        "opens_at": "2026-11-02T10:00:00.000+08:00",
        "closes_at": "2026-11-03T10:00:00.000+08:00",
        "extension_window_s": 300,
        "extension_s": 300,
        "countdown_s": 86_400,
        "leader_raises": True,
        "instructions": True,
    },
    "bidders": [
        {"code": "K7Q2"},
        {"code": "P1XC", "priority": 1},
        {"code": "Z9ZZ", "barred": True},
    ],
    "events": [
        {
            "at": "2026-11-02T10:00:00.000+08:00",
            "type": "bid",
            "code": "K7Q2",
            "amount": 70_000_000,
            "key": "a1",
        },
        {
            "at": "2026-11-02T10:05:00.000+08:00",
            "type": "instruct",
            "code": "P1XC",
            "limit": 80_000_000,
        },
        {"at": "2026-11-02T10:06:00.000+08:00", "type": "cancel", "code": "P1XC"},
        {"at": "2026-11-02T11:00:00.000+08:00", "type": "suspend", "ground": "系统故障"},
        {"at": "2026-11-02T12:00:00.000+08:00", "type": "resume"},
        {"at": "2026-11-02T13:00:00.000+08:00", "type": "withdraw", "ground": "撤回"},
    ],
    "until": "2026-11-03T11:00:00.000+08:00",
}
OPTIONAL = {"until", "priority", "barred", "key", "ground"}
NUMBERS = ["start_price", "increment", "extension_window_s", "extension_s", "countdown_s"]
NO_TIMES: list[Any] = [
    None, 1_793_584_800, "", "2026-11-02", "2026-11-02T10:00:00", "2026-11-02T10:00:00.0000+08:00",
    "2026-11-02 10:00:00+08:00", "2026-11-02T24:00:00Z", "2026-11-02T10:60:00Z",
    "2026-11-02T10:00:60Z", "2026-02-29T10:00:00Z", "10000-01-01T00:00:00Z",
    "2026-11-02T10:00:00+24:00", "2026-11-02T10:00:00.Z", "2026-11-02T10:00:00z",
    "２０２６-11-02T10:00:00Z", "2026-11-02T10:00:00Z ", "now",
]  # fmt: skip
GOOD = json.dumps(BASE)
NO_FILES: list[bytes] = [
    b"", b" ", b"null", b"[]", b'"sale/1"', b"1", b"{", b"{}{}", b"\0", b"\xff\xfe",
    GOOD.encode() + b"x", GOOD.encode() + GOOD.encode(), GOOD.encode()[:-1], GOOD.encode() + b"\0",
    b"\xef\xbb\xbf" + GOOD.encode(), GOOD.encode("utf-16"), GOOD.encode("utf-32"),
    GOOD.replace("K7Q2", "\u843d").encode("gb18030"), b"/* x */" + GOOD.encode(), GOOD.encode()[1:],
]  # fmt: skip
ALL_ACCEPTED = [None] * 6


def cases() -> Iterator[dict[str, Any]]:
    """Everything that is wrong, then what looks wrong and is right."""
    for place, fields in objects():
        for name in fields:
            if name not in OPTIONAL:
                path = f"{place}.{name}".lstrip(".")
                expected = f"{name_place(place)}.type" if name == "type" else name_place(place)
                yield {"name": f"without {path}", "path": path, "drop": True, "expect": expected}
        for name in ("extra", "Code", "at ", "\u0430t"):
            path = f"{place}.{name}".lstrip(".")
            yield change(f"foreign {path!a}", path, 1, name_place(place))
    yield from wrong_terms()
    yield from wrong_bidders()
    yield from wrong_events()
    for number, content in enumerate(NO_FILES, 1):
        body = {"body_b64": base64.b64encode(content).decode()}
        yield {"name": f"no file {number}", **body, "expect": "file"}
    for depth in (1_000, 100_000):
        yield {"name": f"{depth} deep", "body": "[", "repeat": depth, "expect": "file"}
    for old, new in TEXT_CHANGES:
        yield {"name": f"text {new[:40]}", "old": old, "new": new, "expect": "file"}
    yield from right_ones()


TEXT_CHANGES = [
    ('"amount": 70000000', '"amount": NaN'),
    ('"amount": 70000000', '"amount": Infinity'),
    ('"amount": 70000000', '"amount": 070000000'),
    ('"amount": 70000000', '"amount": 70000000,'),
    ('"amount": 70000000', '"amount": 1, "amount": 1'),
    ('"amount": 70000000', '"amount": {"a": 1, "a": 1}'),
    ('"format"', '"format": "sale/1", "format"'),
    ('"stage"', '"stage": "first", "st\\u0061ge"'),
    ('"code": "K7Q2"}', '"code": "K7Q2", "code": "K7Q2"}'),
    ('"start_price": 70000000', '"start_price": -Infinity'),
]


def objects() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the file with its path."""
    yield "", BASE
    yield "sale", BASE["sale"]
    for group in ("bidders", "events"):
        for place, entry in enumerate(BASE[group]):
            yield f"{group}.{place}", entry


def name_place(path: str) -> str:
    """`events.0` is called `events[0]`, and the whole `file`."""
    head, _, number = path.partition(".")
    return f"{head}[{number}]" if number else head or "file"


def change(name: str, path: str, value: Any, place: str) -> dict[str, Any]:
    return {"name": name, "path": path, "value": value, "expect": place}


def wrong_terms() -> Iterator[dict[str, Any]]:
    for name in NUMBERS:
        for value in (True, "1", 1.5, 70_000_000.0, None, -1, [1], 10**400):
            yield change(f"{name} = {str(value)[:12]}", f"sale.{name}", value, "sale")
    for name in ("start_price", "increment"):
        yield change(f"{name} = 0", f"sale.{name}", 0, "sale")
    yield change("start price above the greatest amount", "sale.start_price", 10**15 + 1, "sale")
    for name in ("leader_raises", "instructions"):
        for value in (0, 1, "true", None, []):
            yield change(f"{name} = {value!r}", f"sale.{name}", value, f"sale.{name}")
    for value in ("third", "", "FIRST", "first ", None, 1, ["first"]):
        yield change(f"stage = {value!r}", "sale.stage", value, "sale.stage")
    for value in ("cny", "CN", "CNYX", "C\u039dY", "CNY\n", "", 156, None):
        yield change(f"currency = {value!r}", "sale.currency", value, "sale.currency")
    for number, value in enumerate(NO_TIMES, 1):
        yield change(f"opening at no time {number}", "sale.opens_at", value, "sale.opens_at")
        yield change(f"closing at no time {number}", "sale.closes_at", value, "sale.closes_at")
    for value in ("2026-11-02T10:00:00+08:00", "2026-11-02T02:00:00Z", "2026-11-01T10:00:00+08:00"):
        yield change(f"closing {value}", "sale.closes_at", value, "sale")


def wrong_bidders() -> Iterator[dict[str, Any]]:
    for value in (None, {}, "K7Q2", 1):
        yield change(f"bidders = {value!r}", "bidders", value, "bidders")
    for value in (None, [], "K7Q2", 1):
        yield change(f"a bidder = {value!r}", "bidders.0", value, "bidders[0]")
    for value in (None, 1, "", ["K7Q2"], True):
        yield change(f"a code = {value!r}", "bidders.0.code", value, "bidders[0].code")
    yield change("a code twice", "bidders.1.code", "K7Q2", "bidders[1].code")
    for value in (0, -1, True, 1.0, "1", [1]):
        yield change(f"a rank = {value!r}", "bidders.1.priority", value, "bidders[1]")
    yield change("a rank = None", "bidders.1.priority", None, "bidders[1].priority")
    for value in (0, 1, "no", None):
        yield change(f"barred = {value!r}", "bidders.2.barred", value, "bidders[2].barred")


def wrong_events() -> Iterator[dict[str, Any]]:
    for value in (None, {}, "bid", 1):
        yield change(f"events = {value!r}", "events", value, "events")
    for value in (None, [], "bid", 1):
        yield change(f"an event = {value!r}", "events.0", value, "events[0]")
    for value in (None, "", "Bid", "outbid", "open", "close", 1, ["bid"]):
        yield change(f"a type = {value!r}", "events.0.type", value, "events[0].type")
    for number, value in enumerate(NO_TIMES, 1):
        yield change(f"an event at no time {number}", "events.0.at", value, "events[0].at")
    for place, name in ((0, "code"), (0, "key"), (1, "code"), (2, "code"), (3, "ground")):
        for value in (None, 1, ["x"]):
            path = f"events.{place}.{name}"
            yield change(f"{path} = {value!r}", path, value, f"events[{place}].{name}")
    for place, name in ((0, "limit"), (1, "amount"), (1, "key"), (2, "key"), (4, "ground")):
        path = f"events.{place}.{name}"
        yield change(f"{path} does not belong", path, "x", f"events[{place}]")
    yield change(
        "later than the next", "events.0.at", "2026-11-02T10:05:00.001+08:00", "events[1].at"
    )
    yield change(
        "earlier than the last", "events.5.at", "2026-11-02T11:59:59.999+08:00", "events[5].at"
    )
    yield change("after until", "events.5.at", "2026-11-03T11:00:00.001+08:00", "events[5].at")
    yield change("until before all", "until", "2026-11-02T09:00:00+08:00", "events[0].at")
    for number, value in enumerate(NO_TIMES, 1):
        yield change(f"until no time {number}", "until", value, "until")
    for value in ("sale/2", "sale", "", None, 1, ["sale/1"]):
        yield change(f"format = {value!r}", "format", value, "format")


def right_ones() -> Iterator[dict[str, Any]]:
    def right(name: str, path: str, value: Any, **answers: str) -> dict[str, Any]:
        reasons: list[str | None] = list(ALL_ACCEPTED)
        for place, reason in answers.items():
            reasons[int(place[1:])] = reason
        return {**change(name, path, value, "valid"), "answers": reasons}

    yield right("equal times", "events.1.at", "2026-11-02T10:00:00.000+08:00")
    yield right("the same moment elsewhere", "events.1.at", "2026-11-02T02:00:00Z")
    yield right("until the last event", "until", "2026-11-02T13:00:00+08:00")
    yield {"name": "no until", "path": "until", "drop": True, "expect": "valid",
           "answers": ALL_ACCEPTED}  # fmt: skip
    yield right("a rank beyond all", "bidders.1.priority", 10**20)
    yield right("an empty key", "events.0.key", "")
    for number, amount in enumerate((None, True, "70000000", 7e7, [], {}, 0, -1, 10**15 + 1), 1):
        yield right(f"an amount that is none {number}", "events.0.amount", amount, e0="malformed")
    yield right("a limit that is none", "events.1.limit", "80000000", e1="malformed")
    yield right("a stranger", "events.0.code", "NOBO", e0="unknown-bidder")
    yield right("one who is barred", "events.0.code", "Z9ZZ", e0="barred")
    yield right("beside the ladder", "events.0.amount", 70_000_001, e0="off-ladder")
    yield right("under the start", "events.0.amount", 69_500_000, e0="below-start")
    yield right("a limit under the start", "events.1.limit", 69_999_999, e1="below-start")
    yield right("before the opening", "events.0.at", "2026-11-02T09:59:59.999+08:00", e0="not-open")
    yield right("no instructions", "sale.instructions", False, e1="no-instructions")
