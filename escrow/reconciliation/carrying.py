"""What is under way is open with a name: no rule can match it before the other side shows it.

The name is given by rule and for so long only; after that the item is a difference like any other.
A person may give one as well (`decisions.carry_item`); the rule leaves that alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from auction.core.db import db
from auction.sales.calendar import beijing_moment
from escrow.bank.rules import end_of_working_day
from escrow.payments.provider_models import ProviderMovement, ProviderPayout
from escrow.reconciliation.models import (
    Book,
    CarryReason,
    ItemStatus,
    Place,
    ReconciliationItem,
)
from escrow.reconciliation.sources import portions_of

# So long a bank may take to show what was sent.
SHOWN_WITHIN_DAYS = 3


def carry_what_is_under_way(court_id: int, place: Place, *, now: datetime) -> None:
    """Name what was sent and is not shown yet; take the name back when its time is over."""
    items = list(
        db.session.scalars(
            select(ReconciliationItem)
            .where(
                ReconciliationItem.court_id == court_id,
                ReconciliationItem.place == place,
                ReconciliationItem.status == ItemStatus.OPEN,
                ReconciliationItem.carried_by.is_(None),
            )
            .order_by(ReconciliationItem.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    until = _payouts_until(items) if place is Place.PROVIDER else _sent_until(items)
    for item in items:
        is_under_way = item.id in until and now < until[item.id]
        named = CarryReason.IN_TRANSIT if is_under_way else None
        if item.carried_for is not named:
            item.carried_for = named


def _sent_until(items: Sequence[ReconciliationItem]) -> dict[int, datetime]:
    """Transfers that left our books: the statement shows them within three working days."""
    return {
        item.id: end_of_working_day(beijing_moment(item.dated_on), SHOWN_WITHIN_DAYS)
        for item in items
        if item.book is Book.LEDGER and item.amount_minor < 0
    }


def _payouts_until(items: Sequence[ReconciliationItem]) -> dict[int, datetime]:
    """Payouts that left the provider: on the bank account at the latest some days after arrival."""
    by_movement = {
        item.source_id: item for item in items if item.source_type == ProviderMovement.__tablename__
    }
    until = {}
    for portion in portions_of(sorted(by_movement)):
        rows = db.session.execute(
            select(ProviderMovement.id, ProviderPayout.arrives_at)
            .join(ProviderPayout, ProviderPayout.provider_id == ProviderMovement.source_id)
            .where(ProviderMovement.id.in_(portion))
        )
        for movement_id, arrives_at in rows:
            until[by_movement[movement_id].id] = arrives_at + timedelta(days=SHOWN_WITHIN_DAYS)
    return until
