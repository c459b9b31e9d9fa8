"""What was held, due and overdue at the end of each day: three numbers, each from one query.

*Held*: what the books owe to anybody. *Due*: what has to be paid out and was not, refunds and plan
payments. *Overdue*: what of it the law wanted gone by then (CN16-23.2, CN17F-8).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from auction.core.db import db
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.sales.calendar import beijing_day
from escrow.ledger import Account, select_postings
from escrow.ledger.closing import day_end
from escrow.ledger.models import Transfer
from escrow.ledger.rules import ASSETS
from escrow.ledger.sums import court_sums_as_of
from escrow.payments.models import Refund
from escrow.plans.models import DistributionPlan, PlanPayment
from escrow.settlement.release import PAYOUT_DEADLINE


@dataclass(frozen=True)
class DayMoney:
    """One day's end."""

    day: date
    held_minor: int
    due_minor: int
    overdue_minor: int


@dataclass(frozen=True)
class Debt:
    """Something to be paid out, from when to when, and by when it should have been."""

    amount_minor: int
    since: datetime
    due_at: datetime | None
    done_at: datetime | None


def money_course(court_id: int, first: date, last: date) -> list[DayMoney]:
    """Each day from `first` to `last`."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    held = _held(court_id, days)
    debts = [*_refunds(court_id), *_plan_payments(court_id)]
    due, overdue = count_debts(debts, days)
    return [DayMoney(day, held[day], due[day], overdue[day]) for day in days]


def count_debts(
    debts: Iterable[Debt], days: Sequence[date]
) -> tuple[dict[date, int], dict[date, int]]:
    """What is due and what is overdue at the end of each day; linear in debts and days."""
    due: defaultdict[date, int] = defaultdict(int)
    overdue: defaultdict[date, int] = defaultdict(int)
    for debt in debts:
        until = beijing_day(debt.done_at) if debt.done_at is not None else None
        _add(due, days, beijing_day(debt.since), until, debt.amount_minor)
        if debt.due_at is not None:
            late = max(debt.due_at, debt.since)
            _add(overdue, days, beijing_day(late), until, debt.amount_minor)
    return _run_up(due, days), _run_up(overdue, days)


def _add(
    change: defaultdict[date, int],
    days: Sequence[date],
    begin: date,
    until: date | None,
    amount: int,
) -> None:
    """It counts from the end of `begin`, and no more from the end of `until` on."""
    if not days or (until is not None and until <= begin):
        return
    change[max(begin, days[0])] += amount
    if until is not None:
        change[max(until, days[0])] -= amount


def _run_up(change: defaultdict[date, int], days: Sequence[date]) -> dict[date, int]:
    total = 0
    found = {}
    for day in days:
        total += change.get(day, 0)
        found[day] = total
    return found


def _held(court_id: int, days: Sequence[date]) -> dict[date, int]:
    """All liabilities of the court together, by when things took effect."""
    if not days:
        return {}
    owed = select(Account.id).where(Account.court_id == court_id, Account.kind.not_in(ASSETS))
    ids = set(db.session.scalars(owed))
    before = court_sums_as_of(court_id, day_end(days[0] - timedelta(days=1)))
    total = sum(s.credits_posted - s.debits_posted for i, s in before.items() if i in ids)
    postings = select_postings().subquery()
    rows = db.session.execute(
        select(Transfer.effective_at, func.sum(postings.c.signed_minor))
        .join(Transfer, Transfer.id == postings.c.transfer_id)
        .where(
            Transfer.court_id == court_id,
            Transfer.effective_at >= day_end(days[0] - timedelta(days=1)),
            Transfer.effective_at < day_end(days[-1]),
            postings.c.account_id.in_(owed),
        )
        .group_by(Transfer.effective_at)
    )
    change: defaultdict[date, int] = defaultdict(int)
    for at, signed in rows:
        change[beijing_day(at)] -= int(signed)
    change[days[0]] += total
    return _run_up(change, days)


def _refunds(court_id: int) -> list[Debt]:
    rows = db.session.execute(
        select(Refund.amount_minor, Refund.created_at, Refund.due_at, Refund.done_at).where(
            Refund.court_id == court_id
        )
    )
    return [Debt(*row) for row in rows]


def _plan_payments(court_id: int) -> list[Debt]:
    """An approved plan's payments, due by the case's first open clock for paying out."""
    clocks = (
        select(Deadline.case_id, func.min(Deadline.due_at).label("due_at"))
        .where(
            Deadline.court_id == court_id,
            Deadline.kind == PAYOUT_DEADLINE,
            Deadline.status != DeadlineStatus.VOID,
        )
        .group_by(Deadline.case_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            PlanPayment.amount_minor,
            DistributionPlan.approved_at,
            clocks.c.due_at,
            PlanPayment.paid_at,
        )
        .join(DistributionPlan, DistributionPlan.id == PlanPayment.plan_id)
        .outerjoin(clocks, clocks.c.case_id == PlanPayment.case_id)
        .where(PlanPayment.court_id == court_id, DistributionPlan.approved_at.is_not(None))
    )
    return [Debt(amount, since, due_at, paid_at) for amount, since, due_at, paid_at in rows]
