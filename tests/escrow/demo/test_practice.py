"""Practice sales never end: what closes begins again at once on the same lot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.sales.models import Lot, Sale, SaleStatus
from auction.sales.practice import repeat_practice_sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.models import SaleHead
from escrow.demo.loading import load_demo
from escrow.demo.lots import read_lots
from escrow.demo.provider import local_provider
from escrow.demo.stage import Stage
from escrow.ledger import check_ledger
from escrow.payments.models import Payment, PaymentStatus

LOTS = [lot for lot in read_lots() if lot.is_practice]


@pytest.fixture
def stage(make_app, clock):
    """A demonstration of the two practice lots alone, its provider still there."""
    app = make_app(DEMO="1")
    with app.app_context():
        people = load_demo(app, lambda _line: None, LOTS)
        with local_provider(app, clock):
            stage = Stage(app, clock)
            stage.people = people
            yield stage
        db.session.remove()


def sales_of(state: str) -> list[Sale]:
    """All sales on the lot of that state, oldest first."""
    title = next(lot.title for lot in LOTS if lot.state == state)
    db.session.rollback()
    rows = db.session.scalars(select(Sale).order_by(Sale.id))
    return [sale for sale in rows if sale.lot.asset.title == title]


def pass_the_end(stage: Stage, sale: Sale) -> None:
    head = db.session.get(SaleHead, sale.id, populate_existing=True)
    stage.reach(head.closes_at + timedelta(seconds=3))


def active_in(sale: Sale) -> list[Enrolment]:
    return list(
        db.session.scalars(
            select(Enrolment).where(
                Enrolment.sale_id == sale.id, Enrolment.status == EnrolmentStatus.ACTIVE
            )
        )
    )


def test_an_unsold_practice_sale_begins_again_with_the_same_bidders_and_held_deposits(stage):
    (first,) = sales_of("practice-open")
    pass_the_end(stage, first)
    ended, second = sales_of("practice-open")
    assert (ended.status, second.status) == (SaleStatus.UNSOLD, SaleStatus.ANNOUNCED)
    assert ended.lot.number == second.lot.number
    assert second.opens_at - stage.now <= timedelta(seconds=2)
    assert second.closes_at - second.opens_at == timedelta(hours=2)
    users = sorted(row.user_id for row in active_in(second))
    assert users == sorted(stage.people.bidders[:10])
    held = db.session.scalars(
        select(Payment.status).where(
            Payment.enrolment_id.in_([row.id for row in active_in(second)])
        )
    ).all()
    assert held == [PaymentStatus.HELD] * 10
    assert check_ledger() == []


def test_a_sold_one_begins_again_while_its_buyer_still_owes_the_balance(stage):
    (first,) = sales_of("practice-open")
    stage.reach(first.opens_at + timedelta(seconds=1))
    answer = stage.app.extensions["luochui.intake"].submit_bid(
        first.id, None, first.start_price_minor, "k", stage.people.bidders[0]
    )
    assert answer.accepted
    pass_the_end(stage, first)
    ended, second = sales_of("practice-open")
    assert (ended.status, second.status) == (SaleStatus.SOLD, SaleStatus.ANNOUNCED)
    assert len(active_in(second)) == 10
    pass_the_end(stage, second)
    assert len(sales_of("practice-open")) == 3
    assert check_ledger() == []


def test_the_open_house_begins_again_empty(stage):
    (first,) = sales_of("practice-join")
    pass_the_end(stage, first)
    _ended, second = sales_of("practice-join")
    assert second.status is SaleStatus.ANNOUNCED
    assert active_in(second) == []


def test_closing_told_twice_opens_one_sale(stage):
    from auction.core.outbox import Task
    from escrow.demo.practice import begin_again

    (first,) = sales_of("practice-join")
    pass_the_end(stage, first)
    begin_again(Task("sale_closed", "again", {"sale_id": first.id}, stage.now))
    assert len(sales_of("practice-join")) == 2


def test_outside_demo_mode_nothing_begins_again(stage, monkeypatch):
    monkeypatch.setattr("escrow.demo.practice.is_demo", lambda: False)
    (first,) = sales_of("practice-join")
    pass_the_end(stage, first)
    assert len(sales_of("practice-join")) == 1


def test_a_running_practice_sale_is_not_repeated_and_a_real_one_never(stage):
    (first,) = sales_of("practice-open")
    with transaction(), pytest.raises(DomainError, match="wrong-state"):
        repeat_practice_sale(first.id, actor_id=first.created_by, now=stage.now)
    from builders import make_sale

    real = make_sale(stage.now)
    with transaction(), pytest.raises(DomainError, match="not-practice"):
        repeat_practice_sale(real.id, actor_id=real.created_by, now=stage.now)


def test_one_lot_never_has_two_running_practice_sales(stage):
    """The database says so too."""
    from sqlalchemy.exc import IntegrityError

    (first,) = sales_of("practice-open")
    lot = db.session.get(Lot, first.lot_id)
    values = {c.name: getattr(first, c.name) for c in Sale.__table__.columns}
    values |= {"id": None, "number": f"{lot.number}-9"}
    with pytest.raises(IntegrityError), transaction():
        db.session.add(Sale(**values))
