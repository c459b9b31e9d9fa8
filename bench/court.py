"""A running sale with many enrolled bidders, whose sessions are open already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from builders import make_bidder, make_enrolment, make_sale
from sqlalchemy import create_engine, text

from auction.accounts.sessions import TOKEN, open_session
from auction.core.db import db, transaction
from bidding.room.opening import open_room
from wsgi import create_app

START_PRICE = 70_000_000
STEP = 500_000


@dataclass(frozen=True)
class Seeded:
    """What the load needs to know."""

    sale_id: int
    lot: str
    cookies: list[str]


def seed_sale(settings: Mapping[str, str], bidders: int) -> Seeded:
    """Open a sale for a day and sign all its bidders in."""
    app = create_app(settings)
    with app.app_context():
        now = app.extensions["luochui.clock"].now()
        sale = make_sale(
            now - timedelta(days=40),
            opens_at=now - timedelta(minutes=1),
            closes_at=now + timedelta(days=1),
            start_price_minor=START_PRICE,
            increment_minor=STEP,
        )
        people = [make_bidder(now) for _ in range(bidders)]
        for person in people:
            make_enrolment(now, sale, person)
        with transaction():
            tokens = [open_session(p, now=now, ip="127.0.0.1", agent="bench") for p in people]
        sale_id, lot = sale.id, sale.lot.number
        open_room(sale_id)
        signer = app.session_interface.get_signing_serializer(app)
        name = app.config["SESSION_COOKIE_NAME"]
        cookies = [f"{name}={signer.dumps({TOKEN: token})}" for token in tokens]
        db.session.remove()
        db.engine.dispose()
    return Seeded(sale_id, lot, cookies)


def count_recorded(database_url: str, sale_id: int) -> tuple[int, int]:
    """How many requests and how many accepted bids the database holds: the answers must be here."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        counts = tuple(
            int(
                connection.execute(
                    text(f"SELECT count(*) FROM {table} WHERE sale_id = :sale"), {"sale": sale_id}
                ).scalar_one()
            )
            for table in ("sale_request", "bid")
        )
    engine.dispose()
    return counts[0], counts[1]
