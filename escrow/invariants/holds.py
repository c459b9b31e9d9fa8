"""INV-8: a hold is resolved once; every payment, refund and payout is booked as it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select

from auction.core.db import db
from escrow.deposits.models import Deposit, DepositStatus
from escrow.invariants.booked import APPLIED, RECEIVED, RETURNED, Booked
from escrow.ledger import Account, AccountKind, Fault, TransferKind
from escrow.ledger.models import AccountBalance
from escrow.payments.models import Payment, PaymentStatus, Purpose, Refund, RefundStatus
from escrow.payouts.models import Payout, PayoutStatus

_LEFT = (*RETURNED, TransferKind.PLAN_PAID, TransferKind.PLAN_DEPOSITED)
# A deposit that has come to its end, and a payment of which nothing more is expected.
_OVER = (DepositStatus.RETURNED, DepositStatus.FORFEITED, DepositStatus.APPLIED)
_PENDING = (PaymentStatus.STARTED, PaymentStatus.HELD)


def check_holds(booked: Booked) -> list[Fault]:
    """Compare every row about a bidder's or a payee's money with what was booked for it."""
    return [
        *_check_payments(booked),
        *_check_payouts(booked),
        *_check_refunds(booked),
        *_check_deposits(booked),
        *_check_nothing_stranded(),
    ]


def _check_payments(booked: Booked) -> Iterator[Fault]:
    """Held as long as its hold is open; received to the amount that was secured; else nothing."""
    held = booked.held_rows(Payment.__tablename__)
    for payment_id, status, amount, taken in db.session.execute(
        select(Payment.id, Payment.status, Payment.amount_minor, Payment.taken_minor)
    ):
        name = f"payment {payment_id}"
        if (status is PaymentStatus.HELD) is not (payment_id in held):
            yield Fault("hold-differs", name, f"{status}, hold open: {payment_id in held}")
        secured = amount if taken is None else taken
        wanted = secured if status is PaymentStatus.RECEIVED else 0
        came = booked.of(Payment.__tablename__, payment_id, RECEIVED)
        if came != wanted:
            yield Fault("receipt-differs", name, f"{status}: {came} booked of {wanted}")


def _check_payouts(booked: Booked) -> Iterator[Fault]:
    """A payout has left once it is paid, and is back once it was returned."""
    held = booked.held_rows(Payout.__tablename__)
    for payout_id, status, amount in db.session.execute(
        select(Payout.id, Payout.status, Payout.amount_minor)
    ):
        name = f"payout {payout_id}"
        if (status is PayoutStatus.HELD) is not (payout_id in held):
            yield Fault("hold-differs", name, f"{status}, hold open: {payout_id in held}")
        left = booked.of(Payout.__tablename__, payout_id, _LEFT)
        if left != (amount if status in (PayoutStatus.PAID, PayoutStatus.RETURNED) else 0):
            yield Fault("payout-differs", name, f"{status}: {left} booked of {amount}")


def _check_refunds(booked: Booked) -> Iterator[Fault]:
    """A refund has left exactly once when it is sent or done, and not while it is due."""
    by_payout: dict[int, int] = defaultdict(int)
    for payout_id, refund_id in db.session.execute(
        select(Payout.id, Payout.refund_id).where(Payout.refund_id.is_not(None))
    ):
        left = booked.of(Payout.__tablename__, payout_id, RETURNED)
        back = booked.of(Payout.__tablename__, payout_id, (TransferKind.PAYOUT_RETURNED,))
        by_payout[refund_id or 0] += left - back
    for refund_id, status, amount, paid in db.session.execute(
        select(Refund.id, Refund.status, Refund.amount_minor, Payment.status).join(
            Payment, Payment.id == Refund.payment_id
        )
    ):
        sent = booked.of(Refund.__tablename__, refund_id, RETURNED)
        undone = booked.of(Refund.__tablename__, refund_id, (TransferKind.REVERSAL,))
        left = sent - undone + by_payout[refund_id]
        # A hold that was let go of was never money.
        is_out = status is not RefundStatus.DUE and paid is PaymentStatus.RECEIVED
        if left != (amount if is_out else 0):
            yield Fault("refund-differs", f"refund {refund_id}", f"{status}: {left} of {amount}")


def _check_deposits(booked: Booked) -> Iterator[Fault]:
    """A deposit went into the price as a whole, or not at all (CN16-23.1)."""
    for deposit_id, status, amount in db.session.execute(
        select(Deposit.id, Deposit.status, Deposit.amount_minor)
    ):
        applied = booked.of(Deposit.__tablename__, deposit_id, APPLIED)
        # After a set-aside it goes back out of the price: it was applied, and is returned.
        possible = {
            DepositStatus.APPLIED: {amount},
            DepositStatus.FORFEITED: {amount},
            DepositStatus.RETURNING: {0, amount},
            DepositStatus.RETURNED: {0, amount},
        }.get(status, {0})
        if applied not in possible:
            detail = f"{status}: {applied} applied of {amount}"
            yield Fault("deposit-differs", f"deposit {deposit_id}", detail)


def _check_nothing_stranded() -> Iterator[Fault]:
    """Where all of a bidder's payments have come to their end his account stands at zero."""
    open_ones = set(
        db.session.scalars(
            select(Payment.enrolment_id).where(
                Payment.purpose == Purpose.DEPOSIT, Payment.status.in_(_PENDING)
            )
        )
    )
    open_ones |= set(
        db.session.scalars(
            select(Payment.enrolment_id)
            .join(Refund, Refund.payment_id == Payment.id)
            .where(Refund.status != RefundStatus.DONE)
        )
    )
    over = set(db.session.scalars(select(Deposit.enrolment_id).where(Deposit.status.in_(_OVER))))
    for owner_id, came, went, pending in db.session.execute(
        select(
            Account.owner_id,
            AccountBalance.credits_posted,
            AccountBalance.debits_posted,
            AccountBalance.credits_pending + AccountBalance.debits_pending,
        )
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.kind.in_((AccountKind.DEPOSIT, AccountKind.PREPAID)))
    ):
        if owner_id in over - open_ones and (came != went or pending):
            detail = f"{came - went} and {pending} held, though all has come to its end"
            yield Fault("money-stranded", f"enrolment {owner_id}", detail)
