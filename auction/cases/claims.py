"""Claims through their life: who may join, what is corrected and why, which interest was adopted.

In the caller's transaction; the case is locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from auction.cases.interest import Reckoning
from auction.cases.models import (
    Claim,
    EnforcementCase,
    InterestKind,
    InterestReckoning,
)
from auction.cases.services import check_claim, judge_application, require_open
from auction.core.audit import record
from auction.core.clock import beijing
from auction.core.db import db
from auction.core.errors import Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l

# What a correction may change; who the creditor is and which property is concerned may not.
REVISABLE = (
    "claim_class",
    "rank",
    "registered_at",
    "arose_at",
    "attached_at",
    "limit_minor",
    "expenses_minor",
    "interest_minor",
    "principal_minor",
    "doubled_interest_minor",
    "fee_kind",
    "fee_minor",
    "held",
    "reason",
    "title_number",
    "applied_on",
)


def set_joining_day(
    case: EnforcementCase, closes_on: date, *, actor_id: int, now: datetime
) -> None:
    """Fix the last day for joining the distribution; applications are judged by it (OPEN-6)."""
    require_open(case)
    if closes_on < beijing(case.opened_at).date():
        raise Invalid("too-early", _l("截止日不能早于立案日。"), field="closes_on")
    before, case.joining_closes_on = case.joining_closes_on, closes_on
    for claim in _claims(case):
        claim.refused = judge_application(case, claim)
    record(
        "set-joining-day",
        case,
        actor_id=actor_id,
        at=now,
        detail={"from": before and before.isoformat(), "to": closes_on.isoformat()},
    )


def admit_late_claim(
    case: EnforcementCase, claim_id: int, *, decision: str, actor_id: int, now: datetime
) -> Claim:
    """A claim applied for too late takes part all the same, by the court's decision."""
    require_open(case)
    claim = find_claim(case, claim_id)
    if len(decision.strip()) < 4:
        raise Invalid("decision-missing", _l("请写明准许的决定文书。"), field="decision")
    claim.admitted_late = decision
    claim.refused = judge_application(case, claim)
    record(
        "admit-claim",
        case,
        actor_id=actor_id,
        at=now,
        detail={"claim": claim.label, "decision": decision},
    )
    return claim


def revise_claim(
    case: EnforcementCase,
    claim_id: int,
    values: Mapping[str, Any],
    *,
    ground: str,
    actor_id: int,
    now: datetime,
) -> Claim:
    """Correct a claim and say on what ground; before and after stand in the trail.

    A plan computed before is stale by it. Raises Invalid for what the class needs and lacks.
    """
    require_open(case)
    claim = find_claim(case, claim_id)
    if len(ground.strip()) < 4:
        raise Invalid(
            "ground-missing", _l("请写明更正的依据（文书案号或者计算说明）。"), field="ground"
        )
    after = {name: values.get(name, getattr(claim, name)) for name in REVISABLE}
    check_claim(after, [row.asset_id for row in claim.assets])
    changed = {
        name: [_plain(getattr(claim, name)), _plain(value)]
        for name, value in after.items()
        if getattr(claim, name) != value
    }
    if not changed:
        raise Invalid("nothing-changed", _l("没有任何改动。"))
    for name in changed:
        setattr(claim, name, after[name])
    claim.refused = judge_application(case, claim)
    record(
        "revise-claim",
        case,
        actor_id=actor_id,
        at=now,
        detail={"claim": claim.label, "ground": ground, "changed": changed},
    )
    return claim


def adopt_interest(
    case: EnforcementCase,
    claim_id: int,
    kind: InterestKind,
    reckoning: Reckoning,
    *,
    terms: dict[str, Any],
    actor_id: int,
    now: datetime,
) -> InterestReckoning:
    """Let a computation become the claim's interest; every line of it is kept (CN14I-1.2)."""
    require_open(case)
    claim = find_claim(case, claim_id)
    name = "doubled_interest_minor" if kind is InterestKind.DOUBLED else "interest_minor"
    setattr(claim, name, reckoning.amount_minor)
    row = InterestReckoning(
        case_id=case.id,
        claim_id=claim.id,
        kind=kind,
        terms=terms,
        result=reckoning.document(),
        amount_minor=reckoning.amount_minor,
        adopted_by=actor_id,
        adopted_at=now,
    )
    db.session.add(row)
    record(
        "adopt-interest",
        row,
        actor_id=actor_id,
        at=now,
        detail={"claim": claim.label, "kind": str(kind), "amount_minor": reckoning.amount_minor},
    )
    return row


def reckonings_of(claim: Claim) -> list[InterestReckoning]:
    """What was ever adopted for a claim, newest first."""
    query = (
        select(InterestReckoning)
        .where(InterestReckoning.claim_id == claim.id)
        .order_by(InterestReckoning.id.desc())
    )
    return list(db.session.scalars(query))


def find_claim(case: EnforcementCase, claim_id: int) -> Claim:
    """One claim of the case, read again; raises NotFound."""
    claim = db.session.get(Claim, claim_id, populate_existing=True)
    if claim is None or claim.case_id != case.id:
        raise NotFound("no-such-claim", _l("本案没有这项债权。"))
    return claim


def _claims(case: EnforcementCase) -> list[Claim]:
    return list(
        db.session.scalars(
            select(Claim)
            .where(Claim.case_id == case.id)
            .order_by(Claim.id)
            .execution_options(populate_existing=True)
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
