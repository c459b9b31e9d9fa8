"""Serve a plan on each party, with its own days, and release what nobody disputes (CPLI-509.1)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from auction.cases.models import EnforcementCase, Party, PartyRole
from auction.cases.services import require_open
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, schedule_deadline, void_deadline
from auction.sales.calendar import beijing_day, beijing_moment, due_after
from auction.sales.rulepacks import load_rule_pack
from escrow.objections.models import PlanService
from escrow.objections.reserves import settle_reserves
from escrow.objections.rules import OBJECTION_DAYS, ServiceChannel, served_on
from escrow.plans.models import (
    PAYMENT_TRANSITIONS,
    DistributionPlan,
    PaymentStatus,
    PlanPayment,
    PlanStatus,
)
from escrow.plans.papers import issue_extract
from escrow.plans.services import lock_plan

OBJECTION_DEADLINE = "plan-objection"
RELEASE_DEADLINE = "plan-release"
RELEASE_DAYS = 10  # CN17F-10: from the day on which the ground for waiting is gone


def parties_to_serve(plan: DistributionPlan, case: EnforcementCase) -> list[Party]:
    """Every creditor whose claim the plan counts, and the debtor (CPLI-509.1)."""
    labels = {claim["id"] for claim in plan.input["claims"]}
    creditors = {claim.party_id for claim in case.claims if claim.label in labels}
    return [
        party for party in case.parties if party.id in creditors or party.role is PartyRole.DEBTOR
    ]


def services_of(plan: DistributionPlan) -> list[PlanService]:
    """What was served and counts, oldest first."""
    query = (
        select(PlanService)
        .where(PlanService.plan_id == plan.id, PlanService.cancelled_at.is_(None))
        .order_by(PlanService.id)
    )
    return list(db.session.scalars(query))


def record_service(
    plan_id: int,
    party_id: int,
    *,
    channel: ServiceChannel,
    sent_on: date,
    reached_on: date | None,
    proof: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> PlanService:
    """A plan was sent to one party; its extract is issued, and with proof its days begin.

    Refused: `not-approved`, `not-a-party`, `served-already`, `future-day`, `too-early`.
    """
    plan, case = _lock_approved(plan_id, court_id)
    party = next((p for p in parties_to_serve(plan, case) if p.id == party_id), None)
    if party is None:
        raise NotFound("not-a-party", _l("这名当事人不是本方案的送达对象。"))
    if any(row.party_id == party_id for row in services_of(plan)):
        raise DomainError("served-already", _l("已经登记过向这名当事人送达。"))
    assert plan.approved_at is not None, "an approved plan has its moment"
    check_days(sent_on, reached_on, not_before=beijing_day(plan.approved_at), now=now)
    document = issue_extract(plan, case, party, actor_id=actor_id, now=now)
    row = PlanService(
        court_id=court_id,
        case_id=case.id,
        plan_id=plan.id,
        party_id=party.id,
        channel=channel,
        sent_on=sent_on,
        proof=proof,
        document_id=document.id,
        recorded_by=actor_id,
        recorded_at=now,
    )
    db.session.add(row)
    db.session.flush()
    _start_days(row, served_on(channel, sent_on, reached_on))
    record(
        "serve-plan",
        row,
        actor_id=actor_id,
        at=now,
        detail={
            "party": party.id,
            "channel": str(channel),
            "served_on": row.served_on.isoformat() if row.served_on else None,
        },
    )
    _schedule_release(plan, case)
    return row


def prove_service(
    service_id: int, *, reached_on: date, proof: str, court_id: int, actor_id: int, now: datetime
) -> PlanService:
    """The proof of a service that was on its way has come back: its days begin."""
    row, plan, case = lock_service(service_id, court_id)
    if row.served_on is not None:
        raise DomainError("served-already", _l("已经登记过送达日期。"))
    check_days(row.sent_on, reached_on, not_before=row.sent_on, now=now)
    row.proof = proof
    _start_days(row, reached_on)
    record(
        "prove-service",
        row,
        actor_id=actor_id,
        at=now,
        detail={"served_on": reached_on.isoformat(), "proof": proof},
    )
    _schedule_release(plan, case)
    return row


def cancel_service(
    service_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> PlanService:
    """A service that was wrong or did not reach its man no longer counts; it must be done again."""
    row, plan, _case = lock_service(service_id, court_id)
    if plan.released_at is not None:
        raise DomainError("released", _l("异议期满已确认，送达登记不能再撤销。"))
    if len(reason.strip()) < 4:
        raise Invalid("reason-missing", _l("请写明撤销的原因。"), field="reason")
    row.cancelled_at, row.cancelled_by, row.cancel_reason = now, actor_id, reason
    void_deadline(OBJECTION_DEADLINE, row, at=now)
    void_deadline(RELEASE_DEADLINE, plan, at=now)
    record("cancel-service", row, actor_id=actor_id, at=now, detail={"reason": reason})
    return row


def record_consent(
    service_id: int, *, consented_on: date, court_id: int, actor_id: int, now: datetime
) -> PlanService:
    """A party has declared in writing that it agrees; its days are over."""
    row, plan, _case = lock_service(service_id, court_id)
    if row.consented_on is not None:
        return row
    assert plan.approved_at is not None, "an approved plan has its moment"
    check_days(consented_on, None, not_before=beijing_day(plan.approved_at), now=now)
    row.consented_on = consented_on
    meet_deadline(OBJECTION_DEADLINE, row, at=now)
    record(
        "consent-to-plan",
        row,
        actor_id=actor_id,
        at=now,
        detail={"consented_on": consented_on.isoformat()},
    )
    return row


def release_plan(plan_id: int, *, court_id: int, actor_id: int, now: datetime) -> DistributionPlan:
    """Everybody's days are over: what nobody disputes may be paid (CPLI-510.2, CN21S-1).

    Another person than the plan's maker says so. Refused: `same-person`, `not-served`, `days-run`.
    """
    plan, case = _lock_approved(plan_id, court_id)
    if plan.released_at is not None:
        return plan
    if plan.drafted_by == actor_id:
        raise Forbidden("same-person", _l("拟制方案的人不能确认异议期满，请由另一名财务人员办理。"))
    services = services_of(plan)
    served = {row.party_id for row in services}
    missing = [party.name for party in parties_to_serve(plan, case) if party.id not in served]
    if missing:
        raise DomainError(
            "not-served", _l("方案尚未向下列当事人送达：%(who)s。", who="、".join(missing))
        )
    running = [row.party.name for row in services if not row.is_over(now)]
    if running:
        raise DomainError(
            "days-run",
            _l("下列当事人的异议期尚未届满或者尚无送达证明：%(who)s。", who="、".join(running)),
        )
    plan.released_at, plan.released_by = now, actor_id
    db.session.flush()
    waiting = db.session.scalars(
        select(PlanPayment)
        .where(PlanPayment.plan_id == plan.id, PlanPayment.status == PaymentStatus.WAITING)
        .order_by(PlanPayment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for payment in waiting:
        change_state(
            payment,
            PaymentStatus.DUE,
            PAYMENT_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason="released",
        )
    settle_reserves(plan, actor_id=actor_id, now=now)
    for row in services:
        meet_deadline(OBJECTION_DEADLINE, row, at=now)
    meet_deadline(RELEASE_DEADLINE, plan, at=now)
    record("release-plan", plan, actor_id=actor_id, at=now)
    return plan


# ── days and locks ──────────────────────────────────────────────────────────────────────────────


def objection_due_at(day: date) -> datetime:
    """The end of the fifteenth day after service; a holiday moves it (CPLI-509.1, CPL-85.1)."""
    return due_after(beijing_moment(day), OBJECTION_DAYS, load_rule_pack("cn"))


def check_days(sent_on: date, reached_on: date | None, *, not_before: date, now: datetime) -> None:
    """Refuse a day before the paper existed, in the future, or an arrival before the sending."""
    today = beijing_day(now)
    if sent_on > today or (reached_on is not None and reached_on > today):
        raise Invalid("future-day", _l("日期不能晚于今天。"), field="sent_on")
    if sent_on < not_before:
        raise Invalid("too-early", _l("日期不能早于文书作出之日。"), field="sent_on")
    if reached_on is not None and reached_on < sent_on:
        raise Invalid("too-early", _l("送达日期不能早于发出日期。"), field="reached_on")


def lock_service(
    service_id: int, court_id: int
) -> tuple[PlanService, DistributionPlan, EnforcementCase]:
    """A service that counts, locked after its case and plan."""
    plan_id = db.session.scalar(
        select(PlanService.plan_id).where(
            PlanService.id == service_id, PlanService.court_id == court_id
        )
    )
    if plan_id is None:
        raise NotFound("unknown-service", _l("没有这项送达登记。"))
    plan, case = _lock_approved(plan_id, court_id)
    row = db.session.get_one(PlanService, service_id, populate_existing=True)
    if row.cancelled_at is not None:
        raise DomainError("cancelled", _l("这项送达登记已经撤销。"))
    return row, plan, case


def _lock_approved(plan_id: int, court_id: int) -> tuple[DistributionPlan, EnforcementCase]:
    plan, case = lock_plan(plan_id, court_id)
    require_open(case)
    if plan.status is not PlanStatus.APPROVED:
        raise DomainError("not-approved", _l("方案批准后才能送达。"))
    return plan, case


def _start_days(row: PlanService, day: date | None) -> None:
    if day is None:
        return
    row.served_on, row.due_at = day, objection_due_at(day)
    schedule_deadline(
        OBJECTION_DEADLINE,
        row,
        rule_id="CPLI-509.1",
        court_id=row.court_id,
        case_id=row.case_id,
        owner_role="party",
        due_at=row.due_at,
    )


def _schedule_release(plan: DistributionPlan, case: EnforcementCase) -> None:
    """With the last service it is known when the money must be free."""
    services = services_of(plan)
    days = [row.due_at for row in services if row.due_at is not None]
    if len(days) < len(parties_to_serve(plan, case)):
        return
    last = max(days)
    schedule_deadline(
        RELEASE_DEADLINE,
        plan,
        rule_id="CN17F-10",
        court_id=case.court_id,
        case_id=case.id,
        owner_role="finance",
        due_at=due_after(last, RELEASE_DAYS, load_rule_pack("cn")),
        warn_at=last,
    )
