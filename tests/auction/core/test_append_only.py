"""What the database itself refuses: changing or removing an audit entry (INV-13)."""

from __future__ import annotations

import pytest
from builders import make_court
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from auction.core.audit import AuditEntry, record
from auction.core.db import append_only_ddl, db, transaction


@pytest.fixture
def entry(any_app, clock):
    court = make_court(clock.now())
    with transaction():
        record("open", court, actor_id=None, at=clock.now(), detail={"why": "test"})
    return db.session.query(AuditEntry).one().id


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'x'",
        "UPDATE audit_entry SET detail = detail",
        "DELETE FROM audit_entry",
    ],
)
def test_an_audit_entry_is_neither_changed_nor_removed(entry, statement):
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(statement))
    assert db.session.get(AuditEntry, entry).action == "open"


def test_the_table_is_not_emptied_either(make_app, clock):
    app = make_app("postgresql")
    with app.app_context():
        with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
            session.execute(text("TRUNCATE audit_entry"))
        db.session.remove()


def test_named_columns_may_still_change():
    statements = [sql for kind, sql in append_only_ddl("t", ["id", "a", "done_at"], ("done_at",))]
    updates = [sql for sql in statements if "BEFORE UPDATE" in sql]
    assert len(updates) == 2
    assert all('UPDATE OF "id", "a" ON' in sql for sql in updates)
