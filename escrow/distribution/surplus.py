"""Whether a sale at its lowest price would leave the applicant anything at all (CN20A-6.1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from escrow.distribution.books import ClaimBook
from escrow.distribution.files import ClaimClass, DistributionFile
from escrow.distribution.steps import demand_priority, order_priorities


@dataclass(frozen=True, slots=True)
class SurplusTest:
    """What stands before the applicant at one lot, against its start price."""

    start_minor: int
    costs: tuple[tuple[str, int], ...]
    prior: tuple[tuple[str, int], ...]

    @property
    def before_minor(self) -> int:
        """Costs of enforcement and claims that rank before the applicant's, in full."""
        return sum(amount for _name, amount in (*self.costs, *self.prior))

    @property
    def left_minor(self) -> int:
        """What the start price leaves the applicant; below zero: what is missing."""
        return self.start_minor - self.before_minor

    @property
    def is_without_surplus(self) -> bool:
        """Whether the applicant must be asked before the sale: nothing would be left to him."""
        return self.left_minor <= 0

    @property
    def least_start_minor(self) -> int:
        """The lowest start price at which the sale may go on at the applicant's wish: it must be
        greater than costs and prior claims, by a fen at least.
        """
        return self.before_minor + 1


def judge_surplus(
    file: DistributionFile, lot: str, start_minor: int, applicant_claims: Collection[str]
) -> SurplusTest:
    """Put the costs and the prior claims at one lot against a start price (CN20A-6.1).

    Prior are the groups paid before the first one that holds a claim of the applicant; who ranks
    beside him shares with him and takes nothing first. Costs borne by all lots count in full: at
    this price nothing says that another lot will be sold.
    """
    costs = tuple(
        (item.id, item.amount_minor) for item in file.deductions if item.on in (None, lot)
    )
    books = [ClaimBook(claim) for claim in file.claims]
    on_lot = [book for book in books if lot in book.claim.on]
    taxes = [book for book in books if book.claim.claim_class is ClaimClass.TAX]
    policy = [book for book in books if book.claim.claim_class is ClaimClass.POLICY]
    groups = [*(group for _class, group in order_priorities(on_lot, taxes)), policy]
    prior: list[tuple[str, int]] = []
    for group in groups:
        if any(book.claim.id in applicant_claims for book in group):
            break
        prior += [(book.claim.id, demand_priority(book)) for book in group]
    return SurplusTest(start_minor, costs, tuple(entry for entry in prior if entry[1]))
