"""What a payment that has come in sets going."""

from __future__ import annotations

from datetime import datetime

from escrow.deposits.services import confirm_deposit
from escrow.payments.models import Payment, Purpose, RefundReason
from escrow.payments.refunds import owe_refund
from escrow.settlement.services import receive_balance


def pass_on(payment: Payment, at: datetime) -> None:
    """A deposit admits its bidder; a balance counts towards the price, its excess goes back."""
    if payment.purpose is Purpose.DEPOSIT:
        confirm_deposit(payment, at=at)
        return
    assert payment.settlement_id is not None, "kept by a constraint"
    excess = receive_balance(payment.settlement_id, payment.amount_minor, at=at)
    if excess:
        owe_refund(payment, RefundReason.EXCESS, at=at, amount_minor=excess)
