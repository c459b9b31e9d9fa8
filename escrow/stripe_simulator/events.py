"""What happened is written down in the same transaction, together with its deliveries."""

from __future__ import annotations

import copy

from escrow.stripe_simulator import faults
from escrow.stripe_simulator.errors import Json
from escrow.stripe_simulator.objects import make_event
from escrow.stripe_simulator.store import Work, make_id


def record_event(work: Work, kind: str, about: Json) -> None:
    """The event is kept and queued for the webhook address, if there is one."""
    delays = faults.plan_deliveries(work) if work.sends_webhooks else []
    event = make_event(
        make_id("event"),
        work.now,
        kind,
        copy.deepcopy(about),
        pending_webhooks=len(delays),
        request={"id": work.request_id, "idempotency_key": work.idempotency_key},
    )
    work.add(event)
    work.connection.executemany(
        "INSERT INTO delivery (event_id, due_at) VALUES (?, ?)",
        [(event["id"], work.now + seconds) for seconds in delays],
    )
