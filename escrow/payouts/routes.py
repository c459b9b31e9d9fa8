"""All routes of payouts, known by importing this."""

from __future__ import annotations

from escrow.payouts import batch_routes, follow_routes
from escrow.payouts.blueprint import bp
from escrow.unclaimed import routes as unclaimed_routes

__all__ = ["batch_routes", "bp", "follow_routes", "unclaimed_routes"]
