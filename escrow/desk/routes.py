"""All routes of the desk, known by importing this."""

from __future__ import annotations

from flask import Flask

from escrow.desk import cases, payers, plans, provider, receipts, refunds, statements
from escrow.desk.blueprint import bp, court_bp

__all__ = ["cases", "payers", "plans", "provider", "receipts", "refunds", "register", "statements"]


def register(app: Flask) -> None:
    """Attach the desk's blueprints."""
    app.register_blueprint(bp)
    app.register_blueprint(court_bp)
    app.register_blueprint(payers.bp)
