"""Money goes back to its payer by bank: refunds and suspended lines as sources of payouts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.core.bulk import among
from auction.core.db import db
from auction.core.states import change_state
from auction.deadlines.services import reopen_deadline
from auction.sales.models import Sale, SaleStatus
from bidding.enrolment.models import Enrolment
from escrow.bank.matching import lock_line, suspense_account
from escrow.bank.models import (
    BankLine,
    LineStatus,
    OrderKind,
    OrderStatus,
    ReturnOrder,
)
from escrow.bank.suspense import take_from_suspense
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
from escrow.payouts.models import Payout, PayoutKind
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
