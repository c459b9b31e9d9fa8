"""The sale file: one sale and what arrived in it, written down so that anyone can replay it.

The format is exact. Whatever is not in it is an error that says where, never a guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from bidding.engine import (
    Bidder,
    BidRequest,
    CancelRequest,
    InstructRequest,
    Request,
    ResumeRequest,
    SaleTerms,
    Stage,
    SuspendRequest,
    WithdrawRequest,
    parse_instant,
)

FORMAT = "sale/1"
LONGEST_INTEGER = 1000
"""Digits of an integer still read as one; far above any amount, below Python's own limit."""
LONGEST_SHOWN = 40


class SaleFileError(ValueError):
    """A file that is not a valid sale file; the message is one line and names the place."""


@dataclass(frozen=True, slots=True)
class SaleFile:
    """A sale file as read: the terms, who was enrolled, and the requests in order of arrival."""

    terms: SaleTerms
    roster: Mapping[str, Bidder]
    requests: tuple[Request, ...]
    until: datetime | None


class NonInteger(NamedTuple):
    """A number that is no amount (a fraction, or far too long), kept as it was written."""

    text: str


def parse_sale_file(content: bytes) -> SaleFile:
    """Content is a sale file to the letter, or a `SaleFileError` says what is wrong first."""
    fields = _take_fields(
        _load_json(content), "file", {"format", "sale", "bidders", "events"}, {"until"}
    )
    if fields["format"] != FORMAT:
        _fail("format", f"must be {FORMAT!r}")
    terms = _parse_terms(fields["sale"])
    roster = _parse_bidders(fields["bidders"])
    until = _parse_time(fields["until"], "until") if "until" in fields else None
    return SaleFile(terms, roster, _parse_events(fields["events"], until), until)


def _load_json(content: bytes) -> object:
    """JSON is strict: UTF-8 without a mark, no name twice in an object, no NaN."""
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_refuse_duplicates,
            parse_int=_parse_integer,
            parse_float=NonInteger,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise SaleFileError("file: not UTF-8") from error
    except json.JSONDecodeError as error:
        raise SaleFileError(
            f"file: not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except RecursionError as error:
        raise SaleFileError("file: nested too deeply") from error


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            _fail("file", f"the name {_show(name)} twice in one object")
        fields[name] = value
    return fields


def _parse_integer(text: str) -> int | NonInteger:
    return int(text) if len(text) <= LONGEST_INTEGER else NonInteger(text)


def _refuse_constant(text: str) -> NoReturn:
    _fail("file", f"not JSON: {text}")


def _parse_terms(value: object) -> SaleTerms:
    names = SaleTerms.__dataclass_fields__.keys()
    fields = _take_fields(value, "sale", names)
    stages = [stage.value for stage in Stage]
    if fields["stage"] not in stages:
        _fail("sale.stage", f"must be one of {', '.join(stages)}")
    currency = _parse_text(fields["currency"], "sale.currency")
    if not re.fullmatch("[A-Z]{3}", currency):
        _fail("sale.currency", "must be three capital letters")
    for name in ("leader_raises", "instructions"):
        _parse_flag(fields[name], f"sale.{name}")
    try:
        return SaleTerms(
            **{
                **fields,
                "stage": Stage(fields["stage"]),
                "opens_at": _parse_time(fields["opens_at"], "sale.opens_at"),
                "closes_at": _parse_time(fields["closes_at"], "sale.closes_at"),
            }
        )
    except SaleFileError:
        raise
    except ValueError as error:
        raise SaleFileError(f"sale: {error}") from error


def _parse_bidders(value: object) -> dict[str, Bidder]:
    """A code names one bidder; whether it may bid is for the rules to say."""
    roster: dict[str, Bidder] = {}
    for index, entry in enumerate(_parse_list(value, "bidders")):
        place = f"bidders[{index}]"
        fields = _take_fields(entry, place, {"code"}, {"priority", "barred"})
        code = _parse_text(fields["code"], f"{place}.code")
        if not code:
            _fail(f"{place}.code", "must not be empty")
        if code in roster:
            _fail(f"{place}.code", f"{_show(code)} is there already")
        if "priority" in fields and fields["priority"] is None:
            _fail(f"{place}.priority", "must be an integer of 1 or more")
        barred = _parse_flag(fields.get("barred", False), f"{place}.barred")
        try:
            roster[code] = Bidder(code, fields.get("priority"), barred)
        except ValueError as error:
            raise SaleFileError(f"{place}: {error}") from error
    return roster


def _parse_events(value: object, until: datetime | None) -> tuple[Request, ...]:
    """Events come in order of arrival, and none after the moment the outcome is asked for."""
    requests: list[Request] = []
    for index, entry in enumerate(_parse_list(value, "events")):
        place = f"events[{index}]"
        request = _parse_event(entry, place)
        if requests and request.at < requests[-1].at:
            _fail(f"{place}.at", "before the event before it")
        if until is not None and request.at > until:
            _fail(f"{place}.at", "after until")
        requests.append(request)
    return tuple(requests)


def _parse_event(value: object, place: str) -> Request:
    if not isinstance(value, dict):
        _fail(place, "must be an object")
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in _EVENTS:
        _fail(f"{place}.type", f"must be one of {', '.join(_EVENTS)}")
    event = _EVENTS[kind]
    fields = _take_fields(value, place, {"at", "type", *event.required}, event.optional)
    arguments: dict[str, Any] = {"at": _parse_time(fields.pop("at"), f"{place}.at")}
    del fields["type"]
    for name, argument in fields.items():
        is_open = name in {"amount", "limit"}
        arguments[name] = argument if is_open else _parse_text(argument, f"{place}.{name}")
    return event.request(**arguments)


class _Event(NamedTuple):
    """An event's type says which request it is and which fields it has besides `at`."""

    request: Callable[..., Request]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_EVENTS = {
    "bid": _Event(BidRequest, ("code", "amount"), ("key",)),
    "instruct": _Event(InstructRequest, ("code", "limit")),
    "cancel": _Event(CancelRequest, ("code",)),
    "suspend": _Event(SuspendRequest, (), ("ground",)),
    "resume": _Event(ResumeRequest),
    "withdraw": _Event(WithdrawRequest, (), ("ground",)),
}


def _take_fields(
    value: object, place: str, required: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, Any]:
    """An object has the required fields, may have the optional ones, and has no others."""
    if not isinstance(value, dict):
        _fail(place, "must be an object")
    wanted = list(required)
    for name in wanted:
        if name not in value:
            _fail(place, f"{name} is missing")
    for name in value:
        if name not in wanted and name not in optional:
            _fail(place, f"unknown field {_show(name)}")
    return dict(value)


def _parse_list(value: object, place: str) -> list[object]:
    if not isinstance(value, list):
        _fail(place, "must be a list")
    return value


def _parse_text(value: object, place: str) -> str:
    if not isinstance(value, str):
        _fail(place, "must be a string")
    return value


def _parse_flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        _fail(place, "must be true or false")
    return value


def _parse_time(value: object, place: str) -> datetime:
    try:
        return parse_instant(_parse_text(value, place))
    except SaleFileError:
        raise
    except ValueError as error:
        raise SaleFileError(f"{place}: {error}") from error


def _show(text: str) -> str:
    """What a file says is shown short, on one line, in ASCII."""
    return ascii(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "...")


def _fail(place: str, what: str) -> NoReturn:
    raise SaleFileError(f"{place}: {what}")
