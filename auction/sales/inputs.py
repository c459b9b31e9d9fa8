"""From rows to what the rules read: the inputs of the lawful ranges, the terms of a sale."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import cast

from sqlalchemy import select

from auction.assets.models import Asset, ReferencePrice, is_movable
from auction.core.db import db
from auction.sales.calendar import beijing_day
from auction.sales.models import Lot, Sale, SaleStatus, Stage
from auction.sales.rulepacks import RulePack, StageName, load_rule_pack
from auction.sales.rules import Inputs, Terms

_TERM_FIELDS = tuple(field.name for field in fields(Terms))


def terms_of(sale: Sale) -> Terms:
    """The terms a sale's row holds."""
    return Terms(**{name: getattr(sale, name) for name in _TERM_FIELDS})


def set_terms(sale: Sale, terms: Terms) -> None:
    """Write `terms` into the sale's row; the caller has checked them."""
    for name, value in asdict(terms).items():
        setattr(sale, name, value)


def inputs_of(sale: Sale, now: datetime) -> Inputs:
    """What the lawful ranges of this sale depend on, as the records stand at `now`."""
    price = (
        db.session.get(ReferencePrice, sale.reference_price_id) if sale.reference_price_id else None
    )
    previous = db.session.get(Sale, sale.previous_sale_id) if sale.previous_sale_id else None
    repeated = db.session.get(Sale, sale.resale_of_id) if sale.resale_of_id else None
    return inputs_for(
        sale.lot.asset,
        stage=sale.stage,
        pack=load_rule_pack(sale.rule_pack),
        price=price,
        previous=previous,
        now=now,
        repeated=repeated,
    )


def inputs_for(
    asset: Asset,
    *,
    stage: Stage,
    pack: RulePack,
    price: ReferencePrice | None,
    previous: Sale | None,
    now: datetime,
    repeated: Sale | None = None,
) -> Inputs:
    """What the lawful ranges of a sale of `asset` at `stage` depend on.

    A sale that repeats another (`repeated`) is bound by no days after the earlier failure: it
    follows the court's ruling (OPEN-10).
    """
    failed = previous is not None and previous.status is SaleStatus.UNSOLD and repeated is None
    return Inputs(
        pack=pack,
        stage=cast("StageName", str(stage)),
        movable=is_movable(asset.category),
        today=beijing_day(now),
        reference_price_minor=price.amount_minor if price else None,
        price_valid_until=price.valid_until if price else None,
        previous_start_minor=previous.start_price_minor if previous else None,
        previous_failed_on=(
            beijing_day(previous.ended_at) if previous and failed and previous.ended_at else None
        ),
        seizure_expires_on=asset.seizure_expires_on,
        defaulted_start_minor=_defaulted_start(repeated),
    )


def _defaulted_start(repeated: Sale | None) -> int | None:
    """The start price of the last default among the sales that are being repeated."""
    while repeated is not None and repeated.status is not SaleStatus.DEFAULTED:
        before = repeated.resale_of_id
        repeated = db.session.get(Sale, before) if before else None
    return repeated.start_price_minor if repeated is not None else None


def current_price(asset: Asset) -> ReferencePrice | None:
    """The reference price last recorded for an asset."""
    return db.session.scalar(
        select(ReferencePrice)
        .where(ReferencePrice.asset_id == asset.id)
        .order_by(ReferencePrice.id.desc())
        .limit(1)
    )


def last_sale(lot: Lot) -> Sale | None:
    """The newest sale of a lot."""
    return db.session.scalar(
        select(Sale).where(Sale.lot_id == lot.id).order_by(Sale.id.desc()).limit(1)
    )


def lot_of(asset_id: int) -> Lot | None:
    """The lot an asset is offered under, practice apart, if it has one already."""
    return db.session.scalar(
        select(Lot).where(Lot.asset_id == asset_id, Lot.is_practice.is_(False))
    )
