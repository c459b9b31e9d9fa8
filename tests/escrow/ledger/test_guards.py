"""Whoever writes to the database past our code: what would falsify the books is refused there."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import timedelta

import pytest
from builders import make_case, make_user
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from auction.accounts.roles import Role
from auction.core.db import db, to_ms, transaction
from escrow.ledger import (
    AccountKind,
    Phase,
    Transfer,
    TransferKind,
    account,
    balance,
    check_ledger,
    confirm_day_close,
    day_end,
    post_many,
    propose_day_close,
    resolve_hold,
    reverse,
)

DAY = timedelta(days=1)
TABLES = ("account", "account_balance", "transfer", "day_close", "closing_balance")


class Attacked:
    """Books with something of everything in them, and the rows an attempt starts from."""

    def __init__(self, books):
        self.books, now = books, books.now
        other = make_case(now).court_id
        with transaction():
            post_many([books.received(40, "early")], at=now - 3 * DAY)
            self.foreign = account(AccountKind.BANK, other, court_id=other).id
            self.dollars = account(
                AccountKind.DEPOSIT, books.enrolment.id, court_id=books.court_id, currency="USD"
            ).id
        self.clerks = [make_user(now, Role.FINANCE).id for _ in range(2)]
        with transaction():
            day = (now - 2 * DAY).date()
            self.closed = propose_day_close(
                books.court_id, day, actor_id=self.clerks[0], now=now - DAY
            )
        with transaction():
            confirm_day_close(
                self.closed.id, court_id=books.court_id, actor_id=self.clerks[1], now=now - DAY
            )
        self.single = books.post(books.received(10_000))[0]
        self.hold = books.post(books.received(5_000, "hold", phase=Phase.PENDING))[0]
        self.done = books.post(books.received(600, "done", phase=Phase.PENDING))[0]
        self.undone = books.post(books.received(300, "undone"))[0]
        with transaction():
            common = {"source": books.enrolment, "at": now}
            resolve_hold(self.done, amount_minor=600, key="end", effective_at=now, **common)
            self.reversal = reverse(self.undone, key="undo", actor_id=None, note="", **common)
        self.accounts = {
            name: getattr(books, name).id for name in ("bank", "provider", "deposit", "price")
        }
        self.owed = balance(books.deposit).posted_minor
        self.released = {
            "phase": Phase.POST,
            "pending_id": self.hold.id,
            "amount_minor": 5_000,
            "released_minor": 5_000,
        }
        self.mirror = {
            "kind": TransferKind.REVERSAL,
            "debit_account_id": self.accounts["deposit"],
            "credit_account_id": self.accounts["provider"],
            "reverses_id": self.single.id,
        }

    def good_transfers(self):
        """The twins of what is refused: each differs from some of it in one thing."""
        return {
            "the same again": ({}, 10_000),
            "a hold in full": (self.released, 5_000),
            "a hold in part": ({**self.released, "amount_minor": 1}, 1),
            "a hold voided": ({**self.released, "phase": Phase.VOID}, 0),
            "a reversal": (self.mirror, -10_000),
        }

    def row(self, like, **change):
        """The columns of a transfer that is like another but for `change`."""
        values = {c.name: getattr(like, c.name) for c in Transfer.__table__.columns}
        return values | {"idempotency_key": "forged", "released_minor": 0} | change

    def bad_transfers(self):
        """What a transfer like the first is changed to, by what is wrong with it."""
        a, single, hold = self.accounts, self.single, self.hold
        released = self.released
        mirror = {k: v for k, v in self.mirror.items() if k != "reverses_id"}
        outgoing = {
            "debit_account_id": a["deposit"],
            "credit_account_id": a["price"],
            "amount_minor": self.owed + 1,
        }
        first = day_end(self.closed.day)
        return {
            "an account of another court": {"debit_account_id": self.foreign},
            "the court of the other account": {"court_id": self.foreign},
            "an account in another currency": {"credit_account_id": self.dollars},
            "a currency of neither account": {"currency": "USD"},
            "an account that is not there": {"debit_account_id": 10**6},
            "nothing moved": {"amount_minor": 0},
            "less than nothing": {"amount_minor": -1},
            "from an account to itself": {"credit_account_id": a["provider"]},
            "more than is owed": outgoing,
            "more held than is owed": {**outgoing, "phase": Phase.PENDING},
            "a key that is used": {"idempotency_key": "in"},
            "posting no hold": {"phase": Phase.POST},
            "releasing no hold": {"released_minor": 1},
            "a hold above its amount": {**released, "amount_minor": 5_001},
            "a hold with another amount released": {**released, "released_minor": 4_999},
            "a hold voided in part": {**released, "amount_minor": 1, "phase": Phase.VOID},
            "a hold to other accounts": {**released, "debit_account_id": a["bank"]},
            "a hold of another kind": {**released, "kind": TransferKind.PREPAID_RECEIVED},
            "a hold left as it is": {**released, "phase": Phase.SINGLE},
            "what was never held": {**released, "pending_id": single.id},
            "a hold that is not there": {**released, "pending_id": 10**6},
            "a hold twice": {
                **released,
                "pending_id": self.done.id,
                "amount_minor": 600,
                "released_minor": 600,
            },
            "reversing nothing": mirror,
            "reversing another amount": {**mirror, "reverses_id": single.id, "amount_minor": 9_999},
            "reversing in the same direction": {
                "kind": TransferKind.REVERSAL,
                "reverses_id": single.id,
            },
            "reversing by another kind": {"reverses_id": single.id},
            "reversing a hold": {**mirror, "reverses_id": hold.id, "amount_minor": 5_000},
            "reversing a reversal": {
                "kind": TransferKind.REVERSAL,
                "reverses_id": self.reversal.id,
                "amount_minor": 300,
            },
            "reversing twice": {**mirror, "reverses_id": self.undone.id, "amount_minor": 300},
            "taking effect in a closed day": {"effective_at": first - timedelta(milliseconds=1)},
            "recorded before the last close": {"recorded_at": self.closed.confirmed_at},
            "late before it happened": {"happened_at": single.effective_at},
        }

    def bad_statements(self):
        """Statements by what they would do."""
        a, close, last = self.accounts, self.closed.id, self.single.id
        balance_of = f"account_balance SET {{}} WHERE account_id = {a['deposit']}"
        later = to_ms(day_end(self.closed.day + DAY))
        proposal = (
            "INSERT INTO day_close (court_id, day, closes_at, status, totals, transfer_count, "
            "sha256, note, proposed_by, proposed_at, confirmed_by, confirmed_at) "
            f"SELECT court_id, '2026-10-31', {{closes}}, {{status}}, totals, 0, sha256, '', "
            f"proposed_by, proposed_at, {{second}}, confirmed_at FROM day_close WHERE id = {close}"
        )
        return {
            "another amount": "UPDATE transfer SET amount_minor = 1",
            "another note": "UPDATE transfer SET note = 'x'",
            "no transfer": "DELETE FROM transfer",
            "one transfer less": f"DELETE FROM transfer WHERE id = {last}",
            "an account of another side": "UPDATE account SET normal_side = 'debit'",
            "an account less": f"DELETE FROM account WHERE id = {a['price']}",
            "a liability that may be overdrawn": "INSERT INTO account (court_id, kind, owner_type, "
            "owner_id, currency, normal_side) VALUES "
            f"({self.books.court_id}, 'deposit', 'enrolment', 999, 'CNY', 'debit')",
            "more on an account": f"UPDATE {balance_of.format('credits_posted = credits_posted+1')}",
            "less on an account": f"UPDATE {balance_of.format('credits_posted = credits_posted - 1')}",
            "overdrawn": f"UPDATE {balance_of.format('debits_posted = credits_posted + 1')}",
            "a hold forgotten": f"UPDATE {balance_of.format('credits_pending = 0')}",
            "a transfer booked again": "UPDATE "
            + balance_of.format(
                f"credits_posted = credits_posted + 10000, last_transfer_id = {last}"
            ),
            "an earlier state": f"UPDATE {balance_of.format('last_transfer_id = 0')}",
            "a liability no more": f"UPDATE {balance_of.format('is_liability = (1 = 0)')}",
            "another account's balance": f"UPDATE {balance_of.format('account_id = 10000')}",
            "no balance": "DELETE FROM account_balance",
            "a balance from nowhere": "INSERT INTO account_balance (account_id, is_liability, "
            "debits_posted, credits_posted, debits_pending, credits_pending, last_transfer_id) "
            f"VALUES ({a['deposit']}, (1 = 1), 0, 5, 0, 0, 0)",
            "a day reopened": "UPDATE day_close SET status = 'withdrawn', confirmed_by = NULL, "
            f"confirmed_at = NULL WHERE id = {close}",
            "a close of another day": f"UPDATE day_close SET closes_at = {later}",
            "other figures": "UPDATE day_close SET sha256 = 'x'",
            "no close": "DELETE FROM day_close",
            "closed without being proposed": proposal.format(
                closes=later, status="'closed'", second=self.clerks[1]
            ),
            "closed by one person": proposal.format(
                closes=later, status="'proposed'", second="proposed_by"
            ),
            "closed at no midnight": proposal.format(
                closes=later - 1, status="'proposed'", second="NULL"
            ).replace("NULL, confirmed_at", "NULL, NULL"),
            "closed before it is over": proposal.format(
                closes=to_ms(self.books.now) + 86_400_000, status="'proposed'", second="NULL"
            ).replace("NULL, confirmed_at", "NULL, NULL"),
            "other sums carried": "UPDATE closing_balance SET debits_posted = 1",
            "no sums carried": "DELETE FROM closing_balance",
        }


POSTGRESQL = {f"{table} emptied": f"TRUNCATE {table} CASCADE" for table in TABLES}
SQLITE = {
    "a transfer replaced": "INSERT OR REPLACE INTO transfer SELECT * FROM transfer WHERE id = 1",
    "an account replaced": "INSERT OR REPLACE INTO account SELECT * FROM account WHERE id = 1",
    "a balance replaced": "REPLACE INTO account_balance (account_id, is_liability, debits_posted, "
    "credits_posted, debits_pending, credits_pending, last_transfer_id) "
    "SELECT account_id, is_liability, 0, 0, 0, 0, 0 FROM account_balance",
    "a close replaced": "INSERT OR REPLACE INTO day_close SELECT id, court_id, day, closes_at, "
    "'proposed', totals, transfer_count, sha256, note, proposed_by, proposed_at, NULL, NULL "
    "FROM day_close",
}


@pytest.fixture
def attacked(books):
    return Attacked(books)


def digest():
    with db.engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")).all()
            for table in TABLES
        }


def test_what_would_falsify_the_books_is_refused_by_the_database(attacked):
    before, table = digest(), Transfer.__table__
    extra = SQLITE if db.engine.dialect.name == "sqlite" else POSTGRESQL
    attempts = {
        **{
            name: insert(table).values(
                {k: v for k, v in attacked.row(attacked.single, **change).items() if k != "id"}
            )
            for name, change in attacked.bad_transfers().items()
        },
        **{name: text(sql) for name, sql in (attacked.bad_statements() | extra).items()},
    }
    db.session.rollback()  # holds no lock that an attempt would wait for
    accepted = []
    for name, statement in attempts.items():
        with db.engine.connect() as connection, suppress(IntegrityError):
            connection.execute(statement)
            connection.commit()
            accepted.append(name)
    assert accepted == []
    assert digest() == before
    db.session.rollback()
    assert check_ledger() == []


def test_their_accepted_twins_move_the_balance_by_themselves(attacked):
    for name, (change, moved) in attacked.good_transfers().items():
        values = attacked.row(attacked.single, **change)
        del values["id"]
        with db.engine.connect() as connection:
            connection.execute(insert(Transfer.__table__).values(values))
            found = connection.execute(
                text(
                    "SELECT credits_posted - debits_posted FROM account_balance WHERE account_id = :a"
                ),
                {"a": attacked.accounts["deposit"]},
            ).scalar_one()
            connection.rollback()
        assert (name, found - attacked.owed) == (name, moved)


def test_a_sqlite_file_opened_without_our_settings_refuses_all_the_same(attacked):
    """No foreign keys, no recursive triggers: what any other program would open it with."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a file of SQLite")
    before = digest()
    names = [c.name for c in Transfer.__table__.columns if c.name != "id"]
    marks = ", ".join("?" * len(names))
    accepted = []
    with sqlite3.connect(db.engine.url.database, isolation_level=None) as file:
        for name, change in attacked.bad_transfers().items():
            row = attacked.row(attacked.single, **change)
            values = [to_ms(row[n]) if n.endswith("_at") and row[n] else row[n] for n in names]
            for verb in ("INSERT", "INSERT OR REPLACE"):
                with suppress(sqlite3.IntegrityError):
                    file.execute(
                        f"{verb} INTO transfer ({', '.join(names)}) VALUES ({marks})", values
                    )
                    accepted.append((verb, name))
        for name, sql in (attacked.bad_statements() | SQLITE).items():
            with suppress(sqlite3.IntegrityError):
                file.execute(sql)
                accepted.append(name)
    assert accepted == []
    assert digest() == before
