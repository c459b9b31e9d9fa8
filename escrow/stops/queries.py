"""Which cases pay nothing out now."""

from __future__ import annotations

from sqlalchemy import select

from auction.core.db import db
from escrow.stops.models import PayoutStop


def stopped_case_ids(court_id: int) -> set[int]:
    """The cases of the court of which nothing may be paid out (CPLI-513.1, CN17F-9)."""
    return set(
        db.session.scalars(
            select(PayoutStop.case_id).where(
                PayoutStop.court_id == court_id, PayoutStop.lifted_at.is_(None)
            )
        )
    )
