"""A buyer who does not pay: the default is drafted by the clerk and made by a judge (CN20A-22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from auction.core.db import db, forget_reads, transaction
from auction.rulings.proposals import draft_ruling, record_service
from auction.rulings.terms import DefaultTerms
from auction.sales.calendar import beijing_day, beijing_moment, next_working_day
from escrow.defaults.services import decide
from escrow.demo.casework import CaseRef
from escrow.demo.lots import DemoLot
from escrow.demo.people import People
from escrow.demo.stage import Stage
from escrow.settlement.services import settlement_of

_REASONS = (
    "买受人未在公告确定的期限内付清价款，经书面催告仍未交付，亦未提出正当理由，"
    "致使拍卖目的难以实现，应当重新拍卖。"
)


def default_on(
    lot: DemoLot, ref: CaseRef, sale_id: int, stage: Stage, people: People
) -> Iterator[datetime]:
    """The announced day goes by; of an `overdue` lot the ruling still waits for its judge."""
    forget_reads()
    settlement = settlement_of(sale_id)
    assert settlement is not None, "opened when the sale closed"
    yield _working_day(settlement.due_at, 1)
    with transaction():
        proposal_id = draft_ruling(
            sale_id,
            DefaultTerms(tops_up=False, cap_minor=None),
            number=f"（{beijing_day(stage.now).year}）测01执{1001 + lot.index * 7}号之三",
            reasons=_REASONS,
            court_id=people.court_id,
            actor_id=ref.clerk_id,
            now=stage.now,
        ).id
    if lot.state == "overdue":
        return
    yield _working_day(stage.now, 1)
    with transaction():
        ruling_id = decide(
            proposal_id,
            court_id=people.court_id,
            actor_id=people.staff["judge1"],
            now=stage.now,
        ).id
    yield _working_day(stage.now, 2)
    with transaction():
        record_service(
            ruling_id,
            served_on=beijing_day(stage.now),
            court_id=people.court_id,
            actor_id=ref.clerk_id,
            now=stage.now,
        )
    db.session.remove()


def _working_day(after: datetime, days: int) -> datetime:
    """Half past nine of a day on which the court works."""
    day = next_working_day(beijing_day(after) + timedelta(days=days))
    return beijing_moment(day, time(9, 30))
