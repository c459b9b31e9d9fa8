"""One key, one effect: the answer of the first call is what every retry gets.

A key is reserved in a transaction of its own, the work and the kept answer are written in one;
so a crash between leaves a reservation with nothing done, which its lease ends.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from escrow.stripe_simulator.errors import (
    Answer,
    bad_parameter,
    idempotency_mismatch,
    key_in_use,
)
from escrow.stripe_simulator.store import Work

KEPT_SECONDS = 86_400
LEASE_SECONDS = 60


@dataclass(frozen=True)
class Replay:
    """The kept answer of an earlier call."""

    answer: Answer
    request_id: str


def compute_fingerprint(method: str, path: str, given: dict[str, Any]) -> str:
    """Two calls are the same if method, path and parameters are."""
    text = json.dumps([method, path, given], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def reserve_key(work: Work, key: str, fingerprint: str) -> Replay | None:
    """The key is ours from here on (None), or an earlier answer is repeated.

    After a day a key is forgotten, as Stripe may do: the same call is then executed again.
    """
    if len(key) > 255:
        raise bad_parameter("Idempotency keys can be up to 255 characters.", "idempotency_key")
    work.connection.execute(
        "DELETE FROM idempotency WHERE key = ? AND reserved_at <= ?",
        (key, work.now - KEPT_SECONDS),
    )
    found = work.connection.execute(
        "SELECT fingerprint, reserved_at, request_id, status, body FROM idempotency WHERE key = ?",
        (key,),
    ).fetchone()
    if found is not None:
        kept, reserved_at, request_id, status, body = found
        if kept != fingerprint:
            raise idempotency_mismatch(key)
        if status is not None:
            return Replay(Answer(status, json.loads(body)), request_id)
        if reserved_at + LEASE_SECONDS > work.now:
            raise key_in_use(key)
    work.connection.execute(
        "INSERT OR REPLACE INTO idempotency (key, fingerprint, reserved_at, request_id)"
        " VALUES (?, ?, ?, ?)",
        (key, fingerprint, work.now, work.request_id),
    )
    return None


def keep_answer(work: Work, key: str, answer: Answer) -> None:
    """The answer is written under the key; who lost his reservation meanwhile does nothing."""
    changed = work.connection.execute(
        "UPDATE idempotency SET status = ?, body = ?"
        " WHERE key = ? AND request_id = ? AND status IS NULL",
        (answer.status, json.dumps(answer.body, ensure_ascii=False), key, work.request_id),
    )
    if changed.rowcount != 1:
        raise key_in_use(key)


def release_key(work: Work, key: str) -> None:
    """Nothing was executed: the key may be used again for any call."""
    work.connection.execute(
        "DELETE FROM idempotency WHERE key = ? AND request_id = ? AND status IS NULL",
        (key, work.request_id),
    )
