"""The table of set-offs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, state_column


class SetOffStatus(StrEnum):
    """Where a set-off stands."""

    PROPOSED = "proposed"
    GRANTED = "granted"
    REFUSED = "refused"


SET_OFF_TRANSITIONS: dict[SetOffStatus, frozenset[SetOffStatus]] = {
    SetOffStatus.PROPOSED: frozenset({SetOffStatus.GRANTED, SetOffStatus.REFUSED}),
    SetOffStatus.GRANTED: frozenset(),
    SetOffStatus.REFUSED: frozenset({SetOffStatus.PROPOSED}),
}


class SetOff(Model):
    """How much of a price counts as paid by the buyer's own share, on whose word (PRI-13).

    What the plan gives that claim less than was granted the buyer pays in money: `topped_up_minor`
    is how much of that has come.
    """

    __tablename__ = "set_off"
    __table_args__ = (
        CheckConstraint("asked_minor > 0 AND granted_minor >= 0", name="amounts_not_negative"),
        CheckConstraint("granted_minor <= asked_minor", name="never_more_than_asked"),
        CheckConstraint(
            "topped_up_minor >= 0 AND topped_up_minor <= granted_minor", name="topped_up_in_range"
        ),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint("status <> 'granted' OR decision_number <> ''", name="granted_by_decision"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), unique=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"))
    status: Mapped[SetOffStatus] = mapped_column(state_column(SetOffStatus, "set_off_status"))
    asked_minor: Mapped[int] = mapped_column(BigInteger)
    # What the claim would get out of this price and all that came before, at the grant.
    entitled_minor: Mapped[int] = mapped_column(BigInteger)
    granted_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    decision_number: Mapped[str] = mapped_column(String(80), default="")
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(String(300), default="")
    topped_up_minor: Mapped[int] = mapped_column(BigInteger, default=0)

    @property
    def standing_minor(self) -> int:
        """What still counts as paid without money."""
        return self.granted_minor - self.topped_up_minor
