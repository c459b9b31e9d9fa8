"""The provider's own account, read in: each movement is a transfer of ours or a named difference.

Read page by page and written with each page, a day at most at a time; what was read twice is kept
once. A difference is looked at again at every reading until it is explained, by the books or by a
person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from auction.core.db import db, transaction
from auction.core.outbox import OutboxRow, PutOff, Task, enqueue, handles
from escrow.payments.facts import MovementFacts, Page, PayoutFacts
from escrow.payments.gateway import Gateway, ProviderUnavailable, current_gateway
from escrow.payments.matching import match_movement
from escrow.payments.polling import keep_position
from escrow.payments.provider_models import (
    Difference,
    ProviderCursor,
    ProviderMovement,
    ProviderPayout,
)
from escrow.payments.rules import POLL_PAUSE

PAUSE = timedelta(hours=1)
# What is listed a little late is not missed; what is being made this second is left for later.
OVERLAP = timedelta(hours=1)
LAG = timedelta(minutes=1)
LONGEST_SPAN = timedelta(days=1)
PAGES_A_TURN = 20
TURN_PAUSE = timedelta(seconds=5)
# A payout may change for days after it was made; what has not come to its end is read again anyway.
PAYOUT_SPAN = timedelta(days=14)
REMATCH = 500
_CURSOR = "movements"
_FINAL = frozenset({"paid", "failed", "canceled"})


def ask_for_import(now: datetime) -> None:
    """Something about payouts has happened: read sooner than in an hour, in the transaction."""
    row = db.session.scalar(select(OutboxRow).where(OutboxRow.key == "import_movements"))
    if row is None:
        enqueue("import_movements", "import_movements", {"since": now.isoformat()}, now=now)
    elif row.done_at is None and row.lease_until is None:
        row.run_at = min(row.run_at, now)


@handles("import_movements")
def import_movements(task: Task) -> None:
    """Read on from where the last reading stopped, then look again at what was not explained."""
    gateway = current_gateway()
    try:
        is_up_to_date = _read_on(gateway, task)
        _read_payouts(gateway, task.now)
    except ProviderUnavailable:
        raise PutOff(task.now + POLL_PAUSE) from None
    with transaction():
        match_again(task.now)
    raise PutOff(task.now + (PAUSE if is_up_to_date else TURN_PAUSE))


def _read_on(gateway: Gateway, task: Task) -> bool:
    """Up to so many pages; whether the present was reached."""
    for _page in range(PAGES_A_TURN):
        position = _read_position(task)
        since, until = (datetime.fromisoformat(position[name]) for name in ("since", "until"))
        if since >= until:
            return True
        found = gateway.list_movements(since=since, until=until, after=position["after"])
        with transaction():
            for facts in found.items:
                keep_movement(facts, task.now)
            keep_position(_CURSOR, _advance(position, found, since, until), task.now)
        if not found.has_more and until >= task.now - LAG:
            return True
    return False


def _read_position(task: Task) -> dict[str, Any]:
    """The span being read: its bounds stay the same from its first page to its last."""
    with transaction():
        row = db.session.scalar(select(ProviderCursor).where(ProviderCursor.name == _CURSOR))
        position = dict(row.position) if row is not None else {}
    since = datetime.fromisoformat(position.get("since", task.payload["since"]))
    if position.get("after") is not None:
        return position
    until = min(task.now - LAG, since + LONGEST_SPAN)
    return {"since": since.isoformat(), "until": until.isoformat(), "after": None}


def _advance(
    position: dict[str, Any], found: Page[MovementFacts], since: datetime, until: datetime
) -> dict[str, Any]:
    if found.has_more and found.items:
        return {**position, "after": found.items[-1].movement_id}
    return {"since": max(since, until - OVERLAP).isoformat(), "after": None}


def keep_movement(facts: MovementFacts, now: datetime, *, payout_id: str | None = None) -> None:
    """Write a movement down, once, and say at once which transfer of ours it is."""
    row = db.session.scalar(
        select(ProviderMovement).where(ProviderMovement.provider_id == facts.movement_id)
    )
    if row is None:
        row = ProviderMovement(
            provider_id=facts.movement_id,
            kind=facts.kind,
            amount_minor=facts.amount_minor,
            fee_minor=facts.fee_minor,
            net_minor=facts.amount_minor - facts.fee_minor,
            currency=facts.currency,
            source_id=facts.source_id,
            intent_id=facts.intent_id,
            moved_at=facts.moved_at,
            imported_at=now,
            difference=Difference.NOT_BOOKED,
            explanation="",
        )
        db.session.add(row)
        db.session.flush()
        match_movement(row, now)
    if payout_id is not None:
        row.payout_id = payout_id


def match_again(now: datetime) -> None:
    """What had no explanation may have one by now; the oldest first."""
    rows = db.session.scalars(
        select(ProviderMovement)
        .where(ProviderMovement.difference.is_not(None), ProviderMovement.explained_at.is_(None))
        .order_by(ProviderMovement.moved_at, ProviderMovement.id)
        .limit(REMATCH)
        .with_for_update()
    ).all()
    for row in rows:
        match_movement(row, now)


# ── payouts ─────────────────────────────────────────────────────────────────────────────────────


def _read_payouts(gateway: Gateway, now: datetime) -> None:
    """Payouts of the last two weeks, and of each its movements, once it has all of them."""
    since, after = _payouts_since(now), None
    while True:
        found = gateway.list_payouts(since=since, after=after)
        with transaction():
            incomplete = [facts for facts in found.items if not _keep_payout(facts)]
        for facts in incomplete:
            _read_parts(gateway, facts, now)
        if not found.has_more or not found.items:
            return
        after = found.items[-1].payout_id


def _payouts_since(now: datetime) -> datetime:
    """Two weeks ago; before the oldest payout of which the end is not known, if that is longer.

    So nothing is lost if nobody has read for weeks: the movements tell of each payout that left.
    """
    known = select(ProviderPayout.provider_id)
    with transaction():
        unended = db.session.scalar(
            select(func.min(ProviderPayout.sent_at)).where(
                or_(ProviderPayout.status.not_in(_FINAL), ProviderPayout.is_complete.is_(False))
            )
        )
        unread = db.session.scalar(
            select(func.min(ProviderMovement.moved_at)).where(
                ProviderMovement.kind == "payout", ProviderMovement.source_id.not_in(known)
            )
        )
    earliest = min(moment for moment in (unended, unread, now) if moment is not None)
    return min(now - PAYOUT_SPAN, earliest - OVERLAP)


def _keep_payout(facts: PayoutFacts) -> bool:
    """Write a payout down as it stands; whether all of its movements are known."""
    row = db.session.scalar(
        select(ProviderPayout).where(ProviderPayout.provider_id == facts.payout_id)
    )
    if row is None:
        row = ProviderPayout(
            provider_id=facts.payout_id,
            amount_minor=facts.amount_minor,
            currency=facts.currency,
            sent_at=facts.sent_at,
            is_complete=not facts.is_automatic,
        )
        db.session.add(row)
    row.status, row.arrives_at = facts.status, facts.arrives_at
    db.session.flush()
    return row.is_complete


def _read_parts(gateway: Gateway, payout: PayoutFacts, now: datetime) -> None:
    after = None
    while True:
        found = gateway.list_movements(payout_id=payout.payout_id, after=after)
        with transaction():
            for facts in found.items:
                keep_movement(facts, now, payout_id=payout.payout_id)
            if not found.has_more:
                row = db.session.scalars(
                    select(ProviderPayout).where(ProviderPayout.provider_id == payout.payout_id)
                ).one()
                row.is_complete = payout.status in _FINAL
        if not found.has_more or not found.items:
            return
        after = found.items[-1].movement_id
