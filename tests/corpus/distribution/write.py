"""Distribution files with one rule of the format broken each, and the place that is named (corpus 17).

A case changes one thing in `BASE`: `path` is set to `value`, or dropped; or `old` text becomes
`new`; or the whole content is `body` (or `body_b64`, or `body` `repeat` times). `expect` is the
place in the complaint, or `valid`: what looks wrong and is right.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

BASE: dict[str, Any] = {
    "format": "distribution/1",
    "currency": "CNY",
    "debtor": "individual",
    "proceeds": [
        {
            "id": "L1",
            "amount": 360_000_000,
            "forfeit": {"deposit": 10_000_000, "costs": 600_000, "original_price": 370_000_000},
            "set_off": {"claim": "B", "amount": 50_000_000},
        },
        {"id": "L2", "amount": 1000},
    ],
    "deductions": [
        {"id": "K1", "kind": "cost", "amount": 900_000, "on": "L1"},
        {"id": "K2", "kind": "sale-tax", "amount": 6_000_000},
    ],
    "claims": [
        {
            "id": "A",
            "class": "secured",
            "on": "L1",
            "rank": 1,
            "registered_at": "2020-05-01",
            "limit": 200_000_000,
            "expenses": 1_800_000,
            "interest": 12_000_000,
            "principal": 150_000_000,
            "doubled_interest": 0,
            "fee": "realised",
        },
        {
            "id": "B",
            "class": "ordinary",
            "attached_at": "2026-01-01",
            "principal": 80_000_000,
            "fee": 1_348_170,
            "held": "dispute",
        },
        {"id": "T", "class": "tax", "arose_at": "2019-12-31", "principal": 100_000, "fee": None},
        {"id": "G", "class": "construction", "on": ["L1", "L2"], "principal": 7},
        {"id": "H", "class": "home-buyer", "on": "L2", "principal": 8},
        {"id": "P", "class": "policy", "reason": "court order", "principal": 9},
    ],
}
REQUIRED = {
    "": ["format", "currency", "debtor", "proceeds", "deductions", "claims"],
    "proceeds.0": ["id", "amount"],
    "proceeds.0.forfeit": ["deposit", "costs", "original_price"],
    "proceeds.0.set_off": ["claim", "amount"],
    "deductions.0": ["id", "kind", "amount"],
    "claims.0": ["id", "class", "on", "rank"],
    "claims.2": ["arose_at"],
    "claims.3": ["on"],
    "claims.4": ["on"],
    "claims.5": ["reason"],
}
AMOUNTS = [
    "proceeds.0.amount", "proceeds.0.forfeit.deposit", "proceeds.0.forfeit.costs",
    "proceeds.0.forfeit.original_price", "proceeds.0.set_off.amount", "deductions.0.amount",
    "claims.0.limit", "claims.0.expenses", "claims.0.interest", "claims.0.principal",
    "claims.0.doubled_interest",
]  # fmt: skip
NO_AMOUNTS: list[Any] = [-1, 0.5, 1.0, "1", True, None, [], {}, 10**36, "１２", "1e3"]
NO_FEES: list[Any] = [-1, 0.5, True, "realized", "", [], {}, 10**36]
NO_RANKS: list[Any] = [0, -1, 1.0, "1", True, None, 10**36]
NO_DAYS: list[Any] = [
    None, 20200501, "", "2020-05", "20200501", "2020-5-1", "2020-02-30", "2023-02-29", "2020-13-01",
    "2020-05-01T00:00:00", "2020-W18-5", "2020-122", "２０２０-05-01", "2020-05-01 ", "0000-01-01",
    "10000-01-01", "-2020-05-01", ["2020-05-01"],
]  # fmt: skip
NO_IDS: list[Any] = ["", " ", "\u3000", None, 1, True, ["L1"], {}, "\ud800"]
# `on` points at lots; a claim is not secured on itself, on another claim, on a deduction, in a ring.
NO_LOTS: list[Any] = [
    None, "", "L3", "A", "B", "K1", 1, True, {}, [], ["L1", "L1"], ["L1", "L3"], [["L1"]],
    ["L1", None], [["A"], ["B"]], "l1", "L1 ", ["A", "B"],
]  # fmt: skip
GOOD = json.dumps(BASE)
NO_FILES: list[bytes] = [
    b"", b" ", b"null", b"[]", b'"distribution/1"', b"1", b"true", b"{", b"{}{}", b"\0", b"\xff\xfe",
    GOOD.encode() + b"x", GOOD.encode() + GOOD.encode(), GOOD.encode()[:-1], GOOD.encode() + b"\0",
    b"\xef\xbb\xbf" + GOOD.encode(), GOOD.encode("utf-16"), GOOD.encode("utf-32"), GOOD.encode()[1:],
    b"/* x */" + GOOD.encode(), GOOD.replace("dispute", "\u843d").encode("gb18030"),
    GOOD.replace('"', "'").encode(), GOOD.encode()[:-1] + b",}",
]  # fmt: skip
# Old text, new text, the place: names given twice, numbers that JSON does not know.
REWRITTEN = [
    ('"currency": "CNY"', '"currency": "CNY", "currency": "CNY"', "file"),
    ('"amount": 1000', '"amount": 1000, "amount": 1', "file"),
    ('"rank": 1', '"rank": 1, "rank": 2', "file"),
    ('"deposit": 10000000', '"deposit": 10000000, "deposit": 0', "file"),
    ('"kind": "cost"', '"kind": "cost", "kin\\u0064": "cost"', "file"),
    ("1000}", "NaN}", "file"),
    ("1000}", "Infinity}", "file"),
    ("1000}", "-Infinity}", "file"),
    ("1000}", "1e400}", "proceeds[1].amount"),
    ("1000}", "1e3}", "proceeds[1].amount"),
    ("1000}", "01000}", "file"),
    ("1000}", "+1000}", "file"),
    ("1000}", "0x3e8}", "file"),
    ("1000}", "1_000}", "file"),
    ("1000}", "１０００}", "file"),
    ("1000}", "-0}", "proceeds[1].amount"),
    ("1000}", "9" * 36 + "0}", "proceeds[1].amount"),
    ("1000}", "9" * 5000 + "}", "file"),
]
CHOICES = {
    "format": ["distribution/2", "DISTRIBUTION/1", "", 1, None],
    "currency": ["cny", "CN", "CNYY", "¥", 156, None, "ＣＮＹ", "CNY\n"],
    "debtor": ["person", "", None, 1, ["individual"], "Company"],
    "deductions.0.kind": ["tax", "", None, 1, "Cost"],
    "claims.1.class": ["wages", "", None, 1, "Ordinary", "ordinary "],
}
# What looks wrong and is right: a path with its value.
SOUND: list[tuple[str, Any]] = [
    ("currency", "CNY"),
    ("proceeds.1.amount", 1),
    ("proceeds.1.amount", 2**53 - 1),
    ("proceeds.1.amount", 2**53),
    ("proceeds.1.amount", 2**53 + 1),
    ("proceeds.1.amount", 2**63),
    ("proceeds.1.amount", 10**36 - 1),
    ("claims.0.principal", 2**53 + 1),
    ("claims.0.principal", 10**36 - 1),
    ("claims.0.rank", 10**9),
    ("claims.0.limit", 0),
    ("claims.0.on", ["L2"]),
    ("claims.1.fee", 0),
    ("claims.1.fee", 10**30),
    ("claims.1.reason", "not needed, not wrong"),
    ("claims.1.attached_at", "0001-01-01"),
    ("claims.1.attached_at", "2024-02-29"),
    ("claims.5.id", "（2026）测01执1号/甲"),
    ("proceeds.0.set_off.amount", 10**35),
    ("proceeds.0.forfeit.costs", 10**35),
    ("proceeds.0.forfeit.original_price", 0),
    ("deductions", []),
    ("deductions.1.amount", 10**35),
]


def cases() -> Iterator[dict[str, Any]]:
    """Everything that is wrong, then what looks wrong and is right."""
    for place, names in REQUIRED.items():
        for name in names:
            path = f"{place}.{name}".lstrip(".")
            yield {"name": f"without {path}", "path": path, "drop": True, "expect": named(path)}
    for place in REQUIRED:
        path = f"{place}.colour".lstrip(".")
        yield {
            "name": f"unknown {path}", "path": path, "value": 1, "expect": named(place) or "file"
        }  # fmt: skip
    for path in AMOUNTS:
        yield from set_each(path, NO_AMOUNTS)
    yield from set_each("proceeds.1.amount", [0])
    yield from set_each("claims.0.fee", NO_FEES)
    yield from set_each("claims.0.rank", NO_RANKS)
    for path in ("claims.0.registered_at", "claims.1.attached_at", "claims.2.arose_at"):
        yield from set_each(path, NO_DAYS)
    for path in ("proceeds.0.id", "deductions.0.id", "claims.1.id", "claims.1.held"):
        yield from set_each(path, NO_IDS)
    for path in ("claims.0.on", "claims.3.on"):
        yield from set_each(path, NO_LOTS)
    yield from set_each("deductions.0.on", [*NO_IDS, "L3", "A", "K1", ["L1", "L2"]])
    yield from set_each("proceeds.0.set_off.claim", [*NO_IDS, "L1", "K1", "Z", ["A"]])
    for path, values in CHOICES.items():
        yield from set_each(path, values)
    for path in ("proceeds", "deductions", "claims"):
        yield from set_each(path, [None, {}, 1, "L1"])
        yield from set_each(f"{path}.0", [None, [], 1, "L1"])
    yield from set_each("proceeds.0.forfeit", [None, [], 7])
    yield from set_each("proceeds.0.set_off", [None, [], "B"])
    yield from doubles()
    for number, (old, new, place) in enumerate(REWRITTEN):
        yield {"name": f"rewritten {number}", "old": old, "new": new, "expect": place}
    for number, content in enumerate(NO_FILES):
        body = base64.b64encode(content).decode()
        yield {"name": f"no file {number}", "body_b64": body, "expect": "file"}
    for body in ("[", '{"a":'):
        yield {"name": f"deep {body}", "body": body, "repeat": 100_000, "expect": "file"}
    for number, (path, value) in enumerate(SOUND):
        yield {"name": f"sound {number}", "path": path, "value": value, "expect": "valid"}


def set_each(path: str, values: list[Any]) -> Iterator[dict[str, Any]]:
    """One case for each value at a path."""
    for value in values:
        name = f"{path} = {json.dumps(value)[:40]}"
        yield {"name": name, "path": path, "value": value, "expect": named(path)}


def doubles() -> Iterator[dict[str, Any]]:
    """An id that something else in the file has already; the later of the two is named."""
    for path, value, place in (
        ("proceeds.1.id", "L1", "proceeds[1].id"),
        ("deductions.1.id", "K1", "deductions[1].id"),
        ("deductions.0.id", "L2", "deductions[0].id"),
        ("claims.1.id", "A", "claims[1].id"),
        ("claims.5.id", "K2", "claims[5].id"),
        ("claims.2.id", "L2", "claims[2].id"),
    ):
        yield {"name": f"{path} again", "path": path, "value": value, "expect": place}


def named(path: str) -> str:
    """`claims.0.on` as the complaint writes it: `claims[0].on`."""
    words = path.split(".")
    return "".join(f"[{word}]" if word.isdigit() else f".{word}" for word in words).lstrip(".")
