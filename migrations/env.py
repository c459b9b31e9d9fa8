"""Migrations run on the application's own engine, inside `flask --app wsgi db …`."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy.types import TypeDecorator

extension = current_app.extensions["migrate"]
database = extension.db


def render_plainly(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write our column types as what the database holds: a version must outlive our code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


def run_migrations() -> None:
    """Apply the versions, one transaction each, on SQLite and PostgreSQL alike."""
    options = {**extension.configure_args, "render_item": render_plainly}
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            transaction_per_migration=True,
            **options,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("migrations need a database connection")
run_migrations()
