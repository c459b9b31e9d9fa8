"""Money by bank transfer, as the bank desk has matched it, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from escrow.deposits.queries import outstanding_deposit
from escrow.deposits.services import confirm_deposit
from escrow.payments.booking import book_receipt
from escrow.payments.locks import lock_enrolment
from escrow.payments.models import Channel, Payment, PaymentStatus, Purpose
from escrow.payments.passing import pass_on
from escrow.settlement.services import lock_settlement


def confirm_bank_deposit(
    enrolment_id: int,
    bank_line_id: int,
    amount_minor: int,
    *,
    payer_name: str,
    payer_account: str,
    payer_bank: str = "",
    received_at: datetime,
    at: datetime,
    actor_id: int | None = None,
    from_suspense: bool = False,
) -> Payment:
    """A statement line is this enrolment's deposit, to the fen, from the bidder himself.

    Either the whole of it, or what online payments have left of it. The bank desk has compared
    reference, amount and payer (CN16-17.2). Booked from the bank; admits the bidder, or goes back
    at once if the sale has ended. Doing it again returns the payment. Refused: `amount-differs`
    (the line then belongs into suspense).
    """
    enrolment, _head = lock_enrolment(enrolment_id)
    known = _payment_of_line(bank_line_id)
    if known is not None:
        return known
    if amount_minor not in (enrolment.deposit_minor, outstanding_deposit(enrolment)):
        raise DomainError(
            "amount-differs", _l("到账金额与应交保证金不一致。"), due_minor=enrolment.deposit_minor
        )
    sale = db.session.get(Sale, enrolment.sale_id)
    assert sale is not None, "a foreign key points here"
    payment, is_new = _record_bank_payment(
        sale,
        enrolment,
        bank_line_id=bank_line_id,
        amount_minor=amount_minor,
        payer=(payer_name, payer_account, payer_bank),
        received_at=received_at,
        at=at,
        actor_id=actor_id,
        from_suspense=from_suspense,
    )
    if is_new:
        confirm_deposit(payment, at=at)
    return payment


def confirm_bank_balance(
    settlement_id: int,
    bank_line_id: int,
    amount_minor: int,
    *,
    payer_name: str,
    payer_account: str,
    payer_bank: str = "",
    received_at: datetime,
    at: datetime,
    actor_id: int | None = None,
    from_suspense: bool = False,
) -> Payment:
    """A statement line is a payment on this balance; more than was due goes back to the payer."""
    settlement = lock_settlement(settlement_id)
    enrolment = db.session.get(Enrolment, settlement.enrolment_id)
    sale = db.session.get(Sale, settlement.sale_id)
    assert enrolment is not None
    assert sale is not None
    payment, is_new = _record_bank_payment(
        sale,
        enrolment,
        bank_line_id=bank_line_id,
        amount_minor=amount_minor,
        payer=(payer_name, payer_account, payer_bank),
        received_at=received_at,
        at=at,
        actor_id=actor_id,
        settlement_id=settlement_id,
        from_suspense=from_suspense,
    )
    if is_new:
        pass_on(payment, at)
    return payment


def _payment_of_line(bank_line_id: int) -> Payment | None:
    return db.session.scalar(select(Payment).where(Payment.bank_line_id == bank_line_id))


def _record_bank_payment(
    sale: Sale,
    enrolment: Enrolment,
    *,
    bank_line_id: int,
    amount_minor: int,
    payer: tuple[str, str, str],
    received_at: datetime,
    at: datetime,
    actor_id: int | None,
    settlement_id: int | None = None,
    from_suspense: bool = False,
) -> tuple[Payment, bool]:
    known = _payment_of_line(bank_line_id)
    if known is not None:
        return known, False
    name, account_number, bank = payer
    row = Payment(
        court_id=sale.court_id,
        case_id=sale.case_id,
        enrolment_id=enrolment.id,
        settlement_id=settlement_id,
        user_id=enrolment.user_id,
        purpose=Purpose.DEPOSIT if settlement_id is None else Purpose.BALANCE,
        channel=Channel.BANK,
        status=PaymentStatus.RECEIVED,
        amount_minor=amount_minor,
        currency=enrolment.currency,
        is_hold=False,
        started_at=received_at,
        confirmed_at=at,
        tries=0,
        bank_line_id=bank_line_id,
        payer_name=name,
        payer_account=account_number,
        payer_bank=bank,
    )
    db.session.add(row)
    db.session.flush()
    book_receipt(row, is_held=False, effective_at=received_at, at=at, from_suspense=from_suspense)
    record("confirm-bank-payment", row, actor_id=actor_id, at=at)
    return row, True
