"""A case's deductions and sales, for pages."""

from __future__ import annotations

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.sales.models import Sale, SaleStatus
from escrow.plans.models import Deduction


def deductions_of(case: EnforcementCase) -> list[Deduction]:
    """Everything that was written down, cancelled ones too."""
    query = select(Deduction).where(Deduction.case_id == case.id).order_by(Deduction.id)
    return list(db.session.scalars(query))


def sales_of(case: EnforcementCase) -> list[Sale]:
    """The sales that brought, or will bring, a price."""
    sold = (SaleStatus.SOLD, SaleStatus.PAID, SaleStatus.RULED)
    query = select(Sale).where(Sale.case_id == case.id, Sale.status.in_(sold)).order_by(Sale.id)
    return list(db.session.scalars(query))
