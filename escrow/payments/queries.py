"""What the payment pages show; a bidder sees his own money and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import Asset
from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from auction.sales.models import Lot, Sale, Stage
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.models import SaleHead
from escrow.deposits.models import Deposit, DepositStatus
from escrow.deposits.queries import read_outstanding
from escrow.payments.models import (
    Channel,
    Payment,
    PaymentStatus,
    Purpose,
    Refund,
    RefundStatus,
)
from escrow.payments.rules import MOST_PARTS, can_pay_online, count_parts, next_part
from escrow.payments.services import ends_in_time, has_closed
from escrow.payments.timeline import MoneyEvent, read_money_events
from escrow.settlement.models import Settlement


@dataclass(frozen=True)
class MoneyState:
    """Where some money is: `kind` for programs and colours, `label` for people."""

    kind: str
    label: Any
    is_settled: bool = False


_REFUNDS = {
    RefundStatus.DUE: MoneyState("returning", _l("退还中")),
    RefundStatus.SENT: MoneyState("returning", _l("已退出，等待到账")),
    RefundStatus.DONE: MoneyState("refunded", _l("已退还"), is_settled=True),
}
_DEPOSITS = {
    DepositStatus.HELD: MoneyState("held", _l("已确认，保管中")),
    DepositStatus.APPLYING: MoneyState("pending", _l("正在抵充价款")),
    DepositStatus.APPLIED: MoneyState("settled", _l("已抵充价款"), is_settled=True),
    DepositStatus.RETURNING: MoneyState("returning", _l("退还中")),
    DepositStatus.RETURNED: MoneyState("refunded", _l("已退还"), is_settled=True),
    DepositStatus.FORFEITED: MoneyState("forfeited", _l("不予退还"), is_settled=True),
    DepositStatus.LAPSED: MoneyState("expired", _l("冻结已失效，未扣款"), is_settled=True),
}
_PAYMENTS = {
    PaymentStatus.STARTED: MoneyState("pending", _l("等待付款")),
    PaymentStatus.HELD: MoneyState("held", _l("已冻结")),
    PaymentStatus.RECEIVED: MoneyState("settled", _l("已收到"), is_settled=True),
    PaymentStatus.RELEASED: MoneyState("released", _l("已解除冻结"), is_settled=True),
    PaymentStatus.LAPSED: MoneyState("expired", _l("未付款，已失效"), is_settled=True),
    PaymentStatus.SUSPENSE: MoneyState("unknown", _l("金额不符，法院核实中")),
}
_RELEASED = _PAYMENTS[PaymentStatus.RELEASED]
_PAYS = (EnrolmentStatus.BEGUN, EnrolmentStatus.DEPOSIT_DUE)


def describe(payment: Payment, deposit: Deposit | None, refund: Refund | None) -> MoneyState:
    """The state of a payment as its payer understands it: the way back first, then its use."""
    if refund is not None:
        is_released = payment.status is PaymentStatus.RELEASED
        return _RELEASED if is_released else _REFUNDS[refund.status]
    return _DEPOSITS[deposit.status] if deposit is not None else _PAYMENTS[payment.status]


@dataclass(frozen=True)
class MoneyLine:
    """One payment of a person, from start to end."""

    purpose: Purpose
    channel: Channel
    is_hold: bool
    amount_minor: int
    refund_minor: int | None
    lot_number: str
    title: str
    started_at: datetime
    confirmed_at: datetime | None
    settled_at: datetime | None
    # By when it must be back (CN16-23.2), as long as it is not.
    due_at: datetime | None
    state: MoneyState


def money_of(user_id: int) -> list[MoneyLine]:
    """Every payment of a person with what became of it, newest first."""
    rows = db.session.execute(
        select(Payment, Deposit, Lot.number, Asset.title)
        .join(Enrolment, Enrolment.id == Payment.enrolment_id)
        .join(Sale, Sale.id == Enrolment.sale_id)
        .join(Lot, Lot.id == Sale.lot_id)
        .join(Asset, Asset.id == Lot.asset_id)
        .outerjoin(Deposit, Deposit.id == Payment.deposit_id)
        .where(Payment.user_id == user_id)
        .order_by(Payment.started_at.desc(), Payment.id.desc())
    ).all()
    back = _refunds_of([row[0].id for row in rows])
    return [
        _line(payment, deposit, back.get(payment.id, []), number, title)
        for payment, deposit, number, title in rows
    ]


def _refunds_of(payment_ids: list[int]) -> dict[int, list[Refund]]:
    """The refunds of each payment, oldest first."""
    found: dict[int, list[Refund]] = {}
    rows = db.session.scalars(
        select(Refund).where(Refund.payment_id.in_(payment_ids)).order_by(Refund.id)
    )
    for refund in rows:
        found.setdefault(refund.payment_id, []).append(refund)
    return found


def _line(
    payment: Payment, deposit: Deposit | None, refunds: list[Refund], number: str, title: str
) -> MoneyLine:
    refund = refunds[-1] if refunds else None
    is_back = all(row.status is RefundStatus.DONE for row in refunds)
    settled_at = deposit.settled_at if deposit is not None else payment.settled_at
    return MoneyLine(
        purpose=payment.purpose,
        channel=payment.channel,
        is_hold=payment.is_hold,
        amount_minor=payment.amount_minor,
        refund_minor=sum(row.amount_minor for row in refunds) if refunds else None,
        lot_number=number,
        title=title,
        started_at=payment.started_at,
        confirmed_at=payment.confirmed_at,
        settled_at=refund.done_at if refund is not None else settled_at,
        due_at=refund.due_at if refund is not None and not is_back else None,
        state=describe(payment, deposit, refund),
    )


def _case_account(sale: Sale) -> str:
    """One case, one account number: the one the announcement names (CN17F-3)."""
    return db.session.get_one(EnforcementCase, sale.case_id).account_number


@dataclass(frozen=True)
class DepositPage:
    """All that the deposit page of one enrolment shows."""

    enrolment_id: int
    sale_id: int
    reference: str
    lot_number: str
    title: str
    court: Court
    case_account: str
    is_practice: bool
    amount_minor: int
    status: EnrolmentStatus
    code: str | None
    closes_at: datetime
    is_closed: bool
    is_hold: bool
    is_selloff: bool
    outstanding_minor: int
    # What is paid online next, and in how many payments all of it.
    part_minor: int
    parts_left: int
    can_pay_online: bool
    has_open_attempt: bool
    lines: tuple[MoneyLine, ...]
    events: tuple[MoneyEvent, ...]

    @property
    def state(self) -> str:
        """Changes whenever the page would: what the page's script looks at."""
        money = "+".join(line.state.kind for line in self.lines)
        return f"{self.status}/{'closed' if self.is_closed else 'open'}/{money}"


def deposit_page(reference: str, user_id: int, now: datetime) -> DepositPage:
    """The page of the enrolment with this reference; NotFound for anybody but its owner."""
    enrolment = db.session.scalar(
        select(Enrolment).where(Enrolment.reference == reference, Enrolment.user_id == user_id)
    )
    if enrolment is None:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    sale = db.session.get(Sale, enrolment.sale_id)
    assert sale is not None, "a foreign key points here"
    court = db.session.get(Court, sale.court_id)
    assert court is not None, "a foreign key points here"
    head = db.session.get(SaleHead, sale.id)
    lot = sale.lot
    outstanding = read_outstanding(enrolment) if enrolment.status in _PAYS else 0
    return DepositPage(
        enrolment_id=enrolment.id,
        sale_id=sale.id,
        reference=reference,
        lot_number=lot.number,
        title=lot.asset.title,
        court=court,
        case_account=_case_account(sale),
        is_practice=lot.is_practice,
        amount_minor=enrolment.deposit_minor,
        status=enrolment.status,
        code=enrolment.code,
        closes_at=head.closes_at if head is not None else sale.closes_at,
        is_closed=has_closed(sale, head, now),
        is_hold=ends_in_time(sale, head, now),
        is_selloff=sale.stage is Stage.SELLOFF,
        outstanding_minor=outstanding,
        part_minor=next_part(outstanding) if outstanding else 0,
        parts_left=count_parts(outstanding),
        can_pay_online=count_parts(enrolment.deposit_minor) <= MOST_PARTS,
        has_open_attempt=bool(open_attempts(enrolment.id, Purpose.DEPOSIT)),
        lines=_lines_of(enrolment.id, Purpose.DEPOSIT, lot),
        events=read_money_events(enrolment.id),
    )


@dataclass(frozen=True)
class BalancePage:
    """All that the balance page of one sold lot shows to its buyer."""

    settlement: Settlement
    sale_id: int
    sale_number: str
    lot_number: str
    title: str
    court: Court
    case_account: str
    can_pay_online: bool
    has_open_attempt: bool
    lines: tuple[MoneyLine, ...]


def balance_page(number: str, user_id: int) -> BalancePage:
    """The balance page of the sale with this number; NotFound for anybody but its buyer."""
    row = db.session.execute(
        select(Settlement, Sale)
        .join(Sale, Sale.id == Settlement.sale_id)
        .join(Enrolment, Enrolment.id == Settlement.enrolment_id)
        .where(Sale.number == number, Enrolment.user_id == user_id)
    ).one_or_none()
    if row is None:
        raise NotFound("unknown-settlement", _l("没有需要您支付的尾款。"))
    settlement, sale = row
    court = db.session.get(Court, sale.court_id)
    assert court is not None, "a foreign key points here"
    lot = sale.lot
    return BalancePage(
        settlement=settlement,
        sale_id=sale.id,
        sale_number=number,
        lot_number=lot.number,
        title=lot.asset.title,
        court=court,
        case_account=_case_account(sale),
        can_pay_online=can_pay_online(settlement.outstanding_minor),
        has_open_attempt=bool(open_attempts(settlement.enrolment_id, Purpose.BALANCE)),
        lines=_lines_of(settlement.enrolment_id, Purpose.BALANCE, lot),
    )


def _lines_of(enrolment_id: int, purpose: Purpose, lot: Lot) -> tuple[MoneyLine, ...]:
    """The payments of one enrolment for one purpose, newest first."""
    rows = db.session.execute(
        select(Payment, Deposit)
        .outerjoin(Deposit, Deposit.id == Payment.deposit_id)
        .where(Payment.enrolment_id == enrolment_id, Payment.purpose == purpose)
        .order_by(Payment.started_at.desc(), Payment.id.desc())
    ).all()
    back = _refunds_of([payment.id for payment, _deposit in rows])
    return tuple(
        _line(payment, deposit, back.get(payment.id, []), lot.number, lot.asset.title)
        for payment, deposit in rows
    )


def open_attempts(enrolment_id: int, purpose: Purpose) -> list[int]:
    """Payments of an enrolment that the payer may just have made."""
    return list(
        db.session.scalars(
            select(Payment.id).where(
                Payment.enrolment_id == enrolment_id,
                Payment.purpose == purpose,
                Payment.channel == Channel.STRIPE,
                Payment.status == PaymentStatus.STARTED,
            )
        )
    )
