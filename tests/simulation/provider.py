"""The payment provider beside us, and the wire to it: calls get lost, and callers die of them."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from escrow.stripe_simulator import balance, faults, refunds
from escrow.stripe_simulator.api import Api, Call
from escrow.stripe_simulator.cards import find_method
from escrow.stripe_simulator.delivery import Courier
from escrow.stripe_simulator.intents import answer_authentication
from escrow.stripe_simulator.passing import settle_due
from escrow.stripe_simulator.sessions import pay_session
from escrow.stripe_simulator.store import Store

API_KEY = "sk_test_luochui"
SECRET = "whsec_test_luochui"
BASE = "http://provider.test"
# What the provider does instead of answering properly; the last two it keeps under the key.
BAD_ANSWERS = ["rate_limit", "malformed", "server_error", "server_error_after"]
BAD_NEWS = ["webhook_duplicate", "webhook_lose", "webhook_reverse", "webhook_delay"]


class ProcessDied(BaseException):
    """Ours, in the middle of what it did: nothing in it runs any more."""


class KeptConnection(sqlite3.Connection):
    """A database in memory lives as long as its connection."""

    def close(self) -> None:
        """Another piece of work will want it."""


class MemoryStore(Store):
    """The simulator's file without a file: nobody else looks into it here."""

    _kept: sqlite3.Connection | None = None

    def _connect(self) -> sqlite3.Connection:
        if self._kept is None:
            self._kept = sqlite3.connect(
                self.path, isolation_level=None, factory=KeptConnection, check_same_thread=False
            )
        return self._kept


class Provider:
    """The simulator's own parts without a server between us and it."""

    def __init__(self, now: Callable[[], datetime], draw: random.Random) -> None:
        def seconds() -> int:
            return int(now().timestamp())

        self.now = seconds
        self.draw = draw
        self.store = MemoryStore(":memory:", public_base=BASE, sends_webhooks=True)
        self.api = Api(self.store, seconds, API_KEY, lambda _seconds: None, lambda: None)
        self.wire = Wire(self)

    def client(self) -> stripe.StripeClient:
        """Stripe's own library, on our wire."""
        return stripe.StripeClient(
            API_KEY, base_addresses={"api": BASE}, max_network_retries=0, http_client=self.wire
        )

    def deliver(self, post: Callable[[bytes, Mapping[str, str]], int]) -> int:
        """Every webhook that is due is brought."""
        courier = Courier(
            self.store,
            self.now,
            f"{BASE}/hook",
            SECRET,
            lambda _url, body, headers: post(body, headers),
        )
        return courier.deliver_pending()

    def tell(self, kind: str, **more: Any) -> None:
        """It is going to misbehave once."""
        with self.store.writing(self.now()) as work:
            faults.add_fault(work, {"kind": kind, **more})

    def forgive(self) -> None:
        """From here on it works."""
        with self.store.writing(self.now()) as work:
            faults.clear_faults(work)

    # ── what people do there ────────────────────────────────────────────────────────────────────

    def pay(self, url: str, method: str) -> bool:
        """The payer presses the button on the page; whether it is paid now."""
        settle_due(self.store, self.now())
        with self.store.writing(self.now()) as work:
            row = work.load("checkout.session", url.rsplit("/", 1)[1])
            if row.body["status"] != "open":
                return False
            chosen = find_method(method)
            assert chosen is not None
            if chosen.kind not in row.body["payment_method_types"]:  # a wallet holds no money
                chosen = find_method("pm_card_visa")
                assert chosen is not None
            answer = pay_session(work, row, chosen)
            if answer.status == 200 and answer.body["status"] == "requires_action":
                answer = answer_authentication(work, answer.body["id"], agrees=True)
            return answer.status == 200

    def fail_some_refund(self) -> bool:
        """A payer's bank sends back what had succeeded."""
        with self.store.writing(self.now()) as work:
            done = work.select("refund", equal={"status": "succeeded"})
            if not done:
                return False
            refunds.fail_refund(work, self.draw.choice(done).body["id"])
        return True

    def pay_out(self) -> list[dict[str, Any]]:
        """All it holds leaves for the court's bank."""
        settle_due(self.store, self.now())
        with self.store.writing(self.now()) as work:
            return balance.pay_out_everything(work)

    # ── what is there ───────────────────────────────────────────────────────────────────────────

    def holds(self) -> int:
        """What it owes the court."""
        with self.store.reading(self.now()) as work:
            return balance.compute_balances(work).get("cny", 0)

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """All of a kind, newest first."""
        settle_due(self.store, self.now())
        with self.store.reading(self.now()) as work:
            return [row.body for row in work.select(kind)]


class Wire(stripe.HTTPClient):
    """Stripe's library calls this; before and after the call something may go wrong."""

    name = "wire"

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider
        self.fails = self.dies = 0  # in a thousand
        self.calls = 0

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One call, or what becomes of it."""
        draw, self.calls = self.provider.draw, self.calls + 1
        dies, fails = draw.randrange(1000) < self.dies, draw.randrange(1000) < self.fails
        is_early = draw.random() < 0.5
        if dies and is_early:
            raise ProcessDied("before a call")
        if fails:
            if (kind := draw.choice([*BAD_ANSWERS, "drop"])) != "drop":
                self.provider.tell(kind)
            elif is_early:
                raise stripe.APIConnectionError("the call was lost")
        content, status, answered = self._carry(method, url, headers or {}, post_data)
        if dies:
            raise ProcessDied("after a call")
        if fails and kind == "drop" and not is_early:
            raise stripe.APIConnectionError("the answer was lost")
        return content, status, answered

    def _carry(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any
    ) -> tuple[bytes, int, Mapping[str, str]]:
        parts = urlsplit(url)
        text = parts.query if method.upper() == "GET" else (post_data or "")
        call = Call(
            method.upper(),
            parts.path,
            parse_qsl(text, keep_blank_values=True),
            headers["Authorization"].removeprefix("Bearer "),
            headers.get("Idempotency-Key"),
        )
        reply = self.provider.api.handle(call)
        content = json.dumps(reply.answer.body).encode()
        return content[:-20] if reply.is_malformed else content, reply.answer.status, reply.headers

    def close(self) -> None:
        """Nothing is open."""
