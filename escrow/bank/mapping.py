"""A court's own mapping profiles for its bank's tables: made at the desk, kept as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from escrow.bank.models import BankProfile
from escrow.bank.profiles import Profile, ProfileRefused, plain_name, profile_from
from escrow.bank.words import PROFILE_FAULTS


def own_profiles(court_id: int) -> list[Profile]:
    """The court's own profiles, the newest first."""
    rows = db.session.scalars(
        select(BankProfile)
        .where(BankProfile.court_id == court_id, BankProfile.retired_at.is_(None))
        .order_by(BankProfile.id.desc())
    )
    return [_profile_of(row) for row in rows]


def _profile_of(row: BankProfile) -> Profile:
    told = {**row.content, "code": f"own-{row.id}", "name": row.name}
    return profile_from(told, ours=False)


def map_columns(
    head: Sequence[str], roles: Sequence[str], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """A profile's content, out of what each column of a head row was said to mean.

    Columns without a name cannot be found again in the next file, and are left out.
    """
    columns: dict[str, list[str]] = {}
    named = []
    for cell, role in zip(head, roles, strict=True):
        if plain_name(cell):
            named.append(cell)
            if role:
                columns.setdefault(role, []).append(cell)
    return {**settings, "columns": columns, "required": named}


def save_profile(
    court_id: int, name: str, content: dict[str, Any], *, actor_id: int, now: datetime
) -> BankProfile:
    """Keep a profile; refused is one that could not read any table (`no-date-column`, …)."""
    if not name.strip():
        raise Invalid("no-name", _l("请给映射方案起个名字。"), field="name")
    try:
        profile_from({**content, "code": "own", "name": name}, ours=False)
    except ProfileRefused as refused:
        raise Invalid(str(refused), PROFILE_FAULTS[str(refused)]) from None
    row = BankProfile(
        court_id=court_id, name=name.strip()[:60], content=content, made_by=actor_id, made_at=now
    )
    db.session.add(row)
    record("save-bank-profile", row, actor_id=actor_id, at=now)
    return row


def retire_profile(profile_id: int, *, court_id: int, actor_id: int, now: datetime) -> BankProfile:
    """The profile is no longer offered; files that were read with it stay as they are."""
    row = db.session.get(BankProfile, profile_id, with_for_update=True, populate_existing=True)
    if row is None or row.court_id != court_id:
        raise NotFound("unknown-profile", _l("没有这个映射方案。"))
    if row.retired_at is None:
        row.retired_at = now
        record("retire-bank-profile", row, actor_id=actor_id, at=now)
    return row
