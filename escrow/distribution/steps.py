"""Who is paid before whom: the seven steps of a distribution (CPLI-508.1, CNEX-31.1)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate
from typing import Final

from escrow.distribution.books import (
    DOUBLED_INTEREST,
    PRINCIPAL,
    TITLE_DEBT,
    ClaimBook,
    LineBook,
    Pots,
    settle_set_offs,
)
from escrow.distribution.fees import FeeKind
from escrow.distribution.files import (
    ClaimClass,
    DebtorKind,
    Deduction,
    DeductionKind,
    DistributionFile,
    Proceeds,
    read_file,
)
from escrow.distribution.groups import Demand, GroupPayment, pay_group, split_by_largest_remainder
from escrow.distribution.plan import Explanation, Plan

_DEDUCTION_RULES: Final = {
    DeductionKind.COST: "PRI-1",
    DeductionKind.RESERVED_RENT: "PRI-2",
    DeductionKind.SALE_TAX: "PRI-3",
}
_PRIORITY_RULES: Final = {
    ClaimClass.HOME_BUYER: "PRI-4",
    ClaimClass.CONSTRUCTION: "PRI-5",
    ClaimClass.TAX: "PRI-6",
    ClaimClass.SECURED: "PRI-7",
}
_ORDINARY_RULES: Final = {
    DebtorKind.INDIVIDUAL: "CPLI-508.1",
    DebtorKind.COMPANY: "CPLI-514.1",
}
# The statutory table, and a fee the court has set: both are taken out of what was realised.
_FEE_RULES: Final = {FeeKind.REALISED: "FEE-14.2", FeeKind.FIXED: "FEE-20.1"}


def compute_plan(file: object) -> Plan:
    """Distribute the proceeds of a file (format ``distribution/1``) among those it names.

    Raises ``DistributionFileError``, one line naming the field, when the file is not valid.
    """
    return _Distribution(read_file(file)).run()


class _Distribution:
    """One run through the steps; every step only takes from the pots and adds lines."""

    def __init__(self, file: DistributionFile) -> None:
        self.file = file
        self.lots = tuple(item.id for item in file.proceeds)
        self.pots = Pots()
        self.books = {claim.id: ClaimBook(claim) for claim in file.claims}
        self.lines = LineBook()
        self.forfeited_minor = 0
        self.unpaid_deductions: dict[str, int] = {}
        self.unallocated: list[Explanation] = []

    def run(self) -> Plan:
        for item in self.file.proceeds:
            self._open_pot(item)
        self._pay_deductions()
        self._pay_priorities()
        self._pay_policy_claims()
        self._pay_ordinary_claims()
        self._pay_doubled_interest()
        surplus_minor = self._divide_rest()
        return Plan(
            currency=self.file.currency,
            total_minor=sum(
                item.amount_minor + (item.forfeit.deposit_minor if item.forfeit else 0)
                for item in self.file.proceeds
            ),
            lines=self.lines.lines(),
            claims=tuple(book.result() for book in self.books.values()),
            unpaid_deductions=self.unpaid_deductions,
            set_offs=settle_set_offs(self.file.proceeds, self.books),
            unallocated_minor=sum(part.paid_minor for part in self.unallocated),
            surplus_minor=surplus_minor,
            unallocated_explanations=tuple(self.unallocated),
        )

    def _open_pot(self, item: Proceeds) -> None:
        """Step 1: a forfeited deposit pays the lost costs, the rest joins the pot (CN16-24.1).

        Nothing of it returns to the defaulter. Whether it fills the gap to the first price or
        goes beyond makes no difference to the pot, only to the order's wording.
        """
        self.pots.left[item.id] = item.amount_minor
        if item.forfeit is None:
            return
        deposit, costs = item.forfeit.deposit_minor, item.forfeit.costs_minor
        self.pots.left[item.id] += deposit
        payee = f"{item.id}/forfeit-costs"
        drawn = self.pots.draw([item.id], min(deposit, costs))
        paid = sum(drawn.values())
        why = Explanation(("CN16-24.1",), deposit, ((payee, costs),), costs, paid, paid)
        self.lines.add(payee, "forfeit", drawn, why)
        self.forfeited_minor += deposit - paid

    def _pay_deductions(self) -> None:
        """Step 2: costs, reserved rent and sale taxes come first, a lot's own before shared."""
        for kind in DeductionKind:
            of_kind = [item for item in self.file.deductions if item.kind is kind]
            for deduction in sorted(of_kind, key=lambda item: item.on is None):
                self._pay_deduction(deduction)

    def _pay_deduction(self, deduction: Deduction) -> None:
        lots = self.lots if deduction.on is None else (deduction.on,)
        left = [self.pots.left[lot] for lot in lots]
        paid = min(deduction.amount_minor, sum(left))
        shares = split_by_largest_remainder(paid, left).amounts
        drawn = {lot: share for lot, share in zip(lots, shares, strict=True) if share}
        for lot, share in drawn.items():
            self.pots.draw([lot], share)
        asked = deduction.amount_minor
        rules = (_DEDUCTION_RULES[deduction.kind],)
        why = Explanation(rules, sum(left), ((deduction.id, asked),), asked, paid, paid)
        self.lines.add(deduction.id, deduction.kind.value, drawn, why)
        if paid < asked:
            self.unpaid_deductions[deduction.id] = asked - paid

    def _pay_priorities(self) -> None:
        """Step 3: each pot first serves those with a right to that lot (PRI-4 to PRI-7)."""
        by_lot: dict[str, list[ClaimBook]] = {lot: [] for lot in self.lots}
        taxes = []
        for book in self.books.values():
            if book.claim.claim_class is ClaimClass.TAX:
                taxes.append(book)
            elif book.claim.claim_class in _PRIORITY_RULES:
                for lot in book.claim.on:
                    by_lot[lot].append(book)
        for lot in self.lots:
            for claim_class, group in order_priorities(by_lot[lot], taxes):
                self._pay_group(
                    claim_class.value,
                    group,
                    demand_priority,
                    parts=_priority_parts(claim_class),
                    lots=(lot,),
                    rules=(_PRIORITY_RULES[claim_class],),
                )

    def _pay_policy_claims(self) -> None:
        """Step 4: claims that the court prefers for a stated reason share as one (PRI-9)."""
        group = [
            book for book in self.books.values() if book.claim.claim_class is ClaimClass.POLICY
        ]
        self._pay_group(
            ClaimClass.POLICY.value, group, _demand_title_debt, TITLE_DEBT, self.lots, ("PRI-9",)
        )

    def _pay_ordinary_claims(self) -> None:
        """Step 5: what is unpaid of every claim, pro rata or by seizure (CPLI-508.1, 514.1)."""
        rules = (_ORDINARY_RULES[self.file.debtor],)
        for group in self._ordinary_groups():
            self._pay_group("ordinary", group, _demand_title_debt, TITLE_DEBT, self.lots, rules)

    def _pay_doubled_interest(self) -> None:
        """Step 6: doubled interest comes after every debt of every title (CN14I-4.1)."""
        rules = ("CN14I-4.1", _ORDINARY_RULES[self.file.debtor])
        for group in self._ordinary_groups():
            self._pay_group(
                "doubled-interest",
                group,
                _demand_doubled_interest,
                (DOUBLED_INTEREST,),
                self.lots,
                rules,
            )

    def _ordinary_groups(self) -> list[list[ClaimBook]]:
        """Group all claims as ordinary ones: together, or by the day of seizure, none last."""
        everybody = list(self.books.values())
        if self.file.debtor is DebtorKind.INDIVIDUAL:
            return [everybody]
        by_day: dict[date | None, list[ClaimBook]] = defaultdict(list)
        for book in everybody:
            by_day[book.claim.attached_at].append(book)
        return [by_day[day] for day in sorted(by_day, key=_order_seizures)]

    def _divide_rest(self) -> int:
        """Step 7: the rest is the debtor's, forfeited money awaits the court (OPEN-15)."""
        left = self.pots.sum(self.lots)
        kept = min(left, self.forfeited_minor)
        if kept:
            rules = ("CN16-24.1", "OPEN-15")
            self.unallocated.append(Explanation(rules, left, (), self.forfeited_minor, kept, kept))
        return left - kept

    def _pay_group(
        self,
        step: str,
        group: Iterable[ClaimBook],
        demand_of: Callable[[ClaimBook], int],
        parts: Sequence[str],
        lots: Sequence[str],
        rules: tuple[str, ...],
    ) -> None:
        """Pay one group from these pots; what a group that goes short cannot use stays put."""
        members = [(book, demand_of(book)) for book in group]
        members = [(book, demand) for book, demand in members if demand]
        lots = [lot for lot in lots if self.pots.left[lot]]
        money = self.pots.sum(lots)
        if not members or not money:
            return
        payment = pay_group(
            [Demand(demand, book.claim.fee, book.paid_minor) for book, demand in members], money
        )
        self._book_payment(step, members, payment, parts, lots, rules, money)
        if payment.is_complete:
            return
        if rest := self.pots.sum(lots):
            demands = tuple((book.claim.id, demand) for book, demand in members)
            asked = sum(demand for _, demand in demands)
            why = Explanation(rules, money, demands, asked, rest, payment.total_minor)
            self.unallocated.append(why)
            self.pots.draw(lots, rest)

    def _book_payment(
        self,
        step: str,
        members: Sequence[tuple[ClaimBook, int]],
        payment: GroupPayment,
        parts: Sequence[str],
        lots: list[str],
        rules: tuple[str, ...],
        money: int,
    ) -> None:
        demands = tuple((book.claim.id, demand) for book, demand in members)
        total = payment.total_minor
        for index, (book, demand) in enumerate(members):
            share, fee, claim = payment.shares.amounts[index], payment.fees[index], book.claim
            rounded = index in payment.shares.rounded_up
            why = Explanation((*rules, "CC-561.1"), money, demands, demand, share, total, rounded)
            drawn = self.pots.draw(lots, share)
            self.lines.add(claim.id, step, drawn, why, is_held=claim.held)
            book.pay(parts, share)
            if fee:
                fee_rules = (_FEE_RULES[claim.fee.kind],)
                why = Explanation(fee_rules, money, demands, fee, fee, total)
                self.lines.add(f"{claim.id}/fee", "fee", self.pots.draw(lots, fee), why)
                book.fee_minor += fee
            while lots and not self.pots.left[lots[0]]:
                del lots[0]


def order_priorities(
    on_lot: Sequence[ClaimBook], taxes: Sequence[ClaimBook]
) -> Iterator[tuple[ClaimClass, list[ClaimBook]]]:
    """Give the groups of one pot in order of priority (PRI-4 to PRI-7).

    Tax goes just before the first security that was registered after the tax arose, by rank and
    then file order; where there is none, after the last.
    """
    for claim_class in (ClaimClass.HOME_BUYER, ClaimClass.CONSTRUCTION):
        yield claim_class, [book for book in on_lot if book.claim.claim_class is claim_class]
    by_rank: dict[int, list[ClaimBook]] = defaultdict(list)
    for book in on_lot:
        if book.claim.rank is not None and book.claim.claim_class is ClaimClass.SECURED:
            by_rank[book.claim.rank].append(book)
    ranks = sorted(by_rank)
    # For each rank, the latest day on which a security of it or before it was registered.
    latest = list(accumulate((_latest_registration(by_rank[rank]) for rank in ranks), max))
    taxes_before: dict[int | None, list[ClaimBook]] = defaultdict(list)
    for book in taxes:
        place = bisect_right(latest, book.claim.arose_at or date.max)
        taxes_before[ranks[place] if place < len(ranks) else None].append(book)
    for rank in ranks:
        yield ClaimClass.TAX, taxes_before[rank]
        yield ClaimClass.SECURED, by_rank[rank]
    yield ClaimClass.TAX, taxes_before[None]


def _latest_registration(securities: Iterable[ClaimBook]) -> date:
    """The last day on which one of these was registered; the first of all days if none was."""
    return max((book.claim.registered_at or date.min for book in securities), default=date.min)


def _order_seizures(day: date | None) -> tuple[bool, date]:
    return day is None, day or date.min


def _priority_parts(claim_class: ClaimClass) -> Sequence[str]:
    """Return what has priority: of a construction claim the principal alone (PRI-5)."""
    return (PRINCIPAL,) if claim_class is ClaimClass.CONSTRUCTION else TITLE_DEBT


def demand_priority(book: ClaimBook) -> int:
    """Return what a claim may still ask for with priority, a security up to its limit.

    Nothing but priority payments has been made when this is asked, so what was paid so far is
    what counts against the limit.
    """
    demand = book.sum_unpaid(_priority_parts(book.claim.claim_class))
    if book.claim.claim_class is ClaimClass.SECURED and book.claim.limit_minor is not None:
        return min(demand, book.claim.limit_minor - book.paid_minor)
    return demand


def _demand_title_debt(book: ClaimBook) -> int:
    return book.sum_unpaid(TITLE_DEBT)


def _demand_doubled_interest(book: ClaimBook) -> int:
    return book.sum_unpaid((DOUBLED_INTEREST,))
