"""Who may not buy a property again, and until when (CN16-24.2, CN455-8.2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from auction.accounts.models import Identity, User
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.rulings.models import BarredBuyer, Ruling
from auction.sales.models import Lot, Sale, SaleStatus

LEAST_GROUND = 4


def bar_buyer(
    ruling: Ruling, *, asset_id: int, user_id: int, actor_id: int, at: datetime
) -> BarredBuyer:
    """Bar a person from the re-sale of a property, by a ruling; once a ruling and person."""
    known = db.session.scalar(
        select(BarredBuyer).where(
            BarredBuyer.ruling_id == ruling.id, BarredBuyer.user_id == user_id
        )
    )
    if known is not None:
        return known
    identity = db.session.scalar(select(Identity).where(Identity.user_id == user_id))
    assert identity is not None, "nobody enrols without an identity"
    row = BarredBuyer(
        court_id=ruling.court_id,
        case_id=ruling.case_id,
        asset_id=asset_id,
        sale_id=ruling.sale_id,
        ruling_id=ruling.id,
        user_id=user_id,
        id_number_hash=identity.id_number_hash,
        barred_at=at,
        lift_ground="",
    )
    db.session.add(row)
    db.session.flush()
    record("bar-buyer", row, actor_id=actor_id, at=at, detail={"ruling": ruling.number})
    return row


def find_bar(asset_id: int, user: User) -> BarredBuyer | None:
    """The bar that keeps this person from this property: by account, or by identity number."""
    mine: list[ColumnElement[bool]] = [BarredBuyer.user_id == user.id]
    if user.identity is not None:
        mine.append(BarredBuyer.id_number_hash == user.identity.id_number_hash)
    return db.session.scalar(
        select(BarredBuyer)
        .where(BarredBuyer.asset_id == asset_id, BarredBuyer.lifted_at.is_(None), or_(*mine))
        .order_by(BarredBuyer.id)
        .limit(1)
    )


def lift_bar(
    bar_id: int, *, ground: str, court_id: int, actor_id: int, now: datetime
) -> BarredBuyer:
    """A judge lifts a bar (its ruling was quashed, for example) and says why; once."""
    row = db.session.get(BarredBuyer, bar_id, with_for_update=True, populate_existing=True)
    if row is None or row.court_id != court_id:
        raise NotFound("no-such-bar", _l("没有找到这条禁止记录。"))
    if row.lifted_at is not None:
        return row
    if len(ground.strip()) < LEAST_GROUND:
        raise Invalid("ground-missing", _l("请写明解除的依据（文书案号）。"), field="ground")
    row.lifted_at, row.lifted_by, row.lift_ground = now, actor_id, ground.strip()
    record("lift-bar", row, actor_id=actor_id, at=now, detail={"ground": row.lift_ground})
    return row


def list_bars(court_id: int) -> list[tuple[BarredBuyer, Sale, str, str, bool]]:
    """The court's bars, newest first: with sale, name, ruling's number, whether it still matters.

    It matters no more once the property is finally sold.
    """
    sold = (
        select(Sale.id)
        .join(Lot, Lot.id == Sale.lot_id)
        .where(Lot.asset_id == BarredBuyer.asset_id, Sale.status == SaleStatus.RULED)
        .exists()
    )
    rows = db.session.execute(
        select(BarredBuyer, Sale, Identity.full_name, Ruling.number, sold)
        .join(Sale, Sale.id == BarredBuyer.sale_id)
        .join(Identity, Identity.user_id == BarredBuyer.user_id)
        .join(Ruling, Ruling.id == BarredBuyer.ruling_id)
        .where(BarredBuyer.court_id == court_id)
        .order_by(BarredBuyer.id.desc())
        .limit(500)
    )
    return [
        (bar, sale, name, number, not is_sold and bar.lifted_at is None)
        for bar, sale, name, number, is_sold in rows
    ]
