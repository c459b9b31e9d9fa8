"""What a panel decides, as one canonical text and its hash: change a word and it is another."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import Asset, ReferencePrice
from auction.cases.models import Party, PartyRole
from auction.core.clock import iso
from auction.core.db import db
from auction.sales.inputs import terms_of
from auction.sales.models import Sale

_ASSET_TEXTS = (
    "title",
    "title_en",
    "region",
    "address",
    "description",
    "facts",
    "defects",
    "occupancy",
    "occupancy_note",
    "occupancy_evidence",
    "delivery_plan",
    "seller_taxes",
    "buyer_taxes",
    "known_debts",
    "inspected_on",
    "inspectors",
    "seizure_expires_on",
)


def values_to_decide(sale: Sale) -> dict[str, Any]:
    """Exactly what a decision covers: terms, texts of the asset, burdens, price, priority ranks.

    Plain JSON without names of people: parties appear by their row's id.
    """
    asset = sale.lot.asset
    terms = terms_of(sale)
    price = db.session.get(ReferencePrice, sale.reference_price_id or 0)
    return {
        "sale": {"number": sale.number, "stage": str(sale.stage), "rule_pack": sale.rule_pack},
        "terms": {name: _plain(value) for name, value in vars(terms).items()},
        "asset": {name: _plain(getattr(asset, name)) for name in _ASSET_TEXTS},
        "media": [[str(m.kind), m.caption, m.file.sha256] for m in asset.media],
        "encumbrances": [
            {
                "kind": e.kind,
                "holder": e.holder,
                "amount_minor": e.amount_minor,
                "since": _plain(e.since),
                "until": _plain(e.until),
                "survives": e.survives,
            }
            for e in asset.encumbrances
        ],
        "reference_price": _price_values(price),
        "priority": _priority_values(asset),
    }


def _price_values(price: ReferencePrice | None) -> dict[str, Any] | None:
    if price is None:
        return None
    return {
        "method": str(price.method),
        "amount_minor": price.amount_minor,
        "valid_until": price.valid_until.isoformat(),
        "basis": price.basis,
    }


def _priority_values(asset: Asset) -> list[dict[str, Any]]:
    holders = db.session.scalars(
        select(Party)
        .where(Party.case_id == asset.case_id, Party.role == PartyRole.PRIORITY_PURCHASER)
        .order_by(Party.id)
    )
    return [
        {"party": party.id, "rank": party.priority_rank, "basis": party.priority_basis}
        for party in holders
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return str(value) if isinstance(value, str) else value


def canonical_json(values: Any) -> bytes:
    """One byte sequence for one content: sorted keys, no blanks, UTF-8."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_hash(values: Any) -> str:
    """SHA-256 of the canonical JSON of `values`, in hex."""
    return hashlib.sha256(canonical_json(values)).hexdigest()


def differences(old: Any, new: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Every leaf at which two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = list(dict.fromkeys([*old, *new]))
        return [
            entry
            for key in keys
            for entry in differences(
                old.get(key), new.get(key), f"{path}.{key}" if path else str(key)
            )
        ]
    return [] if old == new else [(path, old, new)]
