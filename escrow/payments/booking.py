"""How a payment and its way back stand in the books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.db import db
from auction.sales.models import Sale, Stage
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
)
from escrow.payments.models import Channel, Payment, Purpose, Refund, RefundReason

_RECEIVED = {
    AccountKind.DEPOSIT: TransferKind.DEPOSIT_RECEIVED,
    AccountKind.PREPAID: TransferKind.PREPAID_RECEIVED,
    AccountKind.PRICE: TransferKind.BALANCE_RECEIVED,
}
_RETURNED = {
    AccountKind.DEPOSIT: TransferKind.DEPOSIT_RETURNED,
    AccountKind.PREPAID: TransferKind.PREPAID_RETURNED,
    AccountKind.PRICE: TransferKind.PRICE_RETURNED,
    AccountKind.SUSPENSE: TransferKind.SUSPENSE_RETURNED,
}


def money_account(row: Payment | Refund) -> Account:
    """Where the money lies: at the provider, or in the court's bank account (CN17F-2)."""
    kind = AccountKind.PROVIDER if row.channel is Channel.STRIPE else AccountKind.BANK
    return account(kind, row.court_id, court_id=row.court_id, currency=row.currency)


def deposit_account(
    enrolment_id: int, stage: Stage, *, court_id: int, case_id: int, currency: str
) -> Account:
    """A bidder's deposit; in a sell-off the price he has paid before bidding (CN455-5.1)."""
    kind = AccountKind.PREPAID if stage is Stage.SELLOFF else AccountKind.DEPOSIT
    return account(kind, enrolment_id, court_id=court_id, case_id=case_id, currency=currency)


def owed_account(payment: Payment) -> Account:
    """What the money is: a bidder's deposit, or purchase money of the sale."""
    sale = sale_of(payment)
    books: dict[str, Any] = {
        "court_id": payment.court_id,
        "case_id": payment.case_id,
        "currency": payment.currency,
    }
    if payment.purpose is Purpose.DEPOSIT:
        return deposit_account(payment.enrolment_id, sale.stage, **books)
    return account(AccountKind.PRICE, sale.id, **books)


def return_account(payment: Payment, refund: Refund) -> Account:
    """From which debt a refund is paid: a deposit that went into the price is price by then."""
    if refund.reason is RefundReason.MISMATCH:
        return suspense_account(payment)
    if payment.purpose is Purpose.DEPOSIT and refund.reason in _AFTER_THE_PRICE:
        return account(
            AccountKind.PRICE,
            sale_of(payment).id,
            court_id=payment.court_id,
            case_id=payment.case_id,
            currency=payment.currency,
        )
    return owed_account(payment)


_AFTER_THE_PRICE = frozenset({RefundReason.REMAINDER, RefundReason.SET_ASIDE})


def sale_of(payment: Payment) -> Sale:
    """The sale that a payment belongs to."""
    enrolment = db.session.get(Enrolment, payment.enrolment_id)
    assert enrolment is not None, "a foreign key points here"
    sale = db.session.get(Sale, enrolment.sale_id)
    assert sale is not None, "a foreign key points here"
    return sale


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
    owed = owed_account(payment)
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.SUSPENSE_IDENTIFIED if from_suspense else _RECEIVED[owed.kind],
                debit=suspense_account(payment) if from_suspense else money_account(payment),
                credit=owed,
                amount_minor=payment.secured_minor,
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


def suspense_account(payment: Payment) -> Account:
    """Where money stands that fits nothing (CN21S-2)."""
    return account(
        AccountKind.SUSPENSE,
        payment.court_id,
        court_id=payment.court_id,
        currency=payment.currency,
    )


def book_hold_ends(payments: Sequence[Payment], *, is_taken: bool, at: datetime) -> None:
    """Holds were taken (what was taken is posted, the rest let go) or let go of (voided)."""
    if not payments:
        return
    holds = load_by_id(Transfer, [payment.transfer_id for payment in payments])
    accounts = load_by_id(
        Account,
        [i for hold in holds.values() for i in (hold.debit_account_id, hold.credit_account_id)],
    )
    word = "captured" if is_taken else "released"
    post(
        [
            NewTransfer(
                kind=hold.kind,
                debit=accounts[hold.debit_account_id],
                credit=accounts[hold.credit_account_id],
                amount_minor=payment.secured_minor if is_taken else hold.amount_minor,
                key=f"payment:{payment.id}:{word}",
                source=payment,
                effective_at=at,
                phase=Phase.POST if is_taken else Phase.VOID,
                pending_id=hold.id,
                case_id=hold.case_id,
            )
            for payment in payments
            for hold in (holds[_present(payment.transfer_id)],)
        ],
        at=at,
    )


def book_fee(payment: Payment, fee_minor: int | None, *, at: datetime) -> None:
    """What the provider keeps is the court's expense, never the bidder's."""
    if fee_minor:
        book_cost(payment, fee_minor, key=f"payment:{payment.id}:fee", source=payment, at=at)


def book_cost(
    payment: Payment, cost_minor: int, *, key: str, source: Any, at: datetime
) -> Transfer:
    """A charge of the provider on a payment: for taking it, or for a complaint about it."""
    fees, there = _fees_account(payment), money_account(payment)
    kind = TransferKind.PROVIDER_FEE
    return _book_one(kind, fees, there, payment, cost_minor, key=key, source=source, at=at)


def book_cost_back(
    payment: Payment, cost_minor: int, *, key: str, source: Any, at: datetime
) -> Transfer:
    """The provider gives a charge back: it is covered by him instead of by the court."""
    fees, there = _fees_account(payment), money_account(payment)
    kind = TransferKind.PROVIDER_FEE_COVERED
    return _book_one(kind, there, fees, payment, cost_minor, key=key, source=source, at=at)


def _fees_account(payment: Payment) -> Account:
    return account(
        AccountKind.PROVIDER_FEES,
        payment.court_id,
        court_id=payment.court_id,
        currency=payment.currency,
    )


def _book_one(
    kind: TransferKind,
    debit: Account,
    credit: Account,
    payment: Payment,
    amount_minor: int,
    *,
    key: str,
    source: Any,
    at: datetime,
) -> Transfer:
    return post(
        [
            NewTransfer(
                kind=kind,
                debit=debit,
                credit=credit,
                amount_minor=amount_minor,
                key=key,
                source=source,
                effective_at=at,
                case_id=payment.case_id,
            )
        ],
        at=at,
    )[0]


def book_refunds(
    refunds: Sequence[tuple[Refund, Payment, str]],
    *,
    effective_at: datetime,
    at: datetime,
    actor_id: int | None = None,
) -> None:
    """Money has left for its payers: refund, its payment and the transfer's key, all in one."""
    if not refunds:
        return
    new = []
    for refund, payment, key in refunds:
        owed = return_account(payment, refund)
        new.append(
            NewTransfer(
                kind=_RETURNED[owed.kind],
                debit=owed,
                credit=money_account(refund),
                amount_minor=refund.amount_minor,
                key=key,
                source=refund,
                effective_at=effective_at,
                case_id=refund.case_id,
            )
        )
    for (refund, _payment, _key), booked in zip(
        refunds, post(new, at=at, actor_id=actor_id), strict=True
    ):
        refund.transfer_id = booked.id


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


def load_by_id(model: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    """Rows by id, in one query."""
    wanted = {i for i in ids if i is not None}
    found = db.session.scalars(select(model).where(model.id.in_(wanted)))
    return {row.id: row for row in found}


def _present(value: int | None) -> int:
    assert value is not None, "a held payment has its pending transfer"
    return value
