"""All routes of the desk, known by importing this."""

from __future__ import annotations

from flask import Flask

from escrow.desk import cases, plans, receipts, refunds
from escrow.desk.blueprint import bp, court_bp

__all__ = ["cases", "plans", "receipts", "refunds", "register"]


def register(app: Flask) -> None:
    """Attach the desk's blueprints."""
    app.register_blueprint(bp)
    app.register_blueprint(court_bp)
