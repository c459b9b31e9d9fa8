"""Events go out signed, one by one, and again until the receiver has said 2xx.

A delivery is claimed with a lease in one transaction, sent outside of any, and its result
written in another; a crash in between means that it is sent twice, never that it is lost.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from escrow.stripe_simulator import faults
from escrow.stripe_simulator.passing import settle_due
from escrow.stripe_simulator.store import Store

logger = logging.getLogger(__name__)

Transport = Callable[[str, bytes, Mapping[str, str]], int]
LEASE_SECONDS = 60
LONGEST_PAUSE_SECONDS = 300
WAKE_SECONDS = 1.0


def sign_payload(payload: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over `timestamp.payload`."""
    signed = str(timestamp).encode() + b"." + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def post_webhook(url: str, payload: bytes, headers: Mapping[str, str]) -> int:
    """The payload is posted; returns the status of the answer. Redirects are not followed."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = make(parts.netloc, timeout=10)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target or "/", payload, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def compute_pause(attempts: int) -> int:
    """Seconds until the next attempt: 1, 2, 4, … up to five minutes."""
    return min(1 << min(attempts - 1, 9), LONGEST_PAUSE_SECONDS)


@dataclass(frozen=True)
class Parcel:
    """A claimed delivery."""

    delivery_id: int
    event_id: str
    attempts: int
    payload: bytes


@dataclass
class Courier:
    """Brings events to the webhook address."""

    store: Store
    now: Callable[[], int]
    url: str | None
    secret: str
    transport: Transport
    _woken: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def deliver_pending(self) -> int:
        """Every due delivery is tried once; returns how many were accepted."""
        if self.url is None:
            return 0
        due_by = self.now()
        settle_due(self.store, due_by)
        accepted = 0
        newest_first = self._take_reversal(due_by)
        while (parcel := self._claim(due_by, newest_first)) is not None:
            accepted += self._send(self.url, parcel)
        return accepted

    def start(self) -> None:
        """A background thread (a greenlet under gevent) delivers from here on."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="stripe-simulator-courier", daemon=True
            )
            self._thread.start()

    def wake(self) -> None:
        """There may be something to deliver."""
        self._woken.set()

    def stop(self) -> None:
        """The background thread ends after the delivery in hand."""
        self._stopped.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            try:
                self.deliver_pending()
            except sqlite3.OperationalError as error:
                logger.warning("delivery round failed", extra={"reason": str(error)})
            self._woken.wait(WAKE_SECONDS)

    def _take_reversal(self, now: int) -> bool:
        with self.store.reading(now) as work:
            if not faults.has_faults(work):
                return False
        with self.store.writing(now) as work:
            return faults.take_reversal(work)

    def _claim(self, due_by: int, newest_first: bool) -> Parcel | None:
        order = "DESC" if newest_first else "ASC"
        with self.store.reading(due_by) as work:
            waiting = work.connection.execute(
                "SELECT 1 FROM delivery WHERE delivered_at IS NULL AND due_at <= ?"
                " AND lease_until <= ? LIMIT 1",
                (due_by, due_by),
            ).fetchone()
        if waiting is None:
            return None
        with self.store.writing(due_by) as work:
            found = work.connection.execute(
                "UPDATE delivery SET lease_until = ?, attempts = attempts + 1"  # noqa: S608 - DESC or ASC
                " WHERE id = (SELECT id FROM delivery WHERE delivered_at IS NULL"
                f" AND due_at <= ? AND lease_until <= ? ORDER BY due_at {order}, id {order}"
                " LIMIT 1) RETURNING id, event_id, attempts",
                (self.now() + LEASE_SECONDS, due_by, due_by),
            ).fetchone()
            if found is None:
                return None
            body = work.load("event", found[1]).body
        payload = json.dumps(body, ensure_ascii=False, indent=2).encode()
        return Parcel(found[0], found[1], found[2], payload)

    def _send(self, url: str, parcel: Parcel) -> bool:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (simulator; play money)",
            "Stripe-Signature": sign_payload(parcel.payload, self.secret, self.now()),
        }
        try:
            status = self.transport(url, parcel.payload, headers)
        except (OSError, http.client.HTTPException) as error:
            logger.info("webhook not reachable", extra={"reason": type(error).__name__})
            status = 0
        self._record(parcel, status)
        return 200 <= status < 300

    def _record(self, parcel: Parcel, status: int) -> None:
        now = self.now()
        with self.store.writing(now) as work:
            if not 200 <= status < 300:
                work.connection.execute(
                    "UPDATE delivery SET due_at = ?, lease_until = 0, last_status = ? WHERE id = ?",
                    (now + compute_pause(parcel.attempts), status, parcel.delivery_id),
                )
                return
            work.connection.execute(
                "UPDATE delivery SET delivered_at = ?, last_status = ? WHERE id = ?",
                (now, status, parcel.delivery_id),
            )
            row = work.load("event", parcel.event_id)
            row.body["pending_webhooks"] -= 1
            work.save(row)
