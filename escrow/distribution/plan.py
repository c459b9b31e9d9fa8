"""A plan accounts for every unit that came in: its lines, ``unallocated`` and ``surplus``.

``Plan.document`` is the JSON that the page fixes.  Why a line is what it is stays beside it, in
``PlanLine.explanations``, for the finance desk and for the creditor who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

PLAN_FORMAT: Final = "plan/1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one payment is what it is: the rules, and every figure they were applied to.

    ``money_minor`` is what the group could spend, fees included; ``demands`` are the group's, in
    file order; ``rounding_unit`` tells whether the amount holds a unit that did not divide.
    For a fee the demand is the rise the table asks for.  A line paid from several lots one by one
    has one explanation for each.
    """

    rules: tuple[str, ...]
    money_minor: int
    demands: tuple[tuple[str, int], ...]
    demand_minor: int
    paid_minor: int
    group_total_minor: int
    rounding_unit: bool = False


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One payment to one payee at one step; ``sources`` are the lots it is drawn from."""

    payee: str
    step: str
    amount_minor: int
    sources: dict[str, int]
    is_held: bool
    explanations: tuple[Explanation, ...]

    def document(self) -> dict[str, Any]:
        line: dict[str, Any] = {
            "to": self.payee,
            "step": self.step,
            "amount": self.amount_minor,
            "from": dict(self.sources),
        }
        if self.is_held:
            line["held"] = True
        return line


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What one claim got, part by part, and what stays due; its fee is not part of ``paid``."""

    id: str
    paid_minor: int
    expenses_minor: int
    interest_minor: int
    principal_minor: int
    doubled_interest_minor: int
    fee_minor: int
    unpaid_minor: int

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "paid": self.paid_minor,
            "expenses": self.expenses_minor,
            "interest": self.interest_minor,
            "principal": self.principal_minor,
            "doubled_interest": self.doubled_interest_minor,
            "fee": self.fee_minor,
            "unpaid": self.unpaid_minor,
        }


@dataclass(frozen=True, slots=True)
class SetOffResult:
    """How much of a buying creditor's share counts as price, and what it still owes (PRI-12)."""

    proceeds_id: str
    claim_id: str
    applied_minor: int
    top_up_minor: int

    def document(self) -> dict[str, Any]:
        return {
            "proceeds": self.proceeds_id,
            "claim": self.claim_id,
            "applied": self.applied_minor,
            "top_up": self.top_up_minor,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole distribution; ``lines`` are in the order of payment."""

    currency: str
    total_minor: int
    lines: tuple[PlanLine, ...]
    claims: tuple[ClaimResult, ...]
    unpaid_deductions: dict[str, int]
    set_offs: tuple[SetOffResult, ...]
    unallocated_minor: int
    surplus_minor: int
    unallocated_explanations: tuple[Explanation, ...]

    def document(self) -> dict[str, Any]:
        """Return the plan as the JSON object of format ``plan/1``."""
        return {
            "format": PLAN_FORMAT,
            "currency": self.currency,
            "total": self.total_minor,
            "lines": [line.document() for line in self.lines],
            "claims": [claim.document() for claim in self.claims],
            "unpaid_deductions": dict(self.unpaid_deductions),
            "set_off": [set_off.document() for set_off in self.set_offs],
            "unallocated": self.unallocated_minor,
            "surplus": self.surplus_minor,
        }
