"""What a client sends is parsed strictly; what does not fit is refused by name, never guessed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l

LONGEST_KEY = 80
LONGEST_LOT = 40
DEEPEST = 8
LARGEST_SEQ = 2**31 - 1


@dataclass(frozen=True, slots=True)
class BidPayload:
    """A bid as sent; whether `amount` is an amount is for the engine to say."""

    lot: str
    amount: object
    key: str | None
    confirm: object = None


def parse_json(text: str | bytes) -> Any:
    """JSON in UTF-8 with every key once, no NaN, no deep nesting; else `malformed-json` (400)."""
    try:
        # The library would guess UTF-16 or a mark from the first bytes: other readers would not.
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
        value = _DECODER.decode(plain)
        _measure(value, 0)
    except (ValueError, RecursionError):
        raise DomainError("malformed-json", _l("请求不是有效的 JSON。"), status=400) from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key twice")
    return fields


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse)


def _measure(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return
    for part in value:
        _measure(part, depth + 1)


def parse_bid(payload: Any, lot: str | None = None) -> BidPayload:
    """`{"lot", "amount", "key", "confirm"}`, the last two optional.

    Over HTTP the lot stands in the address.
    """
    needed = ("amount",) if lot else ("lot", "amount")
    fields = _fields(payload, needed, ("key", "confirm"))
    return BidPayload(
        lot=lot or read_lot(fields["lot"]),
        amount=fields["amount"],
        key=read_key(fields.get("key")),
        confirm=fields.get("confirm"),
    )


def parse_instruct(payload: Any) -> tuple[str, object]:
    """`{"lot", "limit"}`."""
    fields = _fields(payload, ("lot", "limit"))
    return read_lot(fields["lot"]), fields["limit"]


def parse_lot(payload: Any) -> str:
    """`{"lot"}`."""
    return read_lot(_fields(payload, ("lot",))["lot"])


def parse_watch(payload: Any) -> tuple[str, int]:
    """`{"lot", "after"}`; without `after` from the first bid on."""
    fields = _fields(payload, ("lot",), ("after",))
    after = fields.get("after")
    if after is None:
        after = 0
    if type(after) is not int or not 0 <= after <= LARGEST_SEQ:
        raise Invalid("bad-after", _l("after 应为已收到的最后一个出价序号。"))
    return read_lot(fields["lot"]), after


def _fields(payload: Any, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    if type(payload) is not dict:
        raise Invalid("malformed-request", _l("请求的格式不正确。"))
    if missing := [name for name in needed if name not in payload]:
        raise Invalid("missing-field", _l("请求缺少必要的内容。"), fields=missing)
    if unknown := [name for name in payload if name not in needed and name not in optional]:
        raise Invalid(
            "unknown-field",
            _l("请求含有未知的内容。"),
            fields=[ascii(name)[:60] for name in unknown[:10]],
        )
    return payload


def read_lot(value: object) -> str:
    """A lot number: short and printable."""
    if type(value) is not str or not 1 <= len(value) <= LONGEST_LOT or not value.isprintable():
        raise Invalid("bad-lot", _l("标的编号不正确。"))
    return value


def read_key(value: object) -> str | None:
    """An idempotency key the client made, 1 to 80 printable characters; it may be left out."""
    if value is None:
        return None
    if type(value) is not str or not 1 <= len(value) <= LONGEST_KEY or not value.isprintable():
        raise Invalid("bad-key", _l("提交编号应为 1 至 80 个可见字符。"))
    return value
