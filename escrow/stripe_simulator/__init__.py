"""A stand-in for Stripe with play money: the demonstration court pays through it.

Nothing else of the product is imported here; the product speaks to it over HTTP alone.
"""

from __future__ import annotations

from escrow.stripe_simulator.app import Simulator, create_simulator

__all__ = ["Simulator", "create_simulator"]
