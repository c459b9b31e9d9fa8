"""Tables of service, objections and what others say to them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
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

from auction.cases.models import Party
from auction.core.db import BigId, Model, UtcDateTime, state_column
from escrow.objections.rules import OBJECTION_TRANSITIONS, ObjectionStatus, ServiceChannel


class PlanService(Model):
    """That a plan was served on one party, how it is proved, and until when he may object."""

    __tablename__ = "plan_service"
    __table_args__ = (
        CheckConstraint("(served_on IS NULL) = (due_at IS NULL)", name="served_starts_clock"),
        CheckConstraint("cancelled_at IS NULL OR cancel_reason <> ''", name="cancelled_says_why"),
        # One service of a plan on one party counts.
        Index(
            "uq_plan_service_standing",
            "plan_id",
            "party_id",
            unique=True,
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("distribution_plan.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    channel: Mapped[ServiceChannel] = mapped_column(
        state_column(ServiceChannel, "plan_service_channel")
    )
    sent_on: Mapped[date] = mapped_column(Date)
    # None: sent, and no proof yet that it arrived.
    served_on: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proof: Mapped[str] = mapped_column(String(300))
    # The party's own extract of the plan, as it was served.
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    # The party said in writing that it will not object.
    consented_on: Mapped[date | None] = mapped_column(Date)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")

    party: Mapped[Party] = relationship(lazy="joined")

    def is_over(self, now: datetime) -> bool:
        """Whether this party can no longer object: its days are over, or it agreed."""
        return self.consented_on is not None or (self.due_at is not None and self.due_at <= now)


class Objection(Model):
    """What one party disputes in a plan (分配方案异议), from its letter to its end."""

    __tablename__ = "plan_objection"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("status <> 'sued' OR suit_number <> ''", name="suit_has_number"),
        CheckConstraint(
            "status NOT IN ('upheld', 'rejected') OR judgement_number <> ''",
            name="outcome_has_judgement",
        ),
        CheckConstraint(
            "status <> 'corrected' OR corrected_by_id IS NOT NULL", name="corrected_by_a_plan"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("distribution_plan.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    number: Mapped[int]
    status: Mapped[ObjectionStatus] = mapped_column(
        state_column(ObjectionStatus, "plan_objection_status"), index=True
    )
    received_on: Mapped[date] = mapped_column(Date)
    ground: Mapped[str] = mapped_column(Text)
    # The objector is told who opposes; from then on he has his days to sue.
    told_on: Mapped[date | None] = mapped_column(Date)
    told_proof: Mapped[str] = mapped_column(String(300), default="")
    sue_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sued_on: Mapped[date | None] = mapped_column(Date)
    suit_number: Mapped[str] = mapped_column(String(80), default="")
    judgement_number: Mapped[str] = mapped_column(String(80), default="")
    corrected_by_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_plan.id"))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    party: Mapped[Party] = relationship(lazy="joined")
    items: Mapped[list[ObjectionItem]] = relationship(order_by="ObjectionItem.id", lazy="selectin")
    answers: Mapped[list[ObjectionAnswer]] = relationship(
        order_by="ObjectionAnswer.id", lazy="selectin"
    )

    @property
    def is_standing(self) -> bool:
        """Whether something may still follow; until then what it disputes stays reserved."""
        return bool(OBJECTION_TRANSITIONS[self.status])


class ObjectionItem(Model):
    """How much of one plan line is disputed; as much stays reserved (CPLI-510.2)."""

    __tablename__ = "plan_objection_item"
    __table_args__ = (
        UniqueConstraint("objection_id", "payee", "step"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("plan_objection.id"), index=True)
    payee: Mapped[str] = mapped_column(String(60))
    step: Mapped[str] = mapped_column(String(24))
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class Answer(StrEnum):
    """What another party says to an objection; silence is no answer."""

    OPPOSES = "opposes"
    AGREES = "agrees"


class ObjectionAnswer(Model):
    """That another party was told of an objection, until when he may answer, and what he said."""

    __tablename__ = "plan_objection_answer"
    __table_args__ = (
        UniqueConstraint("objection_id", "party_id"),
        CheckConstraint("(served_on IS NULL) = (due_at IS NULL)", name="served_starts_clock"),
        CheckConstraint("(answer IS NULL) = (answered_on IS NULL)", name="answer_has_day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("plan_objection.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    channel: Mapped[ServiceChannel] = mapped_column(
        state_column(ServiceChannel, "plan_objection_answer_channel")
    )
    sent_on: Mapped[date] = mapped_column(Date)
    served_on: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proof: Mapped[str] = mapped_column(String(300))
    answer: Mapped[Answer | None] = mapped_column(state_column(Answer, "plan_objection_answer"))
    answered_on: Mapped[date | None] = mapped_column(Date)
    words: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    party: Mapped[Party] = relationship(lazy="joined")

    def is_over(self, now: datetime) -> bool:
        """Whether this party has answered, or can no longer."""
        return self.answer is not None or (self.due_at is not None and self.due_at <= now)
