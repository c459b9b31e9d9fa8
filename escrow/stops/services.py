"""Stop a case's payouts at once; another person lets them go on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.deadlines.services import schedule_deadline
from auction.sales.calendar import beijing_day, due_after
from auction.sales.rulepacks import load_rule_pack
from escrow.payouts.models import Payout, PayoutStatus
from escrow.plans.services import lock_case
from escrow.stops.models import RESUME_DEADLINE, PayoutStop, StopGround

RESUME_DAYS = 10
LEAST_REASON = 4


def stop_payouts(
    case_id: int,
    *,
    ground: StopGround,
    paper_number: str,
    effective_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> PayoutStop:
    """From now on nothing of the case is put into a batch, approved, written or declared paid.

    A file that has left is with the bank; what it pays is told by `sent_minor`. Refused:
    `stopped-already`, `number-missing`, `future-day`.
    """
    case = lock_case(case_id, court_id)
    if len(paper_number.strip()) < LEAST_REASON:
        raise Invalid("number-missing", _l("请填写依据文书的案号。"), field="paper_number")
    if effective_on > beijing_day(now):
        raise Invalid("future-day", _l("日期不能晚于今天。"), field="effective_on")
    row = PayoutStop(
        court_id=court_id,
        case_id=case.id,
        ground=ground,
        paper_number=paper_number.strip(),
        effective_on=effective_on,
        stopped_by=actor_id,
        stopped_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise DomainError("stopped-already", _l("本案已经停止发放案款。")) from None
    record(
        "stop-case-payouts",
        row,
        actor_id=actor_id,
        at=now,
        detail={"ground": str(ground), "paper": row.paper_number, "sent": sent_minor(case.id)},
    )
    return row


def lift_stop(
    stop_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> PayoutStop:
    """The ground is gone: pay within ten days (CN17F-10).

    Refused: `same-person` (who stopped it), `reason-missing`.
    """
    found = db.session.get(PayoutStop, stop_id)
    if found is None or found.court_id != court_id:
        raise NotFound("unknown-stop", _l("没有这项停止发放的登记。"))
    case = lock_case(found.case_id, court_id)
    row = db.session.get(PayoutStop, stop_id, with_for_update=True, populate_existing=True)
    assert row is not None, "stops are never deleted"
    if row.lifted_at is not None:
        return row
    if row.stopped_by == actor_id:
        raise Forbidden("same-person", _l("停止和恢复应由不同的人办理。"))
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid("reason-missing", _l("请写明理由（至少四个字）。"), field="reason")
    row.lifted_by, row.lifted_at, row.lift_reason = actor_id, now, reason.strip()
    db.session.flush()
    record("lift-case-payouts", row, actor_id=actor_id, at=now, detail={"reason": reason})
    schedule_deadline(
        RESUME_DEADLINE,
        row,
        rule_id="CN17F-10",
        court_id=court_id,
        case_id=case.id,
        owner_role="finance",
        due_at=due_after(now, RESUME_DAYS, load_rule_pack("cn")),
    )
    return row


def stops_of(case: EnforcementCase) -> list[PayoutStop]:
    """The case's stops, newest first."""
    query = select(PayoutStop).where(PayoutStop.case_id == case.id).order_by(PayoutStop.id.desc())
    return list(db.session.scalars(query))


def sent_minor(case_id: int) -> int:
    """What is in a payment file already and no statement has shown: only the bank can stop it."""
    total = db.session.scalar(
        select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(
            Payout.case_id == case_id, Payout.status == PayoutStatus.HELD
        )
    )
    return int(total or 0)
