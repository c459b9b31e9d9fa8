"""What a person's inbox holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.core.db import db
from auction.messages.models import Message
from auction.messages.wording import Wording, word_message

PER_PAGE = 30


@dataclass(frozen=True)
class InboxLine:
    """A message as its reader finds it."""

    id: int
    words: Wording
    link: str
    at: datetime
    is_new: bool


def list_messages(user_id: int, page: int) -> tuple[list[InboxLine], int]:
    """One page of the person's messages, newest first, and how many there are."""
    mine = select(Message).where(Message.user_id == user_id)
    rows = db.session.scalars(
        mine.order_by(Message.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
    lines = [
        InboxLine(
            row.id,
            word_message(row.kind, row.params),
            row.link,
            row.created_at,
            row.read_at is None,
        )
        for row in rows
    ]
    total = db.session.scalar(
        select(func.count()).select_from(Message).where(Message.user_id == user_id)
    )
    return lines, total or 0


def count_unread(user_id: int) -> int:
    """How many of the person's messages were never on the screen."""
    found = db.session.scalar(
        select(func.count())
        .select_from(Message)
        .where(Message.user_id == user_id, Message.read_at.is_(None))
    )
    return found or 0
