"""The table of rights: which role may do what (CN16-6.1, CN16-7.1). The only place that says so."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the platform; staff roles hold within one court."""

    BIDDER = "bidder"
    CLERK = "clerk"
    JUDGE = "judge"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SECURITY = "security"


# permission → roles that have it
RIGHTS: dict[str, frozenset[Role]] = {
    "court.view": frozenset({Role.CLERK, Role.JUDGE, Role.AUDITOR}),
    "case.view": frozenset({Role.CLERK, Role.JUDGE, Role.FINANCE, Role.AUDITOR}),
    "case.edit": frozenset({Role.CLERK}),
    "asset.edit": frozenset({Role.CLERK}),
    "sale.view": frozenset({Role.CLERK, Role.JUDGE, Role.AUDITOR}),
    "sale.draft": frozenset({Role.CLERK}),
    "sale.publish": frozenset({Role.CLERK}),
    "notice.edit": frozenset({Role.CLERK}),
    "panel.vote": frozenset({Role.JUDGE}),
    "panel.view": frozenset({Role.CLERK, Role.JUDGE, Role.AUDITOR}),
    "sale.control": frozenset({Role.CLERK, Role.JUDGE}),
    "sale.suspend": frozenset({Role.CLERK, Role.JUDGE}),
    "sale.withdraw": frozenset({Role.JUDGE}),
    "priority.confirm": frozenset({Role.JUDGE}),
    "relief.confirm": frozenset({Role.JUDGE}),
    "ruling.record": frozenset({Role.CLERK}),
    "ruling.draft": frozenset({Role.CLERK, Role.JUDGE}),
    "ruling.make": frozenset({Role.JUDGE}),
    "case.close": frozenset({Role.CLERK}),
    "money.view": frozenset({Role.FINANCE, Role.AUDITOR}),
    "money.book": frozenset({Role.FINANCE}),
    "statement.import": frozenset({Role.FINANCE}),
    "payer.confirm": frozenset({Role.CLERK, Role.JUDGE}),
    "plan.view": frozenset({Role.FINANCE, Role.AUDITOR, Role.CLERK, Role.JUDGE}),
    "plan.draft": frozenset({Role.FINANCE}),
    "plan.approve": frozenset({Role.FINANCE}),
    "plan.serve": frozenset({Role.FINANCE, Role.CLERK}),
    "payout.stop": frozenset({Role.CLERK, Role.JUDGE, Role.FINANCE}),
    "setoff.propose": frozenset({Role.CLERK, Role.FINANCE}),
    "setoff.decide": frozenset({Role.JUDGE}),
    "payout.mark": frozenset({Role.FINANCE}),
    "payout.make": frozenset({Role.FINANCE}),
    "payout.check": frozenset({Role.FINANCE}),
    "reconcile.run": frozenset({Role.FINANCE}),
    "reconcile.decide": frozenset({Role.FINANCE}),
    "day.close": frozenset({Role.FINANCE}),
    "month.sign": frozenset({Role.FINANCE}),
    "audit.view": frozenset({Role.AUDITOR}),
    "account.manage": frozenset({Role.ADMIN}),
    "role.manage": frozenset({Role.SECURITY}),
    "bidder.enrol": frozenset({Role.BIDDER}),
    "bidder.bid": frozenset({Role.BIDDER}),
    "bidder.desk": frozenset({Role.BIDDER}),
}

# 8.1.5: the three administrations exclude each other, and every other role of the court.
EXCLUSIVE = (Role.ADMIN, Role.SECURITY, Role.AUDITOR)


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """All permissions that any of `roles` has."""
    held = set(roles)
    return frozenset(name for name, allowed in RIGHTS.items() if allowed & held)


def conflicting_roles(roles: Iterable[str]) -> bool:
    """Whether one person may not hold these roles together (8.1.4.2, A1)."""
    held = set(roles)
    return len(held) > 1 and any(role in held for role in (*EXCLUSIVE, Role.BIDDER))
