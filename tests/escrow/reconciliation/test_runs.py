"""A pass over a court's movements: everything becomes an item, once; what is sure is matched."""

from __future__ import annotations

from datetime import timedelta

from finance_stage import Row
from sqlalchemy import func, select

from auction.core.db import db
from auction.sales.calendar import beijing_day
from escrow.bank.models import BankLine
from escrow.bank.returns import propose_return
from escrow.ledger import Transfer
from escrow.reconciliation import runs
from escrow.reconciliation.figures import place_figures
from escrow.reconciliation.match import OpenReason
from escrow.reconciliation.models import (
    Book,
    CarryReason,
    DecisionKind,
    ItemStatus,
    Place,
    ReconciliationDecision,
    ReconciliationItem,
    ReconciliationRun,
)


def test_deposits_strangers_and_returns_are_matched_without_a_person(desk):
    bidder = desk.enrol()
    desk.pay_deposit(bidder)
    stranger = Row(desk.pay(12_345, "货款", "路人"))
    desk.act(
        propose_return,
        stranger.id,
        bank_reference="OUT-778",
        paid_on=beijing_day(desk.now),
        court_id=desk.court.id,
        actor_id=desk.maker.id,
        now=desk.now,
    )
    desk.row(debit=12_345, name="路人", account="6217000000000001", text="退款 OUT-778")
    desk.take()
    run = desk.reconcile()
    assert desk.open_items() == []
    assert (run.open_count, run.matched_count) == (0, 3)
    assert run.done_count >= run.total_count == 6
    kinds = {row.kind for row in db.session.scalars(select(ReconciliationDecision))}
    assert kinds == {DecisionKind.RULE}
    figures = place_figures(desk.court.id, Place.BANK, beijing_day(desk.now))
    assert figures.ledger_minor == figures.outside_minor == bidder.deposit_minor
    assert (figures.difference_minor, figures.unnamed_minor) == (0, 0)
    desk.check_books()


def test_a_second_pass_changes_nothing(desk):
    desk.pay_deposit(desk.enrol())
    desk.row(debit=500, name="银行", text="账户管理费")
    desk.take()
    desk.reconcile()

    def everything():
        db.session.rollback()
        return [
            [tuple(row) for row in db.session.execute(select(table.__table__).order_by(table.id))]
            for table in (ReconciliationItem, ReconciliationDecision)
        ]

    before = everything()
    second = desk.reconcile()
    assert everything() == before
    assert (second.matched_count, second.open_count) == (0, 1)


def test_money_that_left_without_an_order_waits_with_owner_reason_and_age(desk):
    desk.row(debit=500, name="银行", text="账户管理费")
    desk.take(actor=desk.checker)
    desk.clock.advance(days=2)
    desk.reconcile()
    (item,) = desk.open_items()
    assert item.book is Book.OUTSIDE
    assert item.amount_minor == -500
    assert item.reason is OpenReason.NOTHING_LIKE_IT
    assert item.owner_id == desk.checker.id  # who took in the statement answers for it
    assert (beijing_day(desk.now) - item.dated_on).days == 2


def test_what_was_sent_is_carried_until_the_bank_must_have_shown_it(desk):
    stranger = desk.pay(12_345, "货款", "路人")
    desk.act(
        propose_return,
        stranger.id,
        bank_reference="OUT-9",
        paid_on=beijing_day(desk.now),
        court_id=desk.court.id,
        actor_id=desk.maker.id,
        now=desk.now,
    )
    desk.reconcile()
    (item,) = desk.open_items()
    assert (item.book, item.carried_for) == (Book.LEDGER, CarryReason.IN_TRANSIT)
    desk.clock.advance(days=7)
    desk.reconcile()
    (item,) = desk.open_items()
    assert item.carried_for is None


def test_a_pass_that_is_interrupted_after_every_portion_comes_to_the_same_end(desk, monkeypatch):
    monkeypatch.setattr("escrow.reconciliation.intake.PORTION", 2)
    monkeypatch.setattr("escrow.reconciliation.runs.WRITTEN_AT_ONCE", 1)
    for number in range(5):
        desk.pay(1000 + number, "货款", f"路人{number}")
    desk.row(debit=500, name="银行", text="账户管理费")
    desk.take()
    run = desk.reconcile(is_time_up=lambda: True)
    assert run.matched_count == 5
    assert run.open_count == 1
    statuses = [item.status for item in desk.items()]
    assert (statuses.count(ItemStatus.MATCHED), statuses.count(ItemStatus.OPEN)) == (10, 1)


def test_while_one_pass_is_under_way_no_second_begins(desk):
    first = desk.act(runs.start_run, desk.court.id, actor_id=desk.maker.id, now=desk.now)
    again = desk.act(runs.start_run, desk.court.id, actor_id=desk.checker.id, now=desk.now)
    assert first == again
    desk.work_off()  # the worker brings it to its end
    db.session.rollback()
    assert runs.find_open_run(desk.court.id) is None


def test_every_booked_movement_and_every_line_is_an_item_exactly_once(desk):
    """Nothing is dropped, whatever came before (INV-9)."""
    desk.claims_of_the_example()
    desk.bring_proceeds()
    desk.pay(777, "不知道", "路人")
    desk.clock.advance(days=1)
    desk.reconcile()
    desk.reconcile()
    lines = db.session.scalar(select(func.count(BankLine.id)))
    assert len(desk.items(book=Book.OUTSIDE)) == lines
    for place in Place:
        figures = place_figures(desk.court.id, place, beijing_day(desk.now))
        assert figures.ledger_minor == figures.taken_in_minor
        assert figures.unnamed_minor == 0
    keys = [(i.source_type, i.source_id, i.place, i.part) for i in desk.items()]
    assert len(keys) == len(set(keys))
    assert {i.source_id for i in desk.items(book=Book.LEDGER)} <= set(
        db.session.scalars(select(Transfer.id))
    )
    assert timedelta(0) <= desk.now - min(i.opened_at for i in desk.items())


def test_once_begun_a_court_is_reconciled_every_night_without_a_person(desk):
    desk.pay_deposit(desk.enrol())
    desk.work_off()
    assert desk.items() == []  # nobody has begun
    desk.act(runs.start_run, desk.court.id, actor_id=desk.maker.id, now=desk.now)
    desk.work_off()
    desk.pay(777, "货款", "路人")
    desk.row(debit=500, name="银行", text="账户管理费")
    desk.take(actor=desk.checker)
    for _night in range(2):
        desk.clock.advance(days=1)
        desk.work_off()
    db.session.rollback()
    started = db.session.scalars(
        select(ReconciliationRun.started_by).order_by(ReconciliationRun.id)
    ).all()
    assert started == [desk.maker.id, None, None]
    [item] = desk.open_items()
    assert (item.amount_minor, item.owner_id) == (-500, desk.checker.id)
