"""The public pages: home, catalogue, lot, its panel, replay, verification."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.accounts.models import User
from auction.assets.facts import CATEGORY_NAMES
from auction.assets.forms import METHODS, OCCUPANCIES
from auction.core.access import PUBLIC, permission
from auction.core.clock import beijing
from auction.core.db import to_ms
from auction.core.i18n import current_lang
from bidding.catalogue import queries
from bidding.catalogue.caching import answer_public
from bidding.catalogue.criteria import SORTS, STATUSES, plain_money, read_criteria
from bidding.catalogue.figures import year_figures
from bidding.catalogue.lot import BidLine, LotView, load_lot
from bidding.catalogue.pages import (
    Panel,
    balance_due,
    href_of,
    key_dates,
    live_data,
    make_panel,
    refund_due,
)
from bidding.catalogue.scope import (
    describe_burden,
    fact_rows,
    rules_in_words,
    what_is_not_sold,
    what_is_sold,
)
from bidding.catalogue.verification import find_genuine, normal_code

bp = Blueprint("catalogue", __name__)

HOME_ROWS = 4
BIDS_SHOWN = 30
REPLAY_ROWS = 100


@bp.get("/")
@permission(PUBLIC)
def home() -> ResponseReturnValue:
    """What this is, what runs, what comes, what was sold, and how it works."""
    now, lang = _now(), current_lang()
    facts = {
        "closing": queries.list_by_status("open", now, lang, HOME_ROWS),
        "opening": queries.list_by_status("scheduled", now, lang, HOME_ROWS),
        "sold": queries.list_by_status("sold", now, lang, HOME_ROWS),
        "practice": queries.list_by_status("open", now, lang, 2, practice=True),
        "figures": year_figures(now),
    }
    return answer_public(
        facts,
        now,
        lambda: render_template(
            "bidding/catalogue/home.html", categories=CATEGORY_NAMES, now=now, **facts
        ),
    )


@bp.get("/lots")
@permission(PUBLIC)
def index() -> ResponseReturnValue:
    """All published lots, narrowed by what stands in the address."""
    now, lang = _now(), current_lang()
    criteria = read_criteria(request.args)
    rows, total = queries.find_lots(criteria, now, lang)
    pages = max(-(-total // queries.PER_PAGE), 1)
    facts = {
        "lots": rows,
        "total": total,
        "courts": queries.list_courts(lang),
        "regions": queries.list_regions(),
    }
    return answer_public(
        facts,
        now,
        lambda: render_template(
            "bidding/catalogue/index.html",
            criteria=criteria,
            page=min(criteria.page, pages),
            pages=pages,
            categories=CATEGORY_NAMES,
            statuses=STATUSES,
            sorts=SORTS,
            plain_money=plain_money,
            now=now,
            **facts,
        ),
    )


@bp.get("/lots/<number>")
@permission(PUBLIC)
def show(number: str) -> ResponseReturnValue:
    """One lot: what it is, what stands, and the one thing to do next."""
    now = _now()
    view = load_lot(number, now, request.args.get("sale"))
    panel = make_panel(view, _user())
    words = {**_panel_words(view, panel, now), **_lot_words(view, now)}
    return answer_public(
        _facts(view), now, lambda: render_template("bidding/catalogue/show.html", **words)
    )


@bp.get("/lots/<number>/panel")
@permission(PUBLIC)
def panel(number: str) -> ResponseReturnValue:
    """The panel alone, for a page that is open while the sale changes."""
    now = _now()
    view = load_lot(number, now, request.args.get("sale"))
    words = _panel_words(view, make_panel(view, _user()), now)
    return render_template("bidding/catalogue/_panel.html", **words)


@bp.get("/lots/<number>/replay")
@permission(PUBLIC)
def replay(number: str) -> ResponseReturnValue:
    """The whole course of a sale, bid by bid (CN16-20.5)."""
    now = _now()
    view = load_lot(number, now, request.args.get("sale"))
    pages = max(-(-len(view.bids) // REPLAY_ROWS), 1)
    page = min(read_criteria(request.args).page, pages)
    rows = view.bids[(page - 1) * REPLAY_ROWS : page * REPLAY_ROWS]
    return answer_public(
        _facts(view),
        now,
        lambda: render_template(
            "bidding/catalogue/replay.html",
            view=view,
            rows=rows,
            page=page,
            pages=pages,
            page_href=lambda number: f"?sale={view.shown.sale.number}&page={number}",
        ),
    )


@bp.get("/lots/<number>/replay/bids")
@permission(PUBLIC)
def replay_bids(number: str) -> ResponseReturnValue:
    """All bids of the sale, compact, for the player on the page."""
    now = _now()
    view = load_lot(number, now, request.args.get("sale"))
    answer = answer_public(
        _facts(view),
        now,
        lambda: current_app.json.dumps({"bids": [_show_compact(bid) for bid in view.bids]}),
    )
    answer.content_type = "application/json"
    return answer


def _show_compact(bid: BidLine) -> list[int | str]:
    """`[seq, at in ms, amount, code, marks]`; marks add up 1 extended, 2 match, 4 automatic."""
    marks = bid.extended + 2 * bid.match + 4 * bid.auto
    return [bid.seq, to_ms(bid.at), bid.amount_minor, bid.code, marks]


@bp.get("/verify")
@permission(PUBLIC)
def verify() -> ResponseReturnValue:
    """Whether a lot number, notice or document code was published here (P9)."""
    code = normal_code(request.args.get("code", ""))
    finding = find_genuine(code)
    page = render_template("bidding/catalogue/verify.html", code=code, finding=finding)
    return page, 200 if finding or not code else 404


def _panel_words(view: LotView, panel: Panel, now: datetime) -> dict[str, Any]:
    return {
        "view": view,
        "panel": panel,
        "live": live_data(view, panel),
        "bid_href": href_of("room.bid_form", number=view.lot.number)
        or f"/lots/{view.lot.number}/bid",
        "balance_due": balance_due(view),
        "refund_due": refund_due(view),
        "now": now,
    }


def _lot_words(view: LotView, now: datetime) -> dict[str, Any]:
    return {
        "recent_bids": view.bids[::-1][:BIDS_SHOWN],
        "sold_points": what_is_sold(view.asset),
        "unsold_points": what_is_not_sold(view.asset, view.encumbrances),
        "rule_points": rules_in_words(view.shown.sale, view.pack, current_lang()),
        "fact_rows": fact_rows(view.asset),
        "describe_burden": describe_burden,
        "dates": key_dates(view, now),
        "methods": dict(METHODS),
        "occupancies": dict(OCCUPANCIES),
        "category_name": CATEGORY_NAMES[view.asset.category],
        "picture": _picture(view),
    }


def _picture(view: LotView) -> int:
    text = request.args.get("picture", "")
    shown = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return shown if shown < len(view.pictures) else 0


def _facts(view: LotView) -> object:
    """What the page of a lot depends on; published facts never change without a new version."""
    shown = view.shown
    asset = view.asset
    return (
        shown.sale.id,
        shown.status,
        shown.price_minor,
        shown.leader,
        shown.seq,
        shown.bidder_count,
        shown.opens_at,
        shown.closes_at,
        shown.ground,
        shown.is_past_close,
        [(incident.id, incident.ended_at) for incident in shown.incidents],
        [(sale.id, str(sale.status)) for sale in view.sales],
        [asset.title, asset.title_en, asset.facts, asset.defects, asset.delivery_plan],
        [asset.occupancy_note, asset.known_debts, asset.seller_taxes, asset.buyer_taxes],
        [asset.description, asset.address, asset.occupancy],
        view.pictures,
        [entry["href"] for entry in view.files],
        view.announcement.code if view.announcement else None,
        [document.code for document in view.documents],
        [describe_burden(burden) for burden in view.encumbrances],
    )


def _user() -> User | None:
    user: User | None = current_user if current_user.is_authenticated else None
    return user


def _now() -> datetime:
    now: datetime = current_app.extensions["luochui.clock"].now()
    return now


@bp.app_template_filter("beijing_ms")
def beijing_ms(moment: datetime) -> str:
    """`2026-11-02 10:05:32.123` in Beijing: bids are told apart by milliseconds (CN16-20.4)."""
    at = beijing(moment)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"
