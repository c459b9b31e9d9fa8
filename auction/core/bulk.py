"""Many rows in one statement, without what the ORM and the compiler do for each of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from psycopg import Binary
from psycopg.types.json import Json, Jsonb
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY


def insert_rows(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Append `rows`, which all have the same columns, none of them left to a default in Python.

    On PostgreSQL they go as arrays, which costs a tenth of row by row; on SQLite as the driver's
    own list of values.
    """
    if not rows:
        return
    names = tuple(rows[0])
    statement, bind = _statement(table, names, connection.dialect)
    columns = [
        [row[name] if convert is None else convert(row[name]) for row in rows]
        for name, convert in zip(names, bind, strict=True)
    ]
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(statement, tuple(map(_write_array, columns)))
    else:
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def among(
    column: Any, values: Sequence[int] | Sequence[str], dialect: Dialect
) -> ColumnElement[bool]:
    """Whether `column` is one of `values`, however many: they are one parameter, not thousands."""
    if dialect.name == "postgresql":
        kind = Text() if values and isinstance(values[0], str) else BigInteger()
        given = bindparam(None, _write_array(values), type_=Text())
        found: ColumnElement[bool] = column == any_(cast(given, ARRAY(kind)))
        return found
    listed = func.json_each(bindparam(None, json.dumps(list(values)), type_=Text()))
    is_in: ColumnElement[bool] = column.in_(select(listed.table_valued("value").c.value))
    return is_in


@lru_cache(maxsize=32)
def _statement(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, list[Any]]:
    """The INSERT, and how each column's values become the driver's.

    Names come from our own models, values go as parameters.
    """
    types = [table.columns[name].type for name in names]
    bind = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in types]
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    if dialect.name == "postgresql":
        arrays = ", ".join(f"%s::{_element(kind, dialect)}[]" for kind in types)
        values = f"SELECT * FROM unnest({arrays})"  # noqa: S608
    else:
        values = f"VALUES ({', '.join('?' for _ in names)})"
    return f"INSERT INTO {quote(table.name)} ({columns}) {values}", bind


def _write_array(values: Sequence[Any]) -> str:
    """An array as PostgreSQL reads it; the driver's own way takes five times as long."""
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
    raise TypeError(f"no array of {type(value).__name__}")


def _element(kind: Any, dialect: Dialect) -> str:
    compiled = kind.dialect_impl(dialect).compile(dialect=dialect)
    return str(compiled).partition("(")[0].lower()
