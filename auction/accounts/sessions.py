"""A sign-in is a row; its secret lives in the signed cookie, its hash in the row (7.2.3, 7.4.1).

Every request and every socket event looks the row up: ending it ends the session everywhere at
once, whatever cookies are still around.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, g, has_app_context, session
from flask_login import LoginManager
from itsdangerous import BadSignature
from sqlalchemy import select, update
from werkzeug.http import parse_cookie
from werkzeug.wrappers import Request

from auction.accounts.models import User, UserSession
from auction.core.clock import Clock
from auction.core.db import db, transaction
from auction.core.i18n import LANGS

STAFF_LIFE = timedelta(hours=8)
STAFF_IDLE = timedelta(minutes=15)
# A bidder is not thrown out in the middle of a sale: no idle limit, a week in all.
BIDDER_LIFE = timedelta(days=7)
# How fine the idle limit is: seen again within this span is not written down.
SEEN_EVERY = timedelta(minutes=1)

TOKEN = "token"  # noqa: S105  # the name of a key in the cookie, not a secret


@dataclass(frozen=True)
class Visitor:
    """Who a cookie belongs to, for edges without a request (sockets)."""

    user_id: int
    session_id: int
    lang: str


def open_session(user: User, *, now: datetime, ip: str, agent: str) -> str:
    """Write a new session of `user` and return its token, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            user_id=user.id,
            token_hash=hash_token(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + (STAFF_LIFE if user.is_staff else BIDDER_LIFE),
            ip=ip[:45],
            agent=agent[:200],
        )
    )
    db.session.flush()
    return token


def hash_token(token: str) -> str:
    """What is stored of a token; it is long and random, so a plain hash suffices."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def live_session(token: str, now: datetime) -> tuple[User, UserSession] | None:
    """The person and session a token opens at `now`: not ended, not run out, person active."""
    if not token:
        return None
    found = db.session.execute(
        select(User, UserSession)
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.token_hash == hash_token(token),
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            User.is_active,
        )
    ).one_or_none()
    if found is None:
        return None
    user, row = found
    if user.is_staff and now - row.last_seen_at >= STAFF_IDLE:
        return None
    return user, row


def session_user(token: str, *, now: datetime | None = None) -> tuple[int, int] | None:
    """Ids of the user and the session a token opens, or None."""
    found = live_session(token, now or _clock().now())
    return (found[0].id, found[1].id) if found else None


def is_session_live(session_id: int, now: datetime) -> bool:
    """Whether a session that was open earlier still is: for sockets, at every event."""
    return (
        db.session.scalar(
            select(UserSession.id)
            .join(User, User.id == UserSession.user_id)
            .where(
                UserSession.id == session_id,
                UserSession.ended_at.is_(None),
                UserSession.expires_at > now,
                User.is_active,
            )
        )
        is not None
    )


def end_sessions(user_id: int, *, now: datetime, but: int | None = None) -> int:
    """End all open sessions of a person, except `but`; returns how many ended."""
    open_rows = (
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    if but is not None:
        open_rows = open_rows.where(UserSession.id != but)
    ended: int = db.session.execute(open_rows).rowcount  # type: ignore[attr-defined]
    return ended


def resolve_cookie(app: Flask, cookie_header: str) -> Visitor | None:
    """Who a raw `Cookie` header belongs to; works without any request or application context."""
    try:
        cookies = parse_cookie(cookie_header)
    except UnicodeError:
        return None
    token = _token_in(app, cookies.get(app.config["SESSION_COOKIE_NAME"], ""))
    if not token:
        return None
    if has_app_context():
        return _visitor(token, cookies.get("lang"))
    with app.app_context():
        return _visitor(token, cookies.get("lang"))


def _visitor(token: str, lang: str | None) -> Visitor | None:
    found = live_session(token, _clock().now())
    if found is None:
        return None
    user, row = found
    return Visitor(user.id, row.id, lang if lang in LANGS else user.lang)


def _token_in(app: Flask, cookie: str) -> str:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    life = int(app.permanent_session_lifetime.total_seconds())
    try:
        content: dict[str, Any] = serializer.loads(cookie, max_age=life)
    except (BadSignature, ValueError):
        return ""
    return str(content.get(TOKEN, ""))


# ── the signed-in person of a request ───────────────────────────────────────────────────────────


def init_sessions(app: Flask) -> None:
    """Let `current_user` be whoever the cookie's token opens."""
    manager = LoginManager()
    # Flask-Login's own marks in the cookie are not used: only a row makes a session.
    manager.session_protection = None
    manager.init_app(app)
    manager.request_loader(_load_user)
    app.config["PERMANENT_SESSION_LIFETIME"] = BIDDER_LIFE
    app.before_request(note_presence)


def _load_user(_request: Request) -> User | None:
    g.user_session = None
    found = live_session(str(session.get(TOKEN, "")), _clock().now())
    if found is None:
        return None
    user, g.user_session = found
    return user


def current_session() -> UserSession | None:
    """The row of the session this request came with."""
    row: UserSession | None = g.get("user_session")
    return row


def note_presence() -> None:
    """Push the idle limit of a member of staff ahead, at most once in `SEEN_EVERY`."""
    from flask_login import current_user

    if not current_user.is_authenticated or not current_user.is_staff:
        return
    row = current_session()
    now = _clock().now()
    if row is not None and now - row.last_seen_at >= SEEN_EVERY:
        session_id = row.id
        with transaction() as opened:
            opened.execute(
                update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now)
            )


def _clock() -> Clock:
    clock: Clock = current_app.extensions["luochui.clock"]
    return clock
