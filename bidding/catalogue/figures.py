"""Figures of the year, from the sales themselves; practice sales do not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from auction.core.clock import BEIJING, beijing
from auction.core.db import db
from auction.sales.models import Lot, Sale, SaleStatus
from bidding.catalogue.queries import SOLD, is_published
from bidding.room.models import SaleHead

_sale: Any = Sale.__table__
_lot: Any = Lot.__table__
_head: Any = SaleHead.__table__


@dataclass(frozen=True)
class YearFigures:
    """What was announced, sold and paid for since the first of January in Beijing."""

    year: int
    announced: int
    sold: int
    unsold: int
    hammer_minor: int
    start_minor: int
    bids: int

    @property
    def sold_permille(self) -> int | None:
        """Share of ended sales that found a buyer, in thousandths."""
        ended = self.sold + self.unsold
        return self.sold * 1000 // ended if ended else None

    @property
    def premium_permille(self) -> int | None:
        """How far hammer prices lie above the start prices, in thousandths of these."""
        if not self.start_minor:
            return None
        return (self.hammer_minor - self.start_minor) * 1000 // self.start_minor


def year_figures(now: datetime) -> YearFigures:
    """The figures of the running year."""
    year = beijing(now).year
    since = datetime(year, 1, 1, tzinfo=BEIJING)
    is_sold = _sale.c.status.in_(SOLD)
    ended = _sale.c.ended_at >= since
    row = db.session.execute(
        select(
            _count(_sale.c.published_at >= since),
            _count(is_sold & ended),
            _count((_sale.c.status == SaleStatus.UNSOLD) & ended),
            _total(is_sold & ended, _sale.c.hammer_price_minor),
            _total(is_sold & ended, _sale.c.start_price_minor),
            _total(_sale.c.published_at >= since, _head.c.seq),
        )
        .select_from(_sale)
        .join(_lot, _lot.c.id == _sale.c.lot_id)
        .outerjoin(_head, _head.c.sale_id == _sale.c.id)
        .where(is_published(), _lot.c.is_practice.is_(False))
    ).one()
    return YearFigures(year, *(int(value or 0) for value in row))


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _total(condition: Any, amount: Any) -> Any:
    return func.sum(case((condition, func.coalesce(amount, 0)), else_=0))
