"""Tables of lots, sales and the panel's decisions."""

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
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.assets.models import Asset
from auction.core.db import BigId, Model, UtcDateTime, state_column


class Stage(StrEnum):
    """Which attempt a sale is (一拍 二拍 变卖)."""

    FIRST = "first"
    SECOND = "second"
    SELLOFF = "selloff"


class SaleStatus(StrEnum):
    """Where the court's side of a sale stands; the live state is the sale head's."""

    DRAFT = "draft"
    PANEL = "panel"  # before the panel
    DECIDED = "decided"
    ANNOUNCED = "announced"  # from publication to the end of bidding
    SOLD = "sold"  # balance not paid yet
    UNSOLD = "unsold"
    PAID = "paid"
    RULED = "ruled"  # deal ruling served: title has passed (CN16-22.2)
    WITHDRAWN = "withdrawn"
    DEFAULTED = "defaulted"  # the buyer failed to pay, by ruling (CN20A-22.1)
    SET_ASIDE = "set-aside"  # the sale itself was undone, by ruling (CN16-31)


# A sale that came to nothing although it was sold: the lot is sold again, at the same stage.
UNDONE = frozenset({SaleStatus.DEFAULTED, SaleStatus.SET_ASIDE})

SALE_TRANSITIONS: dict[SaleStatus, frozenset[SaleStatus]] = {
    # Straight to ANNOUNCED only where the rule pack asks for no panel (practice sales).
    SaleStatus.DRAFT: frozenset({SaleStatus.PANEL, SaleStatus.ANNOUNCED, SaleStatus.WITHDRAWN}),
    SaleStatus.PANEL: frozenset({SaleStatus.DECIDED, SaleStatus.DRAFT, SaleStatus.WITHDRAWN}),
    SaleStatus.DECIDED: frozenset({SaleStatus.ANNOUNCED, SaleStatus.DRAFT, SaleStatus.WITHDRAWN}),
    SaleStatus.ANNOUNCED: frozenset({SaleStatus.SOLD, SaleStatus.UNSOLD, SaleStatus.WITHDRAWN}),
    SaleStatus.SOLD: frozenset({SaleStatus.PAID, *UNDONE}),
    SaleStatus.UNSOLD: frozenset(),
    SaleStatus.PAID: frozenset({SaleStatus.RULED, SaleStatus.SET_ASIDE}),
    SaleStatus.RULED: frozenset({SaleStatus.SET_ASIDE}),
    SaleStatus.WITHDRAWN: frozenset(),
    SaleStatus.DEFAULTED: frozenset(),
    SaleStatus.SET_ASIDE: frozenset(),
}


class Lot(Model):
    """The unit offered, under one public number for all its sales."""

    __tablename__ = "lot"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    is_practice: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    # Inner joins: PostgreSQL locks no row on the nullable side of an outer join.
    asset: Mapped[Asset] = relationship(lazy="joined", innerjoin=True)


# A practice sale that has ended stands in nobody's way: the next one begins while it is settled.
_LIVE = (
    "status IN ('draft','panel','decided','announced') "
    "OR (status IN ('sold','paid') AND rule_pack <> 'practice')"
)


class Sale(Model):
    """One attempt to sell a lot, with the terms the panel decides."""

    __tablename__ = "sale"
    __table_args__ = (
        CheckConstraint("start_price_minor > 0", name="start_price_positive"),
        CheckConstraint("increment_minor > 0", name="increment_positive"),
        CheckConstraint("deposit_minor >= 0", name="deposit_not_negative"),
        CheckConstraint("closes_at > opens_at", name="window"),
        # One sale at a time: a lot is never offered twice at once.
        Index(
            "uq_sale_live_lot",
            "lot_id",
            unique=True,
            sqlite_where=text(_LIVE),
            postgresql_where=text(_LIVE),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    number: Mapped[str] = mapped_column(String(44), unique=True)
    stage: Mapped[Stage] = mapped_column(state_column(Stage, "sale_stage"))
    rule_pack: Mapped[str] = mapped_column(String(20))
    status: Mapped[SaleStatus] = mapped_column(state_column(SaleStatus, "sale_status"), index=True)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    reference_price_id: Mapped[int | None] = mapped_column(ForeignKey("reference_price.id"))
    # The failed sale by whose start price this one is measured.
    previous_sale_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"))
    # The defaulted or undone sale that this one repeats at the same stage.
    resale_of_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"), index=True)
    start_price_minor: Mapped[int] = mapped_column(BigInteger)
    increment_minor: Mapped[int] = mapped_column(BigInteger)
    deposit_minor: Mapped[int] = mapped_column(BigInteger)
    publish_on: Mapped[date] = mapped_column(Date)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    extension_window_seconds: Mapped[int]
    extension_seconds: Mapped[int]
    countdown_seconds: Mapped[int]
    leader_raises: Mapped[bool] = mapped_column(Boolean, default=True)
    instructions: Mapped[bool] = mapped_column(Boolean, default=False)
    balance_days: Mapped[int]
    qualification: Mapped[str] = mapped_column(Text, default="")
    remarks: Mapped[str] = mapped_column(Text, default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hammer_price_minor: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    lot: Mapped[Lot] = relationship(lazy="joined", innerjoin=True)


class DecisionStatus(StrEnum):
    """Where a panel decision stands."""

    VOTING = "voting"
    APPROVED = "approved"
    REJECTED = "rejected"
    VOID = "void"  # the values changed after the question was put (CN16-27.1)


DECISION_TRANSITIONS: dict[DecisionStatus, frozenset[DecisionStatus]] = {
    DecisionStatus.VOTING: frozenset(
        {DecisionStatus.APPROVED, DecisionStatus.REJECTED, DecisionStatus.VOID}
    ),
    DecisionStatus.APPROVED: frozenset({DecisionStatus.VOID}),
    DecisionStatus.REJECTED: frozenset(),
    DecisionStatus.VOID: frozenset(),
}


class PanelDecision(Model):
    """The question put to the panel, bound by hash to exactly these values and texts."""

    __tablename__ = "panel_decision"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    terms_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[DecisionStatus] = mapped_column(state_column(DecisionStatus, "decision_status"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    seats: Mapped[list[PanelSeat]] = relationship(order_by="PanelSeat.id", lazy="selectin")


class Vote(StrEnum):
    """What a member of the panel said."""

    APPROVE = "approve"
    REJECT = "reject"


class PanelSeat(Model):
    """One member's place and vote; each member votes once."""

    __tablename__ = "panel_seat"
    __table_args__ = (
        UniqueConstraint("decision_id", "user_id"),
        CheckConstraint("(vote IS NULL) = (voted_at IS NULL)", name="vote_has_moment"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("panel_decision.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    vote: Mapped[Vote | None] = mapped_column(state_column(Vote, "panel_seat_vote"))
    reason: Mapped[str] = mapped_column(Text, default="")
    voted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
