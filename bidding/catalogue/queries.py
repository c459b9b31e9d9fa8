"""Lots as plain rows: of each lot its latest published sale, live figures where it has some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from auction.assets.models import Asset, AssetMedia, Category, MediaKind, ReferencePrice, StoredFile
from auction.core.db import db
from auction.core.i18n import gettext
from auction.courts.models import Court
from auction.sales.models import UNDONE, Lot, Sale, SaleStatus
from bidding.catalogue.criteria import Criteria, meant_categories
from bidding.room.models import SaleHead

PER_PAGE = 20
PUBLISHED = (
    SaleStatus.ANNOUNCED,
    SaleStatus.SOLD,
    SaleStatus.UNSOLD,
    SaleStatus.PAID,
    SaleStatus.RULED,
    SaleStatus.WITHDRAWN,
    *sorted(UNDONE),
)
SOLD = (SaleStatus.SOLD, SaleStatus.PAID, SaleStatus.RULED)
# What bidding came to, whatever became of it afterwards.
KNOCKED_DOWN = (*SOLD, *sorted(UNDONE))

_sale: Any = Sale.__table__
_lot: Any = Lot.__table__
_asset: Any = Asset.__table__
_court: Any = Court.__table__
_head: Any = SaleHead.__table__
_price: Any = ReferencePrice.__table__
_media: Any = AssetMedia.__table__
_file: Any = StoredFile.__table__

_opens = func.coalesce(_head.c.opens_at, _sale.c.opens_at)
_closes = func.coalesce(_head.c.closes_at, _sale.c.closes_at)
_bids = func.coalesce(_head.c.seq, 0)
_standing = func.coalesce(
    _sale.c.hammer_price_minor, _head.c.price_minor, _sale.c.start_price_minor
)


@dataclass(frozen=True)
class LotRow:
    """A lot in a list, as `_macros/lot.html` draws it."""

    number: str
    title: str
    category: str
    place: str
    court: str
    stage: str
    status: str
    price_minor: int
    start_price_minor: int
    reference_price_minor: int | None
    bid_count: int
    opens_at: datetime
    closes_at: datetime
    picture: str | None
    is_practice: bool
    price_label: str | None = None

    @property
    def href(self) -> str:
        """Address of the lot's page."""
        return f"/lots/{self.number}"


@dataclass(frozen=True)
class Choice:
    """One value a filter offers."""

    value: str
    label: str


def is_published() -> Any:
    """Drafts, and drafts withdrawn before anybody saw them, are nobody's business."""
    return and_(_sale.c.status.in_(PUBLISHED), _sale.c.published_at.is_not(None))


def shown_status(now: datetime) -> Any:
    """The status people see: the live one while the sale is announced, then the result."""
    return case(
        (_sale.c.status.in_(SOLD), "sold"),
        (_sale.c.status == SaleStatus.DEFAULTED, "defaulted"),
        (_sale.c.status == SaleStatus.SET_ASIDE, "set-aside"),
        (_sale.c.status == SaleStatus.UNSOLD, "unsold"),
        (_sale.c.status == SaleStatus.WITHDRAWN, "withdrawn"),
        (_head.c.status == "suspended", "suspended"),
        (_opens > now, "scheduled"),
        else_="open",
    )


def find_lots(
    criteria: Criteria, now: datetime, lang: str, per_page: int = PER_PAGE
) -> tuple[list[LotRow], int]:
    """One page of the search, and how many lots there are in all."""
    wanted = _narrow(criteria, now)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    page = min(criteria.page, max(-(-total // per_page), 1))
    ordered = wanted.order_by(*_order(criteria.sort, now))
    return _fetch(ordered.limit(per_page).offset((page - 1) * per_page), now, lang), total


def list_by_status(
    status: str, now: datetime, lang: str, limit: int, *, practice: bool = False
) -> list[LotRow]:
    """The next few lots in one status: soonest to close or open first, latest result first."""
    orders = {"open": _closes.asc(), "scheduled": _opens.asc()}
    wanted = (
        _narrow(Criteria(statuses=(status,), practice=practice), now)
        .order_by(orders.get(status, _sale.c.ended_at.desc()), _sale.c.id)
        .limit(limit)
    )
    return _fetch(wanted, now, lang)


def list_courts(lang: str) -> list[Choice]:
    """The courts that have published something."""
    rows = db.session.execute(
        select(_court.c.code, _court.c.name, _court.c.name_en)
        .where(exists().where(_sale.c.court_id == _court.c.id, is_published()))
        .order_by(_court.c.name)
    )
    return [Choice(row.code, _in_lang(row.name, row.name_en, lang)) for row in rows]


def list_regions() -> list[Choice]:
    """The regions in which something has been published."""
    rows = db.session.scalars(
        select(_asset.c.region)
        .join(_lot, _lot.c.asset_id == _asset.c.id)
        .where(exists().where(_sale.c.lot_id == _lot.c.id, is_published()))
        .distinct()
        .order_by(_asset.c.region)
        .limit(100)
    )
    return [Choice(region, region) for region in rows]


def _fetch(wanted: Select[Any], now: datetime, lang: str) -> list[LotRow]:
    """The rows of the sales that were found, in their order.

    First which, then what: pictures and names are looked up for one page, never for all there is.
    """
    ids = list(db.session.scalars(wanted))
    rows = db.session.execute(_details(now).where(_sale.c.id.in_(ids)))
    found = {row.id: _row(row, lang) for row in rows}
    return [found[sale_id] for sale_id in ids]


def _details(now: datetime) -> Select[Any]:
    picture = (
        select(_file.c.token)
        .join(_media, _media.c.file_id == _file.c.id)
        .where(
            _media.c.asset_id == _asset.c.id,
            _media.c.kind == MediaKind.PHOTO,
            _file.c.is_public,
        )
        .order_by(_media.c.position, _media.c.id)
        .limit(1)
        .correlate(_asset)
        .scalar_subquery()
    )
    return (
        select(
            _sale.c.id,
            _lot.c.number,
            _lot.c.is_practice,
            _asset.c.title,
            _asset.c.title_en,
            _asset.c.category,
            _asset.c.region,
            _court.c.name.label("court"),
            _court.c.name_en.label("court_en"),
            _sale.c.stage,
            _sale.c.start_price_minor,
            _price.c.amount_minor.label("reference_price_minor"),
            shown_status(now).label("shown_status"),
            _standing.label("price_minor"),
            _bids.label("bid_count"),
            _opens.label("opens_at"),
            _closes.label("closes_at"),
            picture.label("picture"),
        )
        .select_from(_sale)
        .join(_lot, _lot.c.id == _sale.c.lot_id)
        .join(_asset, _asset.c.id == _lot.c.asset_id)
        .join(_court, _court.c.id == _sale.c.court_id)
        .outerjoin(_head, _head.c.sale_id == _sale.c.id)
        .outerjoin(_price, _price.c.id == _sale.c.reference_price_id)
    )


def _narrow(criteria: Criteria, now: datetime) -> Select[Any]:
    """Ids of the latest published sale of each lot that fits; only the tables asked of are read."""
    later = aliased(Sale).__table__.alias("later")
    is_latest = ~exists().where(
        later.c.lot_id == _sale.c.lot_id,
        later.c.id > _sale.c.id,
        later.c.status.in_(PUBLISHED),
        later.c.published_at.is_not(None),
    )
    rows = (
        select(_sale.c.id)
        .select_from(_sale)
        .outerjoin(_head, _head.c.sale_id == _sale.c.id)
        .where(is_published(), is_latest)
    )
    return _narrow_by_sale(_narrow_by_asset(rows, criteria), criteria, now)


def _narrow_by_asset(rows: Select[Any], criteria: Criteria) -> Select[Any]:
    on_asset = criteria.words or criteria.categories or criteria.regions
    if on_asset or criteria.practice is not None:
        rows = rows.join(_lot, _lot.c.id == _sale.c.lot_id)
    if on_asset:
        rows = rows.join(_asset, _asset.c.id == _lot.c.asset_id)
    for word in criteria.words:
        rows = rows.where(_says(word))
    if criteria.categories:
        rows = rows.where(_asset.c.category.in_([Category(c) for c in criteria.categories]))
    if criteria.regions:
        rows = rows.where(_asset.c.region.in_(criteria.regions))
    if criteria.practice is not None:
        rows = rows.where(_lot.c.is_practice.is_(criteria.practice))
    return rows


def _narrow_by_sale(rows: Select[Any], criteria: Criteria, now: datetime) -> Select[Any]:
    if criteria.courts:
        courts = select(_court.c.id).where(_court.c.code.in_(criteria.courts))
        rows = rows.where(_sale.c.court_id.in_(courts))
    if criteria.stages:
        rows = rows.where(_sale.c.stage.in_(criteria.stages))
    if criteria.statuses:
        rows = rows.where(shown_status(now).in_(criteria.statuses))
    if criteria.floor_minor is not None:
        rows = rows.where(_standing >= criteria.floor_minor)
    if criteria.ceiling_minor is not None:
        rows = rows.where(_standing <= criteria.ceiling_minor)
    return rows


def _says(word: str) -> Any:
    """Whether a lot's texts hold the word, or the lot is of a kind the word stands for."""
    columns = (
        _asset.c.title,
        _asset.c.title_en,
        _asset.c.address,
        _asset.c.region,
        _lot.c.number,
    )
    hits = [column.icontains(word, autoescape=True) for column in columns]
    meant = meant_categories(word)
    if meant:
        hits.append(_asset.c.category.in_(meant))
    return or_(*hits)


def _order(sort: str, now: datetime) -> Sequence[Any]:
    status = shown_status(now)
    match sort:
        case "newest":
            order: list[Any] = [_sale.c.published_at.desc()]
        case "cheapest":
            order = [_standing.asc()]
        case "dearest":
            order = [_standing.desc()]
        case "busiest":
            order = [_bids.desc()]
        case _:
            # What runs now, by its end; then what comes, by its opening; then what is over.
            order = [
                case((status.in_(("open", "suspended")), 0), (status == "scheduled", 1), else_=2),
                case((status.in_(("open", "suspended")), _closes)).asc(),
                case((status == "scheduled", _opens)).asc(),
                _sale.c.ended_at.desc(),
            ]
    return [*order, _sale.c.id.desc()]


def _row(row: Any, lang: str) -> LotRow:
    return LotRow(
        number=row.number,
        title=_in_lang(row.title, row.title_en, lang),
        category=str(row.category),
        place=gettext("练习场次，游戏币") if row.is_practice else row.region,
        court=_in_lang(row.court, row.court_en, lang),
        stage=str(row.stage),
        status=row.shown_status,
        price_minor=row.price_minor,
        start_price_minor=row.start_price_minor,
        reference_price_minor=row.reference_price_minor,
        bid_count=row.bid_count,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        picture=f"/files/{row.picture}" if row.picture else None,
        is_practice=row.is_practice,
    )


def _in_lang(zh: str, en: str, lang: str) -> str:
    return en if lang == "en" and en else zh
