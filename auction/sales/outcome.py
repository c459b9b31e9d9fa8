"""What a sale comes to: sold, unsold, withdrawn, paid; each starts the clocks the law gives it."""

from __future__ import annotations

from datetime import datetime

from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.deadlines.services import schedule_deadline, void_deadline
from auction.sales.calendar import due_after
from auction.sales.models import SALE_TRANSITIONS, Sale, SaleStatus, Stage
from auction.sales.panel import void_decisions
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import load_rule_pack


def record_result(
    sale: Sale,
    *,
    sold: bool,
    hammer_price_minor: int | None,
    ended_at: datetime,
    at: datetime,
) -> None:
    """Fix the result in the transaction that ends the sale; one bid is enough (CN16-11.2).

    Unsold starts the clocks of the next attempt (CN16-26.2; CN455-2). Recording it again changes
    nothing.
    """
    if sale.status in {SaleStatus.SOLD, SaleStatus.UNSOLD} and sale.ended_at == ended_at:
        return
    assert not sold or (hammer_price_minor or 0) >= sale.start_price_minor
    sale.ended_at = ended_at
    sale.hammer_price_minor = hammer_price_minor if sold else None
    change_state(
        sale,
        SaleStatus.SOLD if sold else SaleStatus.UNSOLD,
        SALE_TRANSITIONS,
        actor_id=None,
        at=at,
        reason="bidding ended",
    )
    if not sold:
        _start_clocks_after_failure(sale, ended_at)


def _start_clocks_after_failure(sale: Sale, ended_at: datetime) -> None:
    pack = load_rule_pack(sale.rule_pack)
    if pack.is_practice:
        return
    clocks = {
        Stage.FIRST: (("next-sale", "second_sale_days", "clerk"),),
        Stage.SECOND: (
            ("in-kind-inquiry", "in_kind_inquiry_days", "clerk"),
            ("selloff-announcement", "selloff_announce_days", "clerk"),
        ),
        Stage.SELLOFF: (),
    }
    for kind, rule_key, owner in clocks[sale.stage]:
        rule = pack.rule(rule_key)
        due_at = due_after(ended_at, rule.value, pack)
        schedule_deadline(
            kind,
            sale,
            rule_id=rule.statute or "",
            court_id=sale.court_id,
            case_id=sale.case_id,
            owner_role=owner,
            due_at=due_at,
            warn_at=due_at - pack.days(3),
        )


def record_withdrawal(
    sale: Sale, *, actor_id: int | None, at: datetime, ground: str | None
) -> None:
    """End a sale without a winner, on a ground of law (CN20A-17.1, CN20A-19.1)."""
    if sale.status is SaleStatus.WITHDRAWN:
        return
    was_public = sale.status is SaleStatus.ANNOUNCED
    change_state(
        sale,
        SaleStatus.WITHDRAWN,
        SALE_TRANSITIONS,
        actor_id=actor_id,
        at=at,
        reason=ground or "",
    )
    sale.ended_at = at
    if not was_public:
        void_decisions(sale, actor_id=actor_id, at=at)
    for kind in ("next-sale", "in-kind-inquiry", "selloff-announcement"):
        void_deadline(kind, sale, at=at)


def withdraw_draft(sale_id: int, *, actor_id: int, now: datetime, ground: str) -> Sale:
    """Give up a sale that is not announced yet; the lot is free for another draft."""
    sale = lock_sale(sale_id)
    if sale.status is SaleStatus.ANNOUNCED:
        # An announced sale is withdrawn through the live room's queue, never beside it.
        raise DomainError("wrong-state", _l("已公告的拍卖请在现场控制台撤回。"))
    record_withdrawal(sale, actor_id=actor_id, at=now, ground=ground)
    return sale


def record_paid(sale_id: int, at: datetime) -> Sale:
    """The whole price is in the court's account: the ruling is due in ten days (CN20A-20.1).

    Recording it again changes nothing.
    """
    sale = lock_sale(sale_id)
    if sale.status in {SaleStatus.PAID, SaleStatus.RULED}:
        return sale
    change_state(
        sale, SaleStatus.PAID, SALE_TRANSITIONS, actor_id=None, at=at, reason="price paid in full"
    )
    pack = load_rule_pack(sale.rule_pack)
    due_at = due_after(at, pack.deal_ruling_days, pack)
    schedule_deadline(
        "deal-ruling",
        sale,
        rule_id="CN20A-20.1",
        court_id=sale.court_id,
        case_id=sale.case_id,
        owner_role="clerk",
        due_at=due_at,
        warn_at=due_at - pack.days(3),
    )
    db.session.flush()
    return sale
