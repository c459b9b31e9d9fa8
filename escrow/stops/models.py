"""The table of stops."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column

# Once a stop is lifted (CN17F-10).
RESUME_DEADLINE = "payout-resume"


class StopGround(StrEnum):
    """Why nothing is paid out (CPLI-513.1, CN17F-9)."""

    BANKRUPTCY = "bankruptcy"  # a court has accepted the debtor's bankruptcy
    STAYED = "stayed"  # enforcement is stayed or deferred
    FROZEN = "frozen"  # the payee's money is preserved in another case
    OTHER = "other"  # other good cause, approved


class PayoutStop(Model):
    """Nothing of the case leaves until another person lifts it."""

    __tablename__ = "payout_stop"
    __table_args__ = (
        CheckConstraint("lifted_by IS NULL OR lifted_by <> stopped_by", name="lifted_by_another"),
        CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="lifted_by_somebody"),
        Index(
            "uq_payout_stop_standing",
            "case_id",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    ground: Mapped[StopGround] = mapped_column(state_column(StopGround, "payout_stop_ground"))
    # The ruling of the bankruptcy court, or the approval of the delay.
    paper_number: Mapped[str] = mapped_column(String(80))
    effective_on: Mapped[date] = mapped_column(Date)
    stopped_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    stopped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lift_reason: Mapped[str] = mapped_column(String(300), default="")


append_only(PayoutStop.__table__, but=("lifted_by", "lifted_at", "lift_reason"))
