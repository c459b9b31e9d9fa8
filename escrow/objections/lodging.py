"""An objection to a plan: lodged, told to the others, answered by them (CPLI-510.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import func, select

from auction.cases.models import EnforcementCase, Party
from auction.cases.services import require_open
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, schedule_deadline
from auction.sales.calendar import beijing_day
from escrow.objections.models import Answer, Objection, ObjectionAnswer, ObjectionItem
from escrow.objections.reserves import settle_reserves
from escrow.objections.rules import (
    OBJECTION_TRANSITIONS,
    ObjectionStatus,
    ServiceChannel,
    served_on,
)
from escrow.objections.serving import (
    OBJECTION_DEADLINE,
    check_days,
    objection_due_at,
    parties_to_serve,
    services_of,
)
from escrow.plans.models import (
    SETTLED_PAYMENTS,
    DistributionPlan,
    PlanPayment,
    PlanStatus,
)
from escrow.plans.services import lock_plan

ANSWER_DEADLINE = "plan-answer"
LEAST_GROUND = 4


def lodge_objection(
    plan_id: int,
    party_id: int,
    *,
    received_on: date,
    ground: str,
    disputed: Mapping[tuple[str, str], int],
    court_id: int,
    actor_id: int,
    now: datetime,
) -> Objection:
    """A party disputes so much of these lines (payee and step); as much is reserved at once.

    Refused: `not-a-party`, `not-served`, `late` (after its fifteen days), `consented`,
    `ground-missing`, `nothing-disputed`, `more-than-unpaid`.
    """
    plan, case = lock_plan(plan_id, court_id)
    require_open(case)
    if plan.status is not PlanStatus.APPROVED:
        raise DomainError("not-approved", _l("方案批准并送达后才能提出异议。"))
    _check_objector(plan, case, party_id, received_on, now)
    if len(ground.strip()) < LEAST_GROUND:
        raise Invalid("ground-missing", _l("请写明异议的理由。"), field="ground")
    _check_disputed(plan, disputed)
    last = db.session.scalar(select(func.max(Objection.number)).where(Objection.case_id == case.id))
    row = Objection(
        court_id=court_id,
        case_id=case.id,
        plan_id=plan.id,
        party_id=party_id,
        number=(last or 0) + 1,
        status=ObjectionStatus.RECEIVED,
        received_on=received_on,
        ground=ground,
        recorded_by=actor_id,
        recorded_at=now,
    )
    row.items = [
        ObjectionItem(payee=payee, step=step, amount_minor=amount)
        for (payee, step), amount in disputed.items()
    ]
    db.session.add(row)
    db.session.flush()
    record(
        "lodge-objection",
        row,
        actor_id=actor_id,
        at=now,
        detail={
            "party": party_id,
            "received_on": received_on.isoformat(),
            "disputed": [[i.payee, i.step, i.amount_minor] for i in row.items],
        },
    )
    service = next(s for s in services_of(plan) if s.party_id == party_id)
    meet_deadline(OBJECTION_DEADLINE, service, at=now)
    settle_reserves(plan, actor_id=actor_id, now=now)
    return row


def _check_objector(
    plan: DistributionPlan, case: EnforcementCase, party_id: int, received_on: date, now: datetime
) -> None:
    if party_id not in {party.id for party in parties_to_serve(plan, case)}:
        raise NotFound("not-a-party", _l("只有债权人和被执行人可以对方案提出异议。"))
    service = next((s for s in services_of(plan) if s.party_id == party_id), None)
    if service is None:
        raise DomainError("not-served", _l("请先登记向这名当事人送达方案。"))
    if service.consented_on is not None:
        raise DomainError("consented", _l("这名当事人已书面同意方案。"))
    check_days(received_on, None, not_before=service.sent_on, now=now)
    if service.due_at is not None and received_on >= beijing_day(service.due_at):
        raise Invalid("late", _l("异议在十五日期限之后提出，不予受理。"), field="received_on")


def _check_disputed(plan: DistributionPlan, disputed: Mapping[tuple[str, str], int]) -> None:
    if not disputed or any(amount <= 0 for amount in disputed.values()):
        raise Invalid("nothing-disputed", _l("请写明有争议的项目和数额。"), field="amounts")
    rows = db.session.execute(
        select(PlanPayment.payee, PlanPayment.step, func.sum(PlanPayment.amount_minor))
        .where(PlanPayment.plan_id == plan.id, PlanPayment.status.not_in(SETTLED_PAYMENTS))
        .group_by(PlanPayment.payee, PlanPayment.step)
    )
    unpaid = {(payee, step): int(amount) for payee, step, amount in rows}
    for (payee, step), amount in disputed.items():
        most = unpaid.get((payee, step), 0)
        if amount > most:
            raise Invalid(
                "more-than-unpaid",
                _l(
                    "%(payee)s 尚未支付的只有 %(most)s，争议数额不能超过它。",
                    payee=payee,
                    most=format_money(most),
                ),
                field="amounts",
            )


# ── the others ──────────────────────────────────────────────────────────────────────────────────


def parties_to_tell(objection: Objection, case: EnforcementCase) -> list[Party]:
    """The creditors and the debtor who did not raise it (CPLI-510.1)."""
    plan = db.session.get_one(DistributionPlan, objection.plan_id)
    return [p for p in parties_to_serve(plan, case) if p.id != objection.party_id]


def tell_party(
    objection_id: int,
    party_id: int,
    *,
    channel: ServiceChannel,
    sent_on: date,
    reached_on: date | None,
    proof: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ObjectionAnswer:
    """Another party is told of an objection; from service he has fifteen days to oppose it.

    Told before and on its way still: the proof is added. Refused: `wrong-state`, `not-a-party`,
    `told-already`.
    """
    objection, _plan, case = lock_objection(objection_id, court_id)
    if objection.status not in {ObjectionStatus.RECEIVED, ObjectionStatus.NOTIFIED}:
        raise DomainError("wrong-state", _l("异议已过通知其他当事人的阶段。"))
    if party_id not in {party.id for party in parties_to_tell(objection, case)}:
        raise NotFound("not-a-party", _l("这名当事人不需要通知。"))
    check_days(sent_on, reached_on, not_before=objection.received_on, now=now)
    row = next((a for a in objection.answers if a.party_id == party_id), None)
    if row is not None and row.served_on is not None:
        raise DomainError("told-already", _l("已经通知过这名当事人。"))
    if row is None:
        row = ObjectionAnswer(
            objection_id=objection.id, party_id=party_id, recorded_by=actor_id, recorded_at=now
        )
        objection.answers.append(row)
    row.channel, row.sent_on, row.proof = channel, sent_on, proof
    day = served_on(channel, sent_on, reached_on)
    if day is not None:
        row.served_on, row.due_at = day, objection_due_at(day)
    db.session.flush()
    if row.due_at is not None:
        schedule_deadline(
            ANSWER_DEADLINE,
            row,
            rule_id="CPLI-510.1",
            court_id=objection.court_id,
            case_id=case.id,
            owner_role="party",
            due_at=row.due_at,
        )
    record(
        "tell-objection",
        objection,
        actor_id=actor_id,
        at=now,
        detail={"party": party_id, "served_on": day.isoformat() if day else None},
    )
    _advance(objection, case, actor_id=actor_id, now=now)
    return row


def record_answer(
    objection_id: int,
    party_id: int,
    *,
    answer: Answer,
    answered_on: date,
    words: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ObjectionAnswer:
    """A party opposes an objection, or agrees to it, within its fifteen days.

    Refused: `not-told`, `answered`, `late`.
    """
    objection, _plan, case = lock_objection(objection_id, court_id)
    row = next((a for a in objection.answers if a.party_id == party_id), None)
    if row is None:
        raise DomainError("not-told", _l("请先登记通知这名当事人。"))
    if row.answer is not None:
        raise DomainError("answered", _l("这名当事人的意见已经登记。"))
    check_days(answered_on, None, not_before=objection.received_on, now=now)
    if row.due_at is not None and answered_on >= beijing_day(row.due_at):
        raise Invalid("late", _l("反对意见在十五日期限之后提出。"), field="answered_on")
    row.answer, row.answered_on, row.words = answer, answered_on, words
    db.session.flush()
    meet_deadline(ANSWER_DEADLINE, row, at=now)
    record(
        "answer-objection",
        objection,
        actor_id=actor_id,
        at=now,
        detail={"party": party_id, "answer": str(answer)},
    )
    _advance(objection, case, actor_id=actor_id, now=now)
    return row


def close_answers(objection_id: int, *, court_id: int, actor_id: int, now: datetime) -> Objection:
    """Nobody opposed in time: the plan is to be corrected as the objection says (CPLI-510.1).

    Refused: `days-run` while one of them may still speak.
    """
    objection, _plan, _case = lock_objection(objection_id, court_id)
    running = [row.party.name for row in objection.answers if not row.is_over(now)]
    if running:
        raise DomainError(
            "days-run", _l("下列当事人还可以提出反对意见：%(who)s。", who="、".join(running))
        )
    move_objection(objection, ObjectionStatus.UNOPPOSED, actor_id=actor_id, now=now)
    for row in objection.answers:
        meet_deadline(ANSWER_DEADLINE, row, at=now)
    return objection


def _advance(objection: Objection, case: EnforcementCase, *, actor_id: int, now: datetime) -> None:
    """All told: notified. One opposes: opposed."""
    told = {row.party_id for row in objection.answers}
    if objection.status is ObjectionStatus.RECEIVED and told >= {
        party.id for party in parties_to_tell(objection, case)
    }:
        move_objection(objection, ObjectionStatus.NOTIFIED, actor_id=actor_id, now=now)
    opposes = any(row.answer is Answer.OPPOSES for row in objection.answers)
    if objection.status is ObjectionStatus.NOTIFIED and opposes:
        move_objection(objection, ObjectionStatus.OPPOSED, actor_id=actor_id, now=now)


def move_objection(
    objection: Objection, to: ObjectionStatus, *, actor_id: int, now: datetime, reason: str = ""
) -> None:
    """Take an objection one step along its table; once it is over, its reserve is free."""
    change_state(objection, to, OBJECTION_TRANSITIONS, actor_id=actor_id, at=now, reason=reason)
    if not objection.is_standing:
        objection.ended_at = now
    db.session.flush()


def lock_objection(
    objection_id: int, court_id: int
) -> tuple[Objection, DistributionPlan, EnforcementCase]:
    """An objection, locked after its case and plan, and read again; raises NotFound."""
    plan_id = db.session.scalar(
        select(Objection.plan_id).where(
            Objection.id == objection_id, Objection.court_id == court_id
        )
    )
    if plan_id is None:
        raise NotFound("unknown-objection", _l("没有这项异议。"))
    plan, case = lock_plan(plan_id, court_id)
    require_open(case)
    row = db.session.get(
        Objection, objection_id, with_for_update={"of": Objection}, populate_existing=True
    )
    assert row is not None, "objections are never deleted"
    return row, plan, case
