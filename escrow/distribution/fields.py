"""Strict JSON, and one reader that takes each field of an object once and misses nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, NoReturn, TypeVar

# Far above any money there is, far below where integers become slow or refuse to print.
AMOUNT_LIMIT: Final = 10**36
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_Choice = TypeVar("_Choice", bound=StrEnum)


class DistributionFileError(ValueError):
    """The distribution file is not valid: ``field`` is where, ``problem`` is what, on one line."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def load_json(document: bytes) -> object:
    """Read strict JSON: UTF-8 without a mark, no doubled name, no NaN, no endless number."""
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DistributionFileError("file", f"is not UTF-8 (byte {error.start})") from error
    if text.startswith("\ufeff"):
        raise DistributionFileError("file", "starts with a byte order mark")
    try:
        return json.loads(
            text, object_pairs_hook=_refuse_repeated_names, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise DistributionFileError("file", f"is not JSON: {error.msg} at {where}") from error
    except RecursionError as error:
        raise DistributionFileError("file", "is nested too deeply") from error
    except DistributionFileError:
        raise
    except ValueError as error:  # int() refuses to read thousands of digits
        raise DistributionFileError("file", "holds a number with too many digits") from error


def _refuse_repeated_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise DistributionFileError("file", f"gives {quote(name)} twice in one object")
            seen.add(name)
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise DistributionFileError("file", f"{name} is not a JSON number")


def quote(value: object) -> str:
    """Show a value from the file on one line, shortened, whatever it holds."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < AMOUNT_LIMIT else "an enormous number"
    if isinstance(value, float):
        return f"the fraction {value!r}"
    return "an object" if isinstance(value, Mapping) else "a list"


@dataclass(slots=True)
class Fields:
    """One object of the file; each field is taken once, and what is left over is an error."""

    path: str
    document: object
    members: Mapping[object, Any] = field(init=False)
    taken: set[object] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        if not isinstance(self.document, Mapping):
            raise DistributionFileError(self.path, f"must be an object, not {quote(self.document)}")
        self.members = self.document

    def refuse(self, name: str, problem: str) -> NoReturn:
        where = name if self.path == "file" else f"{self.path}.{name}"
        raise DistributionFileError(where, problem)

    def has(self, name: str) -> bool:
        return name in self.members

    def take(self, name: str) -> object:
        if name not in self.members:
            self.refuse(name, "is missing")
        self.taken.add(name)
        return self.members[name]

    def take_text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not value.strip():
            self.refuse(name, f"must be a text that is not empty, not {quote(value)}")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            self.refuse(name, "holds half of a surrogate pair")
        return value

    def take_choice(self, name: str, choices: type[_Choice]) -> _Choice:
        value = self.take(name)
        if isinstance(value, str) and value in list(choices):
            return choices(value)
        return self.refuse(name, f"must be one of {', '.join(choices)}, not {quote(value)}")

    def take_integer(self, name: str, least: int) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(name, f"must be an integer, not {quote(value)}")
        if not least <= value < AMOUNT_LIMIT:
            self.refuse(name, f"must be an integer of at least {least}, not {quote(value)}")
        return value

    def take_amount(self, name: str) -> int:
        return self.take_integer(name, least=0)

    def take_date(self, name: str) -> date:
        value = self.take(name)
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.refuse(name, f"is not a day of the calendar: {quote(value)}")
        return self.refuse(name, f"must be a day like '2026-01-31', not {quote(value)}")

    def take_objects(self, name: str) -> list[Fields]:
        value = self.take(name)
        if not isinstance(value, (list, tuple)):
            self.refuse(name, f"must be a list, not {quote(value)}")
        path = name if self.path == "file" else f"{self.path}.{name}"
        return [Fields(f"{path}[{number}]", member) for number, member in enumerate(value)]

    def take_object(self, name: str) -> Fields:
        return Fields(f"{self.path}.{name}", self.take(name))

    def finish(self) -> None:
        for name in self.members:
            if name not in self.taken:
                shown = quote(name) if isinstance(name, str) else "a name that is no text"
                raise DistributionFileError(self.path, f"has an unknown field {shown}")
