"""Messages are written with the act they tell of, and read by one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update

from auction.core.bulk import insert_rows
from auction.core.db import db
from auction.messages.models import Message
from auction.messages.wording import has_words


def send_messages(
    user_ids: Iterable[int], kind: str, params: Mapping[str, Any], *, link: str, now: datetime
) -> int:
    """Tell all of them at the same moment: one statement, in the open transaction; how many."""
    if not has_words(kind):
        raise LookupError(f"no words for {kind}")
    rows = [
        {
            "user_id": user_id,
            "kind": kind,
            "params": dict(params),
            "link": link,
            "created_at": now,
            "read_at": None,
        }
        for user_id in sorted(set(user_ids))
    ]
    db.session.flush()
    insert_rows(db.session.connection(), Message.__table__, rows)
    return len(rows)


def mark_read(user_id: int, message_ids: Sequence[int], now: datetime) -> None:
    """The person has had these on the screen; another's are left alone."""
    db.session.execute(
        update(Message)
        .where(Message.user_id == user_id, Message.id.in_(message_ids), Message.read_at.is_(None))
        .values(read_at=now)
    )
