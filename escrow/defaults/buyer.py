"""What the buyer reads on the page of his balance: what not paying costs, and what has happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auction.core.db import db
from auction.rulings.models import BarredBuyer, Ruling
from auction.rulings.proposals import undoing_ruling
from auction.sales.models import Sale
from escrow.defaults.models import Default, Receivable, ReceivableStatus, SetAside
from escrow.defaults.queries import default_of, returned_of, set_aside_of
from escrow.defaults.reckoning import Stake, stake_of
from escrow.settlement.models import Settlement, SettlementStatus


@dataclass(frozen=True)
class Fate:
    """The buyer's position in a sold sale, in his own words: what he pays, loses, gets back."""

    # The day is over, and no judge has allowed a later one.
    is_late: bool
    stake: Stake
    # The lowest price at which the lot can be sold again (OPEN-10).
    floor_minor: int
    # What he might be ordered to make up if it is sold again at that price (CN20A-22.2).
    worst_deficit_minor: int
    ruling: Ruling | None
    default: Default | None
    set_aside: SetAside | None
    bar: BarredBuyer | None
    deficit: Receivable | None
    returned_minor: int
    returning_minor: int


def fate_of(settlement: Settlement, now: datetime) -> Fate:
    """Read the fate of a settlement's buyer; changes nothing."""
    sale = db.session.get_one(Sale, settlement.sale_id)
    stake = stake_of(sale)
    ruling = undoing_ruling(sale)
    default = default_of(sale.id)
    returned, returning = returned_of(settlement)
    gap = max(0, settlement.price_minor - sale.start_price_minor)
    return Fate(
        is_late=settlement.status is SettlementStatus.DUE and now >= settlement.payable_until,
        stake=stake,
        floor_minor=sale.start_price_minor,
        worst_deficit_minor=max(0, gap - stake.forfeit_minor),
        ruling=ruling,
        default=default,
        set_aside=set_aside_of(sale.id),
        bar=_bar_of(ruling),
        deficit=_deficit_of(default),
        returned_minor=returned,
        returning_minor=returning,
    )


def _bar_of(ruling: Ruling | None) -> BarredBuyer | None:
    if ruling is None:
        return None
    return db.session.scalar(
        select(BarredBuyer)
        .where(BarredBuyer.ruling_id == ruling.id, BarredBuyer.lifted_at.is_(None))
        .limit(1)
    )


def _deficit_of(default: Default | None) -> Receivable | None:
    if default is None:
        return None
    return db.session.scalar(
        select(Receivable)
        .where(Receivable.default_id == default.id, Receivable.status != ReceivableStatus.VOID)
        .order_by(Receivable.id.desc())
        .limit(1)
    )
