"""Tables of the books. A transfer is never changed; a balance is a cache that a check rebuilds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column
from escrow.ledger.rules import AccountKind, OwnerType, Phase, Side, Sums, TransferKind


class Account(Model):
    """One account in one court's books, in one currency."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("court_id", "kind", "owner_type", "owner_id", "currency"),
        # What the two sides of a transfer refer to: neither crosses a currency or a court.
        UniqueConstraint("id", "court_id", "currency"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    kind: Mapped[AccountKind] = mapped_column(state_column(AccountKind, "account_kind"))
    owner_type: Mapped[OwnerType] = mapped_column(state_column(OwnerType, "account_owner_type"))
    owner_id: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    normal_side: Mapped[Side] = mapped_column(state_column(Side, "account_normal_side"))

    balance_row: Mapped[AccountBalance] = relationship(lazy="select")


append_only(Account.__table__)


class AccountBalance(Model):
    """The sums of one account; its row is what a transfer locks."""

    __tablename__ = "account_balance"
    __table_args__ = (
        CheckConstraint(
            "debits_posted >= 0 AND credits_posted >= 0 "
            "AND debits_pending >= 0 AND credits_pending >= 0",
            name="sums_not_negative",
        ),
        CheckConstraint(
            "NOT is_liability OR debits_posted + debits_pending <= credits_posted",
            name="liability_not_negative",
        ),
    )

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"), primary_key=True, autoincrement=False
    )
    is_liability: Mapped[bool] = mapped_column(Boolean)
    debits_posted: Mapped[int] = mapped_column(BigInteger, default=0)
    credits_posted: Mapped[int] = mapped_column(BigInteger, default=0)
    debits_pending: Mapped[int] = mapped_column(BigInteger, default=0)
    credits_pending: Mapped[int] = mapped_column(BigInteger, default=0)

    def sums(self) -> Sums:
        """The row as the pure core counts with it."""
        return Sums(
            self.debits_posted, self.credits_posted, self.debits_pending, self.credits_pending
        )


class Transfer(Model):
    """One amount moved from one account to another; a mistake is reversed by another transfer."""

    __tablename__ = "transfer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["debit_account_id", "court_id", "currency"],
            ["account.id", "account.court_id", "account.currency"],
            name="fk_transfer_debit_account",
        ),
        ForeignKeyConstraint(
            ["credit_account_id", "court_id", "currency"],
            ["account.id", "account.court_id", "account.currency"],
            name="fk_transfer_credit_account",
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        CheckConstraint(
            "(phase IN ('post', 'void')) = (pending_id IS NOT NULL)", name="resolves_a_hold"
        ),
        CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal_names_transfer"
        ),
        Index("ix_transfer_source", "source_type", "source_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[TransferKind] = mapped_column(state_column(TransferKind, "transfer_kind"))
    debit_account_id: Mapped[int] = mapped_column(BigInteger, index=True)
    credit_account_id: Mapped[int] = mapped_column(BigInteger, index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    phase: Mapped[Phase] = mapped_column(state_column(Phase, "transfer_phase"))
    # A hold is resolved once, a transfer reversed once.
    pending_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    # The document behind it: payment, bank line, ruling, plan line.
    source_type: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[int] = mapped_column(BigInteger)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    note: Mapped[str] = mapped_column(String(300), default="")


append_only(Transfer.__table__)
