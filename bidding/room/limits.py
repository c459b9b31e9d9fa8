"""Who must wait when there is too much: never a bidder's first five bids a second (CN16-8.1)."""

from __future__ import annotations

import threading
from datetime import datetime

NEVER_LIMITED = 5
"""Bids a second of an enrolled bidder on one lot that are always taken."""

FULL_QUEUE = 5000
"""Requests waiting in this process from which on only those are taken."""

MOST_WATCHERS = 10_000
"""Connections of this process without a session; whoever is signed in is let in beyond that."""

WATCHERS_RETRY_SECONDS = 30


class BidLimiter:
    """Counts the bids of each person on each sale in the running second of this process.

    By account and sale, never by address: a court's hall or a whole network shares one address.
    """

    def __init__(self, per_second: int) -> None:
        self.per_second = max(per_second, NEVER_LIMITED)
        self._second: datetime | None = None
        self._counts: dict[tuple[int, int], int] = {}
        self._lock = threading.Lock()

    def admit(self, user_id: int, sale_id: int, now: datetime, backlog: int) -> bool:
        """Whether one more bid of this person is taken now."""
        second = now.replace(microsecond=0)
        place = (user_id, sale_id)
        with self._lock:
            if second != self._second:
                self._second = second
                self._counts = {}
            count = self._counts.get(place, 0) + 1
            self._counts[place] = count
        if count <= NEVER_LIMITED:
            return True
        return count <= self.per_second and backlog <= FULL_QUEUE
