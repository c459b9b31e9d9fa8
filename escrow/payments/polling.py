"""Find what webhooks lost: the provider's own list of events is read again every few minutes.

An event found here is stored as if it had been delivered; one that was delivered is stored once
only. Webhooks may be late by days, or never come: nothing waits for them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from auction.core.db import db, transaction
from auction.core.outbox import PutOff, Task, handles
from escrow.payments.facts import EventFacts, Page
from escrow.payments.gateway import ProviderUnavailable, current_gateway
from escrow.payments.models import StripeEvent
from escrow.payments.provider_models import ProviderCursor
from escrow.payments.rules import POLL_PAUSE
from escrow.payments.webhooks import store_event

# An event may be listed a little later than it happened.
OVERLAP = timedelta(minutes=10)
# So many pages in one turn, then others have theirs: gentle to the provider and to the worker.
PAGES_A_TURN = 10
TURN_PAUSE = timedelta(seconds=5)
TYPES = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
]
_CURSOR = "events"


@handles("poll_events")
def poll_events(task: Task) -> None:
    """Read the events since last time, page by page; where we stopped is written with each page."""
    gateway = current_gateway()
    for _page in range(PAGES_A_TURN):
        position = _read_position(task.payload["since"])
        since = datetime.fromisoformat(position["since"]) - OVERLAP
        try:
            found = gateway.list_events(TYPES, since=since, after=position["after"])
        except ProviderUnavailable:
            raise PutOff(task.now + POLL_PAUSE) from None
        with transaction():
            store_unseen(found.items, task.now)
            _move_on(position, found, task.now)
        if not found.has_more:
            raise PutOff(task.now + POLL_PAUSE)
    raise PutOff(task.now + TURN_PAUSE)


def store_unseen(events: list[EventFacts], now: datetime) -> None:
    """Events that no webhook brought are stored, the oldest first."""
    ids = [event.event_id for event in events]
    known = set(
        db.session.scalars(select(StripeEvent.event_id).where(StripeEvent.event_id.in_(ids)))
    )
    for event in reversed(events):
        if event.event_id not in known:
            store_event(event, now)


def _read_position(first_since: str) -> dict[str, Any]:
    with transaction():
        row = db.session.scalar(select(ProviderCursor).where(ProviderCursor.name == _CURSOR))
        if row is not None:
            return dict(row.position)
    return {"since": first_since, "after": None, "newest": None}


def _move_on(position: dict[str, Any], found: Page[EventFacts], now: datetime) -> None:
    """The list is read from the newest back; the next reading begins at the newest of this one."""
    newest = position["newest"]
    if newest is None and found.items:
        newest = (found.items[0].happened_at or now.astimezone(UTC)).isoformat()
    if found.has_more and found.items:
        moved = {**position, "after": found.items[-1].event_id, "newest": newest}
    else:
        moved = {"since": newest or position["since"], "after": None, "newest": None}
    keep_position(_CURSOR, moved, now)


def keep_position(name: str, position: dict[str, Any], now: datetime) -> None:
    """Write down how far a list has been read, in the transaction that keeps what was read."""
    row = db.session.scalar(
        select(ProviderCursor).where(ProviderCursor.name == name).with_for_update()
    )
    if row is None:
        db.session.add(ProviderCursor(name=name, position=position, moved_at=now))
    else:
        row.position, row.moved_at = position, now
