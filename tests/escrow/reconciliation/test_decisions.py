"""What people decide: two of them above the limit, and never against a closed day."""

from __future__ import annotations

import pytest
from finance_stage import at_once
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


@pytest.mark.parametrize("any_app", ["postgresql"], indirect=True)
def test_of_two_people_who_settle_an_item_at_once_one_is_told_it_is_settled(desk, any_app):
    item_id = charge(desk, 500)
    both = (desk.who(), desk.who(desk.checker))
    db.session.rollback()

    def explain(who):
        with transaction():
            explain_item(item_id, who, **CHARGE)

    assert at_once(any_app, *(lambda who=who: explain(who) for who in both)) == [
        "done",
        "not-open",
    ]
    assert (
        db.session.query(ReconciliationDecision).filter_by(reason_code="bank-charge").count() == 1
    )


@pytest.mark.parametrize("any_app", ["postgresql"], indirect=True)
def test_a_decision_withdrawn_while_its_day_closes_is_in_the_close_or_keeps_the_day_open(
    desk, any_app
):
    item_id = charge(desk, 500)
    day = beijing_day(desk.now)
    made = desk.act(explain_item, item_id, desk.who(), **CHARGE)
    desk.clock.advance(days=1)
    close = desk.act(propose_close, day, desk.who())
    maker, checker = desk.who(), desk.who(desk.checker)
    db.session.rollback()

    def withdraw():
        with transaction():
            withdraw_decision(made, maker)

    def close_day():
        with transaction():
            confirm_close(close, checker)

    outcome = at_once(any_app, withdraw, close_day)
    assert outcome in (["day-closed", "done"], ["day-not-reconciled", "done"])
    is_open = desk.items(id=item_id)[0].status is ItemStatus.OPEN
    assert is_open == ("day-not-reconciled" in outcome)
