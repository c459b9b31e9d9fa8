"""Who must be notified before a sale is announced, and when that is done (CN16-16)."""

from __future__ import annotations

import re
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


# What the names of organisations end with; every other name is a person's and is masked.
_ORGANISATION = re.compile(
    r"(公司|银行|支行|分行|信用社|合作社|中心|委员会|管理局|税务局|医院|学校|大学|厂|店|所|院|会|社|"
    r"部|处|站|合伙)(（.*）)?$"
)


def mask_name(name: str) -> str:
    """A person's name with all but its first character hidden (PI-3): `王**`."""
    plain = name.strip()
    if len(plain) > 4 and _ORGANISATION.search(plain):
        return plain
    return plain[:1] + "*" * max(len(plain) - 1, 1) if plain else ""
