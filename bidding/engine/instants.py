"""Instants are aware UTC with whole milliseconds, and are written in exactly one way."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?"
    r"(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def parse_instant(text: str) -> datetime:
    """An instant is ISO 8601 with an offset and at most three digits of a second.

    Raises `ValueError` for any other text, and for an instant outside the years 1 to 9999 in UTC.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an ISO 8601 time with an offset and at most milliseconds")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error


def format_instant(at: datetime) -> str:
    """An instant is printed in UTC with milliseconds and `Z`."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def floor_to_millisecond(at: datetime) -> datetime:
    """What lies below a millisecond is dropped, so that a replay of the log decides the same."""
    excess = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - excess) if excess else at
