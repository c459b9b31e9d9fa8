"""Tables of defaults, of sales set aside, and of what is owed to the court because of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column
from auction.rulings.models import Bearer, SetAsideGround


class Default(Model):
    """A buyer's default, by ruling (CN20A-22.1): what is withheld, what goes back."""

    __tablename__ = "buyer_default"
    __table_args__ = (
        CheckConstraint("deposit_minor >= 0 AND returned_minor >= 0", name="parts_not_negative"),
        CheckConstraint("deposit_minor <= price_minor", name="deposit_below_price"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), unique=True)
    ruling_id: Mapped[int] = mapped_column(ForeignKey("ruling.id"), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    # The hammer price that was not paid.
    price_minor: Mapped[int] = mapped_column(BigInteger)
    # Forfeited; 0 where there was no deposit (CN16-17.3), or its hold had lapsed.
    deposit_minor: Mapped[int] = mapped_column(BigInteger)
    returned_minor: Mapped[int] = mapped_column(BigInteger)
    # OPEN-1: whether he makes up what the deposit does not cover, and up to what.
    tops_up: Mapped[bool] = mapped_column(Boolean)
    cap_minor: Mapped[int | None] = mapped_column(BigInteger)
    defaulted_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(Default.__table__)


class CostStatus(StrEnum):
    """Where a cost of a default stands."""

    PROPOSED = "proposed"
    DUE = "due"  # a second person has agreed: taken out of the forfeited deposit
    PAID = "paid"
    CANCELLED = "cancelled"


COST_TRANSITIONS: dict[CostStatus, frozenset[CostStatus]] = {
    CostStatus.PROPOSED: frozenset({CostStatus.DUE, CostStatus.CANCELLED}),
    CostStatus.DUE: frozenset({CostStatus.PAID}),
    CostStatus.PAID: frozenset(),
    CostStatus.CANCELLED: frozenset(),
}


class DefaultCost(Model):
    """A cost lost by a default: the first use of the deposit (CN16-24.1)."""

    __tablename__ = "default_cost"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("approved_by IS NULL OR approved_by <> booked_by", name="two_people"),
        CheckConstraint(
            "status NOT IN ('due','paid') OR approved_by IS NOT NULL", name="approved_by_somebody"
        ),
        CheckConstraint(
            "status <> 'paid' OR (paid_by IS NOT NULL AND bank_reference IS NOT NULL)",
            name="paid_has_reference",
        ),
        # The same form sent twice is one cost; one transfer of the bank pays one.
        UniqueConstraint("default_id", "form_key"),
        UniqueConstraint("court_id", "bank_reference"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    default_id: Mapped[int] = mapped_column(ForeignKey("buyer_default.id"), index=True)
    status: Mapped[CostStatus] = mapped_column(state_column(CostStatus, "default_cost_status"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    basis: Mapped[str] = mapped_column(String(300))
    payee_name: Mapped[str] = mapped_column(String(100))
    payee_bank: Mapped[str] = mapped_column(String(100))
    payee_account: Mapped[str] = mapped_column(Encrypted("default_cost.payee_account"))
    form_key: Mapped[str] = mapped_column(String(40))
    booked_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    paid_on: Mapped[date | None] = mapped_column(Date)
    bank_reference: Mapped[str | None] = mapped_column(String(60))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)


class SetAside(Model):
    """A sale undone by ruling (CN16-31): what goes back to the buyer, what others must return."""

    __tablename__ = "sale_set_aside"
    __table_args__ = (
        CheckConstraint("back_minor >= 0 AND claimed_minor >= 0", name="parts_not_negative"),
        CheckConstraint("claimed_minor <= back_minor + forfeits_minor", name="claims_in_range"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), unique=True)
    ruling_id: Mapped[int] = mapped_column(ForeignKey("ruling.id"), unique=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    ground: Mapped[SetAsideGround] = mapped_column(state_column(SetAsideGround, "set_aside_ground"))
    bearer: Mapped[Bearer] = mapped_column(state_column(Bearer, "set_aside_bearer"))
    price_minor: Mapped[int] = mapped_column(BigInteger)
    # All that the buyer gets back, by the way it came.
    back_minor: Mapped[int] = mapped_column(BigInteger)
    # Forfeited deposits of earlier defaulters that wait for the next re-sale again.
    forfeits_minor: Mapped[int] = mapped_column(BigInteger)
    # Paid out already, and claimed back.
    claimed_minor: Mapped[int] = mapped_column(BigInteger)
    set_aside_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(SetAside.__table__)


class ReceivableKind(StrEnum):
    """Why somebody owes the court money."""

    RETURN = "return"  # was paid out of a sale that was set aside (CN16-32.1)
    DEFICIT = "deficit"  # a defaulter makes up what his deposit does not cover (CN20A-22.2)


class ReceivableStatus(StrEnum):
    """Where it stands."""

    OPEN = "open"
    MET = "met"
    VOID = "void"  # what it rested on was undone


RECEIVABLE_TRANSITIONS: dict[ReceivableStatus, frozenset[ReceivableStatus]] = {
    ReceivableStatus.OPEN: frozenset({ReceivableStatus.MET, ReceivableStatus.VOID}),
    ReceivableStatus.MET: frozenset(),
    ReceivableStatus.VOID: frozenset(),
}


class Receivable(Model):
    """What a payee must return, or a defaulter make up; only a ruling makes one."""

    __tablename__ = "receivable"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "received_minor >= 0 AND received_minor <= amount_minor", name="received_in_range"
        ),
        CheckConstraint("status <> 'met' OR received_minor = amount_minor", name="met_in_full"),
        CheckConstraint(
            "(kind = 'deficit') = (default_id IS NOT NULL)", name="deficit_has_default"
        ),
        UniqueConstraint("sale_id", "plan_payment_id"),
        UniqueConstraint("sale_id", "default_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    # The sale that was set aside, or that brought the final price.
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    ruling_id: Mapped[int] = mapped_column(ForeignKey("ruling.id"))
    kind: Mapped[ReceivableKind] = mapped_column(state_column(ReceivableKind, "receivable_kind"))
    status: Mapped[ReceivableStatus] = mapped_column(
        state_column(ReceivableStatus, "receivable_status"), index=True
    )
    owed_by: Mapped[str] = mapped_column(Encrypted("receivable.owed_by"))
    plan_payment_id: Mapped[int | None] = mapped_column(ForeignKey("plan_payment.id"), index=True)
    default_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_default.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    received_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def rest_minor(self) -> int:
        """What has not come yet."""
        return self.amount_minor - self.received_minor
