"""Statements of the hot path, without what the ORM and the compiler do for each of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from psycopg import Binary
from psycopg.types.json import Json, Jsonb
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

Rows = Sequence[dict[str, Any]]
Parts = Sequence[tuple[Any, Rows]]
"""Tables, each with the rows to be inserted."""


def insert_rows(connection: Connection, table: Any, rows: Rows) -> None:
    """Append `rows`, which all have the same columns, none of them left to a default in Python."""
    insert_together(connection, [(table, rows)])


def insert_together(connection: Connection, parts: Parts) -> None:
    """Append rows to several tables.

    On PostgreSQL they go as arrays, which costs a tenth of row by row, and all in one statement,
    which costs one way there and back; on SQLite as the driver's own list of values.
    """
    parts = [part for part in parts if part[1]]
    if not parts:
        return
    if connection.dialect.name == "postgresql":
        *before, last = _insert_arrays(parts, connection.dialect)
        connection.exec_driver_sql(_with(before, last), _arrays_of(parts, connection.dialect))
    else:
        _insert_values(connection, parts)


def among(
    column: Any, values: Sequence[int] | Sequence[str], dialect: Dialect
) -> ColumnElement[bool]:
    """Whether `column` is one of `values`, however many: they are one parameter, not thousands."""
    if dialect.name == "postgresql":
        kind = Text() if values and isinstance(values[0], str) else BigInteger()
        given = bindparam(None, write_array(values), type_=Text())
        found: ColumnElement[bool] = column == any_(cast(given, ARRAY(kind)))
        return found
    listed = func.json_each(bindparam(None, json.dumps(list(values)), type_=Text()))
    is_in: ColumnElement[bool] = column.in_(select(listed.table_valued("value").c.value))
    return is_in


class Prepared:
    """A statement that is compiled once a database, and run as its driver wants it.

    Its values are all bound by name; none is a list, and none has a default.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any], list[Any]]] = {}

    def all(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """The rows that come of it."""
        result, readers = self._run(connection, values)
        rows = [tuple(row) for row in result]
        if not any(readers):
            return rows
        return [
            tuple(
                value if read is None else read(value)
                for value, read in zip(row, readers, strict=True)
            )
            for row in rows
        ]

    def first(self, connection: Connection, **values: Any) -> tuple[Any, ...] | None:
        """The only row, if there is one."""
        rows = self.all(connection, **values)
        return rows[0] if rows else None

    def run(self, connection: Connection, parts: Parts = (), **values: Any) -> int:
        """How many rows it changed; `parts` are inserted before it."""
        parts = [part for part in parts if part[1]]
        if parts and connection.dialect.name != "postgresql":
            _insert_values(connection, parts)
            parts = []
        return int(self._run(connection, values, parts)[0].rowcount)

    def _run(
        self, connection: Connection, values: dict[str, Any], parts: Parts = ()
    ) -> tuple[Any, list[Any]]:
        dialect = connection.dialect
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        text, order, writers, readers = known
        bound = {
            name: values[name] if (write := writers.get(name)) is None else write(values[name])
            for name in values
        }
        if parts:
            text = _with(_insert_arrays(parts, dialect), text)
            bound |= _arrays_of(parts, dialect)
        given = tuple(bound[name] for name in order) if order else bound
        return connection.exec_driver_sql(text, given), readers

    def _compile(self, dialect: Dialect) -> Any:
        compiled: Any = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in getattr(self._statement, "selected_columns", ())
        ]
        order = tuple(compiled.positiontup or ())
        return str(compiled), order, dict(compiled._bind_processors), readers  # noqa: SLF001


def _columns_of(table: Any, rows: Rows, dialect: Dialect) -> list[list[Any]]:
    """The values as the driver takes them, column by column."""
    names = tuple(rows[0])
    return [
        [row[name] for row in rows] if write is None else [write(row[name]) for row in rows]
        for name, write in zip(names, _writers(table, names, dialect), strict=True)
    ]


@lru_cache(maxsize=64)
def _writers(table: Table, names: tuple[str, ...], dialect: Dialect) -> list[Any]:
    return [
        table.columns[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    ]


def _with(before: Sequence[str], last: str) -> str:
    """One statement of several; all of them are carried out, whether the last asks or not."""
    if not before:
        return last
    return f"WITH {', '.join(f'w{n} AS ({part})' for n, part in enumerate(before))} {last}"


def _insert_arrays(parts: Parts, dialect: Dialect) -> list[str]:
    return [
        _insert_array(n, table, tuple(rows[0]), dialect) for n, (table, rows) in enumerate(parts)
    ]


@lru_cache(maxsize=64)
def _insert_array(place: int, table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    """Names come from our own models, values go as parameters."""
    kinds = [_element(table.columns[name].type, dialect) for name in names]
    arrays = ", ".join(f"%(p{place}_{n})s::{kind}[]" for n, kind in enumerate(kinds))
    return f"{_into(table, names, dialect)} SELECT * FROM unnest({arrays})"  # noqa: S608


def _arrays_of(parts: Parts, dialect: Dialect) -> dict[str, str]:
    return {
        f"p{place}_{n}": write_array(column)
        for place, (table, rows) in enumerate(parts)
        for n, column in enumerate(_columns_of(table, rows, dialect))
    }


def _insert_values(connection: Connection, parts: Parts) -> None:
    for table, rows in parts:
        columns = _columns_of(table, rows, connection.dialect)
        text = _insert_value(table, tuple(rows[0]), connection.dialect)
        connection.exec_driver_sql(text, list(zip(*columns, strict=True)))


@lru_cache(maxsize=64)
def _insert_value(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    return f"{_into(table, names, dialect)} VALUES ({', '.join('?' for _ in names)})"


def _into(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    return f"INSERT INTO {quote(table.name)} ({', '.join(quote(name) for name in names)})"


def write_array(values: Sequence[Any]) -> str:
    """An array for `%s::text[]` and the like; the driver takes five times as long to write it."""
    return f"{{{','.join(map(_write_element, values))}}}"


def _write_element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (Json, Jsonb)):  # what the dialect makes of a JSON value
        value = json.dumps(value.obj, ensure_ascii=False)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Binary):  # what the dialect makes of bytes
        value = value.obj
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    if isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no array of {type(value).__name__}")


def _element(kind: Any, dialect: Dialect) -> str:
    compiled = kind.dialect_impl(dialect).compile(dialect=dialect)
    return str(compiled).partition("(")[0].lower()
