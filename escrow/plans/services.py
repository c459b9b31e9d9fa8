"""Draft, submit and approve a plan, in the caller's transaction; the case's row is locked first."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from auction.cases.models import EnforcementCase
from auction.cases.services import require_open
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from auction.core.states import change_state
from auction.sales.models import Sale
from escrow.distribution import Plan
from escrow.objections.reserves import settle_reserves
from escrow.objections.rules import OBJECTION_TRANSITIONS, ObjectionStatus
from escrow.plans.booking import book_plan
from escrow.plans.clocks import meet_payout
from escrow.plans.inputs import objections_to_follow
from escrow.plans.lines import SURPLUS
from escrow.plans.models import (
    PLAN_TRANSITIONS,
    Deduction,
    DistributionPlan,
    PlanStatus,
)
from escrow.plans.papers import issue_plan_paper
from escrow.plans.reckoning import Reckoned, compute, needs_service


def draft_plan(case: EnforcementCase, *, actor_id: int, now: datetime) -> DistributionPlan:
    """Compute the case's plan from its claims, money and deductions (CPLI-509.1).

    A draft or a submission that there is becomes void. Refused: `case-closed`, `no-proceeds`,
    `no-claims`, `bad-basis` (a row says what a distribution file may not), `plan-shrinks`,
    `nothing-due`.
    """
    require_open(case)
    reckoned = compute(case)
    basis, plan = reckoned.basis, reckoned.plan
    if reckoned.changes_nothing and not plan.unallocated_minor and not basis.corrects:
        raise DomainError("nothing-due", _l("到账款项已经全部分配，没有可以再分配的。"))
    for row in _open_plans(case.id):
        change_state(
            row, PlanStatus.VOID, PLAN_TRANSITIONS, actor_id=actor_id, at=now, reason="redrafted"
        )
    db.session.flush()
    last = db.session.scalar(
        select(func.max(DistributionPlan.number)).where(DistributionPlan.case_id == case.id)
    )
    row = DistributionPlan(
        court_id=case.court_id,
        case_id=case.id,
        number=(last or 0) + 1,
        status=PlanStatus.DRAFT,
        input=basis.file,
        output=plan.document(),
        explanations=_explanations(plan),
        notes=list(basis.notes),
        sha256=basis.sha256,
        drafted_by=actor_id,
        drafted_at=now,
    )
    db.session.add(row)
    db.session.flush()
    record("draft-plan", row, actor_id=actor_id, at=now, detail={"sha256": row.sha256})
    return row


def submit_plan(plan_id: int, *, court_id: int, actor_id: int, now: datetime) -> DistributionPlan:
    """Put a draft to the second person. Refused: `stale`, `payee-incomplete`, `top-up-due`.

    A debtor who cannot be found need not have an account: his surplus waits for him (CN17F-14).
    """
    plan, case = lock_plan(plan_id, court_id)
    if plan.status is PlanStatus.SUBMITTED:
        return plan
    reckoned = check_fresh(plan, case)
    payees = reckoned.basis.payees
    incomplete = [
        line.payee
        for line in reckoned.due
        if not line.is_held
        and line.payee != SURPLUS
        and (line.payee not in payees or not payees[line.payee].is_complete)
    ]
    if incomplete:
        raise DomainError(
            "payee-incomplete",
            _l("缺少收款账户：%(who)s。请书记员补登后重新计算。", who="、".join(incomplete)),
            status=422,
        )
    change_state(plan, PlanStatus.SUBMITTED, PLAN_TRANSITIONS, actor_id=actor_id, at=now)
    plan.submitted_at = now
    return plan


def approve_plan(
    plan_id: int, *, sha256: str, court_id: int, actor_id: int, now: datetime
) -> DistributionPlan:
    """Another person of the finance desk approves exactly what he has read; the books follow.

    Refused: `same-person` (maker and checker are two), `stale` (claims, money or payees have
    changed since, or the page showed another plan).
    """
    plan, case = lock_plan(plan_id, court_id)
    if plan.status is PlanStatus.APPROVED:
        return plan
    if plan.drafted_by == actor_id:
        raise Forbidden("same-person", _l("拟制方案的人不能批准该方案，请由另一名财务人员批准。"))
    if sha256 != plan.sha256:
        raise _stale()
    reckoned = check_fresh(plan, case)
    change_state(plan, PlanStatus.APPROVED, PLAN_TRANSITIONS, actor_id=actor_id, at=now)
    plan.approved_by, plan.approved_at = actor_id, now
    plan.needs_service = needs_service(case, reckoned.basis)
    db.session.flush()
    book_plan(
        plan,
        case,
        reckoned.basis,
        reckoned.due,
        actor_id=actor_id,
        now=now,
        set_off=reckoned.set_off,
        take_back=reckoned.take_back,
    )
    _follow_objections(plan, actor_id=actor_id, now=now)
    issue_plan_paper(plan, case, reckoned.basis.payees, actor_id=actor_id, now=now)
    db.session.flush()
    # A plan may owe nobody money: its lines are set off, or were given before.
    meet_payout(case.id, now)
    return plan


def _follow_objections(plan: DistributionPlan, *, actor_id: int, now: datetime) -> None:
    """The objections that this plan follows are over; what they reserved is free."""
    earlier = set()
    for objection in objections_to_follow(plan.case_id):
        objection.corrected_by_id, objection.ended_at = plan.id, now
        change_state(
            objection,
            ObjectionStatus.CORRECTED,
            OBJECTION_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason=f"plan {plan.number}",
        )
        earlier.add(objection.plan_id)
    db.session.flush()
    for plan_id in sorted(earlier):
        before = db.session.get_one(DistributionPlan, plan_id)
        settle_reserves(before, actor_id=actor_id, now=now)


def void_plan(
    plan_id: int, *, remark: str, court_id: int, actor_id: int, now: datetime
) -> DistributionPlan:
    """Give a draft or a submission up, and say why."""
    plan, _case = lock_plan(plan_id, court_id)
    if plan.status is not PlanStatus.VOID:
        change_state(
            plan, PlanStatus.VOID, PLAN_TRANSITIONS, actor_id=actor_id, at=now, reason=remark
        )
        plan.remark = remark
    return plan


def check_fresh(plan: DistributionPlan, case: EnforcementCase) -> Reckoned:
    """What the plan rests on now, if that is still what it was computed from.

    Refused: `stale`, and `top-up-due` while a buyer still owes what its share does not cover.
    """
    require_open(case)
    reckoned = compute(case)
    if reckoned.basis.sha256 != plan.sha256:
        raise _stale()
    owed = sum(entry.top_up_minor for entry in reckoned.plan.set_offs)
    if owed:
        raise DomainError(
            "top-up-due",
            _l(
                "买受人的债权不足以抵付价款，尚应补交 %(sum)s。补交到账后请重新计算。",
                sum=format_money(owed),
            ),
        )
    return reckoned


def _stale() -> DomainError:
    return DomainError(
        "stale", _l("方案计算之后，债权、款项、扣除或收款账户有变化。请重新计算后再提交。")
    )


def _open_plans(case_id: int) -> list[DistributionPlan]:
    return list(
        db.session.scalars(
            select(DistributionPlan).where(
                DistributionPlan.case_id == case_id,
                DistributionPlan.status.in_((PlanStatus.DRAFT, PlanStatus.SUBMITTED)),
            )
        )
    )


def lock_plan(plan_id: int, court_id: int) -> tuple[DistributionPlan, EnforcementCase]:
    """A plan of the court, locked after its case and read again; raises NotFound."""
    case_id = db.session.scalar(
        select(DistributionPlan.case_id).where(
            DistributionPlan.id == plan_id, DistributionPlan.court_id == court_id
        )
    )
    if case_id is None:
        raise NotFound("unknown-plan", _l("没有这份分配方案。"))
    case = lock_case(case_id, court_id)
    plan = db.session.get(DistributionPlan, plan_id, with_for_update=True, populate_existing=True)
    assert plan is not None, "plans are never deleted"
    return plan, case


def lock_case(case_id: int, court_id: int) -> EnforcementCase:
    """The case, locked and read again; rows that only point at it are not held up."""
    case = db.session.get(
        EnforcementCase, case_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if case is None or case.court_id != court_id:
        raise NotFound("no-such-case", _l("没有找到这个案件。"))
    return case


def _explanations(plan: Plan) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = [
        {"to": line.payee, "step": line.step, "why": [asdict(why) for why in line.explanations]}
        for line in plan.lines
    ]
    rest = [asdict(why) for why in plan.unallocated_explanations]
    return [*entries, {"to": "unallocated", "step": "unallocated", "why": rest}]


# ── deductions ──────────────────────────────────────────────────────────────────────────────────


def book_deduction(
    case: EnforcementCase,
    *,
    values: dict[str, object],
    form_key: str,
    actor_id: int,
    now: datetime,
) -> Deduction:
    """Write a cost, a reserved rent or a tax of the sale down; the same form once (PRI-1 to 3).

    `case` is locked. Refused: `case-closed`, `tax-needs-lot`.
    """
    require_open(case)
    known = db.session.scalar(
        select(Deduction).where(Deduction.case_id == case.id, Deduction.form_key == form_key)
    )
    if known is not None:
        return known
    if values["kind"] == "sale-tax" and values["sale_id"] is None:
        raise DomainError("tax-needs-lot", _l("交易税费应指明标的。"), status=422, field="sale_id")
    if values["sale_id"] is not None:
        sale = db.session.get(Sale, values["sale_id"])
        if sale is None or sale.case_id != case.id:
            raise NotFound("unknown-sale", _l("没有这场拍卖。"))
    row = Deduction(
        court_id=case.court_id,
        case_id=case.id,
        form_key=form_key,
        booked_by=actor_id,
        booked_at=now,
        **values,
    )
    db.session.add(row)
    db.session.flush()
    record(
        "book-deduction",
        row,
        actor_id=actor_id,
        at=now,
        detail={"kind": str(row.kind), "amount_minor": row.amount_minor},
    )
    return row


def cancel_deduction(
    case: EnforcementCase, deduction_id: int, *, actor_id: int, now: datetime
) -> Deduction:
    """Take a deduction back, as long as no approved plan has paid it."""
    require_open(case)
    row = db.session.get(Deduction, deduction_id, with_for_update=True, populate_existing=True)
    if row is None or row.case_id != case.id:
        raise NotFound("unknown-deduction", _l("没有这项扣除。"))
    if row.cancelled_at is not None:
        return row
    plans = db.session.scalars(
        select(DistributionPlan).where(
            DistributionPlan.case_id == case.id, DistributionPlan.status == PlanStatus.APPROVED
        )
    )
    if any(payment.payee == row.label for plan in plans for payment in plan.payments):
        raise DomainError("deduction-paid", _l("这项扣除已列入批准的方案，不能撤销。"))
    row.cancelled_at, row.cancelled_by = now, actor_id
    record("cancel-deduction", row, actor_id=actor_id, at=now)
    return row
