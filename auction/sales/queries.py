"""Sales as a member of the court may see them, and the one way to lock one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from auction.accounts.models import User
from auction.cases.models import EnforcementCase
from auction.core.audit import AuditEntry
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.sales.models import DecisionStatus, PanelDecision, PanelSeat, Sale


def lock_sale(sale_id: int, *, court_id: int | None = None) -> Sale:
    """The sale's row, locked and read again; NotFound if there is none (in that court)."""
    query = select(Sale).where(Sale.id == sale_id)
    if court_id is not None:
        query = query.where(Sale.court_id == court_id)
    sale = db.session.scalar(
        query.with_for_update(of=Sale).execution_options(populate_existing=True)
    )
    if sale is None:
        raise NotFound("no-such-sale", _l("没有找到这次拍卖。"))
    return sale


def find_sale(user: User, number: str) -> Sale:
    """One sale of the person's own court by its number; NotFound otherwise."""
    sale = db.session.scalar(
        select(Sale).where(Sale.number == number[:44], Sale.court_id == user.court_id)
    )
    if sale is None:
        raise NotFound("no-such-sale", _l("没有找到这次拍卖。"))
    return sale


def find_decision(user: User, decision_id: int) -> PanelDecision:
    """One decision of the person's own court; NotFound otherwise."""
    decision = db.session.scalar(
        select(PanelDecision).where(
            PanelDecision.id == decision_id, PanelDecision.court_id == user.court_id
        )
    )
    if decision is None:
        raise NotFound("no-such-decision", _l("没有找到这次评议。"))
    return decision


def sales_of_court(user: User, limit: int = 200) -> list[Sale]:
    """The court's sales, newest first."""
    query = select(Sale).where(Sale.court_id == user.court_id).order_by(Sale.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def open_deadlines(user: User, limit: int = 30) -> list[tuple[Deadline, str]]:
    """The court's running clocks, the nearest first, each with the number of its case."""
    rows = db.session.execute(
        select(Deadline, EnforcementCase.number)
        .join(EnforcementCase, EnforcementCase.id == Deadline.case_id)
        .where(Deadline.court_id == user.court_id, Deadline.status == DeadlineStatus.OPEN)
        .order_by(Deadline.due_at)
        .limit(limit)
    )
    return [(deadline, number) for deadline, number in rows]


def votes_awaited_from(user: User) -> list[tuple[PanelDecision, Sale]]:
    """Questions this judge has not voted on yet, the oldest first."""
    rows = db.session.execute(
        select(PanelDecision, Sale)
        .join(PanelSeat, PanelSeat.decision_id == PanelDecision.id)
        .join(Sale, Sale.id == PanelDecision.sale_id)
        .where(
            PanelSeat.user_id == user.id,
            PanelSeat.vote.is_(None),
            PanelDecision.status == DecisionStatus.VOTING,
        )
        .order_by(PanelDecision.asked_at)
    )
    return [(decision, sale) for decision, sale in rows]


def decisions_of_court(user: User, limit: int = 100) -> list[tuple[PanelDecision, Sale]]:
    """The court's questions to its panels, newest first."""
    rows = db.session.execute(
        select(PanelDecision, Sale)
        .join(Sale, Sale.id == PanelDecision.sale_id)
        .where(PanelDecision.court_id == user.court_id)
        .order_by(PanelDecision.id.desc())
        .limit(limit)
    )
    return [(decision, sale) for decision, sale in rows]


def previous_decision(decision: PanelDecision) -> PanelDecision | None:
    """The question put before this one about the same sale, or about the failed sale before it."""
    older = (
        select(PanelDecision)
        .where(PanelDecision.sale_id == decision.sale_id, PanelDecision.id < decision.id)
        .order_by(PanelDecision.id.desc())
        .limit(1)
    )
    found = db.session.scalar(older)
    if found is not None:
        return found
    return db.session.scalar(
        select(PanelDecision)
        .join(Sale, Sale.previous_sale_id == PanelDecision.sale_id)
        .where(Sale.id == decision.sale_id)
        .order_by(PanelDecision.id.desc())
        .limit(1)
    )


def names_of(user_ids: Iterable[int]) -> dict[int, str]:
    """Display names of members of staff."""
    rows = db.session.execute(select(User.id, User.display_name).where(User.id.in_(set(user_ids))))
    return {row.id: row.display_name for row in rows}


def decisions_of(sale: Sale) -> list[PanelDecision]:
    """Every question put about a sale, oldest first."""
    query = select(PanelDecision).where(PanelDecision.sale_id == sale.id).order_by(PanelDecision.id)
    return list(db.session.scalars(query))


def history_of_sale(sale: Sale, limit: int = 80) -> list[AuditEntry]:
    """What happened to a sale, oldest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.subject_type == "sale", AuditEntry.subject_id == sale.id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))[::-1]
