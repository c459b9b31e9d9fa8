"""What other parts may do with payments; each file below says how."""

from __future__ import annotations

from escrow.payments.locks import ends_in_time, has_closed, lock_payment
from escrow.payments.settling import (
    abandon_payment,
    note_kept_failure_of_payment,
    settle_intent,
    settle_session,
    settle_stray,
)
from escrow.payments.starting import start_balance_payment, start_deposit_payment
from escrow.payments.transfers import confirm_bank_balance, confirm_bank_deposit

__all__ = [
    "abandon_payment",
    "confirm_bank_balance",
    "confirm_bank_deposit",
    "ends_in_time",
    "has_closed",
    "lock_payment",
    "note_kept_failure_of_payment",
    "settle_intent",
    "settle_session",
    "settle_stray",
    "start_balance_payment",
    "start_deposit_payment",
]
