"""A closed day does not change; and what every account held at any moment can be said."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from builders import make_court, make_user
from ledger_books import Books
from processes import wait_until
from sqlalchemy import select, text

from auction.accounts.roles import Role
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from escrow.ledger import (
    AccountKind,
    Basis,
    CloseStatus,
    DayClose,
    IfClosed,
    Phase,
    Side,
    Sums,
    Transfer,
    balance_as_of,
    check_ledger,
    closed_through,
    confirm_day_close,
    day_end,
    list_day_closes,
    open_close_of,
    post_many,
    propose_day_close,
    resolve_hold,
    reverse,
    trial_balance_as_of,
    withdraw_day_close,
)
from escrow.ledger.closing import count_day

DAY = timedelta(days=1)


@pytest.fixture
def people(books):
    return [make_user(books.now, Role.FINANCE).id for _ in range(2)]


def propose(books, day, person, at):
    with transaction():
        return propose_day_close(books.court_id, day, actor_id=person, now=at).id


def confirm(books, close_id, person, at):
    with transaction():
        return confirm_day_close(close_id, court_id=books.court_id, actor_id=person, now=at).status


def close(books, day, people, at):
    confirm(books, propose(books, day, people[0], at), people[1], at)


def test_two_people_close_a_day_and_it_is_on_record(books, people):
    books.post(books.received(500))
    today, tomorrow = books.now.date(), books.now + DAY
    with pytest.raises(DomainError, match="day-not-over"):
        propose(books, today, people[0], books.now)
    proposal = propose(books, today, people[0], tomorrow)
    assert open_close_of(books.court_id).totals == {
        "CNY": {"provider": [500, 0], "deposit": [0, 500]}
    }
    with pytest.raises(DomainError, match="same-person"):
        confirm(books, proposal, people[0], tomorrow)
    with pytest.raises(DomainError, match="close-proposed"):
        propose(books, today, people[0], tomorrow)
    assert closed_through(books.court_id) is None
    assert confirm(books, proposal, people[1], tomorrow) is CloseStatus.CLOSED
    assert confirm(books, proposal, people[1], tomorrow) is CloseStatus.CLOSED
    assert closed_through(books.court_id) == today
    with pytest.raises(DomainError, match="day-closed"):
        propose(books, today, people[0], tomorrow)
    acts = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == proposal))
    assert {"propose-day-close", "confirm-day-close", "state"} <= set(acts)
    assert check_ledger() == []


def test_another_court_sees_and_closes_its_own_days_alone(books, people):
    elsewhere = make_court(books.now).id
    proposal = propose(books, books.now.date(), people[0], books.now + DAY)
    with transaction():
        for act in (confirm_day_close, withdraw_day_close):
            with pytest.raises(DomainError, match="unknown-close"):
                act(proposal, court_id=elsewhere, actor_id=people[1], now=books.now + DAY)
    assert list_day_closes(elsewhere) == []


def test_what_was_booked_after_the_proposal_has_to_be_seen_before_the_day_is_closed(books, people):
    today, at = books.now.date(), books.now + DAY
    proposal = propose(books, today, people[0], at)
    books.post(books.received(500))
    with pytest.raises(DomainError, match="day-changed"):
        confirm(books, proposal, people[1], at)
    with transaction():
        withdraw_day_close(proposal, court_id=books.court_id, actor_id=people[0], now=at)
    with pytest.raises(DomainError, match="wrong-state"):
        confirm(books, proposal, people[1], at)
    close(books, today, people, at)
    assert [c.transfer_count for c in list_day_closes(books.court_id)] == [1]


def test_what_becomes_known_late_is_booked_in_the_first_open_day_and_says_when_it_was(
    books, people
):
    at = books.now + DAY
    books.post(books.received(500))
    close(books, books.now.date(), people, at)
    before = balance_as_of(books.deposit, day_end(books.now.date()))
    with transaction(), pytest.raises(DomainError, match="day-closed"):
        post_many([books.received(7, "typed", if_closed=IfClosed.REFUSE)], at=at)
    with transaction():
        post_many([books.received(7, "late")], at=at)
    late = db.session.scalars(select(Transfer).where(Transfer.idempotency_key == "late")).one()
    assert (late.effective_at, late.happened_at) == (day_end(books.now.date()), books.now)
    assert late.recorded_at > at, "not in what was known when the day was closed"
    assert balance_as_of(books.deposit, day_end(books.now.date())) == before
    assert balance_as_of(books.deposit, day_end(books.now.date()) + DAY).posted_minor == 507
    assert check_ledger() == []


def test_balances_of_any_moment_are_what_adding_up_gives(books, people):
    """Against a plain sum over all transfers, across closes, for both orders of time."""
    chance = random.Random(20261102)
    start, booked = books.now, []
    for number in range(60):
        now = start + timedelta(hours=number * 2)
        if number in (20, 33, 47):
            day = (now - DAY).date()
            if closed_through(books.court_id) is None or day > closed_through(books.court_id):
                close(books, day, people, now)
        effective = now - timedelta(hours=chance.randrange(40))
        with transaction():
            phase = chance.choice([Phase.SINGLE, Phase.PENDING])
            new = books.received(chance.randrange(1, 99), f"n{number}", phase=phase)
            new = type(new)(
                **{f: getattr(new, f) for f in new.__slots__} | {"effective_at": effective}
            )
            post_many([new], at=now)
        if number % 5 == 4:
            hold = db.session.scalars(
                select(Transfer).where(
                    Transfer.phase == Phase.PENDING,
                    Transfer.id.not_in(
                        select(Transfer.pending_id).where(Transfer.pending_id.is_not(None))
                    ),
                )
            ).first()
            if hold:
                with transaction():
                    resolve_hold(
                        hold,
                        amount_minor=hold.amount_minor // 2,
                        key=f"end{number}",
                        source=books.enrolment,
                        effective_at=effective,
                        at=now,
                    )
    booked = db.session.scalars(select(Transfer)).all()
    by_id = {row.id: row for row in booked}
    for basis, name in ((Basis.EFFECTIVE, "effective_at"), (Basis.RECORDED, "recorded_at")):
        for hours in range(-50, 130, 9):
            until = start + timedelta(hours=hours, milliseconds=1)
            sums = {books.deposit.id: Sums(), books.provider.id: Sums()}
            for row in booked:
                if getattr(row, name) < until:
                    held = by_id[row.pending_id].amount_minor if row.pending_id else 0
                    for side in ("debit", "credit"):
                        of = getattr(row, f"{side}_account_id")
                        sums[of] = sums[of].book(Side(side), row.phase, row.amount_minor, held)
            found = trial_balance_as_of(books.court_id, until, basis=basis)
            assert {a.id: s for a, s in found} == {a: s for a, s in sums.items() if s != Sums()}
            assert balance_as_of(books.deposit, until, basis=basis).posted_minor == sums[
                books.deposit.id
            ].balance(Side.CREDIT)
    assert len(list_day_closes(books.court_id)) == 3
    assert check_ledger() == []


def test_a_correction_of_a_closed_day_stands_in_an_open_one(books, people):
    wrong = books.post(books.received(500))[0]
    at = books.now + DAY
    close(books, books.now.date(), people, at)
    with transaction():
        undone = reverse(
            wrong, key="undo", source=books.enrolment, at=at, actor_id=people[0], note="重复入账"
        )
    assert undone.effective_at == at
    assert balance_as_of(books.deposit, day_end(books.now.date())).posted_minor == 500
    assert balance_as_of(books.deposit, at + DAY).posted_minor == 0


def test_a_close_waits_for_who_is_posting_and_who_posts_later_sees_it(make_app, clock):
    """On PostgreSQL two transactions run at once: neither loses what the other did."""
    app = make_app("postgresql")
    with app.app_context():
        books = Books(clock.now())
        people = [make_user(books.now, Role.FINANCE).id for _ in range(2)]
        at = books.now + DAY
        proposal = propose(books, books.now.date(), people[0], at)
        court_id, posted, refused = books.court_id, threading.Event(), []

        def confirm_meanwhile():
            with app.app_context():
                posted.wait(20)
                try:
                    with transaction():
                        confirm_day_close(proposal, court_id=court_id, actor_id=people[1], now=at)
                except DomainError as error:
                    refused.append(error.code)

        other = threading.Thread(target=confirm_meanwhile)
        other.start()
        with transaction() as session:
            post_many([books.received(500)], at=books.now)
            posted.set()
            waiting = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            wait_until(lambda: session.execute(waiting).scalar() > 0, 10, "the close's waiting")
        other.join(20)
        assert refused == ["day-changed"], "it saw what was posted while it waited"
        assert db.session.get(DayClose, proposal).status is CloseStatus.PROPOSED


def test_the_figures_of_a_close_cover_every_account_that_moved(books, people):
    books.post(books.received(500), books.applied(200))
    figures = count_day(books.court_id, None, day_end(books.now.date()))
    assert figures.sums == {
        books.provider.id: Sums(500, 0),
        books.deposit.id: Sums(200, 500),
        books.price.id: Sums(0, 200),
    }
    assert figures.totals["CNY"] == {
        AccountKind.PROVIDER: [500, 0],
        AccountKind.DEPOSIT: [200, 500],
        AccountKind.PRICE: [0, 200],
    }
