"""Whatever is booked, in whatever order and by however many: the books stay whole (INV-7, INV-8)."""

from __future__ import annotations

import random
import threading

import pytest
from builders import make_bidder, make_enrolment, make_sale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from escrow.ledger import (
    Account,
    AccountKind,
    NewTransfer,
    Phase,
    Transfer,
    TransferKind,
    account,
    check_ledger,
    post,
    resolve_hold,
    reverse,
)
from escrow.ledger.models import AccountBalance

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["receive", "hold", "capture", "void", "apply", "return", "reverse", "again"]
        ),
        st.integers(0, 3),
        st.integers(-1, 60),
    ),
    min_size=1,
    max_size=25,
)


class Books:
    """A few deposits of one sale, by the ids of their rows."""

    def __init__(self, now, bidders=3):
        self.now = now
        sale = make_sale(now)
        enrolments = [make_enrolment(now, sale, make_bidder(now)) for _ in range(bidders)]
        self.source = sale
        with transaction():
            opened = [
                account(AccountKind.PROVIDER, sale.court_id, court_id=sale.court_id),
                account(AccountKind.PRICE, sale.id, court_id=sale.court_id, case_id=sale.case_id),
                *(
                    account(AccountKind.DEPOSIT, e.id, court_id=sale.court_id, case_id=sale.case_id)
                    for e in enrolments
                ),
            ]
            self.provider, self.price, *self.deposits = [row.id for row in opened]
        self.sale_id = sale.id

    def new(self, kind, debit, credit, amount, key, **more):
        return NewTransfer(
            kind=kind,
            debit=db.session.get(Account, debit),
            credit=db.session.get(Account, credit),
            amount_minor=amount,
            key=key,
            source=db.session.get(type(self.source), self.sale_id),
            effective_at=self.now,
            **more,
        )

    def act(self, what, which, amount, key):
        """One step; what the books refuse is refused, and must leave nothing behind."""
        deposit = self.deposits[which % len(self.deposits)]
        with transaction():
            if what in ("receive", "hold"):
                phase = Phase.PENDING if what == "hold" else Phase.SINGLE
                kind = TransferKind.DEPOSIT_RECEIVED
                post(
                    [self.new(kind, self.provider, deposit, amount, key, phase=phase)],
                    at=self.now,
                )
            elif what == "apply":
                kind = TransferKind.DEPOSIT_APPLIED
                post([self.new(kind, deposit, self.price, amount, key)], at=self.now)
            elif what == "return":
                kind = TransferKind.DEPOSIT_RETURNED
                post([self.new(kind, deposit, self.provider, amount, key)], at=self.now)
            elif what in ("capture", "void"):
                hold = self.pick(which, Phase.PENDING)
                if hold is not None:
                    resolve_hold(
                        hold,
                        amount_minor=max(amount, 1) if what == "capture" else 0,
                        key=key,
                        source=hold,
                        effective_at=self.now,
                        at=self.now,
                    )
            elif what == "reverse":
                booked = self.pick(which, Phase.SINGLE)
                if booked is not None:
                    reverse(booked, key=key, source=booked, at=self.now, actor_id=None, note="test")

    def pick(self, which, phase):
        rows = db.session.scalars(
            select(Transfer).where(Transfer.phase == phase).order_by(Transfer.id.desc()).limit(4)
        ).all()
        return rows[which % len(rows)] if rows else None


def assert_whole():
    db.session.rollback()
    assert check_ledger() == []
    rows = db.session.scalars(select(AccountBalance)).all()
    debits = sum(r.debits_posted for r in rows)
    booked = sum(r.credits_posted for r in rows)
    assert debits == booked
    assert sum(r.debits_pending for r in rows) == sum(r.credits_pending for r in rows)
    assert all(
        r.credits_posted >= r.debits_posted + r.debits_pending for r in rows if r.is_liability
    )
    # every hold is resolved at most once, and never for more than was held
    for hold in db.session.scalars(select(Transfer).where(Transfer.phase == Phase.PENDING)).all():
        ends = db.session.scalars(select(Transfer).where(Transfer.pending_id == hold.id)).all()
        assert len(ends) <= 1
        assert all(end.amount_minor <= hold.amount_minor for end in ends)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_order_of_bookings_breaks_the_books(make_app, clock, database):
    app = make_app(database)
    with app.app_context():

        @settings(
            max_examples=25 if database == "sqlite" else 12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(steps=STEPS, seed=st.integers(0, 2**32))
        def run(steps, seed):
            books = Books(clock.now())
            done = []
            for number, (what, which, amount) in enumerate(steps):
                order = (what, which, amount, f"{books.sale_id}:{seed}:{number}")
                if what == "again" and done:
                    order = done[which % len(done)]
                try:
                    books.act(*order)
                except DomainError:
                    continue
                done.append(order)
            assert_whole()

        run()


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_64_threads_lose_nothing_and_double_nothing(make_app, clock, database):
    app = make_app(database)
    with app.app_context():
        books = Books(clock.now())
        with transaction():
            post(
                [
                    books.new(
                        TransferKind.DEPOSIT_RECEIVED,
                        books.provider,
                        deposit,
                        1000,
                        f"in:{deposit}",
                    )
                    for deposit in books.deposits
                ],
                at=books.now,
            )
    refusals, gate = [], threading.Barrier(64)

    def run(number):
        chance = random.Random(number)
        gate.wait(30)
        with app.app_context():
            for turn in range(4):
                debit = chance.choice(books.deposits)
                # eight threads share each key: same key, same content, booked once
                key = f"out:{number // 8}:{turn}:{debit}"
                try:
                    with transaction():
                        kind = TransferKind.DEPOSIT_APPLIED
                        post([books.new(kind, debit, books.price, 100, key)], at=books.now)
                except DomainError as refusal:
                    refusals.append(refusal.code)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert set(refusals) <= {"overdrawn"}
    with app.app_context():
        assert_whole()
        applied = db.session.scalar(
            select(func.sum(Transfer.amount_minor)).where(
                Transfer.kind == TransferKind.DEPOSIT_APPLIED
            )
        )
        price = db.session.get(AccountBalance, books.price)
        assert applied == price.credits_posted == 3000  # all there was, and not a fen more
        assert len(refusals) > 0
