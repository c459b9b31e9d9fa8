"""The court's rulings."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class RulingKind(StrEnum):
    """What a ruling does."""

    DEAL = "deal"  # 成交裁定: title passes when it is served (CN16-22.2)


class Ruling(Model):
    """A ruling with its number and the day it was served on the buyer."""

    __tablename__ = "ruling"
    __table_args__ = (UniqueConstraint("sale_id", "kind"), UniqueConstraint("court_id", "number"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    kind: Mapped[RulingKind] = mapped_column(state_column(RulingKind, "ruling_kind"))
    number: Mapped[str] = mapped_column(String(60))
    made_on: Mapped[date] = mapped_column(Date)
    served_on: Mapped[date] = mapped_column(Date)
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


append_only(Ruling.__table__)
append_only(Handover.__table__)
