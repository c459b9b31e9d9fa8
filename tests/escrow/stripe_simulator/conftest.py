"""The simulator behind a real HTTP server, mounted under a prefix, and the real client."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from escrow.stripe_simulator import Simulator, create_simulator

API_KEY = "sk_test_court"
SECRET = "whsec_court"
PREFIX = "/stripe-simulator"


class QuietHandler(WSGIRequestHandler):
    def log(self, level: str, message: str, *args: Any) -> None:
        """Nothing is printed."""


@dataclass
class Hand:
    """The clock, in the hand of the test."""

    at: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Receiver:
    """What stands at the webhook address: keeps what comes, answers with `status`."""

    status: int = 200
    got: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, payload: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((payload, headers))
        return self.status

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload, _headers in self.got]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@dataclass
class Court:
    """Everything a test needs in one hand."""

    simulator: Simulator
    clock: Hand
    receiver: Receiver
    client: stripe.StripeClient
    port: int
    slept: list[float]

    def request(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """A plain HTTP call under the prefix; JSON bodies come back decoded."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, PREFIX + path, body, dict(headers or {}))
            answer = connection.getresponse()
            raw = answer.read().decode()
        finally:
            connection.close()
        is_json = answer.getheader("Content-Type") == "application/json"
        return answer.status, json.loads(raw) if is_json else raw, answer.headers

    def tell(self, **fault: Any) -> None:
        """The simulator is told to misbehave."""
        headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
        status, body, _ = self.request("POST", "/_simulator/faults", json.dumps(fault), headers)
        assert status == 200, body

    def control(self, path: str) -> Any:
        """One of the simulator's own switches."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        status, body, _ = self.request("POST", f"/_simulator/{path}", "", headers)
        assert status == 200, body
        return body

    def deposit(self, **given: Any) -> stripe.PaymentIntent:
        """A confirmed card payment of ¥50,000.00."""
        options = given.pop("options", None)
        params: dict[str, Any] = {
            "amount": 5_000_000,
            "currency": "cny",
            "allowed_payment_method_types": ["card"],
            "payment_method": "pm_card_visa",
            "confirm": True,
            **given,
        }
        return self.client.v1.payment_intents.create(params, options)

    def checkout(self, **given: Any) -> stripe.checkout.Session:
        """An open session over ¥50,000.00."""
        price = {"currency": "cny", "unit_amount": 5_000_000, "product_data": {"name": "保证金"}}
        return self.client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [{"price_data": price, "quantity": 1}],
                "success_url": "http://court.test/paid?session={CHECKOUT_SESSION_ID}",
                "cancel_url": "http://court.test/left",
                "client_reference_id": "enrolment-42",
                "metadata": {"enrolment": "42"},
                **given,
            }
        )


@pytest.fixture
def make_court(tmp_path: Path) -> Iterator[Callable[..., Court]]:
    servers = []

    def make(**given: Any) -> Court:
        clock, receiver, slept = Hand(), Receiver(), []
        transport = given.pop("transport", receiver)
        sleep = given.pop("sleep", slept.append)
        outside: dict[str, Any] = {}

        def serve(environ: Any, start_response: Any) -> Any:
            return outside["app"](environ, start_response)

        server = make_server("127.0.0.1", 0, serve, threaded=True, request_handler=QuietHandler)
        base = f"http://127.0.0.1:{server.port}{PREFIX}"
        simulator = create_simulator(
            tmp_path / "simulator.db",
            clock=clock,
            webhook_url="http://court.test/webhooks/stripe",
            webhook_secret=SECRET,
            api_key=API_KEY,
            public_base=base,
            transport=transport,
            sleep=sleep,
            **given,
        )
        outside["app"] = DispatcherMiddleware(NotFound(), {PREFIX: simulator})
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        servers.append((server, thread, simulator))
        client = stripe.StripeClient(API_KEY, base_addresses={"api": base}, max_network_retries=0)
        return Court(simulator, clock, receiver, client, server.port, slept)

    yield make
    for server, thread, simulator in servers:
        simulator.close()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def court(make_court: Callable[..., Court]) -> Court:
    return make_court()
