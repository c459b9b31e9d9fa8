"""Service and objections of a plan, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.accounts.models import User
from auction.cases.models import EnforcementCase, Party
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.notices.models import Document
from escrow.objections.models import Objection, PlanService
from escrow.objections.serving import parties_to_serve, services_of
from escrow.plans.models import SETTLED_PAYMENTS, DistributionPlan, PaymentStatus, PlanPayment


@dataclass(frozen=True)
class ServiceView:
    """One party of a plan: whether it was served, with its paper, and whether its days are over."""

    party: Party
    service: PlanService | None
    document: Document | None
    is_over: bool


def service_views(
    plan: DistributionPlan, case: EnforcementCase, now: datetime
) -> list[ServiceView]:
    """Every party to be served, in the order of the case."""
    services = {row.party_id: row for row in services_of(plan)}
    views = []
    for party in parties_to_serve(plan, case):
        row = services.get(party.id)
        document = db.session.get(Document, row.document_id) if row and row.document_id else None
        views.append(ServiceView(party, row, document, row is not None and row.is_over(now)))
    return views


def objections_of(plan: DistributionPlan) -> list[Objection]:
    """All objections to a plan, oldest first."""
    query = select(Objection).where(Objection.plan_id == plan.id).order_by(Objection.id)
    return list(db.session.scalars(query))


def find_objection(user: User, objection_id: int) -> Objection:
    """One objection of the person's court; raises NotFound."""
    row = db.session.scalar(
        select(Objection).where(Objection.id == objection_id, Objection.court_id == user.court_id)
    )
    if row is None:
        raise NotFound("unknown-objection", _l("没有这项异议。"))
    return row


def unpaid_lines(plan: DistributionPlan) -> list[tuple[str, str, int]]:
    """What can still be disputed, line by line; the fee follows its claim by itself."""
    rows = db.session.execute(
        select(PlanPayment.payee, PlanPayment.step, func.sum(PlanPayment.amount_minor))
        .where(
            PlanPayment.plan_id == plan.id,
            PlanPayment.status.not_in(SETTLED_PAYMENTS),
            PlanPayment.step != "fee",
        )
        .group_by(PlanPayment.payee, PlanPayment.step)
        .order_by(func.min(PlanPayment.id))
    )
    return [(payee, step, int(amount)) for payee, step, amount in rows]


def reserved_minor(plan: DistributionPlan) -> int:
    """How much of a plan is reserved now."""
    total = db.session.scalar(
        select(func.sum(PlanPayment.amount_minor)).where(
            PlanPayment.plan_id == plan.id, PlanPayment.status == PaymentStatus.HELD
        )
    )
    return int(total or 0)
