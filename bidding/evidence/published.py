"""Logs as they are downloaded, put together once for any number of readers.

Whoever asks again and again for a log of fifty thousand entries costs no more than its sending.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from flask import current_app

MOST_BYTES = 32 * 1024 * 1024
"""Kept by this process; the least recently asked for are put together again when needed."""


class PublishedLogs:
    """Bodies by their tag, which says all that a body depends on."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def get(self, tag: str, write: Callable[[], bytes]) -> bytes:
        """The body of this tag; the first who asks for it writes it, the others wait."""
        with self._lock:
            body = self._bodies.get(tag)
            if body is None:
                body = write()
                self._bodies[tag] = body
                self._held += len(body)
                while self._held > MOST_BYTES:
                    _tag, oldest = self._bodies.popitem(last=False)
                    self._held -= len(oldest)
            else:
                self._bodies.move_to_end(tag)
            return body


def published_logs() -> PublishedLogs:
    """Those of this application."""
    kept: PublishedLogs = current_app.extensions.setdefault(
        "luochui.published_logs", PublishedLogs()
    )
    return kept
