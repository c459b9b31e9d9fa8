"""Tables of an asset (财产) and what is known of it (CN24G-1 to -6)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.core.db import BigId, Model, UtcDateTime, state_column


class Category(StrEnum):
    """Kinds of assets; `notice_class` tells which notice days apply."""

    HOME = "home"
    COMMERCIAL = "commercial"
    LAND = "land"
    VEHICLE = "vehicle"
    EQUITY = "equity"
    MACHINERY = "machinery"
    GOODS = "goods"
    IP = "ip"
    MINING = "mining"
    VESSEL = "vessel"


MOVABLE = frozenset({Category.VEHICLE, Category.MACHINERY, Category.GOODS, Category.VESSEL})


def is_movable(category: Category) -> bool:
    """Whether the shorter notice for movables applies; vehicles are movables (CN16-12.3)."""
    return category in MOVABLE


class OccupancyKind(StrEnum):
    """Who possesses the asset, as a finding, never as "unclear" (CN24G-7)."""

    VACANT = "vacant"
    DEBTOR = "debtor"
    TENANT = "tenant"
    THIRD_PARTY = "third-party"
    COURT = "court"
    NOT_APPLICABLE = "not-applicable"


class PriceMethod(StrEnum):
    """How the reference price was found (CN18P-2.1), or the market price (CN16-10.2)."""

    NEGOTIATION = "negotiation"
    DIRECTED_INQUIRY = "directed-inquiry"
    NETWORK_INQUIRY = "network-inquiry"
    APPRAISAL = "appraisal"
    MARKET = "market"


class MediaKind(StrEnum):
    """A picture for everybody, or a document for everybody."""

    PHOTO = "photo"
    DOCUMENT = "document"


class Asset(Model):
    """The seized thing, with the facts a buyer needs."""

    __tablename__ = "asset"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    category: Mapped[Category] = mapped_column(state_column(Category, "asset_category"))
    title: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(200), default="")
    region: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    # Facts and inspection findings by category: {field: text}; fields in `assets/facts.py`.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    inspected_on: Mapped[date | None] = mapped_column(Date)
    inspectors: Mapped[str] = mapped_column(String(120), default="")
    defects: Mapped[str] = mapped_column(Text, default="")
    occupancy: Mapped[OccupancyKind | None] = mapped_column(
        state_column(OccupancyKind, "asset_occupancy")
    )
    occupancy_note: Mapped[str] = mapped_column(Text, default="")
    occupancy_evidence: Mapped[str] = mapped_column(String(300), default="")
    delivery_plan: Mapped[str] = mapped_column(Text, default="")
    seller_taxes: Mapped[str] = mapped_column(Text, default="")
    buyer_taxes: Mapped[str] = mapped_column(Text, default="")
    known_debts: Mapped[str] = mapped_column(Text, default="")
    seized_on: Mapped[date | None] = mapped_column(Date)
    seizure_expires_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    media: Mapped[list[AssetMedia]] = relationship(order_by="AssetMedia.position", lazy="select")
    encumbrances: Mapped[list[Encumbrance]] = relationship(order_by="Encumbrance.id", lazy="select")
    reference_prices: Mapped[list[ReferencePrice]] = relationship(
        order_by="ReferencePrice.id", lazy="select"
    )


class StoredFile(Model):
    """A file under a random name outside the static folder (5.3.1); its type is by content."""

    __tablename__ = "stored_file"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    mime: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    original_name: Mapped[str] = mapped_column(String(200))
    is_public: Mapped[bool] = mapped_column(Boolean, default=False)
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AssetMedia(Model):
    """A photo or document of an asset, in the order the court gave."""

    __tablename__ = "asset_media"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    kind: Mapped[MediaKind] = mapped_column(state_column(MediaKind, "asset_media_kind"))
    caption: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int] = mapped_column(default=0)

    file: Mapped[StoredFile] = relationship(lazy="joined")


class Encumbrance(Model):
    """A burden on the asset, with the dates that decide whether it survives (CN20A-28, CN24G-6)."""

    __tablename__ = "encumbrance"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    holder: Mapped[str] = mapped_column(String(100))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    survives: Mapped[bool] = mapped_column(Boolean, default=False)
    evidence: Mapped[str] = mapped_column(String(300), default="")


class ReferencePrice(Model):
    """The value found for an asset (参考价), never more than a year old (CN18P-27.1)."""

    __tablename__ = "reference_price"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    method: Mapped[PriceMethod] = mapped_column(state_column(PriceMethod, "reference_price_method"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fixed_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    basis: Mapped[str] = mapped_column(String(300))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
