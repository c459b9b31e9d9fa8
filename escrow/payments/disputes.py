"""A payer complains to his card's bank: the books follow the money, finance has it on its list.

The sale goes on: whether a complaint is right is for the court to judge, not for the bank, and the
deposit admitted its bidder when it was there (CN16-17.2).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from escrow.ledger import Account, AccountKind, NewTransfer, Transfer, TransferKind, account, post
from escrow.payments.alarms import raise_alarm
from escrow.payments.booking import book_cost, book_cost_back, money_account, return_account
from escrow.payments.facts import DisputeFacts
from escrow.payments.locks import lock_payment
from escrow.payments.models import (
    REFUND_TRANSITIONS,
    Channel,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from escrow.payments.provider_models import DISPUTE_TRANSITIONS, Dispute, DisputeStatus
from escrow.payments.refunds import finish_refunds, lock_refund


def record_dispute(facts: DisputeFacts, *, at: datetime) -> bool:
    """Bring a complaint to where it stands at the provider; whether it is about a payment of ours.

    Told again, late or out of order it changes nothing: what was taken and given back is read from
    the provider's movements, each booked once.
    """
    payment_id = db.session.scalar(
        select(Payment.id).where(
            Payment.intent_id == facts.intent_id, Payment.channel == Channel.STRIPE
        )
    )
    if payment_id is None or facts.intent_id is None:
        return False
    payment = lock_payment(payment_id)
    dispute = _find_or_open(facts, payment, at)
    _book_movements(dispute, payment, facts, at)
    ended = DisputeStatus.LOST if facts.status == "lost" else DisputeStatus.WON
    if facts.has_ended and dispute.status is not ended:
        dispute.closed_at = at
        change_state(dispute, ended, DISPUTE_TRANSITIONS, actor_id=None, at=at)
        if ended is DisputeStatus.LOST:
            _count_as_refund(dispute, payment, at)
        _let_go_of_waiting(payment)
    return True


def _find_or_open(facts: DisputeFacts, payment: Payment, at: datetime) -> Dispute:
    known = db.session.scalar(
        select(Dispute)
        .where(Dispute.provider_dispute_id == facts.dispute_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if known is not None:
        known.evidence_due_at = facts.evidence_due_at
        return known
    dispute = Dispute(
        court_id=payment.court_id,
        case_id=payment.case_id,
        payment_id=payment.id,
        provider_dispute_id=facts.dispute_id,
        status=DisputeStatus.OPEN,
        reason=facts.reason,
        amount_minor=facts.amount_minor,
        currency=facts.currency,
        opened_at=facts.opened_at,
        evidence_due_at=facts.evidence_due_at,
        explanation="",
    )
    db.session.add(dispute)
    db.session.flush()
    record("open-dispute", dispute, actor_id=None, at=at, detail={"reason": facts.reason})
    raise_alarm(
        "dispute",
        f"dispute {facts.dispute_id}",
        court_id=payment.court_id,
        at=at,
        payment_id=payment.id,
        amount_minor=facts.amount_minor,
    )
    return dispute


def _book_movements(dispute: Dispute, payment: Payment, facts: DisputeFacts, at: datetime) -> None:
    name = f"dispute:{dispute.id}"
    if facts.withdrawn_minor:
        _book(TransferKind.DISPUTE_WITHDRAWN, dispute, payment, facts.withdrawn_minor, at)
    if facts.reinstated_minor:
        _book(TransferKind.DISPUTE_REINSTATED, dispute, payment, facts.reinstated_minor, at)
    if facts.fee_minor:
        book_cost(payment, facts.fee_minor, key=f"{name}:fee", source=dispute, at=at)
    if facts.fee_back_minor:
        book_cost_back(payment, facts.fee_back_minor, key=f"{name}:fee-back", source=dispute, at=at)


def _book(
    kind: TransferKind, dispute: Dispute, payment: Payment, amount_minor: int, at: datetime
) -> Transfer:
    taken, there = disputed_account(payment), money_account(payment)
    is_withdrawn = kind is TransferKind.DISPUTE_WITHDRAWN
    return post(
        [
            NewTransfer(
                kind=kind,
                debit=taken if is_withdrawn else there,
                credit=there if is_withdrawn else taken,
                amount_minor=amount_minor,
                key=f"dispute:{dispute.id}:{kind}",
                source=dispute,
                effective_at=at,
                case_id=dispute.case_id,
            )
        ],
        at=at,
    )[0]


def disputed_account(payment: Payment) -> Account:
    """What a card's bank has taken back until it decides."""
    return account(
        AccountKind.DISPUTED,
        payment.court_id,
        court_id=payment.court_id,
        currency=payment.currency,
    )


def _count_as_refund(dispute: Dispute, payment: Payment, at: datetime) -> None:
    """The bank keeps the money for the payer: what the court still owed him of it is paid.

    Only where exactly this was on its way back. In all other cases a person of the court decides:
    the buyer has his money and the lot.
    """
    refund_id = db.session.scalar(
        select(Refund.id).where(
            Refund.payment_id == payment.id,
            Refund.status == RefundStatus.DUE,
            Refund.amount_minor == dispute.amount_minor,
        )
    )
    if refund_id is None or payment.status is not PaymentStatus.RECEIVED:
        return
    refund, _payment = lock_refund(refund_id)
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.DISPUTE_LOST,
                debit=return_account(payment, refund),
                credit=disputed_account(payment),
                amount_minor=dispute.amount_minor,
                key=f"dispute:{dispute.id}:lost",
                source=dispute,
                effective_at=at,
                case_id=dispute.case_id,
            )
        ],
        at=at,
    )
    refund.transfer_id = booked.id
    change_state(
        refund, RefundStatus.SENT, REFUND_TRANSITIONS, actor_id=None, at=at, reason="dispute"
    )
    finish_refunds([refund], at=at, actor_id=None)


def _let_go_of_waiting(payment: Payment) -> None:
    """Refunds that waited for the bank's word are sent when the worker next looks at them."""
    waiting = db.session.scalars(
        select(Refund).where(Refund.payment_id == payment.id, Refund.status == RefundStatus.DUE)
    ).all()
    for refund in waiting:
        refund.next_try_at = None


def has_open_dispute() -> ColumnElement[bool]:
    """Whether the bank of a refund's payer is looking into the payment, as a test on `Refund`."""
    return exists().where(
        Dispute.payment_id == Refund.payment_id, Dispute.status == DisputeStatus.OPEN
    )


def settle_dispute(
    dispute_id: int, *, court_id: int, actor_id: int, explanation: str, now: datetime
) -> Dispute:
    """A person of the court has dealt with a complaint that is closed, and says how.

    Refused: `still-open` (the bank has not decided), NotFound for another court's.
    """
    row = db.session.get(Dispute, dispute_id, with_for_update=True, populate_existing=True)
    if row is None or row.court_id != court_id:
        raise NotFound("unknown-dispute", _l("没有这笔争议。"))
    if row.status is DisputeStatus.OPEN:
        raise DomainError("still-open", _l("发卡行还没有作出决定。"))
    row.settled_at, row.settled_by, row.explanation = now, actor_id, explanation
    record("settle-dispute", row, actor_id=actor_id, at=now)
    return row


def list_disputes(court_id: int) -> list[Dispute]:
    """Complaints that somebody must still deal with, the oldest first."""
    return list(
        db.session.scalars(
            select(Dispute)
            .where(Dispute.court_id == court_id, Dispute.settled_at.is_(None))
            .order_by(Dispute.opened_at, Dispute.id)
        )
    )
