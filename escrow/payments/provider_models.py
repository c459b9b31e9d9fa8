"""Tables of what the provider tells about its account: complaints, movements, payouts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, state_column


class DisputeStatus(StrEnum):
    """How far a payer's complaint to his bank has come."""

    OPEN = "open"
    WON = "won"  # the bank gave the money back to the court, or never took it
    LOST = "lost"  # the bank keeps it: the payer has it


DISPUTE_TRANSITIONS: dict[DisputeStatus, frozenset[DisputeStatus]] = {
    DisputeStatus.OPEN: frozenset({DisputeStatus.WON, DisputeStatus.LOST}),
    # a bank may change its mind once more; what the provider says counts
    DisputeStatus.WON: frozenset({DisputeStatus.LOST}),
    DisputeStatus.LOST: frozenset({DisputeStatus.WON}),
}


class Dispute(Model):
    """A payer's complaint to his card's bank: a line of finance's work list until it is settled."""

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(settled_at IS NULL) = (explanation = '')", name="settled_has_words"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    provider_dispute_id: Mapped[str] = mapped_column(String(255), unique=True)
    status: Mapped[DisputeStatus] = mapped_column(state_column(DisputeStatus, "dispute_status"))
    reason: Mapped[str] = mapped_column(String(60))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Until then the court may send its evidence.
    evidence_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    explanation: Mapped[str] = mapped_column(Text, default="")


class ProviderPayout(Model):
    """Money the provider sends from its balance to the court's bank account."""

    __tablename__ = "provider_payout"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(255), unique=True)
    status: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrives_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # All of its movements are known here.
    is_complete: Mapped[bool] = mapped_column(default=False)


class Difference(StrEnum):
    """Why a movement at the provider is not one of ours, yet or at all."""

    NOT_BOOKED = "not-booked"  # ours, and the books do not know of it yet
    AMOUNT_DIFFERS = "amount-differs"
    FEE_DIFFERS = "fee-differs"
    NOT_OURS = "not-ours"  # names no payment, refund or complaint of ours
    IN_TRANSIT = "in-transit"  # a payout that the bank statement has not shown yet
    PAYOUT_FAILED = "payout-failed"
    UNKNOWN_KIND = "unknown-kind"


class ProviderMovement(Model):
    """One movement of the account at the provider: one transfer of ours, or a named difference."""

    __tablename__ = "provider_movement"
    __table_args__ = (
        CheckConstraint("net_minor = amount_minor - fee_minor", name="net_is_amount_less_fee"),
        CheckConstraint("difference IS NULL OR transfer_id IS NULL", name="matched_or_named"),
        Index(
            "ix_provider_movement_open",
            "moved_at",
            sqlite_where=text("difference IS NOT NULL"),
            postgresql_where=text("difference IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(255), unique=True)
    kind: Mapped[str] = mapped_column(String(60))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    net_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    # The charge, refund, payout or complaint behind it, and the intent it names.
    source_id: Mapped[str | None] = mapped_column(String(255))
    intent_id: Mapped[str | None] = mapped_column(String(255))
    payout_id: Mapped[str | None] = mapped_column(String(255), index=True)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    court_id: Mapped[int | None] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"))
    # Our transfer; none for a payout, which is several, one a case.
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    # None: it is accounted for.
    difference: Mapped[Difference | None] = mapped_column(
        state_column(Difference, "provider_movement_difference")
    )
    explanation: Mapped[str] = mapped_column(Text, default="")
    explained_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    explained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProviderCursor(Model):
    """How far a list of the provider has been read; the next reading goes on from here."""

    __tablename__ = "provider_cursor"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    position: Mapped[dict[str, Any]] = mapped_column(JSON)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
