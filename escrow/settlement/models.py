"""Tables of settlement."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class SettlementStatus(StrEnum):
    """Whether the price is complete."""

    DUE = "due"
    PAID = "paid"
    DEFAULTED = "defaulted"  # by ruling (CN20A-22.1)
    SET_ASIDE = "set-aside"  # by ruling (CN16-31)


SETTLEMENT_TRANSITIONS: dict[SettlementStatus, frozenset[SettlementStatus]] = {
    SettlementStatus.DUE: frozenset(
        {SettlementStatus.PAID, SettlementStatus.DEFAULTED, SettlementStatus.SET_ASIDE}
    ),
    SettlementStatus.PAID: frozenset({SettlementStatus.SET_ASIDE}),
    SettlementStatus.DEFAULTED: frozenset(),
    SettlementStatus.SET_ASIDE: frozenset(),
}


class Settlement(Model):
    """What the buyer of a sold lot owes: the hammer price less the deposit (CN16-23.1)."""

    __tablename__ = "settlement"
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint(
            "deposit_applied_minor >= 0 AND paid_minor >= 0 AND set_off_minor >= 0",
            name="parts_not_negative",
        ),
        CheckConstraint(
            "status <> 'paid' OR deposit_applied_minor + paid_minor + set_off_minor >= price_minor",
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
    # What counts as paid by the buyer's own share as a creditor (PRI-12): no money moves for it.
    set_off_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    # What to write on a bank transfer; ends in check digits.
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[SettlementStatus] = mapped_column(
        state_column(SettlementStatus, "settlement_status"), index=True
    )
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Until then the court accepts what comes after the announced day.
    late_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def outstanding_minor(self) -> int:
        """What is still to be paid; nothing any more once the sale was undone."""
        if self.status not in (SettlementStatus.DUE, SettlementStatus.PAID):
            return 0
        counted = self.deposit_applied_minor + self.paid_minor + self.set_off_minor
        return max(0, self.price_minor - counted)

    @property
    def payable_until(self) -> datetime:
        """Until when a payment counts by itself: the announced day, or what a judge allowed."""
        return max(self.due_at, self.late_until or self.due_at)


class LateDecision(Model):
    """A judge accepts payments after the announced day, before any ruling (CN20A-22.1)."""

    __tablename__ = "late_decision"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"), index=True)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ground: Mapped[str] = mapped_column(String(300))
    decided_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(LateDecision.__table__)


class LoanStatus(StrEnum):
    """Where a bank's promise stands."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    MET = "met"
    VOID = "void"


LOAN_TRANSITIONS: dict[LoanStatus, frozenset[LoanStatus]] = {
    LoanStatus.RECORDED: frozenset({LoanStatus.CONFIRMED, LoanStatus.VOID}),
    LoanStatus.CONFIRMED: frozenset({LoanStatus.MET, LoanStatus.VOID}),
    LoanStatus.MET: frozenset(),
    LoanStatus.VOID: frozenset(),
}


class LoanCommitment(Model):
    """A bank's letter that it pays so much of the balance by a day (法拍贷, CN19M-4).

    It moves no deadline. Once a second person has confirmed the letter with the bank, money under
    the bank's own name counts as the buyer's.
    """

    __tablename__ = "loan_commitment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> recorded_by", name="two_people"),
        CheckConstraint(
            "status NOT IN ('confirmed','met') OR confirmed_by IS NOT NULL",
            name="confirmed_by_somebody",
        ),
        UniqueConstraint("settlement_id", "letter_number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"), index=True)
    status: Mapped[LoanStatus] = mapped_column(state_column(LoanStatus, "loan_commitment_status"))
    lender: Mapped[str] = mapped_column(String(100))
    letter_number: Mapped[str] = mapped_column(String(60))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    promised_on: Mapped[date] = mapped_column(Date)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str] = mapped_column(String(300), default="")
