"""What a closed day keeps, and where what comes late is counted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from auction.core.db import db, transaction
from auction.core.errors import DomainError, Forbidden, Invalid
from auction.sales.calendar import beijing_day
from escrow.reconciliation.days import (
    confirm_close,
    day_figures,
    find_reconciled_day,
    propose_close,
)
from escrow.reconciliation.figures import SHOWN_LATER, place_figures
from escrow.reconciliation.intake import first_open_day
from escrow.reconciliation.models import Place, ReconciledDay, ReconciliationItem

one_database = pytest.mark.parametrize("any_app", ["sqlite"], indirect=True)


def close(desk, day):
    """Two people close a day."""
    made = desk.act(propose_close, day, desk.who())
    desk.act(confirm_close, made, desk.who(desk.checker))


def codes(desk, day):
    db.session.rollback()
    return {found.code for found in day_figures(desk.court.id, day).obstacles}


def test_what_the_bank_tells_late_counts_in_the_first_open_day(desk):
    day = beijing_day(desk.now)
    desk.pay_deposit(desk.enrol())
    desk.reconcile()
    desk.clock.advance(days=1)
    close(desk, day)
    closed = find_reconciled_day(desk.court.id, day)
    kept = (closed.figures, closed.sha256)
    desk.row(debit=500, name="银行", text="账户管理费", day=day)
    desk.take()
    desk.reconcile()
    [late] = desk.open_items()
    assert (late.dated_on, late.day) == (day, day + timedelta(days=1))
    assert first_open_day(desk.court.id) == late.day
    assert "open-bank" in codes(desk, late.day)
    again = find_reconciled_day(desk.court.id, day)
    assert (again.figures, again.sha256) == kept
    values = {c.name: getattr(late, c.name) for c in ReconciliationItem.__table__.columns}
    with pytest.raises(IntegrityError, match="closed"), transaction():
        db.session.execute(
            insert(ReconciliationItem).values(**{**values, "id": 999, "source_id": 999, "day": day})
        )
    for change in ({"figures": {}}, {"sha256": "0" * 64}):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(update(ReconciledDay).values(**change))


def test_what_was_under_way_at_a_close_is_named_and_afterwards_shown_later(desk):
    day = beijing_day(desk.now)
    desk.send_back(desk.pay(12_345, "货款", "路人"), "OUT-7")
    desk.reconcile()
    desk.clock.advance(days=1)
    close(desk, day)
    [carried] = find_reconciled_day(desk.court.id, day).figures["places"]["bank"]["items"]
    assert (carried["code"], carried["owner"]) == ("in-transit", desk.maker.id)
    desk.row(debit=12_345, name="路人", account="6217000000000001", text="退款 OUT-7")
    desk.take()
    desk.reconcile()
    assert desk.open_items() == []
    [part] = place_figures(desk.court.id, Place.BANK, day).components
    assert (part.code, part.amount_minor) == (SHOWN_LATER, 12_345)
    assert place_figures(desk.court.id, Place.BANK, beijing_day(desk.now)).components == ()


@one_database
def test_a_day_that_no_statement_covers_closes_only_with_words(desk):
    day = beijing_day(desk.now)
    desk.clock.advance(days=1)
    assert codes(desk, day) == {"no-statement"}
    with pytest.raises(Invalid, match="statement-missing"):
        desk.act(propose_close, day, desk.who())
    made = desk.act(propose_close, day, desk.who(), note="账户当日无流水，已电话核实")
    with pytest.raises(Forbidden, match="same-person"):
        desk.act(confirm_close, made, desk.who())
    desk.act(confirm_close, made, desk.who(desk.checker))
    assert find_reconciled_day(desk.court.id, day).figures["waived"] == ["no-statement"]


@one_database
def test_what_came_between_the_two_people_keeps_the_day_open(desk):
    day = beijing_day(desk.now)
    desk.pay_deposit(desk.enrol())
    desk.reconcile()
    desk.clock.advance(days=1)
    made = desk.act(propose_close, day, desk.who())
    desk.row(debit=500, name="银行", text="账户管理费", day=day)
    desk.take()
    desk.reconcile()
    with pytest.raises(DomainError, match="day-not-reconciled"):
        desk.act(confirm_close, made, desk.who(desk.checker))
    assert find_reconciled_day(desk.court.id, day) is None


@one_database
def test_a_court_that_has_closed_nothing_has_no_first_day(desk):
    assert first_open_day(desk.court.id) == date.min
