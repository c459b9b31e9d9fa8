"""`flask --app wsgi ledger check`: are the books whole?"""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from escrow.ledger.checking import find_faults

ledger_commands = AppGroup("ledger", help="The books.")


@ledger_commands.command("check")
def check() -> None:
    """Recompute every balance from the transfers; exit 1 and name the faults if any."""
    count = 0
    for fault in find_faults():
        click.echo(f"{fault.code}\t{fault.subject}\t{fault.detail}")
        count += 1
    if count:
        sys.exit(1)
    click.echo("the books are whole")
