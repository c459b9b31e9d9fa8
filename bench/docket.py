"""Many running sales of one court that close when the benchmark says, with their bidders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from builders import make_bidder, make_enrolment, make_sale
from sqlalchemy import func, insert, select

from auction.accounts.sessions import TOKEN, open_session
from auction.assets.models import Asset, ReferencePrice
from auction.core.db import db, transaction
from auction.sales.models import Lot, Sale
from bench.court import START_PRICE, STEP
from bidding.enrolment.models import Enrolment
from bidding.room.opening import make_head
from wsgi import create_app

ROOMS_A_TRANSACTION = 300


@dataclass(frozen=True)
class Docket:
    """What a load needs to know of the sales and of who may bid in them."""

    sale_ids: list[int]
    lots: list[str]
    cookies: list[str]
    bidders_of: list[list[int]]
    """Which people (places in `cookies`) are enrolled in each sale."""
    closes: list[float]
    """When each sale closes, in seconds since 1970."""


def seed_docket(
    settings: Mapping[str, str],
    *,
    sales: int,
    people: int,
    bidders_each: int,
    closes_after: Callable[[int], timedelta],
) -> Docket:
    """Open `sales` sales, each with some of the people enrolled, all of whom are signed in.

    `closes_after` says for each sale how long from now it closes; bids extend nothing, so that this
    is when it does.
    """
    app = create_app(settings)
    with app.app_context():
        now = app.extensions["luochui.clock"].now()
        closes = [now + closes_after(n) for n in range(sales)]
        first = make_sale(
            now - timedelta(days=40),
            opens_at=now - timedelta(minutes=1),
            closes_at=now + timedelta(days=1),
            start_price_minor=START_PRICE,
            increment_minor=STEP,
            extension_window_seconds=0,
            extension_seconds=0,
        )
        users = [make_bidder(now) for _ in range(people)]
        model = make_enrolment(now, first, users[0])
        with transaction():
            tokens = [open_session(u, now=now, ip="127.0.0.1", agent="bench") for u in users]
            sale_ids, lots = _copy_sales(first, closes)
        user_ids = [user.id for user in users]
        bidders_of = [
            sorted((bidders_each * n + k) % people for k in range(bidders_each))
            for n in range(sales)
        ]
        with transaction():
            _copy_enrolments(model, sale_ids, bidders_of, user_ids)
        for start in range(0, sales, ROOMS_A_TRANSACTION):
            with transaction():
                for sale_id in sale_ids[start : start + ROOMS_A_TRANSACTION]:
                    make_head(sale_id, now)
        signer = app.session_interface.get_signing_serializer(app)
        name = app.config["SESSION_COOKIE_NAME"]
        cookies = [f"{name}={signer.dumps({TOKEN: token})}" for token in tokens]
        db.session.remove()
        db.engine.dispose()
    return Docket(sale_ids, lots, cookies, bidders_of, [close.timestamp() for close in closes])


def _copy_sales(first: Sale, closes: list[datetime]) -> tuple[list[int], list[str]]:
    """Sales like the first, each of a lot, an asset and a reference price of its own."""
    count = len(closes)
    assets = _copy(Asset, first.lot.asset_id, [{} for _ in range(count)])
    prices = _copy(
        ReferencePrice, first.reference_price_id, [{"asset_id": asset} for asset in assets]
    )
    numbers = [f"B-2026-{n:05d}" for n in range(count)]
    lots = _copy(
        Lot,
        first.lot_id,
        [{"asset_id": a, "number": n} for a, n in zip(assets, numbers, strict=True)],
    )
    rows = [
        {"lot_id": lot, "reference_price_id": price, "number": f"{number}-1", "closes_at": close}
        for lot, price, number, close in zip(lots, prices, numbers, closes, strict=True)
    ]
    return _copy(Sale, first.id, rows), numbers


def _copy_enrolments(
    model: Enrolment, sale_ids: list[int], bidders_of: list[list[int]], user_ids: list[int]
) -> None:
    rows = [
        {"sale_id": sale_id, "user_id": user_ids[place], "code": f"{place:04d}", "reference": ref}
        for sale_id, places in zip(sale_ids, bidders_of, strict=True)
        for place in places
        for ref in [f"B{sale_id:07d}{place:04d}"]
    ]
    _copy(Enrolment, model.id, rows)


def _copy(model: Any, row_id: Any, changes: Sequence[Mapping[str, Any]]) -> list[int]:
    """Rows like one that is there, but for `changes`; their ids follow on the largest."""
    table = model.__table__
    session = db.session()
    session.flush()
    row = dict(session.execute(select(table).where(table.c.id == row_id)).one()._mapping)  # noqa: SLF001
    largest = max(session.scalars(select(table.c.id)))
    ids = [largest + 1 + n for n in range(len(changes))]
    if ids:
        session.execute(
            insert(table), [{**row, **c, "id": i} for c, i in zip(changes, ids, strict=True)]
        )
        if db.engine.dialect.name == "postgresql":  # whose counter does not see them
            counter = func.pg_get_serial_sequence(table.name, "id")
            session.execute(select(func.setval(counter, ids[-1])))
    return ids
