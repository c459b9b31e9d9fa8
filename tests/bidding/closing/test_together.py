"""Many sales end at the same moment: each once, none held up by another."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from live_room import START_PRICE, STEP, make_room, run_together
from sqlalchemy import select, text, update

from auction.core.audit import AuditEntry
from auction.core.db import db, transaction, write_connection
from auction.core.outbox import OutboxRow
from auction.deadlines.models import Deadline
from auction.sales.models import Sale, SaleStatus
from bidding.closing import due
from bidding.closing.due import find_due_sales, tick_due_sales
from bidding.closing.together import InDoubt, tick_together
from bidding.room.models import SaleHead
from bidding.room.queries import public_state
from bidding.room.requests import Kind

SALES = 9


@pytest.fixture
def rooms(any_app, clock):
    """Sales that close at the same moment; every third has a bid."""
    rooms = [make_room(any_app, clock.now(), bidders=1) for _ in range(SALES)]
    for room in rooms[::3]:
        assert room.bid(0, 0).accepted
    clock.set(rooms[0].sale.closes_at + timedelta(seconds=2))
    db.session.rollback()
    return rooms


def results(rooms) -> list[tuple[SaleStatus, int | None]]:
    db.session.rollback()
    rows = db.session.execute(select(Sale.id, Sale.status, Sale.hammer_price_minor)).all()
    by_id = {row.id: (row.status, row.hammer_price_minor) for row in rows}
    return [by_id[room.sale_id] for room in rooms]


def expected(rooms) -> list[tuple[SaleStatus, int | None]]:
    sold, unsold = (SaleStatus.SOLD, START_PRICE), (SaleStatus.UNSOLD, None)
    return [unsold if n % 3 else sold for n in range(len(rooms))]


def traces(rooms) -> tuple[Counter, Counter, Counter]:
    """How often each end was announced, written down, and started its clock."""
    db.session.rollback()
    events = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "sale_closed"))
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "state", AuditEntry.subject_type == "sale")
    )
    clocks = db.session.scalars(select(Deadline).where(Deadline.kind == "next-sale"))
    return (
        Counter(event.payload["sale_id"] for event in events),
        Counter(entry.subject_id for entry in entries),
        Counter(clock.subject_id for clock in clocks),
    )


def once(rooms) -> tuple[Counter, Counter, Counter]:
    every = Counter(room.sale_id for room in rooms)
    return every, every, Counter(room.sale_id for n, room in enumerate(rooms) if n % 3)


def test_many_sales_end_together_each_with_its_result_its_entry_and_its_event(any_app, rooms):
    assert tick_due_sales() == SALES
    assert results(rooms) == expected(rooms)
    assert traces(rooms) == once(rooms)
    assert find_due_sales(rooms[0].intake.clock.now()) == []


def test_two_workers_at_once_end_each_sale_once(any_app, rooms, monkeypatch):
    monkeypatch.setattr(due, "TOGETHER", 2)

    def work() -> None:
        with any_app.app_context():
            tick_due_sales()

    run_together(*[work] * 4)
    assert results(rooms) == expected(rooms)
    assert traces(rooms) == once(rooms)


def test_a_sale_that_cannot_be_read_holds_up_no_other_and_ends_when_it_can_be(any_app, rooms):
    spoilt = rooms[4].sale_id
    whole = db.session.scalar(select(SaleHead.state).where(SaleHead.sale_id == spoilt))
    write_state(spoilt, "{}")
    tick_due_sales()
    found, wanted = results(rooms), expected(rooms)
    assert found.pop(4) == (SaleStatus.ANNOUNCED, None)
    wanted.pop(4)
    assert found == wanted
    write_state(spoilt, whole)
    assert tick_due_sales() == 1
    assert results(rooms) == expected(rooms)
    assert traces(rooms) == once(rooms)


def write_state(sale_id: int, text: str) -> None:
    with transaction() as session:
        session.execute(update(SaleHead).where(SaleHead.sale_id == sale_id).values(state=text))


def test_a_process_that_doubts_its_clock_ends_nothing(any_app, rooms):
    rooms[0].intake.in_doubt = True
    assert tick_due_sales() == 0
    with pytest.raises(InDoubt):
        tick_together(rooms[0].intake, [room.sale_id for room in rooms])
    assert results(rooms) == [(SaleStatus.ANNOUNCED, None)] * SALES


def test_who_listens_hears_of_each_end_after_it_is_recorded(any_app, rooms):
    heard = []
    rooms[0].intake.listen(
        lambda turn: heard.append((turn.snapshot.sale_id, public_state(turn.snapshot.sale_id)))
    )
    tick_due_sales()
    assert [(sale_id, state["status"]) for sale_id, state in heard] == [
        (room.sale_id, "unsold" if n % 3 else "sold") for n, room in enumerate(rooms)
    ]


def test_a_sale_that_another_process_holds_is_passed_by(make_app, clock):
    app = make_app("postgresql")
    with app.app_context():
        rooms = [make_room(app, clock.now(), bidders=1) for _ in range(3)]
        clock.set(rooms[0].sale.closes_at + timedelta(seconds=2))
        intake, ids = rooms[0].intake, [room.sale_id for room in rooms]
        db.session.rollback()
        with write_connection(db.engine) as other:
            other.execute(
                text("SELECT 1 FROM sale_head WHERE sale_id = :sale FOR UPDATE"), {"sale": ids[1]}
            )
            assert tick_together(intake, ids) == [ids[1]]
        assert tick_due_sales() == 1
        assert results(rooms) == [(SaleStatus.UNSOLD, None)] * 3


def test_bids_that_wait_here_go_before_the_end_of_their_sale(any_app, rooms):
    """What arrived too late is refused in its turn, not lost, though the end is recorded at once."""
    answers = []
    room = rooms[0]
    room.intake.put(
        room.sale_id,
        Kind.BID,
        answers.append,
        user_id=room.users[0],
        amount=START_PRICE + STEP,
        key="late",
    )
    tick_due_sales()
    assert room.intake.tick(room.sale_id).snapshot.is_final
    assert [answer.reason for answer in answers] == ["closed"]
    assert results(rooms) == expected(rooms)
