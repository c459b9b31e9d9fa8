"""A ruling that undoes a sale: the clerk drafts it, a judge makes it; nothing else has its effect.

What it sets going in the money is the caller's, in the same transaction (CN20A-22.1).
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.rulings.models import (
    PROPOSAL_TRANSITIONS,
    ProposalStatus,
    Ruling,
    RulingKind,
    RulingProposal,
)
from auction.rulings.terms import DefaultTerms, SetAsideTerms
from auction.sales.calendar import beijing_day
from auction.sales.models import SALE_TRANSITIONS, Sale, SaleStatus
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import load_rule_pack

LEAST_REASONS = 10
EFFECT = {RulingKind.DEFAULT: SaleStatus.DEFAULTED, RulingKind.SET_ASIDE: SaleStatus.SET_ASIDE}


def draft_ruling(
    sale_id: int,
    terms: DefaultTerms | SetAsideTerms,
    *,
    number: str,
    reasons: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> RulingProposal:
    """Draft a ruling that undoes a sale; a draft there was is dropped for it.

    Refused: `wrong-state` (nothing sold that could be undone; `practice`), `number-taken`,
    `reasons-missing`.
    """
    kind = RulingKind.DEFAULT if isinstance(terms, DefaultTerms) else RulingKind.SET_ASIDE
    sale = lock_sale(sale_id, court_id=court_id)
    require_undoable(sale, kind)
    _check_number(sale.court_id, number)
    if len(reasons.strip()) < LEAST_REASONS:
        raise Invalid("reasons-missing", _l("请写明事实和理由（至少十个字）。"), field="reasons")
    for open_one in _open_proposals(sale.id):
        change_state(
            open_one,
            ProposalStatus.DROPPED,
            PROPOSAL_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason="redrafted",
        )
    db.session.flush()
    row = RulingProposal(
        court_id=sale.court_id,
        case_id=sale.case_id,
        sale_id=sale.id,
        kind=kind,
        status=ProposalStatus.DRAFT,
        number=number.strip(),
        reasons=reasons.strip(),
        terms=terms.document(),
        drafted_by=actor_id,
        drafted_at=now,
        remark="",
    )
    db.session.add(row)
    db.session.flush()
    record("draft-ruling", row, actor_id=actor_id, at=now, detail={"kind": str(kind)})
    return row


def require_undoable(sale: Sale, kind: RulingKind) -> None:
    """Refuse where such a ruling has nothing to undo: `practice`, `wrong-state`."""
    if load_rule_pack(sale.rule_pack).is_practice:
        raise DomainError("practice", _l("练习场次不产生法律效力，不作裁定。"))
    if EFFECT[kind] not in SALE_TRANSITIONS[sale.status]:
        raise DomainError("wrong-state", _l("本场拍卖目前的状态不能作出这种裁定。"))


def lock_proposal(proposal_id: int, court_id: int) -> tuple[RulingProposal, Sale]:
    """A draft and its sale, the sale locked first; both read again."""
    sale_id = db.session.scalar(
        select(RulingProposal.sale_id).where(
            RulingProposal.id == proposal_id, RulingProposal.court_id == court_id
        )
    )
    if sale_id is None:
        raise NotFound("no-such-proposal", _l("没有找到这份裁定稿。"))
    sale = lock_sale(sale_id)
    row = db.session.get(RulingProposal, proposal_id, with_for_update=True, populate_existing=True)
    assert row is not None, "proposals are never deleted"
    return row, sale


def make_ruling(row: RulingProposal, sale: Sale, *, actor_id: int, now: datetime) -> Ruling:
    """The judge makes the ruling: it is on record, and the sale is undone.

    `row` and `sale` are locked. Refused: `same-person` (who drafted it), `wrong-state`,
    `number-taken`.
    """
    if row.drafted_by == actor_id:
        raise Forbidden("same-person", _l("起草裁定的人不能作出该裁定，请由法官作出。"))
    require_undoable(sale, row.kind)
    _check_number(row.court_id, row.number)
    ruling = Ruling(
        court_id=row.court_id,
        case_id=row.case_id,
        sale_id=sale.id,
        kind=row.kind,
        number=row.number,
        made_on=beijing_day(now),
        served_on=None,
        recorded_by=actor_id,
        recorded_at=now,
    )
    db.session.add(ruling)
    db.session.flush()
    row.decided_by, row.decided_at, row.ruling_id = actor_id, now, ruling.id
    change_state(row, ProposalStatus.MADE, PROPOSAL_TRANSITIONS, actor_id=actor_id, at=now)
    change_state(
        sale,
        EFFECT[row.kind],
        SALE_TRANSITIONS,
        actor_id=actor_id,
        at=now,
        reason=f"ruling {row.number}",
    )
    record(
        "make-ruling",
        ruling,
        actor_id=actor_id,
        at=now,
        detail={"kind": str(row.kind), "number": row.number, "sale": sale.number},
    )
    return ruling


def drop_proposal(
    proposal_id: int, *, remark: str, court_id: int, actor_id: int, now: datetime
) -> RulingProposal:
    """The judge does not make it, or the clerk takes it back; dropping again changes nothing."""
    row, _sale = lock_proposal(proposal_id, court_id)
    if row.status is not ProposalStatus.DROPPED:
        change_state(
            row,
            ProposalStatus.DROPPED,
            PROPOSAL_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason=remark,
        )
        row.remark = remark
    return row


def record_service(
    ruling_id: int, *, served_on: date, court_id: int, actor_id: int, now: datetime
) -> Ruling:
    """Write down when a ruling that undid a sale reached the buyer; once."""
    row = db.session.get(Ruling, ruling_id, with_for_update=True, populate_existing=True)
    if row is None or row.court_id != court_id or row.kind is RulingKind.DEAL:
        raise NotFound("no-such-ruling", _l("没有找到这份裁定。"))
    if row.served_on is not None:
        return row
    if served_on > beijing_day(now):
        raise Invalid("future-day", _l("送达日期不能晚于今天：送达后再登记。"), field="served_on")
    if served_on < row.made_on:
        raise Invalid("too-early", _l("送达日期不能早于裁定日期。"), field="served_on")
    row.served_on = served_on
    record(
        "record-service",
        row,
        actor_id=actor_id,
        at=now,
        detail={"served_on": served_on.isoformat()},
    )
    return row


def proposals_of(sale: Sale) -> list[RulingProposal]:
    """Every draft there was of a ruling that undoes this sale, oldest first."""
    return list(
        db.session.scalars(
            select(RulingProposal)
            .where(RulingProposal.sale_id == sale.id)
            .order_by(RulingProposal.id)
        )
    )


def undoing_ruling(sale: Sale) -> Ruling | None:
    """The ruling by which a sale was undone, if it was."""
    return db.session.scalar(
        select(Ruling).where(Ruling.sale_id == sale.id, Ruling.kind != RulingKind.DEAL)
    )


def _open_proposals(sale_id: int) -> list[RulingProposal]:
    return list(
        db.session.scalars(
            select(RulingProposal).where(
                RulingProposal.sale_id == sale_id, RulingProposal.status == ProposalStatus.DRAFT
            )
        )
    )


def _check_number(court_id: int, number: str) -> None:
    taken = select(Ruling.id).where(Ruling.court_id == court_id, Ruling.number == number.strip())
    if db.session.scalar(taken) is not None:
        raise Invalid("number-taken", _l("本院已有此文号的裁定。"), field="number")
