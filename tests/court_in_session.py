"""A court whose sales run in a deployment of real processes, on the machine's own clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self

import requests
from builders import PASSWORD, make_bidder, make_enrolment, make_sale
from live_client import ANSWER_SECONDS, Socket, sign_in
from processes import Deployment
from sqlalchemy import select

from auction.accounts.models import User, UserSession
from auction.core.db import db
from bidding.room.opening import open_room
from wsgi import create_app

START_PRICE = 70_000_000
STEP = 500_000


@dataclass
class Bidder:
    """One enrolled person, signed in, with a socket of their own."""

    code: str
    browser: requests.Session
    socket: Socket


@dataclass
class RunningSale:
    """A sale that is open now, and those who take part in it."""

    url: str
    sale_id: int
    lot: str
    emails: list[str]
    codes: list[str]
    _open: list[Socket] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for socket in self._open:
            socket.close()

    def seat_bidder(self, number: int) -> Bidder:
        """Sign in by the page, then open a socket with that session."""
        browser = sign_in(self.url, self.emails[number], PASSWORD)
        return Bidder(self.codes[number], browser, self.open_socket(browser))

    def seat_watcher(self) -> Socket:
        """A stranger who watches from the first bid on."""
        socket = self.open_socket(None)
        assert socket.ask("watch", {"lot": self.lot, "after": 0})["ok"] is True
        return socket

    def open_socket(self, browser: requests.Session | None) -> Socket:
        """A websocket through nginx; it is closed with the sale."""
        socket = Socket(self.url, None if browser is None else browser.cookies.get_dict())
        self._open.append(socket)
        return socket

    def bid(
        self, socket: Socket, seq: int, key: str | None = None, *, seconds: float = ANSWER_SECONDS
    ) -> dict:
        """Bid what the bid of this number costs when each is one step above the last."""
        amount = START_PRICE + (seq - 1) * STEP
        payload = {"lot": self.lot, "amount": amount, "key": key or f"key-{seq}"}
        return socket.ask("bid", payload, seconds=seconds)

    def bid_over_http(self, browser: requests.Session, seq: int) -> requests.Response:
        """The same without a websocket (interfaces.md)."""
        me = browser.get(f"{self.url}/api/v1/me", timeout=10).json()
        return browser.post(
            f"{self.url}/api/v1/lots/{self.lot}/bids",
            json={"amount": START_PRICE + (seq - 1) * STEP, "key": f"key-{seq}"},
            headers={"Origin": self.url, "X-CSRF-Token": me["csrf_token"]},
            timeout=10,
        )


class CourtInSession:
    """An application beside the processes, on their database, which only seeds."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.app = create_app(deployment.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def open_sale(
        self, *, bidders: int = 2, seconds: float = 3600, extension_seconds: int = 1
    ) -> RunningSale:
        """A first sale that opened a minute ago and has so many seconds left."""
        with self.app.app_context():
            now = self.app.extensions["luochui.clock"].now()
            sale = make_sale(
                now - timedelta(days=40),
                opens_at=now - timedelta(minutes=1),
                closes_at=now + timedelta(seconds=seconds),
                extension_window_seconds=extension_seconds,
                extension_seconds=extension_seconds,
                start_price_minor=START_PRICE,
                increment_minor=STEP,
            )
            people = [make_bidder(now) for _ in range(bidders)]
            codes = [str(make_enrolment(now, sale, person).code) for person in people]
            emails = [person.email for person in people]
            sale_id, lot = sale.id, sale.lot.number
            open_room(sale_id)
        return RunningSale(self.deployment.url, sale_id, lot, emails, codes)

    def addresses_of(self, email: str) -> set[str]:
        """From which addresses this person's sessions were opened, as recorded."""
        with self.app.app_context():
            rows = db.session.scalars(
                select(UserSession.ip).join(User).where(User.email == email)
            ).all()
        return {str(ip) for ip in rows}
