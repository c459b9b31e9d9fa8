"""Transactions: opened once at the edge, nothing written outside, nothing lost between writers."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime

import pytest
from builders import make_court
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, OperationalError

from auction.core import db as core_db
from auction.core.db import (
    after_commit,
    db,
    from_ms,
    in_transaction,
    to_ms,
    transaction,
    write_connection,
)
from auction.courts.models import Court

THREADS, ROUNDS = 4, 200


def test_a_second_transaction_inside_the_first_is_refused(app):
    with transaction(), pytest.raises(RuntimeError, match="only the edge"):
        transaction().__enter__()
    assert not in_transaction()


def test_writing_outside_a_transaction_is_refused(app, clock):
    court = make_court(clock.now())
    court.name = "改名法院"
    with pytest.raises(RuntimeError, match="outside"):
        db.session.flush()
    db.session.rollback()
    db.session.add(Court(code="X"))
    with pytest.raises(RuntimeError, match="outside"):
        transaction().__enter__()
    db.session.rollback()


def test_what_is_done_after_the_commit_is_not_done_after_a_failure(app, clock):
    done = []
    with transaction():
        after_commit(lambda: done.append("first"))
        assert done == []
    assert done == ["first"]
    with pytest.raises(KeyError), transaction():  # noqa: PT012  # what is tested is the block
        after_commit(lambda: done.append("second"))
        raise KeyError("fault")
    assert done == ["first"]


def test_a_failed_transaction_leaves_nothing_and_the_next_one_works(any_app, clock):
    court = make_court(clock.now())
    with pytest.raises(IntegrityError), transaction() as session:  # noqa: PT012  # the block
        session.execute(update(Court).values(name="改名"))
        session.add(Court(code=court.code))
        session.flush()
    assert db.session.get(Court, court.id).name != "改名"
    with transaction() as session:
        session.get(Court, court.id).name = "新名"
    assert db.session.get(Court, court.id).name == "新名"


def test_what_was_read_before_a_transaction_is_read_again_inside(any_app, clock):
    court_id = make_court(clock.now()).id
    stale = db.session.get(Court, court_id)
    assert stale.address == "测试市法院路1号"

    def rename():
        with any_app.app_context(), transaction() as session:
            session.execute(update(Court).values(address="新址"))

    other = threading.Thread(target=rename)
    other.start()
    other.join()
    with transaction():
        assert db.session.get(Court, court_id, with_for_update=True).address == "新址"


def test_no_update_is_lost_between_four_writers(any_app, clock):
    """P-01: read, add one, write; with the defaults of either database hundreds get lost."""
    court_id = make_court(clock.now(), settings={"count": 0}).id
    faults = []

    def count_up():
        try:
            for _ in range(ROUNDS):
                with any_app.app_context(), transaction() as session:
                    court = session.get(
                        Court, court_id, with_for_update=True, populate_existing=True
                    )
                    court.settings = {"count": court.settings["count"] + 1}
        except Exception as error:
            faults.append(error)

    writers = [threading.Thread(target=count_up) for _ in range(THREADS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not faults
    db.session.rollback()
    assert db.session.get(Court, court_id).settings["count"] == THREADS * ROUNDS


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 2, 2, 0, 0, 1000, UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
        datetime(2199, 1, 1, tzinfo=UTC),
    ],
)
def test_moments_survive_storage_to_the_millisecond(moment):
    assert from_ms(to_ms(moment)) == moment


def test_a_naive_moment_is_refused_by_the_column(app):
    with pytest.raises(Exception, match="naive datetime"):
        make_court(datetime(2026, 1, 1))
    db.session.rollback()


def test_foreign_keys_are_enforced_on_both_databases(any_app, clock):
    """P-03: SQLite does so only when told on every connection."""
    from auction.accounts.models import UserSession

    with pytest.raises(IntegrityError), transaction() as session:
        session.add(
            UserSession(
                user_id=999_999,
                token_hash="x",
                created_at=clock.now(),
                last_seen_at=clock.now(),
                expires_at=clock.now(),
            )
        )


def test_on_sqlite_a_foreign_writer_is_waited_for_without_stopping_this_process(app, monkeypatch):
    """The wait is ours, in short looks; inside the library it would hold up every greenlet."""
    waits = []
    foreign = sqlite3.connect(db.engine.url.database, isolation_level=None)
    foreign.execute("BEGIN EXCLUSIVE")

    class Pause:
        def wait(self, seconds):
            waits.append(seconds)
            if len(waits) == 3:
                foreign.execute("COMMIT")

    monkeypatch.setattr(core_db, "_pause", Pause())
    with write_connection(db.engine) as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
    foreign.close()
    assert len(waits) == 3


def test_on_sqlite_a_foreign_writer_that_never_ends_is_an_error_in_the_end(app, monkeypatch):
    monkeypatch.setattr(core_db, "_BUSY_ATTEMPTS", 2)
    monkeypatch.setattr(core_db, "_BUSY_PAUSE", 0.001)
    foreign = sqlite3.connect(db.engine.url.database, isolation_level=None)
    foreign.execute("BEGIN EXCLUSIVE")

    def write() -> None:
        with write_connection(db.engine) as connection:
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(OperationalError, match="locked"):
        write()
    foreign.execute("COMMIT")
    foreign.close()
    with write_connection(db.engine) as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
