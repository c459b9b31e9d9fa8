"""Which sale a lot number means right now, remembered while that sale runs."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select

from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Lot, Sale, SaleStatus
from bidding.room import store
from bidding.room.opening import open_room
from bidding.room.snapshot import Snapshot

LONGEST_NUMBER = 40


class Directory:
    """Lot number → sale id; forgotten when the sale ends, for a lot may be offered again."""

    def __init__(self) -> None:
        self._sales: dict[str, int] = {}

    def sale_of(self, lot_number: str) -> int:
        """The newest published sale of the lot, remembered; NotFound if there is none."""
        known = self._sales.get(lot_number)
        return self.find_sale(lot_number) if known is None else known

    def recall(self, lot_number: str) -> int | None:
        """The sale as remembered, without asking the database."""
        return self._sales.get(lot_number)

    def find_sale(self, lot_number: str) -> int:
        """The same, looked up."""
        if not lot_number or len(lot_number) > LONGEST_NUMBER:
            raise NotFound("unknown-lot", _l("没有这个标的。"))
        announced = _announced_sale(lot_number)
        if announced is not None:
            self._sales[lot_number] = announced
            return announced
        with db.engine.connect() as connection:
            past = store.find_current_sale(connection, lot_number)
        if past is None:
            raise NotFound("unknown-lot", _l("没有这个标的，或尚未公告。"))
        return past

    def forget(self, snapshot: Snapshot) -> None:
        """A sale that is over is no longer what its lot number means if a new one follows."""
        self._sales.pop(snapshot.lot_number, None)


def _announced_sale(lot_number: str) -> int | None:
    """The sale of the lot that is announced, its room opened if the outbox has not come to it."""
    with db.engine.connect() as connection:
        sale_id = connection.execute(
            select(Sale.id)
            .join(Lot, Lot.id == Sale.lot_id)
            .where(Lot.number == lot_number, Sale.status == SaleStatus.ANNOUNCED)
        ).scalar_one_or_none()
        has_room = sale_id is not None and (
            store.find_current_sale(connection, lot_number) == sale_id
        )
    if sale_id is not None and not has_room:
        open_room(sale_id)
    return sale_id


def directory() -> Directory:
    """The directory of this process."""
    found: Directory = current_app.extensions["luochui.directory"]
    return found
