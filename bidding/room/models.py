"""Tables of the live room; written by the intake alone, in bulk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only


class SaleHead(Model):
    """The live state of one sale; its row is the sale's queue (bidding.md, Order)."""

    __tablename__ = "sale_head"

    sale_id: Mapped[int] = mapped_column(
        ForeignKey("sale.id"), primary_key=True, autoincrement=False
    )
    lot_number: Mapped[str] = mapped_column(String(40), index=True)
    # Effective status and figures, for pages and queries; `state` holds all the engine needs.
    status: Mapped[str] = mapped_column(String(12), index=True)
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    leader: Mapped[str | None] = mapped_column(String(8))
    seq: Mapped[int] = mapped_column(default=0)
    bidder_count: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ground: Mapped[str | None] = mapped_column(Text)
    # Grows with every change of anything the engine reads (bids, suspensions, roster).
    version: Mapped[int] = mapped_column(default=0)
    # Grows when the enrolled bidders, their ranks or bars change.
    roster_version: Mapped[int] = mapped_column(default=0)
    # Where the two logs stand (bidlog.md): sizes, the last entry's time, and the roots of the
    # complete subtrees, from which the next entries go on.
    log_size: Mapped[int] = mapped_column(default=0)
    log_at: Mapped[datetime] = mapped_column(UtcDateTime)
    log_frontier: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_size: Mapped[int] = mapped_column(default=0)
    sealed_frontier: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    # The engine's state as JSON text; sealed, since it holds the limits of standing instructions.
    state: Mapped[str] = mapped_column(Encrypted("sale_head.state"))


class Bid(Model):
    """An accepted bid; public, in order of `seq`."""

    __tablename__ = "bid"
    __table_args__ = (
        UniqueConstraint("sale_id", "seq"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # The head, not the sale: its row is locked already when a bid is written.
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale_head.sale_id"))
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(String(8))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    is_auto: Mapped[bool] = mapped_column(Boolean, default=False)
    is_match: Mapped[bool] = mapped_column(Boolean, default=False)
    has_extended: Mapped[bool] = mapped_column(Boolean, default=False)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Number of its entry in the public log.
    log_n: Mapped[int]


class SaleRequest(Model):
    """Everything that was decided in a sale, accepted or refused, in order; sealed until the end.

    A key is answered once for ever: the unique constraint is what finally says so (INV-2).
    """

    __tablename__ = "sale_request"
    __table_args__ = (
        # The key before the code: a batch asks for all its keys in one look-up.
        UniqueConstraint("sale_id", "key", "code"),
        Index("ix_sale_request_sale_id", "sale_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale_head.sale_id"))
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    code: Mapped[str | None] = mapped_column(String(8))
    key: Mapped[str | None] = mapped_column(String(80))
    # The amount as text: what was sent need not have been a number. Empty for a limit.
    amount: Mapped[str | None] = mapped_column(Text)
    # The limit of a standing instruction, which nobody but the bidder sees while the sale runs.
    limit_sealed: Mapped[str | None] = mapped_column(Encrypted("sale_request.limit_sealed"))
    accepted: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str | None] = mapped_column(String(24))
    seq: Mapped[int | None]
    # Place in the sealed log of what does not stand in the public one.
    sealed_n: Mapped[int | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ground: Mapped[str | None] = mapped_column(Text)


append_only(Bid.__table__)
append_only(SaleRequest.__table__)


class WithdrawalProposal(Model):
    """A withdrawal takes two persons: one proposes it, a judge other than that one confirms it."""

    __tablename__ = "withdrawal_proposal"
    __table_args__ = (
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),
        # One open question a sale.
        Index(
            "uq_withdrawal_proposal_open",
            "sale_id",
            unique=True,
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    ground: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    # When the sale was withdrawn, or the proposal dropped.
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
