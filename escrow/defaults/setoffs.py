"""What the buyer's own claim had paid of a price, when the sale is undone (PRI-12, CN16-32.1).

No money moved for it, so none comes back: the lines fall away and the claim is owed as before.
"""

from __future__ import annotations

from sqlalchemy import select

from auction.cases.models import Claim
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Sale
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.setoff.models import SetOff, SetOffStatus


def set_off_lines(sale: Sale) -> list[PlanPayment]:
    """The lines of plans that were set off against this sale's price; none before there is a plan.

    Refused: `set-off`, where the buyer has made up a difference in money since, or the same claim
    was set off against another price as well: a person must take these apart first.
    """
    row = db.session.scalar(
        select(SetOff).where(SetOff.sale_id == sale.id, SetOff.status == SetOffStatus.GRANTED)
    )
    if row is None:
        return []
    if row.topped_up_minor:
        raise DomainError(
            "set-off", _l("买受人已用现金补交了抵付的差额，系统不能自动退还这笔款，不能办理撤销。")
        )
    label = db.session.get_one(Claim, row.claim_id).label
    lines = db.session.scalars(
        select(PlanPayment)
        .where(
            PlanPayment.case_id == sale.case_id,
            PlanPayment.payee == label,
            PlanPayment.status == PaymentStatus.SET_OFF,
        )
        .order_by(PlanPayment.id)
    ).all()
    another = select(SetOff.id).where(
        SetOff.claim_id == row.claim_id,
        SetOff.id != row.id,
        SetOff.status == SetOffStatus.GRANTED,
    )
    if lines and db.session.scalar(another) is not None:
        raise DomainError(
            "set-off", _l("同一债权还抵付了另一标的的价款，系统不能把两笔抵付分开，不能办理撤销。")
        )
    return list(lines)
