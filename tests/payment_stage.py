"""What the payment tests share: our application, and the provider's simulator behind real HTTP.

The webhooks the simulator sends are kept until the test delivers them; the worker runs when told.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import stripe
from builders import make_bidder, make_enrolment, make_sale
from conftest import browser
from flask import Flask
from live_room import run_together
from signing import csrf_of, sign_in_as
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from auction.accounts.models import User
from auction.core.db import db
from auction.core.outbox import OutboxRow, work_off
from auction.deadlines.models import Deadline
from auction.sales.models import Sale
from bidding.closing.due import tick_due_sales
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.models import SaleHead
from bidding.room.opening import open_room
from escrow.deposits.models import Deposit
from escrow.ledger import AccountKind, balance, check_ledger, find_account
from escrow.payments.gateway import Gateway
from escrow.payments.models import MoneyAlarm, Payment, Refund
from escrow.stripe_simulator import create_simulator

API_KEY = "sk_test_luochui"
SECRET = "whsec_test_luochui"
SETTLING = timedelta(seconds=2)  # the room waits so long for bids that came in time
__all__ = ["Stage", "open_stage", "run_together"]


class QuietHandler(WSGIRequestHandler):
    def log(self, level: str, message: str, *args: Any) -> None:
        """Nothing is printed."""


@dataclass
class Stage:
    """One court's application and the provider, in the test's hand."""

    app: Flask
    clock: Any
    base: str
    simulator: Any
    mails: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    # What answers at `base`, under "app": a test may put itself in between.
    outside: dict[str, Any] = field(default_factory=dict)

    # ── what happens at our side ──────────────────────────────────────────────────────────────

    def sale(self, *, days: int = 10, **more: Any) -> Sale:
        """A sale open since now, with its room, that closes in so many days."""
        now = self.clock.now()
        opens_at = more.pop("opens_at", now)
        values = {"opens_at": opens_at, "closes_at": now + timedelta(days=days), **more}
        sale = make_sale(now, **values)
        open_room(sale.id)
        return sale

    def enrol(self, sale: Sale, **more: Any) -> Enrolment:
        """A bidder who has ticked the notices and owes the deposit."""
        now = self.clock.now()
        values = {
            "status": EnrolmentStatus.DEPOSIT_DUE,
            "code": None,
            "activated_at": None,
            **more,
        }
        return make_enrolment(now, sale, make_bidder(now), **values)

    def browser_of(self, enrolment: Enrolment) -> Any:
        user = db.session.get(User, enrolment.user_id)
        return sign_in_as(browser(self.app), user)

    def click_pay(self, enrolment: Enrolment, client: Any = None) -> Any:
        """The bidder presses "pay": the answer that leads to the provider's page."""
        client = client or self.browser_of(enrolment)
        return client.post(
            f"/enrolments/{enrolment.reference}/deposit", data={"csrf_token": csrf_of(client)}
        )

    def come_back(self, enrolment: Enrolment) -> Any:
        """The payer is sent back to our return page."""
        return self.browser_of(enrolment).get(f"/enrolments/{enrolment.reference}/deposit/return")

    def pay_deposit(self, enrolment: Enrolment, method: str = "pm_card_visa") -> None:
        """From the click to the confirmed deposit, by the return page."""
        answer = self.click_pay(enrolment)
        self.pay(answer.location, method)
        self.come_back(enrolment)

    def work(self, rounds: int = 4) -> None:
        """The worker does what is due, and what that makes due."""
        for _ in range(rounds):
            with self.app.app_context():  # as in the worker: a session of its own
                work_off(self.clock.now())

    def end_sale(
        self, sale: Sale, winner: Enrolment | None = None, price: int = 80_000_000
    ) -> None:
        """The winner bids, if there is one, and the sale reaches its close."""
        if winner is not None:
            intake = self.app.extensions["luochui.intake"]
            answer = intake.submit_bid(sale.id, None, price, "only", winner.user_id)
            assert answer.accepted, answer
        db.session.rollback()
        closes_at = db.session.get(SaleHead, sale.id, populate_existing=True).closes_at
        self.clock.set(max(self.clock.now(), closes_at + SETTLING))
        with self.app.app_context():
            assert tick_due_sales() >= 1

    # ── what happens at the provider ──────────────────────────────────────────────────────────

    @property
    def stripe(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            API_KEY, base_addresses={"api": self.base}, max_network_retries=0
        )

    def request(self, method: str, path: str, body: str = "", **headers: str) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def pay(self, url: str, method: str = "pm_card_visa") -> int:
        """The payer pays on the provider's page; wallets ask him once more."""
        status, headers = self._submit(url, method=method)
        while status == 303 and "/authorise/" in headers["Location"]:
            status, headers = self._submit(headers["Location"], answer="agree")
        return status

    def _submit(self, url: str, **fields: str) -> tuple[int, Any]:
        path = urlsplit(url).path
        _status, page, _headers = self.request("GET", path)
        token = re.search(r'name="token" value="([0-9a-f]+)"', page)[1]
        body = urlencode({"token": token, **fields})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _page, headers = self.request("POST", path, body, **kind)
        return status, headers

    def tell(self, kind: str, **more: Any) -> None:
        """The provider is told to misbehave."""
        told = json.dumps({"kind": kind, **more})
        headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
        status, page, _ = self.request("POST", "/_simulator/faults", told, **headers)
        assert status == 200, page

    def control(self, path: str) -> dict[str, Any]:
        """One of the simulator's own switches: a refund fails, a payer complains, a payout leaves."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        status, page, _ = self.request("POST", f"/_simulator/{path}", **headers)
        assert status == 200, page
        return json.loads(page)

    def behave(self) -> None:
        """The provider is told to misbehave no more."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        assert self.request("DELETE", "/_simulator/faults", **headers)[0] == 200

    def fail_refund(self, refund_id: str) -> None:
        self.control(f"refunds/{refund_id}/fail")

    def deliver(self, *, times: int = 1) -> list[int]:
        """Every webhook that is due reaches us, `times` over; the statuses we answered."""
        self.simulator.deliver_pending()
        waiting, self.mails[:] = list(self.mails), []
        client = browser(self.app)
        return [
            client.post("/webhooks/stripe", data=body, headers=headers).status_code
            for body, headers in waiting
            for _ in range(times)
        ]

    def at_provider(self) -> dict[str, list[Any]]:
        """Every object there is, newest first."""
        v1 = self.stripe.v1
        return {
            "sessions": v1.checkout.sessions.list().data,
            "intents": v1.payment_intents.list().data,
            "refunds": v1.refunds.list().data,
        }

    # ── what we then find ─────────────────────────────────────────────────────────────────────

    def fresh(self, row: Any) -> Any:
        db.session.rollback()
        return db.session.get(type(row), row.id, populate_existing=True)

    def payments(self, enrolment: Enrolment) -> list[Payment]:
        db.session.rollback()
        return list(
            db.session.scalars(
                select(Payment).where(Payment.enrolment_id == enrolment.id).order_by(Payment.id)
            )
        )

    def payment(self, enrolment: Enrolment) -> Payment:
        [only] = self.payments(enrolment)
        return only

    def deposit(self, enrolment: Enrolment) -> Deposit | None:
        db.session.rollback()
        return db.session.scalar(select(Deposit).where(Deposit.enrolment_id == enrolment.id))

    def refunds(self) -> list[Refund]:
        db.session.rollback()
        return list(db.session.scalars(select(Refund).order_by(Refund.id)))

    def alarms(self) -> list[str]:
        db.session.rollback()
        return sorted(db.session.scalars(select(MoneyAlarm.code)))

    def deadline(self, kind: str) -> Deadline:
        db.session.rollback()
        return db.session.scalars(select(Deadline).where(Deadline.kind == kind)).one()

    def waiting(self, kind: str) -> list[OutboxRow]:
        db.session.rollback()
        rows = select(OutboxRow).where(OutboxRow.kind == kind, OutboxRow.done_at.is_(None))
        return list(db.session.scalars(rows))

    def books(self, sale: Sale, enrolment: Enrolment | None = None) -> dict[str, tuple[int, int]]:
        """Posted and held amounts of the accounts that have any, after checking all the books."""
        db.session.rollback()
        assert check_ledger() == []
        owners = {
            AccountKind.BANK: sale.court_id,
            AccountKind.PROVIDER: sale.court_id,
            AccountKind.PROVIDER_FEES: sale.court_id,
            AccountKind.SUSPENSE: sale.court_id,
            AccountKind.DISPUTED: sale.court_id,
            AccountKind.PRICE: sale.id,
        }
        if enrolment is not None:
            owners |= {AccountKind.DEPOSIT: enrolment.id, AccountKind.PREPAID: enrolment.id}
        found = {}
        for kind, owner_id in owners.items():
            account = find_account(kind, owner_id, court_id=sale.court_id)
            if account is not None:
                held = balance(account)
                if held.posted_minor or held.pending_minor:
                    found[str(kind)] = (held.posted_minor, held.pending_minor)
        return found


@contextmanager
def open_stage(
    make_app: Callable[..., Flask],
    clock: Any,
    folder: Path,
    database: str = "sqlite",
    *,
    patience: float | None = None,
) -> Iterator[Stage]:
    """The simulator behind a real HTTP server, and an application that speaks to it.

    With `patience` the provider really hangs where it is told to, and we wait for it so long.
    """
    hanging = threading.Event()
    outside: dict[str, Any] = {}
    mails: list[tuple[bytes, dict[str, str]]] = []

    def keep(_url: str, payload: bytes, headers: Any) -> int:
        mails.append((payload, dict(headers)))
        return 200

    def serve(environ: Any, start_response: Any) -> Any:
        return outside["app"](environ, start_response)

    server = make_server("127.0.0.1", 0, serve, threaded=True, request_handler=QuietHandler)
    base = f"http://127.0.0.1:{server.port}"
    simulator = create_simulator(
        folder / "simulator.db",
        clock=clock.now,
        webhook_url="http://luochui.test/webhooks/stripe",
        webhook_secret=SECRET,
        api_key=API_KEY,
        public_base=base,
        transport=keep,
        sleep=lambda _seconds: patience and hanging.wait(patience * 1.6),
    )
    outside["app"] = simulator
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        app = make_app(database, STRIPE_API_BASE=base)
        # The library's own retries would hide the faults that the tests cause.
        waits = {"timeout": (1, patience)} if patience else {}
        app.extensions["luochui.gateway"] = Gateway(API_KEY, base, retries=0, **waits)
        with app.app_context():
            yield Stage(app, clock, base, simulator, mails, outside)
    finally:
        hanging.set()
        simulator.close()
        server.shutdown()
        thread.join()
        server.server_close()
