"""Tables of payments, refunds and what the provider told us."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, state_column


class Purpose(StrEnum):
    """What a payment is for."""

    DEPOSIT = "deposit"
    BALANCE = "balance"


class Channel(StrEnum):
    """How money comes and goes."""

    STRIPE = "stripe"
    BANK = "bank"


class PaymentStatus(StrEnum):
    """How a payment stands between the payer, the provider and us."""

    STARTED = "started"  # the payer is, or may be, on the provider's page
    HELD = "held"  # authorised on the card, not taken
    RECEIVED = "received"
    RELEASED = "released"  # the hold was given back
    LAPSED = "lapsed"  # never paid, or the provider let go of the hold
    SUSPENSE = "suspense"  # money came that does not fit what was asked


PAYMENT_TRANSITIONS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.STARTED: frozenset(
        {
            PaymentStatus.HELD,
            PaymentStatus.RECEIVED,
            PaymentStatus.LAPSED,
            PaymentStatus.SUSPENSE,
        }
    ),
    PaymentStatus.HELD: frozenset(
        {PaymentStatus.RECEIVED, PaymentStatus.RELEASED, PaymentStatus.LAPSED}
    ),
    PaymentStatus.RECEIVED: frozenset(),
    PaymentStatus.RELEASED: frozenset(),
    PaymentStatus.LAPSED: frozenset(),
    PaymentStatus.SUSPENSE: frozenset(),
}


class Payment(Model):
    """One attempt to pay; written and committed before the provider is asked for anything."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "(purpose = 'balance') = (settlement_id IS NOT NULL)", name="balance_has_settlement"
        ),
        CheckConstraint("NOT is_hold OR purpose = 'deposit'", name="only_deposits_are_held"),
        CheckConstraint(
            "taken_minor IS NULL OR taken_minor BETWEEN 1 AND amount_minor", name="taken_in_range"
        ),
        CheckConstraint(
            "deposit_id IS NULL OR purpose = 'deposit'", name="deposit_is_made_of_deposits"
        ),
        # Two clicks on "pay" are one attempt.
        Index(
            "uq_payment_started",
            "enrolment_id",
            "purpose",
            unique=True,
            sqlite_where=text("status = 'started'"),
            postgresql_where=text("status = 'started'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("settlement.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(state_column(Purpose, "payment_purpose"))
    channel: Mapped[Channel] = mapped_column(state_column(Channel, "payment_channel"))
    status: Mapped[PaymentStatus] = mapped_column(
        state_column(PaymentStatus, "payment_status"), index=True
    )
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    is_hold: Mapped[bool] = mapped_column(Boolean, default=False)
    # Of a hold, what was really taken, where that is less than was held.
    taken_minor: Mapped[int | None] = mapped_column(BigInteger)
    # The complete deposit that this payment is, or is one part of.
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposit.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # A provider's answer of 5xx is kept under its key: the next attempt takes another key.
    tries: Mapped[int] = mapped_column(default=0)
    session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    intent_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    # Until then the hold is ours; afterwards the provider lets go of it.
    capture_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The statement line behind a bank payment, and who sent it.
    bank_line_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    payer_name: Mapped[str | None] = mapped_column(Encrypted("payment.payer_name"))
    payer_account: Mapped[str | None] = mapped_column(Encrypted("payment.payer_account"))
    payer_bank: Mapped[str | None] = mapped_column(String(200))
    # The transfer in the books: the hold, or the receipt.
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def secured_minor(self) -> int:
        """What of it is held for us, or was taken."""
        return self.amount_minor if self.taken_minor is None else self.taken_minor


class RefundReason(StrEnum):
    """Why money goes back."""

    LOST = "lost"  # CN16-23.2
    UNSOLD = "unsold"  # CN16-23.3
    WITHDRAWN = "withdrawn"
    LEFT = "left"
    LATE = "late"  # confirmed after the end
    REFUSED = "refused"  # its payer is not admitted
    DUPLICATE = "duplicate"
    EXCESS = "excess"
    MISMATCH = "mismatch"  # held for another amount than was asked
    INCOMPLETE = "incomplete"  # a part of a deposit that was never complete
    REMAINDER = "remainder"  # what a default leaves beside the deposit (CN16-24, CN455-8.1)
    SET_ASIDE = "set-aside"  # the sale was undone


class RefundStatus(StrEnum):
    """How far the way back is."""

    DUE = "due"
    SENT = "sent"  # the provider has it, the payer not yet
    DONE = "done"


REFUND_TRANSITIONS: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.DUE: frozenset({RefundStatus.SENT, RefundStatus.DONE}),
    RefundStatus.SENT: frozenset({RefundStatus.DONE, RefundStatus.DUE}),
    # the payer's bank may still send it back
    RefundStatus.DONE: frozenset({RefundStatus.DUE}),
}


class Refund(Model):
    """What must go back of one payment; a hold is released, a capture refunded, a transfer sent."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        # One way back a payment and reason: the same refund twice cannot even be written.
        UniqueConstraint("payment_id", "reason"),
        Index("ix_refund_desk", "court_id", "channel", "status"),
        # What the worker still has to send, the most urgent first.
        Index(
            "ix_refund_queue",
            "due_at",
            "id",
            sqlite_where=text("status <> 'done' AND channel = 'stripe'"),
            postgresql_where=text("status <> 'done' AND channel = 'stripe'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    channel: Mapped[Channel] = mapped_column(state_column(Channel, "refund_channel"))
    reason: Mapped[RefundReason] = mapped_column(state_column(RefundReason, "refund_reason"))
    status: Mapped[RefundStatus] = mapped_column(
        state_column(RefundStatus, "refund_status"), index=True
    )
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    # Part of the idempotency key: grows when a key is used up (a kept 5xx, a failed refund).
    attempt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    # Written before the provider is asked for the first time: from then on we look before we ask.
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_refund_id: Mapped[str | None] = mapped_column(String(255))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # For a refund by bank transfer: to whom, as he paid.
    payee_name: Mapped[str | None] = mapped_column(Encrypted("refund.payee_name"))
    payee_account: Mapped[str | None] = mapped_column(Encrypted("refund.payee_account"))
    payee_bank: Mapped[str | None] = mapped_column(String(200))


class StripeEvent(Model):
    """What the webhook told us, once; the object itself is read again, never believed."""

    __tablename__ = "stripe_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(255), unique=True)
    type: Mapped[str] = mapped_column(String(100))
    object_id: Mapped[str] = mapped_column(String(255))
    livemode: Mapped[bool] = mapped_column(Boolean)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MoneyAlarm(Model):
    """Something about money that a person of the court must look at."""

    __tablename__ = "money_alarm"
    __table_args__ = (UniqueConstraint("code", "subject"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int | None] = mapped_column(ForeignKey("court.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(300))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    explanation: Mapped[str] = mapped_column(Text, default="")
