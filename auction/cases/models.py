"""Tables of an enforcement case (执行案件)."""

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
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class DebtorKind(StrEnum):
    """Decides how ordinary claims share (CPLI-508.1, CPLI-514.1)."""

    INDIVIDUAL = "individual"
    COMPANY = "company"


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


CASE_TRANSITIONS: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.OPEN: frozenset({CaseStatus.CLOSED}),
    CaseStatus.CLOSED: frozenset(),
}


class PartyRole(StrEnum):
    """What a party is in the case."""

    APPLICANT = "applicant"
    DEBTOR = "debtor"
    CREDITOR = "creditor"
    PRIORITY_PURCHASER = "priority-purchaser"
    OTHER = "other"


class ClaimClass(StrEnum):
    """The classes of `money.md` section 2."""

    HOME_BUYER = "home-buyer"
    CONSTRUCTION = "construction"
    SECURED = "secured"
    TAX = "tax"
    POLICY = "policy"
    ORDINARY = "ordinary"


class FeeKind(StrEnum):
    """How the execution fee of a claim is found (FEE-14.2, OPEN-4)."""

    NONE = "none"
    REALISED = "realised"
    FIXED = "fixed"


class EnforcementCase(Model):
    """The case that receives the proceeds; one account number a case (CN17F-3)."""

    __tablename__ = "enforcement_case"
    __table_args__ = (UniqueConstraint("court_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    number: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(String(300))
    debtor_kind: Mapped[DebtorKind] = mapped_column(state_column(DebtorKind, "case_debtor_kind"))
    status: Mapped[CaseStatus] = mapped_column(state_column(CaseStatus, "case_status"))
    account_number: Mapped[str] = mapped_column(String(40), unique=True)
    clerk_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    # The court's last day for joining the distribution (CPLI-507.1, OPEN-6).
    joining_closes_on: Mapped[date | None] = mapped_column(Date)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    parties: Mapped[list[Party]] = relationship(order_by="Party.id", lazy="select")
    claims: Mapped[list[Claim]] = relationship(order_by="Claim.id", lazy="select")


class Party(Model):
    """A party of the case, or a known priority purchaser (CN16-16.1)."""

    __tablename__ = "party"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    role: Mapped[PartyRole] = mapped_column(state_column(PartyRole, "party_role"))
    name: Mapped[str] = mapped_column(Encrypted("party.name"))
    id_number: Mapped[str | None] = mapped_column(Encrypted("party.id_number"))
    id_number_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    contact: Mapped[str | None] = mapped_column(Encrypted("party.contact"))
    address: Mapped[str | None] = mapped_column(Encrypted("party.address"))
    priority_rank: Mapped[int | None]
    priority_basis: Mapped[str | None] = mapped_column(String(200))
    bank_name: Mapped[str | None] = mapped_column(String(100))
    account_name: Mapped[str | None] = mapped_column(Encrypted("party.account_name"))
    account_number: Mapped[str | None] = mapped_column(Encrypted("party.account_number"))


class Claim(Model):
    """What a creditor is owed, in the components of `money.md` (minor units of CNY)."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("case_id", "label"),
        CheckConstraint(
            "expenses_minor >= 0 AND interest_minor >= 0 AND principal_minor >= 0 "
            "AND doubled_interest_minor >= 0",
            name="components_not_negative",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    label: Mapped[str] = mapped_column(String(20))
    claim_class: Mapped[ClaimClass] = mapped_column(state_column(ClaimClass, "claim_class"))
    rank: Mapped[int | None]
    registered_at: Mapped[date | None] = mapped_column(Date)
    arose_at: Mapped[date | None] = mapped_column(Date)
    attached_at: Mapped[date | None] = mapped_column(Date)
    limit_minor: Mapped[int | None] = mapped_column(BigInteger)
    expenses_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    interest_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    principal_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    doubled_interest_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_kind: Mapped[FeeKind] = mapped_column(state_column(FeeKind, "claim_fee_kind"))
    fee_minor: Mapped[int | None] = mapped_column(BigInteger)
    held: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(300))
    # The title that can be enforced, and the day its holder asked to take part (CPLI-507.1).
    title_number: Mapped[str | None] = mapped_column(String(120))
    applied_on: Mapped[date | None] = mapped_column(Date)
    # Why it takes no part: `early`, `late` or `no-title`; kept, so that the refusal can be shown.
    refused: Mapped[str | None] = mapped_column(String(20))
    # The decision by which a late one takes part all the same.
    admitted_late: Mapped[str | None] = mapped_column(String(200))

    party: Mapped[Party] = relationship(lazy="joined")
    assets: Mapped[list[ClaimAsset]] = relationship(lazy="selectin", cascade="all, delete-orphan")


class InterestKind(StrEnum):
    """Which interest was computed (CN14I-1.1)."""

    ORDINARY = "ordinary"
    DOUBLED = "doubled"


class InterestReckoning(Model):
    """How a claim's interest was computed when it was adopted: every input and every line."""

    __tablename__ = "interest_reckoning"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    # No foreign key: a claim entered by mistake may go, what was computed for it stays.
    claim_id: Mapped[int] = mapped_column(BigInteger, index=True)
    kind: Mapped[InterestKind] = mapped_column(state_column(InterestKind, "interest_kind"))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    adopted_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    adopted_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(InterestReckoning.__table__)


class ClaimAsset(Model):
    """A claim is secured on an asset."""

    __tablename__ = "claim_asset"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), primary_key=True)
