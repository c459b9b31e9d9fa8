"""A payment that no statement shows within some working days is looked into (INV-9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from auction.core.db import db
from auction.core.outbox import enqueue
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from escrow.bank.models import BankStatement
from escrow.bank.rules import end_of_working_day
from escrow.payments.alarms import raise_alarm
from escrow.payouts.models import Payout, PayoutBatch, PayoutStatus
from escrow.payouts.rules import confirm_days, end_to_end_id

ALARM = "payout-unconfirmed"


def watch_payout(payout: Payout, *, now: datetime) -> None:
    """Look again when the court's days are over: has a statement shown it?"""
    key = f"watch_payouts:payout:{payout.id}"
    payload = {"payout_id": payout.id}
    enqueue("watch_payouts", key, payload, now=now, run_at=_look_at(payout.court_id, now))


def watch_batch(batch: PayoutBatch, *, now: datetime) -> None:
    """The same for all payments of a file at once."""
    key = f"watch_payouts:batch:{batch.id}"
    payload = {"batch_id": batch.id}
    enqueue("watch_payouts", key, payload, now=now, run_at=_look_at(batch.court_id, now))


def _look_at(court_id: int, now: datetime) -> datetime:
    court = db.session.get_one(Court, court_id)
    return end_of_working_day(now, confirm_days(court.settings))


def alarm_unconfirmed(
    *, batch_id: int | None, payout_id: int | None, now: datetime
) -> list[Payout]:
    """Raise an alarm for each payment that has left and that no statement has shown."""
    query = (
        select(Payout)
        .where(
            Payout.status.in_((PayoutStatus.HELD, PayoutStatus.PAID)),
            Payout.bank_line_id.is_(None),
        )
        .order_by(Payout.id)
    )
    if batch_id is not None:
        query = query.where(Payout.batch_id == batch_id)
    else:
        query = query.where(Payout.id == payout_id)
    late = list(db.session.scalars(query))
    for payout in late:
        raise_alarm(
            ALARM,
            f"payout {end_to_end_id(payout.id)}",
            court_id=payout.court_id,
            at=now,
            payout_id=payout.id,
            amount_minor=payout.amount_minor,
        )
    return late


def statements_reach(court_id: int, day: datetime) -> bool:
    """Whether the court has imported statements up to the Beijing day of `day`."""
    last = db.session.scalar(
        select(func.max(BankStatement.last_day)).where(BankStatement.court_id == court_id)
    )
    return last is not None and last >= beijing_day(day)
