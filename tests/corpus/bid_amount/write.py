"""Amounts as JSON text, and the one reason for which each is refused (corpus 1).

A price of 700,000.00 stands, the step is 5,000.00: the minimum is 705,000.00. Every amount is sent
with itself as confirmation. What is no JSON is refused before anybody asks what was offered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MINIMUM = 70_500_000
STEP = 500_000

ACCEPTED = [
    MINIMUM, MINIMUM + STEP, MINIMUM + 2 * STEP, MINIMUM + 19 * STEP, 75_000_000, 80_000_000,
    100_000_000, 700_000_000, 2 * 10**9, 10**12, 10**14, 10**15 - STEP, 10**15,
]  # fmt: skip
SPACED = [f" {MINIMUM}", f"{MINIMUM} ", f"\t{MINIMUM}\n", f"\r\n {MINIMUM} \r\n"]
UNDER = [
    1, 2, 7, 99, 100, 4_999, 5_000, STEP, 10**6, 10**7, 12_345_678, 2**16, 2**24, 2**26, 35_000_000,
    69_500_000, 69_999_999, 70_000_000, 70_000_001, 70_250_000, MINIMUM - 100, MINIMUM - 1,
]  # fmt: skip
BESIDE = [
    MINIMUM + 1, MINIMUM + 100, MINIMUM + STEP - 1, MINIMUM + STEP + 1, 70_750_000, 99_999_999,
    123_456_789, 2**27, 2**31 - 1, 2**31, 2**31 + 1, 2**32, 10**9 + 1, 10**12 + 7, 10**15 - 1,
]  # fmt: skip
OUTSIDE = [
    0, -1, -MINIMUM, -(10**15), -(2**31), -(2**31) - 1, -(2**53), -(2**63), -(2**64),
    10**15 + 1, 10**15 + STEP, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64,
    2**64 + MINIMUM, 2**128, 10**16, 10**18, 10**30, 10**100, 10**1000, 10**4299,
]  # fmt: skip
FRACTIONS = [
    "70500000.0", "7.05e7", "705e5", "7.05E+7", "1e3", "1.0", "0.0", "-0.0", "1e-1", "70500000.5",
    "70500000.000000001", "1E15", "1e308", "1e400", "-1e400", "1e-400", "0e0",
]  # fmt: skip
TEXTS = [
    "1", "70500000", "70500000.00", "¥70500000", "７０５０００００", "٧٠٥٠٠٠٠٠", "１２_3", "70_500_000",
    "+70500000", " 70500000", "70500000 ", "−70500000", "0x433C1A0", "1e3", "", " ", "NaN",
    "Infinity", "null", "true", "70,500,000", "70.500.000", "七千零五十万", "\0", "70500000\0", "\ud800",
    "½", "Ⅷ", "𝟕𝟎𝟓𝟎𝟎𝟎𝟎𝟎", "<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "%s%n",
    "70500000\r\nX-Injected: 1", "=70500000", "\u202e00000507", "9" * 3000,
]  # fmt: skip
THINGS: list[Any] = [
    True, False, None, [], {}, [MINIMUM], [[]], {"amount": MINIMUM}, {"$gt": 0}, [None], [1, 2],
    [[[[[[1]]]]]], {"a": {"b": 1}},
]  # fmt: skip
NOT_JSON = [
    "NaN", "Infinity", "-Infinity", "nan", "070500000", "+70500000", "0x10", "70500000L",
    "70_500_000", ".5", "5.", "1e", "--1", "'70500000'", "７０５０００００", "٧٠٥", "True", "None",
    "undefined", "", "1 2", "1,2", "[1", "{", '"abc', '"\\x"', '"a\tb"', "−1", "// 1", "1/*x*/",
    '70500000,"amount":71000000', "[[[[[[[[[1]]]]]]]]]", "[" * 1000 + "]" * 1000,
    "1" * 4301, "9" * 5000,
]  # fmt: skip


def cases() -> Iterator[dict[str, Any]]:
    """Each case: a name, the amount as it is sent, and the answer."""
    groups: list[tuple[str, list[str], str]] = [
        ("rung", [str(amount) for amount in ACCEPTED], "accepted"),
        ("spaced", SPACED, "accepted"),
        ("under", [str(amount) for amount in UNDER], "below-minimum"),
        ("beside", [str(amount) for amount in BESIDE], "off-ladder"),
        ("outside", [*(str(amount) for amount in OUTSIDE), "-0"], "malformed"),
        ("fraction", FRACTIONS, "malformed"),
        ("text", [json.dumps(text) for text in TEXTS], "malformed"),
        ("thing", [json.dumps(thing) for thing in THINGS], "malformed"),
        ("not json", NOT_JSON, "malformed-json"),
    ]
    for group, sent, expected in groups:
        for number, amount in enumerate(sent, 1):
            yield {"name": f"{group} {number}", "amount": amount, "expect": expected}
