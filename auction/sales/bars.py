"""The lawful ranges of a draft as the form draws them: bars, sums, what is usual, what is fixed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import Asset
from auction.cases.models import Claim, ClaimAsset, ClaimClass
from auction.core.db import db
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l
from auction.sales.calendar import beijing_day
from auction.sales.explain import FIELD_NAMES, bound_text, end_label, reckoning_of
from auction.sales.models import Stage
from auction.sales.rulepacks import RulePack
from auction.sales.rules import Inputs, Range, Terms, lawful_ranges

STAGE_NAMES = {
    Stage.FIRST: _l("第一次拍卖"),
    Stage.SECOND: _l("第二次拍卖"),
    Stage.SELLOFF: _l("变卖"),
}

# A ceiling this many times the floor says nothing on a bar.
_FAR = 100
_PRIOR = (ClaimClass.SECURED, ClaimClass.CONSTRUCTION, ClaimClass.HOME_BUYER)


def form_context(inputs: Inputs, chosen: Terms, asset: Asset) -> dict[str, Any]:
    """Lawful ranges as bars with their articles and sums, for the values typed or proposed."""
    ranges = lawful_ranges(inputs, chosen)
    return {
        "pack": inputs.pack,
        "inputs": inputs,
        "stage_name": STAGE_NAMES[Stage(inputs.stage)],
        "bars": {
            field: bar
            for field, entry in ranges.items()
            if (bar := _bar(entry, chosen, inputs)) is not None
        },
        "sums": {field: reckoning_of(field, inputs, chosen) for field in ranges},
        "impossible": [FIELD_NAMES[field] for field, entry in ranges.items() if entry.is_empty],
        "usual": ranges["increment_minor"],
        "fixed": [
            (FIELD_NAMES[name], bound_text(name, getattr(chosen, name)), pack_rule(inputs, name))
            for name in ("extension_window_seconds", "extension_seconds")
        ],
        "prior_minor": prior_claims_on(asset),
    }


def pack_rule(inputs: Inputs, key: str) -> str:
    """The article of a rule, or nothing for the platform's own."""
    return inputs.pack.rule(key).statute or ""


def _bar(entry: Range, chosen: Terms, inputs: Inputs) -> dict[str, Any] | None:
    """A range as `range_bar` draws it: money as money, dates as days, the close as hours."""
    figures = None if entry.is_empty else _figures(entry, chosen, inputs.pack)
    if figures is None:
        return None
    floor, ceiling, value, kind = figures
    return {
        "floor": floor,
        "ceiling": ceiling,
        "value": value,
        "kind": kind,
        "floor_label": f" {end_label(entry, 'floor', inputs.pack)}".rstrip(),
        "ceiling_label": f" {end_label(entry, 'ceiling', inputs.pack)}".rstrip(),
    }


def _figures(
    entry: Range, chosen: Terms, pack: RulePack
) -> tuple[Any, Any, int | None, str] | None:
    """Floor, ceiling, value and unit of the fields that are drawn."""
    value = getattr(chosen, entry.field)
    if entry.field in {"start_price_minor", "deposit_minor"}:
        floor = entry.floor if entry.floor_rule else None
        ceiling = entry.ceiling if entry.ceiling_rule else None
        return None if floor is None and ceiling is None else (floor, ceiling, value, "money")
    if entry.field == "balance_days":
        return entry.floor, entry.ceiling, value, "days"
    if entry.field == "opens_at" and not pack.is_practice:
        start = chosen.publish_on
        ends = (_days(start, entry.floor), _days(start, entry.ceiling))
        return *ends, _days(start, beijing_day(value)), "days"
    if entry.field == "closes_at":
        unit = 60 if pack.is_practice else 3600
        word = gettext("分钟") if pack.is_practice else gettext("小时")
        start_at = chosen.opens_at
        floor, ceiling = (_length(start_at, end, unit) for end in (entry.floor, entry.ceiling))
        if ceiling is not None and ceiling > _FAR * (floor or 1):
            ceiling = None  # years away: drawn to scale it would only hide the floor
        return floor, ceiling, _length(start_at, value, unit), word
    return None


def _length(start: datetime, end: Any, unit: int) -> int | None:
    return int((end - start).total_seconds()) // unit if isinstance(end, datetime) else None


def _days(start: date, end: Any) -> int | None:
    return (end - start).days if isinstance(end, date) else None


def prior_claims_on(asset: Asset) -> int:
    """What ranks before the applicant on this asset, for the no-surplus test (CN20A-6.1)."""
    claims = db.session.scalars(
        select(Claim)
        .join(ClaimAsset, ClaimAsset.claim_id == Claim.id)
        .where(ClaimAsset.asset_id == asset.id, Claim.claim_class.in_(_PRIOR))
    )
    return sum(c.principal_minor + c.interest_minor + c.expenses_minor for c in claims)
