"""The only place that reads the machine's clock."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Gives the present moment, aware, in UTC, to the millisecond."""

    def now(self) -> datetime:
        """The present moment; never earlier than what this clock gave before."""
        ...


class SystemClock:
    """The machine's clock, which never runs back within a process.

    It is read from the monotonic clock on top of the wall time at the start, so that a step of the
    wall clock during a sale neither opens nor closes anything. `drift_ms` tells how far the wall
    clock has moved away since.
    """

    def __init__(self) -> None:
        self._wall = datetime.now(UTC)
        self._mono = time.monotonic()
        self._latest = (0, truncate(self._wall))
        """The millisecond since the start that was asked for last, and its moment."""

    def now(self) -> datetime:
        ms = int((time.monotonic() - self._mono) * 1000)
        known, moment = self._latest
        if ms != known:
            moment = truncate(self._wall + timedelta(milliseconds=ms))
            self._latest = (ms, moment)
        return moment

    def drift_ms(self) -> int:
        """Milliseconds by which the wall clock and this clock have come apart."""
        return round((datetime.now(UTC) - self.now()).total_seconds() * 1000)


def ticks() -> float:
    """Seconds of the monotonic clock: for spans of real time in one process, never for a stamp."""
    return time.monotonic()


def time_apart(before: datetime, other: datetime, after: datetime) -> timedelta:
    """How far another clock certainly is from ours, if `other` was read between two looks at ours.

    The other reading may have been taken at any moment of the round trip, so that only what lies
    outside it counts.
    """
    if other < before:
        return before - other
    return max(other - after, timedelta(0))


class ManualClock:
    """A clock held in the hand: for tests and for building the demonstration court's past."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = truncate(start)

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to `moment`; it must not lie in the past of this clock."""
        with self._lock:
            if moment < self._now:
                raise ValueError("a clock never runs back")
            self._now = truncate(moment)

    def advance(self, **span: float) -> datetime:
        """Move forward by a `timedelta(**span)` and return the new moment."""
        self.set(self._now + timedelta(**span))
        return self._now


def truncate(moment: datetime) -> datetime:
    """`moment` in UTC, cut to whole milliseconds; naive times are a bug."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """`2026-11-23T02:05:32.000Z`: UTC with milliseconds."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def beijing(moment: datetime) -> datetime:
    """The same moment as people in the court read it."""
    return moment.astimezone(BEIJING)
