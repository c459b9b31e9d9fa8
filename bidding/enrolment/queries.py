"""What a person reads of their own enrolments."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from auction.accounts.models import User
from auction.core.db import db
from auction.sales.models import Lot, Sale
from bidding.enrolment.models import Enrolment


def list_own_enrolments(user: User) -> dict[str, Any]:
    """The `enrolments` part of `/api/v1/me`, newest first."""
    rows = db.session.execute(
        select(Lot.number.label("lot"), Sale.number.label("sale"), Enrolment.code, Enrolment.status)
        .join(Sale, Sale.id == Enrolment.sale_id)
        .join(Lot, Lot.id == Sale.lot_id)
        .where(Enrolment.user_id == user.id)
        .order_by(Enrolment.id.desc())
    )
    return {
        "enrolments": [
            {"lot": row.lot, "sale": row.sale, "code": row.code, "status": str(row.status)}
            for row in rows
        ]
    }
