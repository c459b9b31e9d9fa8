"""The court's acts on a running sale: halt it, let it go on, and, two persons together, end it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from auction.accounts.models import User
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Sale, SaleStatus
from bidding.room.answers import Answer, refusal_message
from bidding.room.incidents import Incident, list_incidents
from bidding.room.intake import Intake
from bidding.room.models import SaleHead, WithdrawalProposal
from bidding.room.requests import Kind


@dataclass(frozen=True)
class RunningSale:
    """One line of the control room; nobody behind a code is named (CN16-18.3)."""

    sale: Sale
    head: SaleHead
    waiting: int
    proposal: WithdrawalProposal | None
    incidents: list[Incident]


def list_running(court_id: int | None) -> list[RunningSale]:
    """The court's announced sales, the next to close first."""
    rows = db.session.execute(
        select(Sale, SaleHead)
        .join(SaleHead, SaleHead.sale_id == Sale.id)
        .where(Sale.court_id == court_id, Sale.status == SaleStatus.ANNOUNCED)
        .order_by(SaleHead.closes_at)
    ).all()
    open_ones = {
        row.sale_id: row
        for row in db.session.scalars(
            select(WithdrawalProposal).where(WithdrawalProposal.settled_at.is_(None))
        )
    }
    intake: Intake = current_app.extensions["luochui.intake"]
    incidents = list_incidents([sale.id for sale, _head in rows])
    return [
        RunningSale(
            sale,
            head,
            len(intake.queue_of(sale.id)),
            open_ones.get(sale.id),
            [incident for incident in incidents if incident.sale_id == sale.id],
        )
        for sale, head in rows
    ]


def find_running(number: str, court_id: int | None) -> RunningSale:
    """One announced sale of the court; NotFound otherwise."""
    found = next((one for one in list_running(court_id) if one.sale.number == number), None)
    if found is None:
        raise NotFound("unknown-sale", _l("没有正在进行的这场拍卖。"))
    return found


def command_sale(sale_id: int, kind: Kind, actor_id: int, ground: str = "") -> Answer:
    """Put the act into the sale's queue; DomainError if it could not take effect.

    A ground is recorded and shown to the public (CN16-28.3).
    """
    intake: Intake = current_app.extensions["luochui.intake"]
    answer = intake.submit_command(sale_id, kind, actor_id=actor_id, ground=ground)
    if not answer.accepted:
        raise DomainError(str(answer.reason), refusal_message(answer, "zh"))
    return answer


def propose_withdrawal(sale: Sale, actor_id: int, ground: str, now: datetime) -> WithdrawalProposal:
    """The first of two persons asks to end the sale, with its ground (CN20A-17.1)."""
    if _open_proposal(sale.id) is not None:
        raise DomainError("already-proposed", _l("已有一项撤回提议等待确认。"))
    proposal = WithdrawalProposal(
        sale_id=sale.id, ground=ground, proposed_by=actor_id, proposed_at=now
    )
    db.session.add(proposal)
    record("propose-withdrawal", proposal, actor_id=actor_id, at=now, detail={"ground": ground})
    return proposal


def confirm_withdrawal(sale: Sale, judge: User, now: datetime) -> WithdrawalProposal:
    """A judge other than the proposer agrees; the caller then puts the withdrawal to the queue.

    Confirmed already but not carried out (no decision came), it may be confirmed again.
    """
    proposal = _need_proposal(sale.id)
    if proposal.proposed_by == judge.id:
        raise Forbidden("two-persons", _l("撤回须由提议人以外的法官确认。"))
    proposal.confirmed_by = judge.id
    record("confirm-withdrawal", proposal, actor_id=judge.id, at=now)
    return proposal


def settle_proposal(sale: Sale, actor_id: int, now: datetime, *, dropped: bool) -> None:
    """The question is answered: the sale is withdrawn, or the proposal dropped."""
    proposal = _need_proposal(sale.id)
    proposal.settled_at = now
    if dropped:
        record("drop-withdrawal", proposal, actor_id=actor_id, at=now)


def _open_proposal(sale_id: int) -> WithdrawalProposal | None:
    return db.session.scalar(
        select(WithdrawalProposal)
        .where(WithdrawalProposal.sale_id == sale_id, WithdrawalProposal.settled_at.is_(None))
        .with_for_update()
    )


def _need_proposal(sale_id: int) -> WithdrawalProposal:
    proposal = _open_proposal(sale_id)
    if proposal is None:
        raise NotFound("no-proposal", _l("没有等待确认的撤回提议。"))
    return proposal
