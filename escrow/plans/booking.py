"""An approved plan in the books: out of the proceeds, to whom it is owed (CPLI-508.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from auction.cases.models import Claim, EnforcementCase
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from escrow.ledger import (
    Account,
    AccountKind,
    NewTransfer,
    TransferKind,
    account,
    balance,
    post,
)
from escrow.objections.reserves import released_status, split_payment
from escrow.plans.inputs import Basis, Payee, debtor_of
from escrow.plans.lines import SURPLUS, DueLine, TakeBack
from escrow.plans.models import (
    PAYMENT_TRANSITIONS,
    SETTLED_PAYMENTS,
    Deduction,
    DistributionPlan,
    HeldFor,
    PaymentStatus,
    PlanPayment,
)

_COSTS = {"cost", "reserved-rent"}
# A corrected plan takes back first what is reserved, last what could be paid at any moment.
_TAKEN_FIRST = (PaymentStatus.HELD, PaymentStatus.WAITING, PaymentStatus.DUE)


def book_plan(
    plan: DistributionPlan,
    case: EnforcementCase,
    basis: Basis,
    due: Sequence[DueLine],
    *,
    actor_id: int,
    now: datetime,
    set_off: Sequence[DueLine] = (),
    take_back: Sequence[TakeBack] = (),
) -> list[PlanPayment]:
    """Move every line from the proceeds to its payee's account; what is unallocated stays.

    What is taken back goes the other way first; lines set off against the price move no money.
    Lines, and what stays, are exactly what the proceeds hold, or nothing is booked
    (`money-differs`).
    """
    proceeds = account(AccountKind.PROCEEDS, case.id, court_id=case.court_id, case_id=case.id)
    for taken in take_back:
        _take_back(plan, case, proceeds, taken, actor_id=actor_id, now=now)
    there = balance(proceeds).posted_minor
    asked = sum(line.amount_minor for line in due)
    if asked + plan.output["unallocated"] != there:
        raise DomainError(
            "money-differs",
            _l("方案的合计与账上的待分配款不一致，未记账。请核对账目。"),
            asked_minor=asked,
            there_minor=there,
        )
    rows = []
    for line in due:
        owed = _account_of(line, case)
        row = _payment(plan, case, basis, line, owed)
        if line.is_held:
            row.status, row.held_for = PaymentStatus.HELD, HeldFor.CLAIM
        else:
            row.status = released_status(plan)
        db.session.add(row)
        rows.append((row, owed))
    parts = {(row.payee, row.step) for row, _owed in rows}
    for line in set_off:
        row = _payment(plan, case, basis, line, _account_of(line, case))
        row.status = PaymentStatus.SET_OFF
        row.part = 2 if (line.payee, line.step) in parts else 1
        db.session.add(row)
    db.session.flush()
    post(
        [
            NewTransfer(
                kind=TransferKind.PLAN_ALLOTTED,
                debit=proceeds,
                credit=owed,
                amount_minor=row.amount_minor,
                key=f"plan_payment:{row.id}:allotted",
                source=row,
                effective_at=now,
                case_id=case.id,
            )
            for row, owed in rows
        ],
        at=now,
        actor_id=actor_id,
    )
    return [row for row, _owed in rows]


def _payment(
    plan: DistributionPlan, case: EnforcementCase, basis: Basis, line: DueLine, owed: Account
) -> PlanPayment:
    payee = basis.payees.get(line.payee, Payee("", "", ""))
    return PlanPayment(
        plan_id=plan.id,
        court_id=case.court_id,
        case_id=case.id,
        payee=line.payee,
        step=line.step,
        part=1,
        amount_minor=line.amount_minor,
        account_id=owed.id,
        payee_name=payee.name,
        payee_bank=payee.bank,
        payee_account=payee.account,
    )


def _take_back(
    plan: DistributionPlan,
    case: EnforcementCase,
    proceeds: Account,
    line: TakeBack,
    *,
    actor_id: int,
    now: datetime,
) -> None:
    """Unpaid money of an earlier plan's line returns to the proceeds (CPLI-510.1)."""
    rows = list(
        db.session.scalars(
            select(PlanPayment)
            .where(
                PlanPayment.case_id == case.id,
                PlanPayment.payee == line.payee,
                PlanPayment.step == line.step,
                PlanPayment.status.in_(_TAKEN_FIRST),
            )
            .order_by(PlanPayment.id.desc())
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    rows.sort(key=lambda row: _TAKEN_FIRST.index(row.status))
    missing = line.amount_minor
    for row in rows:
        if not missing:
            break
        amount = min(missing, row.amount_minor)
        part = (
            row
            if amount == row.amount_minor
            else split_payment(row, amount, actor_id=actor_id, now=now)
        )
        part.held_for = None
        change_state(
            part,
            PaymentStatus.WITHDRAWN,
            PAYMENT_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason=f"plan {plan.number}",
        )
        db.session.flush()
        post(
            [
                NewTransfer(
                    kind=TransferKind.PLAN_CORRECTED,
                    debit=db.session.get_one(Account, part.account_id),
                    credit=proceeds,
                    amount_minor=amount,
                    key=f"plan_payment:{part.id}:taken-back",
                    source=part,
                    effective_at=now,
                    case_id=case.id,
                )
            ],
            at=now,
            actor_id=actor_id,
        )
        missing -= amount
    assert missing == 0, "only what is unpaid is taken back"


def unpaid_by_line(case_id: int) -> dict[tuple[str, str], int]:
    """What approved plans of the case gave and nobody has been paid, line by line."""
    rows = db.session.execute(
        select(PlanPayment.payee, PlanPayment.step, func.sum(PlanPayment.amount_minor))
        .where(PlanPayment.case_id == case_id, PlanPayment.status.not_in(SETTLED_PAYMENTS))
        .group_by(PlanPayment.payee, PlanPayment.step)
    )
    return {(payee, step): int(amount) for payee, step, amount in rows}


def _account_of(line: DueLine, case: EnforcementCase) -> Account:
    """The account of whom the line is owed to."""
    if line.step == "fee":
        return account(AccountKind.FEES, case.court_id, court_id=case.court_id)
    if line.step == SURPLUS:
        debtor = debtor_of(case.id)
        if debtor is None:
            raise DomainError("no-debtor", _l("本案没有登记被执行人，余款无处退还。"))
        return _of_case(AccountKind.SURPLUS, debtor.id, case)
    if line.step in _COSTS or line.step == "sale-tax":
        row = db.session.get_one(Deduction, int(line.payee.removeprefix("K")))
        if line.step == "sale-tax":
            assert row.sale_id is not None, "kept by a constraint"
            return _of_case(AccountKind.TAXES, row.sale_id, case)
        return _of_case(AccountKind.COSTS, row.id, case)
    claim_id = db.session.scalar(
        select(Claim.id).where(Claim.case_id == case.id, Claim.label == line.payee)
    )
    assert claim_id is not None, "the plan was computed from the case's claims"
    return _of_case(AccountKind.PAYABLE, claim_id, case)


def _of_case(kind: AccountKind, owner_id: int, case: EnforcementCase) -> Account:
    return account(kind, owner_id, court_id=case.court_id, case_id=case.id)
