"""Lots as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from auction.core.clock import iso
from auction.core.db import db
from auction.core.errors import Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from auction.notices.documents import document_url, documents_of
from auction.sales.models import Sale
from bidding.catalogue.criteria import LAST_PAGE, SORTS, Criteria, read_criteria
from bidding.catalogue.queries import LotRow, find_lots
from bidding.room.models import SaleHead
from bidding.room.queries import public_state

PER_PAGE = 20
MOST_PER_PAGE = 100
_LARGEST = 10**15


def list_lots(
    args: MultiDict[str, str], now: datetime, lang: str
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """One page of the search; amounts are minor units, and an impossible value is refused."""
    per_page = _number(args, "per_page", PER_PAGE, 1, MOST_PER_PAGE)
    criteria = _criteria(args)
    rows, total = find_lots(criteria, now, lang, per_page)
    pages = max(-(-total // per_page), 1)
    page = min(criteria.page, pages)
    body = {
        "total": total,
        "page": page,
        "pages": pages,
        "per_page": per_page,
        "lots": [_show_row(row) for row in rows],
    }
    return body, _links(args, page, pages)


def _criteria(args: MultiDict[str, str]) -> Criteria:
    plain = MultiDict([(k, v) for k, v in args.items(multi=True) if k not in {"min", "max"}])
    sort = args.get("sort", "newest")
    if sort not in SORTS:
        raise Invalid("bad-sort", _l("没有这种排序方式。"), field="sort", allowed=list(SORTS))
    return replace(
        read_criteria(plain),
        sort=sort,
        page=_number(args, "page", 1, 1, LAST_PAGE),
        floor_minor=_number(args, "min", None, 0, _LARGEST),
        ceiling_minor=_number(args, "max", None, 0, _LARGEST),
    )


def _number(args: Mapping[str, str], name: str, default: Any, least: int, most: int) -> Any:
    text = args.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or not least <= int(text) <= most:
        raise Invalid(f"bad-{name}", _l("参数应为允许范围内的整数。"), field=name)
    return int(text)


def _links(args: MultiDict[str, str], page: int, pages: int) -> list[tuple[str, str]]:
    """RFC 8288: where the other pages of the same search are."""

    def address(number: int) -> str:
        kept = [(k, v) for k, v in args.items(multi=True) if k != "page"]
        return "/api/v1/lots?" + urlencode([*kept, ("page", str(number))])

    links = [("first", address(1)), ("last", address(pages))]
    if page > 1:
        links.append(("prev", address(page - 1)))
    if page < pages:
        links.append(("next", address(page + 1)))
    return links


def _show_row(row: LotRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "title": row.title,
        "category": row.category,
        "region": row.place,
        "court": row.court,
        "stage": row.stage,
        "status": row.status,
        "price": row.price_minor if row.bid_count else None,
        "start_price": row.start_price_minor,
        "reference_price": row.reference_price_minor,
        "bids": row.bid_count,
        "opens_at": iso(row.opens_at),
        "closes_at": iso(row.closes_at),
        "practice": row.is_practice,
    }


def describe_lot(sale_id: int, lang: str, user_id: int | None) -> dict[str, Any]:
    """One lot with the newest published sale of it."""
    sale = db.session.get(Sale, sale_id)
    head = db.session.get(SaleHead, sale_id)
    if sale is None or head is None:
        raise NotFound("unknown-lot", _l("没有这个标的。"))
    asset, court = sale.lot.asset, db.session.get_one(Court, sale.court_id)
    return {
        "number": sale.lot.number,
        "court": {"code": court.code, "name": _in_lang(court.name, court.name_en, lang)},
        "practice": sale.lot.is_practice,
        "asset": {
            "category": str(asset.category),
            "title": _in_lang(asset.title, asset.title_en, lang),
            "region": asset.region,
            "address": asset.address,
            "description": asset.description,
            "facts": asset.facts,
        },
        "sale": show_terms(sale),
        "state": public_state(sale_id, user_id),
        "bidder_count": head.bidder_count,
        "ground": head.ground,
        "documents": [
            {
                "kind": str(document.kind),
                "title": document.title,
                "code": document.code,
                "href": document_url(document.code),
                "sha256": document.sha256,
            }
            for document in documents_of(sale)
            if document.published_at is not None
        ],
    }


def show_terms(sale: Sale) -> dict[str, Any]:
    """The `sale` block of a sale file, and what belongs to it on the platform."""
    return {
        "number": sale.number,
        "rule_pack": sale.rule_pack,
        "stage": str(sale.stage),
        "currency": sale.currency,
        "start_price": sale.start_price_minor,
        "increment": sale.increment_minor,
        "deposit": sale.deposit_minor,
        "opens_at": iso(sale.opens_at),
        "closes_at": iso(sale.closes_at),
        "extension_window_s": sale.extension_window_seconds,
        "extension_s": sale.extension_seconds,
        "countdown_s": sale.countdown_seconds,
        "leader_raises": sale.leader_raises,
        "instructions": sale.instructions,
    }


def _in_lang(zh: str, en: str, lang: str) -> str:
    return en if lang == "en" and en else zh
