"""What people decide: two of them above the limit, and never against a closed day."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from auction.core.db import db, transaction
from auction.core.errors import DomainError, Forbidden
from auction.sales.calendar import beijing_day
from escrow.reconciliation.days import confirm_close, day_figures, propose_close
from escrow.reconciliation.decisions import (
    confirm_decision,
    explain_item,
    split_item,
    withdraw_decision,
)
from escrow.reconciliation.models import (
    DecisionStatus,
    ItemStatus,
    ReasonCode,
    ReconciliationDecision,
    ReconciliationItem,
)

CHARGE = {"reason_code": ReasonCode.BANK_CHARGE, "text": "账户管理费，回单 7"}


def charge(desk, amount):
    """Money that left without an order of ours; the id of its item."""
    desk.row(debit=amount, name="银行", text="账户管理费")
    desk.take()
    desk.reconcile()
    return desk.open_items()[0].id


def test_a_large_difference_needs_a_second_person_in_service_and_database(desk):
    item_id = charge(desk, 9_000_000)
    made = desk.act(explain_item, item_id, desk.who(), **CHARGE)
    assert desk.items(id=item_id)[0].status is ItemStatus.PROPOSED
    with pytest.raises(Forbidden, match="same-person"):
        desk.act(confirm_decision, made, desk.who())
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(ReconciliationDecision).values(status=DecisionStatus.STANDING))
    desk.act(confirm_decision, made, desk.who(desk.checker))
    assert desk.items(id=item_id)[0].status is ItemStatus.EXPLAINED


def test_parts_of_an_item_add_up_and_are_settled_by_themselves(desk):
    item_id = charge(desk, 500)
    with transaction():
        split_item(item_id, 200, desk.who())
    assert [i.amount_minor for i in desk.items(parent_id=item_id)] == [-200, -300]
    assert desk.items(id=item_id)[0].status is ItemStatus.SPLIT


def test_a_day_closes_by_two_people_once_all_is_named_and_then_nothing_leaves_it(desk):
    item_id = charge(desk, 500)
    day = beijing_day(desk.now)
    desk.clock.advance(days=1)
    with pytest.raises(DomainError, match="day-not-reconciled"):
        desk.act(propose_close, day, desk.who())
    made = desk.act(explain_item, item_id, desk.who(), **CHARGE)
    assert day_figures(desk.court.id, day).obstacles == ()
    close = desk.act(propose_close, day, desk.who())
    with pytest.raises(Forbidden, match="same-person"):
        desk.act(confirm_close, close, desk.who())
    desk.act(confirm_close, close, desk.who(desk.checker))
    with pytest.raises(DomainError, match="day-closed"):
        desk.act(withdraw_decision, made, desk.who())
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            update(ReconciliationItem).values(status=ItemStatus.OPEN, decision_id=None)
        )
