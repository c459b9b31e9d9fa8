"""The bidders' side of one lot: they enrol, pay, and bid through the intake."""

from __future__ import annotations

import random
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from auction.accounts.models import User
from auction.core.db import db, forget_reads, transaction
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.control_services import (
    command_sale,
    confirm_withdrawal,
    propose_withdrawal,
    settle_proposal,
)
from bidding.room.intake import Intake
from bidding.room.models import SaleHead
from bidding.room.queries import load_snapshot
from bidding.room.requests import Kind


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


def suspend(sale_id: int, judge_id: int, ground: str) -> None:
    """A judge halts the sale, with a ground that everybody reads (CN16-28.3)."""
    command_sale(sale_id, Kind.SUSPEND, judge_id, ground)


def propose(sale_id: int, clerk_id: int, ground: str, now: datetime) -> None:
    """The clerk asks to withdraw a sale (CN20A-17.1)."""
    with transaction():
        propose_withdrawal(db.session.get_one(Sale, sale_id), clerk_id, ground, now)


def withdraw(sale_id: int, judge_id: int, now: datetime) -> None:
    """A judge confirms what was proposed, and the sale ends through its queue."""
    with transaction():
        sale = db.session.get_one(Sale, sale_id)
        judge = db.session.get_one(User, judge_id)
        ground = confirm_withdrawal(sale, judge, now).ground
    command_sale(sale_id, Kind.WITHDRAW, judge_id, ground)
    with transaction():
        settle_proposal(db.session.get_one(Sale, sale_id), judge_id, now, dropped=False)


def _intake() -> Intake:
    intake: Intake = current_app.extensions["luochui.intake"]
    return intake
