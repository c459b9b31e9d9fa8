"""The life of a deposit: confirmed, then applied, returned or lapsed, in the caller's transaction.

A deposit is made of one payment or of several, and admits its bidder when it is complete. Every
step looks at the state first, so that doing it again changes nothing (INV-8).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline, schedule_deadline, void_deadline
from auction.messages.services import send_messages
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import activate_enrolment
from bidding.room.models import SaleHead
from escrow.deposits.models import DEPOSIT_TRANSITIONS, Deposit, DepositStatus
from escrow.deposits.queries import loose_parts, parts_of
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post
from escrow.payments.alarms import raise_alarm
from escrow.payments.booking import deposit_account
from escrow.payments.locks import has_closed
from escrow.payments.messages import HOLD_LAPSED
from escrow.payments.models import Payment, PaymentStatus, RefundReason
from escrow.payments.refunds import RETURN_SPAN, owe_refund, owe_refunds
from escrow.payments.rules import GUARD_BEFORE_LAPSE, SHORTEST_HOLD
from escrow.settlement.services import apply_deposit, open_settlement, settlement_of

TRANSFER_DEADLINE = "deposit-transfer"
TRANSFER_SPAN = timedelta(hours=24)
WARN_BEFORE = timedelta(hours=4)


def confirm_deposit(payment: Payment, *, at: datetime) -> Deposit | None:
    """Money for a deposit is there: complete, it admits its bidder; else more of it is awaited.

    The caller holds the enrolment's lock and has booked the money. It goes back if the sale has
    ended meanwhile, if the bidder has left, and if it is more than is still asked for.
    """
    enrolment = db.session.get(Enrolment, payment.enrolment_id)
    assert enrolment is not None, "a foreign key points here"
    known = deposit_of(enrolment.id)
    if known is not None:
        if payment.deposit_id != known.id:
            owe_refund(payment, RefundReason.DUPLICATE, at=at)
        return known
    parts = _choose_parts(enrolment, payment, at)
    if not parts or sum(part.secured_minor for part in parts) < enrolment.deposit_minor:
        reason = _why_not(enrolment, at)
        if reason is not None:
            owe_refund(payment, reason, at=at)
        return None
    try:
        with db.session.begin_nested():
            activate_enrolment(enrolment.id, at)
    except DomainError as refusal:
        for part in parts:
            owe_refund(part, _why_refused(enrolment, refusal), at=at)
        return None
    return _complete(enrolment, parts, at)


def _choose_parts(enrolment: Enrolment, payment: Payment, at: datetime) -> list[Payment]:
    """What of the bidder's payments makes the deposit; what is too much goes back at once.

    Each payment counts as a whole or not at all: one that is enough by itself replaces the others.
    """
    others = [part for part in loose_parts(enrolment_id=enrolment.id) if part.id != payment.id]
    if payment.secured_minor == enrolment.deposit_minor:
        for part in others:
            owe_refund(part, RefundReason.DUPLICATE, at=at)
        return [payment]
    total = payment.secured_minor + sum(part.secured_minor for part in others)
    if total > enrolment.deposit_minor:
        owe_refund(payment, RefundReason.DUPLICATE, at=at)
        return others
    return [*others, payment]


def _why_not(enrolment: Enrolment, at: datetime) -> RefundReason | None:
    """Why no more of this deposit is awaited, or None as long as it is."""
    sale = db.session.get(Sale, enrolment.sale_id)
    assert sale is not None, "a foreign key points here"
    if enrolment.status is EnrolmentStatus.LEFT:
        return RefundReason.LEFT
    if has_closed(sale, db.session.get(SaleHead, sale.id), at):
        return RefundReason.LATE
    is_awaited = enrolment.status is EnrolmentStatus.DEPOSIT_DUE
    return None if is_awaited else RefundReason.REFUSED


def _why_refused(enrolment: Enrolment, refusal: DomainError) -> RefundReason:
    if refusal.code == "closed":
        return RefundReason.LATE
    left = enrolment.status is EnrolmentStatus.LEFT
    return RefundReason.LEFT if left else RefundReason.REFUSED


def _complete(enrolment: Enrolment, parts: list[Payment], at: datetime) -> Deposit:
    deposit = Deposit(
        court_id=parts[0].court_id,
        case_id=parts[0].case_id,
        sale_id=enrolment.sale_id,
        enrolment_id=enrolment.id,
        status=DepositStatus.HELD,
        amount_minor=enrolment.deposit_minor,
        currency=enrolment.currency,
        confirmed_at=at,
    )
    db.session.add(deposit)
    db.session.flush()
    for part in parts:
        part.deposit_id = deposit.id
    record("confirm-deposit", deposit, actor_id=None, at=at, detail={"parts": len(parts)})
    for part in parts:
        if part.status is PaymentStatus.HELD:
            _guard(deposit, part, at)
    return deposit


def _guard(deposit: Deposit, part: Payment, at: datetime) -> None:
    """Wake up before the hold lapses; where the provider does not say when, assume the worst."""
    lapses_at = part.capture_before or part.started_at + SHORTEST_HOLD
    enqueue(
        "guard_hold",
        f"guard_hold:{deposit.id}:{part.id}",
        {"deposit_id": deposit.id},
        now=at,
        run_at=max(at, lapses_at - GUARD_BEFORE_LAPSE),
    )


def deposit_of(enrolment_id: int) -> Deposit | None:
    """The complete deposit of an enrolment."""
    return db.session.scalar(select(Deposit).where(Deposit.enrolment_id == enrolment_id))


# ── the end of a sale ───────────────────────────────────────────────────────────────────────────


def settle_buyer(
    sale_id: int, leader: str, *, price_minor: int, ended_at: datetime, at: datetime
) -> None:
    """The buyer owes the price, and his deposit goes into it within 24 hours (CN16-25.2)."""
    sale = _lock_ended_sale(sale_id)
    buyer = db.session.scalar(
        select(Enrolment).where(Enrolment.sale_id == sale_id, Enrolment.code == leader)
    )
    assert buyer is not None, "the leader is enrolled"
    open_settlement(sale, buyer, price_minor=price_minor, ended_at=ended_at, now=at)
    for deposit in _lock_deposits(enrolment_id=buyer.id):
        if deposit.status is DepositStatus.HELD:
            _begin_applying(deposit, ended_at=ended_at, at=at)


def return_losers(sale_id: int, status: str, *, ended_at: datetime, at: datetime, most: int) -> int:
    """Up to so many of the deposits still held go back, CN16-23.2, of failed sales CN16-23.3.

    The buyer's has left that state already. Returns how many there were: 0 when none is left, so
    that thousands are returned in many short transactions.
    """
    _lock_ended_sale(sale_id)
    found = _lock_deposits(sale_id, status=DepositStatus.HELD, most=most)
    reason = _RETURN_REASONS[status]
    _return_all(found, reason, due_at=ended_at + RETURN_SPAN, at=at)
    if len(found) < most:
        for part in loose_parts(sale_id=sale_id):
            owe_refund(part, RefundReason.INCOMPLETE, at=at, due_at=ended_at + RETURN_SPAN)
    return len(found)


def _return_all(
    deposits: list[Deposit], reason: RefundReason, *, due_at: datetime, at: datetime
) -> None:
    if not deposits:
        return
    parts = parts_of([deposit.id for deposit in deposits])
    for deposit in deposits:
        change_state(
            deposit,
            DepositStatus.RETURNING,
            DEPOSIT_TRANSITIONS,
            actor_id=None,
            at=at,
            reason=str(reason),
        )
    owe_refunds(parts, reason, at=at, due_at=due_at)


_RETURN_REASONS = {
    "sold": RefundReason.LOST,
    "unsold": RefundReason.UNSOLD,
    "withdrawn": RefundReason.WITHDRAWN,
}


def return_deposit_of_leaver(enrolment_id: int, *, at: datetime) -> None:
    """Who leaves before bidding gets his deposit back, and whatever he had paid of it."""
    found = _lock_deposits(enrolment_id=enrolment_id, status=DepositStatus.HELD)
    _return_all(found, RefundReason.LEFT, due_at=at + RETURN_SPAN, at=at)
    for part in loose_parts(enrolment_id=enrolment_id):
        owe_refund(part, RefundReason.LEFT, at=at)


def _begin_applying(deposit: Deposit, *, ended_at: datetime, at: datetime) -> None:
    change_state(deposit, DepositStatus.APPLYING, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
    due_at = ended_at + TRANSFER_SPAN
    schedule_deadline(
        TRANSFER_DEADLINE,
        deposit,
        rule_id="CN16-25.2",
        court_id=deposit.court_id,
        case_id=deposit.case_id,
        owner_role="finance",
        due_at=due_at,
        warn_at=due_at - WARN_BEFORE,
    )
    if _is_taken(deposit):
        _apply(deposit, at=at)
        return
    queue_capture(deposit, at)
    enqueue(
        "warn_transfer",
        f"warn_transfer:{deposit.id}",
        {"deposit_id": deposit.id},
        now=at,
        run_at=max(at, due_at - WARN_BEFORE),
    )


def _is_taken(deposit: Deposit) -> bool:
    """Whether no part of it is only held any more."""
    return all(part.status is not PaymentStatus.HELD for part in parts_of([deposit.id]))


def queue_capture(deposit: Deposit, at: datetime) -> None:
    """Let the worker take what is held on the card."""
    key = f"capture_deposit:{deposit.id}"
    enqueue("capture_deposit", key, {"deposit_id": deposit.id}, now=at)


def apply_captured(payment: Payment, *, at: datetime) -> None:
    """What was held has been taken; once all of it is, the buyer's deposit goes into the price."""
    deposit = _lock_deposit_of_payment(payment)
    if deposit is None:
        return
    missing = payment.amount_minor - payment.secured_minor
    if missing and deposit.status in (DepositStatus.HELD, DepositStatus.APPLYING):
        settlement = settlement_of(deposit.sale_id)
        spare = deposit.amount_minor - settlement.price_minor if settlement is not None else 0
        if missing <= spare:  # as we asked: no more is taken than is owed
            _reduce(deposit, missing, at)
        else:
            _shrink(deposit, missing, payment, at=at)
    if deposit.status is DepositStatus.APPLYING and _is_taken(deposit):
        _apply(deposit, at=at)


def _apply(deposit: Deposit, *, at: datetime) -> None:
    """Deposit to price (CN16-23.1); the buyer owes so much less."""
    settlement = settlement_of(deposit.sale_id)
    assert settlement is not None, "opened before any deposit is applied"
    _send_back_excess(deposit, settlement.price_minor, at)
    sale = db.session.get(Sale, deposit.sale_id)
    assert sale is not None, "a foreign key points here"
    paid = deposit_account(
        deposit.enrolment_id,
        sale.stage,
        court_id=deposit.court_id,
        case_id=deposit.case_id,
        currency=deposit.currency,
    )
    price = account(
        AccountKind.PRICE,
        deposit.sale_id,
        court_id=deposit.court_id,
        case_id=deposit.case_id,
        currency=deposit.currency,
    )
    is_prepaid = paid.kind is AccountKind.PREPAID
    post(
        [
            NewTransfer(
                kind=TransferKind.PREPAID_APPLIED if is_prepaid else TransferKind.DEPOSIT_APPLIED,
                debit=paid,
                credit=price,
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


def _send_back_excess(deposit: Deposit, price_minor: int, at: datetime) -> None:
    """A deposit larger than the price: what is too much goes back by the way it came."""
    for part in reversed(parts_of([deposit.id])):
        excess = deposit.amount_minor - price_minor
        if excess <= 0:
            return
        back = min(excess, part.secured_minor)
        owe_refund(part, RefundReason.EXCESS, at=at, amount_minor=back)
        _reduce(deposit, back, at)


def _reduce(deposit: Deposit, by_minor: int, at: datetime) -> None:
    deposit.amount_minor -= by_minor
    record("shrink-deposit", deposit, actor_id=None, at=at, detail={"by_minor": by_minor})


def lapse_deposit(payment: Payment, *, at: datetime) -> None:
    """The provider let go of a hold that we still counted on.

    The buyer then owes so much more of the price; a returning deposit is simply back with its
    payer. A deposit of several payments loses this part, and ends with its last.
    """
    deposit = _lock_deposit_of_payment(payment)
    if deposit is None or deposit.status not in (DepositStatus.HELD, DepositStatus.APPLYING):
        return
    _shrink(deposit, payment.amount_minor, payment, at=at)
    if deposit.status is DepositStatus.APPLYING and _is_taken(deposit):
        _apply(deposit, at=at)


def _shrink(deposit: Deposit, by_minor: int, payment: Payment, *, at: datetime) -> None:
    """Less is secured than was; who it concerns is told, and the court looks at it."""
    if by_minor >= deposit.amount_minor:
        change_state(deposit, DepositStatus.LAPSED, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
        deposit.settled_at = at
        void_deadline(TRANSFER_DEADLINE, deposit, at=at)
    else:
        _reduce(deposit, by_minor, at)
    raise_alarm(
        "hold-lapsed",
        f"payment {payment.id}",
        court_id=deposit.court_id,
        at=at,
        sale_id=deposit.sale_id,
        payment_id=payment.id,
        amount_minor=by_minor,
    )
    told = {"amount_minor": by_minor, "currency": deposit.currency}
    send_messages([payment.user_id], HOLD_LAPSED, told, link="/me/money", now=at)


# ── locks ───────────────────────────────────────────────────────────────────────────────────────


def _lock_ended_sale(sale_id: int) -> Sale:
    sale = db.session.get(Sale, sale_id)
    assert sale is not None, "sales are never deleted"
    db.session.get(SaleHead, sale_id, with_for_update=True, populate_existing=True)
    return sale


def _lock_deposit_of_payment(payment: Payment) -> Deposit | None:
    if payment.deposit_id is None:
        return None
    return db.session.get(Deposit, payment.deposit_id, with_for_update=True, populate_existing=True)


def _lock_deposits(
    sale_id: int | None = None,
    *,
    enrolment_id: int | None = None,
    status: DepositStatus | None = None,
    most: int | None = None,
) -> list[Deposit]:
    """Deposits of a sale or an enrolment, locked with their enrolments, in order."""
    mine = Deposit.sale_id == sale_id if sale_id else Deposit.enrolment_id == enrolment_id
    wanted = select(Deposit.enrolment_id).where(mine).order_by(Deposit.enrolment_id)
    if status is not None:
        wanted = wanted.where(Deposit.status == status)
    ids = list(db.session.scalars(wanted.limit(most)))
    db.session.scalars(
        select(Enrolment)
        .where(Enrolment.id.in_(ids))
        .order_by(Enrolment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    rows = db.session.scalars(
        select(Deposit)
        .where(Deposit.enrolment_id.in_(ids))
        .order_by(Deposit.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [row for row in rows if status is None or row.status is status]
