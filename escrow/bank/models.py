"""Tables of bank statements, their lines, and what was moved out of the provider's account."""

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

from auction.core.crypto import Encrypted, EncryptedBytes
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column
from escrow.bank.parsed import Side
from escrow.bank.reading import Format


class ImportStatus(StrEnum):
    """How far a file of the bank has come; what is stored stays, what is refused left nothing."""

    WAITING = "waiting"
    CHECKING = "checking"  # read from end to end; nothing of it is stored yet
    STORING = "storing"  # all of it is right: its lines are stored, portion by portion
    DONE = "done"
    REFUSED = "refused"


IMPORT_TRANSITIONS: dict[ImportStatus, frozenset[ImportStatus]] = {
    ImportStatus.WAITING: frozenset({ImportStatus.CHECKING}),
    ImportStatus.CHECKING: frozenset({ImportStatus.STORING, ImportStatus.REFUSED}),
    ImportStatus.STORING: frozenset({ImportStatus.DONE}),
    ImportStatus.DONE: frozenset(),
    ImportStatus.REFUSED: frozenset(),
}


class BankImport(Model):
    """An uploaded file of the bank on its way in: resumed where it stopped, each line once."""

    __tablename__ = "bank_import"
    __table_args__ = (
        # The same file is under way or taken once; a refused one may be tried again.
        Index(
            "uq_bank_import_file",
            "court_id",
            "sha256",
            unique=True,
            sqlite_where=text("status <> 'refused'"),
            postgresql_where=text("status <> 'refused'"),
        ),
        # One at a time in a court: what was checked stays true until it is stored.
        Index(
            "uq_bank_import_running",
            "court_id",
            unique=True,
            sqlite_where=text("status IN ('checking', 'storing')"),
            postgresql_where=text("status IN ('checking', 'storing')"),
        ),
        CheckConstraint("stored_count <= line_count", name="stored_in_range"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    # The mapping profile a person has chosen; None: by the head row.
    profile: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[ImportStatus] = mapped_column(
        state_column(ImportStatus, "bank_import_status"), index=True
    )
    checked_count: Mapped[int] = mapped_column(default=0)
    line_count: Mapped[int] = mapped_column(default=0)
    stored_count: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[Any]] = mapped_column(JSON, default=list)  # [code, line, told]
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    statements: Mapped[list[BankStatement]] = relationship(
        order_by="BankStatement.id", lazy="select", viewonly=True
    )


class BankFilePart(Model):
    """A piece of the file as it came, packed and sealed: it names payers of running sales."""

    __tablename__ = "bank_file_part"
    __table_args__ = (UniqueConstraint("import_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("bank_import.id"))
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(EncryptedBytes("bank_file_part.content"))


append_only(BankFilePart.__table__)


class BankProfile(Model):
    """A court's own mapping profile for its bank's tables; a change is a new row."""

    __tablename__ = "bank_profile"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(BankProfile.__table__, but=("retired_at",))


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
    label: Mapped[str] = mapped_column(String(60), default="")  # the bank's own number of it
    # Movements of a day that is not over (camt.054, MT942): no balances by their nature.
    is_advice: Mapped[bool] = mapped_column(default=False)
    profile: Mapped[str | None] = mapped_column(String(60))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("bank_import.id"), index=True)
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
    PAYER_REFUSED = "payer-refused"  # the court does not accept who paid
    LATE = "late"  # a balance after the announced day (CN16-25.1)
    NOT_DUE = "not-due"
    NOTICES_MISSING = "notices-missing"  # enrolment not complete yet (CN16-14.1)
    NOT_ORDERED = "not-ordered"  # money left that no payment of ours explains
    REVERSAL = "reversal"  # the bank takes back what it had booked


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
        Index("ix_bank_line_batch", "court_id", "account_number", "batch_ref"),
        Index("ix_bank_line_place", "statement_id", "number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id"))
    number: Mapped[int]  # where it stands in the file
    account_number: Mapped[str] = mapped_column(String(40))
    entry_ref: Mapped[str] = mapped_column(String(120))
    # The collective entry of which this line is a part.
    batch_ref: Mapped[str | None] = mapped_column(String(120))
    is_reversal: Mapped[bool] = mapped_column(default=False)
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
    # By what it was matched: words of `escrow.bank.words.GROUNDS`, joined by commas.
    grounds: Mapped[str] = mapped_column(String(120), default="")
    # What of it is still in suspense.
    remaining_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    identify_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(300), default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReviewStatus(StrEnum):
    """What the court says to a payer who is not the bidder."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    VOID = "void"  # the money went another way before anybody decided


REVIEW_TRANSITIONS: dict[ReviewStatus, frozenset[ReviewStatus]] = {
    ReviewStatus.PENDING: frozenset(
        {ReviewStatus.ACCEPTED, ReviewStatus.REFUSED, ReviewStatus.VOID}
    ),
    ReviewStatus.ACCEPTED: frozenset(),
    ReviewStatus.REFUSED: frozenset(),
    ReviewStatus.VOID: frozenset(),
}


class PayerReview(Model):
    """Money for a bidder from another name: the court confirms it or not (CN16-17.2)."""

    __tablename__ = "payer_review"
    __table_args__ = (
        CheckConstraint("(enrolment_id IS NULL) <> (settlement_id IS NULL)", name="one_subject"),
        CheckConstraint(
            "asked_by IS NULL OR decided_by IS NULL OR asked_by <> decided_by", name="two_people"
        ),
        CheckConstraint(
            "status NOT IN ('accepted', 'refused') "
            "OR (decided_by IS NOT NULL AND length(ground) >= 4)",
            name="decided_with_ground",
        ),
        Index(
            "uq_payer_review_pending",
            "line_id",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_payer_review_desk", "court_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"), index=True)
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("settlement.id"), index=True)
    reference: Mapped[str] = mapped_column(String(20))
    status: Mapped[ReviewStatus] = mapped_column(state_column(ReviewStatus, "payer_review_status"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # None: by rule
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Encrypted("payer_review.note"))  # of the finance desk
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ground: Mapped[str] = mapped_column(String(300), default="")

    line: Mapped[BankLine] = relationship(lazy="select")


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
