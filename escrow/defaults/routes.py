"""All routes of sold sales and what a ruling makes of them, known by importing this."""

from __future__ import annotations

from escrow.defaults import balance_routes, desk_routes, ruling_routes
from escrow.defaults.blueprint import bp

__all__ = ["balance_routes", "bp", "desk_routes", "ruling_routes"]
