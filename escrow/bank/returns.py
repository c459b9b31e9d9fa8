"""Money goes back to its payer by bank: two sources of payouts, and transfers declared by hand.

By hand one person declares a transfer up to the court's limit, two above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.bulk import among
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from auction.deadlines.services import reopen_deadline
from auction.sales.calendar import beijing_day
from auction.sales.models import Sale, SaleStatus
from bidding.enrolment.models import Enrolment
from escrow.bank.matching import lock_line, suspense_account
from escrow.bank.models import (
    ORDER_TRANSITIONS,
    BankLine,
    LineStatus,
    OrderKind,
    OrderStatus,
    ReturnOrder,
)
from escrow.bank.rules import second_person_above
from escrow.bank.suspense import lock_suspended, take_from_suspense
from escrow.deposits.models import DEPOSIT_TRANSITIONS, Deposit, DepositStatus
from escrow.ledger import Account, AccountKind, TransferKind
from escrow.payments.booking import return_account
from escrow.payments.models import (
    REFUND_TRANSITIONS,
    Channel,
    Payment,
    Refund,
    RefundStatus,
)
from escrow.payments.refunds import RETURN_DEADLINE, finish_refunds, lock_refund
from escrow.payouts.by_hand import pay_by_hand
from escrow.payouts.models import Payout, PayoutKind
from escrow.payouts.offers import is_under_way
from escrow.payouts.sources import Debt, Payee, register_source

_RETURNED = {
    AccountKind.DEPOSIT: TransferKind.DEPOSIT_RETURNED,
    AccountKind.PREPAID: TransferKind.PREPAID_RETURNED,
    AccountKind.PRICE: TransferKind.PRICE_RETURNED,
    AccountKind.SUSPENSE: TransferKind.SUSPENSE_RETURNED,
}


class RefundSource:
    """Refunds of payments that came by bank, or that the provider could not send back."""

    def read(self, court_id: int, ids: Sequence[int] | None = None) -> list[Debt]:
        """What is due, the most urgent first (CN16-23.2)."""
        query = (
            select(Refund, EnforcementCase, Sale)
            .join(Payment, Payment.id == Refund.payment_id)
            .join(Enrolment, Enrolment.id == Payment.enrolment_id)
            .join(Sale, Sale.id == Enrolment.sale_id)
            .join(EnforcementCase, EnforcementCase.id == Refund.case_id)
            .where(
                Refund.court_id == court_id,
                Refund.channel == Channel.BANK,
                Refund.status == RefundStatus.DUE,
            )
            .order_by(Refund.due_at, Refund.id)
        )
        if ids is not None:
            query = query.where(among(Refund.id, list(ids), db.engine.dialect))
        by_hand = _proposed(court_id, OrderKind.REFUND)
        return [
            Debt(
                kind=PayoutKind.REFUND,
                subject_id=refund.id,
                court_id=court_id,
                case_id=refund.case_id,
                amount_minor=refund.amount_minor,
                currency=refund.currency,
                debtor_account=case.account_number,
                payee=Payee(
                    refund.payee_name or "", refund.payee_account or "", refund.payee_bank or ""
                ),
                expected_name="",
                step=str(refund.reason),
                purpose="退还拍卖款项",
                remittance=f"{sale.number} 退款",
                due_at=refund.due_at,
                is_sealed=sale.status is SaleStatus.ANNOUNCED and sale.ended_at is None,
                obstacle="by-hand" if refund.id in by_hand else None,
            )
            for refund, case, sale in db.session.execute(query)
        ]

    def lock(self, court_id: int, ids: Sequence[int]) -> None:
        """Payments first, then their refunds."""
        dialect = db.engine.dialect
        payments = select(Refund.payment_id).where(
            Refund.court_id == court_id, among(Refund.id, list(ids), dialect)
        )
        for model, found in (
            (Payment, sorted(db.session.scalars(payments))),
            (Refund, list(ids)),
        ):
            db.session.scalars(
                select(model)
                .where(among(model.id, found, dialect))
                .order_by(model.id)
                .with_for_update()
                .execution_options(populate_existing=True)
            ).all()

    def bookings(
        self, court_id: int, ids: Sequence[int]
    ) -> dict[int, tuple[TransferKind, Account]]:
        """From the deposit, the prepayment or the price that it goes back from."""
        rows = db.session.execute(
            select(Refund, Payment)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Refund.court_id == court_id, among(Refund.id, list(ids), db.engine.dialect))
        )
        found = {}
        for refund, payment in rows:
            owed = return_account(payment, refund)
            found[refund.id] = _RETURNED[owed.kind], owed
        return found

    def mark_sent(self, ids: Sequence[int], *, is_sent: bool, at: datetime) -> None:
        """A refund stays due until its money is gone: the hold keeps it from anybody else."""

    def settle(
        self,
        payout: Payout,
        *,
        booked_id: int,
        reference: str,
        actor_id: int | None,
        at: datetime,
        paid_on: date,
    ) -> None:
        """Done, with its deposit and its clock."""
        assert payout.refund_id is not None, "kept by a constraint"
        refund, _payment = lock_refund(payout.refund_id)
        refund.transfer_id = booked_id
        finish_refunds([refund], at=at, actor_id=actor_id)

    def show(self, payout: Payout, line_id: int) -> None:
        """The declaration by hand, if there was one, says which line shows it."""
        _show_order(ReturnOrder.refund_id == payout.refund_id, line_id)

    def reopen(self, payout: Payout, *, at: datetime) -> None:
        """Due as before, and its clock runs again."""
        assert payout.refund_id is not None, "kept by a constraint"
        refund, payment = lock_refund(payout.refund_id)
        change_state(
            refund, RefundStatus.DUE, REFUND_TRANSITIONS, actor_id=None, at=at, reason="returned"
        )
        refund.done_at = refund.transfer_id = None
        refund.attempt += 1
        refund.failures += 1
        reopen_deadline(RETURN_DEADLINE, refund)
        deposit = db.session.scalar(
            select(Deposit)
            .where(
                Deposit.id == payment.deposit_id,
                Deposit.status == DepositStatus.RETURNED,
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if deposit is not None:
            change_state(
                deposit, DepositStatus.RETURNING, DEPOSIT_TRANSITIONS, actor_id=None, at=at
            )
            deposit.settled_at = None


class SuspenseSource:
    """What is left of lines that nobody could place; it goes back to who sent it."""

    def read(self, court_id: int, ids: Sequence[int] | None = None) -> list[Debt]:
        """Suspended lines with money left, the most urgent first (CN21S-2)."""
        query = (
            select(BankLine)
            .where(
                BankLine.court_id == court_id,
                BankLine.status == LineStatus.SUSPENSE,
                BankLine.remaining_minor > 0,
            )
            .order_by(BankLine.identify_by, BankLine.id)
        )
        if ids is not None:
            query = query.where(among(BankLine.id, list(ids), db.engine.dialect))
        by_hand = _proposed(court_id, OrderKind.SUSPENSE)
        return [
            Debt(
                kind=PayoutKind.SUSPENSE,
                subject_id=line.id,
                court_id=court_id,
                case_id=line.case_id,
                amount_minor=line.remaining_minor,
                currency=line.currency,
                debtor_account=line.account_number,
                payee=Payee(line.payer_name, line.payer_account, line.payer_bank),
                expected_name="",
                step="suspense",
                purpose="退还不明款项",
                remittance="退还无法识别的来款",
                due_at=line.identify_by,
                obstacle="by-hand" if line.id in by_hand else None,
            )
            for line in db.session.scalars(query)
        ]

    def lock(self, court_id: int, ids: Sequence[int]) -> None:
        """The lines, by id."""
        for line_id in sorted(ids):
            lock_line(line_id, court_id)

    def bookings(
        self, court_id: int, ids: Sequence[int]
    ) -> dict[int, tuple[TransferKind, Account]]:
        """From the court's suspense."""
        lines = [db.session.get_one(BankLine, line_id) for line_id in ids]
        return {line.id: (TransferKind.SUSPENSE_RETURNED, suspense_account(line)) for line in lines}

    def mark_sent(self, ids: Sequence[int], *, is_sent: bool, at: datetime) -> None:
        """A suspended line stays what it is until its money is gone."""

    def settle(
        self,
        payout: Payout,
        *,
        booked_id: int,
        reference: str,
        actor_id: int | None,
        at: datetime,
        paid_on: date,
    ) -> None:
        """What was left of the line is gone; with it the line is placed."""
        assert payout.line_id is not None, "kept by a constraint"
        line = lock_line(payout.line_id, payout.court_id)
        take_from_suspense(line, payout.amount_minor, actor_id=actor_id, at=at)

    def show(self, payout: Payout, line_id: int) -> None:
        """The declaration by hand, if there was one, says which line shows it."""
        _show_order(ReturnOrder.line_id == payout.line_id, line_id)

    def reopen(self, payout: Payout, *, at: datetime) -> None:
        """What came back is a line of its own, and stands in suspense as such."""


register_source(PayoutKind.REFUND, RefundSource())
register_source(PayoutKind.SUSPENSE, SuspenseSource())


def _proposed(court_id: int, kind: OrderKind) -> set[int]:
    """Debts that somebody has declared by hand, and a second person has not looked at."""
    column = ReturnOrder.refund_id if kind is OrderKind.REFUND else ReturnOrder.line_id
    found = db.session.scalars(
        select(column).where(
            ReturnOrder.court_id == court_id,
            ReturnOrder.kind == kind,
            ReturnOrder.status == OrderStatus.PROPOSED,
        )
    )
    return {subject_id for subject_id in found if subject_id is not None}


def _show_order(where: object, line_id: int) -> None:
    order = db.session.scalar(
        select(ReturnOrder)
        .where(where, ReturnOrder.status == OrderStatus.PAID, ReturnOrder.bank_line_id.is_(None))  # type: ignore[arg-type]
        .order_by(ReturnOrder.id.desc())
        .limit(1)
        .with_for_update()
    )
    if order is not None:
        order.bank_line_id = line_id


# ── declared by hand ────────────────────────────────────────────────────────────────────────────


def propose_refund(
    refund_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ReturnOrder:
    """Finance has sent a refund; above the limit a second person confirms it (A1).

    Doing it again returns the order there is. Refused: `not-by-bank`, `refund-done`, `under-way`
    (a batch has it), `reference-used`, `future-day`.
    """
    refund, _payment = lock_refund(refund_id)
    if refund.court_id != court_id:
        raise NotFound("unknown-refund", _l("没有这笔退款。"))
    known = db.session.scalar(
        select(ReturnOrder).where(
            ReturnOrder.refund_id == refund_id, ReturnOrder.status == OrderStatus.PROPOSED
        )
    )
    if known is not None:
        return known
    if refund.channel is not Channel.BANK:
        raise DomainError("not-by-bank", _l("这笔退款由支付通道办理，无需转账。"))
    if refund.status is not RefundStatus.DUE:
        raise DomainError("refund-done", _l("这笔退款已经办结。"))
    _refuse_under_way(PayoutKind.REFUND, refund.id)
    order = ReturnOrder(
        case_id=refund.case_id,
        kind=OrderKind.REFUND,
        refund_id=refund.id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        payee_account=refund.payee_account or "",
    )
    return _propose(order, bank_reference, paid_on, court_id, actor_id, now)


def propose_return(
    line_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ReturnOrder:
    """What is left of a suspended line goes back to who sent it."""
    line = lock_suspended(line_id, court_id)
    _refuse_under_way(PayoutKind.SUSPENSE, line.id)
    order = ReturnOrder(
        case_id=line.case_id,
        kind=OrderKind.SUSPENSE,
        line_id=line.id,
        amount_minor=line.remaining_minor,
        currency=line.currency,
        payee_account=line.payer_account,
    )
    return _propose(order, bank_reference, paid_on, court_id, actor_id, now)


def _refuse_under_way(kind: PayoutKind, subject_id: int) -> None:
    if is_under_way(kind, subject_id):
        raise DomainError("under-way", _l("这笔款已列入付款批次，不能再手工登记。"))


def confirm_order(order_id: int, *, court_id: int, actor_id: int, now: datetime) -> ReturnOrder:
    """The second person has looked over it: the money is booked as gone.

    Refused: `same-person` (maker and checker are two), `wrong-state`.
    """
    order = _lock_order(order_id, court_id)
    if order.status is OrderStatus.PAID:
        return order
    if order.proposed_by == actor_id:
        raise Forbidden("same-person", _l("经办人不能复核自己提交的退款。"))
    order.second_id = actor_id
    _pay(order, actor_id=actor_id, now=now)
    return order


def cancel_order(order_id: int, *, court_id: int, actor_id: int, now: datetime) -> ReturnOrder:
    """The proposal is taken back; the money is owed as before."""
    order = _lock_order(order_id, court_id)
    if order.status is not OrderStatus.CANCELLED:
        change_state(order, OrderStatus.CANCELLED, ORDER_TRANSITIONS, actor_id=actor_id, at=now)
        order.bank_reference = f"{order.bank_reference[:40]}#{order.id}"
    return order


def _propose(
    order: ReturnOrder,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> ReturnOrder:
    if paid_on > beijing_day(now):
        raise Invalid("future-day", _l("转账日期不能晚于今天。"), field="paid_on")
    court = db.session.get_one(Court, court_id)
    order.court_id = court_id
    order.bank_reference, order.paid_on = bank_reference, paid_on
    order.status = OrderStatus.PROPOSED
    order.needs_second = order.amount_minor > second_person_above(court.settings)
    order.proposed_by, order.proposed_at = actor_id, now
    try:
        with db.session.begin_nested():
            db.session.add(order)
    except IntegrityError:
        raise Invalid(
            "reference-used",
            _l("这个银行流水号已经用于另一笔付款，请核对。"),
            field="bank_reference",
        ) from None
    record(
        "propose-return",
        order,
        actor_id=actor_id,
        at=now,
        detail={"amount_minor": order.amount_minor, "needs_second": order.needs_second},
    )
    if not order.needs_second:
        _pay(order, actor_id=actor_id, now=now)
    return order


def _pay(order: ReturnOrder, *, actor_id: int, now: datetime) -> None:
    kind = PayoutKind.REFUND if order.kind is OrderKind.REFUND else PayoutKind.SUSPENSE
    subject_id = order.refund_id or order.line_id
    assert subject_id is not None, "kept by a constraint"
    change_state(order, OrderStatus.PAID, ORDER_TRANSITIONS, actor_id=actor_id, at=now)
    order.settled_at = now
    pay_by_hand(
        kind,
        subject_id,
        bank_reference=order.bank_reference,
        paid_on=order.paid_on,
        court_id=order.court_id,
        actor_id=actor_id,
        now=now,
    )


def _lock_order(order_id: int, court_id: int) -> ReturnOrder:
    """An order, locked after what it pays back."""
    found = db.session.get(ReturnOrder, order_id)
    if found is None or found.court_id != court_id:
        raise NotFound("unknown-order", _l("没有这笔退款单。"))
    if found.refund_id is not None:
        lock_refund(found.refund_id)
    elif found.line_id is not None:
        lock_line(found.line_id, court_id)
    order = db.session.get(ReturnOrder, order_id, with_for_update=True, populate_existing=True)
    assert order is not None, "orders are never deleted"
    return order
