"""The operator's commands on bid logs: which keys sign them, and whether they are whole."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import func, select

from auction.core.clock import iso
from auction.core.db import db, transaction
from bidding.evidence.keys import rotate_key
from bidding.evidence.models import LogKey, SaleLog
from bidding.evidence.notes import write_base64
from bidding.evidence.queries import check_logs

evidence_commands = AppGroup("evidence", help="The bid logs and the keys that sign them.")


@evidence_commands.command("keys")
def list_keys() -> None:
    """List the public keys, the newest first, and how many logs each signs."""
    rows = db.session.execute(
        select(LogKey, func.count(SaleLog.sale_id))
        .outerjoin(SaleLog, SaleLog.key_id == LogKey.id)
        .group_by(LogKey.id)
        .order_by(LogKey.id.desc())
    )
    for key, logs in rows:
        state = "retired" if key.retired_at else "for new sales"
        click.echo(f"{write_base64(key.public)}  made {iso(key.made_at)}  {state}  {logs} logs")


@evidence_commands.command("rotate-key")
def rotate() -> None:
    """Make a new key for new sales; logs begun with the old one stay with it to their end."""
    now = current_app.extensions["luochui.clock"].now()
    with transaction():
        public = rotate_key(now).public
    click.echo(f"new sales are signed with {write_base64(public)}")


@evidence_commands.command("check")
def check() -> None:
    """Hash every stored line of every log again; exit status 1 if one is not as committed."""
    with db.engine.connect() as connection:
        faults = list(check_logs(connection))
        count = connection.execute(select(func.count()).select_from(SaleLog)).scalar_one()
    for fault in faults:
        click.echo(f"{fault.origin}: {fault.what}")
    if faults:
        sys.exit(1)
    click.echo(f"{count} logs are whole")
