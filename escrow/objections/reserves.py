"""Keep back exactly what standing objections dispute, line by line (CPLI-510.2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from sqlalchemy import func, select

from auction.core.audit import record
from auction.core.db import db
from auction.core.states import change_state
from escrow.objections.models import Objection
from escrow.objections.rules import (
    STANDING,
    Part,
    Shift,
    fee_at_stake,
    plan_shifts,
    reserve_needed,
)
from escrow.plans.models import (
    PAYMENT_TRANSITIONS,
    SETTLED_PAYMENTS,
    DistributionPlan,
    HeldFor,
    PaymentStatus,
    PlanPayment,
)


def settle_reserves(plan: DistributionPlan, *, actor_id: int | None, now: datetime) -> None:
    """Bring the reserved parts of a plan's lines to what its standing objections dispute.

    The fee on what is disputed is reserved with it. Paid parts are out of reach; a claim entered as
    disputed stays reserved as a whole. The caller has locked the case.
    """
    disputed = _disputed_by_line(plan)
    lines: dict[tuple[str, str], list[PlanPayment]] = defaultdict(list)
    for payment in _open_payments(plan.id):
        if payment.held_for is not HeldFor.CLAIM:
            lines[payment.payee, payment.step].append(payment)
    for line, payments in lines.items():
        parts = [Part(p.id, p.amount_minor, p.status is PaymentStatus.HELD) for p in payments]
        unsettled = sum(part.amount_minor for part in parts)
        for shift in plan_shifts(parts, reserve_needed(unsettled, disputed[line])):
            payment = next(p for p in payments if p.id == shift.part_id)
            _shift(plan, payment, shift, actor_id, now)


def _disputed_by_line(plan: DistributionPlan) -> dict[tuple[str, str], list[int]]:
    disputed: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_claim: Counter[str] = Counter()
    for objection in standing_objections(plan.id):
        for item in objection.items:
            disputed[item.payee, item.step].append(item.amount_minor)
            by_claim[item.payee] += item.amount_minor
    fees = {claim["id"]: claim.get("fee") for claim in plan.input["claims"]}
    for result in plan.output["claims"]:
        claim = result["id"]
        if by_claim[claim]:
            stake = fee_at_stake(fees[claim], result["paid"], by_claim[claim])
            disputed[f"{claim}/fee", "fee"].append(stake)
    return disputed


def standing_objections(plan_id: int) -> list[Objection]:
    """The objections to a plan that are not over."""
    query = (
        select(Objection)
        .where(Objection.plan_id == plan_id, Objection.status.in_(STANDING))
        .order_by(Objection.id)
    )
    return list(db.session.scalars(query))


def released_status(plan: DistributionPlan) -> PaymentStatus:
    """What a payment becomes that nobody disputes: payable, or waiting for the others' days."""
    if plan.needs_service and plan.released_at is None:
        return PaymentStatus.WAITING
    return PaymentStatus.DUE


def _shift(
    plan: DistributionPlan,
    payment: PlanPayment,
    shift: Shift,
    actor_id: int | None,
    now: datetime,
) -> None:
    if shift.amount_minor < payment.amount_minor:
        payment = split_payment(payment, shift.amount_minor, actor_id=actor_id, now=now)
    to = PaymentStatus.HELD if shift.hold else released_status(plan)
    payment.held_for = HeldFor.OBJECTION if shift.hold else None
    change_state(payment, to, PAYMENT_TRANSITIONS, actor_id=actor_id, at=now, reason="objection")
    db.session.flush()


def split_payment(
    payment: PlanPayment, amount_minor: int, *, actor_id: int | None, now: datetime
) -> PlanPayment:
    """Take `amount_minor` out of an unsettled payment into one of its own, in the same state.

    Together they are what the one was; the books do not move.
    """
    assert 0 < amount_minor < payment.amount_minor, "both parts are something"
    last = db.session.scalar(
        select(func.max(PlanPayment.part)).where(
            PlanPayment.plan_id == payment.plan_id,
            PlanPayment.payee == payment.payee,
            PlanPayment.step == payment.step,
        )
    )
    twin = PlanPayment(
        plan_id=payment.plan_id,
        court_id=payment.court_id,
        case_id=payment.case_id,
        payee=payment.payee,
        step=payment.step,
        part=(last or 1) + 1,
        amount_minor=amount_minor,
        account_id=payment.account_id,
        payee_name=payment.payee_name,
        payee_bank=payment.payee_bank,
        payee_account=payment.payee_account,
        status=payment.status,
        held_for=payment.held_for,
    )
    payment.amount_minor -= amount_minor
    db.session.add(twin)
    db.session.flush()
    record(
        "split-payment",
        payment,
        actor_id=actor_id,
        at=now,
        detail={"into": twin.id, "amount_minor": amount_minor},
    )
    return twin


def _open_payments(plan_id: int) -> list[PlanPayment]:
    """Read again and locked: a payment may have been made a moment ago."""
    query = (
        select(PlanPayment)
        .where(PlanPayment.plan_id == plan_id, PlanPayment.status.not_in(SETTLED_PAYMENTS))
        .order_by(PlanPayment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))
