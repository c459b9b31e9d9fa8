"""Which entries of the audit trail would tell who takes part before the sale's end (CN16-18.3)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, or_, select

from auction.accounts.models import UserRole
from auction.accounts.roles import Role
from auction.core.audit import AuditEntry, seals_entries
from auction.sales.models import Sale, SaleStatus
from bidding.enrolment.models import Enrolment


def enrolments_of_running_sales() -> Select[int]:
    """Ids of the enrolments in sales that have not ended."""
    return (
        select(Enrolment.id)
        .join(Sale, Sale.id == Enrolment.sale_id)
        .where(Sale.status == SaleStatus.ANNOUNCED, Sale.ended_at.is_(None))
    )


def not_by_staff() -> ColumnElement[bool]:
    """Entries of bidders and of the system; what staff does is shown at once."""
    bidders = select(UserRole.user_id).where(UserRole.role == Role.BIDDER)
    return or_(AuditEntry.actor_id.is_(None), AuditEntry.actor_id.in_(bidders))


@seals_entries
def enrolment_entries() -> ColumnElement[bool]:
    """What bidders did to enrol, and when."""
    return and_(
        AuditEntry.subject_type == Enrolment.__tablename__,
        AuditEntry.subject_id.in_(enrolments_of_running_sales()),
        not_by_staff(),
    )
