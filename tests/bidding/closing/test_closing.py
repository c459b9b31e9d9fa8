"""A sale ends once, at its close, however late and by however many workers that is recorded."""

from __future__ import annotations

from datetime import timedelta

from live_room import START_PRICE, STEP, make_room, run_together
from sqlalchemy import select

from auction.accounts.models import Identity
from auction.core.db import db
from auction.core.outbox import OutboxRow, work_off
from auction.core.worker import work_once
from auction.notices.models import Document, DocumentKind
from auction.sales.models import Sale, SaleStatus
from bidding.closing.due import find_due_sales, tick_due_sales
from bidding.room.intake import Intake
from bidding.room.models import SaleHead
from bidding.room.queries import public_state
from bidding.room.requests import Kind


def fresh(model, key):
    db.session.rollback()
    return db.session.get(model, key, populate_existing=True)


def closed_events(sale_id: int) -> list[OutboxRow]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "sale_closed")))


def test_a_sale_with_a_bid_is_sold_at_its_close_two_seconds_later(any_app, clock):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    room.bid(1, 1)
    clock.set(room.sale.closes_at + timedelta(milliseconds=1999))
    assert tick_due_sales() == 0
    assert public_state(room.sale_id)["status"] == "open"
    clock.advance(milliseconds=1)
    assert tick_due_sales() == 1
    sale, head = fresh(Sale, room.sale_id), fresh(SaleHead, room.sale_id)
    assert (sale.status, sale.hammer_price_minor) == (SaleStatus.SOLD, START_PRICE + STEP)
    assert sale.ended_at == head.ended_at == head.closes_at
    assert public_state(room.sale_id)["status"] == "sold"
    [event] = closed_events(room.sale_id)
    assert (event.key, event.payload["status"], event.payload["leader"]) == (
        f"sale_closed:{room.sale_id}",
        "sold",
        room.codes[1],
    )
    assert tick_due_sales() == 0


def test_a_sale_without_a_bid_is_unsold(any_app, clock):
    room = make_room(any_app, clock.now())
    clock.set(room.sale.closes_at + timedelta(hours=3))
    tick_due_sales()
    sale = fresh(Sale, room.sale_id)
    assert (sale.status, sale.hammer_price_minor, sale.ended_at) == (
        SaleStatus.UNSOLD,
        None,
        room.sale.closes_at,
    )


def test_eight_workers_at_once_end_a_sale_once(any_app, clock):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    clock.set(room.sale.closes_at + timedelta(seconds=2))
    intakes = [Intake(any_app, clock) for _ in range(8)]
    run_together(*(lambda i=i: i.tick(room.sale_id) for i in intakes))
    assert len(closed_events(room.sale_id)) == 1
    assert fresh(Sale, room.sale_id).status is SaleStatus.SOLD


def test_a_suspended_sale_does_not_end(any_app, clock):
    room = make_room(any_app, clock.now())
    room.intake.submit_command(
        room.sale_id, Kind.SUSPEND, actor_id=room.sale.created_by, ground="案外人异议"
    )
    clock.set(room.sale.closes_at + timedelta(days=1))
    db.session.rollback()
    assert find_due_sales(clock.now()) == []
    room.intake.tick(room.sale_id)
    assert public_state(room.sale_id)["status"] == "suspended"
    answer = room.intake.submit_command(room.sale_id, Kind.RESUME, actor_id=room.sale.created_by)
    assert answer.snapshot.closes_at == clock.now() + timedelta(days=1)


def test_a_withdrawal_ends_a_sale_at_once_without_a_winner(any_app, clock):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    clock.advance(minutes=1)
    answer = room.intake.submit_command(
        room.sale_id, Kind.WITHDRAW, actor_id=room.sale.created_by, ground="被执行人已履行"
    )
    assert answer.accepted
    sale, state = fresh(Sale, room.sale_id), public_state(room.sale_id)
    assert sale.status is SaleStatus.WITHDRAWN
    assert (state["status"], state["price"], state["leader"], state["minimum"]) == (
        "withdrawn",
        None,
        None,
        None,
    )
    assert room.bid(1, 1).reason == "withdrawn"
    [event] = closed_events(room.sale_id)
    assert event.payload["status"] == "withdrawn"
    assert fresh(SaleHead, room.sale_id).ended_at == clock.now()


def test_the_opening_is_resolved_at_its_time_with_the_instructions_left_before(any_app, clock):
    opens_at = clock.now() + timedelta(hours=1)
    room = make_room(any_app, clock.now(), opens_at=opens_at)
    for bidder, limit in ((0, START_PRICE + 3 * STEP), (1, START_PRICE + 9 * STEP)):
        assert room.intake.submit(
            room.sale_id, Kind.INSTRUCT, amount=limit, user_id=room.users[bidder]
        ).accepted
    clock.set(opens_at + timedelta(seconds=20))
    assert tick_due_sales() == 1
    state = public_state(room.sale_id)
    assert (state["status"], state["leader"], state["price"]) == (
        "open",
        room.codes[1],
        START_PRICE + 4 * STEP,
    )


def test_the_confirmation_names_the_buyer_and_nothing_else_of_it_and_is_issued_once(any_app, clock):
    room = make_room(any_app, clock.now())
    room.bid(1, 0)
    clock.set(room.sale.closes_at + timedelta(seconds=2))
    work_once(any_app)
    work_off(clock.now())
    db.session.rollback()
    [letter] = db.session.scalars(
        select(Document).where(Document.kind == DocumentKind.CONFIRMATION)
    )
    buyer = db.session.scalar(select(Identity).where(Identity.user_id == room.users[1]))
    text = str(letter.content) + letter.title
    assert buyer.full_name in text
    assert room.codes[1] in text
    assert "¥700,000.00" in text
    assert buyer.id_number not in text
    assert buyer.phone not in text
    assert letter.published_at == clock.now()
    with any_app.app_context():
        from auction.core.db import transaction
        from bidding.closing.confirmation import issue_confirmation

        with transaction():
            assert issue_confirmation(room.sale_id, clock.now()).id == letter.id


def test_an_unsold_sale_gets_no_confirmation(any_app, clock):
    room = make_room(any_app, clock.now())
    clock.set(room.sale.closes_at + timedelta(seconds=2))
    work_once(any_app)
    db.session.rollback()
    assert (
        db.session.scalars(select(Document).where(Document.kind == DocumentKind.CONFIRMATION)).all()
        == []
    )
