"""Bodies and headers of `POST /api/v1/lots/<number>/bids`, and how each is answered (corpus 2).

`headers` replace those of a good call; null takes one away. `{token}` is the right token, `{other}`
another person's, `{origin}` our own. `repeat` says how often `body` stands there.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

AMOUNT = 70_500_000
GOOD = json.dumps({"amount": AMOUNT})

TWICE = [
    f'{{"amount": {AMOUNT}, "amount": {AMOUNT}}}',
    f'{{"amount": 1, "amount": {AMOUNT}}}',
    f'{{"amount": {AMOUNT}, "key": "a", "key": "b"}}',
    f'{{"amount": {AMOUNT}, "am\\u006funt": 1}}',
    '{"amount": {"a": 1, "a": 1}}',
    '{"amount": [{"a": 1, "a": 2}]}',
]
FOREIGN = [
    "at", "seq", "code", "auto", "user_id", "lot", "sale", "sale_id", "role", "roles", "verified",
    "balance", "court_id", "status", "closes_at", "opens_at", "accepted", "receipt", "price",
    "leader", "limit", "is_barred", "priority", "minimum", "csrf_token", "__proto__", "constructor",
    "toString", "", "amount ", " amount", "Amount", "AMOUNT", "\u0430mount", "amount\0", "amount\u200b",
    "key\n", "$where", "x" * 300, "落槌",
]  # fmt: skip
INCOMPLETE = ["{}", '{"key": "k"}', '{"amounts": 1}', '{"Amount": 70500000}', '{"": 70500000}']
NO_OBJECT = ["[]", f"[{GOOD}]", '"amount"', "70500000", "null", "true", "1.5", "[[1]]", '"{}"']
NO_JSON = [
    "", " ", "\n", "{", "}", "{'amount': 70500000}", '{"amount": 70500000,}', "{amount: 70500000}",
    '{"amount" 70500000}', '{"amount": 70500000} x', GOOD + GOOD, GOOD + "\n" + GOOD, "\0" + GOOD,
    GOOD + "\0", "/* x */" + GOOD, GOOD + "// x", '{"amount": NaN}', '{"amount": 1, "key": Infinity}',
    '{"amount": 1, "key": "a\nb"}', "amount=70500000&key=k", "<amount>70500000</amount>",
    "amount: 70500000", ")]}',\n" + GOOD, "callback(" + GOOD + ")", "undefined", "\ufeff" + GOOD,
    '{"amount": ' + "[" * 9 + "]" * 9 + "}", '{"a":' * 9 + "1" + "}" * 9,
]  # fmt: skip
NOT_TEXT = {
    "utf-16 with a mark": GOOD.encode("utf-16"),
    "utf-16, little end first": GOOD.encode("utf-16-le"),
    "utf-16, big end first": GOOD.encode("utf-16-be"),
    "utf-32": GOOD.encode("utf-32"),
    "latin-1": '{"amount": 1, "key": "é"}'.encode("latin-1"),
    "gb18030": '{"amount": 1, "key": "落"}'.encode("gb18030"),
    "no utf-8": b'{"amount": 1, "key": "\xff"}',
    "overlong": b'{"amount": 1, "key": "\xc0\x80"}',
    "half a pair": b'{"amount": 1, "key": "\xed\xa0\x80"}',
    "cut": b'{"amount": 1, "key": "\xe8\x90',
    "gzip without a word": gzip.compress(GOOD.encode(), mtime=0),
    "zlib": zlib.compress(GOOD.encode()),
    "msgpack": b"\x81\xa6amount\xce\x043\xc1\xa0",
    "cbor": b"\xa1famount\x1a\x043\xc1\xa0",
    "zeros": b"\0" * 64,
}
OTHER_TYPES = [
    None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "text/json", "application/jsonp", "application/json-patch+json", "application/ld+json",
    "application/vnd.api+json", "application/xml", "*/*", "json", "application/json2",
    "text/plain; application/json",
]  # fmt: skip
SAME_TYPES = [
    "application/json", "application/json;charset=utf-8", "APPLICATION/JSON",
    "application/json ; charset=utf-8",
]  # fmt: skip
FOREIGN_ORIGINS = [
    None, "null", "http://evil.test", "{origin}.evil.test", "{origin}:8080", "{origin}/",
    "https://luochui.test", "http://evil.test#{origin}", "HTTP://LUOCHUI.TEST", "{origin} {origin}",
]  # fmt: skip
WRONG_TOKENS = [None, "x", "{other}", "{token}x", "null", "undefined"]


def cases() -> Iterator[dict[str, Any]]:
    """Each case: a name, what is sent, status and code of the answer."""
    for number, body in enumerate(TWICE, 1):
        yield make(f"a name twice {number}", 400, "malformed-json", body=body)
    for name in FOREIGN:
        body = json.dumps({"amount": AMOUNT, name: 1})
        yield make(f"foreign field {ascii(name)[:40]}", 422, "unknown-field", body=body)
    for number, body in enumerate(INCOMPLETE, 1):
        yield make(f"incomplete {number}", 422, "missing-field", body=body)
    for number, body in enumerate(NO_OBJECT, 1):
        yield make(f"no object {number}", 422, "malformed-request", body=body)
    for number, body in enumerate(NO_JSON, 1):
        yield make(f"no json {number}", 400, "malformed-json", body=body)
    for name, content in NOT_TEXT.items():
        yield make(name, 400, "malformed-json", body_b64=base64.b64encode(content).decode())
    yield make("100,000 lists deep", 400, "malformed-json", body="[", repeat=100_000)
    yield make("100,000 objects deep", 400, "malformed-json", body='{"a":', repeat=100_000)
    packed = base64.b64encode(gzip.compress(GOOD.encode(), mtime=0)).decode()
    for encoding in ("gzip", "deflate", "br"):
        headers = {"Content-Encoding": encoding}
        yield make(f"packed as {encoding}", 400, "malformed-json", body_b64=packed, headers=headers)
    yield make("10 MB", 413, "http-413", body=" ", repeat=10_000_000)
    yield make("one byte too many", 413, "http-413", body=" ", repeat=1_000_001)
    yield make("1 MB of nothing", 400, "malformed-json", body=" ", repeat=999_999)
    for number, kind in enumerate(OTHER_TYPES, 1):
        headers = {"Content-Type": kind}
        yield make(f"other type {number}", 415, "unsupported-media-type", headers=headers)
    for number, kind in enumerate(SAME_TYPES, 1):
        yield make(f"same type {number}", 200, "accepted", headers={"Content-Type": kind})
    for number, origin in enumerate(FOREIGN_ORIGINS, 1):
        yield make(f"origin {number}", 403, "bad-origin", headers={"Origin": origin})
    for number, token in enumerate(WRONG_TOKENS, 1):
        yield make(f"token {number}", 400, "csrf", headers={"X-CSRF-Token": token})


def make(name: str, status: int, code: str, **sent: Any) -> dict[str, Any]:
    """One line of the manifest; a good body where none is said."""
    if "body" not in sent and "body_b64" not in sent:
        sent["body"] = GOOD
    return {"name": name, **sent, "status": status, "expect": code}
