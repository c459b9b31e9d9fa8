"""Record what is known of an asset; the caller's transaction carries the writing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from auction.assets.files import store_pdf, store_photo
from auction.assets.models import (
    Asset,
    AssetMedia,
    Category,
    Encumbrance,
    MediaKind,
    ReferencePrice,
    StoredFile,
)
from auction.assets.wording import banned_phrases
from auction.cases.models import EnforcementCase
from auction.cases.services import require_open
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import Invalid
from auction.core.i18n import lazy_gettext as _l

LINTED = (
    "description",
    "defects",
    "occupancy_note",
    "delivery_plan",
    "seller_taxes",
    "buyer_taxes",
    "known_debts",
)


def add_asset(
    case: EnforcementCase,
    category: Category,
    values: Mapping[str, Any],
    facts: Mapping[str, str],
    *,
    actor_id: int,
    now: datetime,
) -> Asset:
    """Add a seized asset to an open case; raises Invalid for barred wording or odd dates."""
    require_open(case)
    check_asset(values)
    asset = Asset(
        court_id=case.court_id,
        case_id=case.id,
        category=category,
        facts=dict(facts),
        created_at=now,
        **values,
    )
    db.session.add(asset)
    db.session.flush()
    record("add-asset", asset, actor_id=actor_id, at=now, detail={"category": str(category)})
    return asset


def change_asset(
    asset: Asset,
    values: Mapping[str, Any],
    facts: Mapping[str, str],
    *,
    actor_id: int,
    now: datetime,
) -> None:
    """Change what is known of an asset; a panel decision on the old text is void by its hash."""
    check_asset(values)
    changed = [name for name, value in values.items() if getattr(asset, name) != value]
    changed += [key for key, value in facts.items() if asset.facts.get(key) != value]
    for name, value in values.items():
        setattr(asset, name, value)
    asset.facts = {**asset.facts, **facts}
    record("change-asset", asset, actor_id=actor_id, at=now, detail={"fields": changed})


def check_asset(values: Mapping[str, Any]) -> None:
    """Refuse barred wording (CN24G-7, CN24G-9, CN19M-1) and a seizure that ends before it began."""
    for name in LINTED:
        for wording, phrase in banned_phrases(values.get(name) or ""):
            raise Invalid(
                "banned-phrase",
                _l(
                    "不得使用“%(wording)s”这类表述（%(rule)s）。%(advice)s",
                    wording=wording,
                    rule=phrase.rule_id,
                    advice=phrase.advice,
                ),
                field=name,
            )
    seized, expires = values.get("seized_on"), values.get("seizure_expires_on")
    if seized and expires and expires <= seized:
        raise Invalid("seizure-dates", _l("查封到期日应晚于查封日期。"), field="seizure_expires_on")


def add_encumbrance(
    asset: Asset, values: Mapping[str, Any], *, actor_id: int, now: datetime
) -> Encumbrance:
    """Record a burden with its evidence (CN24G-6)."""
    if values.get("since") and values.get("until") and values["until"] < values["since"]:
        raise Invalid("dates", _l("截止日期不能早于设立日期。"), field="until")
    burden = Encumbrance(asset_id=asset.id, **values)
    db.session.add(burden)
    record("add-encumbrance", asset, actor_id=actor_id, at=now, detail={"kind": burden.kind})
    return burden


def record_reference_price(
    asset: Asset, values: Mapping[str, Any], *, actor_id: int, now: datetime
) -> ReferencePrice:
    """Record the reference price; its validity is at most one year (CN18P-27.1)."""
    fixed_on, valid_until = values["fixed_on"], values["valid_until"]
    if valid_until <= fixed_on:
        raise Invalid("validity", _l("有效期应晚于确定日期。"), field="valid_until")
    if valid_until > one_year_after(fixed_on):
        raise Invalid(
            "validity",
            _l("参考价有效期最长一年，最晚 %(day)s。", day=one_year_after(fixed_on)),
            field="valid_until",
        )
    price = ReferencePrice(asset_id=asset.id, recorded_by=actor_id, recorded_at=now, **values)
    db.session.add(price)
    db.session.flush()
    record(
        "record-reference-price",
        asset,
        actor_id=actor_id,
        at=now,
        detail={"amount_minor": price.amount_minor, "method": str(price.method)},
    )
    return price


def one_year_after(day: date) -> date:
    """The same day a year later; 29 February becomes 28."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def add_media(
    asset: Asset,
    kind: MediaKind,
    data: bytes,
    name: str,
    caption: str,
    *,
    actor_id: int,
    now: datetime,
) -> AssetMedia:
    """Add a photo or document to everything the public will see of the asset."""
    stored: StoredFile
    if kind is MediaKind.PHOTO:
        stored = store_photo(data, name, court_id=asset.court_id, now=now)
    else:
        stored = store_pdf(data, name, court_id=asset.court_id, now=now, public=True)
    return attach_file(asset, kind, stored, caption, actor_id=actor_id, now=now)


def attach_file(
    asset: Asset,
    kind: MediaKind,
    stored: StoredFile,
    caption: str,
    *,
    actor_id: int,
    now: datetime,
) -> AssetMedia:
    """Put a stored file behind the asset's other media."""
    last = db.session.scalar(
        select(func.max(AssetMedia.position)).where(AssetMedia.asset_id == asset.id)
    )
    media = AssetMedia(
        asset_id=asset.id, file_id=stored.id, kind=kind, caption=caption, position=(last or 0) + 1
    )
    db.session.add(media)
    record(
        "add-media",
        asset,
        actor_id=actor_id,
        at=now,
        detail={"kind": str(kind), "sha256": stored.sha256},
    )
    return media
