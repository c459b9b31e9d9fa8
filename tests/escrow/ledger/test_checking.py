"""`ledger check` finds by row what somebody with the keys to the database has done."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import make_case, make_user
from sqlalchemy import text

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from escrow.ledger import (
    AccountKind,
    Phase,
    account,
    check_ledger,
    checking,
    confirm_day_close,
    find_faults,
    post_many,
    propose_day_close,
    resolve_hold,
    reverse,
)

DAY = timedelta(days=1)
COPY = (
    "INSERT INTO transfer (court_id, kind, debit_account_id, credit_account_id, amount_minor, "
    "currency, phase, pending_id, released_minor, reverses_id, case_id, source_type, source_id, "
    "effective_at, recorded_at, idempotency_key, note) SELECT {} FROM transfer WHERE id = :first"
)
COLUMNS = {
    name: name
    for name in [
        "court_id",
        "kind",
        "debit_account_id",
        "credit_account_id",
        "amount_minor",
        "currency",
        "phase",
        "pending_id",
        "released_minor",
        "reverses_id",
        "case_id",
        "source_type",
        "source_id",
        "effective_at",
        "recorded_at",
    ]
} | {
    "effective_at": "effective_at + 345600000",  # four days later: after the close
    "recorded_at": "recorded_at + 345600000",
    "idempotency_key": "'forged'",
    "note": "''",
}


def copy(**change):
    """A transfer like the first, but for these columns."""
    return COPY.format(", ".join({**COLUMNS, **change}.values()))


# What is done → the faults that tell of it.
FORGERIES = {
    "a balance": (
        "UPDATE account_balance SET credits_posted = credits_posted - 1 WHERE account_id = :deposit",
        {("balance-differs", "account :deposit")},
    ),
    "a balance's last transfer": (
        "UPDATE account_balance SET last_transfer_id = 1 WHERE account_id = :deposit",
        {("balance-differs", "account :deposit")},
    ),
    "no balance": (
        "DELETE FROM account_balance WHERE account_id = :price",
        {("no-balance", "account :price")},
    ),
    "a transfer that no rule allows": (
        copy(debit_account_id="credit_account_id", credit_account_id="debit_account_id"),
        {
            ("not-allowed", "transfer :new"),
            ("balance-differs", "account :deposit"),
            ("balance-differs", "account :provider"),
        },
    ),
    "more than was owed": (
        copy(
            kind="'deposit-applied'",
            debit_account_id=":deposit",
            credit_account_id=":price",
            amount_minor="1000000",
        ),
        {
            ("was-overdrawn", "transfer :new"),
            ("overdrawn", "account :deposit"),
            ("balance-differs", "account :deposit"),
            ("balance-differs", "account :price"),
        },
    ),
    "a hold that is not there": (
        copy(phase="'post'", pending_id=":first", released_minor="amount_minor"),
        {
            ("not-its-hold", "transfer :new"),
            ("balance-differs", "account :deposit"),
            ("balance-differs", "account :provider"),
        },
    ),
    "a reversal of another amount": (
        copy(
            kind="'reversal'",
            debit_account_id="credit_account_id",
            credit_account_id="debit_account_id",
            amount_minor="amount_minor - 1",
            reverses_id=":first",
        ),
        {
            ("not-a-mirror", "transfer :new"),
            ("balance-differs", "account :deposit"),
            ("balance-differs", "account :provider"),
        },
    ),
    "another court's account": (
        copy(debit_account_id=":foreign"),
        {
            ("other-court", "transfer :new"),
            ("balance-differs", "account :deposit"),
            ("balance-differs", "account :foreign"),
        },
    ),
    "another amount": (
        "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = :first",
        {
            ("balance-differs", "account :deposit"),
            ("balance-differs", "account :provider"),
            ("close-differs", "day close :close"),
        },
    ),
    "a transfer in a closed day": (
        copy(effective_at="effective_at"),
        {
            ("in-closed-day", "transfer :new"),
            ("balance-differs", "account :deposit"),
            ("balance-differs", "account :provider"),
            ("close-differs", "day close :close"),
        },
    ),
    "carried sums": (
        "UPDATE closing_balance SET debits_posted = debits_posted + 1 WHERE account_id = :provider",
        {("close-differs", "day close :close")},
    ),
    "what was known at a close": (
        "UPDATE closing_balance SET known_debits_posted = 0 WHERE account_id = :provider",
        {("close-differs", "day close :close")},
    ),
    "sums not carried": ("DELETE FROM closing_balance", {("close-differs", "day close :close")}),
    "a close's figures": (
        "UPDATE day_close SET transfer_count = 7",
        {("close-differs", "day close :close")},
    ),
}


@pytest.fixture
def whole(books):
    """Books with something of everything in them; the ids that forgeries name."""
    with transaction():
        early = books.now - 3 * DAY
        post_many([replace(books.received(10_000, "first"), effective_at=early)], at=early)
    people = [make_user(books.now, Role.FINANCE).id for _ in range(2)]
    with transaction():
        day = (books.now - 2 * DAY).date()
        closed = propose_day_close(books.court_id, day, actor_id=people[0], now=books.now - DAY)
    with transaction():
        confirm_day_close(
            closed.id, court_id=books.court_id, actor_id=people[1], now=books.now - DAY
        )
    hold, undone = books.post(
        books.received(5_000, "hold", phase=Phase.PENDING), books.received(300, "undone")
    )
    other = make_case(books.now).court_id
    with transaction():
        common = {"source": books.enrolment, "at": books.now}
        resolve_hold(hold, amount_minor=4_000, key="end", effective_at=books.now, **common)
        reverse(undone, key="undo", actor_id=None, note="", **common)
        foreign = account(AccountKind.BANK, other, court_id=other).id
    with db.engine.connect() as connection:
        first = connection.execute(
            text("SELECT id FROM transfer WHERE idempotency_key = 'first'")
        ).scalar_one()
    return {
        "first": first,
        "deposit": books.deposit.id,
        "provider": books.provider.id,
        "price": books.price.id,
        "foreign": foreign,
        "close": closed.id,
    }


def forge(session, sql, ids):
    """Run a statement with the database's own guard out of the way; the highest transfer then."""
    for name in sorted(ids, key=len, reverse=True):
        sql = sql.replace(f":{name}", str(ids[name]))
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.exec_driver_sql(triggers).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    else:
        connection.exec_driver_sql(
            "ALTER TABLE account_balance DROP CONSTRAINT ck_account_balance_liability_not_negative"
        )
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    connection.exec_driver_sql(sql)
    return connection.exec_driver_sql("SELECT max(id) FROM transfer").scalar_one()


def test_whole_books_have_no_fault_and_the_command_says_so(whole, any_app):
    done = any_app.test_cli_runner().invoke(args=["ledger", "check"])
    assert (done.exit_code, done.output) == (0, "the books are whole\n")


class TakeBack(Exception):
    """The forgery has been seen."""


def test_a_forgery_is_found_by_its_row(whole):
    for what, (sql, expected) in FORGERIES.items():
        with suppress(TakeBack), transaction() as session:
            ids = {**whole, "new": forge(session, sql, whole)}
            found = {
                (fault.code, fault.subject)
                for fault in check_ledger()
                if fault.code != "guard-missing"
            }
            raise TakeBack
        wanted = set()
        for code, subject in expected:
            kind, _, name = subject.partition(":")
            wanted.add((code, f"{kind}{ids[name]}"))
        assert (what, found) == (what, wanted)


def test_the_command_names_the_faults_and_exits_with_1(whole, any_app):
    sql, _ = FORGERIES["a balance"]
    with transaction() as session:
        forge(session, sql, whole)
    done = any_app.test_cli_runner().invoke(args=["ledger", "check"])
    assert done.exit_code == 1
    assert f"balance-differs\taccount {whole['deposit']}\t" in done.output


def test_a_guard_that_is_gone_is_a_fault(books):
    with db.engine.begin() as connection:
        table = " ON transfer" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER transfer_books{table}")
    assert [(f.code, f.subject) for f in check_ledger()] == [
        ("guard-missing", "trigger transfer_books")
    ]


def test_the_check_holds_no_more_of_long_books_than_of_short_ones(books, monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 20)

    def peak():
        db.session.rollback()
        tracemalloc.start()
        assert list(find_faults()) == []
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    def grow(count, name):
        with transaction():
            post_many([books.received(1, f"{name}:{n}") for n in range(count)], at=books.now)

    grow(200, "few")
    peak()  # statements compiled once are remembered
    short = peak()
    grow(2_800, "many")
    assert peak() < short * 2
