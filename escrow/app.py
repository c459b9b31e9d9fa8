"""What this package adds to the application."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Attach blueprints, commands and outbox handlers."""
