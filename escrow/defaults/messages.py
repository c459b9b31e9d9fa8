"""Who is told that a sale was undone, and what it costs: the buyer, and whoever had enrolled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.clock import iso
from auction.core.db import db
from auction.core.i18n import current_lang, gettext
from auction.core.money import format_money
from auction.core.web import format_beijing
from auction.messages.services import send_messages
from auction.messages.wording import Wording, words_for
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus

DEFAULTED_BUYER = "default-ruled"
SET_ASIDE_BUYER = "set-aside-ruled"
SOLD_AGAIN = "sold-again"
DEFICIT_OWED = "deficit-owed"


def tell_of_default(
    sale: Sale, user_id: int, *, number: str, forfeit_minor: int, back_minor: int, now: datetime
) -> None:
    """The buyer learns what his default cost; the others that the lot is sold again."""
    params = _params(sale) | {
        "number": number,
        "forfeit_minor": forfeit_minor,
        "back_minor": back_minor,
    }
    link = f"/sales/{sale.number}/balance"
    send_messages([user_id], DEFAULTED_BUYER, params, link=link, now=now)
    _tell_others(sale, user_id, now)


def tell_of_set_aside(
    sale: Sale, user_id: int, *, number: str, back_minor: int, now: datetime
) -> None:
    """The buyer learns what goes back to him; the others that the lot is sold again."""
    params = _params(sale) | {"number": number, "back_minor": back_minor}
    link = f"/sales/{sale.number}/balance"
    send_messages([user_id], SET_ASIDE_BUYER, params, link=link, now=now)
    _tell_others(sale, user_id, now)


def tell_of_deficit(
    sale: Sale, user_id: int, *, number: str, owed_minor: int, due_at: datetime, now: datetime
) -> None:
    """The defaulter learns what the re-sale of the lot has left him to make up (CN20A-22.2)."""
    params = _params(sale) | {
        "number": number,
        "owed_minor": owed_minor,
        "due_at": iso(due_at),
    }
    link = f"/sales/{sale.number}/balance"
    send_messages([user_id], DEFICIT_OWED, params, link=link, now=now)


def _tell_others(sale: Sale, user_id: int, now: datetime) -> None:
    others = db.session.scalars(
        select(Enrolment.user_id).where(
            Enrolment.sale_id == sale.id,
            Enrolment.status == EnrolmentStatus.ACTIVE,
            Enrolment.user_id != user_id,
        )
    ).all()
    if others:
        send_messages(others, SOLD_AGAIN, _params(sale), link=f"/lots/{sale.lot.number}", now=now)


def _params(sale: Sale) -> dict[str, Any]:
    asset = sale.lot.asset
    return {"sale": sale.number, "title": asset.title, "title_en": asset.title_en}


@words_for(DEFAULTED_BUYER)
def _defaulted(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("法院裁定重新拍卖：%(title)s", title=_title(params)),
        gettext(
            "裁定 %(number)s：您逾期未付清价款，保证金 %(forfeit)s 不予退还，不得参加重新拍卖；"
            "其余 %(back)s 按原路退还。",
            number=params["number"],
            forfeit=format_money(params["forfeit_minor"]),
            back=format_money(params["back_minor"]),
        ),
    )


@words_for(SET_ASIDE_BUYER)
def _set_aside(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("法院裁定撤销拍卖：%(title)s", title=_title(params)),
        gettext(
            "裁定 %(number)s：本次拍卖被撤销，您已付的 %(back)s 按原路退还。",
            number=params["number"],
            back=format_money(params["back_minor"]),
        ),
    )


@words_for(DEFICIT_OWED)
def _deficit_owed(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("重新拍卖已办结，请补足差额：%(title)s", title=_title(params)),
        gettext(
            "裁定 %(number)s 判令您补足保证金不够弥补的部分：%(sum)s，期限 %(when)s。"
            "付款方式见页面。",
            number=params["number"],
            sum=format_money(params["owed_minor"]),
            when=format_beijing(datetime.fromisoformat(params["due_at"]), "full"),
        ),
    )


@words_for(SOLD_AGAIN)
def _sold_again(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("标的将重新拍卖：%(title)s", title=_title(params)),
        gettext("本标的此前的成交未能完成，法院将重新公告拍卖。您可以再次报名参加。"),
    )


def _title(params: Mapping[str, Any]) -> str:
    english = params.get("title_en") if current_lang() == "en" else None
    return str(english or params["title"])
