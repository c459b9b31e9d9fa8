"""What the plan of a case would be now, and what it changes against the plans before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from escrow.distribution import DistributionFileError, Plan, compute_plan
from escrow.plans.booking import unpaid_by_line
from escrow.plans.inputs import Basis, read_basis
from escrow.plans.lines import DueLine, PlanShrinks, TakeBack, changes_due, split_set_off
from escrow.plans.models import PaymentStatus, PlanPayment


@dataclass(frozen=True)
class Reckoned:
    """The plan of a case as it stands, and what it changes against the plans before it."""

    basis: Basis
    plan: Plan
    due: tuple[DueLine, ...]
    set_off: tuple[DueLine, ...]
    take_back: tuple[TakeBack, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether nobody would get anything, or less, by it."""
        return not (self.due or self.set_off or self.take_back)


def compute(case: EnforcementCase) -> Reckoned:
    """The plan of the case as it stands now, and what it still asks to be paid.

    Only a plan that follows an objection may take back what an earlier one gave (CPLI-510.1).
    """
    basis = read_basis(case)
    if not basis.pots:
        raise DomainError("no-proceeds", _l("本案还没有可以分配的价款：成交裁定送达后价款才转入。"))
    if not basis.file["claims"]:
        raise DomainError("no-claims", _l("本案还没有登记债权，请书记员先登记。"))
    try:
        plan = compute_plan(basis.file)
        unpaid = unpaid_by_line(case.id) if basis.corrects else {}
        due, back = changes_due(plan.document(), basis.earlier, unpaid)
    except DistributionFileError as error:
        raise DomainError(
            "bad-basis",
            _l("案件登记的内容不能用于分配：%(what)s", what=str(error)),
            status=422,
        ) from None
    except PlanShrinks as error:
        raise DomainError(
            "plan-shrinks",
            _l(
                "按现在的登记，%(payee)s 应得的少于此前方案已经分给的，请先核对债权和扣除。",
                payee=error.payee,
            ),
        ) from None
    in_money, set_off = split_set_off(due, _still_to_set_off(case.id, plan.document()))
    return Reckoned(basis, plan, tuple(in_money), tuple(set_off), tuple(back))


def _still_to_set_off(case_id: int, output: Mapping[str, Any]) -> dict[str, int]:
    """What each claim sets off against its price by this plan, less what earlier plans set off."""
    applied: Counter[str] = Counter()
    for entry in output["set_off"]:
        applied[entry["claim"]] += entry["applied"]
    rows = db.session.execute(
        select(PlanPayment.payee, func.sum(PlanPayment.amount_minor))
        .where(PlanPayment.case_id == case_id, PlanPayment.status == PaymentStatus.SET_OFF)
        .group_by(PlanPayment.payee)
    )
    for payee, amount in rows:
        applied[payee] -= int(amount)
    return {claim: amount for claim, amount in applied.items() if amount > 0}


def needs_service(case: EnforcementCase, basis: Basis) -> bool:
    """Whether the parties have their days before anything is paid (CPLI-509.1).

    One creditor alone has nobody to share with, and a plan that follows an objection is carried out
    at once (CPLI-510.1). A court may leave service to each case (`plan_service: optional`).
    """
    if basis.corrects or len(basis.file["claims"]) < 2:
        return False
    court = db.session.get_one(Court, case.court_id)
    return bool(court.settings.get("plan_service", "required") == "required")
