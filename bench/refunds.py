"""Thousands of losers' deposits begin their way back when their sales end in one moment.

Real processes: the worker as it is deployed, and the provider's simulator behind HTTP. Watched from
outside: when each refund had been asked for at the provider, counted from the sale's close.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from builders import make_bidder, make_enrolment, make_sale
from processes import (
    HOST,
    Process,
    accepts,
    free_port,
    migrate,
    temporary_folder,
    web_process,
    worker_process,
)
from sqlalchemy import create_engine, func, select, text

from auction.accounts.models import User
from auction.core.db import db, transaction
from auction.sales.models import Sale
from bench.bids import settings_of
from bench.figures import percentiles
from bidding.enrolment.models import EnrolmentStatus
from bidding.room.opening import open_room
from escrow.deposits.models import Deposit, DepositStatus
from escrow.payments.facts import IntentFacts
from escrow.payments.settling import settle_intent
from escrow.payments.starting import start_deposit_payment
from escrow.stripe_simulator.intents import create_intent
from escrow.stripe_simulator.store import Store
from wsgi import create_app

DEPOSIT = 3_500_000
PEOPLE = 800  # each of them has paid for several sales, if that is not enough
AT_ONCE = 100
FIRST_SECONDS = 20
SEED_SECONDS_A_DEPOSIT = 0.05
"""Time left for the deposits and the processes before the sale closes."""
LOOK_SECONDS = 0.1
LATE_SECONDS = 600


@dataclass(frozen=True)
class RefundFigures:
    """How long after the close each refund had been asked for, and was booked."""

    database: str
    refunds: int
    asked: dict[str, float]
    all_asked_seconds: float
    all_booked_seconds: float
    worker_cpu_seconds: float
    provider_cpu_seconds: float


def measure_refunds(database: str, database_url: str, *, refunds: int) -> RefundFigures:
    """Sales in which nobody has bid end, and all their deposits go back."""
    with temporary_folder("luochui-bench-") as folder, ExitStack() as stack:
        url = database_url or f"sqlite:///{folder}/bench.db"
        port = free_port()
        settings = settings_of(url, folder, free_port())
        settings["STRIPE_API_BASE"] = f"http://{HOST}:{port}"
        migrate(settings)
        closes_at = seed_deposits(settings, folder / "provider.db", refunds)
        provider = stack.enter_context(provider_process(folder, port, settings["STRIPE_API_KEY"]))
        worker = stack.enter_context(_worker(folder, settings, is_alone=not database_url))
        before = worker.cpu_seconds(), provider.cpu_seconds()
        lags, booked = watch_refunds(url, refunds, closes_at.timestamp())
        spent = worker.cpu_seconds() - before[0], provider.cpu_seconds() - before[1]
    return RefundFigures(database, refunds, percentiles(lags), max(lags), booked, *spent)


def _worker(folder: Path, settings: dict[str, str], *, is_alone: bool) -> Process:
    """The worker; a SQLite file has one process, which serves the web as well."""
    if not is_alone:
        return worker_process(folder, settings)
    port = int(settings["PUBLIC_URL"].rpartition(":")[2])
    return web_process(folder, port, {**settings, "WORKER": "inline"})


def provider_process(folder: Path, port: int, api_key: str) -> Process:
    """The simulator by itself; its webhooks go nowhere, so that only the worker is measured."""
    command: list[str | Path] = [
        *(sys.executable, "-m", "escrow.stripe_simulator", "--port", str(port)),
        *("--store", folder / "provider.db", "--api-key", api_key),
    ]
    return Process("provider", command, folder=folder, is_ready=lambda: accepts(port))


def seed_deposits(settings: dict[str, str], store: Path, count: int) -> datetime:
    """Bidders whose deposits were captured, here and there; returns when the sale closes."""
    app = create_app(settings)
    clock = app.extensions["luochui.clock"]
    site = app.extensions["luochui.settings"].public_host
    provider = Store(store, public_base=settings["STRIPE_API_BASE"], sends_webhooks=False)
    with app.app_context():
        now = clock.now()
        closes_at = now + timedelta(seconds=FIRST_SECONDS + SEED_SECONDS_A_DEPOSIT * count)
        people = [make_bidder(now).id for _ in range(min(PEOPLE, count))]
        for begin in range(0, count, PEOPLE):
            sale_id = _announce(now, closes_at)
            payers = people[: count - begin]
            for first in range(0, len(payers), AT_ONCE):
                _pay(sale_id, payers[first : first + AT_ONCE], provider, site, now)
        if clock.now() > closes_at - timedelta(seconds=FIRST_SECONDS / 2):
            raise RuntimeError("the machine is too slow: the sale closed before all had paid")
        held = select(func.count(Deposit.id)).where(Deposit.status == DepositStatus.HELD)
        assert db.session.scalar(held) == count, "every deposit is there"
        db.session.remove()
        db.engine.dispose()
    return closes_at


def _announce(now: datetime, closes_at: datetime) -> int:
    sale_id: int = make_sale(
        now - timedelta(days=40),
        opens_at=now - timedelta(minutes=1),
        closes_at=closes_at,
        deposit_minor=DEPOSIT,
    ).id
    open_room(sale_id)
    return sale_id


def _pay(sale_id: int, payers: list[int], provider: Store, site: str, now: datetime) -> None:
    """These people pay their deposits, and we are told."""
    sale = db.session.get_one(Sale, sale_id)
    due = {"status": EnrolmentStatus.DEPOSIT_DUE, "code": None, "activated_at": None}
    users = [db.session.get_one(User, user_id) for user_id in payers]
    enrolments = [make_enrolment(now, sale, user, **due) for user in users]
    with transaction():
        started = [start_deposit_payment(e.id, e.user_id, now) for e in enrolments]
        for payment in started:  # as if it had been paid weeks ago, when no hold lasts so long
            payment.is_hold = False
        payments = [payment.id for payment in started]
    intents = {}
    with provider.writing(int(now.timestamp())) as work:
        for payment_id in payments:
            given = {
                "amount": DEPOSIT,
                "currency": "cny",
                "payment_method": "pm_card_visa",
                "confirm": True,
                "metadata": {"site": site, "payment": str(payment_id)},
            }
            intents[payment_id] = create_intent(work, given).body
    with transaction():
        for payment_id, intent in intents.items():
            facts = IntentFacts(
                intent_id=intent["id"],
                status=intent["status"],
                amount_minor=intent["amount"],
                received_minor=intent["amount_received"],
                currency=intent["currency"].upper(),
                is_live=False,
                metadata=intent["metadata"],
            )
            settle_intent(payment_id, facts, site=site, is_live=False, at=now)
    db.session.expunge_all()


def watch_refunds(database_url: str, count: int, closes_at: float) -> tuple[list[float], float]:
    """Look until every refund is booked: seconds behind the close when each was at the provider."""
    asked = text("SELECT count(*) FROM refund WHERE provider_refund_id IS NOT NULL")
    booked = text("SELECT count(*) FROM refund WHERE status = 'done'")
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    lags: list[float] = []
    try:
        while time.time() < closes_at + LATE_SECONDS:
            with engine.connect() as connection:
                there = int(connection.scalar(asked) or 0)
                done = int(connection.scalar(booked) or 0)
            behind = time.time() - closes_at
            lags += [behind] * (there - len(lags))
            if done >= count:
                return lags, behind
            time.sleep(LOOK_SECONDS)
    finally:
        engine.dispose()
    raise RuntimeError(f"{len(lags)} of {count} refunds after {LATE_SECONDS} s")
