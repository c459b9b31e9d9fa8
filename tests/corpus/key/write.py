"""Idempotency keys, and what each does (corpus 3).

A case is a story of steps. `by` A or B bids on lot 1 or 2, so many `rungs` above the start price or
an `amount` of raw JSON, under a `key` of raw JSON (none where absent). `expect` is the answer,
`same_as` the number of the step whose answer comes again, word for word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

BAD: dict[str, Any] = {
    "empty": "",
    "81 characters": "k" * 81,
    "900 characters": "k" * 900,
    "number": 7,
    "zero": 0,
    "fraction": 1.5,
    "true": True,
    "false": False,
    "list": ["k"],
    "object": {"k": 1},
    "new line": "a\nb",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "nul": "a\0b",
    "escape": "\x1b[31m",
    "delete": "\x7f",
    "half a pair": "\ud800",
    "other half": "\udfff",
    "right to left": "\u202eabc",
    "no width": "a\u200bb",
    "mark": "\ufeffk",
    "no break": "a\u00a0b",
    "line separator": "\u2028",
    "soft hyphen": "a\u00adb",
    "private": "\ue000",
    "unassigned": "\u0378",
}
GOOD: dict[str, str] = {
    "one character": "k",
    "80 characters": "k" * 80,
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "Chinese": "落槌",
    "80 beyond the first plane": "😀" * 80,
    "space": " ",
    "spaces inside": "a b c",
    "quotes": "\"'`",
    "sql": "' OR 1=1 --",
    "script": "<script>alert(1)</script>",
    "path": "../../etc/passwd",
    "percent": "%00%0a",
    "null as text": "null",
    "prototype": "__proto__",
    "json": '{"a":1}',
    "format": "%s{0}{{7*7}}",
}
ALIKE = [
    ("K", "k"), ("K", "\u041a"), ("k", "ｋ"), ("é", "e\u0301"), ("a", "a "), ("1", "１"), ("ß", "ss"),
    ("straße", "STRASSE"), ("İ", "i"), ("0", "00"), ("null", "Null"), ("K", "\u212a"),
]  # fmt: skip


def cases() -> Iterator[dict[str, Any]]:
    """Keys one by one, keys that look alike, and what a key means to others, later and elsewhere."""
    for name, key in BAD.items():
        yield story(f"bad: {name}", step("bad-key", rungs=0, key=key))
    for name, key in GOOD.items():
        yield story(
            f"good: {name}",
            step("accepted", rungs=0, key=key),
            step("below-minimum", rungs=0),
            step("accepted", rungs=0, key=key, same_as=0),
        )
    for one, other in ALIKE:
        yield story(
            f"alike: {one!a} {other!a}",
            step("accepted", rungs=0, key=one),
            step("below-minimum", rungs=0, key=other),
            step("accepted", rungs=0, key=one, same_as=0),
            step("below-minimum", rungs=0, key=other, same_as=1),
        )
    yield from meanings()


def meanings() -> Iterator[dict[str, Any]]:
    """A key belongs to one bidder, one sale and one amount, for ever."""
    first = step("accepted", rungs=0, key="k")
    again = step("accepted", rungs=0, key="k", same_as=0)
    yield story("another bidder's", first, step("below-minimum", by="B", rungs=0, key="k"), again)
    yield story("another lot's", first, step("accepted", lot=2, rungs=0, key="k"), again)
    yield story(
        "another amount",
        first,
        step("key-reused", rungs=1, key="k"),
        step("key-reused", rungs=1, key="k"),
        again,
    )
    yield story(
        "refused once, though it would be accepted by now",
        step("off-ladder", amount="70000001", key="k"),
        step("off-ladder", amount="70000001", key="k", same_as=0),
        step("key-reused", rungs=0, key="k"),
    )
    yield story("absent is no key", step("accepted", rungs=0), step("below-minimum", rungs=0))
    yield story(
        "null is no key",
        step("accepted", rungs=0, key=None),
        step("below-minimum", rungs=0, key=None),
    )
    yield story(
        "the same number in another dress is another amount",
        first,
        *(
            step("key-reused", amount=amount, key="k")
            for amount in ("70000000.0", "7e7", '"70000000"', "true", "null", "[70000000]")
        ),
        again,
    )
    for amount in ("null", "true", '"x"', "[]", "{}", "1.0", "1" + "0" * 30, '"' + "x" * 500 + '"'):
        yield story(
            f"nonsense is answered again too: {amount[:20]}",
            step("malformed", amount=amount, key="k"),
            step("malformed", amount=amount, key="k", same_as=0),
            step("key-reused", rungs=0, key="k"),
        )
    yield story("after the end", first, {"do": "end"}, again, step("closed", rungs=1, key="new"))
    yield story(
        "after the end, refused before it",
        first,
        step("below-minimum", by="B", rungs=0, key="b"),
        {"do": "end"},
        step("below-minimum", by="B", rungs=0, key="b", same_as=1),
    )
    yield story("after a restart", first, {"do": "restart"}, again)
    yield story(
        "after a restart, with another amount",
        first,
        {"do": "restart"},
        step("key-reused", rungs=1, key="k"),
    )
    yield story(
        "after the leader changed",
        first,
        step("accepted", by="B", rungs=1, key="k"),
        again,
        step("accepted", by="B", rungs=1, key="k", same_as=1),
    )


def story(name: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "steps": list(steps)}


def step(expect: str, **more: Any) -> dict[str, Any]:
    if "key" in more:
        more["key"] = json.dumps(more["key"])
    return {"by": "A", "lot": 1, **more, "expect": expect}
