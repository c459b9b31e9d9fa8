"""Deadlines of the law (12(f) of the rules)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, state_column


class DeadlineStatus(StrEnum):
    """Overdue is not a state: it is an open deadline whose moment has passed."""

    OPEN = "open"
    MET = "met"
    VOID = "void"


class Deadline(Model):
    """Something that must have happened by `due_at`, under `rule_id`, and whose job it is."""

    __tablename__ = "deadline"
    __table_args__ = (UniqueConstraint("kind", "subject_type", "subject_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    rule_id: Mapped[str] = mapped_column(String(20))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    owner_role: Mapped[str] = mapped_column(String(20))
    status: Mapped[DeadlineStatus] = mapped_column(
        state_column(DeadlineStatus, "deadline_status"), index=True
    )
    warn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
