"""The table of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only


class Message(Model):
    """One thing one person was told; its words are made when it is read, in the reader's language.

    Who received it is shown to nobody but the person (CN16-18.3).
    """

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_inbox", "user_id", "read_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    link: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the person first had it on the screen.
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(Message.__table__, but=("read_at",))
