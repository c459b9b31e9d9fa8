"""The bid without scripts: an ordinary form, answered with a redirect to the lot."""

from __future__ import annotations

import secrets
from urllib.parse import quote, urlencode

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from auction.accounts.services import register_me_part
from auction.core.access import permission
from auction.core.clock import beijing
from auction.core.errors import Invalid
from auction.core.money import MoneyError, format_money, parse_money
from bidding.enrolment.queries import list_own_enrolments
from bidding.room.answers import OUTSIZE
from bidding.room.api import refusal_text, submit_bid
from bidding.room.payloads import read_key, read_lot

bp = Blueprint("room", __name__)

register_me_part(list_own_enrolments)


@bp.post("/lots/<number>/bid")
@permission("bidder.bid")
def bid_form(number: str) -> ResponseReturnValue:
    """Offer what was typed; refused or unclear, it stays in the field."""
    lot = read_lot(number)
    typed = request.form.get("amount", "")[:40]
    try:
        amount = parse_money(typed)
        key = read_key(request.form.get("key") or f"form-{secrets.token_urlsafe(12)}")
    except (MoneyError, Invalid):
        flash(gettext("看不出您要出多少钱，没有提交。请写成 1234567.89 或 123.45万。"), "danger")
        return _back(lot, amount=typed)
    answer = submit_bid(lot, amount, key, _read_confirmed())
    if answer.reason == OUTSIZE:
        flash(
            gettext(
                "%(amount)s 比目前的价格高出很多，没有提交。确实要出这个价，请再提交一次。",
                amount=format_money(amount),
            ),
            "attention",
        )
        return _back(lot, amount=typed, confirm=str(amount))
    if answer.receipt is not None:
        at = beijing(answer.receipt.at)
        flash(
            gettext(
                "出价成功：%(amount)s，第 %(seq)s 次出价，%(at)s（北京时间）。",
                amount=format_money(answer.receipt.amount),
                seq=answer.receipt.seq,
                at=f"{at:%H:%M:%S}",
            ),
            "confirmed",
        )
        return _back(lot)
    flash(refusal_text(answer), "danger")
    return _back(lot, amount=typed)


def _read_confirmed() -> int | None:
    """The amount the form asked about, in minor units; for another it confirms nothing."""
    text = request.form.get("confirmed", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else None


def _back(lot: str, **kept: str) -> ResponseReturnValue:
    query = f"?{urlencode(kept)}" if kept else ""
    return redirect(f"/lots/{quote(lot, safe='')}{query}", 303)
