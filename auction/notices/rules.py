"""Who must be notified before a sale is announced, and when that is done (CN16-16)."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

from auction.sales.rulepacks import RulePack

# Roles of `auction.cases`: parties to the case and known priority purchasers (CN16-16.1).
NOTIFIED_ROLES = frozenset({"applicant", "debtor", "priority-purchaser"})


def ready_on(outcome: str, on_date: date, pack: RulePack) -> date:
    """The first day on which the announcement may be published as far as this notice goes.

    Confirmed: three days after (CN16-16.1). Posted: once five days have passed (CN16-16.3).
    Waived in writing: at once (CN16-16.2).
    """
    if outcome == "waived":
        return on_date
    if outcome == "posted":
        return on_date + timedelta(days=pack.deemed_notice_days)
    return on_date + timedelta(days=pack.party_notice_days)


def shareholders_heard_on(outcome: str, on_date: date, pack: RulePack) -> date:
    """The first day bidding for a company share may open as far as this notice goes (CO-85.1)."""
    if outcome == "waived":
        return on_date
    given = on_date + timedelta(days=pack.deemed_notice_days) if outcome == "posted" else on_date
    return given + timedelta(days=pack.shareholder_notice_days)


def mask_name(name: str) -> str:
    """A name with all but its first character hidden (PI-3): `王**`; companies stay readable."""
    plain = name.strip()
    if len(plain) > 4 and not plain.isascii():
        return plain
    hidden = sum(1 for c in plain[1:] if not unicodedata.combining(c))
    return plain[:1] + "*" * max(hidden, 1) if plain else ""
