"""Tables of notices to payees and of deposits with a notary."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class PayeeNotice(Model):
    """A paper that tells a payee of money that waits for him; published, or served on him."""

    __tablename__ = "payee_notice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    plan_payment_id: Mapped[int] = mapped_column(ForeignKey("plan_payment.id"), index=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), unique=True)
    is_published: Mapped[bool]
    # Until when he is asked to come; after that the money may be left with a notary.
    until_on: Mapped[date] = mapped_column(Date)
    issued_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(PayeeNotice.__table__)


class DepositGround(StrEnum):
    """Why a payee cannot be paid (CN17F-14, Civil Code 570)."""

    REFUSED = "refused"  # he refuses the money without cause
    MISSING = "missing"
    DEAD = "dead"  # and no successor is known
    INCAPABLE = "incapable"  # and has no guardian
    UNREACHABLE = "unreachable"
    OTHER = "other"


class NotaryStatus(StrEnum):
    """Whether a second person has approved it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"  # from here on the money goes to the notary
    DROPPED = "dropped"


NOTARY_TRANSITIONS: dict[NotaryStatus, frozenset[NotaryStatus]] = {
    NotaryStatus.PROPOSED: frozenset({NotaryStatus.CONFIRMED, NotaryStatus.DROPPED}),
    # The payee has come after all, before the money has left.
    NotaryStatus.CONFIRMED: frozenset({NotaryStatus.DROPPED}),
    NotaryStatus.DROPPED: frozenset(),
}
_LIVING = "status IN ('proposed', 'confirmed')"


class NotaryDeposit(Model):
    """One payment of a plan is left with a notary instead of its payee; two people stand for it."""

    __tablename__ = "notary_deposit"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "status <> 'confirmed' OR decided_by IS NOT NULL", name="confirmed_by_somebody"
        ),
        Index(
            "uq_notary_deposit_living",
            "plan_payment_id",
            unique=True,
            sqlite_where=text(_LIVING),
            postgresql_where=text(_LIVING),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    plan_payment_id: Mapped[int] = mapped_column(ForeignKey("plan_payment.id"), index=True)
    ground: Mapped[DepositGround] = mapped_column(
        state_column(DepositGround, "notary_deposit_ground")
    )
    facts: Mapped[str] = mapped_column(String(300))
    # The office as its bank knows it.
    office: Mapped[str] = mapped_column(String(140))
    account: Mapped[str] = mapped_column(Encrypted("notary_deposit.account"))
    bank: Mapped[str] = mapped_column(String(200))
    bank_code: Mapped[str] = mapped_column(String(12))
    status: Mapped[NotaryStatus] = mapped_column(
        state_column(NotaryStatus, "notary_deposit_status")
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    drop_reason: Mapped[str] = mapped_column(String(300), default="")
    # The notary's certificate, once it has come.
    certificate: Mapped[str] = mapped_column(String(80), default="")


append_only(
    NotaryDeposit.__table__,
    but=("status", "decided_by", "decided_at", "drop_reason", "certificate"),
)
