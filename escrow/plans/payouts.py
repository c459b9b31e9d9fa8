"""Payments of plans declared by hand, and reserved ones released by a person (CPLI-510.2)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from auction.core.states import change_state
from auction.sales.calendar import beijing_day
from escrow.bank.provider import money_of_case
from escrow.objections.reserves import released_status, settle_reserves
from escrow.payouts.by_hand import pay_by_hand
from escrow.payouts.models import PayoutKind
from escrow.payouts.offers import money_under_way
from escrow.plans.models import (
    PAYMENT_TRANSITIONS,
    DistributionPlan,
    HeldFor,
    PaymentStatus,
    PlanPayment,
)
from escrow.plans.services import lock_case


def mark_paid(
    payment_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> PlanPayment:
    """The transfer to this payee has been sent by hand; booked from the bank (CN17F-11).

    Doing it again changes nothing. Refused: `same-person` (the plan's maker), `held`, `not-due`,
    `under-way` (a batch has it), `came-back` (its account is to be corrected first),
    `reference-used`, `future-day`, `money-elsewhere` (the case's money is not in the bank account).
    """
    payment, case = lock_payment(payment_id, court_id)
    if payment.status in (PaymentStatus.PAID, PaymentStatus.DEPOSITED):
        return payment
    plan = db.session.get_one(DistributionPlan, payment.plan_id)
    if plan.drafted_by == actor_id:
        raise Forbidden("same-person", _l("拟制方案的人不能登记付款，请由另一名财务人员登记。"))
    if payment.status is PaymentStatus.HELD:
        raise DomainError("held", _l("这笔款因争议暂予提存，不能支付。"))
    if payment.status is PaymentStatus.WAITING:
        raise DomainError("waiting", _l("当事人的异议期尚未届满，暂不能支付。"))
    if payment.status is PaymentStatus.SENT:
        raise DomainError("under-way", _l("这笔款已列入付款批次，不能再手工登记。"))
    if payment.status is not PaymentStatus.DUE:
        raise DomainError("not-due", _l("这笔款现在还不能支付。"))
    if paid_on > beijing_day(now):
        raise Invalid("future-day", _l("转账日期不能晚于今天。"), field="paid_on")
    _refuse_used(payment, bank_reference)
    there = money_of_case(case.id).bank_minor - money_under_way(court_id).get(case.id, 0)
    if there < payment.amount_minor:
        raise DomainError(
            "money-elsewhere",
            _l(
                "本案在法院账户的款项只有 %(there)s：请先登记支付通道的结算到账或补足手续费。",
                there=format_money(there),
            ),
        )
    pay_by_hand(
        PayoutKind.PLAN,
        payment.id,
        bank_reference=bank_reference,
        paid_on=paid_on,
        court_id=court_id,
        actor_id=actor_id,
        now=now,
    )
    return payment


def release_held(
    payment_id: int, *, ground: str, court_id: int, actor_id: int, now: datetime
) -> PlanPayment:
    """The dispute is over, the reserved money may be paid (CPLI-510.1); the ground is recorded."""
    payment, _case = lock_payment(payment_id, court_id)
    if payment.status is not PaymentStatus.HELD:
        return payment
    plan = db.session.get_one(DistributionPlan, payment.plan_id)
    if plan.drafted_by == actor_id:
        raise Forbidden("same-person", _l("拟制方案的人不能解除提存，请由另一名财务人员办理。"))
    if len(ground.strip()) < 4:
        raise Invalid("ground-missing", _l("请写明解除提存的依据（文书案号）。"), field="ground")
    if payment.held_for is HeldFor.OBJECTION:
        raise DomainError("objection-stands", _l("异议尚未了结，相应款项应继续提存。"))
    payment.held_for = None
    to = released_status(plan)
    change_state(payment, to, PAYMENT_TRANSITIONS, actor_id=actor_id, at=now, reason=ground)
    record("release-held", payment, actor_id=actor_id, at=now, detail={"ground": ground})
    settle_reserves(plan, actor_id=actor_id, now=now)
    return payment


def lock_payment(payment_id: int, court_id: int) -> tuple[PlanPayment, EnforcementCase]:
    """A payment, locked after its case: two payments of one case take turns.

    The case may be closed: what the payee's bank sends back after that is owed all the same.
    """
    case_id = db.session.scalar(
        select(PlanPayment.case_id).where(
            PlanPayment.id == payment_id, PlanPayment.court_id == court_id
        )
    )
    if case_id is None:
        raise NotFound("unknown-payment", _l("没有这笔付款。"))
    case = lock_case(case_id, court_id)
    payment = db.session.get(PlanPayment, payment_id, with_for_update=True, populate_existing=True)
    assert payment is not None, "payments are never deleted"
    return payment, case


def _refuse_used(payment: PlanPayment, bank_reference: str) -> None:
    """One transfer of the bank pays one payee; lines to the same one may share it."""
    others = db.session.scalars(
        select(PlanPayment).where(
            PlanPayment.court_id == payment.court_id,
            PlanPayment.bank_reference == bank_reference,
        )
    )
    if any(
        other.case_id != payment.case_id or other.payee_account != payment.payee_account
        for other in others
    ):
        raise Invalid(
            "reference-used",
            _l("这个银行流水号已经用于另一笔付款，请核对。"),
            field="bank_reference",
        )
