"""What a lot's page is drawn from, for one person looking at one moment."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, request, url_for
from werkzeug.routing import BuildError

from auction.accounts.models import User
from auction.core.clock import iso
from auction.core.i18n import gettext
from auction.sales.calendar import balance_due_at
from bidding.catalogue.lot import LotView, SaleView
from bidding.catalogue.own import load_own_limit
from bidding.catalogue.standing import Scene, Step, Viewer, next_step
from bidding.enrolment.models import Enrolment
from bidding.enrolment.services import enrolment_for
from bidding.room.queries import load_snapshot, minimum_for_user


@dataclass(frozen=True)
class Panel:
    """The panel beside the lot: the one action, and what it needs."""

    step: Step
    enrolment: Enrolment | None
    minimum_minor: int
    typed: str
    confirming: str
    """The amount in minor units that is asked about once more, as it came."""
    key: str
    deposit_href: str | None
    balance_href: str | None
    own_limit: int | None
    """The limit of the reader's own standing instruction."""
    has_bid: bool
    """Whether a bid of the reader's stands in the list."""

    @property
    def may_bid(self) -> bool:
        """Whether the bidding form belongs on the page."""
        return self.step in {Step.BID, Step.MATCH, Step.LEADING}

    @property
    def code(self) -> str | None:
        """The reader's own code in this sale."""
        return self.enrolment.code if self.enrolment else None


def make_panel(view: LotView, user: User | None) -> Panel:
    """What the panel offers this person."""
    shown = view.shown
    sale = shown.sale
    enrolment = None if user is None else enrolment_for(user.id, sale.id)
    code = enrolment.code if enrolment else None
    minimum = _minimum(shown, user)
    viewer = None
    if user is not None:
        viewer = Viewer(
            is_bidder=user.can("bidder.bid"),
            enrolment=str(enrolment.status) if enrolment else None,
            code=enrolment.code if enrolment else None,
            is_barred=enrolment.is_barred if enrolment else False,
        )
    scene = Scene(
        status=shown.status,
        sale_status=str(sale.status),
        is_latest=view.is_latest,
        is_past_close=shown.is_past_close,
        leader=shown.leader,
        price_minor=shown.price_minor,
        minimum_minor=minimum,
    )
    return Panel(
        step=next_step(scene, viewer),
        enrolment=enrolment,
        minimum_minor=minimum,
        typed=typed_amount(),
        confirming=request.args.get("confirm", "")[:16],
        key=secrets.token_urlsafe(12),
        deposit_href=href_of("payments.deposit", reference=enrolment.reference)
        if enrolment
        else None,
        balance_href=f"/sales/{sale.number}/balance",
        own_limit=load_own_limit(sale.id, code) if view.is_latest and not shown.is_over else None,
        has_bid=code is not None and any(bid.code == code for bid in view.bids),
    )


def typed_amount() -> str:
    """What was typed before a bid without scripts was refused: it stays in the field."""
    return request.args.get("amount", "")[:40]


def href_of(endpoint: str, **values: Any) -> str | None:
    """Address of a page of another part, or None where that part is not installed."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def key_dates(view: LotView, now: datetime) -> list[dict[str, Any]]:
    """What happened, what stands and what comes, in order."""
    shown = view.shown
    sale = shown.sale
    dates: list[dict[str, Any]] = [
        {"what": gettext("公告发布"), "at": sale.published_at},
        {"what": gettext("竞价开始"), "at": shown.opens_at},
    ]
    if shown.status == "suspended":
        dates.append(
            {
                "what": gettext("暂缓"),
                "when": gettext("恢复时间另行公告"),
                "text": shown.ground,
                "state": "now",
            }
        )
    end = {"what": gettext("竞价结束"), "at": shown.ended_at or shown.closes_at}
    if not shown.is_over and sale.extension_seconds:
        end["text"] = gettext("结束前有人出价的，自动顺延")
    dates.append(end)
    if shown.status == "sold" and shown.ended_at:
        dates.append({"what": gettext("未竞得人保证金退还期限"), "at": refund_due(view)})
        dates.append({"what": gettext("尾款期限"), "at": balance_due(view)})
    for date in dates:
        at = date.get("at")
        date.setdefault("state", "done" if at is not None and at <= now else "next")
    return dates


def refund_due(view: LotView) -> datetime:
    """Losers' deposits are back by then (CN16-23.2)."""
    ended = view.shown.ended_at or view.shown.closes_at
    return ended + timedelta(hours=view.pack.refund_hours)


def balance_due(view: LotView) -> datetime:
    """The balance is due by then, as announced (CN16-25.1)."""
    ended = view.shown.ended_at or view.shown.closes_at
    return balance_due_at(ended, view.shown.sale.balance_days, view.pack)


def live_data(view: LotView, panel: Panel) -> dict[str, str]:
    """`data-…` attributes the live room starts from."""
    shown = view.shown
    enrolment = panel.enrolment
    return {
        "lot": view.lot.number,
        "sale": shown.sale.number,
        "status": shown.status,
        "seq": str(shown.seq),
        "opens": iso(shown.opens_at),
        "closes": iso(shown.closes_at),
        "start": str(shown.sale.start_price_minor),
        "increment": str(shown.sale.increment_minor),
        "price": "" if shown.price_minor is None else str(shown.price_minor),
        "minimum": str(panel.minimum_minor),
        "steps": str(view.pack.outsize_raise_steps),
        "bps": str(view.pack.outsize_raise_bps),
        "leader": shown.leader or "",
        "code": (panel.code or "") if enrolment else "",
        "rank": str((enrolment.priority_rank or "") if enrolment else ""),
        "now": iso(current_app.extensions["luochui.clock"].now()),
    }


def _minimum(shown: SaleView, user: User | None) -> int:
    """What this person would have to bid now, a priority rank counted (CN16-21)."""
    if shown.is_over or user is None:
        return shown.minimum_minor
    snapshot = load_snapshot(shown.sale.id)
    minimum = None if snapshot is None else minimum_for_user(snapshot, user.id)
    return shown.minimum_minor if minimum is None else minimum
