"""What finance reads of the account at the provider: payouts by case, and every difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from escrow.payments.provider_models import Difference, ProviderMovement, ProviderPayout


@dataclass(frozen=True)
class Share:
    """What of a payout is one case's money; `case` is None where nobody knows."""

    case: EnforcementCase | None
    net_minor: int


@dataclass(frozen=True)
class PayoutView:
    """A payout with its shares; they add up to it once all of its movements are known."""

    row: ProviderPayout
    shares: Sequence[Share]

    @property
    def is_whole(self) -> bool:
        """Whether the shares explain the payout to the fen."""
        return sum(share.net_minor for share in self.shares) == self.row.amount_minor


def list_payouts(court_id: int, *, most: int = 50) -> list[PayoutView]:
    """The newest payouts that hold money of this court, each split by case."""
    mine = select(ProviderMovement.payout_id).where(ProviderMovement.court_id == court_id)
    rows = db.session.scalars(
        select(ProviderPayout)
        .where(ProviderPayout.provider_id.in_(mine))
        .order_by(ProviderPayout.sent_at.desc(), ProviderPayout.id.desc())
        .limit(most)
    ).all()
    return [PayoutView(row, shares_of(row)) for row in rows]


def shares_of(payout: ProviderPayout) -> list[Share]:
    """The net of every movement the payout contains, added up by case."""
    rows = db.session.execute(
        select(ProviderMovement.case_id, func.sum(ProviderMovement.net_minor))
        .where(ProviderMovement.payout_id == payout.provider_id, ProviderMovement.kind != "payout")
        .group_by(ProviderMovement.case_id)
        .order_by(ProviderMovement.case_id)
    )
    return [
        Share(db.session.get(EnforcementCase, case_id) if case_id else None, int(net))
        for case_id, net in rows
    ]


def list_differences(court_id: int, *, most: int = 200) -> list[ProviderMovement]:
    """Movements that the books do not explain, the oldest first; nobody's are the first court's."""
    mine = ProviderMovement.court_id == court_id
    if court_id == _first_court():
        mine = or_(mine, ProviderMovement.court_id.is_(None))
    return list(
        db.session.scalars(
            select(ProviderMovement)
            .where(
                and_(mine, ProviderMovement.difference.is_not(None)),
                ProviderMovement.explained_at.is_(None),
            )
            .order_by(ProviderMovement.moved_at, ProviderMovement.id)
            .limit(most)
        )
    )


def explain_movement(
    movement_id: int, *, court_id: int, actor_id: int, explanation: str, now: datetime
) -> ProviderMovement:
    """A person says what a difference is; it stays one, with its name and these words."""
    row = db.session.get(
        ProviderMovement, movement_id, with_for_update=True, populate_existing=True
    )
    owner = _first_court() if row is not None and row.court_id is None else None
    if row is None or court_id not in (row.court_id, owner) or row.difference is None:
        raise NotFound("unknown-movement", _l("没有这笔差异。"))
    row.explained_at, row.explained_by, row.explanation = now, actor_id, explanation
    record("explain-movement", row, actor_id=actor_id, at=now)
    return row


def _first_court() -> int | None:
    """The court whose account this is: the first of the deployment."""
    return db.session.scalar(select(Court.id).order_by(Court.id).limit(1))


DIFFERENCE_WORDS = {
    Difference.NOT_BOOKED: _l("账簿还没有这笔"),
    Difference.AMOUNT_DIFFERS: _l("金额与账簿不同"),
    Difference.FEE_DIFFERS: _l("手续费与账簿不同"),
    Difference.NOT_OURS: _l("不是本系统的款项"),
    Difference.IN_TRANSIT: _l("划款在途，银行流水还没有显示"),
    Difference.PAYOUT_FAILED: _l("划款失败，款项仍在支付通道"),
    Difference.UNKNOWN_KIND: _l("通道的其他变动"),
}
