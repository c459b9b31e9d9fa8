"""An approved plan in the books: out of the proceeds, to whom it is owed (CPLI-508.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from auction.cases.models import Claim, EnforcementCase
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from escrow.ledger import (
    Account,
    AccountKind,
    NewTransfer,
    TransferKind,
    account,
    balance,
    post,
)
from escrow.plans.inputs import Basis, Payee, debtor_of
from escrow.plans.lines import SURPLUS, DueLine
from escrow.plans.models import Deduction, DistributionPlan, PaymentStatus, PlanPayment

_COSTS = {"cost", "reserved-rent"}


def book_plan(
    plan: DistributionPlan,
    case: EnforcementCase,
    basis: Basis,
    due: Sequence[DueLine],
    *,
    actor_id: int,
    now: datetime,
) -> list[PlanPayment]:
    """Move every line from the proceeds to its payee's account; what is unallocated stays.

    Lines, and what stays, are exactly what the proceeds hold, or nothing is booked
    (`money-differs`).
    """
    proceeds = account(AccountKind.PROCEEDS, case.id, court_id=case.court_id, case_id=case.id)
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
        payee = basis.payees.get(line.payee, Payee("", "", ""))
        row = PlanPayment(
            plan_id=plan.id,
            court_id=case.court_id,
            case_id=case.id,
            payee=line.payee,
            step=line.step,
            amount_minor=line.amount_minor,
            account_id=owed.id,
            payee_name=payee.name,
            payee_bank=payee.bank,
            payee_account=payee.account,
            status=PaymentStatus.HELD if line.is_held else PaymentStatus.DUE,
        )
        db.session.add(row)
        rows.append((row, owed))
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
