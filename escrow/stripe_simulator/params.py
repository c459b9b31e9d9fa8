"""Form-encoded, nested parameters are decoded and held to what each call accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from escrow.stripe_simulator.errors import bad_parameter

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
LARGEST_AMOUNT = 99_999_999
CURRENCIES = ("cny", "eur", "gbp", "hkd", "jpy", "sgd", "usd")


def decode_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=x` becomes nested dictionaries; `a[]=x` takes the next free index."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        if match is None:
            raise bad_parameter(f"Invalid parameter name: {key}", key)
        names = [match[1], *_PART.findall(match[2])]
        node = tree
        for name in names[:-1]:
            node = node.setdefault(name or str(len(node)), {})
            if not isinstance(node, dict):
                raise bad_parameter(f"Invalid object: {key}", key)
        last = names[-1] or str(len(node))
        if isinstance(node.get(last), dict):
            raise bad_parameter(f"Invalid object: {key}", key)
        node[last] = value
    return tree


class Reader(Protocol):
    """Reads one raw value, or refuses it by name."""

    def read(self, value: Any, name: str) -> Any: ...


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise bad_parameter("Invalid string: expected a string, not an object", name)
    return value


@dataclass(frozen=True)
class Text:
    """Any text up to a length."""

    longest: int = 5000

    def read(self, value: Any, name: str) -> str:
        """The text itself."""
        text = _text(value, name)
        if len(text) > self.longest:
            raise bad_parameter(f"Invalid string: must be at most {self.longest} characters", name)
        return text


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds."""

    lowest: int = 0
    highest: int = 10**15

    def read(self, value: Any, name: str) -> int:
        """The number, or `parameter_invalid_integer`."""
        text = _text(value, name)
        if not _INTEGER.fullmatch(text):
            raise bad_parameter(f"Invalid integer: {text}", name, "parameter_invalid_integer")
        number = int(text)
        if number < self.lowest:
            message = f"This value must be greater than or equal to {self.lowest}."
            raise bad_parameter(message, name, "parameter_invalid_integer")
        if number > self.highest:
            message = f"This value must be less than or equal to {self.highest}."
            raise bad_parameter(message, name, "parameter_invalid_integer")
        return number


@dataclass(frozen=True)
class Amount:
    """A positive amount in minor units with at most eight digits."""

    def read(self, value: Any, name: str) -> int:
        """The amount, or `amount_too_large`."""
        amount = Integer(lowest=1).read(value, name)
        check_amount(amount, name)
        return amount


def check_amount(amount: int, name: str) -> None:
    """Stripe takes at most 99,999,999 minor units a payment."""
    if amount > LARGEST_AMOUNT:
        message = "Amount must be no more than 999,999.99 (8 digits in the smallest unit)."
        raise bad_parameter(message, name, "amount_too_large")


@dataclass(frozen=True)
class Flag:
    """`true` or `false`."""

    def read(self, value: Any, name: str) -> bool:
        """The truth value."""
        text = _text(value, name)
        if text not in ("true", "false"):
            raise bad_parameter(f"Invalid boolean: {text}", name)
        return text == "true"


@dataclass(frozen=True)
class Choice:
    """One of the words listed."""

    options: tuple[str, ...]

    def read(self, value: Any, name: str) -> str:
        """The word chosen."""
        text = _text(value, name)
        if text not in self.options:
            known = ", ".join(self.options)
            raise bad_parameter(f"Invalid {name}: must be one of {known}", name)
        return text


@dataclass(frozen=True)
class Currency:
    """A currency the simulated account accepts, in lower case."""

    def read(self, value: Any, name: str) -> str:
        """The lower-case code."""
        text = _text(value, name).lower()
        if text not in CURRENCIES:
            message = f"Invalid currency: {text}. Supported here: {', '.join(CURRENCIES)}"
            raise bad_parameter(message, name)
        return text


@dataclass(frozen=True)
class Metadata:
    """Up to 50 keys of 40 characters with values of 500; an empty value removes its key."""

    def read(self, value: Any, name: str) -> dict[str, str] | None:
        """The keys and values given; None (an empty string was sent) clears everything."""
        if value == "":
            return None
        if not isinstance(value, dict):
            raise bad_parameter("Invalid object", name)
        if len(value) > 50:
            raise bad_parameter("Metadata can have up to 50 keys.", name)
        for key, text in value.items():
            if len(key) > 40:
                raise bad_parameter("Metadata keys can be up to 40 characters.", name)
            Text(500).read(text, f"{name}[{key}]")
        return dict(value)


@dataclass(frozen=True)
class ListOf:
    """A list, sent as `name[0]`, `name[1]`, … or `name[]`."""

    item: Reader

    def read(self, value: Any, name: str) -> list[Any]:
        """The items in the order of their indexes."""
        if value == "":
            return []
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise bad_parameter("Invalid array", name)
        ordered = sorted(value, key=int)
        return [self.item.read(value[key], f"{name}[{key}]") for key in ordered]


@dataclass(frozen=True)
class Moment:
    """An instant, or a range `name[gte]=…`, in Unix seconds."""

    def read(self, value: Any, name: str) -> dict[str, int]:
        """The bounds by comparison."""
        if isinstance(value, str):
            return {"eq": Integer().read(value, name)}
        return Fields(dict.fromkeys(("gt", "gte", "lt", "lte"), Integer())).read(value, name)


@dataclass(frozen=True)
class Fields:
    """An object with known fields; unknown ones are refused, required ones demanded."""

    known: Mapping[str, Reader]
    required: tuple[str, ...] = ()
    withdrawn: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, value: Any, name: str = "") -> dict[str, Any]:
        """The fields given, each read by its own reader."""
        if not isinstance(value, dict):
            raise bad_parameter("Invalid object", name)
        path = {key: f"{name}[{key}]" if name else key for key in (*value, *self.required)}
        for key in value:
            if key in self.withdrawn:
                code, message = self.withdrawn[key]
                raise bad_parameter(message, path[key], code)
            if key not in self.known:
                message = f"Received unknown parameter: {path[key]}"
                raise bad_parameter(message, path[key], "parameter_unknown")
        for key in self.required:
            if key not in value:
                message = f"Missing required param: {path[key]}."
                raise bad_parameter(message, path[key], "parameter_missing")
        return {key: self.known[key].read(item, path[key]) for key, item in value.items()}


def merge_metadata(old: Mapping[str, str], new: dict[str, str] | None) -> dict[str, str]:
    """New values replace old ones, empty values remove, None clears everything."""
    if new is None:
        return {}
    return {key: text for key, text in {**old, **new}.items() if text != ""}
