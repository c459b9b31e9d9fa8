"""A payee is told of money that waits for him: served, or published with his name masked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from auction.notices.documents import issue_document
from auction.notices.models import DocumentKind
from auction.notices.papers import Block, chinese_day, money_text, paragraph, table
from auction.notices.rules import mask_name
from auction.sales.calendar import beijing_day
from escrow.plans.lines import SURPLUS
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import lock_payment
from escrow.unclaimed.models import PayeeNotice


def issue_notice(
    payment_id: int,
    *,
    until_on: date,
    is_published: bool,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> PayeeNotice:
    """Tell the payee of a due payment to come for it; the debtor of his surplus (CNEX-31.1).

    What is published names neither the sum nor the whole name. Refused: `not-due`, `bad-day`.
    """
    payment, case = lock_payment(payment_id, court_id)
    if payment.status is not PaymentStatus.DUE:
        raise DomainError("not-due", _l("这笔款现在还不能支付，或已经付出。"))
    if until_on <= beijing_day(now):
        raise Invalid("bad-day", _l("截止日应在今天之后。"), field="until_on")
    court = db.session.get_one(Court, court_id)
    known = db.session.scalars(
        select(PayeeNotice.id).where(PayeeNotice.plan_payment_id == payment.id)
    ).all()
    what = "余款" if payment.step == SURPLUS else "案款"
    document = issue_document(
        kind=DocumentKind.PLAN,
        case=case,
        title=f"{what}领取公告" if is_published else f"{what}领取通知书",
        content={
            "number": f"{case.number}领款通知第{payment.id}-{len(known) + 1}号",
            "blocks": notice_blocks(
                payment, case, court, until_on=until_on, is_published=is_published
            ),
            "facts": {"payment_id": payment.id},
        },
        now=now,
        publish=is_published,
        actor_id=actor_id,
    )
    db.session.flush()
    row = PayeeNotice(
        court_id=court_id,
        case_id=case.id,
        plan_payment_id=payment.id,
        document_id=document.id,
        is_published=is_published,
        until_on=until_on,
        issued_by=actor_id,
        issued_at=now,
    )
    db.session.add(row)
    db.session.flush()
    record(
        "record-payee-notice",
        row,
        actor_id=actor_id,
        at=now,
        detail={"payment": payment.id, "published": is_published},
    )
    return row


def notice_blocks(
    payment: PlanPayment,
    case: EnforcementCase,
    court: Court,
    *,
    until_on: date,
    is_published: bool,
) -> list[Block]:
    """The paper's text; a person's whole name and his sum stand only on what is served on him."""
    name = mask_name(payment.payee_name) if is_published else payment.payee_name
    what = "清偿债务后的余款" if payment.step == SURPLUS else "应发放的执行案款"
    return [
        paragraph(f"{name}："),
        paragraph(
            f"本院办理的{case.number}一案，有你（单位）{what}尚未领取。请于{chinese_day(until_on)}"
            "前携带身份证明和本人（本单位）名下的银行账户资料，与本院联系办理。"
        ),
        paragraph(
            "逾期不领取，或者无正当理由拒绝受领的，本院将依法办理提存，提存费用从款项中支付"
            "（《最高人民法院关于执行款物管理工作的规定》第十六条）。"
        ),
        table(
            [
                ("金额", "" if is_published else money_text(payment.amount_minor)),
                ("联系电话", court.contact_phone),
            ]
        ),
    ]
