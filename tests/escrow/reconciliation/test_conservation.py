"""Whatever is matched, joined, split, explained or taken back: no fen comes or goes (INV-9)."""

from __future__ import annotations

import random

from sqlalchemy import func, select

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.sales.calendar import beijing_day
from escrow.reconciliation.decisions import (
    accept_proposal,
    carry_item,
    confirm_decision,
    explain_item,
    join_items,
    split_item,
    withdraw_decision,
)
from escrow.reconciliation.figures import place_figures
from escrow.reconciliation.models import (
    Book,
    CarryReason,
    DecisionStatus,
    ItemStatus,
    Place,
    ReasonCode,
    ReconciliationDecision,
    ReconciliationItem,
)
from escrow.reconciliation.queries import state_sums
from escrow.reconciliation.worklist import Wanted, sum_list

STEPS = 20
WORDS = {"reason_code": ReasonCode.OTHER, "text": "随手一试的说明"}


def scatter(desk, chance):
    """Money that comes and goes, some of it twice, some of it ours."""
    for number in range(chance.randint(5, 8)):
        line = desk.pay(chance.choice([500, 1200, 30_000]), "货款", f"路人{number}")
        if chance.random() < 0.6:
            desk.send_back(line, f"OUT-{number}")
    for number in range(chance.randint(4, 7)):
        amount = chance.choice([500, 1200, 30_000, 9_000_000])
        desk.row(debit=amount, name="某人", account="62", text=f"支出{number}")
    desk.take()
    desk.reconcile()


def sides(desk):
    """The movements of both sides as they came, whatever was done with them since."""
    rows = db.session.execute(
        select(ReconciliationItem.book, func.sum(ReconciliationItem.amount_minor))
        .where(ReconciliationItem.part == 0)
        .group_by(ReconciliationItem.book)
    )
    return {book: int(total) for book, total in rows}


def check(desk, before):
    db.session.rollback()
    assert sides(desk) == before
    rows = state_sums(desk.court.id, Place.BANK)
    assert sum(row.ledger_minor for row in rows) == before[Book.LEDGER]
    assert sum(row.outside_minor for row in rows) == before[Book.OUTSIDE]
    figures = place_figures(desk.court.id, Place.BANK, beijing_day(desk.now))
    assert (figures.ledger_minor, figures.outside_minor) == (
        before[Book.LEDGER],
        before[Book.OUTSIDE],
    )
    assert figures.unnamed_minor == 0
    explained = db.session.scalar(
        select(func.coalesce(func.sum(ReconciliationDecision.difference_minor), 0)).where(
            ReconciliationDecision.status == DecisionStatus.STANDING
        )
    )
    still_open = sum_list(desk.court.id, Wanted(), beijing_day(desk.now))
    assert still_open.net_minor + explained == figures.difference_minor
    unowned = select(ReconciliationItem.id).where(
        ReconciliationItem.status.in_((ItemStatus.OPEN, ItemStatus.PROPOSED)),
        ReconciliationItem.owner_id.is_(None),
    )
    assert db.session.scalars(unowned).all() == []


def do_something(desk, chance):
    """One act of a careless person, as drawn; what is refused changes nothing."""
    open_ids = [item.id for item in desk.open_items()]
    made = db.session.scalars(select(ReconciliationDecision.id)).all()
    who = desk.who(chance.choice([desk.maker, desk.checker]))
    item_id = chance.choice(open_ids) if open_ids else 0
    several = chance.sample(open_ids, min(len(open_ids), chance.randint(2, 4)))
    act = chance.choice(
        [
            lambda: accept_proposal(item_id, 0, who),
            lambda: accept_proposal(item_id, 0, who, **WORDS),
            lambda: join_items(several, who),
            lambda: join_items(several, who, **WORDS),
            lambda: split_item(item_id, chance.randint(1, 1500), who),
            lambda: explain_item(item_id, who, **WORDS),
            lambda: carry_item(item_id, CarryReason.ASKED_BANK, "随手一试", who),
            lambda: confirm_decision(chance.choice(made), who),
            lambda: withdraw_decision(chance.choice(made), who),
            None,
        ]
    )
    if act is None:  # a pass in between
        desk.reconcile()
        return
    try:
        with transaction():
            act()
    except DomainError:
        pass


def test_sums_of_both_sides_and_of_open_differences_are_conserved(desk):
    chance = random.Random(2026)
    scatter(desk, chance)
    before = sides(desk)
    assert before.keys() == set(Book)
    for _ in range(STEPS):
        do_something(desk, chance)
        check(desk, before)
    statuses = {item.status for item in desk.items()}
    assert {ItemStatus.SPLIT, ItemStatus.MATCHED} <= statuses
