"""The court's rulings, what becomes one, and who may not buy again because of one."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class RulingKind(StrEnum):
    """What a ruling does."""

    DEAL = "deal"  # 成交裁定: title passes when it is served (CN16-22.2)
    DEFAULT = "default"  # 重新拍卖裁定: the buyer failed to pay (CN20A-22.1, CN16-24)
    SET_ASIDE = "set-aside"  # 撤销拍卖裁定 (CN16-31)


class Ruling(Model):
    """A ruling with its number; a deal ruling is recorded once it is served on the buyer.

    The two others are made here by a judge and have their effect at once; the day on which they
    were served follows.
    """

    __tablename__ = "ruling"
    __table_args__ = (
        UniqueConstraint("sale_id", "kind"),
        UniqueConstraint("court_id", "number"),
        CheckConstraint("kind <> 'deal' OR served_on IS NOT NULL", name="deal_is_served"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    kind: Mapped[RulingKind] = mapped_column(state_column(RulingKind, "ruling_kind"))
    number: Mapped[str] = mapped_column(String(60))
    made_on: Mapped[date] = mapped_column(Date)
    served_on: Mapped[date | None] = mapped_column(Date)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Handover(Model):
    """The lot was handed over to the buyer (CN20A-27.1), with the record that shows it."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    ruling_id: Mapped[int] = mapped_column(ForeignKey("ruling.id"), unique=True)
    handed_over_on: Mapped[date] = mapped_column(Date)
    proof: Mapped[str] = mapped_column(String(300))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(Ruling.__table__, but=("served_on",))
append_only(Handover.__table__)


class ProposalStatus(StrEnum):
    """What has become of a draft ruling."""

    DRAFT = "draft"
    MADE = "made"
    DROPPED = "dropped"


PROPOSAL_TRANSITIONS: dict[ProposalStatus, frozenset[ProposalStatus]] = {
    ProposalStatus.DRAFT: frozenset({ProposalStatus.MADE, ProposalStatus.DROPPED}),
    ProposalStatus.MADE: frozenset(),
    ProposalStatus.DROPPED: frozenset(),
}


class SetAsideGround(StrEnum):
    """Why a sale is set aside: the six cases of CN16-31."""

    FALSE_DISCLOSURE = "31.1"
    SYSTEM_FAULT = "31.2"
    COLLUSION = "31.3"
    UNQUALIFIED = "31.4"
    UNEQUAL = "31.5"
    PROCEDURE = "31.6"


class Bearer(StrEnum):
    """Who answers for the damage of a sale that is set aside (CN16-32.1)."""

    COURT = "court"  # state compensation
    OTHER = "other"  # suit against whoever did it: platform, bidder, auxiliary body
    NONE = "none"


class RulingProposal(Model):
    """A ruling as the clerk has drafted it; a judge, another person, makes it or does not."""

    __tablename__ = "ruling_proposal"
    __table_args__ = (
        CheckConstraint("kind <> 'deal'", name="not_a_deal"),
        CheckConstraint("decided_by IS NULL OR decided_by <> drafted_by", name="two_people"),
        CheckConstraint(
            "status <> 'made' OR (decided_by IS NOT NULL AND ruling_id IS NOT NULL)",
            name="made_by_somebody",
        ),
        # One draft at a time.
        Index(
            "uq_ruling_proposal_open",
            "sale_id",
            unique=True,
            sqlite_where=text("status = 'draft'"),
            postgresql_where=text("status = 'draft'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    kind: Mapped[RulingKind] = mapped_column(state_column(RulingKind, "ruling_proposal_kind"))
    status: Mapped[ProposalStatus] = mapped_column(
        state_column(ProposalStatus, "ruling_proposal_status")
    )
    number: Mapped[str] = mapped_column(String(60))
    # Facts and reasons, in the clerk's words.
    reasons: Mapped[str] = mapped_column(Text)
    # What the court decides beside: see `DefaultTerms`, `SetAsideTerms`.
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    drafted_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(String(300), default="")
    ruling_id: Mapped[int | None] = mapped_column(ForeignKey("ruling.id"), unique=True)


class BarredBuyer(Model):
    """Who failed to pay may not buy this property when it is sold again (CN16-24.2, CN455-8.2).

    Found by account and by the keyed hash of the identity number, so that another account of the
    same person is no way round. Ends when the property is finally sold, or by decision.
    """

    __tablename__ = "barred_buyer"
    __table_args__ = (
        UniqueConstraint("ruling_id", "user_id"),
        CheckConstraint(
            "lifted_at IS NULL OR (lifted_by IS NOT NULL AND lift_ground <> '')",
            name="lifted_by_somebody",
        ),
        Index("ix_barred_buyer_asset_identity", "asset_id", "id_number_hash"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    ruling_id: Mapped[int] = mapped_column(ForeignKey("ruling.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    id_number_hash: Mapped[str] = mapped_column(String(64))
    barred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    lift_ground: Mapped[str] = mapped_column(String(300), default="")


append_only(BarredBuyer.__table__, but=("lifted_at", "lifted_by", "lift_ground"))
