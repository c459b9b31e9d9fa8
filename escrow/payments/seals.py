"""Which entries of the audit trail would tell who paid before the sale's end (CN16-18.3)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select

from auction.core.audit import AuditEntry, seals_entries
from bidding.enrolment.seals import enrolments_of_running_sales, not_by_staff
from escrow.deposits.models import Deposit
from escrow.payments.models import Payment, Refund
from escrow.payments.provider_models import Dispute


@seals_entries
def payment_entries() -> ColumnElement[bool]:
    """Payments, deposits and refunds of sales that have not ended, and their times."""
    paid = select(Payment.id).where(Payment.enrolment_id.in_(enrolments_of_running_sales()))
    hidden = {
        Payment: paid,
        Refund: select(Refund.id).where(Refund.payment_id.in_(paid)),
        Deposit: select(Deposit.id).where(Deposit.enrolment_id.in_(enrolments_of_running_sales())),
        Dispute: select(Dispute.id).where(Dispute.payment_id.in_(paid)),
    }
    subjects = [
        and_(AuditEntry.subject_type == model.__tablename__, AuditEntry.subject_id.in_(ids))
        for model, ids in hidden.items()
    ]
    return and_(or_(*subjects), not_by_staff())
