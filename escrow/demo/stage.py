"""Many stories told at once, in the order of time, on a clock held in the hand.

A story is a generator: it yields the moment of its next act and is woken then. Between acts the
worker runs, so that what the services queued, and what time alone brings, happens in its place.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import Flask

from auction.core.clock import Clock, ManualClock
from auction.core.db import db
from auction.core.worker import work_once

Story = Iterator[datetime]

HOP = timedelta(hours=6)
"""The worker looks at least this often, as deadlines and holds want it."""
_MOST_TURNS = 200


class Stage:
    """The clock, and everything that follows from its being moved."""

    def __init__(self, app: Flask, clock: ManualClock) -> None:
        self.app = app
        self.clock = clock

    @property
    def now(self) -> datetime:
        """The present moment of the story."""
        return self.clock.now()

    def play(
        self, stories: Iterable[Story], until: datetime, told: Callable[[int], None] | None = None
    ) -> None:
        """Tell all stories up to `until`; what they would do later is left to the real clock.

        `told` hears the place of each story that has come to its end or to the present.
        """
        waiting = [(self.now, place, story) for place, story in enumerate(stories)]
        while waiting:
            moment, place, story = heapq.heappop(waiting)
            if moment > until:
                story.close()  # type: ignore[attr-defined]  # stories are generators
                following = None
            else:
                self.reach(moment)
                following = next(story, None)
                self.settle()
            if following is not None:
                heapq.heappush(waiting, (max(following, self.now), place, story))
            elif told is not None:
                told(place)
        self.reach(until)

    def reach(self, moment: datetime) -> None:
        """Move the clock to `moment`, the worker running on the way."""
        while self.now + HOP < moment:
            self.clock.set(self.now + HOP)
            self.settle()
        if moment > self.now:
            self.clock.set(moment)
            self.settle()

    def settle(self) -> None:
        """Let the worker do all that is due now."""
        db.session.remove()
        for _turn in range(_MOST_TURNS):
            if not work_once(self.app):
                return
        raise RuntimeError("the worker never comes to an end")


@contextmanager
def hold_clock(app: Flask, clock: Clock) -> Iterator[None]:
    """Let everything in this process read `clock` while the block runs."""
    holders = [
        app.extensions[name] for name in ("luochui.intake", "luochui.room", "luochui.broadcaster")
    ]
    before: Clock = app.extensions["luochui.clock"]
    _hand(app, holders, clock)
    try:
        yield
    finally:
        _hand(app, holders, before)


def _hand(app: Flask, holders: list[object], clock: Clock) -> None:
    app.extensions["luochui.clock"] = clock
    for holder in holders:
        holder.clock = clock  # type: ignore[attr-defined]  # each of them has one
