"""What the clerk's and the judges' pages of a sale show, put together from the records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_login import current_user
from sqlalchemy import select

from auction.assets.models import ReferencePrice
from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.i18n import gettext
from auction.notices.documents import documents_of
from auction.notices.services import notice_states
from auction.rulings.services import buyer_of, handover_of, ruling_of
from auction.sales import queries
from auction.sales.bars import STAGE_NAMES
from auction.sales.inputs import terms_of
from auction.sales.models import UNDONE, Sale, SaleStatus
from auction.sales.panel import covers, panel_candidates, standing_decision
from auction.sales.publication import publication_check
from auction.sales.rulepacks import load_rule_pack


def page_or_none(endpoint: str, **values: Any) -> str | None:
    """Address of a page of another part, if that part is installed."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def sale_context(sale: Sale, now: datetime) -> dict[str, Any]:
    """All that a member of the court sees of one sale, and what is to be done next."""
    decision = standing_decision(sale)
    is_before = sale.status in {SaleStatus.DRAFT, SaleStatus.PANEL, SaleStatus.DECIDED}
    decisions = queries.decisions_of(sale)
    pack = load_rule_pack(sale.rule_pack)
    previous = db.session.get(Sale, sale.previous_sale_id) if sale.previous_sale_id else None
    people = {seat.user_id for entry in decisions for seat in entry.seats} | {sale.created_by}
    checks = publication_check(sale, now) if is_before else []
    return {
        "sale": sale,
        "the_asset": sale.lot.asset,
        "case": db.session.get_one(EnforcementCase, sale.case_id),
        "pack": pack,
        "price": db.session.get(ReferencePrice, sale.reference_price_id or 0),
        "previous": previous,
        "next_sale": _next_sale(sale),
        "stage_name": STAGE_NAMES[sale.stage],
        "decision": decision,
        "decisions": decisions,
        "is_stale": bool(
            decision
            and sale.status in {SaleStatus.PANEL, SaleStatus.DECIDED}
            and not covers(decision, sale)
        ),
        "names": queries.names_of(people),
        "checks": checks,
        "lacking": [item for item in checks if not item.met],
        "notices": [] if pack.is_practice else notice_states(sale),
        "documents": documents_of(sale),
        "history": queries.history_of_sale(sale),
        "events": timeline_of(sale, now),
        "ruling": ruling_of(sale),
        "handover": handover_of(sale),
        "buyer": buyer_of(sale) if sale.status not in _NO_BUYER else "",
        "is_before": is_before,
        "judges": panel_candidates(sale.court_id) if sale.status is SaleStatus.DRAFT else [],
        "control_url": page_or_none("control.index") if sale.status is _ANNOUNCED else None,
        "outcome_url": page_or_none("outcome.show", number=sale.number)
        if sale.hammer_price_minor
        else None,
        "lot_url": None if is_before else f"/lots/{sale.lot.number}",
        "may_draft": current_user.can("sale.draft"),
    }


_ANNOUNCED = SaleStatus.ANNOUNCED
_NO_BUYER = frozenset({SaleStatus.DRAFT, SaleStatus.PANEL, SaleStatus.DECIDED, _ANNOUNCED})


def _next_sale(sale: Sale) -> Sale | None:
    follows = Sale.resale_of_id if sale.status in UNDONE else Sale.previous_sale_id
    return db.session.scalar(
        select(Sale).where(follows == sale.id).order_by(Sale.id.desc()).limit(1)
    )


def timeline_of(sale: Sale, now: datetime) -> list[dict[str, Any]]:
    """The stations of a sale: what is behind, what stands, what comes."""
    reached = {
        SaleStatus.DRAFT: 0,
        SaleStatus.PANEL: 1,
        SaleStatus.DECIDED: 2,
        SaleStatus.ANNOUNCED: 4 if now >= sale.opens_at else 3,
        SaleStatus.SOLD: 6,
        SaleStatus.UNSOLD: 5,
        SaleStatus.WITHDRAWN: 5,
        SaleStatus.PAID: 7,
        SaleStatus.RULED: 8,
        SaleStatus.DEFAULTED: 6,
        SaleStatus.SET_ASIDE: 6,
    }[sale.status]
    stations: list[tuple[Any, datetime | None]] = [
        (gettext("起草"), sale.created_at),
        (gettext("合议庭评议"), None),
        (gettext("通知当事人并发布公告"), sale.published_at),
        (gettext("公告期"), None),
        (gettext("竞价"), sale.opens_at),
        (_result_name(sale), sale.ended_at or sale.closes_at),
        (gettext("价款付清"), None),
        (gettext("出具并送达成交裁定"), None),
    ]
    if load_rule_pack(sale.rule_pack).is_practice:
        del stations[1]
        reached = max(reached - 1, 0) if reached else 0
    if sale.status is SaleStatus.WITHDRAWN and sale.published_at is None:
        stations = [stations[0], (_result_name(sale), sale.ended_at)]
        reached = len(stations)
    elif sale.status in UNDONE:
        undone = {
            SaleStatus.DEFAULTED: gettext("裁定重新拍卖（买受人悔拍）"),
            SaleStatus.SET_ASIDE: gettext("裁定撤销拍卖"),
        }[sale.status]
        stations = [*stations[:reached], (undone, None)]
        reached += 1
    elif sale.status in {SaleStatus.UNSOLD, SaleStatus.WITHDRAWN}:
        stations = stations[: reached + 1]
        reached += 1
    return [
        {
            "what": name,
            "at": at,
            "state": "done" if index < reached else "now" if index == reached else "next",
        }
        for index, (name, at) in enumerate(stations)
    ]


def _result_name(sale: Sale) -> str:
    names = {
        SaleStatus.UNSOLD: gettext("流拍"),
        SaleStatus.WITHDRAWN: gettext("撤回"),
        SaleStatus.SOLD: gettext("成交，等待付清尾款"),
    }
    return str(names.get(sale.status, gettext("成交")))


def home_context(now: datetime) -> dict[str, Any]:
    """The court's day: what is due, what waits for whom, what runs."""
    sales = queries.sales_of_court(current_user)
    by_status: dict[str, list[Sale]] = {str(status): [] for status in SaleStatus}
    for sale in sales:
        by_status[str(sale.status)].append(sale)
    announced = by_status.pop(str(SaleStatus.ANNOUNCED))
    return {
        "deadlines": queries.open_deadlines(current_user),
        "votes": queries.votes_awaited_from(current_user) if current_user.can("panel.vote") else [],
        "groups": by_status,
        "running": [s for s in announced if s.opens_at <= now],
        "coming": [s for s in announced if s.opens_at > now],
        "stage_names": STAGE_NAMES,
        "control_url": page_or_none("control.index"),
        "terms_of": terms_of,
    }
