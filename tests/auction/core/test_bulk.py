"""Many rows at once are the rows that were given, whatever their texts hold."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    select,
)

from auction.core.bulk import _write_element, insert_rows
from auction.core.db import UtcDateTime, db

AWKWARD = [
    "",
    " ",
    "NULL",
    "null",
    '"',
    "\\",
    '\\"',
    "{}",
    "{a,b}",
    "a,b",
    "\n\t\r",
    "'",
    "％",
    "𠀀",
    "\\x00",
]

texts = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.integers(-(2**63), 2**63 - 1),
            "line": texts,
            "short": st.none() | texts.map(lambda text: text[:40]),
            "raw": st.none() | st.binary(max_size=40),
            "flag": st.booleans(),
            "facts": st.dictionaries(texts, texts | st.integers(-9, 9) | st.none(), max_size=3),
            "at": st.datetimes(
                datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)
            ).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
        }
    ),
    max_size=6,
)


@pytest.fixture
def table(any_app):
    made = Table(
        "bulk_trial",
        MetaData(),
        Column("number", BigInteger),
        Column("line", Text),
        Column("short", String(40)),
        Column("raw", LargeBinary),
        Column("flag", Boolean),
        Column("facts", JSON),
        Column("at", UtcDateTime),
    )
    made.create(db.engine)
    yield made
    made.drop(db.engine)


@given(rows=rows)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_together_is_read_back(table, rows):
    with db.engine.connect() as connection:
        connection.execute(delete(table))
        insert_rows(connection, table, rows)
        found = [dict(row._mapping) for row in connection.execute(select(table))]
        connection.rollback()
    for row in found:
        row["raw"] = None if row["raw"] is None else bytes(row["raw"])
    assert found == rows


def test_what_no_array_holds_is_refused():
    with pytest.raises(TypeError):
        _write_element(["a list"])
