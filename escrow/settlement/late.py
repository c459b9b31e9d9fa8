"""Payment after the announced day is no default by itself: a judge may accept it (CN20A-22.1)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.deadlines.services import meet_deadline
from auction.sales.calendar import beijing_moment
from escrow.settlement.models import LateDecision, Settlement, SettlementStatus
from escrow.settlement.reminders import LATE_DEADLINE, queue_overdue
from escrow.settlement.services import lock_settlement

LEAST_GROUND = 4


def accept_late(
    settlement_id: int, *, until: date, ground: str, actor_id: int, now: datetime
) -> Settlement:
    """A judge accepts payments up to the end of `until`; the decision stays on record.

    Only before a ruling of default. Refused: `not-due`, `too-early` (not after the announced day),
    `past-day`, `ground-missing`.
    """
    row = lock_settlement(settlement_id)
    if row.status is not SettlementStatus.DUE:
        raise DomainError("not-due", _l("本场拍卖没有未付的尾款，或者已经作出裁定。"))
    until_at = beijing_moment(until + timedelta(days=1), time())
    if until_at <= row.due_at:
        raise Invalid("too-early", _l("应晚于公告确定的付款期限。"), field="until")
    if until_at <= now:
        raise Invalid("past-day", _l("应是今天或者以后的日期。"), field="until")
    if len(ground.strip()) < LEAST_GROUND:
        raise Invalid(
            "ground-missing", _l("请写明准许逾期付款的理由（至少四个字）。"), field="ground"
        )
    if row.late_until == until_at:
        return row
    decision = LateDecision(
        court_id=row.court_id,
        case_id=row.case_id,
        settlement_id=row.id,
        until_at=until_at,
        ground=ground.strip(),
        decided_by=actor_id,
        decided_at=now,
    )
    db.session.add(decision)
    db.session.flush()
    row.late_until = until_at
    record(
        "accept-late",
        decision,
        actor_id=actor_id,
        at=now,
        detail={"until": until.isoformat(), "ground": decision.ground},
    )
    meet_deadline(LATE_DEADLINE, row, at=now)
    queue_overdue(row, now=now)
    return row


def late_decisions_of(settlement_id: int) -> list[LateDecision]:
    """What judges allowed on a settlement, oldest first."""
    return list(
        db.session.scalars(
            select(LateDecision)
            .where(LateDecision.settlement_id == settlement_id)
            .order_by(LateDecision.id)
        )
    )


def require_in_time(settlement: Settlement, now: datetime) -> None:
    """Refuse to start a payment that would come too late to count (`late`)."""
    if now >= settlement.payable_until:
        raise DomainError(
            "late",
            _l("付款期限已过，是否接受逾期付款由法院决定。请与承办法院联系，不要先行付款。"),
        )
