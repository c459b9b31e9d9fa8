"""The confirmation letter (成交确认书), made by itself at the close under the real name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.accounts.models import Identity
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.money import format_money, money_words
from auction.core.outbox import Task, handles
from auction.courts.models import Court
from auction.notices.documents import issue_document
from auction.notices.models import Document, DocumentKind
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from bidding.room.models import SaleHead

TITLE = "网络司法拍卖成交确认书"


@handles("sale_closed")
def confirm_sale(task: Task) -> None:
    """Publish the confirmation of a sold lot, once."""
    if task.payload["status"] == "sold":
        with transaction():
            issue_confirmation(int(task.payload["sale_id"]), task.now)


def issue_confirmation(sale_id: int, now: datetime) -> Document:
    """Generate and publish the letter with the buyer's real identity (CN16-22.1).

    It says who, what, when and for how much, and nothing else of the buyer: no number, no phone.
    """
    sale = db.session.get(Sale, sale_id, with_for_update={"of": Sale}, populate_existing=True)
    head = db.session.get(SaleHead, sale_id, populate_existing=True)
    if sale is None or head is None or head.leader is None or head.price_minor is None:
        raise LookupError(f"sale {sale_id} has no buyer")
    known = db.session.scalar(
        select(Document).where(
            Document.sale_id == sale_id, Document.kind == DocumentKind.CONFIRMATION
        )
    )
    if known is not None:
        return known
    ended_at = head.ended_at or now
    return issue_document(
        kind=DocumentKind.CONFIRMATION,
        sale=sale,
        title=TITLE,
        content=_content(sale, _buyer_name(sale_id, head.leader), head, ended_at),
        now=now,
        publish=True,
    )


def _buyer_name(sale_id: int, code: str) -> str:
    name = db.session.scalar(
        select(Identity.full_name)
        .join(Enrolment, Enrolment.user_id == Identity.user_id)
        .where(Enrolment.sale_id == sale_id, Enrolment.code == code)
    )
    if name is None:
        raise LookupError("the buyer has no identity")
    return name


def _content(sale: Sale, buyer: str, head: SaleHead, ended_at: datetime) -> dict[str, object]:
    court = db.session.get_one(Court, sale.court_id)
    price = head.price_minor or 0
    local = beijing(ended_at)
    ended = f"{local.year}年{local.month}月{local.day}日{local:%H时%M分%S秒}"
    return {
        "number": sale.number,
        "blocks": [
            {
                "type": "paragraph",
                "text": f"{buyer}（竞买代码{head.leader}）于{ended}，在{court.name}于网络司法拍卖"
                f"平台公开进行的拍卖中，以最高应价竞得下列标的，本次拍卖成交。",
            },
            {
                "type": "table",
                "rows": [
                    ["拍卖标的", sale.lot.asset.title],
                    ["标的编号", sale.lot.number],
                    ["买受人", buyer],
                    ["竞买代码", str(head.leader)],
                    ["成交价款", format_money(price, sale.currency)],
                    ["大写", money_words(price)],
                    ["成交时间", f"{ended}（北京时间）"],
                ],
            },
            {
                "type": "paragraph",
                "text": "标的物所有权自拍卖成交裁定送达买受人时转移。",
            },
        ],
        "facts": {
            "buyer": buyer,
            "sale": sale.number,
            "lot": sale.lot.number,
            "code": head.leader,
            "price_minor": price,
            "currency": sale.currency,
        },
    }
