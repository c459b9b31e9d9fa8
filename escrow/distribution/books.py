"""The working state of one distribution: what pots still hold, what claims have got, the lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from escrow.distribution.files import Claim, Proceeds
from escrow.distribution.plan import ClaimResult, Explanation, PlanLine, SetOffResult

EXPENSES, INTEREST, PRINCIPAL, DOUBLED_INTEREST = (
    "expenses",
    "interest",
    "principal",
    "doubled_interest",
)
# Inside a claim money pays in this order, doubled interest only at its own step (CC-561.1).
TITLE_DEBT = (EXPENSES, INTEREST, PRINCIPAL)


class ClaimBook:
    """What one claim still asks for, part by part, and what it has been paid."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.unpaid = {
            EXPENSES: claim.expenses_minor,
            INTEREST: claim.interest_minor,
            PRINCIPAL: claim.principal_minor,
            DOUBLED_INTEREST: claim.doubled_interest_minor,
        }
        self.paid = dict.fromkeys(self.unpaid, 0)
        self.fee_minor = 0

    @property
    def paid_minor(self) -> int:
        return sum(self.paid.values())

    def sum_unpaid(self, parts: Sequence[str]) -> int:
        """Return what is still due on these parts of the claim."""
        return sum(self.unpaid[part] for part in parts)

    def pay(self, parts: Sequence[str], amount_minor: int) -> None:
        """Let an amount pay these parts in their order; it never exceeds them."""
        for part in parts:
            paid = min(amount_minor, self.unpaid[part])
            self.unpaid[part] -= paid
            self.paid[part] += paid
            amount_minor -= paid
        assert amount_minor == 0, "a claim is never paid more than it demands"

    def result(self) -> ClaimResult:
        return ClaimResult(
            id=self.claim.id,
            paid_minor=self.paid_minor,
            expenses_minor=self.paid[EXPENSES],
            interest_minor=self.paid[INTEREST],
            principal_minor=self.paid[PRINCIPAL],
            doubled_interest_minor=self.paid[DOUBLED_INTEREST],
            fee_minor=self.fee_minor,
            unpaid_minor=sum(self.unpaid.values()),
        )


class Pots:
    """What is left of each proceeds item; money is drawn in file order."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}

    def sum(self, lots: Iterable[str]) -> int:
        return sum(self.left[lot] for lot in lots)

    def draw(self, lots: Iterable[str], amount_minor: int) -> dict[str, int]:
        """Take an amount from these pots, the first as far as it goes, then the next."""
        drawn: dict[str, int] = {}
        for lot in lots:
            if not amount_minor:
                break
            if taken := min(amount_minor, self.left[lot]):
                self.left[lot] -= taken
                drawn[lot] = taken
                amount_minor -= taken
        assert amount_minor == 0, "a pot never pays more than it holds"
        return drawn


@dataclass(slots=True)
class _DraftLine:
    sources: dict[str, int] = field(default_factory=dict)
    is_held: bool = False
    explanations: list[Explanation] = field(default_factory=list)


class LineBook:
    """The lines in the order paid: one a payee and step, later payments join the first."""

    def __init__(self) -> None:
        self.drafts: dict[tuple[str, str], _DraftLine] = {}

    def add(
        self,
        payee: str,
        step: str,
        drawn: dict[str, int],
        explanation: Explanation,
        *,
        is_held: bool = False,
    ) -> None:
        """Record a payment; what draws nothing leaves no line."""
        if not drawn:
            return
        draft = self.drafts.setdefault((payee, step), _DraftLine(is_held=is_held))
        for lot, amount in drawn.items():
            draft.sources[lot] = draft.sources.get(lot, 0) + amount
        draft.explanations.append(explanation)

    def lines(self) -> tuple[PlanLine, ...]:
        return tuple(
            PlanLine(
                payee,
                step,
                sum(draft.sources.values()),
                draft.sources,
                draft.is_held,
                tuple(draft.explanations),
            )
            for (payee, step), draft in self.drafts.items()
        )


def settle_set_offs(
    proceeds: Iterable[Proceeds], books: dict[str, ClaimBook]
) -> tuple[SetOffResult, ...]:
    """Apply what buying creditors were given against their price (PRI-12).

    A creditor who bought several lots can set off its share once, so each lot, in file order,
    takes from what the ones before have left of it.
    """
    usable = {claim_id: book.paid_minor for claim_id, book in books.items()}
    results = []
    for item in proceeds:
        if item.set_off is None:
            continue
        claim_id, amount = item.set_off.claim_id, item.set_off.amount_minor
        applied = min(amount, usable[claim_id])
        usable[claim_id] -= applied
        results.append(SetOffResult(item.id, claim_id, applied, amount - applied))
    return tuple(results)
