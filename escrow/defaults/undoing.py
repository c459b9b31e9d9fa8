"""Put back what a released price had become: plan lines not yet paid, the release, the forfeits.

Nothing is deleted: each entry is undone by another that names it (CN16-32.1). What was paid out
already is claimed back from whoever got it; the buyer gets his money as far as the court holds it,
and the rest when it comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from auction.deadlines.services import void_deadline
from auction.rulings.models import Bearer, Ruling
from auction.sales.models import Sale
from escrow.defaults.models import (
    RECEIVABLE_TRANSITIONS,
    Receivable,
    ReceivableKind,
    ReceivableStatus,
    SetAside,
)
from escrow.defaults.reckoning import covered_parts, stake_of
from escrow.defaults.releases import (
    RETURN_SPAN,
    claimed_of,
    clock_of,
    open_receivable,
    standing_releases,
)
from escrow.defaults.setoffs import set_off_lines
from escrow.ledger import (
    Account,
    AccountKind,
    NewTransfer,
    TransferKind,
    account,
    balance,
    post,
    reverse,
)
from escrow.payments.models import Payment, RefundReason
from escrow.payments.refunds import owe_refund
from escrow.plans.models import (
    PAYMENT_TRANSITIONS,
    PLAN_TRANSITIONS,
    DistributionPlan,
    PaymentStatus,
    PlanPayment,
    PlanStatus,
)
from escrow.plans.services import lock_case

_WORK_DONE = ("cost", "reserved-rent")
_GONE = (PaymentStatus.PAID, PaymentStatus.DEPOSITED)
UNPAID = (PaymentStatus.WAITING, PaymentStatus.DUE, PaymentStatus.HELD)


@dataclass(frozen=True)
class Undone:
    """What undoing a release came to."""

    claimed_minor: int
    forfeits_minor: int


def undo_release(
    sale: Sale, ruling: Ruling, bearer: Bearer, *, actor_id: int, now: datetime
) -> Undone:
    """Take the price of a sale out of its case's proceeds again, if it was released.

    Refused: `payout-underway` (a payment of the case is on its way through the bank),
    `plan-differs`, and what `set_off_lines` refuses.
    """
    released, set_off = standing_releases(sale.id), set_off_lines(sale)
    if not released and not set_off:
        return Undone(0, 0)
    case = lock_case(sale.case_id, sale.court_id)
    _void_open_plans(case.id, actor_id=actor_id, now=now)
    payments = _payments_of(case.id)
    label = sale.lot.number
    plan = last_plan_with(case.id, label)
    claimed = 0
    if plan is not None:
        withdrawn = _withdraw(payments, case.id, case.court_id, actor_id=actor_id, now=now)
        _forget_set_off(set_off, withdrawn, actor_id=actor_id, now=now)
        claims = claims_on(plan, label, payments, withdrawn)
        claimed = _claim_back(claims, sale, ruling, bearer, actor_id=actor_id, now=now)
    for transfer in released:
        reverse(
            transfer,
            key=f"ruling:{ruling.id}:undoes:{transfer.id}",
            source=ruling,
            at=now,
            actor_id=actor_id,
            note="撤销拍卖",
        )
    _void_deficits(sale.id, actor_id=actor_id, now=now)
    forfeits = sum(t.amount_minor for t in released if t.kind is TransferKind.FORFEIT_USED)
    return Undone(claimed, forfeits)


def _void_open_plans(case_id: int, *, actor_id: int, now: datetime) -> None:
    rows = db.session.scalars(
        select(DistributionPlan).where(
            DistributionPlan.case_id == case_id,
            DistributionPlan.status.in_((PlanStatus.DRAFT, PlanStatus.SUBMITTED)),
        )
    )
    for row in rows:
        change_state(
            row, PlanStatus.VOID, PLAN_TRANSITIONS, actor_id=actor_id, at=now, reason="set aside"
        )
        row.remark = "拍卖已撤销"


def _payments_of(case_id: int) -> list[PlanPayment]:
    return list(
        db.session.scalars(
            select(PlanPayment)
            .where(PlanPayment.case_id == case_id)
            .order_by(PlanPayment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def last_plan_with(case_id: int, label: str) -> DistributionPlan | None:
    """The newest approved plan; it covers all that the case brought, this lot among it."""
    plan = db.session.scalar(
        select(DistributionPlan)
        .where(DistributionPlan.case_id == case_id, DistributionPlan.status == PlanStatus.APPROVED)
        .order_by(DistributionPlan.number.desc())
        .limit(1)
    )
    if plan is None or all(pot["id"] != label for pot in plan.input["proceeds"]):
        return None
    return plan


def require_nothing_underway(payments: Iterable[PlanPayment]) -> None:
    """Refuse `payout-underway` while the bank has a payment of the case in hand."""
    for row in payments:
        is_sent = row.status is PaymentStatus.SENT
        if is_sent or (row.status in UNPAID and _is_in_hand(row)):
            raise DomainError(
                "payout-underway", _l("本案有款项正在支付途中，请等银行确认后再作出裁定。")
            )


def _is_in_hand(row: PlanPayment) -> bool:
    return bool(balance(db.session.get_one(Account, row.account_id)).pending_minor)


def _withdraw(
    payments: Iterable[PlanPayment], case_id: int, court_id: int, *, actor_id: int, now: datetime
) -> Counter[tuple[str, str]]:
    """What no payee has been paid goes back to the proceeds; another plan will give it."""
    proceeds = account(AccountKind.PROCEEDS, case_id, court_id=court_id, case_id=case_id)
    withdrawn: Counter[tuple[str, str]] = Counter()
    new = []
    require_nothing_underway(payments)
    for row in payments:
        if row.status not in UNPAID:
            continue
        owed = db.session.get_one(Account, row.account_id)
        row.held_for = None
        change_state(
            row,
            PaymentStatus.WITHDRAWN,
            PAYMENT_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason="set aside",
        )
        withdrawn[row.payee, row.step] += row.amount_minor
        new.append(
            NewTransfer(
                kind=TransferKind.PLAN_CORRECTED,
                debit=owed,
                credit=proceeds,
                amount_minor=row.amount_minor,
                key=f"plan_payment:{row.id}:taken-back",
                source=row,
                effective_at=now,
                case_id=case_id,
            )
        )
    db.session.flush()
    if new:
        post(new, at=now, actor_id=actor_id)
    return withdrawn


def _forget_set_off(
    lines: Iterable[PlanPayment],
    withdrawn: Counter[tuple[str, str]],
    *,
    actor_id: int,
    now: datetime,
) -> None:
    """What was set off moved no money: it no longer counts as given."""
    for row in lines:
        change_state(
            row,
            PaymentStatus.WITHDRAWN,
            PAYMENT_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason="set aside",
        )
        withdrawn[row.payee, row.step] += row.amount_minor
    db.session.flush()


def claims_on(
    plan: DistributionPlan,
    label: str,
    payments: list[PlanPayment],
    withdrawn: Counter[tuple[str, str]],
) -> list[tuple[PlanPayment, int]]:
    """Who was paid out of this lot, and how much of it, less what could still be withdrawn."""
    claims = []
    for (payee, step), drawn in _drawn_from(plan, label).items():
        missing = drawn - withdrawn[payee, step]
        paid = [row for row in payments if (row.payee, row.step) == (payee, step)]
        for row in reversed(paid):
            if row.status not in _GONE or missing <= 0:
                continue
            amount = min(missing, row.amount_minor - claimed_of(row.id))
            missing -= amount
            if amount:
                claims.append((row, amount))
        if missing > 0:
            raise DomainError(
                "plan-differs", _l("分配方案与付款记录对不上，不能自动恢复，请先核对账目。")
            )
    return claims


def _drawn_from(plan: DistributionPlan, label: str) -> dict[tuple[str, str], int]:
    """What each line of a plan took out of one lot; the surplus is what its lines left of it.

    Costs out of a forfeit were no payment of the plan.
    """
    output = plan.output
    drawn = {
        (line["to"], line["step"]): int(line["from"].get(label, 0))
        for line in output["lines"]
        if line["step"] != "forfeit"
    }
    if output["surplus"]:
        pot = next(pot for pot in plan.input["proceeds"] if pot["id"] == label)
        whole = pot["amount"] + pot.get("forfeit", {}).get("deposit", 0)
        left = whole - sum(int(line["from"].get(label, 0)) for line in output["lines"])
        drawn["surplus", "surplus"] = min(output["surplus"], max(0, left - output["unallocated"]))
    return {line: amount for line, amount in drawn.items() if amount}


def _claim_back(
    claims: list[tuple[PlanPayment, int]],
    sale: Sale,
    ruling: Ruling,
    bearer: Bearer,
    *,
    actor_id: int,
    now: datetime,
) -> int:
    """What was paid out stands in the books as owed to the court, until it comes."""
    proceeds = account(
        AccountKind.PROCEEDS, sale.case_id, court_id=sale.court_id, case_id=sale.case_id
    )
    new = []
    for payment, amount in claims:
        row = Receivable(
            court_id=sale.court_id,
            case_id=sale.case_id,
            sale_id=sale.id,
            ruling_id=ruling.id,
            kind=ReceivableKind.RETURN,
            status=ReceivableStatus.OPEN,
            owed_by=who_owes(payment, sale, bearer),
            plan_payment_id=payment.id,
            amount_minor=amount,
            received_minor=0,
            opened_at=now,
            due_at=now + RETURN_SPAN,
        )
        open_receivable(row, actor_id=actor_id, now=now)
        new.append(
            NewTransfer(
                kind=TransferKind.RETURN_CLAIMED,
                debit=account(
                    AccountKind.RECEIVABLE, row.id, court_id=sale.court_id, case_id=sale.case_id
                ),
                credit=proceeds,
                amount_minor=amount,
                key=f"receivable:{row.id}:claimed",
                source=row,
                effective_at=now,
                case_id=sale.case_id,
            )
        )
    if new:
        post(new, at=now, actor_id=actor_id)
    return sum(amount for _payment, amount in claims)


def who_owes(payment: PlanPayment, sale: Sale, bearer: Bearer) -> str:
    """Who was paid returns it; who was paid for work done keeps it, the one at fault bears it."""
    if payment.step not in _WORK_DONE:
        return payment.payee_name
    court = db.session.get_one(Court, sale.court_id)
    return f"{court.name}（国家赔偿）" if bearer is Bearer.COURT else "造成撤销的责任人"


def _void_deficits(sale_id: int, *, actor_id: int, now: datetime) -> None:
    """What defaulters should have made up was measured by a price that no longer stands."""
    rows = db.session.scalars(
        select(Receivable).where(
            Receivable.sale_id == sale_id,
            Receivable.kind == ReceivableKind.DEFICIT,
            Receivable.status == ReceivableStatus.OPEN,
        )
    )
    for row in rows:
        change_state(row, ReceivableStatus.VOID, RECEIVABLE_TRANSITIONS, actor_id=actor_id, at=now)
        void_deadline(clock_of(row), row, at=now)


def return_what_is_covered(set_aside: SetAside, *, now: datetime) -> int:
    """Start the way back of every payment for which the court holds the money; returns how much.

    A payment goes back whole or waits: money of other cases is never used for it (CN17F-2), so what
    others owe the court for this sale must come first.
    """
    sale = db.session.get_one(Sale, set_aside.sale_id)
    owed = db.session.scalars(
        select(Receivable).where(
            Receivable.sale_id == sale.id,
            Receivable.kind == ReceivableKind.RETURN,
            Receivable.status == ReceivableStatus.OPEN,
        )
    )
    stake = stake_of(sale)
    covered = stake.paid_minor - sum(row.rest_minor for row in owed)
    returning = covered_parts(stake.parts, covered)
    for part in returning:
        payment = db.session.get_one(Payment, part.payment_id)
        owe_refund(payment, RefundReason.SET_ASIDE, at=now, amount_minor=part.amount_minor)
    return sum(part.amount_minor for part in returning)
