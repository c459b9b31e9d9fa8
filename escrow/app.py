"""What this package adds to the application."""

from __future__ import annotations

from flask import Flask

import escrow.bank.jobs
import escrow.bank.models
import escrow.defaults.models
import escrow.deposits.jobs
import escrow.deposits.models
import escrow.ledger.models
import escrow.objections.models
import escrow.payments.jobs
import escrow.payments.models
import escrow.payments.movements
import escrow.payments.polling
import escrow.payments.provider_models
import escrow.payments.returning
import escrow.payments.seals
import escrow.payouts.jobs
import escrow.payouts.models
import escrow.plans.models
import escrow.reconciliation.jobs
import escrow.reconciliation.models
import escrow.setoff.models
import escrow.settlement.jobs
import escrow.settlement.models
import escrow.stops.models
import escrow.unclaimed.models  # noqa: F401  # tables and handlers must be known from the start
from escrow.bank import routes as transfer_routes
from escrow.defaults import routes as outcome_routes
from escrow.demo import app as demo_app
from escrow.desk import routes as desk_routes
from escrow.exports import routes as export_routes
from escrow.invariants.cli import invariant_commands
from escrow.ledger.cli import ledger_commands
from escrow.payments import routes as payment_routes
from escrow.payments import webhooks
from escrow.payouts import routes as payout_routes
from escrow.reconciliation import routes as reconciliation_routes


def register(app: Flask) -> None:
    """Attach blueprints, commands and outbox handlers."""
    app.cli.add_command(ledger_commands)
    app.cli.add_command(invariant_commands)
    demo_app.register(app)
    app.register_blueprint(payment_routes.bp)
    app.register_blueprint(transfer_routes.bp)
    app.register_blueprint(webhooks.bp)
    app.register_blueprint(payout_routes.bp)
    app.register_blueprint(reconciliation_routes.bp)
    app.register_blueprint(outcome_routes.bp)
    app.register_blueprint(export_routes.bp)
    desk_routes.register(app)
