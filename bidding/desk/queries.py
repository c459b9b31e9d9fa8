"""What a bidder finds on the desk: own enrolments with where each sale stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import Asset
from auction.core.db import db
from auction.notices.models import Announcement, Document, DocumentKind
from auction.sales.calendar import balance_due_at
from auction.sales.models import Lot, Sale, SaleStatus
from auction.sales.rulepacks import load_rule_pack
from bidding.catalogue.queries import SOLD, shown_status
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.models import SaleHead

_enrolment: Any = Enrolment.__table__
_sale: Any = Sale.__table__
_lot: Any = Lot.__table__
_asset: Any = Asset.__table__
_head: Any = SaleHead.__table__

ROWS_SHOWN = 200
_KNOCKED_DOWN = ("sold", "defaulted", "set-aside")


@dataclass(frozen=True)
class OwnLot:
    """One enrolment of the reader, with its sale as everybody sees it."""

    sale_id: int
    lot_number: str
    sale_number: str
    title: str
    category: str
    is_practice: bool
    stage: str
    enrolment: str
    code: str | None
    is_barred: bool
    reference: str
    deposit_minor: int
    status: str
    sale_status: str
    price_minor: int
    leader: str | None
    opens_at: datetime
    closes_at: datetime
    ended_at: datetime | None
    balance_due_at: datetime | None

    @property
    def href(self) -> str:
        """The sale's page."""
        return f"/lots/{self.lot_number}?sale={self.sale_number}"

    @property
    def has_won(self) -> bool:
        """Whether the reader is the buyer."""
        return self.status in _KNOCKED_DOWN and self.code is not None and self.code == self.leader

    @property
    def standing(self) -> str:
        """The reader's own state in this sale, as one word of the badge table."""
        if self.enrolment == EnrolmentStatus.LEFT:
            return "left"
        if self.is_barred:
            return "barred"
        if self.enrolment != EnrolmentStatus.ACTIVE:
            return "void" if self.is_over else "awaiting-deposit"
        if self.status in _KNOCKED_DOWN:
            bought = "won" if self.status == "sold" else self.status
            return bought if self.has_won else "lost"
        if self.is_over:
            return self.status
        return "leading" if self.code == self.leader else "enrolled"

    @property
    def is_over(self) -> bool:
        """Whether the sale has its result."""
        return self.status in {"unsold", "withdrawn"} or self.status in _KNOCKED_DOWN


def list_own_lots(user_id: int, now: datetime, lang: str) -> list[OwnLot]:
    """The reader's enrolments: what runs first, then the latest."""
    rows = db.session.execute(
        select(
            _enrolment.c.status.label("enrolment"),
            _enrolment.c.code,
            _enrolment.c.is_barred,
            _enrolment.c.reference,
            _enrolment.c.deposit_minor,
            _lot.c.number.label("lot_number"),
            _lot.c.is_practice,
            _sale.c.id.label("sale_id"),
            _sale.c.number.label("sale_number"),
            _sale.c.stage,
            _sale.c.rule_pack,
            _sale.c.status.label("sale_status"),
            _sale.c.balance_days,
            _sale.c.ended_at,
            _sale.c.hammer_price_minor,
            _sale.c.start_price_minor,
            _sale.c.opens_at,
            _sale.c.closes_at,
            _head.c.price_minor,
            _head.c.leader,
            _head.c.opens_at.label("head_opens_at"),
            _head.c.closes_at.label("head_closes_at"),
            _asset.c.title,
            _asset.c.title_en,
            _asset.c.category,
            shown_status(now).label("shown_status"),
        )
        .select_from(_enrolment)
        .join(_sale, _sale.c.id == _enrolment.c.sale_id)
        .join(_lot, _lot.c.id == _sale.c.lot_id)
        .join(_asset, _asset.c.id == _lot.c.asset_id)
        .outerjoin(_head, _head.c.sale_id == _sale.c.id)
        .where(_enrolment.c.user_id == user_id)
        .order_by(_sale.c.id.desc())
        .limit(ROWS_SHOWN)
    ).all()
    own = [_own_lot(row, lang) for row in rows]
    return sorted(own, key=lambda lot: lot.is_over)


def list_own_papers(lots: list[OwnLot]) -> list[dict[str, Any]]:
    """Published papers of the sales the reader bought in, and the announcements of all."""
    titles = {lot.sale_id: lot.title for lot in lots}
    won = [lot.sale_id for lot in lots if lot.has_won]
    documents = db.session.scalars(
        select(Document)
        .where(
            Document.sale_id.in_(won),
            Document.kind != DocumentKind.ANNOUNCEMENT,  # those stand below, for all sales
            Document.published_at.is_not(None),
        )
        .order_by(Document.published_at.desc())
    )
    notices = db.session.scalars(
        select(Announcement)
        .where(Announcement.sale_id.in_(titles))
        .order_by(Announcement.published_at.desc())
    )
    return [
        *(
            {
                "href": f"/documents/{document.code}",
                "title": document.title,
                "about": titles[document.sale_id or 0],
                "at": document.published_at,
            }
            for document in documents
        ),
        *(
            {
                "href": f"/notices/{notice.code}",
                "title": None,
                "about": titles[notice.sale_id],
                "at": notice.published_at,
            }
            for notice in notices
        ),
    ]


def _own_lot(row: Any, lang: str) -> OwnLot:
    pack = load_rule_pack(row.rule_pack)
    return OwnLot(
        sale_id=row.sale_id,
        lot_number=row.lot_number,
        sale_number=row.sale_number,
        title=row.title_en if lang == "en" and row.title_en else row.title,
        category=str(row.category),
        is_practice=row.is_practice,
        stage=str(row.stage),
        enrolment=str(row.enrolment),
        code=row.code,
        is_barred=row.is_barred,
        reference=row.reference,
        deposit_minor=row.deposit_minor,
        status=row.shown_status,
        sale_status=str(row.sale_status),
        price_minor=row.hammer_price_minor or row.price_minor or row.start_price_minor,
        leader=row.leader,
        opens_at=row.head_opens_at or row.opens_at,
        closes_at=row.head_closes_at or row.closes_at,
        ended_at=row.ended_at,
        balance_due_at=balance_due_at(row.ended_at, row.balance_days, pack)
        if row.sale_status in SOLD and row.ended_at is not None
        else None,
    )


def is_unpaid(lot: OwnLot) -> bool:
    """Whether the reader bought it and has not paid in full."""
    return lot.has_won and lot.sale_status == SaleStatus.SOLD
