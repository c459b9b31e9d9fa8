"""Promises about the running application: permissions, settings, columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Date, DateTime, Float, Integer, Numeric, Time
from werkzeug.routing import IntegerConverter

from auction.accounts.roles import RIGHTS
from auction.core.access import PUBLIC, SIGNED_CALL, SIGNED_IN, permission_of
from auction.core.config import VARIABLES
from auction.core.db import UtcDateTime, db

ROOT = Path(__file__).resolve().parents[2]
# Endpoints that a machine calls and that prove themselves by a signature or a token.
SIGNED_CALLS = re.compile(r"^/(webhooks/|metrics$|stripe-simulator/)")


@pytest.mark.parametrize("demo", ["", "1"])
def test_every_endpoint_names_a_permission_that_exists(make_app, demo):
    app = make_app(DEMO=demo)
    known = {PUBLIC, SIGNED_IN, SIGNED_CALL, *RIGHTS}
    unnamed = {
        f"{rule.rule} ({rule.endpoint}): {permission_of(app, rule.endpoint)}"
        for rule in app.url_map.iter_rules()
        if permission_of(app, rule.endpoint) not in known
    }
    assert unnamed == set()
    assert len(list(app.url_map.iter_rules())) > 10


@pytest.mark.parametrize("demo", ["", "1"])
def test_only_machines_calls_go_without_session_and_token(make_app, demo):
    app = make_app(DEMO=demo)
    found = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if permission_of(app, rule.endpoint) == SIGNED_CALL and not SIGNED_CALLS.search(rule.rule)
    }
    assert found == set()


def test_what_anonymous_people_may_send_is_listed_here(app):
    """A new public form is a decision, not an accident."""
    found = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if permission_of(app, rule.endpoint) == PUBLIC and rule.methods - {"GET", "HEAD", "OPTIONS"}
    }
    assert found <= {"/login", "/logout", "/register"}


def test_a_stranger_gets_into_nothing_that_names_a_right(app, client):
    for rule in app.url_map.iter_rules():
        if permission_of(app, rule.endpoint) in {PUBLIC, SIGNED_CALL} or "GET" not in rule.methods:
            continue
        values = {
            name: converter.to_url(1) if isinstance(converter, IntegerConverter) else "x"
            for name, converter in rule._converters.items()
        }
        with app.test_request_context():
            path = app.url_map.bind("luochui.test").build(rule.endpoint, values)
        answer = client.get(path)
        assert answer.status_code in {302, 401}, path
        if answer.status_code == 302:
            assert answer.location.startswith("/login"), path


def test_columns_hold_whole_units_and_aware_moments(app):
    wrong = []
    for table in db.metadata.tables.values():
        for column in table.columns:
            kind = column.type
            if isinstance(kind, Float | Numeric | DateTime | Time):
                wrong.append(f"{column}: {kind!r}")
            if column.name.endswith("_minor") and not isinstance(kind, BigInteger):
                wrong.append(f"{column}: money in {kind!r}")
            if column.name.endswith(("_at", "_until")) and not isinstance(kind, UtcDateTime | Date):
                wrong.append(f"{column}: a moment in {kind!r}")
            if column.name.endswith("_seconds") and not isinstance(kind, Integer):
                wrong.append(f"{column}: a span in {kind!r}")
    assert wrong == []


def test_every_reference_to_another_table_is_a_foreign_key_with_a_regular_name(app):
    for table in db.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name is not None, f"{table.name}: {constraint!r}"


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="README.md is not written yet")
def test_the_readme_has_every_setting_and_no_other():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|\s*`([A-Z][A-Z_]+)`\s*\|", readme, flags=re.MULTILINE)
    assert rows == [variable.name for variable in VARIABLES]
