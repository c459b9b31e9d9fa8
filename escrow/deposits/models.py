"""The deposit behind an enrolment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.db import BigId, Model, UtcDateTime, state_column


class DepositStatus(StrEnum):
    """What has become of a deposit."""

    HELD = "held"  # confirmed: its bidder takes part (CN16-17.4)
    APPLYING = "applying"  # the buyer's, on its way into the price
    APPLIED = "applied"  # CN16-23.1
    RETURNING = "returning"
    RETURNED = "returned"  # CN16-23.2
    FORFEITED = "forfeited"  # CN16-24.1
    LAPSED = "lapsed"  # the provider let go of the hold before it was taken


DEPOSIT_TRANSITIONS: dict[DepositStatus, frozenset[DepositStatus]] = {
    DepositStatus.HELD: frozenset(
        {
            DepositStatus.APPLYING,
            DepositStatus.RETURNING,
            DepositStatus.FORFEITED,
            DepositStatus.LAPSED,
        }
    ),
    DepositStatus.APPLYING: frozenset({DepositStatus.APPLIED, DepositStatus.LAPSED}),
    # by ruling: the buyer's default, or the sale set aside
    DepositStatus.APPLIED: frozenset({DepositStatus.FORFEITED, DepositStatus.RETURNING}),
    DepositStatus.RETURNING: frozenset({DepositStatus.RETURNED}),
    # a refund that failed afterwards opens it again
    DepositStatus.RETURNED: frozenset({DepositStatus.RETURNING}),
    DepositStatus.FORFEITED: frozenset(),
    DepositStatus.LAPSED: frozenset(),
}


class Deposit(Model):
    """The one deposit that admits a bidder to a sale, made of one payment or of several.

    Its parts are the payments that name it. In a sell-off it is the whole price (CN455-5.1).
    """

    __tablename__ = "deposit"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    status: Mapped[DepositStatus] = mapped_column(
        state_column(DepositStatus, "deposit_status"), index=True
    )
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
