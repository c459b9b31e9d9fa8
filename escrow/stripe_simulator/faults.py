"""The simulator misbehaves where it is told to, a set number of times.

A fault waits in the store until a call (or an event) matches it; each match uses it up once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from escrow.stripe_simulator.errors import Json, bad_parameter
from escrow.stripe_simulator.store import Work

CALL_FAULTS = {
    "rate_limit": "429 before anything is done; not kept under the key",
    "server_error": "500 instead of doing it; kept under the key",
    "server_error_after": "500 after doing it; kept under the key",
    "drop_before": "the connection is cut before anything is done",
    "drop_after": "the connection is cut after it was done",
    "hang_before": "waits `seconds` (30 at most), then does it and answers; the key is in use",
    "hang_after": "does it, waits `seconds` (30 at most), then answers",
    "malformed": "does it, then answers with broken JSON",
    "wrong_amount": "does it, then answers with amounts that are not those asked for",
}
EVENT_FAULTS = {
    "webhook_duplicate": "the event is delivered three times",
    "webhook_delay": "the event is delivered `seconds` later",
    "webhook_lose": "the event is never delivered",
    "webhook_reverse": "one round of deliveries goes out newest first",
}
LONGEST_HANG_SECONDS = 30


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and for how long."""

    kind: str
    seconds: int


def add_fault(work: Work, told: dict[str, Any]) -> None:
    """A new order to misbehave: `kind`, and optionally `times`, `seconds`, `method`, `path`."""
    unknown = set(told) - {"kind", "times", "seconds", "method", "path"}
    if unknown:
        name = min(unknown)
        raise bad_parameter(f"Received unknown parameter: {name}", name, "parameter_unknown")
    if told.get("kind") not in CALL_FAULTS | EVENT_FAULTS:
        known = ", ".join((*CALL_FAULTS, *EVENT_FAULTS))
        raise bad_parameter(f"Invalid kind: must be one of {known}", "kind")
    numbers = {"times": told.get("times", 1), "seconds": told.get("seconds", 0)}
    for name, number in numbers.items():
        if type(number) is not int or number < 0:
            raise bad_parameter(f"Invalid integer: {number}", name, "parameter_invalid_integer")
    for name in ("method", "path"):
        if not isinstance(told.get(name), str | None):
            raise bad_parameter("Invalid string", name)
    work.connection.execute(
        "INSERT INTO fault (kind, method, path, seconds, times) VALUES (?, ?, ?, ?, ?)",
        (
            told["kind"],
            told.get("method"),
            told.get("path"),
            numbers["seconds"],
            numbers["times"],
        ),
    )


def list_faults(work: Work) -> list[Json]:
    """The orders still to be carried out."""
    found = work.connection.execute(
        "SELECT id, kind, method, path, seconds, times FROM fault WHERE times > 0 ORDER BY id"
    ).fetchall()
    names = ("id", "kind", "method", "path", "seconds", "times")
    return [dict(zip(names, row, strict=True)) for row in found]


def clear_faults(work: Work) -> None:
    """From here on everything works."""
    work.connection.execute("DELETE FROM fault")


def has_faults(work: Work) -> bool:
    """Whether any order is left."""
    found = work.connection.execute("SELECT EXISTS (SELECT 1 FROM fault WHERE times > 0)")
    return bool(found.fetchone()[0])


def take_call_fault(work: Work, method: str, path: str) -> Fault | None:
    """The earliest order that matches the call is used up once; `path` matches as a prefix."""
    return _take(
        work,
        tuple(CALL_FAULTS),
        "(method IS NULL OR method = ?) AND (path IS NULL OR substr(?, 1, length(path)) = path)",
        (method, path),
    )


def take_reversal(work: Work) -> bool:
    """Whether this round of deliveries goes out newest first."""
    return _take(work, ("webhook_reverse",), "1", ()) is not None


def plan_deliveries(work: Work) -> list[int]:
    """How many times an event goes out and after how many seconds each; normally once, now."""
    fault = _take(work, ("webhook_duplicate", "webhook_delay", "webhook_lose"), "1", ())
    if fault is None:
        return [0]
    if fault.kind == "webhook_duplicate":
        return [0, 0, 0]
    return [fault.seconds] if fault.kind == "webhook_delay" else []


def _take(
    work: Work, kinds: tuple[str, ...], condition: str, bound: tuple[str, ...]
) -> Fault | None:
    marks = ", ".join("?" * len(kinds))
    found = work.connection.execute(
        "UPDATE fault SET times = times - 1 WHERE id = (SELECT id FROM fault"  # noqa: S608 - constants
        f" WHERE times > 0 AND kind IN ({marks}) AND {condition} ORDER BY id LIMIT 1)"
        " RETURNING kind, seconds",
        (*kinds, *bound),
    ).fetchone()
    return None if found is None else Fault(found[0], found[1])
