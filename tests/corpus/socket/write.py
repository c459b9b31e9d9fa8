"""Packets on a websocket, and what becomes of them and of the connection (corpus 14).

`packets` are sent one after the other on a connection of its own; a number before the brackets asks
for an answer (99). `{lot}` is the running sale's lot; `{"b64": …}` is a binary frame; `repeat` says
how often a text stands there. `early` sends them before the room was entered. `expect` is the code
of the answer, or `ignored` (nothing, and the connection serves on), or `closed`, or `silent`: the
connection stands, and who is not in the room is not answered.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

LOT = "{lot}"
STRANGE_NAMES: list[Any] = [
    "connect", "disconnect", "connect_error", "error", "message", "ping", "pong", "join", "leave",
    "admin", "suspend", "withdraw", "tick", "lot", "state", "__proto__", "constructor", "toString",
    "hasOwnProperty", "", " ", "Bid", "BID", "bid ", " bid", "bid\0", "b\u0131d", "\uff42id", "*",
    "bid;cancel", "../bid", "' OR 1=1 --", "<script>", "{{7*7}}", "x" * 300, "x" * 10_000,
    "\ud800", "\u202edib", "\0malformed",
    None, True, 0, 7, 1.5, [], ["bid"], {}, {"bid": 1},
]  # fmt: skip
NO_PAYLOADS: list[list[Any]] = [
    [], [None], [True], [7], ["x"], [[]], [[{"lot": LOT}]], [{"lot": LOT}, {"lot": LOT}],
    [{"lot": LOT}, None],
]  # fmt: skip
BAD_LOTS: list[Any] = [
    None, True, 7, 1.5, "", "x" * 41, ["{lot}"], {"lot": LOT}, "{lot}\n", "{lot}\0", "\u202e{lot}",
    "\ud800",
]  # fmt: skip
UNKNOWN_LOTS = [
    "no-such-lot", "../{lot}", "{lot} ", "{lot}/", "{lot}%00", "' OR 1=1 --", "%", "_", "1",
    "\uff34-2026",
]  # fmt: skip
BAD_AFTERS: list[Any] = [-1, 2**31, 2**63, True, 1.0, 1e3, "1", "", [], {}]
EVENTS = {
    "watch": {},
    "unwatch": {},
    "bid": {"amount": 70_500_000},
    "instruct": {"limit": 80_000_000},
    "cancel": {},
}
FOREIGN = ["at", "seq", "code", "auto", "user_id", "sale_id", "role", "__proto__", "x" * 300]
NOT_JSON = [
    '["bid"', "[", "{", '["bid",', '["bid",{"lot":"{lot}","amount":NaN}]', "['bid',{}]",
    '["bid",{"lot":"{lot}","amount":1,"amount":2}]', '["bid",{"lot":"{lot}","lot":"{lot}"}]',
    '["bid",{}] x', '["bid",{}]["bid",{}]', '["bid",01]', '["bid","a\nb"]', "[bid]", "[NaN]",
    '["bid",' + "[" * 9 + "]" * 9 + "]", "[" * 5_000, '["a",' * 2_000, "[]", "[1" + "0" * 5_000 + "]",
]  # fmt: skip
BINARY_EVENTS = [
    ['451-99["bid",{"_placeholder":true,"num":0}]', {"b64": "AAEC"}],
    ['451-99["bid",{"lot":"{lot}","amount":{"_placeholder":true,"num":0}}]', {"b64": "AAEC"}],
    ['451-99["watch",{"lot":{"_placeholder":true,"num":0}}]', {"b64": "AAEC"}],
]
LOST = [
    ['451-99["bid",{"_placeholder":true,"num":7}]', {"b64": "AAEC"}],
    ['451-99["bid",{"_placeholder":true,"num":-1}]', {"b64": "AAEC"}],
    ['451-99["bid",{"_placeholder":true,"num":"x"}]', {"b64": "AAEC"}],
    ['451-99["bid",{"_placeholder":true}]', {"b64": "AAEC"}],
    ['452-99["bid",{"_placeholder":true,"num":0}]', {"b64": "AAEC"}, '4299["bid",{}]'],
    ['451-99["bid",{"_placeholder":true,"num":0}]', '4299["bid",{}]'],
    ['4599999999-99["bid",{}]'],
    ['45-99["bid",{}]'],
    ['45x-99["bid",{}]'],
    ['45-1-99["bid",{}]'],
]
STRANGE_PACKETS = [
    "",
    "x",
    "7",
    "8",
    "9",
    "99",
    "4",
    "49",
    "4x",
    "47",
    "48",
    "4-1",
    "4299]",
    "42\u00b2[]",
    '42"bid"',
    "2x",
    "\0",
    "落",
    "a" * 100,
]


def cases() -> Iterator[dict[str, Any]]:
    """Names, payloads, fields, packets that are none, frames that are too much."""
    for number, name in enumerate(STRANGE_NAMES, 1):
        yield ask(f"name {number}", [name, {"lot": LOT}], "unknown-event")
    for event in EVENTS:
        for number, payload in enumerate(NO_PAYLOADS, 1):
            yield ask(f"{event}: payload {number}", [event, *payload], "malformed-request")
        yield ask(f"{event}: no lot", [event, {}], "missing-field")
    for number, lot in enumerate(BAD_LOTS, 1):
        yield ask(f"bad lot {number}", ["watch", {"lot": lot}], "bad-lot")
    for number, lot in enumerate(UNKNOWN_LOTS, 1):
        for event, more in EVENTS.items():
            if event != "unwatch":
                yield ask(
                    f"{event}: unknown lot {number}", [event, {"lot": lot, **more}], "unknown-lot"
                )
    for number, after in enumerate(BAD_AFTERS, 1):
        yield ask(f"bad after {number}", ["watch", {"lot": LOT, "after": after}], "bad-after")
    for event, more in EVENTS.items():
        for name in FOREIGN:
            payload = {"lot": LOT, **more, name: 1}
            yield ask(f"{event}: foreign {name[:20]}", [event, payload], "unknown-field")
    for number, text in enumerate(NOT_JSON, 1):
        yield {"name": f"no json {number}", "packets": [f"4299{text}"], "expect": "unknown-event"}
    yield from packets()


def packets() -> Iterator[dict[str, Any]]:
    """Below the events: packets, attachments, namespaces, and too much of anything."""
    for number, sent in enumerate(BINARY_EVENTS, 1):
        yield {"name": f"attachment {number}", "packets": sent, "expect": "closed"}
    for number, sent in enumerate(LOST, 1):
        yield {"name": f"lost attachment {number}", "packets": sent, "expect": "closed"}
    for number, text in enumerate(STRANGE_PACKETS, 1):
        yield {"name": f"packet {number}", "packets": [text], "expect": "closed"}
    good = '["watch",{"lot":"{lot}"}]'
    for name, text in {
        "no answer asked for": f"42{good}",
        "an answer to nothing": "4399[1]",
        "an answer of no number": "43[1]",
        "a foreign namespace": f"42/admin,99{good}",
        "entered twice": "40",
        "an empty probe": "2probe",
        "a pong": "3",
    }.items():
        yield {"name": name, "packets": [text], "expect": "ignored"}
    number = f"42{2**64}{good}"
    yield {"name": "a number of 64 bits", "packets": [number], "expect": "ignored"}
    for digits in (21, 90, 200):
        sent = f"42{'9' * digits}{good}"
        yield {"name": f"a number of {digits} digits", "packets": [sent], "expect": "closed"}
    for name, text in {"hung up": "1", "an error": '44{"message":"x"}'}.items():
        yield {"name": name, "packets": [text], "expect": "closed"}
    for name, content in {
        "three bytes": b"\0\1\2",
        "event": b'4299["bid",{}]',
        "none": b"",
    }.items():
        frame = {"b64": base64.b64encode(content).decode()}
        yield {"name": f"binary frame: {name}", "packets": [frame], "expect": "closed"}
    yield {
        "name": "17 packets in one frame",
        "packets": ["\x1e".join(["2"] * 17)],
        "expect": "closed",
    }
    for size in (16_385, 100_000, 1_000_000):
        padded = {"text": "4299" + json.dumps(["bid", ""])[:-2], "pad": size}
        yield {"name": f"a frame of {size} bytes", "packets": [padded], "expect": "closed"}
    zeros = {"b64": "AAAA", "repeat": 250_000}
    yield {"name": "a binary frame of 1 MB", "packets": [zeros], "expect": "closed"}
    for name, text in {
        "event": f"4299{good}",
        "bid": '4299["bid",{"lot":"{lot}","amount":70500000}]',
        "answer": "4399[1]",
    }.items():
        case = {"name": f"before entering: {name}", "packets": [text], "early": True}
        yield {**case, "expect": "silent"}
    for name, text in {"nothing": "4", "letters": "hello"}.items():
        case = {"name": f"before entering: {name}", "packets": [text], "early": True}
        yield {**case, "expect": "closed"}


def ask(name: str, event: list[Any], expect: str) -> dict[str, Any]:
    """One event that asks for an answer."""
    return {"name": name, "packets": [f"4299{json.dumps(event)}"], "expect": expect}
