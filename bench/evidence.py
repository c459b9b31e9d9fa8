"""What evidence costs: a receipt for each bid, and a stranger's check of the whole log."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter, process_time
from typing import Any

from builders import make_bidder, make_enrolment, make_sale
from flask import Flask
from processes import ROOT, free_port, migrate, temporary_folder

from auction.core.db import db
from bench.bids import settings_of
from bench.court import START_PRICE, STEP
from bidding.room.answers import Answer
from bidding.room.opening import open_room
from bidding.room.requests import Kind
from wsgi import create_app

BATCH = 200


@dataclass(frozen=True)
class EvidenceFigures:
    """A log of `entries` lines, its bids decided `BATCH` at a time."""

    entries: int
    bids: int
    receipt_us: float
    """Processor time of one receipt: proof of inclusion and its text."""
    checkpoint_us: float
    """Processor time of one checkpoint: read what is stored, hash it, sign it; one a batch."""
    bid_us: float
    """Processor time of a whole bid in its batch, both of these included."""
    receipt_bytes: int
    log_bytes: int
    verify_seconds: float
    """`python -m bidding.verify` from its start to its end."""
    says: str

    @property
    def share(self) -> float:
        """The part of a bid's processor time that its receipt and signature take."""
        return (self.receipt_us + self.checkpoint_us / BATCH) / self.bid_us


def measure_evidence(entries: int) -> EvidenceFigures:
    """In this process, on SQLite: no sockets, so that the share is not made small by them."""
    with temporary_folder("luochui-bench-") as folder:
        settings = settings_of(f"sqlite:///{folder}/bench.db", folder, free_port())
        migrate(settings)
        app = create_app(settings)
        with app.app_context():
            sale_id, lot, users = _open_sale(app)
            bids = entries - 1 - len(users)  # the log begins with the sale's terms and two codes
            began = process_time()
            answers = _bid(app, sale_id, users, bids)
            bid_us = 1e6 * (process_time() - began) / bids
            receipt_us, checkpoint_us = _time_keeper(app, sale_id, answers[-BATCH:])
            log = app.test_client().get(f"/api/v1/lots/{lot}/log", base_url=settings["PUBLIC_URL"])
            db.session.remove()
            db.engine.dispose()
        path = folder / "log.json"
        path.write_bytes(log.data)
        began = perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bidding.verify", path],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = perf_counter() - began
        return EvidenceFigures(
            entries=len(log.json["entries"]),
            bids=bids,
            receipt_us=receipt_us,
            checkpoint_us=checkpoint_us,
            bid_us=bid_us,
            receipt_bytes=len(answers[-1].receipt.proof),  # type: ignore[union-attr]
            log_bytes=len(log.data),
            verify_seconds=seconds,
            says=done.stdout.splitlines()[-1],
        )


def _open_sale(app: Flask) -> tuple[int, str, list[int]]:
    now = app.extensions["luochui.clock"].now()
    sale = make_sale(
        now - timedelta(days=40),
        opens_at=now - timedelta(minutes=1),
        closes_at=now + timedelta(days=1),
        start_price_minor=START_PRICE,
        increment_minor=STEP,
    )
    users = [make_bidder(now) for _ in range(2)]
    for user in users:
        make_enrolment(now, sale, user)
    open_room(sale.id)
    return sale.id, sale.lot.number, [user.id for user in users]


def _bid(app: Flask, sale_id: int, users: list[int], bids: int) -> list[Answer]:
    """So many bids in turn, all accepted, a batch under way at a time."""
    intake = app.extensions["luochui.intake"]
    answers: list[Answer] = []
    done = threading.Semaphore(0)

    def take(answer: Answer) -> None:
        answers.append(answer)
        done.release()

    for start in range(0, bids, BATCH):
        size = min(BATCH, bids - start)
        for n in range(start, start + size):
            intake.put(
                *(sale_id, Kind.BID, take),
                user_id=users[n % len(users)],
                amount=START_PRICE + n * STEP,
                key=str(n),
            )
        for _ in range(size):
            done.acquire()
    refused = {answer.reason for answer in answers if not answer.accepted}
    if refused:
        raise RuntimeError(f"not all bids were accepted: {refused}")
    return answers


def _time_keeper(app: Flask, sale_id: int, answers: list[Answer]) -> tuple[float, float]:
    """Microseconds of a receipt, and of a checkpoint that is not remembered."""
    keeper = app.extensions["luochui.evidence"]
    with db.engine.connect() as connection:
        receipts: list[Any] = [answer.receipt for answer in answers]
        began = process_time()
        for receipt in receipts:
            keeper.receipt(connection, sale_id, receipt.n, receipt.size, receipt.entry)
        receipt_us = 1e6 * (process_time() - began) / len(receipts)
        sizes = sorted({receipt.size for receipt in receipts})
        fresh = type(keeper)()
        fresh.checkpoint(connection, sale_id, sizes[0] - BATCH if len(sizes) == 1 else sizes[0])
        began = process_time()
        fresh.checkpoint(connection, sale_id, sizes[-1])
        checkpoint_us = 1e6 * (process_time() - began)
    return receipt_us, checkpoint_us
