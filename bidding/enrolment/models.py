"""Tables of enrolments."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, state_column


class EnrolmentStatus(StrEnum):
    """What a bidder's admission to a sale has come to."""

    BEGUN = "begun"  # notices not all ticked yet
    DEPOSIT_DUE = "deposit-due"
    ACTIVE = "active"  # deposit confirmed: has a code, may bid (CN16-17.2, CN16-18.1)
    LEFT = "left"


ENROLMENT_TRANSITIONS: dict[EnrolmentStatus, frozenset[EnrolmentStatus]] = {
    EnrolmentStatus.BEGUN: frozenset({EnrolmentStatus.DEPOSIT_DUE, EnrolmentStatus.LEFT}),
    EnrolmentStatus.DEPOSIT_DUE: frozenset({EnrolmentStatus.ACTIVE, EnrolmentStatus.LEFT}),
    EnrolmentStatus.ACTIVE: frozenset({EnrolmentStatus.LEFT}),
    EnrolmentStatus.LEFT: frozenset(),
}


class Enrolment(Model):
    """One person's admission to one sale; who it is stays sealed until the end (CN16-18.3)."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("sale_id", "user_id"),
        UniqueConstraint("sale_id", "code"),
        CheckConstraint("status <> 'active' OR code IS NOT NULL", name="active_has_code"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    status: Mapped[EnrolmentStatus] = mapped_column(
        state_column(EnrolmentStatus, "enrolment_status")
    )
    # Random, only for this sale; nothing links the codes of one person (CN16-18.2, INV-12).
    code: Mapped[str | None] = mapped_column(String(8))
    priority_rank: Mapped[int | None]
    is_barred: Mapped[bool] = mapped_column(Boolean, default=False)
    # {notice key: {"version", "sha256", "at"}} for each of the seven (CN16-14.1)
    notices_accepted: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    declarations: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    deposit_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    # What to write on a bank transfer; ends in check digits.
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
