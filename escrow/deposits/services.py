"""The life of a deposit: confirmed, then applied, returned or lapsed, in the caller's transaction.

Every step looks at the state first, so that doing it again changes nothing (INV-8).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, schedule_deadline, void_deadline
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import activate_enrolment
from bidding.room.models import SaleHead
from escrow.deposits.models import DEPOSIT_TRANSITIONS, Deposit, DepositStatus
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post
from escrow.payments.alarms import raise_alarm
from escrow.payments.models import Payment, PaymentStatus, RefundReason
from escrow.payments.refunds import RETURN_SPAN, owe_refund
from escrow.payments.rules import GUARD_BEFORE_LAPSE
from escrow.settlement.services import apply_deposit, open_settlement, settlement_of

TRANSFER_DEADLINE = "deposit-transfer"
TRANSFER_SPAN = timedelta(hours=24)


def confirm_deposit(payment: Payment, *, at: datetime) -> Deposit | None:
    """A deposit is there: its bidder is admitted, or the money goes back at once.

    The caller holds the enrolment's lock and has booked the money. It goes back if the sale has
    ended meanwhile, if the bidder has left, and if a deposit is there already.
    """
    enrolment = db.session.get(Enrolment, payment.enrolment_id)
    assert enrolment is not None, "a foreign key points here"
    known = db.session.scalar(select(Deposit).where(Deposit.enrolment_id == enrolment.id))
    if known is not None:
        if known.payment_id != payment.id:
            owe_refund(payment, RefundReason.DUPLICATE, at=at)
        return known
    try:
        with db.session.begin_nested():
            activate_enrolment(enrolment.id, at)
    except DomainError as refusal:
        owe_refund(payment, _why_refused(enrolment, refusal), at=at)
        return None
    deposit = Deposit(
        court_id=payment.court_id,
        case_id=payment.case_id,
        sale_id=enrolment.sale_id,
        enrolment_id=enrolment.id,
        payment_id=payment.id,
        status=DepositStatus.HELD,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        confirmed_at=at,
    )
    db.session.add(deposit)
    db.session.flush()
    record("confirm-deposit", deposit, actor_id=None, at=at)
    if payment.status is PaymentStatus.HELD and payment.capture_before is not None:
        enqueue(
            "guard_hold",
            f"guard_hold:{deposit.id}",
            {"deposit_id": deposit.id},
            now=at,
            run_at=max(at, payment.capture_before - GUARD_BEFORE_LAPSE),
        )
    return deposit


def _why_refused(enrolment: Enrolment, refusal: DomainError) -> RefundReason:
    if refusal.code == "closed":
        return RefundReason.LATE
    left = enrolment.status is EnrolmentStatus.LEFT
    return RefundReason.LEFT if left else RefundReason.REFUSED


def settle_deposits(
    sale_id: int,
    *,
    status: str,
    price_minor: int | None,
    leader: str | None,
    ended_at: datetime,
    at: datetime,
) -> None:
    """The sale has ended: the buyer's deposit goes into the price, every other one back.

    Losers' and failed sales' deposits within 24 hours of the end (CN16-23.2, CN16-23.3), the
    buyer's to the court within 24 hours (CN16-25.2).
    """
    sale = db.session.get(Sale, sale_id)
    assert sale is not None, "sales are never deleted"
    db.session.get(SaleHead, sale_id, with_for_update=True, populate_existing=True)
    buyer = None
    if status == "sold":
        assert price_minor is not None, "a sold sale has a price"
        buyer = db.session.scalar(
            select(Enrolment).where(Enrolment.sale_id == sale_id, Enrolment.code == leader)
        )
        assert buyer is not None, "the leader is enrolled"
        open_settlement(sale, buyer, price_minor=price_minor, ended_at=ended_at, now=at)
    for deposit in _lock_deposits(sale_id):
        if deposit.status is not DepositStatus.HELD:
            continue
        if buyer is not None and deposit.enrolment_id == buyer.id:
            _begin_applying(deposit, ended_at=ended_at, at=at)
        else:
            return_deposit(deposit, _RETURN_REASONS[status], due_at=ended_at + RETURN_SPAN, at=at)


_RETURN_REASONS = {
    "sold": RefundReason.LOST,
    "unsold": RefundReason.UNSOLD,
    "withdrawn": RefundReason.WITHDRAWN,
}


def return_deposit(
    deposit: Deposit, reason: RefundReason, *, at: datetime, due_at: datetime | None = None
) -> None:
    """The deposit goes back to its payer; nothing happens unless it is still held."""
    if deposit.status is not DepositStatus.HELD:
        return
    payment = _payment_of(deposit)
    change_state(
        deposit,
        DepositStatus.RETURNING,
        DEPOSIT_TRANSITIONS,
        actor_id=None,
        at=at,
        reason=str(reason),
    )
    owe_refund(payment, reason, at=at, due_at=due_at)


def return_deposit_of_leaver(enrolment_id: int, *, at: datetime) -> None:
    """Who leaves before bidding gets his deposit back."""
    for deposit in _lock_deposits(enrolment_id=enrolment_id):
        return_deposit(deposit, RefundReason.LEFT, at=at)


def _begin_applying(deposit: Deposit, *, ended_at: datetime, at: datetime) -> None:
    payment = _payment_of(deposit)
    change_state(deposit, DepositStatus.APPLYING, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
    schedule_deadline(
        TRANSFER_DEADLINE,
        deposit,
        rule_id="CN16-25.2",
        court_id=deposit.court_id,
        case_id=deposit.case_id,
        owner_role="finance",
        due_at=ended_at + TRANSFER_SPAN,
        warn_at=ended_at + TRANSFER_SPAN - timedelta(hours=4),
    )
    if payment.status is PaymentStatus.RECEIVED:
        _apply(deposit, at=at)
    else:
        queue_capture(deposit, at)


def queue_capture(deposit: Deposit, at: datetime) -> None:
    """Let the worker take what is held on the card."""
    key = f"capture_deposit:{deposit.id}"
    enqueue("capture_deposit", key, {"deposit_id": deposit.id}, now=at)


def apply_captured(payment: Payment, *, at: datetime) -> None:
    """What was held has been taken; the buyer's deposit now goes into the price."""
    deposit = _lock_deposit_of_payment(payment)
    if deposit is not None and deposit.status is DepositStatus.APPLYING:
        _apply(deposit, at=at)


def _apply(deposit: Deposit, *, at: datetime) -> None:
    """Deposit to price (CN16-23.1); the buyer owes so much less."""
    settlement = settlement_of(deposit.sale_id)
    assert settlement is not None, "opened before any deposit is applied"
    books: dict[str, Any] = {
        "court_id": deposit.court_id,
        "case_id": deposit.case_id,
        "currency": deposit.currency,
    }
    post(
        [
            NewTransfer(
                kind=TransferKind.DEPOSIT_APPLIED,
                debit=account(AccountKind.DEPOSIT, deposit.enrolment_id, **books),
                credit=account(AccountKind.PRICE, deposit.sale_id, **books),
                amount_minor=deposit.amount_minor,
                key=f"deposit:{deposit.id}:applied",
                source=deposit,
                effective_at=at,
                case_id=deposit.case_id,
            )
        ],
        at=at,
    )
    change_state(deposit, DepositStatus.APPLIED, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
    deposit.settled_at = at
    meet_deadline(TRANSFER_DEADLINE, deposit, at=at)
    apply_deposit(settlement.id, deposit.amount_minor, at=at)


def lapse_deposit(payment: Payment, *, at: datetime) -> None:
    """The provider let go of a hold that we still counted on.

    The buyer then owes the whole price; a returning deposit is simply back with its payer.
    """
    deposit = _lock_deposit_of_payment(payment)
    if deposit is None or deposit.status not in (DepositStatus.HELD, DepositStatus.APPLYING):
        return
    change_state(deposit, DepositStatus.LAPSED, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
    deposit.settled_at = at
    void_deadline(TRANSFER_DEADLINE, deposit, at=at)
    raise_alarm(
        "hold-lapsed",
        f"deposit {deposit.id}",
        court_id=deposit.court_id,
        at=at,
        sale_id=deposit.sale_id,
        payment_id=payment.id,
    )


def _payment_of(deposit: Deposit) -> Payment:
    row = db.session.get(Payment, deposit.payment_id, with_for_update=True, populate_existing=True)
    assert row is not None, "a foreign key points here"
    return row


def _lock_deposit_of_payment(payment: Payment) -> Deposit | None:
    return db.session.scalar(
        select(Deposit)
        .where(Deposit.payment_id == payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _lock_deposits(sale_id: int | None = None, *, enrolment_id: int | None = None) -> list[Deposit]:
    """Deposits of a sale or an enrolment, locked with their enrolments, in order."""
    mine = Deposit.sale_id == sale_id if sale_id else Deposit.enrolment_id == enrolment_id
    db.session.scalars(
        select(Enrolment)
        .where(Enrolment.id.in_(select(Deposit.enrolment_id).where(mine)))
        .order_by(Enrolment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return list(
        db.session.scalars(
            select(Deposit)
            .where(mine)
            .order_by(Deposit.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
