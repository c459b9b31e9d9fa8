"""What a claim would get out of a price: no more can be set off against it (PRI-12)."""

from __future__ import annotations

from typing import Any

from auction.cases.models import Claim, EnforcementCase
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Sale
from escrow.distribution import DistributionFileError, compute_plan
from escrow.plans.inputs import Pot, read_basis


def entitled_minor(case: EnforcementCase, sale: Sale, claim: Claim, price_minor: int) -> int:
    """The claim's share of all that there is with this price, less its share without it.

    Costs, taxes, better claims and the execution fee come first, as in any plan, so they stay owed
    in money. Refused: `no-share` where the claim takes no part, `bad-basis`.
    """
    pot = Pot(sale.id, sale.lot.asset_id, sale.lot.number, price_minor)
    with_it = read_basis(case, expected=[pot]).file
    if claim.label not in {entry["id"] for entry in with_it["claims"]}:
        raise DomainError("no-share", _l("这项债权未列入分配，不能抵付。"))
    without = read_basis(case).file
    before = _paid(without, claim.label) if without["proceeds"] else 0
    return max(0, _paid(with_it, claim.label) - before)


def _paid(file: dict[str, Any], label: str) -> int:
    try:
        plan = compute_plan(file)
    except DistributionFileError as error:
        raise DomainError(
            "bad-basis",
            _l("案件登记的内容不能用于分配：%(what)s", what=str(error)),
            status=422,
        ) from None
    return next(int(row["paid"]) for row in plan.document()["claims"] if row["id"] == label)
