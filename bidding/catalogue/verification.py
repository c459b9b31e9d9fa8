"""Is this number genuine? Lot numbers, sale numbers, notices and documents, published ones only."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.db import db
from auction.core.errors import NotFound
from auction.courts.models import Court
from auction.notices.models import Announcement, Document
from auction.sales.models import Sale
from bidding.catalogue.lot import find_published
from bidding.catalogue.queries import PUBLISHED

LONGEST_CODE = 60


@dataclass(frozen=True)
class Finding:
    """A genuine thing: what it is, who published it when, and where it stands here."""

    kind: str
    code: str
    title: str
    court: str
    published_at: datetime | None
    href: str
    sha256: str | None = None


def normal_code(text: str) -> str:
    """A code as people copy it: full-width letters, spaces and small letters are forgiven."""
    plain = unicodedata.normalize("NFKC", text).replace("\x00", "")
    return "".join(plain.split())[:LONGEST_CODE]


def find_genuine(code: str) -> Finding | None:
    """What the platform has published under this code, or None."""
    if not code:
        return None
    for spelling in dict.fromkeys((code, code.upper(), _hyphened(code.upper()))):
        for look in (_find_lot, _find_sale, _find_announcement, _find_document):
            finding = look(spelling)
            if finding is not None:
                return finding
    return None


def _hyphened(code: str) -> str:
    """`8JF5AMPTDRYT` as it is printed: 8JF5-AMPT-DRYT."""
    return "-".join((code[:4], code[4:8], code[8:])) if len(code) == 12 else code


def _find_lot(code: str) -> Finding | None:
    try:
        lot, sales = find_published(code)
    except NotFound:
        return None
    return _about(sales[0], "lot", code, lot.asset.title, f"/lots/{lot.number}")


def _find_sale(code: str) -> Finding | None:
    sale = _published(Sale.number == code)
    if sale is None:
        return None
    href = f"/lots/{sale.lot.number}?sale={sale.number}"
    return _about(sale, "sale", code, sale.lot.asset.title, href)


def _find_announcement(code: str) -> Finding | None:
    found = db.session.scalar(select(Announcement).where(Announcement.code == code))
    sale = None if found is None else _published(Sale.id == found.sale_id)
    if found is None or sale is None:
        return None
    return Finding(
        "notice",
        code,
        sale.lot.asset.title,
        _court(sale.court_id),
        found.published_at,
        f"/notices/{found.code}",
        found.sha256,
    )


def _find_document(code: str) -> Finding | None:
    found = db.session.scalar(
        select(Document).where(Document.code == code, Document.published_at.is_not(None))
    )
    if found is None:
        return None
    return Finding(
        "document",
        code,
        found.title,
        _court(found.court_id),
        found.published_at,
        f"/documents/{found.code}",
        found.printed_sha256,
    )


def _published(condition: Any) -> Sale | None:
    return db.session.scalar(
        select(Sale).where(condition, Sale.status.in_(PUBLISHED), Sale.published_at.is_not(None))
    )


def _about(sale: Sale, kind: str, code: str, title: str, href: str) -> Finding:
    return Finding(kind, code, title, _court(sale.court_id), sale.published_at, href)


def _court(court_id: int) -> str:
    return db.session.get_one(Court, court_id).name
