"""Sales as a member of the court may see them, and the one way to lock one."""

from __future__ import annotations

from sqlalchemy import select

from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Sale


def lock_sale(sale_id: int, *, court_id: int | None = None) -> Sale:
    """The sale's row, locked and read again; NotFound if there is none (in that court)."""
    query = select(Sale).where(Sale.id == sale_id)
    if court_id is not None:
        query = query.where(Sale.court_id == court_id)
    sale = db.session.scalar(
        query.with_for_update(of=Sale).execution_options(populate_existing=True)
    )
    if sale is None:
        raise NotFound("no-such-sale", _l("没有找到这次拍卖。"))
    return sale
