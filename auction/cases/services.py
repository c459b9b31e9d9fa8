"""Open a case, add parties and claims, close it; the caller's transaction carries the writing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.cases.models import (
    CASE_TRANSITIONS,
    CaseStatus,
    Claim,
    ClaimAsset,
    DebtorKind,
    EnforcementCase,
    Party,
    PartyRole,
)
from auction.cases.rules import (
    is_case_number,
    judge_joining,
    needs_asset,
    next_label,
    normalise_case_number,
)
from auction.core.audit import record
from auction.core.clock import beijing
from auction.core.crypto import lookup_hash
from auction.core.db import db
from auction.core.errors import DomainError, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from auction.rulings.models import Ruling

COMPONENTS = ("expenses_minor", "interest_minor", "principal_minor", "doubled_interest_minor")


def open_case(
    *,
    court_id: int,
    clerk_id: int,
    number: str,
    title: str,
    basis: str,
    debtor_kind: DebtorKind,
    now: datetime,
) -> EnforcementCase:
    """Open an enforcement case with an account number of its own (CN17F-3).

    Raises Invalid `bad-case-number`, DomainError `case-exists`.
    """
    number = normalise_case_number(number)
    if not is_case_number(number):
        raise Invalid(
            "bad-case-number", _l("案号格式应如：（2026）测0101执1234号。"), field="number"
        )
    taken = select(EnforcementCase.id).where(
        EnforcementCase.court_id == court_id, EnforcementCase.number == number
    )
    if db.session.scalar(taken) is not None:
        raise DomainError("case-exists", _l("本院已有此案号的案件。"), field="number")
    court = db.session.get_one(Court, court_id)
    case = EnforcementCase(
        court_id=court_id,
        clerk_id=clerk_id,
        number=number,
        title=title,
        basis=basis,
        debtor_kind=debtor_kind,
        status=CaseStatus.OPEN,
        opened_at=now,
        account_number=_new_account_number(court),
    )
    db.session.add(case)
    db.session.flush()
    record("open-case", case, actor_id=clerk_id, at=now, detail={"number": number})
    return case


def _new_account_number(court: Court) -> str:
    """A sub-account of the court's account that no other case has."""
    while True:
        number = f"{court.account_number[:12]}{secrets.randbelow(10**8):08d}"
        taken = select(EnforcementCase.id).where(EnforcementCase.account_number == number)
        if db.session.scalar(taken) is None:
            return number


def add_party(
    case: EnforcementCase, values: Mapping[str, Any], *, actor_id: int, now: datetime
) -> Party:
    """Add a party or a known priority purchaser; `values` are the columns of `Party`."""
    require_open(case)
    id_number = values.get("id_number") or None
    party = Party(
        case_id=case.id,
        **{**values, "id_number": id_number},
        id_number_hash=lookup_hash(id_number, "id_number") if id_number else None,
    )
    if party.role is not PartyRole.PRIORITY_PURCHASER:
        party.priority_rank, party.priority_basis = None, None
    elif not party.priority_rank:
        raise Invalid("rank-missing", _l("请填写优先购买权的顺序。"), field="priority_rank")
    db.session.add(party)
    db.session.flush()
    record("add-party", case, actor_id=actor_id, at=now, detail={"role": str(party.role)})
    return party


def add_claim(
    case: EnforcementCase,
    values: Mapping[str, Any],
    *,
    asset_ids: list[int],
    actor_id: int,
    now: datetime,
) -> Claim:
    """Add a claim with its class and components; its short name is given here.

    Raises Invalid for what the class needs and lacks (PRI-4 to PRI-9).
    """
    require_open(case)
    check_claim(values, asset_ids)
    used = set(db.session.scalars(select(Claim.label).where(Claim.case_id == case.id)))
    claim = Claim(case_id=case.id, label=next_label(used), **values)
    claim.assets = [ClaimAsset(asset_id=asset_id) for asset_id in asset_ids]
    db.session.add(claim)
    db.session.flush()
    claim.refused = judge_application(case, claim)
    record(
        "add-claim",
        case,
        actor_id=actor_id,
        at=now,
        detail={
            "claim": claim.label,
            "class": str(values["claim_class"]),
            **{name: values.get(name) or 0 for name in COMPONENTS},
        },
    )
    return claim


def check_claim(values: Mapping[str, Any], asset_ids: list[int]) -> None:
    """Refuse what a claim of its class needs and lacks (PRI-4 to PRI-9); raises Invalid."""
    claim_class = values["claim_class"]
    if needs_asset(claim_class) and not asset_ids:
        raise Invalid("asset-missing", _l("此类债权应指明其所及的财产。"), field="assets")
    for needed, field, message in (
        (claim_class == "secured", "rank", _l("担保债权应填写顺位。")),
        (claim_class == "tax", "arose_at", _l("税款应填写发生日期。")),
        (claim_class == "policy", "reason", _l("政策性优先应说明法院的理由。")),
        (values.get("fee_kind") == "fixed", "fee_minor", _l("请填写执行费的固定数额。")),
    ):
        if needed and not values.get(field):
            raise Invalid(f"{field.replace('_', '-')}-missing", message, field=field)
    if not any(values.get(name) for name in COMPONENTS):
        raise Invalid("nothing-claimed", _l("债权的各项金额不能全为零。"), field="principal_minor")


def judge_application(case: EnforcementCase, claim: Claim) -> str | None:
    """Whether this claim's application is in order; the applicant himself has nothing to apply for.

    A claim entered without a day of application is one that the court lists of its own motion.
    """
    party = db.session.get_one(Party, claim.party_id)
    if claim.applied_on is None or party.role is PartyRole.APPLICANT:
        return None
    found = judge_joining(
        claim.claim_class,
        debtor_kind=case.debtor_kind,
        has_title=bool(claim.title_number),
        applied_on=claim.applied_on,
        opened_on=beijing(case.opened_at).date(),
        closes_on=case.joining_closes_on,
    )
    return None if found == "late" and claim.admitted_late else found


def remove_party(case: EnforcementCase, party_id: int, *, actor_id: int, now: datetime) -> None:
    """Take out a party that was entered by mistake: one that nothing refers to yet.

    Raises NotFound, and DomainError `party-in-use` once a claim or a notice names the party.
    """
    require_open(case)
    party = db.session.get(Party, party_id)
    if party is None or party.case_id != case.id:
        raise NotFound("no-such-party", _l("本案没有这名当事人。"))
    try:
        with db.session.begin_nested():
            db.session.delete(party)
    except IntegrityError:
        raise DomainError("party-in-use", _l("已有债权或通知涉及这名当事人，不能删除。")) from None
    record("remove-party", case, actor_id=actor_id, at=now, detail={"role": str(party.role)})


def remove_claim(case: EnforcementCase, claim_id: int, *, actor_id: int, now: datetime) -> None:
    """Take out a claim that was entered by mistake, as long as no proceeds await distribution.

    Proceeds come with the first deal ruling; from then on a plan may rest on the claim. Raises
    NotFound, DomainError `claim-in-use`.
    """
    require_open(case)
    claim = db.session.get(Claim, claim_id)
    if claim is None or claim.case_id != case.id:
        raise NotFound("no-such-claim", _l("本案没有这项债权。"))
    ruled = select(Ruling.id).where(Ruling.case_id == case.id).limit(1)
    if db.session.scalar(ruled) is not None:
        raise DomainError("claim-in-use", _l("本案已有可供分配的价款，债权不能再删除。"))
    db.session.delete(claim)
    db.session.flush()
    record("remove-claim", case, actor_id=actor_id, at=now, detail={"claim": claim.label})


def close_case(case: EnforcementCase, *, actor_id: int, now: datetime) -> None:
    """Close a case; that its accounts stand at zero is the caller's to prove (12(b) 30)."""
    change_state(case, CaseStatus.CLOSED, CASE_TRANSITIONS, actor_id=actor_id, at=now)
    case.closed_at = now


def require_open(case: EnforcementCase) -> None:
    """Refuse to change a closed case."""
    if case.status is not CaseStatus.OPEN:
        raise DomainError("case-closed", _l("案件已经结案，不能再修改。"))
