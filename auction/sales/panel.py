"""The panel's decision: put, voted on once by each member, bound by hash to what was decided.

CN16-27.1: a collegial panel decides the start price and its cut, the increment, the deposit and the
standing and rank of priority purchasers. Nothing is announced under other values or texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from auction.accounts.models import User, UserRole
from auction.accounts.roles import Role
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.sales.explain import TermsRefused
from auction.sales.fingerprint import content_hash, differences, values_to_decide
from auction.sales.inputs import inputs_of, terms_of
from auction.sales.models import (
    DECISION_TRANSITIONS,
    SALE_TRANSITIONS,
    DecisionStatus,
    PanelDecision,
    PanelSeat,
    Sale,
    SaleStatus,
    Vote,
)
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import load_rule_pack
from auction.sales.rules import check_terms

# ── putting the question ────────────────────────────────────────────────────────────────────────


def put_to_panel(
    sale_id: int, judge_ids: Sequence[int], *, actor_id: int, now: datetime
) -> PanelDecision:
    """Put the sale's values and texts to a panel of at least three judges, an odd number.

    All members belong to the court and none of them drafted the sale (CN16-27.1, CPL 40). Raises
    TermsRefused where a value has become unlawful, Invalid `panel-size` or `panel-member`.
    """
    sale = lock_sale(sale_id)
    pack = load_rule_pack(sale.rule_pack)
    if not pack.panel_members_min:
        raise DomainError("no-panel-needed", _l("练习场次无须合议庭评议。"))
    refusals = check_terms(terms_of(sale), inputs_of(sale, now))
    if refusals:
        raise TermsRefused(refusals, pack)
    members = list(dict.fromkeys(judge_ids))
    _check_panel(members, sale, actor_id, pack.panel_members_min)
    change_state(
        sale, SaleStatus.PANEL, SALE_TRANSITIONS, actor_id=actor_id, at=now, reason="put to panel"
    )
    values = values_to_decide(sale)
    count = db.session.scalar(
        select(func.count(PanelDecision.id)).where(PanelDecision.sale_id == sale.id)
    )
    decision = PanelDecision(
        court_id=sale.court_id,
        case_id=sale.case_id,
        sale_id=sale.id,
        number=f"{sale.number}-H{(count or 0) + 1}",
        terms=values,
        terms_hash=content_hash(values),
        status=DecisionStatus.VOTING,
        asked_by=actor_id,
        asked_at=now,
        seats=[PanelSeat(user_id=member) for member in members],
    )
    db.session.add(decision)
    record(
        "put-to-panel",
        decision,
        actor_id=actor_id,
        at=now,
        detail={"sale": sale.number, "hash": decision.terms_hash, "members": members},
    )
    return decision


def _check_panel(members: list[int], sale: Sale, actor_id: int, at_least: int) -> None:
    if len(members) < at_least or len(members) % 2 == 0:
        raise Invalid(
            "panel-size",
            _l("合议庭由 %(least)s 名以上法官组成，且人数应为单数。", least=at_least),
            field="judges",
            rule="CN16-27.1",
        )
    lawful = {judge.id for judge in panel_candidates(sale.court_id)}
    if not lawful.issuperset(members):
        raise Invalid(
            "panel-member", _l("合议庭成员应为本院在任法官，请重新选择。"), field="judges"
        )
    if {sale.created_by, actor_id} & set(members):
        raise Invalid("panel-drafter", _l("起草人不能担任本次合议庭成员。"), field="judges")


def panel_candidates(court_id: int) -> list[User]:
    """The court's judges."""
    query = (
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.court_id == court_id, UserRole.role == Role.JUDGE, User.is_active)
        .order_by(User.id)
    )
    return list(db.session.scalars(query))


# ── voting ──────────────────────────────────────────────────────────────────────────────────────


def cast_vote(
    decision_id: int, user_id: int, vote: Vote, reason: str, *, now: datetime
) -> PanelDecision:
    """Record one member's vote, once; when all have voted the majority decides.

    Approved values may be announced; a rejected draft goes back to its clerk. Raises NotFound for
    whoever has no seat, DomainError `already-voted`, `stale-decision` (values or texts changed),
    `wrong-state`, Invalid `reason-missing` for a rejection without one.
    """
    sale_id = db.session.scalar(
        select(PanelDecision.sale_id).where(PanelDecision.id == decision_id)
    )
    if sale_id is None:
        raise _no_decision()
    sale = lock_sale(sale_id)
    decision = db.session.get(PanelDecision, decision_id, populate_existing=True)
    seat = next((s for s in decision.seats if s.user_id == user_id), None) if decision else None
    if decision is None or seat is None:
        raise _no_decision()
    if seat.vote is not None:
        raise _already_voted()
    if decision.status is not DecisionStatus.VOTING or sale.status is not SaleStatus.PANEL:
        raise DomainError("wrong-state", _l("本次评议已经结束，不能再表决。"))
    if decision.terms_hash != content_hash(values_to_decide(sale)):
        raise DomainError("stale-decision", _l("提交评议后内容有变更，本次评议失效。"))
    if vote is Vote.REJECT and not reason:
        raise Invalid("reason-missing", _l("不同意的，请写明理由。"), field="reason")
    _mark_seat(seat, vote, reason, now)
    record(
        "cast-vote",
        decision,
        actor_id=user_id,
        at=now,
        detail={"vote": str(vote), "hash": decision.terms_hash},
    )
    _decide(decision, sale, now)
    return decision


def _mark_seat(seat: PanelSeat, vote: Vote, reason: str, now: datetime) -> None:
    """Fill the seat only if it is still empty, whatever was read before."""
    marked = db.session.scalar(
        update(PanelSeat)
        .where(PanelSeat.id == seat.id, PanelSeat.vote.is_(None))
        .values(vote=vote, reason=reason, voted_at=now)
        .returning(PanelSeat.id)
    )
    if marked is None:
        raise _already_voted()
    db.session.refresh(seat)


def _decide(decision: PanelDecision, sale: Sale, now: datetime) -> None:
    """The majority decides once every member has voted; each member is heard first."""
    votes = [seat.vote for seat in decision.seats]
    if None in votes:
        return
    approved = votes.count(Vote.APPROVE) * 2 > len(votes)
    decision.decided_at = now
    change_state(
        decision,
        DecisionStatus.APPROVED if approved else DecisionStatus.REJECTED,
        DECISION_TRANSITIONS,
        actor_id=None,
        at=now,
        reason="majority",
    )
    change_state(
        sale,
        SaleStatus.DECIDED if approved else SaleStatus.DRAFT,
        SALE_TRANSITIONS,
        actor_id=None,
        at=now,
        reason=f"panel {decision.number}",
    )


# ── standing of a decision ──────────────────────────────────────────────────────────────────────


def standing_decision(sale: Sale) -> PanelDecision | None:
    """The newest decision of a sale that was not voided."""
    return db.session.scalar(
        select(PanelDecision)
        .where(PanelDecision.sale_id == sale.id, PanelDecision.status != DecisionStatus.VOID)
        .order_by(PanelDecision.id.desc())
        .limit(1)
    )


def covers(decision: PanelDecision, sale: Sale) -> bool:
    """Whether the sale's values and texts are still exactly those of the decision."""
    return decision.terms_hash == content_hash(values_to_decide(sale))


def changes_since(decision: PanelDecision, sale: Sale) -> list[tuple[str, Any, Any]]:
    """What differs from the decision: (path, then, now), in the order of the values."""
    return differences(decision.terms, values_to_decide(sale))


def void_decisions(sale: Sale, *, actor_id: int | None, at: datetime) -> None:
    """Void what was put or decided: it no longer fits what would be announced (CN16-27.1)."""
    for decision in db.session.scalars(
        select(PanelDecision).where(
            PanelDecision.sale_id == sale.id,
            PanelDecision.status.in_([DecisionStatus.VOTING, DecisionStatus.APPROVED]),
        )
    ):
        change_state(
            decision,
            DecisionStatus.VOID,
            DECISION_TRANSITIONS,
            actor_id=actor_id,
            at=at,
            reason="values changed",
        )


def void_if_stale(sale_id: int, *, actor_id: int | None, now: datetime) -> bool:
    """Send a sale back to its clerk if its values or texts left its decision; says whether."""
    sale = lock_sale(sale_id)
    decision = standing_decision(sale)
    if sale.status not in {SaleStatus.PANEL, SaleStatus.DECIDED} or decision is None:
        return False
    if covers(decision, sale):
        return False
    void_decisions(sale, actor_id=actor_id, at=now)
    change_state(
        sale,
        SaleStatus.DRAFT,
        SALE_TRANSITIONS,
        actor_id=actor_id,
        at=now,
        reason="values changed after the panel was asked",
    )
    return True


def _no_decision() -> NotFound:
    return NotFound("no-such-decision", _l("没有找到这次评议。"))


def _already_voted() -> DomainError:
    return DomainError("already-voted", _l("您已经表决，表决不能更改。"))
