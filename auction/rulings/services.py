"""The deal ruling: recorded when served, for then title passes (CN16-22.2, CN20A-20.1)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import is_movable
from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, schedule_deadline
from auction.notices.documents import issue_document
from auction.notices.models import Document, DocumentKind
from auction.notices.papers import ruling_content
from auction.rulings.models import Handover, Ruling, RulingKind
from auction.sales.calendar import beijing_day, beijing_moment, due_after
from auction.sales.models import SALE_TRANSITIONS, Sale, SaleStatus
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import load_rule_pack


def record_deal_ruling(
    sale_id: int,
    *,
    number: str,
    made_on: date,
    served_on: date,
    actor_id: int,
    now: datetime,
    is_qualification_checked: bool = False,
) -> Ruling:
    """Record the ruling with its number and the day it was served: PAID becomes RULED.

    Meets the ten-day clock, starts the fifteen days of handing over (CN20A-27.1), and tells finance
    through `ruling_served`. Where the announcement set a qualification, its proof must have been
    checked from enrolment to ruling (CN21H-3.1). Raises Invalid and DomainError by field.
    """
    sale = lock_sale(sale_id)
    if sale.status is not SaleStatus.PAID:
        raise DomainError("wrong-state", _l("价款全额交付后才能出具成交裁定。"))
    _check_days(sale, made_on, served_on, now)
    if sale.qualification and not is_qualification_checked:
        raise Invalid(
            "qualification-unchecked",
            _l("请先核查买受人自竞买至裁定持续具备竞买资格（CN21H-3.1）。"),
            field="is_qualification_checked",
        )
    taken = select(Ruling.id).where(Ruling.court_id == sale.court_id, Ruling.number == number)
    if db.session.scalar(taken) is not None:
        raise DomainError("number-taken", _l("本院已有此文号的裁定。"), field="number")
    ruling = Ruling(
        court_id=sale.court_id,
        case_id=sale.case_id,
        sale_id=sale.id,
        kind=RulingKind.DEAL,
        number=number,
        made_on=made_on,
        served_on=served_on,
        recorded_by=actor_id,
        recorded_at=now,
    )
    db.session.add(ruling)
    db.session.flush()
    change_state(
        sale,
        SaleStatus.RULED,
        SALE_TRANSITIONS,
        actor_id=actor_id,
        at=now,
        reason=f"ruling {number}",
    )
    record(
        "record-ruling",
        ruling,
        actor_id=actor_id,
        at=now,
        detail={
            "sale": sale.number,
            "number": number,
            "served_on": served_on.isoformat(),
            "qualification_checked": is_qualification_checked,
        },
    )
    _turn_clocks(sale, ruling, now)
    issue_document(
        kind=DocumentKind.RULING,
        sale=sale,
        title="执行裁定书",
        content=deal_ruling_content(sale, number=number, made_on=made_on, is_draft=False),
        now=now,
        publish=False,
        actor_id=actor_id,
    )
    enqueue(
        "ruling_served",
        f"ruling_served:{sale.id}",
        {"sale_id": sale.id, "ruling_id": ruling.id},
        now=now,
    )
    return ruling


def record_handover(
    sale_id: int, *, handed_over_on: date, proof: str, actor_id: int, now: datetime
) -> Handover:
    """Record that the lot was handed over; meets the fifteen-day clock (CN20A-27.1).

    Raises DomainError `wrong-state` before the ruling, `handed-over` the second time, and Invalid
    for a day before the ruling was served or in the future.
    """
    sale = lock_sale(sale_id)
    ruling = ruling_of(sale)
    if ruling is None or sale.status is not SaleStatus.RULED:
        raise DomainError("wrong-state", _l("成交裁定送达后才能移交。"))
    if handover_of(sale) is not None:
        raise DomainError("handed-over", _l("已经登记过移交。"))
    if handed_over_on > beijing_day(now):
        raise Invalid("future-day", _l("移交日期不能晚于今天。"), field="handed_over_on")
    if ruling.served_on is not None and handed_over_on < ruling.served_on:
        raise Invalid("too-early", _l("移交日期不能早于裁定送达日。"), field="handed_over_on")
    handover = Handover(
        case_id=sale.case_id,
        ruling_id=ruling.id,
        handed_over_on=handed_over_on,
        proof=proof,
        recorded_by=actor_id,
        recorded_at=now,
    )
    db.session.add(handover)
    db.session.flush()
    record(
        "record-handover",
        handover,
        actor_id=actor_id,
        at=now,
        detail={"sale": sale.number, "handed_over_on": handed_over_on.isoformat()},
    )
    meet_deadline("handover", ruling, at=now)
    return handover


def handover_of(sale: Sale) -> Handover | None:
    """The handing over of a ruled lot, if it is recorded."""
    return db.session.scalar(
        select(Handover)
        .join(Ruling, Ruling.id == Handover.ruling_id)
        .where(Ruling.sale_id == sale.id)
    )


def _check_days(sale: Sale, made_on: date, served_on: date, now: datetime) -> None:
    ended_on = beijing_day(sale.ended_at) if sale.ended_at else None
    if made_on > beijing_day(now):
        raise Invalid("future-day", _l("裁定日期不能晚于今天。"), field="made_on")
    if ended_on and made_on < ended_on:
        raise Invalid("too-early", _l("裁定日期不能早于成交日。"), field="made_on")
    if served_on > beijing_day(now):
        raise Invalid("future-day", _l("送达日期不能晚于今天：送达后再登记。"), field="served_on")
    if served_on < made_on:
        raise Invalid("too-early", _l("送达日期不能早于裁定日期。"), field="served_on")


def _turn_clocks(sale: Sale, ruling: Ruling, now: datetime) -> None:
    pack = load_rule_pack(sale.rule_pack)
    meet_deadline("deal-ruling", sale, at=now)
    if pack.is_practice:
        return
    assert ruling.served_on is not None, "kept by a constraint"
    due_at = due_after(beijing_moment(ruling.served_on), pack.handover_days, pack)
    schedule_deadline(
        "handover",
        ruling,
        rule_id="CN20A-27.1",
        court_id=sale.court_id,
        case_id=sale.case_id,
        owner_role="clerk",
        due_at=due_at,
        warn_at=due_at - pack.days(5),
    )


def deal_ruling_content(
    sale: Sale, *, number: str, made_on: date, is_draft: bool
) -> dict[str, Any]:
    """The ruling's text, from the case, the asset and the published confirmation letter."""
    case = db.session.get_one(EnforcementCase, sale.case_id)
    assert sale.ended_at is not None
    return ruling_content(
        number=number,
        case_title=case.title,
        case_basis=case.basis,
        subject=sale.lot.asset.title,
        buyer_name=buyer_of(sale) or "（买受人）",
        hammer_price_minor=sale.hammer_price_minor or 0,
        ended_at=sale.ended_at,
        seizure="扣押" if is_movable(sale.lot.asset.category) else "查封",
        made_on=made_on,
        is_draft=is_draft,
    )


def buyer_of(sale: Sale) -> str:
    """Who bought, as the published confirmation letter names them (CN16-22.1); empty before."""
    letter = db.session.scalar(
        select(Document)
        .where(Document.sale_id == sale.id, Document.kind == DocumentKind.CONFIRMATION)
        .order_by(Document.id.desc())
        .limit(1)
    )
    return str(letter.content.get("facts", {}).get("buyer", "")) if letter else ""


def ruling_of(sale: Sale) -> Ruling | None:
    """The deal ruling of a sale, if it was recorded."""
    return db.session.scalar(
        select(Ruling).where(Ruling.sale_id == sale.id, Ruling.kind == RulingKind.DEAL)
    )
