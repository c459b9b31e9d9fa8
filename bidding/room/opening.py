"""A published sale gets its room: the head from which everything live is read."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy.exc import IntegrityError

from auction.core.db import db, transaction
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import Task, handles
from auction.sales.models import Sale, SaleStatus
from bidding.engine import SaleState
from bidding.evidence.genesis import begin_frontier, make_genesis, write_genesis
from bidding.room import store
from bidding.room.models import SaleHead
from bidding.room.terms import terms_of


def open_room(sale_id: int) -> None:
    """Make the head of an announced sale; doing it again changes nothing. An edge of its own."""
    now = current_app.extensions["luochui.clock"].now()
    with transaction():
        make_head(sale_id, now)


def make_head(sale_id: int, now: datetime) -> None:
    """The same inside an open transaction."""
    sale = db.session.get(Sale, sale_id, populate_existing=True)
    if sale is None or sale.status in (SaleStatus.DRAFT, SaleStatus.PANEL, SaleStatus.DECIDED):
        raise NotFound("unknown-sale", _l("没有这场拍卖。"))
    if db.session.get(SaleHead, sale_id, populate_existing=True) is not None:
        return
    terms = terms_of(sale)
    state = SaleState.begin(terms)
    try:
        with db.session.begin_nested() as nested:
            connection = nested.session.connection()
            log, line = make_genesis(sale, terms, now)
            frontier = begin_frontier(line)
            store.insert_head(connection, sale, sale.lot.number, state, frontier, now)
            write_genesis(log, line)
    except IntegrityError:  # another process was faster
        return


@handles("sale_published")
def _open_on_publication(task: Task) -> None:
    open_room(int(task.payload["sale_id"]))
