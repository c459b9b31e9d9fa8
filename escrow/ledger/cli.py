"""`flask --app wsgi ledger check`: are the books whole?"""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from escrow.ledger.queries import check_ledger

ledger_commands = AppGroup("ledger", help="The books.")


@ledger_commands.command("check")
def check() -> None:
    """Recompute every balance from the transfers; exit 1 and name the faults if any."""
    faults = check_ledger()
    for fault in faults:
        click.echo(f"{fault.code}\t{fault.subject}\t{fault.detail}")
    if faults:
        sys.exit(1)
    click.echo("the books are whole")
