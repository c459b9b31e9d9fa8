"""The bidders' side of one lot: they enrol, pay, and bid through the intake."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from auction.core.db import db, forget_reads
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.intake import Intake
from bidding.room.models import SaleHead
from bidding.room.queries import load_snapshot
from bidding.room.requests import Kind

Act = Callable[[datetime], None]


@dataclass(frozen=True)
class Timed:
    """An act and its moment."""

    at: datetime
    act: Act


def head_of(sale_id: int) -> SaleHead:
    """The live state of a sale, read now."""
    forget_reads()
    head = db.session.get(SaleHead, sale_id, populate_existing=True)
    assert head is not None, "published"
    return head


def buyer_of(sale_id: int) -> int | None:
    """The user who won a sale."""
    head = head_of(sale_id)
    return db.session.scalar(
        select(Enrolment.user_id).where(Enrolment.sale_id == sale_id, Enrolment.code == head.leader)
    )


def place_bid(sale_id: int, rng: random.Random, key: str) -> None:
    """One of the enrolled, not the leader, raises by one to three steps."""
    snapshot = load_snapshot(sale_id)
    assert snapshot is not None, "published"
    codes = db.session.execute(
        select(Enrolment.user_id, Enrolment.code)
        .where(Enrolment.sale_id == sale_id, Enrolment.status == EnrolmentStatus.ACTIVE)
        .order_by(Enrolment.user_id)
    ).all()
    forget_reads()
    others = [row.user_id for row in codes if row.code != snapshot.leader]
    if not others:
        return
    assert snapshot.minimum is not None, "open"
    steps = 0 if snapshot.price is None else rng.choice((0, 0, 0, 1, 1, 2, 4))
    amount = snapshot.minimum + steps * snapshot.increment
    answer = _intake().submit_bid(sale_id, None, amount, key, rng.choice(others))
    if not answer.accepted:
        raise RuntimeError(f"a bid of the story was refused: {answer.reason}")


def command(sale_id: int, kind: Kind, actor_id: int, ground: str) -> None:
    """Suspend or withdraw through the queue that the bids go through."""
    answer = _intake().submit_command(sale_id, kind, actor_id=actor_id, ground=ground)
    if not answer.accepted:
        raise RuntimeError(f"{kind} was refused: {answer.reason}")


def sale_number(sale_id: int) -> str:
    """The public number of a sale."""
    return db.session.get_one(Sale, sale_id).number


def _intake() -> Intake:
    intake: Intake = current_app.extensions["luochui.intake"]
    return intake
