"""How an opposed objection ends: with a suit and its judgement, or without (CPLI-510.1, 510.2)."""

from __future__ import annotations

from datetime import date, datetime

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.deadlines.services import meet_deadline, schedule_deadline, void_deadline
from auction.sales.calendar import beijing_day
from escrow.objections.lodging import ANSWER_DEADLINE, lock_objection, move_objection
from escrow.objections.models import Objection
from escrow.objections.reserves import settle_reserves
from escrow.objections.rules import ObjectionStatus
from escrow.objections.serving import check_days, objection_due_at

SUIT_DEADLINE = "plan-suit"
LEAST_NUMBER = 4


def tell_objector(
    objection_id: int, *, told_on: date, proof: str, court_id: int, actor_id: int, now: datetime
) -> Objection:
    """The objector learns who opposes; he then has fifteen days to sue them (CPLI-510.1)."""
    objection, _plan, case = lock_objection(objection_id, court_id)
    if objection.status is not ObjectionStatus.OPPOSED:
        raise DomainError("wrong-state", _l("有人提出反对意见后才通知异议人。"))
    if objection.told_on is not None:
        raise DomainError("told-already", _l("已经通知过异议人。"))
    check_days(told_on, None, not_before=objection.received_on, now=now)
    objection.told_on, objection.told_proof = told_on, proof
    objection.sue_by = objection_due_at(told_on)
    schedule_deadline(
        SUIT_DEADLINE,
        objection,
        rule_id="CPLI-510.1",
        court_id=objection.court_id,
        case_id=case.id,
        owner_role="party",
        due_at=objection.sue_by,
    )
    record(
        "tell-objector",
        objection,
        actor_id=actor_id,
        at=now,
        detail={"told_on": told_on.isoformat(), "proof": proof},
    )
    return objection


def record_suit(
    objection_id: int,
    *,
    sued_on: date,
    suit_number: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> Objection:
    """The objector has sued in time: what is disputed stays reserved until the end (CPLI-510.2).

    Refused: `not-told`, `late`, `number-missing`.
    """
    objection, _plan, _case = lock_objection(objection_id, court_id)
    if objection.sue_by is None or objection.told_on is None:
        raise DomainError("not-told", _l("请先登记将反对意见通知异议人。"))
    check_days(sued_on, None, not_before=objection.told_on, now=now)
    if sued_on >= beijing_day(objection.sue_by):
        raise Invalid("late", _l("起诉在十五日期限之后。"), field="sued_on")
    _require_number(suit_number, "suit_number")
    objection.sued_on, objection.suit_number = sued_on, suit_number
    move_objection(objection, ObjectionStatus.SUED, actor_id=actor_id, now=now, reason=suit_number)
    meet_deadline(SUIT_DEADLINE, objection, at=now)
    return objection


def close_without_suit(
    objection_id: int, *, court_id: int, actor_id: int, now: datetime
) -> Objection:
    """No suit in fifteen days: the plan is carried out as it stands (CPLI-510.1)."""
    objection, plan, _case = lock_objection(objection_id, court_id)
    if objection.sue_by is None:
        raise DomainError("not-told", _l("请先登记将反对意见通知异议人。"))
    if objection.sue_by > now:
        raise DomainError("days-run", _l("异议人的起诉期限尚未届满。"))
    move_objection(objection, ObjectionStatus.LAPSED, actor_id=actor_id, now=now)
    meet_deadline(SUIT_DEADLINE, objection, at=now)
    settle_reserves(plan, actor_id=actor_id, now=now)
    return objection


def record_judgement(
    objection_id: int,
    *,
    is_upheld: bool,
    judgement_number: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> Objection:
    """The suit is decided for good: upheld, and a corrected plan follows; or rejected, and the
    reserve is paid as planned (CPLI-510.2).
    """
    objection, plan, _case = lock_objection(objection_id, court_id)
    _require_number(judgement_number, "judgement_number")
    objection.judgement_number = judgement_number
    to = ObjectionStatus.UPHELD if is_upheld else ObjectionStatus.REJECTED
    move_objection(objection, to, actor_id=actor_id, now=now, reason=judgement_number)
    settle_reserves(plan, actor_id=actor_id, now=now)
    return objection


def withdraw_objection(
    objection_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> Objection:
    """The objector takes it back; whatever clocks it had fall away."""
    objection, plan, _case = lock_objection(objection_id, court_id)
    if len(reason.strip()) < LEAST_NUMBER:
        raise Invalid(
            "reason-missing", _l("请写明撤回的依据（申请书、裁定案号）。"), field="reason"
        )
    move_objection(objection, ObjectionStatus.WITHDRAWN, actor_id=actor_id, now=now, reason=reason)
    for row in objection.answers:
        void_deadline(ANSWER_DEADLINE, row, at=now)
    void_deadline(SUIT_DEADLINE, objection, at=now)
    db.session.flush()
    settle_reserves(plan, actor_id=actor_id, now=now)
    return objection


def _require_number(text: str, field: str) -> None:
    if len(text.strip()) < LEAST_NUMBER:
        raise Invalid("number-missing", _l("请填写案号。"), field=field)
