"""The worker's part in the life of a deposit: what the end of a sale sets going."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auction.core.db import db, transaction
from auction.core.outbox import PutOff, Task, enqueue, handles
from bidding.enrolment.models import Enrolment
from escrow.deposits.models import Deposit, DepositStatus
from escrow.deposits.services import return_deposit_of_leaver, settle_deposits
from escrow.payments.checkout import site
from escrow.payments.gateway import ProviderRefused, ProviderUnavailable, current_gateway
from escrow.payments.models import Channel, Payment, PaymentStatus, Purpose
from escrow.payments.services import note_kept_failure_of_payment, settle_intent


@handles("sale_closed")
def settle_deposits_of_sale(task: Task) -> None:
    """Losers' deposits begin their way back, the buyer's goes into the price (CN16-23, CN16-25)."""
    told = task.payload
    with transaction():
        settle_deposits(
            told["sale_id"],
            status=told["status"],
            price_minor=told["price_minor"],
            leader=told["leader"],
            ended_at=datetime.fromisoformat(told["ended_at"]),
            at=task.now,
        )
        for payment_id in _open_pages(told["sale_id"]):
            key = f"close_checkout:{payment_id}"
            enqueue("close_checkout", key, {"payment_id": payment_id}, now=task.now)


def _open_pages(sale_id: int) -> list[int]:
    return list(
        db.session.scalars(
            select(Payment.id)
            .join(Enrolment, Enrolment.id == Payment.enrolment_id)
            .where(
                Enrolment.sale_id == sale_id,
                Payment.status == PaymentStatus.STARTED,
                Payment.channel == Channel.STRIPE,
                Payment.purpose == Purpose.DEPOSIT,
            )
        )
    )


@handles("enrolment_left")
def return_deposit_after_leaving(task: Task) -> None:
    """Who leaves before the end without a bid gets his deposit back."""
    with transaction():
        return_deposit_of_leaver(task.payload["enrolment_id"], at=task.now)


@dataclass(frozen=True)
class _Hold:
    """A held deposit as plain values."""

    status: DepositStatus
    payment_id: int
    intent_id: str | None
    is_held: bool
    tries: int


@handles("capture_deposit")
def capture_deposit(task: Task) -> None:
    """Take the buyer's deposit from his card (CN16-25.2)."""
    _capture(task, DepositStatus.APPLYING)


@handles("guard_hold")
def guard_hold(task: Task) -> None:
    """The sale lasts longer than the hold will: take the money now, so that it stays secured."""
    _capture(task, DepositStatus.HELD)


def _capture(task: Task, wanted: DepositStatus) -> None:
    hold = _read_hold(task.payload["deposit_id"])
    if hold.status is not wanted or not hold.is_held:
        return
    assert hold.intent_id is not None, "a hold has its intent"
    gateway = current_gateway()
    intent = gateway.read_intent(hold.intent_id)
    if intent.status == "requires_capture":
        try:
            key = f"payment:{hold.payment_id}:capture:{hold.tries}"
            intent = gateway.capture(hold.intent_id, key=key)
        except ProviderRefused:  # it lapsed, or was taken, a moment ago
            intent = gateway.read_intent(hold.intent_id)
        except ProviderUnavailable as trouble:
            if trouble.is_kept:
                with transaction():
                    note_kept_failure_of_payment(hold.payment_id)
            raise
    with transaction():
        status = settle_intent(
            hold.payment_id, intent, site=site(), is_live=gateway.is_live, at=task.now
        )
    if status is PaymentStatus.HELD:
        raise PutOff(task.now)


def _read_hold(deposit_id: int) -> _Hold:
    with transaction() as session:
        deposit = session.get(Deposit, deposit_id)
        assert deposit is not None, "deposits are never deleted"
        payment = session.get(Payment, deposit.payment_id)
        assert payment is not None
        return _Hold(
            status=deposit.status,
            payment_id=payment.id,
            intent_id=payment.intent_id,
            is_held=payment.status is PaymentStatus.HELD,
            tries=payment.tries,
        )
