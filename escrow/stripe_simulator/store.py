"""Everything the simulator knows lives in one SQLite file.

A connection is opened for each piece of work and every writing transaction begins IMMEDIATE,
so threads, greenlets and processes may share the file. No transaction waits for anything but
the file itself: calls out (webhooks, told delays) happen between transactions.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escrow.stripe_simulator.errors import Json, missing_object

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    due_at INTEGER,
    body TEXT NOT NULL,
    private TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_due ON object (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS object_intent
    ON object (json_extract(body, '$.payment_intent')) WHERE kind IN ('charge', 'refund');
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    reserved_at INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    status INTEGER,
    body TEXT
);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL REFERENCES object (id),
    due_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_status INTEGER,
    delivered_at INTEGER
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_at) WHERE delivered_at IS NULL;
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    method TEXT,
    path TEXT,
    seconds INTEGER NOT NULL DEFAULT 0,
    times INTEGER NOT NULL CHECK (times >= 0)
);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_PREFIXES = {
    "payment_intent": "pi_",
    "charge": "ch_",
    "refund": "re_",
    "balance_transaction": "txn_",
    "checkout.session": "cs_test_",
    "payout": "po_",
    "dispute": "dp_",
    "event": "evt_",
    "item": "li_",
    "payment_method": "pm_",
}
_COMPARISONS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def make_id(kind: str) -> str:
    """A fresh identifier in the form Stripe uses for the kind."""
    return _PREFIXES[kind] + secrets.token_hex(12)


@dataclass
class Row:
    """A stored object: what the API shows, what only the simulator knows, when it falls due."""

    body: Json
    private: Json
    due_at: int | None
    seq: int


@dataclass
class Work:
    """One transaction at one instant, on behalf of one request (or of time passing)."""

    connection: sqlite3.Connection
    now: int
    request_id: str | None = None
    idempotency_key: str | None = None
    sends_webhooks: bool = True
    public_base: str = ""

    def add(
        self,
        body: Json,
        *,
        due_at: int | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> Json:
        """A new object is written."""
        self.connection.execute(
            "INSERT INTO object (id, kind, created, due_at, body, private)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                body["id"],
                body["object"],
                self.now,
                due_at,
                json.dumps(body, ensure_ascii=False),
                json.dumps(private or {}, ensure_ascii=False),
            ),
        )
        return body

    def find(self, kind: str, object_id: str) -> Row | None:
        """The stored object, or None."""
        row = self.connection.execute(
            "SELECT body, private, due_at, seq FROM object WHERE id = ? AND kind = ?",
            (object_id, kind),
        ).fetchone()
        return None if row is None else _row(row)

    def load(self, kind: str, object_id: str, param: str = "id") -> Row:
        """The stored object; what does not exist is a 404 naming the parameter."""
        row = self.find(kind, object_id)
        if row is None:
            raise missing_object(kind, object_id, param)
        return row

    def save(self, row: Row) -> Json:
        """A changed object is written back."""
        self.connection.execute(
            "UPDATE object SET body = ?, private = ?, due_at = ? WHERE id = ?",
            (
                json.dumps(row.body, ensure_ascii=False),
                json.dumps(row.private, ensure_ascii=False),
                row.due_at,
                row.body["id"],
            ),
        )
        return row.body

    def select(
        self,
        kind: str,
        *,
        equal: Mapping[str, object] | None = None,
        private: Mapping[str, object] | None = None,
        created: Mapping[str, int] | None = None,
        among: tuple[str, Sequence[str]] | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = -1,
    ) -> list[Row]:
        """Objects of a kind, newest first, by field values and place in the list.

        Field names come from this package alone and are therefore safe inside the statement.
        """
        where: list[str] = ["kind = ?"]
        bound: list[object] = [kind]
        for column, fields in (("body", equal), ("private", private)):
            for name, value in (fields or {}).items():
                where.append(f"json_extract({column}, '$.{name}') = ?")
                bound.append(value)
        for comparison, instant in (created or {}).items():
            where.append(f"created {_COMPARISONS[comparison]} ?")
            bound.append(instant)
        if among is not None:
            marks = ", ".join("?" * len(among[1]))
            where.append(f"json_extract(body, '$.{among[0]}') IN ({marks})")
            bound.extend(among[1])
        if after is not None:
            where.append("seq < ?")
            bound.append(after)
        if before is not None:
            where.append("seq > ?")
            bound.append(before)
        order = "ASC" if before is not None else "DESC"
        found = self.connection.execute(
            "SELECT body, private, due_at, seq FROM object"  # noqa: S608 - our own field names
            f" WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?",
            (*bound, limit),
        ).fetchall()
        rows = [_row(item) for item in found]
        return rows[::-1] if before is not None else rows

    def find_due(self) -> list[Row]:
        """Objects whose moment has come, the earliest first."""
        found = self.connection.execute(
            "SELECT body, private, due_at, seq FROM object"
            " WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, seq LIMIT 200",
            (self.now,),
        ).fetchall()
        return [_row(item) for item in found]


def _row(found: tuple[str, str, int | None, int]) -> Row:
    return Row(json.loads(found[0]), json.loads(found[1]), found[2], found[3])


class Store:
    """The file, and the two ways to work on it."""

    def __init__(self, path: str | Path, *, public_base: str, sends_webhooks: bool) -> None:
        self.path = str(path)
        self.public_base = public_base
        self.sends_webhooks = sends_webhooks
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            connection.execute(
                "INSERT OR IGNORE INTO setting VALUES ('page_key', ?)", (secrets.token_hex(32),)
            )
            found = connection.execute("SELECT value FROM setting WHERE name = 'page_key'")
            self.page_key: str = found.fetchone()[0]

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextmanager
    def reading(self, now: int) -> Iterator[Work]:
        """A consistent view; nothing is written."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            try:
                yield Work(connection, now)
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(
        self,
        now: int,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Iterator[Work]:
        """All that is written inside is kept together, or none of it."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Work(
                    connection,
                    now,
                    request_id,
                    idempotency_key,
                    self.sends_webhooks,
                    self.public_base,
                )
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
