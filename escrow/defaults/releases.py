"""What a sale brought into the books and still stands; read by plans and set-asides alike."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from auction.core.audit import record
from auction.core.db import db
from auction.deadlines.services import schedule_deadline
from auction.sales.models import Sale
from escrow.defaults.models import Receivable, ReceivableKind, ReceivableStatus
from escrow.ledger import Account, AccountKind, Transfer, TransferKind
from escrow.plans.models import PlanPayment

RETURN_DEADLINE = "return-claimed"
RETURN_RULE = "CN16-32.1"
DEFICIT_DEADLINE = "deficit"
DEFICIT_RULE = "CN20A-22.2"
# No article names a day; the desk looks again after this span.
RETURN_SPAN = timedelta(days=30)


def standing_releases(sale_id: int) -> list[Transfer]:
    """What a sale brought into its case's proceeds and nothing has undone: price, forfeits."""
    undoing = aliased(Transfer)
    return list(
        db.session.scalars(
            select(Transfer)
            .join(Account, Account.id == Transfer.credit_account_id)
            .where(
                Transfer.source_type == Sale.__tablename__,
                Transfer.source_id == sale_id,
                Transfer.kind.in_((TransferKind.PRICE_RELEASED, TransferKind.FORFEIT_USED)),
                Account.kind == AccountKind.PROCEEDS,
                ~select(undoing.id).where(undoing.reverses_id == Transfer.id).exists(),
            )
            .order_by(Transfer.id)
        )
    )


def open_receivable(row: Receivable, *, actor_id: int | None, now: datetime) -> None:
    """Write down what somebody owes the court, with its clock."""
    db.session.add(row)
    db.session.flush()
    record(
        "open-receivable",
        row,
        actor_id=actor_id,
        at=now,
        detail={"kind": str(row.kind), "amount_minor": row.amount_minor},
    )
    schedule_deadline(
        clock_of(row),
        row,
        rule_id=RETURN_RULE if row.kind is ReceivableKind.RETURN else DEFICIT_RULE,
        court_id=row.court_id,
        case_id=row.case_id,
        owner_role="finance",
        due_at=row.due_at,
    )


def clock_of(row: Receivable) -> str:
    """The kind of deadline that runs for what is owed."""
    return RETURN_DEADLINE if row.kind is ReceivableKind.RETURN else DEFICIT_DEADLINE


def claimed_of(payment_id: int) -> int:
    """What is claimed back of a payment of a plan already."""
    amounts = db.session.scalars(
        select(Receivable.amount_minor).where(
            Receivable.plan_payment_id == payment_id, Receivable.status != ReceivableStatus.VOID
        )
    )
    return sum(amounts)


def claimed_by_line(case_id: int) -> list[tuple[str, str, int]]:
    """What is claimed back of a case's payments, line by line: it no longer counts as given."""
    rows = db.session.execute(
        select(PlanPayment.payee, PlanPayment.step, func.sum(Receivable.amount_minor))
        .join(PlanPayment, PlanPayment.id == Receivable.plan_payment_id)
        .where(Receivable.case_id == case_id, Receivable.status != ReceivableStatus.VOID)
        .group_by(PlanPayment.payee, PlanPayment.step)
        .order_by(func.min(Receivable.id))
    )
    return [(payee, step, int(total)) for payee, step, total in rows]
