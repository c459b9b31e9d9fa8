"""Many sales whose time has come, decided in one transaction: each by itself, committed as one.

Thousands of sales open at ten in the morning and close at ten the next. Each end is decided under
its own head's lock by the very turn that bids go through, with its own result, audit entry and
outbox row; the locks, the reading, the writing of those rows and the commit are shared, which is
most of what an end costs.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from auction.core.db import transaction
from auction.sales.models import Sale
from bidding.closing.services import record_acts
from bidding.room import store
from bidding.room.answers import Answer
from bidding.room.batch import Turn, decide_turn
from bidding.room.intake import Intake
from bidding.room.models import SaleHead
from bidding.room.requests import Kind, Waiting


class InDoubt(Exception):
    """Raised where a process came to doubt its clock while it decided."""


def tick_together(intake: Intake, sale_ids: Sequence[int]) -> list[int]:
    """Let time pass in all these sales at once; returns those that somebody else holds.

    Whatever fails, nothing was recorded of any. Listeners are told of each after the commit; the
    new checkpoints are signed when somebody is to be shown them.
    """
    turns: list[Turn] = []
    # The rows of all ends are written together, before the commit.
    with transaction() as session, session.no_autoflush:
        locked = lock_sales(session, sale_ids)
        connection = session.connection()
        now = intake.clock.now()
        for loaded in store.load_many(connection, locked):
            tick = Waiting(Kind.TICK, now, reply=_answer_nobody)
            turn = decide_turn(connection, loaded, [tick], {}, now)
            if turn.ended:
                record_acts(turn, now)
            turns.append(turn)
        session.flush()
        if intake.in_doubt:  # a process that doubts its clock ends nothing
            raise InDoubt
    for turn in turns:
        intake.tell(turn)
    return sorted(set(sale_ids) - locked.keys())


def lock_sales(session: Session, sale_ids: Sequence[int]) -> dict[int, Sale]:
    """Take those of the sales that nobody else holds: first the sale, then its head, by number.

    That is the order in which the intake takes them; and who passes by what is held waits for
    nobody, so that no two ever wait for each other.
    """
    sales = session.scalars(
        select(Sale)
        .where(Sale.id.in_(sale_ids))
        .order_by(Sale.id)
        .with_for_update(of=Sale, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    by_id = {sale.id: sale for sale in sales}
    heads = session.scalars(
        select(SaleHead.sale_id)
        .where(SaleHead.sale_id.in_(by_id))
        .order_by(SaleHead.sale_id)
        .with_for_update(skip_locked=True)
    )
    return {sale_id: by_id[sale_id] for sale_id in heads}


def _answer_nobody(_answer: Answer) -> None:
    """Nobody asked: time has passed."""
