"""The clocks of paying a case's money out (CN17F-8, CN17F-10)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.db import db
from auction.deadlines.services import meet_deadline
from auction.sales.models import Sale
from escrow.plans.models import (
    SETTLED_PAYMENTS,
    DistributionPlan,
    PaymentStatus,
    PlanPayment,
    PlanStatus,
)
from escrow.settlement.release import PAYOUT_DEADLINE
from escrow.stops.models import RESUME_DEADLINE, PayoutStop


def meet_payout(case_id: int, now: datetime) -> None:
    """With the last payment of its approved plans the case's payout clocks are met (CN17F-8)."""
    over = SETTLED_PAYMENTS - {PaymentStatus.SENT}
    unpaid = select(PlanPayment.id).where(
        PlanPayment.case_id == case_id, PlanPayment.status.not_in(over)
    )
    if db.session.scalar(unpaid.limit(1)) is None:
        for sale in sales_paid_out(case_id):
            meet_deadline(PAYOUT_DEADLINE, sale, at=now)
        for stop in db.session.scalars(select(PayoutStop).where(PayoutStop.case_id == case_id)):
            meet_deadline(RESUME_DEADLINE, stop, at=now)


def sales_paid_out(case_id: int) -> list[Sale]:
    """The sales whose price the case's approved plans give away."""
    pots = {
        pot["id"]
        for plan in db.session.scalars(
            select(DistributionPlan).where(
                DistributionPlan.case_id == case_id,
                DistributionPlan.status == PlanStatus.APPROVED,
            )
        )
        for pot in plan.input["proceeds"]
    }
    sales = db.session.scalars(select(Sale).where(Sale.case_id == case_id))
    return [sale for sale in sales if sale.lot.number in pots]
