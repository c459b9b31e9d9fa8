"""How a payment and its way back stand in the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from auction.core.db import db
from bidding.enrolment.models import Enrolment
from escrow.ledger import (
    Account,
    AccountKind,
    NewTransfer,
    Phase,
    Transfer,
    TransferKind,
    account,
    post,
    resolve_hold,
)
from escrow.payments.models import Channel, Payment, Purpose, Refund


def money_account(row: Payment | Refund) -> Account:
    """Where the money lies: at the provider, or in the court's bank account (CN17F-2)."""
    kind = AccountKind.PROVIDER if row.channel is Channel.STRIPE else AccountKind.BANK
    return account(kind, row.court_id, court_id=row.court_id, currency=row.currency)


def owed_account(payment: Payment) -> Account:
    """What the money is: a bidder's deposit, or purchase money of the sale."""
    if payment.purpose is Purpose.DEPOSIT:
        kind, owner_id = AccountKind.DEPOSIT, payment.enrolment_id
    else:
        kind, owner_id = AccountKind.PRICE, sale_id_of(payment)
    return account(
        kind,
        owner_id,
        court_id=payment.court_id,
        case_id=payment.case_id,
        currency=payment.currency,
    )


def sale_id_of(payment: Payment) -> int:
    """The sale that a payment belongs to."""
    enrolment = db.session.get(Enrolment, payment.enrolment_id)
    assert enrolment is not None, "a foreign key points here"
    return enrolment.sale_id


def book_receipt(
    payment: Payment,
    *,
    is_held: bool,
    effective_at: datetime,
    at: datetime,
    from_suspense: bool = False,
) -> None:
    """Money of ours has come in, or is held for us; books the provider's hold as pending.

    Money that stood in suspense until it was identified comes from there (CN21S-2).
    """
    kind = TransferKind.BALANCE_RECEIVED
    if from_suspense:
        kind = TransferKind.SUSPENSE_IDENTIFIED
    elif payment.purpose is Purpose.DEPOSIT:
        kind = TransferKind.DEPOSIT_RECEIVED
    (booked,) = post(
        [
            NewTransfer(
                kind=kind,
                debit=_suspense(payment) if from_suspense else money_account(payment),
                credit=owed_account(payment),
                amount_minor=payment.amount_minor,
                key=f"payment:{payment.id}:received",
                source=payment,
                effective_at=effective_at,
                phase=Phase.PENDING if is_held else Phase.SINGLE,
                case_id=payment.case_id,
            )
        ],
        at=at,
    )
    payment.transfer_id = booked.id


def _suspense(payment: Payment) -> Account:
    return account(
        AccountKind.SUSPENSE,
        payment.court_id,
        court_id=payment.court_id,
        currency=payment.currency,
    )


def book_hold_end(payment: Payment, *, amount_minor: int, at: datetime) -> None:
    """The hold was taken (its amount is posted) or let go (0: it is voided)."""
    hold = db.session.get(Transfer, payment.transfer_id)
    assert hold is not None, "a held payment has its pending transfer"
    resolve_hold(
        hold,
        amount_minor=amount_minor,
        key=f"payment:{payment.id}:{'captured' if amount_minor else 'released'}",
        source=payment,
        effective_at=at,
        at=at,
    )


def book_fee(payment: Payment, fee_minor: int | None, *, at: datetime) -> None:
    """What the provider keeps is the court's expense, never the bidder's."""
    if not fee_minor:
        return
    fees = account(
        AccountKind.PROVIDER_FEES,
        payment.court_id,
        court_id=payment.court_id,
        currency=payment.currency,
    )
    post(
        [
            NewTransfer(
                kind=TransferKind.PROVIDER_FEE,
                debit=fees,
                credit=money_account(payment),
                amount_minor=fee_minor,
                key=f"payment:{payment.id}:fee",
                source=payment,
                effective_at=at,
                case_id=payment.case_id,
            )
        ],
        at=at,
    )


def book_refund(
    refund: Refund,
    payment: Payment,
    *,
    key: str,
    effective_at: datetime,
    at: datetime,
    actor_id: int | None = None,
) -> Transfer:
    """The money has left for its payer."""
    is_deposit = payment.purpose is Purpose.DEPOSIT
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.DEPOSIT_RETURNED if is_deposit else TransferKind.PRICE_RETURNED,
                debit=owed_account(payment),
                credit=money_account(refund),
                amount_minor=refund.amount_minor,
                key=key,
                source=refund,
                effective_at=effective_at,
                case_id=refund.case_id,
            )
        ],
        at=at,
        actor_id=actor_id,
    )
    refund.transfer_id = booked.id
    return booked


def book_suspense(
    court_id: int, currency: str, amount_minor: int, *, key: str, source: Any, at: datetime
) -> None:
    """Money came that nobody can place: it is owed to somebody all the same (CN21S-2)."""
    post(
        [
            NewTransfer(
                kind=TransferKind.SUSPENSE_RECEIVED,
                debit=account(AccountKind.PROVIDER, court_id, court_id=court_id, currency=currency),
                credit=account(
                    AccountKind.SUSPENSE, court_id, court_id=court_id, currency=currency
                ),
                amount_minor=amount_minor,
                key=key,
                source=source,
                effective_at=at,
            )
        ],
        at=at,
    )
