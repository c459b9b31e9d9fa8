"""Tables of reconciliation: every movement is an item, every answer to it a decision."""

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
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, append_only, guard, state_column
from escrow.reconciliation import guards
from escrow.reconciliation.match import OpenReason


class Place(StrEnum):
    """Where money lies; each is reconciled for itself."""

    BANK = "bank"  # the court's dedicated account (CN17F-2)
    PROVIDER = "provider"


class Book(StrEnum):
    """Who tells of a movement."""

    LEDGER = "ledger"
    OUTSIDE = "outside"  # the bank's statement, the provider's balance transactions


class ItemStatus(StrEnum):
    """What has become of a movement."""

    OPEN = "open"
    PROPOSED = "proposed"  # decided by one person, a second one has to look
    MATCHED = "matched"
    EXPLAINED = "explained"
    SPLIT = "split"  # its parts are items of their own


class CarryReason(StrEnum):
    """Why an open item may stand over the close of its day; it stays open, with its owner."""

    IN_TRANSIT = "in-transit"
    AWAITING_PAYOUT = "awaiting-payout"
    ASKED_BANK = "asked-bank"
    ASKED_PROVIDER = "asked-provider"
    TO_BE_BOOKED = "to-be-booked"


class ReasonCode(StrEnum):
    """What a difference is, for good."""

    BANK_CHARGE = "bank-charge"
    BANK_INTEREST = "bank-interest"
    BANK_ERROR = "bank-error"
    PROVIDER_FEE = "provider-fee"
    PROVIDER_ADJUSTMENT = "provider-adjustment"
    DISPUTE = "dispute"
    OPENING_BALANCE = "opening-balance"
    BOOKING_ERROR = "booking-error"
    OTHER = "other"


class ReconciliationRun(Model):
    """One pass over a court's movements; it goes on where it was interrupted."""

    __tablename__ = "reconciliation_run"
    __table_args__ = (
        Index(
            "uq_reconciliation_run_open",
            "court_id",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        CheckConstraint("done_count >= 0 AND matched_count >= 0", name="counts_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    # None: started by time alone.
    started_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The step it is in, and how far each source has been taken in.
    step: Mapped[int] = mapped_column(default=0)
    cursors: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    total_count: Mapped[int] = mapped_column(BigInteger, default=0)
    done_count: Mapped[int] = mapped_column(BigInteger, default=0)
    matched_count: Mapped[int] = mapped_column(BigInteger, default=0)
    open_count: Mapped[int] = mapped_column(BigInteger, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DecisionKind(StrEnum):
    """How items were settled."""

    RULE = "rule"
    ACCEPTED = "accepted"  # a proposal of the rules
    JOINED = "joined"  # put together by hand
    EXPLAINED = "explained"


class DecisionStatus(StrEnum):
    """Whether a second person still has to look."""

    PROPOSED = "proposed"
    STANDING = "standing"
    WITHDRAWN = "withdrawn"


DECISION_TRANSITIONS: dict[DecisionStatus, frozenset[DecisionStatus]] = {
    DecisionStatus.PROPOSED: frozenset({DecisionStatus.STANDING, DecisionStatus.WITHDRAWN}),
    # only while the days of all its items are open
    DecisionStatus.STANDING: frozenset({DecisionStatus.WITHDRAWN}),
    DecisionStatus.WITHDRAWN: frozenset(),
}


class ReconciliationDecision(Model):
    """These items are the same money, or this difference is explained: by a rule or by people."""

    __tablename__ = "reconciliation_decision"
    __table_args__ = (
        CheckConstraint("(kind = 'rule') = (made_by IS NULL)", name="rule_or_person"),
        CheckConstraint("kind <> 'rule' OR difference_minor = 0", name="rules_agree_exactly"),
        CheckConstraint("difference_minor = outside_minor - ledger_minor", name="difference_adds"),
        CheckConstraint(
            "(difference_minor = 0) = (reason_code IS NULL)", name="difference_has_reason"
        ),
        CheckConstraint(
            "stake_minor >= 0 AND stake_minor >= difference_minor "
            "AND stake_minor >= -difference_minor",
            name="stake_covers_difference",
        ),
        CheckConstraint("second_id IS NULL OR second_id <> made_by", name="two_people"),
        CheckConstraint(
            "status <> 'standing' OR kind = 'rule' OR stake_minor <= limit_minor "
            "OR second_id IS NOT NULL",
            name="second_above_limit",
        ),
        Index("ix_reconciliation_decision_desk", "court_id", "status", "kind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    place: Mapped[Place] = mapped_column(state_column(Place, "decision_place"))
    kind: Mapped[DecisionKind] = mapped_column(state_column(DecisionKind, "decision_kind"))
    # The rule that matched, or the ground on which it was proposed.
    rule: Mapped[str] = mapped_column(String(24), default="")
    certainty: Mapped[int] = mapped_column(default=0)  # in per cent
    status: Mapped[DecisionStatus] = mapped_column(state_column(DecisionStatus, "decision_status"))
    ledger_minor: Mapped[int] = mapped_column(BigInteger)
    outside_minor: Mapped[int] = mapped_column(BigInteger)
    difference_minor: Mapped[int] = mapped_column(BigInteger)
    # The largest sum that hangs on it, and the court's limit for one person at that time.
    stake_minor: Mapped[int] = mapped_column(BigInteger)
    limit_minor: Mapped[int] = mapped_column(BigInteger)
    reason_code: Mapped[ReasonCode | None] = mapped_column(
        state_column(ReasonCode, "decision_reason_code")
    )
    text: Mapped[str] = mapped_column(String(300), default="")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    second_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReconciliationItem(Model):
    """One movement, or a part of one, as the books or the other side tell it; never dropped."""

    __tablename__ = "reconciliation_item"
    __table_args__ = (
        UniqueConstraint("source_type", "source_id", "place", "part"),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint(
            "(status IN ('proposed', 'matched', 'explained')) = (decision_id IS NOT NULL)",
            name="settled_by_decision",
        ),
        CheckConstraint(
            "status NOT IN ('open', 'proposed') OR owner_id IS NOT NULL", name="open_has_owner"
        ),
        CheckConstraint("(part = 0) = (parent_id IS NULL)", name="part_has_whole"),
        CheckConstraint(
            "carried_for IS NOT NULL OR carried_by IS NULL", name="carried_for_a_reason"
        ),
        Index("ix_reconciliation_item_desk", "court_id", "status", "place", "book"),
        Index("ix_reconciliation_item_day", "court_id", "day", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    place: Mapped[Place] = mapped_column(state_column(Place, "item_place"))
    book: Mapped[Book] = mapped_column(state_column(Book, "item_book"))
    source_type: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[int] = mapped_column(BigInteger)
    part: Mapped[int] = mapped_column(default=0)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("reconciliation_item.id"), index=True)
    # Positive: money came to the place.
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    # What its source says, and the day in whose close it counts: the first that was still open.
    dated_on: Mapped[date] = mapped_column(Date)
    day: Mapped[date] = mapped_column(Date)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("enforcement_case.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[ItemStatus] = mapped_column(state_column(ItemStatus, "item_status"))
    decision_id: Mapped[int | None] = mapped_column(
        ForeignKey("reconciliation_decision.id"), index=True
    )
    reason: Mapped[OpenReason | None] = mapped_column(state_column(OpenReason, "item_reason"))
    # [{ground, certainty, ledger: [ids], outside: [ids], difference}], the surest first.
    proposals: Mapped[list[Any]] = mapped_column(JSON, default=list)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    # Taken apart by a person: no rule matches it again.
    by_hand: Mapped[bool] = mapped_column(default=False)
    carried_for: Mapped[CarryReason | None] = mapped_column(
        state_column(CarryReason, "item_carry_reason")
    )
    carried_text: Mapped[str] = mapped_column(String(300), default="")
    # None: by rule, until its time is over.
    carried_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class ReconciliationNote(Model):
    """What somebody wrote down about an item."""

    __tablename__ = "reconciliation_note"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("reconciliation_item.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(String(500))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArrivalStatus(StrEnum):
    """Whether a second person still has to look."""

    PROPOSED = "proposed"
    STANDING = "standing"  # booked
    WITHDRAWN = "withdrawn"


ARRIVAL_TRANSITIONS: dict[ArrivalStatus, frozenset[ArrivalStatus]] = {
    ArrivalStatus.PROPOSED: frozenset({ArrivalStatus.STANDING, ArrivalStatus.WITHDRAWN}),
    ArrivalStatus.STANDING: frozenset(),
    ArrivalStatus.WITHDRAWN: frozenset(),
}


def _once(column: str) -> Index:
    """A payout arrives once, and a line is one payout; what was taken back does not count."""
    return Index(
        f"uq_payout_arrival_{column}",
        column,
        unique=True,
        sqlite_where=text("status <> 'withdrawn'"),
        postgresql_where=text("status <> 'withdrawn'"),
    )


class PayoutArrival(Model):
    """A payout of the provider is on the bank account: which one, and the line that shows it."""

    __tablename__ = "payout_arrival"
    __table_args__ = (
        _once("payout_id"),
        _once("bank_line_id"),
        CheckConstraint("second_id IS NULL OR second_id <> recorded_by", name="two_people"),
        CheckConstraint(
            "status <> 'standing' OR recorded_by IS NULL OR second_id IS NOT NULL "
            "OR (amount_minor <= limit_minor AND -amount_minor <= limit_minor)",
            name="second_above_limit",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    payout_id: Mapped[int] = mapped_column(ForeignKey("provider_payout.id"))
    bank_line_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"))
    status: Mapped[ArrivalStatus] = mapped_column(state_column(ArrivalStatus, "arrival_status"))
    # What arrived, or below zero what the provider took.
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    limit_minor: Mapped[int] = mapped_column(BigInteger)  # of the court for one person, then
    # None: by rule.
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    second_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class ReconciledDay(Model):
    """What stood where when a day was closed: the three sides, what is carried, and why."""

    __tablename__ = "reconciled_day"
    __table_args__ = (UniqueConstraint("court_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    day: Mapped[date] = mapped_column(Date)
    day_close_id: Mapped[int] = mapped_column(ForeignKey("day_close.id"), unique=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MonthReport(Model):
    """A month's report, signed by two people; never changed once both have."""

    __tablename__ = "month_report"
    __table_args__ = (
        UniqueConstraint("court_id", "month"),
        CheckConstraint("second_id IS NULL OR second_id <> signed_by", name="two_people"),
        CheckConstraint(
            "(second_id IS NULL) = (second_at IS NULL)", name="second_signature_has_moment"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"))
    month: Mapped[str] = mapped_column(String(7))  # 2026-11
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    signed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    second_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    second_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(
    ReconciliationItem.__table__,
    but=(
        "status",
        "decision_id",
        "reason",
        "proposals",
        "owner_id",
        "by_hand",
        "carried_for",
        "carried_text",
        "carried_by",
    ),
)
append_only(ReconciliationDecision.__table__, but=("status", "second_id", "settled_at"))
append_only(ReconciliationNote.__table__)
append_only(PayoutArrival.__table__, but=("status", "second_id"))
append_only(ReconciledDay.__table__)
append_only(MonthReport.__table__, but=("second_id", "second_at"))
guard(ReconciliationItem.__table__, guards.ITEM)
guard(ReconciliationDecision.__table__, guards.DECISION)
