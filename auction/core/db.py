"""One schema for SQLite and PostgreSQL, and the only place that commits or rolls back.

The defaults of both databases lose updates silently. So every writing transaction on SQLite begins
IMMEDIATE, behind one lock of this process (a waiting greenlet or thread must not block the others
inside the database library); on PostgreSQL rows are locked with FOR UPDATE; and a constraint backs
every guard.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    DDL,
    BigInteger,
    Connection,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    event,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

WRITE = "luochui_write"
_HOOKS = "luochui_after_commit"


class Base(DeclarativeBase):
    """Constraint names are regular, so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

# 64-bit keys; SQLite only counts up a plain INTEGER primary key by itself.
BigId = BigInteger().with_variant(Integer, "sqlite")

# Money columns hold integers of the currency's minor unit.
MinorUnits = BigInteger


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, to the millisecond, the same on both databases.

    Stored as an integer of milliseconds since 1970: it sorts, compares and never loses its zone.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, without going through a float."""
    span = moment - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1000 + span.microseconds // 1000


def from_ms(value: int) -> datetime:
    """The aware UTC moment of `to_ms`."""
    seconds, ms = divmod(value, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=ms * 1000)


def state_column(kind: type[StrEnum], name: str) -> Enum:
    """A status column: text, with a CHECK constraint that knows the allowed values."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda e: [m.value for m in e],
        validate_strings=True,
    )


Short = String(60)
Line = String(200)
Text = String(20_000)


def append_only(table: Table | Any, *, but: tuple[str, ...] = ()) -> None:
    """Let the database itself refuse UPDATE and DELETE on `table` (8.1.4.3, INV-13).

    `but` names columns that may still change (a moment of completion, for example).
    """
    table.info["append_only"] = but
    for statement in append_only_ddl(table.name, [c.name for c in table.columns], but):
        ddl = DDL(statement[1])  # type: ignore[no-untyped-call]  # untyped in the library
        event.listen(table, "after_create", ddl.execute_if(dialect=statement[0]))


def guard(table: Table | Any, statements: list[tuple[str, str]]) -> None:
    """Let the database keep a rule of `table` by triggers: (dialect, SQL) in the order given.

    Migrations find the statements in `table.info["guards"]`.
    """
    table.info["guards"] = [*table.info.get("guards", []), *statements]
    for dialect, sql in statements:
        ddl = DDL(sql.replace("%", "%%"))  # type: ignore[no-untyped-call]  # untyped in the library
        event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


def append_only_ddl(
    name: str, columns: list[str], but: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """The statements (dialect, SQL) that make a table append-only, for models and migrations."""
    fixed = [c for c in columns if c not in but]
    of = f" OF {', '.join(_quoted(c) for c in fixed)}" if but else ""
    refuse = f"RAISE(ABORT, '{name} is append-only')"
    table = _quoted(name)
    return [
        (
            "sqlite",
            f"CREATE TRIGGER {name}_no_update BEFORE UPDATE{of} ON {table} "
            f"BEGIN SELECT {refuse}; END",
        ),
        (
            "sqlite",
            f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {table} BEGIN SELECT {refuse}; END",
        ),
        (
            "postgresql",
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger "
            "LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$",
        ),
        (
            "postgresql",
            f"CREATE TRIGGER {name}_no_update BEFORE UPDATE{of} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        ),
        (
            "postgresql",
            f"CREATE TRIGGER {name}_no_delete BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ),
    ]


def _quoted(name: str) -> str:
    return f'"{name}"'


# ── transactions ────────────────────────────────────────────────────────────────────────────────

_sqlite_writer = threading.Lock()

_BUSY_MS = 10_000
_BUSY_PAUSE = 0.08
_pause = threading.Event()
_BUSY_ATTEMPTS = _BUSY_MS // 100


@contextmanager
def transaction() -> Iterator[Session]:
    """Run the block as one writing transaction of the request's session.

    Opened once, at the edge; services flush and never commit. Whatever the session had read before
    is read again inside. Functions given to `after_commit` run once the commit has succeeded.
    """
    session = db.session()
    if session.info.get(WRITE):
        raise RuntimeError("a transaction is open already: only the edge opens one")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside a transaction")
    session.rollback()
    lock = _sqlite_writer if db.engine.dialect.name == "sqlite" else None
    if lock is not None:
        lock.acquire()
    session.info[WRITE] = True
    session.info[_HOOKS] = []
    try:
        session.connection(execution_options={WRITE: True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(WRITE, None)
        hooks = session.info.pop(_HOOKS, [])
        if lock is not None:
            lock.release()
    for hook in hooks:
        hook()


# What is read once cannot change while it is read: on PostgreSQL that saves its begin and its end.
_READING: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "AUTOCOMMIT"},
    "sqlite": {},
}


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` once the open transaction has been committed; never if it is rolled back."""
    db.session().info[_HOOKS].append(hook)


def in_transaction() -> bool:
    """Whether the request's session is inside `transaction()`."""
    return bool(db.session().info.get(WRITE))


def forget_reads() -> None:
    """End what was being read, so that the next read sees the present; never inside a transaction.

    For edges without a request that read again and again, and for pages that wait a while.
    """
    if in_transaction():
        raise RuntimeError("a writing transaction is open")
    db.session.rollback()


@contextmanager
def write_connection(
    engine: Engine, *, after: Callable[[Connection], None] | None = None
) -> Iterator[Connection]:
    """A writing transaction on a plain connection, without the ORM: for the intake's hot path.

    `after` may read on the same connection once the commit has succeeded.
    """
    lock = _sqlite_writer if engine.dialect.name == "sqlite" else None
    with ExitStack() as writing, ExitStack() as reading:
        if lock is not None:
            lock.acquire()
            writing.callback(lock.release)
        connection = reading.enter_context(engine.connect())
        connection.execution_options(**{WRITE: True})
        try:
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        writing.close()
        if after is not None:
            connection.execution_options(**{WRITE: False}, **_READING[connection.dialect.name])
            after(connection)


@event.listens_for(Session, "before_flush")
def _refuse_writing_outside(session: Session, _context: Any, _instances: Any) -> None:
    if not session.info.get(WRITE) and (session.new or session.dirty or session.deleted):
        raise RuntimeError("written outside `with transaction():`")


@event.listens_for(Engine, "connect")
def _prepare_connection(dbapi_connection: Any, _record: Any) -> None:
    if type(dbapi_connection).__module__.startswith("sqlite3"):
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # else INSERT OR REPLACE deletes rows past their triggers
            f"busy_timeout={_BUSY_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if connection.get_execution_options().get(WRITE):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN DEFERRED")


def _begin_writing(connection: Connection) -> None:
    """Another process may be writing: we wait for it here, not inside the database library.

    There the whole process would stand still, and nobody in it could even be told to wait.
    """
    connection.exec_driver_sql("PRAGMA busy_timeout=20")
    try:
        for attempt in range(_BUSY_ATTEMPTS, -1, -1):
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError:
                if not attempt:
                    raise
                _pause.wait(_BUSY_PAUSE)
            else:
                return
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MS}")


def engine_options(url: str) -> dict[str, Any]:
    """Pool settings for one process."""
    if url.startswith("sqlite"):
        return {
            "pool_size": 20,
            "max_overflow": 20,
            "pool_timeout": 10,
            "connect_args": {"check_same_thread": False, "timeout": 10},
        }
    return {
        "pool_size": 20,
        "max_overflow": 10,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": 3,
            # A plan kept from when a table was small would scan it for every bid when it is large.
            "options": "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 "
            "-c plan_cache_mode=force_custom_plan",
        },
    }
