"""What the witness has signed, in one SQLite file that survives a power cut at any moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bidding.evidence.merkle import EMPTY_ROOT

_TABLES = """
CREATE TABLE IF NOT EXISTS seen (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS contradiction (
    origin TEXT NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL, note TEXT NOT NULL,
    against TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (origin, text)
);
CREATE TABLE IF NOT EXISTS fetched_key (address TEXT PRIMARY KEY, key TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest checkpoint of a log that was countersigned, or that none was yet."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A signed checkpoint that does not continue what was countersigned, beside that one."""

    kind: str
    at: int
    note: str
    against: str


class Transaction:
    """Reading and writing as one step: nobody else's comes in between."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def last_of(self, origin: str) -> Seen:
        """What was countersigned last of this log."""
        found = self._connection.execute(
            "SELECT size, root, note FROM seen WHERE origin = ?", (origin,)
        ).fetchone()
        return Seen(*found) if found else Seen()

    def remember(self, origin: str, seen: Seen, at: int) -> None:
        """From now on, this is the last."""
        self._connection.execute(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)",
            (origin, seen.size, seen.root, seen.note, at),
        )

    def keep_contradiction(self, origin: str, text: str, found: Contradiction) -> bool:
        """Keep what may be evidence, once for each text; whether it is new."""
        done = self._connection.execute(
            "INSERT OR IGNORE INTO contradiction VALUES (?, ?, ?, ?, ?, ?)",
            (origin, text, found.kind, found.note, found.against, found.at),
        )
        return done.rowcount == 1

    def key_fetched_from(self, address: str) -> str | None:
        """The log's key that this address gave when it was first asked."""
        found = self._connection.execute(
            "SELECT key FROM fetched_key WHERE address = ?", (address,)
        ).fetchone()
        return str(found[0]) if found else None

    def remember_key(self, address: str, key: str) -> None:
        """From now on the address gives this key, whatever it says later."""
        self._connection.execute("INSERT INTO fetched_key VALUES (?, ?)", (address, key))

    def contradictions(self) -> list[Contradiction]:
        """All that were kept, in the order of their coming."""
        rows = self._connection.execute(
            "SELECT kind, at, note, against FROM contradiction ORDER BY at, rowid"
        )
        return [Contradiction(*row) for row in rows]


class Memory:
    """The file; of any number of threads and processes one at a time has it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(self._connect()) as connection:
            connection.executescript(_TABLES)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        # On the disk, and so is the end of the journal, before anything is said to anybody.
        connection.execute("PRAGMA synchronous = EXTRA")
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything in the block, or nothing of it, durable when the block is left."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
