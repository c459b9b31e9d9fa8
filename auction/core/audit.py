"""Every change leaves an entry that names who, what and when, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ColumnElement, ForeignKey, String, not_, true
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only, db
from auction.core.log import request_id


class AuditEntry(Model):
    """One act, never changed afterwards (8.1.4.3: who, when, what, on which thing)."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject_type: Mapped[str] = mapped_column(String(40), index=True)
    subject_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    case_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    request_id: Mapped[str] = mapped_column(String(40), default="")


append_only(AuditEntry.__table__)


def record(
    action: str,
    subject: Any,
    *,
    actor_id: int | None,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write that `actor_id` did `action` to `subject` (a row, flushed here if it has no id yet)."""
    if subject.id is None:
        db.session.flush()
    db.session.add(
        AuditEntry(
            at=at,
            actor_id=actor_id,
            action=action,
            subject_type=subject.__tablename__,
            subject_id=subject.id,
            case_id=getattr(subject, "case_id", None),
            detail=detail or {},
            request_id=request_id(),
        )
    )


# ── entries that nobody may read yet ────────────────────────────────────────────────────────────

Seal = Callable[[], ColumnElement[bool]]
_SEALS: dict[str, Seal] = {}


def seals_entries(seal: Seal) -> Seal:
    """Name entries that are written, but shown to nobody yet, as a test on `AuditEntry`.

    Who enrolled and who paid stays hidden from everybody until the sale's end (CN16-18.3); the
    packages that know of enrolments and payments say which entries would tell.
    """
    _SEALS[f"{seal.__module__}.{seal.__name__}"] = seal
    return seal


def is_unsealed() -> ColumnElement[bool]:
    """Whether an entry may be read by those who may read the trail."""
    shown: ColumnElement[bool] = true()
    for seal in _SEALS.values():
        shown = shown & not_(seal())
    return shown
