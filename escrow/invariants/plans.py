"""INV-10: a plan is what its file gives; it is paid once, and from money that is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from auction.core.db import db
from escrow.bank.provider import money_of_case
from escrow.distribution import compute_plan
from escrow.invariants.booked import Booked
from escrow.ledger import Account, Fault, TransferKind
from escrow.ledger.models import AccountBalance
from escrow.payouts.models import Payout
from escrow.plans.models import DistributionPlan, PaymentStatus, PlanPayment, PlanStatus

# Still owed by the account that the plan has filled.
_OWED = (PaymentStatus.WAITING, PaymentStatus.DUE, PaymentStatus.HELD, PaymentStatus.SENT)
# Never money of the case, or no longer this plan's.
_NOT_ALLOTTED = (PaymentStatus.SET_OFF, PaymentStatus.WITHDRAWN)
_GONE = (PaymentStatus.PAID, PaymentStatus.DEPOSITED)
_GONE_AS = (TransferKind.PLAN_PAID, TransferKind.PLAN_DEPOSITED)


def check_plans(booked: Booked) -> list[Fault]:
    """Compute every approved plan again, and compare its payments with the books."""
    return [
        *_check_computed(),
        *_check_allotted(booked),
        *_check_paid(booked),
        *_check_owed(),
        *_check_cover(),
    ]


def _check_computed() -> Iterator[Fault]:
    """The same file gives the same plan, and it adds up."""
    for plan in db.session.scalars(
        select(DistributionPlan).where(DistributionPlan.status == PlanStatus.APPROVED)
    ):
        name, output = f"plan {plan.id}", plan.output
        given = sum(line["amount"] for line in output["lines"])
        if given + output["unallocated"] + output["surplus"] != output["total"]:
            yield Fault("plan-does-not-add-up", name, f"{given} of {output['total']} in lines")
        if compute_plan(plan.input).document() != output:
            yield Fault("plan-differs", name, "its file gives another plan now")


def _check_allotted(booked: Booked) -> Iterator[Fault]:
    """What a plan gives a payee at a step was allotted once, however it was split afterwards."""
    table = PlanPayment.__tablename__
    wanted: Counter[tuple[int, str, str]] = Counter()
    allotted: Counter[tuple[int, str, str]] = Counter()
    for row in db.session.execute(
        select(
            PlanPayment.id,
            PlanPayment.plan_id,
            PlanPayment.payee,
            PlanPayment.step,
            PlanPayment.status,
            PlanPayment.amount_minor,
        )
    ):
        line = (row.plan_id, row.payee, row.step)
        wanted[line] += 0 if row.status in _NOT_ALLOTTED else row.amount_minor
        allotted[line] += booked.of(table, row.id, (TransferKind.PLAN_ALLOTTED,))
        allotted[line] -= booked.of(table, row.id, (TransferKind.PLAN_CORRECTED,))
    for line, amount in wanted.items():
        if allotted[line] != amount:
            name = f"plan {line[0]}, {line[1]} {line[2]}"
            yield Fault("not-allotted", name, f"{allotted[line]} of {amount}")


def _check_paid(booked: Booked) -> Iterator[Fault]:
    """A payment has left exactly once when it is paid or deposited, and not before."""
    left: Counter[int] = Counter()
    for payout_id, payment_id in db.session.execute(
        select(Payout.id, Payout.plan_payment_id).where(Payout.plan_payment_id.is_not(None))
    ):
        out = booked.of(Payout.__tablename__, payout_id, _GONE_AS)
        back = booked.of(Payout.__tablename__, payout_id, (TransferKind.PAYOUT_RETURNED,))
        left[payment_id or 0] += out - back
    for payment_id, status, amount in db.session.execute(
        select(PlanPayment.id, PlanPayment.status, PlanPayment.amount_minor)
    ):
        wanted = amount if status in _GONE else 0
        if left[payment_id] != wanted:
            detail = f"{status}: {left[payment_id]} of {wanted}"
            yield Fault("paid-otherwise", f"plan payment {payment_id}", detail)


def _check_owed() -> Iterator[Fault]:
    """What plans still owe a payee stands in his account."""
    owed = dict(
        db.session.execute(
            select(PlanPayment.account_id, func.sum(PlanPayment.amount_minor))
            .where(PlanPayment.status.in_(_OWED))
            .group_by(PlanPayment.account_id)
        ).all()
    )
    planned: Counter[int] = Counter()
    shared: dict[int, int] = {}
    for account_id, came, went in db.session.execute(
        select(Account.id, AccountBalance.credits_posted, AccountBalance.debits_posted)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.id.in_(select(PlanPayment.account_id)))
    ):
        planned[account_id] = int(owed.get(account_id, 0))
        shared[account_id] = came - went
    for account_id, there in shared.items():
        if there != planned[account_id]:
            detail = f"{planned[account_id]} unpaid by the plans, {there} in the books"
            yield Fault("owed-differs", f"account {account_id}", detail)


def _check_cover() -> Iterator[Fault]:
    """Nothing was paid before its money had come to the bank (CN17F-3)."""
    paid = select(PlanPayment.case_id).where(PlanPayment.status.in_(_GONE)).distinct()
    for case_id in db.session.scalars(paid):
        there = money_of_case(case_id).bank_minor
        if there < 0:
            yield Fault("paid-before-it-came", f"case {case_id}", f"{there} at the bank")
