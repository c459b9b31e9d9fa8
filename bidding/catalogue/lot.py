"""One lot as everybody may see it: its published sales, facts, papers and bids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import Asset, Encumbrance, MediaKind, ReferencePrice
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from auction.notices.models import Announcement, Document
from auction.sales.models import Lot, Sale, SaleStatus
from auction.sales.rulepacks import RulePack, load_rule_pack
from bidding.catalogue.queries import KNOCKED_DOWN, PUBLISHED
from bidding.engine import Status
from bidding.room.incidents import Incident, list_incidents, show_ground
from bidding.room.models import Bid, SaleHead


@dataclass(frozen=True)
class BidLine:
    """One accepted bid, as the list and the plot draw it."""

    seq: int
    at: datetime
    code: str
    amount_minor: int
    auto: bool
    match: bool
    extended: bool
    closes_at: datetime


@dataclass(frozen=True)
class SaleView:
    """One published sale with its live figures; `status` is what people are told."""

    sale: Sale
    status: str
    price_minor: int | None
    leader: str | None
    seq: int
    bidder_count: int
    opens_at: datetime
    closes_at: datetime
    ended_at: datetime | None
    ground: str | None
    is_past_close: bool
    incidents: list[Incident]

    @property
    def shown_price(self) -> int:
        """The standing price, or the start price while nothing stands."""
        return self.sale.start_price_minor if self.price_minor is None else self.price_minor

    @property
    def is_over(self) -> bool:
        """Whether the end is recorded."""
        return self.status in {"sold", "unsold", "withdrawn"}

    @property
    def minimum_minor(self) -> int:
        """The lowest amount somebody without a rank could bid."""
        if self.price_minor is None:
            return self.sale.start_price_minor
        return self.price_minor + self.sale.increment_minor


@dataclass(frozen=True)
class LotView:
    """Everything the page of a lot shows, apart from who is looking."""

    lot: Lot
    asset: Asset
    court: Court
    pack: RulePack
    shown: SaleView
    sales: list[Sale]
    bids: list[BidLine]
    reference_price: ReferencePrice | None
    pictures: list[dict[str, str]]
    files: list[dict[str, Any]]
    announcement: Announcement | None
    documents: list[Document]
    encumbrances: list[Encumbrance]

    @property
    def is_latest(self) -> bool:
        """Whether the sale shown is the lot's newest published one."""
        return self.shown.sale.id == self.sales[0].id


def load_lot(number: str, now: datetime, sale_number: str | None = None) -> LotView:
    """The lot with one of its published sales, the newest unless one is named."""
    lot, sales = find_published(number)
    sale = sales[0]
    if sale_number is not None:
        named = [one for one in sales if one.number == sale_number]
        if not named:
            raise NotFound("unknown-sale", _l("这个标的没有这场拍卖，或尚未公告。"))
        sale = named[0]
    asset = lot.asset
    court = db.session.get_one(Court, sale.court_id)
    price_id = sale.reference_price_id
    return LotView(
        lot=lot,
        asset=asset,
        court=court,
        pack=load_rule_pack(sale.rule_pack),
        shown=view_sale(sale, now),
        sales=sales,
        bids=load_bid_lines(sale.id),
        reference_price=None if price_id is None else db.session.get(ReferencePrice, price_id),
        pictures=_pictures(asset),
        files=_files(asset),
        announcement=_announcement(sale.id),
        documents=_documents(sale.id),
        encumbrances=list(asset.encumbrances),
    )


def find_published(number: str) -> tuple[Lot, list[Sale]]:
    """The lot and its published sales, newest first; a lot without one does not exist."""
    if not 0 < len(number) <= 40:
        raise NotFound("unknown-lot", _l("没有这个标的。请检查编号，或从标的列表查找。"))
    lot = db.session.scalar(select(Lot).where(Lot.number == number))
    sales = [] if lot is None else _published_sales(lot.id)
    if lot is None or not sales:
        raise NotFound("unknown-lot", _l("没有这个标的。请检查编号，或从标的列表查找。"))
    return lot, sales


def _published_sales(lot_id: int) -> list[Sale]:
    return list(
        db.session.scalars(
            select(Sale)
            .where(
                Sale.lot_id == lot_id,
                Sale.status.in_(PUBLISHED),
                Sale.published_at.is_not(None),
            )
            .order_by(Sale.id.desc())
        )
    )


def view_sale(sale: Sale, now: datetime) -> SaleView:
    """What people are told of the sale: a result only once it is recorded (INV-16)."""
    head = db.session.get(SaleHead, sale.id)
    opens_at = head.opens_at if head else sale.opens_at
    closes_at = head.closes_at if head else sale.closes_at
    status = _status(sale, head, opens_at, now)
    price = head.price_minor if head else None
    return SaleView(
        sale=sale,
        status=status,
        price_minor=sale.hammer_price_minor if sale.hammer_price_minor is not None else price,
        leader=head.leader if head else None,
        seq=head.seq if head else 0,
        bidder_count=head.bidder_count if head else 0,
        opens_at=opens_at,
        closes_at=closes_at,
        ended_at=sale.ended_at,
        ground=show_ground(head.ground) if head and status in {"suspended", "withdrawn"} else None,
        is_past_close=status == "open" and now >= closes_at,
        incidents=list_incidents([sale.id]),
    )


def _status(sale: Sale, head: SaleHead | None, opens_at: datetime, now: datetime) -> str:
    if sale.status in KNOCKED_DOWN:
        return "sold"
    if sale.status in (SaleStatus.UNSOLD, SaleStatus.WITHDRAWN):
        return str(sale.status)
    if head is not None and head.status == Status.SUSPENDED:
        return "suspended"
    return "scheduled" if now < opens_at else "open"


def load_bid_lines(sale_id: int) -> list[BidLine]:
    """All accepted bids of the sale, first to last."""
    table: Any = Bid.__table__
    rows = db.session.execute(select(table).where(table.c.sale_id == sale_id).order_by(table.c.seq))
    return [
        BidLine(
            seq=row.seq,
            at=row.at,
            code=row.code,
            amount_minor=row.amount_minor,
            auto=row.is_auto,
            match=row.is_match,
            extended=row.has_extended,
            closes_at=row.closes_at,
        )
        for row in rows
    ]


def _pictures(asset: Asset) -> list[dict[str, str]]:
    return [
        {"src": f"/files/{media.file.token}", "alt": media.caption or asset.title}
        for media in asset.media
        if media.kind is MediaKind.PHOTO and media.file.is_public
    ]


def _files(asset: Asset) -> list[dict[str, Any]]:
    return [
        {
            "href": f"/files/{media.file.token}",
            "title": media.caption or media.file.original_name,
            "kind": "pdf" if media.file.mime == "application/pdf" else "",
            "size": _size(media.file.size),
            "at": media.file.created_at,
            "sha256": media.file.sha256,
        }
        for media in asset.media
        if media.kind is MediaKind.DOCUMENT and media.file.is_public
    ]


def _size(count: int) -> str:
    return f"{-(-count // 1000)} kB" if count < 1_000_000 else f"{-(-count // 1_000_000)} MB"


def _announcement(sale_id: int) -> Announcement | None:
    return db.session.scalar(
        select(Announcement)
        .where(Announcement.sale_id == sale_id)
        .order_by(Announcement.version.desc())
        .limit(1)
    )


def _documents(sale_id: int) -> list[Document]:
    return list(
        db.session.scalars(
            select(Document)
            .where(Document.sale_id == sale_id, Document.published_at.is_not(None))
            .order_by(Document.published_at)
        )
    )
