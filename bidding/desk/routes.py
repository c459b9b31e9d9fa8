"""The bidder's desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.i18n import current_lang, gettext
from auction.core.money import format_money
from auction.core.web import format_beijing
from bidding.catalogue.pages import href_of
from bidding.desk.queries import OwnLot, is_unpaid, list_own_lots, list_own_papers

bp = Blueprint("desk", __name__)


@bp.get("/me")
@permission("bidder.desk")
def show() -> ResponseReturnValue:
    """What needs the reader now, then everything that is theirs (B6)."""
    now: datetime = current_app.extensions["luochui.clock"].now()
    lots = list_own_lots(current_user.id, now, current_lang())
    return render_template(
        "bidding/desk/show.html",
        lots=lots,
        tasks=[task for lot in lots if (task := next_task(lot, now))],
        papers=list_own_papers(lots),
        money_href=_known("/me/money"),
        account_href=_known("/account"),
        now=now,
    )


def next_task(lot: OwnLot, now: datetime) -> dict[str, Any] | None:
    """What this lot asks of the reader, if anything."""
    if is_unpaid(lot) and lot.balance_due_at is not None:
        days = (lot.balance_due_at - now).days
        return {
            "what": gettext("支付尾款：%(title)s", title=lot.title),
            "due": gettext("期限 %(when)s", when=format_beijing(lot.balance_due_at, "short")),
            "urgency": "late" if days < 0 else "soon" if days < 3 else "",
            "href": f"/sales/{lot.sale_number}/balance",
            "action": gettext("支付尾款"),
        }
    if lot.is_over or lot.is_barred or now >= lot.closes_at:
        return None
    enrol = f"/lots/{lot.lot_number}/enrol"
    due = gettext("结束 %(when)s", when=format_beijing(lot.closes_at, "short"))
    if lot.enrolment == "begun":
        what = gettext("确认七项须知：%(title)s", title=lot.title)
        return {"what": what, "due": due, "href": enrol, "action": gettext("继续报名")}
    if lot.enrolment == "deposit-due":
        what = gettext(
            "交纳保证金 %(amount)s：%(title)s",
            amount=format_money(lot.deposit_minor),
            title=lot.title,
        )
        href = href_of("payments.deposit", reference=lot.reference) or f"{enrol}/status"
        return {"what": what, "due": due, "href": href, "action": gettext("交纳保证金")}
    return None


def _known(path: str) -> str | None:
    """`path`, if this installation has a page there."""
    rules = current_app.url_map.iter_rules()
    return path if any(rule.rule == path for rule in rules) else None
