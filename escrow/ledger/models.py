"""Tables of the books. A transfer is never changed; a balance is a cache that a check rebuilds."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only, guard, state_column
from escrow.ledger import guards
from escrow.ledger.rules import ASSETS, AccountKind, OwnerType, Phase, Side, Sums, TransferKind

_ASSETS = ", ".join(f"'{kind}'" for kind in sorted(ASSETS))


class Account(Model):
    """One account in one court's books, in one currency."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("court_id", "kind", "owner_type", "owner_id", "currency"),
        # What the two sides of a transfer refer to: neither crosses a currency or a court.
        UniqueConstraint("id", "court_id", "currency"),
        CheckConstraint(
            f"(kind IN ({_ASSETS})) = (normal_side = 'debit')",
            name="normal_side_of_kind",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    kind: Mapped[AccountKind] = mapped_column(state_column(AccountKind, "account_kind"))
    owner_type: Mapped[OwnerType] = mapped_column(state_column(OwnerType, "account_owner_type"))
    owner_id: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    normal_side: Mapped[Side] = mapped_column(state_column(Side, "account_normal_side"))


class AccountBalance(Model):
    """The sums of one account, moved by the database with each transfer and by nobody else.

    Its row is what a transfer locks. `last_transfer_id` is the latest that moved it (0: none yet).
    """

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
    last_transfer_id: Mapped[int] = mapped_column(BigInteger, default=0)

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
            "(phase IN ('post', 'void')) = (pending_id IS NOT NULL) "
            "AND (pending_id IS NULL) = (released_minor = 0)",
            name="resolves_a_hold",
        ),
        CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal_names_transfer"
        ),
        CheckConstraint("happened_at < effective_at", name="late_is_later"),
        # A hold is resolved once, a transfer reversed once.
        Index(
            "uq_transfer_pending_id",
            "pending_id",
            unique=True,
            sqlite_where=text("pending_id IS NOT NULL"),
            postgresql_where=text("pending_id IS NOT NULL"),
        ),
        Index(
            "uq_transfer_reverses_id",
            "reverses_id",
            unique=True,
            sqlite_where=text("reverses_id IS NOT NULL"),
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        Index("ix_transfer_source", "source_type", "source_id"),
        # The books of a court, and one account's, in either order of time.
        Index("ix_transfer_court_effective", "court_id", "effective_at", "id"),
        Index("ix_transfer_court_recorded", "court_id", "recorded_at"),
        Index("ix_transfer_debit_effective", "debit_account_id", "effective_at"),
        Index("ix_transfer_credit_effective", "credit_account_id", "effective_at"),
        Index("ix_transfer_debit_recorded", "debit_account_id", "recorded_at"),
        Index("ix_transfer_credit_recorded", "credit_account_id", "recorded_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[TransferKind] = mapped_column(state_column(TransferKind, "transfer_kind"))
    debit_account_id: Mapped[int] = mapped_column(BigInteger)
    credit_account_id: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    phase: Mapped[Phase] = mapped_column(state_column(Phase, "transfer_phase"))
    pending_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"))
    # All of the hold that this resolves, however much of it was posted.
    released_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    # The document behind it: payment, bank line, ruling, plan line.
    source_type: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[int] = mapped_column(BigInteger)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When it really happened, where that day was closed before it became known.
    happened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    note: Mapped[str] = mapped_column(String(300), default="")


class CloseStatus(StrEnum):
    """Where the closing of a day stands."""

    PROPOSED = "proposed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


CLOSE_TRANSITIONS: dict[CloseStatus, frozenset[CloseStatus]] = {
    CloseStatus.PROPOSED: frozenset({CloseStatus.CLOSED, CloseStatus.WITHDRAWN}),
    CloseStatus.CLOSED: frozenset(),
    CloseStatus.WITHDRAWN: frozenset(),
}


class DayClose(Model):
    """A court's books are closed up to the end of a day, by two people: nothing enters any more."""

    __tablename__ = "day_close"
    __table_args__ = (
        CheckConstraint(
            "(status = 'closed') = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)",
            name="closed_is_confirmed",
        ),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_people"),
        # Midnight in Beijing is 16:00 UTC.
        CheckConstraint(
            "(closes_at - 57600000) / 86400000 * 86400000 = closes_at - 57600000",
            name="closes_at_midnight",
        ),
        CheckConstraint("closes_at <= proposed_at", name="day_is_over"),
        Index(
            "uq_day_close_day",
            "court_id",
            "day",
            unique=True,
            sqlite_where=text("status = 'closed'"),
            postgresql_where=text("status = 'closed'"),
        ),
        # One day at a time is being closed.
        Index(
            "uq_day_close_proposed",
            "court_id",
            unique=True,
            sqlite_where=text("status = 'proposed'"),
            postgresql_where=text("status = 'proposed'"),
        ),
        Index("ix_day_close_court_until", "court_id", "closes_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    day: Mapped[date] = mapped_column(Date)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[CloseStatus] = mapped_column(state_column(CloseStatus, "close_status"))
    # What moved since the close before: {currency: {kind: [debits, credits]}}, as it was shown.
    totals: Mapped[dict[str, Any]] = mapped_column(JSON)
    transfer_count: Mapped[int] = mapped_column(BigInteger)
    # Over every account's sums at the end of the day and the close before: a chain.
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(500), default="")
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ClosingBalance(Model):
    """An account's sums carried forward by a close, if they moved since the one before.

    In the order of effect: of all that took effect before the close's `closes_at`; in the order of
    recording (`known_…`): of all that was recorded before it was confirmed.
    """

    __tablename__ = "closing_balance"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"), primary_key=True, autoincrement=False
    )
    day_close_id: Mapped[int] = mapped_column(
        ForeignKey("day_close.id"), primary_key=True, autoincrement=False
    )
    debits_posted: Mapped[int] = mapped_column(BigInteger)
    credits_posted: Mapped[int] = mapped_column(BigInteger)
    debits_pending: Mapped[int] = mapped_column(BigInteger)
    credits_pending: Mapped[int] = mapped_column(BigInteger)
    known_debits_posted: Mapped[int] = mapped_column(BigInteger)
    known_credits_posted: Mapped[int] = mapped_column(BigInteger)
    known_debits_pending: Mapped[int] = mapped_column(BigInteger)
    known_credits_pending: Mapped[int] = mapped_column(BigInteger)

    def sums(self) -> Sums:
        """Where the account stood at the end of the day."""
        return Sums(
            self.debits_posted, self.credits_posted, self.debits_pending, self.credits_pending
        )

    def known(self) -> Sums:
        """Where the books said it stood when the day was closed."""
        return Sums(
            self.known_debits_posted,
            self.known_credits_posted,
            self.known_debits_pending,
            self.known_credits_pending,
        )


append_only(Account.__table__)
append_only(Transfer.__table__)
append_only(DayClose.__table__, but=("status", "confirmed_by", "confirmed_at"))
append_only(ClosingBalance.__table__)
guard(Account.__table__, guards.ACCOUNT)
guard(AccountBalance.__table__, guards.BALANCE)
guard(DayClose.__table__, guards.DAY_CLOSE)
guard(Transfer.__table__, guards.TRANSFER)
