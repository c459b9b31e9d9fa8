"""What this package adds to the application."""

from __future__ import annotations

from flask import Flask

import auction.accounts.models
import auction.assets.models
import auction.cases.models
import auction.core.audit
import auction.core.outbox
import auction.courts.models
import auction.deadlines.models
import auction.notices.models
import auction.rulings.models
import auction.sales.models  # noqa: F401  # all tables must be known before migrations or queries


def register(app: Flask) -> None:
    """Attach blueprints, commands and outbox handlers."""
