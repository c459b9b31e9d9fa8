"""The provider, the bank and the books against each other: payouts and what came of them."""

from __future__ import annotations

import pytest
from builders import make_asset, make_case, make_lot, make_user
from finance_stage import HEAD, yuan
from payment_stage import open_stage
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from auction.accounts.roles import Role
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from escrow.bank.models import BankLine, LineStatus
from escrow.bank.reading import read_statements
from escrow.bank.services import import_statements
from escrow.payments.provider_models import ProviderPayout
from escrow.reconciliation import runs
from escrow.reconciliation.figures import place_figures
from escrow.reconciliation.models import (
    ArrivalStatus,
    CarryReason,
    ItemStatus,
    PayoutArrival,
    Place,
    ReconciliationItem,
)
from escrow.reconciliation.payouts import (
    book_arrival,
    confirm_arrival,
    list_arrivals,
    payouts_under_way,
    withdraw_arrival,
)

DEPOSIT, FEE = 10_000_000, 290_030
NET = DEPOSIT - FEE


class ThreeSides:
    """A court whose money comes by card: the provider's simulator, its payouts, the bank's file."""

    def __init__(self, stage):
        self.stage = stage
        self.first = stage.sale()
        court = db.session.get_one(Court, self.first.court_id)
        case = make_case(self.now, court=court)
        lot = make_lot(self.now, asset=make_asset(self.now, case=case))
        self.second = stage.sale(lot=lot)
        for sale in (self.first, self.second, self.second):
            stage.pay_deposit(stage.enrol(sale))
        self.court_id = self.first.court_id
        court = db.session.get_one(Court, self.court_id)
        self.account_number = court.account_number
        self.maker, self.checker = (
            make_user(stage.clock.now(), Role.FINANCE, court=court).id for _ in range(2)
        )

    @property
    def now(self):
        return self.stage.clock.now()

    def pay_out(self):
        """The provider sends what it holds, and we have read of it; its name."""
        self.stage.control("payouts")
        self.stage.clock.advance(minutes=10)
        self.stage.work()
        db.session.rollback()
        return db.session.scalar(
            select(ProviderPayout.provider_id).order_by(ProviderPayout.id.desc()).limit(1)
        )

    def let_it_arrive(self):
        """A day later the provider says that it is paid, and names all that was in it."""
        self.stage.clock.advance(days=1)
        self.stage.deliver()
        self.stage.work()

    def show(self, amount, text, name="STRIPE PAYMENTS"):
        """The bank's file has a line for it; returns the line's id."""
        head = f"账号：{self.account_number}"
        day = beijing(self.now).date()
        row = f"{day},{yuan(amount)},,{yuan(amount)},{name},990000000001,{text},BK{amount}"
        data = f"{head}\r\n{HEAD}\r\n{row}\r\n".encode()
        with transaction():
            import_statements(
                self.court_id,
                data,
                read_statements(data),
                name="bank.csv",
                actor_id=self.maker,
                now=self.now,
            )
        self.stage.work()
        db.session.rollback()
        return db.session.scalar(select(BankLine.id).order_by(BankLine.id.desc()).limit(1))

    def reconcile(self):
        with transaction():
            run_id = runs.start_run(self.court_id, actor_id=self.maker, now=self.now).id
        assert runs.go_on(run_id, now=self.now, is_time_up=lambda: False)
        db.session.rollback()

    def open_items(self):
        db.session.rollback()
        query = select(ReconciliationItem).where(ReconciliationItem.status == ItemStatus.OPEN)
        return list(db.session.scalars(query.order_by(ReconciliationItem.id)))

    def figures(self, place):
        db.session.rollback()
        return place_figures(self.court_id, place, beijing_day(self.now))

    def arrive(self, line_id, actor):
        """A person says which line the only payout is."""
        [view] = payouts_under_way(self.court_id)
        with transaction():
            book_arrival(view.row.id, line_id, court_id=self.court_id, actor_id=actor, now=self.now)
        db.session.rollback()
        return db.session.scalars(select(PayoutArrival).order_by(PayoutArrival.id.desc())).first()


one_database = pytest.mark.parametrize("sides", ["sqlite"], indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def sides(request, make_app, clock, tmp_path):
    with open_stage(make_app, clock, tmp_path, request.param) as stage:
        yield ThreeSides(stage)


def test_charges_fees_payout_and_bank_line_agree_without_a_person(sides):
    name = sides.pay_out()
    sides.reconcile()
    [waiting] = sides.open_items()  # the payout has left the provider, the bank does not show it
    assert (waiting.place, waiting.amount_minor) == (Place.PROVIDER, -3 * NET)
    assert waiting.carried_for is CarryReason.IN_TRANSIT
    sides.let_it_arrive()
    sides.show(3 * NET, f"STRIPE {name}")
    sides.reconcile()
    assert sides.open_items() == []
    for place, amount in ((Place.BANK, 3 * NET), (Place.PROVIDER, 0)):
        figures = sides.figures(place)
        assert (figures.ledger_minor, figures.outside_minor) == (amount, amount)
        assert figures.components == ()
    db.session.rollback()
    arrival = db.session.scalars(select(PayoutArrival)).one()
    assert (arrival.status, arrival.recorded_by) == (ArrivalStatus.STANDING, None)
    sides.reconcile()
    assert db.session.scalars(select(PayoutArrival)).one().id == arrival.id
    assert sides.stage.books(sides.first)["bank"] == (3 * NET, 0)


def test_a_payout_that_no_line_names_is_recognised_by_two_people_above_the_limit(sides):
    sides.pay_out()
    sides.let_it_arrive()
    line_id = sides.show(3 * NET, "来账", name="某支付公司")
    sides.reconcile()
    [view] = payouts_under_way(sides.court_id)
    assert [line.id for line in view.lines] == [line_id]
    arrival_id = sides.arrive(line_id, sides.maker).id
    assert payouts_under_way(sides.court_id) == []
    assert [a.row.status for a in list_arrivals(sides.court_id)] == [ArrivalStatus.PROPOSED]
    who = {"court_id": sides.court_id, "now": sides.now}
    with pytest.raises(Forbidden, match="same-person"), transaction():
        confirm_arrival(arrival_id, actor_id=sides.maker, **who)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(PayoutArrival).values(status=ArrivalStatus.STANDING))
    with pytest.raises(NotFound), transaction():
        confirm_arrival(arrival_id, actor_id=sides.checker, court_id=999, now=sides.now)
    assert sides.stage.books(sides.first)["suspense"] == (3 * NET, 0)
    for _ in range(2):  # once more changes nothing
        with transaction():
            confirm_arrival(arrival_id, actor_id=sides.checker, **who)
    assert "suspense" not in sides.stage.books(sides.first)
    assert db.session.get_one(BankLine, line_id).status is LineStatus.PLACED
    sides.reconcile()
    assert sides.open_items() == []


@one_database
def test_a_payout_below_the_limit_is_booked_by_one_and_a_wrong_line_is_refused(sides):
    with transaction():
        court = db.session.get_one(Court, sides.court_id)
        court.settings = {**court.settings, "second_person_above_minor": 3 * NET}
    sides.pay_out()
    sides.let_it_arrive()
    wrong = sides.show(NET, "来账", name="某支付公司")
    with pytest.raises(DomainError, match="amount-differs"):
        sides.arrive(wrong, sides.maker)
    right = sides.show(3 * NET, "来账", name="某支付公司")
    arrival = sides.arrive(right, sides.maker)
    assert (arrival.status, arrival.second_id) == (ArrivalStatus.STANDING, None)
    payout_id, who = arrival.payout_id, {"court_id": sides.court_id, "now": sides.now}
    with transaction():
        again = book_arrival(payout_id, right, actor_id=sides.checker, **who)
        assert again.id == arrival.id
    with pytest.raises(DomainError, match="payout-known"), transaction():
        book_arrival(payout_id, wrong, actor_id=sides.checker, **who)
    with pytest.raises(DomainError, match="wrong-state"), transaction():
        withdraw_arrival(arrival.id, actor_id=sides.checker, **who)


@one_database
def test_a_proposal_taken_back_leaves_payout_and_line_as_they_were(sides):
    sides.pay_out()
    sides.let_it_arrive()
    line_id = sides.show(3 * NET, "来账", name="某支付公司")
    arrival = sides.arrive(line_id, sides.maker)
    with transaction():
        withdraw_arrival(arrival.id, court_id=sides.court_id, actor_id=sides.maker, now=sides.now)
    [view] = payouts_under_way(sides.court_id)
    assert [line.id for line in view.lines] == [line_id]
    assert list_arrivals(sides.court_id) == []
    assert sides.arrive(line_id, sides.checker).status is ArrivalStatus.PROPOSED
