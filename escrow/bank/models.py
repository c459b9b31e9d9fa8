"""Tables of bank statements, their lines, and what was moved out of the provider's account."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column
from escrow.bank.parsed import Side
from escrow.bank.reading import Format


class BankStatement(Model):
    """A file of the bank, taken whole; the same file a second time is the same row."""

    __tablename__ = "bank_statement"
    __table_args__ = (UniqueConstraint("court_id", "sha256"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    format: Mapped[Format] = mapped_column(state_column(Format, "bank_statement_format"))
    account_number: Mapped[str] = mapped_column(String(40))
    currency: Mapped[str] = mapped_column(String(3))
    first_day: Mapped[date | None] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    opening_minor: Mapped[int | None] = mapped_column(BigInteger)
    closing_minor: Mapped[int | None] = mapped_column(BigInteger)
    line_count: Mapped[int]
    known_count: Mapped[int]  # lines that an earlier statement had brought already
    imported_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)

    lines: Mapped[list[BankLine]] = relationship(order_by="BankLine.id", lazy="select")


append_only(BankStatement.__table__)


class LineStatus(StrEnum):
    """What has become of a line."""

    NEW = "new"  # stored, not looked at by the rules yet
    MATCHED = "matched"  # a deposit, a balance, a payment of ours, a payout of the provider
    SUSPENSE = "suspense"  # money that nobody has identified yet (CN21S-2)
    OPEN = "open"  # money that left, and no payment of ours says why
    PLACED = "placed"  # a person has placed it, wholly
    EXPLAINED = "explained"


LINE_TRANSITIONS: dict[LineStatus, frozenset[LineStatus]] = {
    LineStatus.NEW: frozenset({LineStatus.MATCHED, LineStatus.SUSPENSE, LineStatus.OPEN}),
    LineStatus.SUSPENSE: frozenset({LineStatus.PLACED}),
    LineStatus.OPEN: frozenset({LineStatus.MATCHED, LineStatus.EXPLAINED}),
    LineStatus.MATCHED: frozenset(),
    LineStatus.PLACED: frozenset(),
    LineStatus.EXPLAINED: frozenset(),
}


class Reason(StrEnum):
    """Why a rule could not place a line."""

    NO_REFERENCE = "no-reference"
    UNKNOWN_REFERENCE = "unknown-reference"
    WRONG_AMOUNT = "wrong-amount"
    PAYER_DIFFERS = "payer-differs"  # CN16-17.2
    LATE = "late"  # a balance after the announced day (CN16-25.1)
    NOT_DUE = "not-due"
    NOTICES_MISSING = "notices-missing"  # enrolment not complete yet (CN16-14.1)
    NOT_ORDERED = "not-ordered"  # money left that no payment of ours explains


class BankLine(Model):
    """One movement on the court's account; never two rows for one entry of the bank."""

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("court_id", "account_number", "entry_ref"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "remaining_minor >= 0 AND remaining_minor <= amount_minor", name="remaining_in_range"
        ),
        Index("ix_bank_line_desk", "court_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id"), index=True)
    number: Mapped[int]  # where it stands in the file
    account_number: Mapped[str] = mapped_column(String(40))
    entry_ref: Mapped[str] = mapped_column(String(120))
    # What the line says, so that the same entry with another content is noticed.
    content_sha256: Mapped[str] = mapped_column(String(64))
    side: Mapped[Side] = mapped_column(state_column(Side, "bank_line_side"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    booked_on: Mapped[date] = mapped_column(Date)
    payer_name: Mapped[str] = mapped_column(Encrypted("bank_line.payer_name"))
    payer_account: Mapped[str] = mapped_column(Encrypted("bank_line.payer_account"))
    payer_bank: Mapped[str] = mapped_column(String(200), default="")
    remittance: Mapped[str] = mapped_column(Encrypted("bank_line.remittance"))
    # The valid payment reference found in the remittance text.
    reference: Mapped[str | None] = mapped_column(String(20))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("settlement.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"))
    status: Mapped[LineStatus] = mapped_column(
        state_column(LineStatus, "bank_line_status"), index=True
    )
    reason: Mapped[Reason | None] = mapped_column(state_column(Reason, "bank_line_reason"))
    # What of it is still in suspense.
    remaining_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    identify_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(300), default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProviderMoveKind(StrEnum):
    """How provider money and its cost come to the court's bank account."""

    PAYOUT = "payout"
    FEE_COVER = "fee-cover"  # the court's own budget pays what the provider kept


class ProviderMove(Model):
    """Money of one case that arrived from the provider, or from the court for its fees."""

    __tablename__ = "provider_move"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        UniqueConstraint("court_id", "case_id", "kind", "bank_reference"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    kind: Mapped[ProviderMoveKind] = mapped_column(
        state_column(ProviderMoveKind, "provider_move_kind")
    )
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    bank_reference: Mapped[str] = mapped_column(String(60))
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"), index=True)
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderKind(StrEnum):
    """What money is sent back to its payer."""

    REFUND = "refund"
    SUSPENSE = "suspense"


class OrderStatus(StrEnum):
    """Whether a second person still has to look."""

    PROPOSED = "proposed"
    PAID = "paid"
    CANCELLED = "cancelled"


ORDER_TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PROPOSED: frozenset({OrderStatus.PAID, OrderStatus.CANCELLED}),
    OrderStatus.PAID: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class ReturnOrder(Model):
    """A transfer back to a payer: who sent it, under which bank reference, who looked over it."""

    __tablename__ = "return_order"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "(kind = 'refund') = (refund_id IS NOT NULL) "
            "AND (kind = 'suspense') = (line_id IS NOT NULL)",
            name="one_subject",
        ),
        CheckConstraint("second_id IS NULL OR second_id <> proposed_by", name="two_people"),
        UniqueConstraint("court_id", "bank_reference"),
        Index("ix_return_order_desk", "court_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"))
    kind: Mapped[OrderKind] = mapped_column(state_column(OrderKind, "return_order_kind"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    payee_account: Mapped[str] = mapped_column(Encrypted("return_order.payee_account"))
    bank_reference: Mapped[str] = mapped_column(String(60))
    paid_on: Mapped[date] = mapped_column(Date)
    status: Mapped[OrderStatus] = mapped_column(state_column(OrderStatus, "return_order_status"))
    needs_second: Mapped[bool]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    second_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The statement line that shows it.
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"), unique=True)
