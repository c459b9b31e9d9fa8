"""`flask --app wsgi invariants check`: does everything that must hold of the money hold now?"""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from escrow.invariants import check_invariants

invariant_commands = AppGroup("invariants", help="What must hold of the money (INV-7 to INV-11).")


@invariant_commands.command("check")
def check() -> None:
    """Check them all; exit 1 and name the faults if any."""
    faults = check_invariants(current_app.extensions["luochui.clock"].now())
    for fault in faults:
        click.echo(f"{fault.code}\t{fault.subject}\t{fault.detail}")
    if faults:
        sys.exit(1)
    click.echo("every invariant holds")
