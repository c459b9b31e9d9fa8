"""A recorded sale is bid again, sped up, by demonstration bidders at a running server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import select

from auction.assets.models import Asset
from auction.core.clock import Clock
from auction.core.db import db, transaction
from auction.core.money import format_money
from auction.sales.models import Lot, Sale
from escrow.demo.bidder_socket import BidderSocket
from escrow.demo.payer import enrol, pay_deposit
from escrow.demo.people import BIDDERS, PASSWORD, People, mail_of
from escrow.demo.practice import announce_practice, practice_terms
from escrow.demo.recorded import RecordedSale
from escrow.payments.rules import PROVIDER_LIMIT_MINOR

LEAD_SECONDS = 20
"""Time for the bidders to enrol and sign in before the sale opens."""

SLOWEST = 5
"""The practice pack's extension of a minute covers five minutes at this speed, and not below."""

Say = Callable[[str], None]


class CannotReplay(Exception):
    """Why the sale cannot be replayed here."""


def replay_sale(
    recorded: RecordedSale, people: People, clock: Clock, url: str, speed: int, say: Say
) -> int:
    """Hold the sale again; returns how many bids were accepted."""
    if len(recorded.bidders) > BIDDERS:
        raise CannotReplay(f"{len(recorded.bidders)} bidders; the demonstration has {BIDDERS}")
    require_server(url)
    sale_id, number, opens_at = _announce(recorded, people, clock.now(), speed)
    say(f"{url}/lots/{number}")
    users = dict(zip(recorded.bidders, range(1, BIDDERS + 1), strict=False))
    for place in users.values():
        user_id = people.bidders[place - 1]
        enrolment_id = enrol(sale_id, user_id, clock.now()).id
        pay_deposit(enrolment_id, user_id, clock.now())
    with _sockets(url, users) as sockets:
        say(f"{len(users)} bidders are in; the sale opens at {opens_at:%H:%M:%S} UTC")
        return _bid(recorded, sockets, number, opens_at, clock, speed, say)


def require_server(url: str) -> None:
    """Refuse in one line where nobody serves."""
    try:
        with urlopen(f"{url}/healthz", timeout=5):  # noqa: S310  # PUBLIC_URL, http(s) only
            return
    except URLError as error:
        raise CannotReplay(f"no server at {url} ({error.reason}): start one first") from None


def _announce(
    recorded: RecordedSale, people: People, now: datetime, speed: int
) -> tuple[int, str, datetime]:
    """A practice sale with the recorded prices, on a lot of its own."""
    opens_at = now + timedelta(seconds=LEAD_SECONDS)
    with transaction():
        asset = db.session.scalar(
            select(Asset)
            .join(Lot, Lot.asset_id == Asset.id)
            .where(Lot.is_practice, Lot.court_id == people.court_id)
            .order_by(Lot.id)
        )
        if asset is None:
            raise CannotReplay("the demonstration court is not loaded: `demo load` first")
        length = max(recorded.length / speed, timedelta(seconds=60))
        terms = practice_terms(asset, now, length)
        terms = replace(
            terms,
            start_price_minor=recorded.start_price_minor,
            increment_minor=recorded.increment_minor,
            deposit_minor=min(recorded.start_price_minor // 10, PROVIDER_LIMIT_MINOR),
            opens_at=opens_at,
            closes_at=opens_at + length,
        )
        sale_id = announce_practice(asset, terms, people.staff["clerk"], now)
        number = db.session.get_one(Sale, sale_id).lot.number
    return sale_id, number, opens_at


@contextmanager
def _sockets(url: str, users: dict[str, int]) -> Iterator[dict[str, BidderSocket]]:
    opened: dict[str, BidderSocket] = {}
    try:
        for code, place in users.items():
            opened[code] = BidderSocket(url, mail_of(f"bidder{place}"), PASSWORD)
        yield opened
    finally:
        for socket in opened.values():
            socket.close()


def _bid(
    recorded: RecordedSale,
    sockets: dict[str, BidderSocket],
    number: str,
    opens_at: datetime,
    clock: Clock,
    speed: int,
    say: Say,
) -> int:
    accepted = 0
    pause = threading.Event()
    for place, bid in enumerate(recorded.bids, 1):
        due = opens_at + bid.after / speed
        pause.wait(max((due - clock.now()) / timedelta(seconds=1), 0))
        answer = sockets[bid.bidder].ask(
            "bid", {"lot": number, "amount": bid.amount_minor, "key": f"replay-{place}"}
        )
        accepted += bool(answer["accepted"])
        said = "accepted" if answer["accepted"] else f"refused: {answer['reason']}"
        say(f"{place:4} {bid.bidder:8} {format_money(bid.amount_minor, symbol=False):>18}  {said}")
    return accepted
