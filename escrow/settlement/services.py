"""Open a sold sale's settlement and count what is paid on it, in the caller's transaction.

The caller books the transfers; here only the buyer's debt is kept.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, schedule_deadline, void_deadline
from auction.sales.calendar import balance_due_at
from auction.sales.models import Sale
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import load_rule_pack
from auction.sales.services import record_paid
from bidding.enrolment.models import Enrolment
from bidding.enrolment.references import make_reference
from escrow.settlement.loans import settle_loans, void_loans
from escrow.settlement.models import SETTLEMENT_TRANSITIONS, Settlement, SettlementStatus
from escrow.settlement.reminders import plan_reminders, settle_reminders

BALANCE_DEADLINE = "balance"


def open_settlement(
    sale: Sale, enrolment: Enrolment, *, price_minor: int, ended_at: datetime, now: datetime
) -> Settlement:
    """Write down what the buyer owes and start the clock of the balance; once a sale."""
    known = settlement_of(sale.id)
    if known is not None:
        return known
    row = Settlement(
        court_id=sale.court_id,
        case_id=sale.case_id,
        sale_id=sale.id,
        enrolment_id=enrolment.id,
        currency=sale.currency,
        price_minor=price_minor,
        deposit_applied_minor=0,
        paid_minor=0,
        set_off_minor=0,
        reference=make_reference(),
        status=SettlementStatus.DUE,
        due_at=balance_due_at(ended_at, sale.balance_days, load_rule_pack(sale.rule_pack)),
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    record("open-settlement", row, actor_id=None, at=now, detail={"price_minor": price_minor})
    schedule_deadline(
        BALANCE_DEADLINE,
        row,
        rule_id="CN16-25.1",
        court_id=row.court_id,
        case_id=row.case_id,
        owner_role="finance",
        due_at=row.due_at,
        warn_at=row.due_at - load_rule_pack(sale.rule_pack).days(2),
    )
    plan_reminders(row, sale, now=now)
    return row


def settlement_of(sale_id: int) -> Settlement | None:
    """The sale's settlement, if it was sold."""
    return db.session.scalar(select(Settlement).where(Settlement.sale_id == sale_id))


def lock_settlement(settlement_id: int) -> Settlement:
    """The settlement, locked and read again; its sale is locked first."""
    sale_id = db.session.scalar(select(Settlement.sale_id).where(Settlement.id == settlement_id))
    assert sale_id is not None, "settlements are never deleted"
    lock_sale(sale_id)
    row = db.session.get(Settlement, settlement_id, with_for_update=True, populate_existing=True)
    assert row is not None, "settlements are never deleted"
    return row


def apply_deposit(settlement_id: int, amount_minor: int, *, at: datetime) -> None:
    """The buyer's deposit, now in the court's hands, counts towards the price (CN16-23.1)."""
    row = lock_settlement(settlement_id)
    row.deposit_applied_minor += amount_minor
    record("apply-deposit", row, actor_id=None, at=at, detail={"amount_minor": amount_minor})
    _close_when_paid(row, at=at, actor_id=None)


def count_set_off(settlement_id: int, amount_minor: int, *, at: datetime, actor_id: int) -> None:
    """So much of the price is paid by the buyer's own claim, as the court decided (PRI-13)."""
    row = lock_settlement(settlement_id)
    assert row.set_off_minor == 0, "granted once"
    row.set_off_minor = amount_minor
    _close_when_paid(row, at=at, actor_id=actor_id)


def receive_balance(
    settlement_id: int, amount_minor: int, *, at: datetime, actor_id: int | None = None
) -> int:
    """Count a payment on the balance; returns how much of it is more than was due.

    When the price is complete the settlement is paid, its clock met, and the sale recorded as paid,
    which starts the clock of the deal ruling (CN20A-20.1). Once the sale was undone by ruling
    nothing counts: all of it is too much, and goes back.
    """
    row = lock_settlement(settlement_id)
    excess = max(0, amount_minor - row.outstanding_minor)
    if row.status in (SettlementStatus.DUE, SettlementStatus.PAID):
        row.paid_minor += amount_minor
    record(
        "receive-balance",
        row,
        actor_id=actor_id,
        at=at,
        detail={"amount_minor": amount_minor, "excess_minor": excess},
    )
    _close_when_paid(row, at=at, actor_id=actor_id)
    return excess


def _close_when_paid(row: Settlement, *, at: datetime, actor_id: int | None) -> None:
    if row.outstanding_minor or row.status is not SettlementStatus.DUE:
        return
    row.paid_at = at
    change_state(row, SettlementStatus.PAID, SETTLEMENT_TRANSITIONS, actor_id=actor_id, at=at)
    db.session.flush()
    meet_deadline(BALANCE_DEADLINE, row, at=at)
    settle_reminders(row, at=at)
    settle_loans(row, at=at)
    record_paid(row.sale_id, at)


def undo_settlement(row: Settlement, to: SettlementStatus, *, actor_id: int, at: datetime) -> None:
    """The sale was undone by ruling: nothing is owed on it any more. `row` is locked."""
    change_state(row, to, SETTLEMENT_TRANSITIONS, actor_id=actor_id, at=at)
    db.session.flush()
    void_deadline(BALANCE_DEADLINE, row, at=at)
    settle_reminders(row, at=at)
    void_loans(row, reason="ruling", actor_id=actor_id, at=at)
