"""The worker's part in the life of a deposit: what the end of a sale sets going."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auction.cases.relief import DepositRelief, relieved_claim
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.outbox import PutOff, Task, enqueue, handles
from bidding.enrolment.models import Enrolment
from bidding.enrolment.services import relieve_deposit
from escrow.deposits.models import Deposit, DepositStatus
from escrow.deposits.queries import parts_of, unpaid_enrolments
from escrow.deposits.services import return_deposit_of_leaver, return_losers, settle_buyer
from escrow.payments.checkout import settle_by_intent
from escrow.payments.gateway import ProviderRefused, ProviderUnavailable, current_gateway
from escrow.payments.locks import lock_enrolment
from escrow.payments.models import Channel, Payment, PaymentStatus, Purpose
from escrow.payments.patience import patient
from escrow.payments.services import note_kept_failure_of_payment
from escrow.settlement.services import settlement_of

# Short transactions: bids on other sales wait for none of them.
LOSERS_AT_ONCE = 50


@handles("sale_closed")
def settle_deposits_of_sale(task: Task) -> None:
    """Losers' deposits begin their way back, the buyer's goes into the price (CN16-23, CN16-25)."""
    told = task.payload
    ended_at = datetime.fromisoformat(told["ended_at"])
    if told["status"] == "sold":
        with transaction():
            settle_buyer(
                told["sale_id"],
                told["leader"],
                price_minor=told["price_minor"],
                ended_at=ended_at,
                at=task.now,
            )
    returned = LOSERS_AT_ONCE
    while returned == LOSERS_AT_ONCE:
        with transaction():
            returned = return_losers(
                told["sale_id"],
                told["status"],
                ended_at=ended_at,
                at=task.now,
                most=LOSERS_AT_ONCE,
            )
    with transaction():
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


@handles("relief_confirmed")
def relieve_enrolling_applicant(task: Task) -> None:
    """Who was enrolling when the court confirmed his claim pays only the rest (CN16-17.3).

    Who has begun to pay goes on as he began: what he paid comes back like any deposit.
    """
    with transaction() as session:
        relief = session.get(DepositRelief, task.payload["relief_id"])
        if relief is None or relief.revoked_at is not None:
            return
        for enrolment_id, number in unpaid_enrolments(relief.case_id, relief.party_id):
            lock_enrolment(enrolment_id)
            try:
                with session.begin_nested():
                    relieve_deposit(enrolment_id, relieved_claim(relief.case_id, number), task.now)
            except DomainError:  # the sale has ended meanwhile: nothing is due any more
                continue


@dataclass(frozen=True)
class _Hold:
    """A part of a deposit that is only held on a card, as plain values."""

    payment_id: int
    intent_id: str
    take_minor: int
    tries: int


@handles("capture_deposit")
@patient
def capture_deposit(task: Task) -> None:
    """Take the buyer's deposit from his card (CN16-25.2)."""
    _capture(task, DepositStatus.APPLYING)


@handles("guard_hold")
@patient
def guard_hold(task: Task) -> None:
    """The sale lasts longer than the hold will: take the money now, so that it stays secured."""
    _capture(task, DepositStatus.HELD)


def _capture(task: Task, wanted: DepositStatus) -> None:
    """Each part by itself: what came of one is written down before the next is taken."""
    for hold in _read_holds(task.payload["deposit_id"], wanted):
        if _capture_part(hold, task) is PaymentStatus.HELD:
            raise PutOff(task.now)


def _capture_part(hold: _Hold, task: Task) -> PaymentStatus:
    gateway = current_gateway()
    intent = gateway.read_intent(hold.intent_id)
    if intent.status == "requires_capture":
        try:
            key = f"payment:{hold.payment_id}:capture:{hold.tries}"
            intent = gateway.capture(hold.intent_id, amount_minor=hold.take_minor, key=key)
        except ProviderRefused:  # it lapsed, or was taken, a moment ago
            intent = gateway.read_intent(hold.intent_id)
        except ProviderUnavailable as trouble:
            if trouble.is_kept:
                with transaction():
                    note_kept_failure_of_payment(hold.payment_id)
            raise
        if intent.received_minor != hold.take_minor:  # before it is believed it is read once more
            intent = gateway.read_intent(hold.intent_id)
    return settle_by_intent(hold.payment_id, intent, now=task.now)


def _read_holds(deposit_id: int, wanted: DepositStatus) -> list[_Hold]:
    with transaction() as session:
        deposit = session.get(Deposit, deposit_id)
        assert deposit is not None, "deposits are never deleted"
        if deposit.status is not wanted:
            return []
        parts = parts_of([deposit_id])
        return [
            _Hold(part.id, part.intent_id, _to_take(deposit, part), part.tries)
            for part in parts
            if part.status is PaymentStatus.HELD and part.intent_id is not None
        ]


def _to_take(deposit: Deposit, part: Payment) -> int:
    """How much of a hold is needed: of the buyer's no more than he owes."""
    settlement = settlement_of(deposit.sale_id)
    if settlement is None:
        return part.amount_minor
    needed = settlement.price_minor - (deposit.amount_minor - part.amount_minor)
    return min(part.amount_minor, needed) if needed > 0 else part.amount_minor
