"""A case is closed when what was sold is handed over and every account of it stands at zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.cases.services import close_case
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.rulings.services import handover_of
from auction.sales.models import Sale, SaleStatus
from escrow.bank.provider import money_of_case
from escrow.ledger import AccountKind, balances_of_case
from escrow.plans.models import (
    SETTLED_PAYMENTS,
    DistributionPlan,
    PaymentStatus,
    PlanPayment,
    PlanStatus,
)

# What is on its way to the bank is not there yet.
_CLOSED = SETTLED_PAYMENTS - {PaymentStatus.SENT}
_UNSETTLED = {PaymentStatus.HELD: "held-line", PaymentStatus.WAITING: "waiting-line"}
_RUNNING = (SaleStatus.ANNOUNCED, SaleStatus.SOLD, SaleStatus.PAID)


@dataclass(frozen=True)
class Obstacle:
    """One thing that keeps a case open: what, about which row, and how much money."""

    code: str
    amount_minor: int = 0
    about: str = ""


def list_obstacles(case: EnforcementCase) -> list[Obstacle]:
    """Why the case cannot be closed (12(b) 30); empty: it can."""
    found = [
        Obstacle(f"account-{row.kind}", row.posted_minor + row.pending_minor, str(row.owner_id))
        for row in balances_of_case(case.id)
        if row.posted_minor or row.pending_minor
    ]
    payments = list(
        db.session.scalars(
            select(PlanPayment).where(
                PlanPayment.case_id == case.id, PlanPayment.status.not_in(_CLOSED)
            )
        )
    )
    found += [
        Obstacle(_UNSETTLED.get(row.status, "unpaid-line"), row.amount_minor, row.payee)
        for row in payments
    ]
    found += _unallocated(case.id, found)
    money = money_of_case(case.id)
    if money.provider_minor:
        found.append(Obstacle("at-provider", money.provider_minor))
    if money.fees_minor:
        found.append(Obstacle("provider-fees", money.fees_minor))
    running = db.session.scalars(
        select(Sale).where(Sale.case_id == case.id, Sale.status.in_(_RUNNING)).order_by(Sale.id)
    )
    found += [Obstacle("sale-open", 0, sale.number) for sale in running]
    ruled = db.session.scalars(
        select(Sale)
        .where(Sale.case_id == case.id, Sale.status == SaleStatus.RULED)
        .order_by(Sale.id)
    )
    found += [
        Obstacle("not-handed-over", 0, sale.number) for sale in ruled if not handover_of(sale)
    ]
    return found


def _unallocated(case_id: int, found: list[Obstacle]) -> list[Obstacle]:
    """Say of money left in the proceeds that it awaits the court's order (OPEN-15)."""
    if not any(o.code == f"account-{AccountKind.PROCEEDS}" for o in found):
        return []
    last = db.session.scalar(
        select(DistributionPlan)
        .where(DistributionPlan.case_id == case_id, DistributionPlan.status == PlanStatus.APPROVED)
        .order_by(DistributionPlan.number.desc())
        .limit(1)
    )
    if last is None or not last.output["unallocated"]:
        return []
    return [Obstacle("unallocated", last.output["unallocated"])]


def close_empty_case(case: EnforcementCase, *, actor_id: int, now: datetime) -> None:
    """Close a locked case; refused: `accounts-not-zero`, `not-delivered`."""
    obstacles = list_obstacles(case)
    if obstacles:
        is_money = any(o.code != "not-handed-over" for o in obstacles)
        raise DomainError(
            "accounts-not-zero" if is_money else "not-delivered",
            _l("本案账户尚未结清，不能结案。") if is_money else _l("标的尚未移交，不能结案。"),
            obstacles=[
                {"code": o.code, "amount_minor": o.amount_minor, "about": o.about}
                for o in obstacles
            ],
        )
    close_case(case, actor_id=actor_id, now=now)
