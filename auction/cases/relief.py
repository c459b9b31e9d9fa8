"""An enforcement applicant need not pay the deposit as far as his claim reaches (CN16-17.3).

The court confirms it for a party of its case, before and apart from any enrolment: who enrols stays
sealed from everybody until the end (CN16-18.3), so the party is recognised by his number.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from auction.cases.models import Claim, EnforcementCase, Party, PartyRole
from auction.core.audit import record
from auction.core.db import BigId, Model, UtcDateTime, db
from auction.core.errors import DomainError, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue


class DepositRelief(Model):
    """The court's word that a party is an applicant with a claim of so much; one a party."""

    __tablename__ = "deposit_relief"
    __table_args__ = (CheckConstraint("claim_minor > 0", name="claim_positive"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), unique=True)
    claim_minor: Mapped[int] = mapped_column(BigInteger)
    basis: Mapped[str] = mapped_column(String(300))
    confirmed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def confirm_relief(
    case: EnforcementCase,
    party_id: int,
    claim_minor: int,
    basis: str,
    *,
    actor_id: int,
    now: datetime,
) -> DepositRelief:
    """The court confirms an applicant and the claim that counts; `case` is locked.

    Refused: `not-applicant`, `no-number` (nobody could recognise him), `bad-amount`.
    """
    party = db.session.get(Party, party_id)
    if party is None or party.case_id != case.id:
        raise NotFound("unknown-party", _l("没有这位当事人。"))
    if party.role is not PartyRole.APPLICANT:
        raise DomainError("not-applicant", _l("只有申请执行人可以免交或少交保证金（CN16-17.3）。"))
    if party.id_number_hash is None:
        raise DomainError("no-number", _l("请先登记这位申请执行人的证件号码。"))
    if claim_minor <= 0:
        raise Invalid("bad-amount", _l("债权金额应大于零。"), field="claim")
    row = _relief_of_party(party_id)
    if row is None:
        row = DepositRelief(court_id=case.court_id, case_id=case.id, party_id=party_id)
        db.session.add(row)
    row.claim_minor, row.basis = claim_minor, basis
    row.confirmed_by, row.confirmed_at = actor_id, now
    row.revoked_by = row.revoked_at = None
    record("confirm-relief", row, actor_id=actor_id, at=now, detail={"claim_minor": claim_minor})
    enqueue(
        "relief_confirmed",
        f"relief_confirmed:{row.id}:{now.isoformat()}",
        {"relief_id": row.id},
        now=now,
    )
    return row


def revoke_relief(case: EnforcementCase, party_id: int, *, actor_id: int, now: datetime) -> None:
    """The court takes its word back: who enrols from now on pays in full."""
    row = _relief_of_party(party_id)
    if row is None or row.case_id != case.id or row.revoked_at is not None:
        return
    row.revoked_by, row.revoked_at = actor_id, now
    record("revoke-relief", row, actor_id=actor_id, at=now)


def relieved_claim(case_id: int, id_number_hash: str) -> int:
    """The confirmed claim of whoever has this number in this case; 0 for everybody else."""
    found = db.session.scalar(
        select(func.sum(DepositRelief.claim_minor))
        .join(Party, Party.id == DepositRelief.party_id)
        .where(
            DepositRelief.case_id == case_id,
            DepositRelief.revoked_at.is_(None),
            Party.role == PartyRole.APPLICANT,
            Party.id_number_hash == id_number_hash,
        )
    )
    return int(found or 0)


def list_applicants(case: EnforcementCase) -> list[tuple[Party, int, DepositRelief | None]]:
    """The case's applicants with what they claim in all, and what the court has confirmed."""
    components = (
        Claim.expenses_minor
        + Claim.interest_minor
        + Claim.principal_minor
        + Claim.doubled_interest_minor
    )
    rows = db.session.execute(
        select(Party, func.coalesce(func.sum(components), 0))
        .outerjoin(Claim, Claim.party_id == Party.id)
        .where(Party.case_id == case.id, Party.role == PartyRole.APPLICANT)
        .group_by(Party.id)
        .order_by(Party.id)
    )
    return [(party, int(total), _relief_of_party(party.id)) for party, total in rows]


def _relief_of_party(party_id: int) -> DepositRelief | None:
    return db.session.scalar(select(DepositRelief).where(DepositRelief.party_id == party_id))
