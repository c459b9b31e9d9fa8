"""Tables of deductions, plans and their payments."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, state_column
from escrow.distribution.files import DeductionKind


class Deduction(Model):
    """What comes off the proceeds before any creditor (PRI-1 to PRI-3), and whom it is paid to."""

    __tablename__ = "deduction"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("kind <> 'sale-tax' OR sale_id IS NOT NULL", name="tax_has_sale"),
        # The same form sent twice is one deduction.
        UniqueConstraint("case_id", "form_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    # None: borne by all lots in proportion.
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"))
    kind: Mapped[DeductionKind] = mapped_column(state_column(DeductionKind, "deduction_kind"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    basis: Mapped[str] = mapped_column(String(300))
    payee_name: Mapped[str] = mapped_column(String(100))
    payee_bank: Mapped[str] = mapped_column(String(100))
    payee_account: Mapped[str] = mapped_column(Encrypted("deduction.payee_account"))
    form_key: Mapped[str] = mapped_column(String(40))
    booked_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    @property
    def label(self) -> str:
        """Its name in the distribution file."""
        return f"K{self.id}"


class PlanStatus(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    VOID = "void"


PLAN_TRANSITIONS: dict[PlanStatus, frozenset[PlanStatus]] = {
    PlanStatus.DRAFT: frozenset({PlanStatus.SUBMITTED, PlanStatus.VOID}),
    PlanStatus.SUBMITTED: frozenset({PlanStatus.APPROVED, PlanStatus.VOID}),
    PlanStatus.APPROVED: frozenset(),
    PlanStatus.VOID: frozenset(),
}


class DistributionPlan(Model):
    """One computed plan: what went in, what came out, and who stands for it."""

    __tablename__ = "distribution_plan"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("approved_by IS NULL OR approved_by <> drafted_by", name="two_people"),
        CheckConstraint(
            "released_by IS NULL OR released_by <> drafted_by", name="released_by_another"
        ),
        # One plan at a time is worked on.
        Index(
            "uq_distribution_plan_open",
            "case_id",
            unique=True,
            sqlite_where=text("status IN ('draft','submitted')"),
            postgresql_where=text("status IN ('draft','submitted')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    number: Mapped[int]
    status: Mapped[PlanStatus] = mapped_column(state_column(PlanStatus, "plan_status"), index=True)
    # The distribution file, the plan it gives, and why each line is what it is.
    input: Mapped[dict[str, Any]] = mapped_column(JSON)
    output: Mapped[dict[str, Any]] = mapped_column(JSON)
    explanations: Mapped[list[Any]] = mapped_column(JSON)
    notes: Mapped[list[Any]] = mapped_column(JSON, default=list)
    # Over everything that the plan rests on: claims, money, deductions, payees' accounts.
    sha256: Mapped[str] = mapped_column(String(64))
    drafted_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(String(300), default="")
    # Whether the parties must have had their days before anything is paid (CPLI-509.1).
    needs_service: Mapped[bool] = mapped_column(default=False)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    # The paper that is served, once it is approved.
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))

    payments: Mapped[list[PlanPayment]] = relationship(order_by="PlanPayment.id", lazy="select")


class PaymentStatus(StrEnum):
    """How a plan line's payment stands."""

    WAITING = "waiting"  # the parties may still object (CPLI-509.1)
    DUE = "due"
    HELD = "held"  # reserved: the claim or the line is disputed (CPLI-510.2)
    SENT = "sent"  # in a payment file, its money held in the books until the statement shows it
    PAID = "paid"
    SET_OFF = "set-off"  # counted against the price of the creditor who bought (PRI-12)
    WITHDRAWN = "withdrawn"  # taken back unpaid by a corrected plan (CPLI-510.1)
    DEPOSITED = "deposited"  # left with a notary for a payee who cannot be paid (CN17F-14)


PAYMENT_TRANSITIONS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.WAITING: frozenset(
        {PaymentStatus.DUE, PaymentStatus.HELD, PaymentStatus.WITHDRAWN}
    ),
    PaymentStatus.DUE: frozenset(
        {
            PaymentStatus.SENT,
            PaymentStatus.PAID,
            PaymentStatus.HELD,
            PaymentStatus.WITHDRAWN,
            PaymentStatus.DEPOSITED,
        }
    ),
    PaymentStatus.HELD: frozenset(
        {PaymentStatus.DUE, PaymentStatus.WAITING, PaymentStatus.WITHDRAWN}
    ),
    PaymentStatus.SENT: frozenset({PaymentStatus.PAID, PaymentStatus.DUE, PaymentStatus.DEPOSITED}),
    # The payee's bank sent it back: it is owed as before.
    PaymentStatus.PAID: frozenset({PaymentStatus.DUE}),
    # The sale whose price it paid was set aside.
    PaymentStatus.SET_OFF: frozenset({PaymentStatus.WITHDRAWN}),
    PaymentStatus.WITHDRAWN: frozenset(),
    PaymentStatus.DEPOSITED: frozenset({PaymentStatus.DUE}),
}
# Out of reach of objections and corrected plans; all others are money that can still be moved.
SETTLED_PAYMENTS = frozenset(
    {
        PaymentStatus.SENT,
        PaymentStatus.PAID,
        PaymentStatus.SET_OFF,
        PaymentStatus.WITHDRAWN,
        PaymentStatus.DEPOSITED,
    }
)


class HeldFor(StrEnum):
    """Why a payment is reserved."""

    CLAIM = "claim"  # the claim itself was entered as disputed
    OBJECTION = "objection"  # somebody objected to the plan


class PlanPayment(Model):
    """What an approved plan gives to one payee at one step, and when it left the bank."""

    __tablename__ = "plan_payment"
    __table_args__ = (
        # A line of which part is disputed is paid in parts (CPLI-510.2).
        UniqueConstraint("plan_id", "payee", "step", "part"),
        UniqueConstraint("court_id", "bank_reference", "id"),
        CheckConstraint("(status = 'held') = (held_for IS NOT NULL)", name="held_says_why"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "status NOT IN ('paid', 'deposited') OR "
            "(paid_by IS NOT NULL AND bank_reference IS NOT NULL)",
            name="paid_has_reference",
        ),
        Index("ix_plan_payment_desk", "court_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("distribution_plan.id"), index=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    payee: Mapped[str] = mapped_column(String(60))  # as the plan names it: A, A/fee, K1, surplus
    step: Mapped[str] = mapped_column(String(24))
    part: Mapped[int] = mapped_column(default=1)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    # The account of the books that owes it.
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    payee_name: Mapped[str] = mapped_column(Encrypted("plan_payment.payee_name"))
    payee_bank: Mapped[str] = mapped_column(String(100))
    payee_account: Mapped[str] = mapped_column(Encrypted("plan_payment.payee_account"))
    status: Mapped[PaymentStatus] = mapped_column(
        state_column(PaymentStatus, "plan_payment_status")
    )
    held_for: Mapped[HeldFor | None] = mapped_column(state_column(HeldFor, "plan_payment_held_for"))
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    paid_on: Mapped[date | None] = mapped_column(Date)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bank_reference: Mapped[str | None] = mapped_column(String(60))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    # The statement line that shows it.
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"), unique=True)
