"""What this package adds to the application."""

from __future__ import annotations

from flask import Flask

import escrow.deposits.models
import escrow.ledger.models
import escrow.payments.models
import escrow.settlement.models  # noqa: F401  # all tables must be known before migrations or queries
from escrow.ledger.cli import ledger_commands


def register(app: Flask) -> None:
    """Attach blueprints, commands and outbox handlers."""
    app.cli.add_command(ledger_commands)
