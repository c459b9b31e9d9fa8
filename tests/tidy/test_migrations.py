"""The migrations make exactly the schema the models describe, and can be taken back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from conftest import database_url, run_on, settings_for
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from auction.core.db import db
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[2]
TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_app(request, tmp_path):
    """An application on a database without any table."""
    if request.param == "sqlite":
        url, name = f"sqlite:///{tmp_path}/empty.db", None
    else:
        server = request.getfixturevalue("postgres_server")
        name = f"migrations_{os.getpid()}"
        run_on(server, f'CREATE DATABASE "{name}"')
        url = database_url(server, name)
    app = create_app(settings_for(url, tmp_path), testing=True)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    if name:
        run_on(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def triggers():
    with db.engine.connect() as connection:
        rows = connection.execute(text(TRIGGERS[db.engine.dialect.name]))
        return {name: "".join(str(sql).split()).replace('"', "") for name, sql in rows}


def test_there_is_one_head_and_the_versions_are_numbered():
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert len(scripts.get_heads()) == 1
    numbers = sorted(int(s.revision) for s in scripts.walk_revisions())
    assert numbers == list(range(1, len(numbers) + 1))


def test_upgrading_makes_what_the_models_describe_and_downgrading_leaves_nothing(empty_app):
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": db.metadata}
        )
        assert compare_metadata(context, db.metadata) == []
    migrated = triggers()
    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    db.create_all()
    assert migrated == triggers()
    assert migrated
