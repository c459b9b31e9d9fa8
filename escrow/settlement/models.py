"""Tables of settlement."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, state_column


class SettlementStatus(StrEnum):
    """Whether the price is complete."""

    DUE = "due"
    PAID = "paid"


SETTLEMENT_TRANSITIONS: dict[SettlementStatus, frozenset[SettlementStatus]] = {
    SettlementStatus.DUE: frozenset({SettlementStatus.PAID}),
    SettlementStatus.PAID: frozenset(),
}


class Settlement(Model):
    """What the buyer of a sold lot owes: the hammer price less the deposit (CN16-23.1)."""

    __tablename__ = "settlement"
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint(
            "deposit_applied_minor >= 0 AND paid_minor >= 0", name="parts_not_negative"
        ),
        CheckConstraint(
            "status = 'due' OR deposit_applied_minor + paid_minor >= price_minor",
            name="paid_in_full",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int] = mapped_column(BigInteger)
    # 0 until the deposit is in the court's hands; a lapsed hold leaves it at 0.
    deposit_applied_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    # What came in beyond the deposit; may exceed what was due, the excess is then returned.
    paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    # What to write on a bank transfer; ends in check digits.
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[SettlementStatus] = mapped_column(
        state_column(SettlementStatus, "settlement_status"), index=True
    )
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def outstanding_minor(self) -> int:
        """What is still to be paid."""
        return max(0, self.price_minor - self.deposit_applied_minor - self.paid_minor)
