"""What a ruling would do, before it is made: whose money goes where. Reads only, changes nothing.

The same reckoning as the ruling itself (`reckoning`, `waterfall`, `undoing`), so that what a judge
reads before is what the books show afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.cases.models import Claim
from auction.core.db import db
from auction.core.errors import DomainError
from auction.rulings.models import Bearer
from auction.sales.models import Sale
from escrow.defaults.conditions import require_default, require_set_aside
from escrow.defaults.forfeits import defaults_on
from escrow.defaults.reckoning import Stake, covered_parts, stake_of
from escrow.defaults.releases import standing_releases
from escrow.defaults.setoffs import set_off_lines
from escrow.defaults.undoing import (
    UNPAID,
    claims_on,
    last_plan_with,
    require_nothing_underway,
    who_owes,
)
from escrow.defaults.waterfall import (
    Forfeited,
    Share,
    Uses,
    Waterfall,
    share_forfeits,
    use_for_debts,
)
from escrow.ledger import TransferKind
from escrow.plans.models import PlanPayment
from escrow.settlement.models import Settlement


@dataclass(frozen=True)
class Scenario:
    """What the deposits come to if the lot is sold again at this price (CN16-24.1)."""

    price_minor: int
    # This buyer's deposit, and his part in the whole.
    deposit_minor: int
    share: Share
    waterfall: Waterfall
    uses: Uses

    @property
    def case_debts_minor(self) -> int:
        """Of his deposit, what the debts of the case would take (step 3)."""
        return min(self.uses.case_debts_minor, self.share.rest_minor)

    @property
    def held_minor(self) -> int:
        """Of his deposit, what is left for step 4 and the court's order (OPEN-15)."""
        return self.share.rest_minor - self.case_debts_minor

    @property
    def returned_minor(self) -> int:
        """What of the deposit goes back to him: nothing, whatever the price (CN16-24.1)."""
        share = self.share
        return self.deposit_minor - (
            share.costs_paid_minor + share.gap_paid_minor + share.rest_minor
        )


@dataclass(frozen=True)
class DefaultForeseen:
    """What a ruling of default would do now."""

    stake: Stake
    price_minor: int
    costs_minor: int
    # What the registered claims come to; what the price leaves of them the deposit may pay.
    claims_minor: int
    # Buyers of this lot who defaulted before.
    earlier: int
    scenarios: tuple[Scenario, ...]
    refusal: DomainError | None


def foresee_default(
    sale: Sale,
    settlement: Settlement,
    *,
    costs_minor: int,
    resale_prices_minor: Sequence[int],
    now: datetime,
) -> DefaultForeseen:
    """The money of a default, for each price at which the lot might be sold again."""
    stake = stake_of(sale)
    before = defaults_on(sale.lot_id).forfeited
    forfeited = [*before, Forfeited(stake.forfeit_minor, costs_minor, settlement.price_minor)]
    claims = claims_of(sale.case_id)
    return DefaultForeseen(
        stake=stake,
        price_minor=settlement.price_minor,
        costs_minor=costs_minor,
        claims_minor=claims,
        earlier=len(before),
        scenarios=tuple(_scenario(forfeited, price, claims) for price in resale_prices_minor),
        refusal=_refusal_of_default(sale, settlement, now),
    )


def _scenario(forfeited: Sequence[Forfeited], price_minor: int, claims_minor: int) -> Scenario:
    waterfall = share_forfeits(forfeited, price_minor)
    return Scenario(
        price_minor=price_minor,
        deposit_minor=forfeited[-1].deposit_minor,
        share=waterfall.shares[-1],
        waterfall=waterfall,
        uses=uses_of(waterfall, price_minor, claims_minor),
    )


def uses_of(waterfall: Waterfall, price_minor: int, claims_minor: int) -> Uses:
    """All four steps; what the price and the gap leave of the claims is the third's."""
    unpaid = max(0, claims_minor - price_minor - waterfall.gap_paid_minor)
    return use_for_debts(waterfall, case_debts_minor=unpaid, connected_debts_minor=0)


def claims_of(case_id: int) -> int:
    """What all claims that take part in the case come to."""
    parts = (
        Claim.expenses_minor
        + Claim.interest_minor
        + Claim.principal_minor
        + Claim.doubled_interest_minor
    )
    total = db.session.scalar(
        select(func.sum(parts)).where(Claim.case_id == case_id, Claim.refused.is_(None))
    )
    return int(total or 0)


def _refusal_of_default(sale: Sale, settlement: Settlement, now: datetime) -> DomainError | None:
    try:
        require_default(sale, settlement, now)
    except DomainError as refusal:
        return refusal
    return None


# ── set-aside ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Claimed:
    """What somebody who was paid out of the price would have to return (CN16-32.1)."""

    owed_by: str
    step: str
    amount_minor: int


@dataclass(frozen=True)
class SetAsideForeseen:
    """What setting the sale aside would do now."""

    stake: Stake
    price_minor: int
    # Price and forfeits that leave the case's proceeds again.
    released_minor: int
    forfeits_minor: int
    # Of the price, what was paid with the buyer's own claim, which is owed to him again.
    set_off_minor: int
    # Lines of the plan that nobody has been paid yet.
    withdrawn_minor: int
    claimed: tuple[Claimed, ...]
    refusal: DomainError | None

    @property
    def claimed_minor(self) -> int:
        """Paid out already: to be returned by those who got it."""
        return sum(claim.amount_minor for claim in self.claimed)

    @property
    def back_now_minor(self) -> int:
        """What goes back to the buyer at once; the rest waits for what is returned."""
        parts = covered_parts(self.stake.parts, self.stake.paid_minor - self.claimed_minor)
        return sum(part.amount_minor for part in parts)


def foresee_set_aside(sale: Sale, settlement: Settlement) -> SetAsideForeseen:
    """The money of a set-aside: what goes back to the buyer, and who has to return what."""
    released = standing_releases(sale.id)
    claimed: list[Claimed] = []
    withdrawn = 0
    refusal: DomainError | None = None
    try:
        require_set_aside(sale, settlement)
        claimed, withdrawn = _foresee_plan(sale) if released else ([], 0)
    except DomainError as found:
        refusal = found
    forfeits = sum(t.amount_minor for t in released if t.kind is TransferKind.FORFEIT_USED)
    return SetAsideForeseen(
        stake=stake_of(sale),
        price_minor=settlement.price_minor,
        released_minor=sum(transfer.amount_minor for transfer in released),
        forfeits_minor=forfeits,
        set_off_minor=settlement.set_off_minor,
        withdrawn_minor=withdrawn,
        claimed=tuple(claimed),
        refusal=refusal,
    )


def _foresee_plan(sale: Sale) -> tuple[list[Claimed], int]:
    label = sale.lot.number
    plan = last_plan_with(sale.case_id, label)
    if plan is None:
        return [], 0
    rows = db.session.scalars(
        select(PlanPayment).where(PlanPayment.case_id == sale.case_id).order_by(PlanPayment.id)
    ).all()
    require_nothing_underway(rows)
    withdrawn: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.status in UNPAID:
            withdrawn[row.payee, row.step] += row.amount_minor
    unpaid = withdrawn.total()
    for row in set_off_lines(sale):
        withdrawn[row.payee, row.step] += row.amount_minor
    claims = claims_on(plan, label, list(rows), withdrawn)
    claimed = [
        Claimed(who_owes(payment, sale, Bearer.NONE), payment.step, amount)
        for payment, amount in claims
    ]
    return claimed, unpaid
