"""A socket's session is looked up at every event, at most half a second old (4.4.3, 7.4.1).

All sessions with an open socket are read in one statement, so a thousand bidders cost two queries a
second, not a thousand.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from auction.accounts.models import User, UserRole, UserSession
from auction.accounts.roles import rights_of
from auction.core.db import db

FRESH = timedelta(milliseconds=500)


class LiveSessions:
    """The rights of each session that has a socket in this process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._sockets: Counter[int] = Counter()
        self._rights: dict[int, frozenset[str]] = {}
        self._read_at: datetime | None = None
        self._lock = threading.Lock()

    def attach(self, session_id: int) -> None:
        """A socket of this session has opened; its rights are read at its first event."""
        with self._lock:
            self._sockets[session_id] += 1
            if session_id not in self._rights:
                self._read_at = None

    def detach(self, session_id: int) -> None:
        """One of its sockets has closed."""
        with self._lock:
            self._sockets[session_id] -= 1
            if self._sockets[session_id] <= 0:
                del self._sockets[session_id]
                self._rights.pop(session_id, None)

    def rights(self, session_id: int, now: datetime) -> frozenset[str] | None:
        """What the person behind the session may do now; None once the session is over."""
        if self._read_at is None or now - self._read_at >= FRESH:
            with self._lock:
                if self._read_at is None or now - self._read_at >= FRESH:
                    with self._app.app_context():
                        self._rights = _read(list(self._sockets), now)
                    self._read_at = now
        return self._rights.get(session_id)


def _read(session_ids: list[int], now: datetime) -> dict[int, frozenset[str]]:
    roles: dict[int, set[str]] = {}
    with db.engine.connect() as connection:
        for start in range(0, len(session_ids), 1000):
            rows = connection.execute(
                select(UserSession.id, UserRole.role)
                .join(User, User.id == UserSession.user_id)
                .join(UserRole, UserRole.user_id == User.id)
                .where(
                    UserSession.id.in_(session_ids[start : start + 1000]),
                    UserSession.ended_at.is_(None),
                    UserSession.expires_at > now,
                    User.is_active,
                )
            )
            for session_id, role in rows:
                roles.setdefault(session_id, set()).add(str(role))
    return {session_id: rights_of(held) for session_id, held in roles.items()}
