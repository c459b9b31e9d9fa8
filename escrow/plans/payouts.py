"""Pay an approved plan line by line: who marks a payment is not who drew up the plan (A1)."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.cases.services import require_open
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline
from auction.sales.calendar import beijing_day, beijing_moment
from auction.sales.models import Sale
from escrow.bank.provider import money_of_case
from escrow.ledger import Account, AccountKind, NewTransfer, TransferKind, account, post
from escrow.plans.models import (
    PAYMENT_TRANSITIONS,
    DistributionPlan,
    PaymentStatus,
    PlanPayment,
    PlanStatus,
)
from escrow.plans.services import lock_case
from escrow.settlement.release import PAYOUT_DEADLINE


def mark_paid(
    payment_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> PlanPayment:
    """The transfer to this payee has been sent; booked from the bank (CN17F-11).

    Doing it again changes nothing. Refused: `same-person` (the plan's maker), `held`,
    `reference-used`, `future-day`, `money-elsewhere` (the case's money is not in the bank account).
    """
    payment, case = _lock_payment(payment_id, court_id)
    if payment.status is PaymentStatus.PAID:
        return payment
    plan = db.session.get_one(DistributionPlan, payment.plan_id)
    if plan.drafted_by == actor_id:
        raise Forbidden("same-person", _l("拟制方案的人不能登记付款，请由另一名财务人员登记。"))
    if payment.status is PaymentStatus.HELD:
        raise DomainError("held", _l("这笔款因争议暂予提存，不能支付。"))
    if paid_on > beijing_day(now):
        raise Invalid("future-day", _l("转账日期不能晚于今天。"), field="paid_on")
    _refuse_used(payment, bank_reference)
    there = money_of_case(case.id).bank_minor
    if there < payment.amount_minor:
        raise DomainError(
            "money-elsewhere",
            _l(
                "本案在法院账户的款项只有 %(there)s：请先登记支付通道的结算到账或补足手续费。",
                there=format_money(there),
            ),
        )
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.PLAN_PAID,
                debit=db.session.get_one(Account, payment.account_id),
                credit=account(AccountKind.BANK, court_id, court_id=court_id),
                amount_minor=payment.amount_minor,
                key=f"plan_payment:{payment.id}:paid",
                source=payment,
                effective_at=beijing_moment(paid_on, time()),
                case_id=case.id,
            )
        ],
        at=now,
        actor_id=actor_id,
    )
    payment.transfer_id = booked.id
    payment.bank_reference, payment.paid_on = bank_reference, paid_on
    payment.paid_by, payment.paid_at = actor_id, now
    change_state(payment, PaymentStatus.PAID, PAYMENT_TRANSITIONS, actor_id=actor_id, at=now)
    db.session.flush()
    _meet_payout(case.id, now)
    enqueue("match_debits", f"match_debits:plan:{payment.id}", {"court_id": court_id}, now=now)
    return payment


def release_held(
    payment_id: int, *, ground: str, court_id: int, actor_id: int, now: datetime
) -> PlanPayment:
    """The dispute is over, the reserved money may be paid (CPLI-510.1); the ground is recorded."""
    payment, _case = _lock_payment(payment_id, court_id)
    if payment.status is not PaymentStatus.HELD:
        return payment
    plan = db.session.get_one(DistributionPlan, payment.plan_id)
    if plan.drafted_by == actor_id:
        raise Forbidden("same-person", _l("拟制方案的人不能解除提存，请由另一名财务人员办理。"))
    if len(ground.strip()) < 4:
        raise Invalid("ground-missing", _l("请写明解除提存的依据（文书案号）。"), field="ground")
    change_state(
        payment, PaymentStatus.DUE, PAYMENT_TRANSITIONS, actor_id=actor_id, at=now, reason=ground
    )
    record("release-held", payment, actor_id=actor_id, at=now, detail={"ground": ground})
    return payment


def _lock_payment(payment_id: int, court_id: int) -> tuple[PlanPayment, EnforcementCase]:
    """A payment, locked after its case: two payments of one case take turns."""
    case_id = db.session.scalar(
        select(PlanPayment.case_id).where(
            PlanPayment.id == payment_id, PlanPayment.court_id == court_id
        )
    )
    if case_id is None:
        raise NotFound("unknown-payment", _l("没有这笔付款。"))
    case = lock_case(case_id, court_id)
    require_open(case)
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


def _meet_payout(case_id: int, now: datetime) -> None:
    """With the last payment of its approved plans the case's payout clocks are met (CN17F-8)."""
    unpaid = select(PlanPayment.id).where(
        PlanPayment.case_id == case_id, PlanPayment.status != PaymentStatus.PAID
    )
    if db.session.scalar(unpaid) is not None:
        return
    pots = {
        pot["id"]
        for plan in db.session.scalars(
            select(DistributionPlan).where(
                DistributionPlan.case_id == case_id,
                DistributionPlan.status == PlanStatus.APPROVED,
            )
        )
        for pot in plan.input["proceeds"]
    }
    for sale in db.session.scalars(select(Sale).where(Sale.case_id == case_id)):
        if sale.lot.number in pots:
            meet_deadline(PAYOUT_DEADLINE, sale, at=now)
