"""Which transfer of ours a movement at the provider is, in the caller's transaction.

Sure or not at all: the names and the amounts agree to the fen, or it stays a difference with its
name, for a person to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.core.db import db
from escrow.bank.models import ProviderMove, ProviderMoveKind
from escrow.ledger import Transfer
from escrow.payments.booking import book_fee
from escrow.payments.models import Payment, Refund
from escrow.payments.provider_models import (
    Difference,
    Dispute,
    ProviderMovement,
    ProviderPayout,
)

CHARGES = frozenset({"charge", "payment"})
REFUNDS = frozenset({"refund", "payment_refund"})
FAILURES = frozenset({"refund_failure", "payment_refund_failure"})
_DISPUTES = {"dispute": "dispute-withdrawn", "dispute_reversal": "dispute-reinstated"}


@dataclass(frozen=True)
class Found:
    """The transfer behind a movement, or why there is none."""

    transfer: Transfer | None = None
    difference: Difference | None = None
    court_id: int | None = None
    case_id: int | None = None


def match_movement(row: ProviderMovement, now: datetime) -> None:
    """Say which transfer it is, or name the difference; doing it again changes nothing matched."""
    if row.difference is None:
        return
    if row.kind in CHARGES:
        found = _match_charge(row, now)
    elif row.kind in REFUNDS:
        found = _match_refund(row, "refund:{id}:{source}")
    elif row.kind in FAILURES:
        found = _match_refund(row, "refund:{id}:{source}:failed")
    elif row.kind in _DISPUTES:
        found = _match_dispute(row, _DISPUTES[row.kind])
    elif row.kind == "payout":
        found = _match_payout(row)
    elif row.kind == "payout_reversal":
        found = Found(difference=Difference.PAYOUT_FAILED)
    else:
        found = Found(difference=Difference.UNKNOWN_KIND)
    row.difference = found.difference
    row.transfer_id = found.transfer.id if found.transfer is not None else None
    row.court_id = found.court_id if found.court_id is not None else row.court_id
    row.case_id = found.case_id if found.case_id is not None else row.case_id


def _match_charge(row: ProviderMovement, now: datetime) -> Found:
    payment = db.session.scalar(select(Payment).where(Payment.intent_id == row.intent_id))
    if payment is None or row.intent_id is None:
        return _match_stray(row)
    whose = {"court_id": payment.court_id, "case_id": payment.case_id}
    booked = _by_key(f"payment:{payment.id}:captured") or _by_key(f"payment:{payment.id}:received")
    if booked is None or booked.phase not in ("single", "post"):
        stray = _match_stray(row)
        return stray if stray.difference is None else Found(None, Difference.NOT_BOOKED, **whose)
    if (booked.amount_minor, booked.currency) != (row.amount_minor, row.currency):
        return Found(None, Difference.AMOUNT_DIFFERS, **whose)
    if row.fee_minor:
        fee = _by_key(f"payment:{payment.id}:fee")
        if fee is None:  # the provider told it later than the payment
            book_fee(payment, row.fee_minor, at=now)
        elif fee.amount_minor != row.fee_minor:
            return Found(None, Difference.FEE_DIFFERS, **whose)
    return Found(booked, None, **whose)


def _match_stray(row: ProviderMovement) -> Found:
    """Money that belongs to no payment of ours was put into suspense when it was found."""
    stray = _by_key(f"intent:{row.intent_id}:suspense")
    if stray is None:
        return Found(difference=Difference.NOT_OURS)
    if (stray.amount_minor, stray.currency) != (row.amount_minor, row.currency) or row.fee_minor:
        is_fee = (stray.amount_minor, stray.currency) == (row.amount_minor, row.currency)
        named = Difference.FEE_DIFFERS if is_fee else Difference.AMOUNT_DIFFERS
        return Found(None, named, stray.court_id)
    return Found(stray, None, stray.court_id)


def _match_refund(row: ProviderMovement, pattern: str) -> Found:
    payment = db.session.scalar(select(Payment).where(Payment.intent_id == row.intent_id))
    if payment is None or row.intent_id is None:
        return Found(difference=Difference.NOT_OURS)
    whose = {"court_id": payment.court_id, "case_id": payment.case_id}
    refunds = db.session.scalars(select(Refund.id).where(Refund.payment_id == payment.id))
    for refund_id in refunds:
        booked = _by_key(pattern.format(id=refund_id, source=row.source_id))
        if booked is not None:
            return _compare(booked, row, abs(row.amount_minor), whose)
    return Found(None, Difference.NOT_BOOKED, **whose)


def _match_dispute(row: ProviderMovement, kind: str) -> Found:
    dispute = db.session.scalar(select(Dispute).where(Dispute.provider_dispute_id == row.source_id))
    if dispute is None:
        return Found(difference=Difference.NOT_OURS)
    whose = {"court_id": dispute.court_id, "case_id": dispute.case_id}
    booked = _by_key(f"dispute:{dispute.id}:{kind}")
    if booked is None:
        return Found(None, Difference.NOT_BOOKED, **whose)
    part = "fee-back" if row.fee_minor < 0 else "fee"
    fee = _by_key(f"dispute:{dispute.id}:{part}")
    if row.fee_minor and (fee is None or fee.amount_minor != abs(row.fee_minor)):
        return Found(None, Difference.FEE_DIFFERS, **whose)
    return _compare(booked, row, abs(row.amount_minor), whose)


def _match_payout(row: ProviderMovement) -> Found:
    """The court has it once the bank shows it and finance's desk has booked it, case by case."""
    payout = db.session.scalar(
        select(ProviderPayout).where(ProviderPayout.provider_id == row.source_id)
    )
    if payout is not None and payout.status in ("failed", "canceled"):
        return Found(difference=Difference.PAYOUT_FAILED)
    booked = db.session.scalar(
        select(func.sum(ProviderMove.amount_minor)).where(
            ProviderMove.kind == ProviderMoveKind.PAYOUT,
            ProviderMove.bank_reference == row.source_id,
            ProviderMove.transfer_id.is_not(None),
        )
    )
    is_booked = int(booked or 0) == -row.amount_minor
    return Found(difference=None if is_booked else Difference.IN_TRANSIT)


def _compare(
    booked: Transfer, row: ProviderMovement, amount_minor: int, whose: dict[str, int]
) -> Found:
    if (booked.amount_minor, booked.currency) != (amount_minor, row.currency):
        return Found(None, Difference.AMOUNT_DIFFERS, **whose)
    return Found(booked, None, **whose)


def _by_key(key: str) -> Transfer | None:
    return db.session.scalar(select(Transfer).where(Transfer.idempotency_key == key))
