"""Tables of payouts, their batches and files, corrected payees, and vouchers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

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
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class PayoutKind(StrEnum):
    """What debt a payout pays; each is a row of another table."""

    PLAN = "plan"
    REFUND = "refund"
    SUSPENSE = "suspense"


class BatchStatus(StrEnum):
    """How far a batch is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"  # its content is bound; checkers look at it
    APPROVED = "approved"  # its money is being held in the books
    SENT = "sent"  # its file exists
    DONE = "done"  # every payment is confirmed, came back or was given up
    CANCELLED = "cancelled"


BATCH_TRANSITIONS: dict[BatchStatus, frozenset[BatchStatus]] = {
    BatchStatus.DRAFT: frozenset({BatchStatus.SUBMITTED, BatchStatus.CANCELLED}),
    BatchStatus.SUBMITTED: frozenset(
        {BatchStatus.DRAFT, BatchStatus.APPROVED, BatchStatus.CANCELLED}
    ),
    BatchStatus.APPROVED: frozenset({BatchStatus.SENT, BatchStatus.CANCELLED}),
    # Only as long as nobody has taken the file out.
    BatchStatus.SENT: frozenset({BatchStatus.DONE, BatchStatus.CANCELLED}),
    # A payment that was confirmed may come back; its batch stays what it was.
    BatchStatus.DONE: frozenset(),
    BatchStatus.CANCELLED: frozenset(),
}


class PayoutBatch(Model):
    """Payments that leave together: who made it, who approved exactly this content."""

    __tablename__ = "payout_batch"
    __table_args__ = (
        UniqueConstraint("court_id", "number"),
        CheckConstraint(
            "(first_checker_id IS NULL OR first_checker_id <> drafted_by) AND "
            "(second_checker_id IS NULL OR (second_checker_id <> drafted_by "
            "AND second_checker_id <> first_checker_id))",
            name="maker_is_no_checker",
        ),
        CheckConstraint(
            "(first_checker_id IS NULL) = (first_step_up_id IS NULL) "
            "AND (second_checker_id IS NULL) = (second_step_up_id IS NULL)",
            name="checker_stepped_up",
        ),
        CheckConstraint(
            "status NOT IN ('approved', 'sent', 'done') OR (sha256 IS NOT NULL AND "
            "first_checker_id IS NOT NULL AND (NOT needs_second OR second_checker_id IS NOT NULL))",
            name="approved_by_enough",
        ),
        CheckConstraint("thawed_by IS NULL OR thawed_by <> frozen_by", name="thawed_by_another"),
        Index("ix_payout_batch_desk", "court_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    number: Mapped[int]
    status: Mapped[BatchStatus] = mapped_column(state_column(BatchStatus, "payout_batch_status"))
    drafted_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The same form sent twice is one batch.
    form_key: Mapped[str] = mapped_column(String(40), unique=True)
    execute_on: Mapped[date | None] = mapped_column(Date)
    # Over every payment as it will be written; what the checkers approve.
    sha256: Mapped[str | None] = mapped_column(String(64))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    needs_second: Mapped[bool] = mapped_column(default=False)
    limits_passed: Mapped[list[str]] = mapped_column(JSON, default=list)
    first_checker_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    first_step_up_id: Mapped[int | None] = mapped_column(ForeignKey("step_up.id"))
    second_checker_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    second_step_up_id: Mapped[int | None] = mapped_column(ForeignKey("step_up.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why its writing stopped half-way; then it can only be cancelled.
    stopped_because: Mapped[str] = mapped_column(String(300), default="")
    # How many of its payments are held in the books already.
    held_count: Mapped[int] = mapped_column(default=0)
    downloaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    downloaded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    frozen_because: Mapped[str] = mapped_column(String(300), default="")
    thawed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    remark: Mapped[str] = mapped_column(String(300), default="")

    @property
    def is_frozen(self) -> bool:
        """Whether somebody has stopped it and nobody else has let it go on."""
        return self.frozen_at is not None and self.thawed_by is None


class PayoutStatus(StrEnum):
    """How far one payment is."""

    CHOSEN = "chosen"
    HELD = "held"  # approved: its money is held in the books, and it is or will be in the file
    PAID = "paid"  # booked: the statement shows it, or a person has declared it
    RETURNED = "returned"  # it came back: the debt stands again
    DROPPED = "dropped"  # it never left


PAYOUT_TRANSITIONS: dict[PayoutStatus, frozenset[PayoutStatus]] = {
    # What was sent by hand is paid as soon as it is declared.
    PayoutStatus.CHOSEN: frozenset({PayoutStatus.HELD, PayoutStatus.PAID, PayoutStatus.DROPPED}),
    PayoutStatus.HELD: frozenset({PayoutStatus.PAID, PayoutStatus.DROPPED}),
    PayoutStatus.PAID: frozenset({PayoutStatus.RETURNED}),
    PayoutStatus.RETURNED: frozenset(),
    PayoutStatus.DROPPED: frozenset(),
}
_LIVING = "status IN ('chosen', 'held', 'paid')"


class Payout(Model):
    """One bank transfer for one debt; what it says never changes, only how far it is."""

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "(kind = 'plan') = (plan_payment_id IS NOT NULL) "
            "AND (kind = 'refund') = (refund_id IS NOT NULL) "
            "AND (kind = 'suspense') = (line_id IS NOT NULL)",
            name="one_debt",
        ),
        CheckConstraint(
            "status <> 'paid' OR (transfer_id IS NOT NULL AND paid_on IS NOT NULL)",
            name="paid_is_booked",
        ),
        CheckConstraint(
            "status <> 'held' OR (hold_id IS NOT NULL AND batch_id IS NOT NULL)",
            name="held_is_booked",
        ),
        CheckConstraint(
            "drop_confirmed_by IS NULL OR drop_confirmed_by <> drop_proposed_by",
            name="dropped_by_two",
        ),
        # A debt is paid once, whichever way: a second living payout cannot even be written.
        *(
            Index(
                f"uq_payout_living_{name}",
                name,
                unique=True,
                sqlite_where=text(_LIVING),
                postgresql_where=text(_LIVING),
            )
            for name in ("plan_payment_id", "refund_id", "line_id")
        ),
        Index("ix_payout_desk", "court_id", "status"),
        Index("ix_payout_batch", "batch_id", "position"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    kind: Mapped[PayoutKind] = mapped_column(state_column(PayoutKind, "payout_kind"))
    plan_payment_id: Mapped[int | None] = mapped_column(ForeignKey("plan_payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"))
    # None: sent by hand in the bank's own programme, and declared here.
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("payout_batch.id"))
    position: Mapped[int] = mapped_column(default=0)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    debtor_account: Mapped[str] = mapped_column(String(40))
    payee_name: Mapped[str] = mapped_column(Encrypted("payout.payee_name"))
    payee_account: Mapped[str] = mapped_column(Encrypted("payout.payee_account"))
    payee_bank: Mapped[str] = mapped_column(String(200))
    payee_bank_code: Mapped[str] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(35))
    remittance: Mapped[str] = mapped_column(String(140))
    created_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # ── how far it is ──
    status: Mapped[PayoutStatus] = mapped_column(state_column(PayoutStatus, "payout_status"))
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    paid_on: Mapped[date | None] = mapped_column(Date)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bank_reference: Mapped[str] = mapped_column(String(120), default="")
    # The statement line that shows it, and the one that shows it coming back.
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"), unique=True)
    returned_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"), unique=True)
    return_transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    return_reason: Mapped[str] = mapped_column(String(200), default="")
    drop_proposed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    drop_confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    drop_reason: Mapped[str] = mapped_column(String(300), default="")


append_only(
    Payout.__table__,
    but=(
        "status",
        "hold_id",
        "transfer_id",
        "paid_on",
        "paid_at",
        "bank_reference",
        "bank_line_id",
        "returned_line_id",
        "return_transfer_id",
        "returned_at",
        "return_reason",
        "drop_proposed_by",
        "drop_confirmed_by",
        "drop_reason",
    ),
)


class PayoutFile(Model):
    """The file of a batch, made once: the same bytes for ever, sealed because it names accounts."""

    __tablename__ = "payout_file"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("payout_batch.id"), unique=True)
    message_id: Mapped[str] = mapped_column(String(35), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Encrypted("payout_file.content"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(PayoutFile.__table__)


class CorrectionStatus(StrEnum):
    """Whether a second person has looked at a payee's new account."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    CANCELLED = "cancelled"


CORRECTION_TRANSITIONS: dict[CorrectionStatus, frozenset[CorrectionStatus]] = {
    CorrectionStatus.PROPOSED: frozenset({CorrectionStatus.APPROVED, CorrectionStatus.CANCELLED}),
    CorrectionStatus.APPROVED: frozenset(),
    CorrectionStatus.CANCELLED: frozenset(),
}


class PayeeCorrection(Model):
    """To whom one debt is paid instead of what its own row says; two people stand for it."""

    __tablename__ = "payee_correction"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'plan') = (plan_payment_id IS NOT NULL) "
            "AND (kind = 'refund') = (refund_id IS NOT NULL) "
            "AND (kind = 'suspense') = (line_id IS NOT NULL)",
            name="one_debt",
        ),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "(status = 'approved') = (approved_by IS NOT NULL)", name="approved_by_somebody"
        ),
        *(
            Index(
                f"uq_payee_correction_open_{name}",
                name,
                unique=True,
                sqlite_where=text("status = 'proposed'"),
                postgresql_where=text("status = 'proposed'"),
            )
            for name in ("plan_payment_id", "refund_id", "line_id")
        ),
        Index("ix_payee_correction_desk", "court_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"))
    kind: Mapped[PayoutKind] = mapped_column(state_column(PayoutKind, "payee_correction_kind"))
    plan_payment_id: Mapped[int | None] = mapped_column(ForeignKey("plan_payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"))
    name: Mapped[str] = mapped_column(Encrypted("payee_correction.name"))
    account: Mapped[str] = mapped_column(Encrypted("payee_correction.account"))
    bank: Mapped[str] = mapped_column(String(200))
    bank_code: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    status: Mapped[CorrectionStatus] = mapped_column(
        state_column(CorrectionStatus, "payee_correction_status")
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(PayeeCorrection.__table__, but=("status", "approved_by", "approved_at"))


class VoucherKind(StrEnum):
    """What a voucher attests."""

    RECEIPT = "receipt"  # a creditor, or whoever else the plan pays, was paid
    FEE = "fee"  # the execution fee went to the treasury (FEE-14.2)
    TAX = "tax"  # tax of the sale was paid


class VoucherSeries(Model):
    """The last number given in one court, year and kind; its row is what the next one locks."""

    __tablename__ = "voucher_series"

    court_id: Mapped[int] = mapped_column(
        ForeignKey("court.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[VoucherKind] = mapped_column(
        state_column(VoucherKind, "voucher_series_kind"), primary_key=True
    )
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)


class Voucher(Model):
    """A numbered paper about one payment; numbers of a court and year have no gap."""

    __tablename__ = "voucher"
    __table_args__ = (
        UniqueConstraint("court_id", "kind", "year", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    kind: Mapped[VoucherKind] = mapped_column(state_column(VoucherKind, "voucher_kind"))
    year: Mapped[int]
    number: Mapped[int]
    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"), unique=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    # What the paper says, sealed because it names a payee and an account.
    content: Mapped[str] = mapped_column(Encrypted("voucher.content"))
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The payment came back: the paper keeps its number and says so.
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str] = mapped_column(String(200), default="")


append_only(Voucher.__table__, but=("voided_at", "void_reason"))
