"""Start payments, and settle them by what the provider or the bank says.

All in the caller's transaction. Locks: sale head, enrolment, payment; then what the books lock.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.courts.models import Court
from auction.sales.models import Sale
from bidding.engine import Status
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.models import SaleHead
from escrow.deposits.services import (
    apply_captured,
    confirm_deposit,
    lapse_deposit,
)
from escrow.payments.alarms import raise_alarm
from escrow.payments.booking import book_fee, book_hold_end, book_receipt, book_suspense
from escrow.payments.facts import IntentFacts, SessionFacts
from escrow.payments.models import (
    PAYMENT_TRANSITIONS,
    Channel,
    Payment,
    PaymentStatus,
    Purpose,
    Refund,
    RefundReason,
)
from escrow.payments.refunds import owe_refund, record_release
from escrow.payments.rules import (
    CHECKOUT_SPAN,
    Asked,
    Finding,
    can_hold,
    can_pay_online,
    find_misfit,
    next_poll_at,
    read_finding,
    read_session_finding,
)
from escrow.settlement.models import Settlement, SettlementStatus
from escrow.settlement.services import lock_settlement, receive_balance

SUSPENDED = Status.SUSPENDED.value


def start_deposit_payment(enrolment_id: int, user_id: int, now: datetime) -> Payment:
    """The bidder is about to pay his deposit online; an attempt already open is the same one.

    Refused: `not-due` (no deposit is asked for now), `closed`, `too-large-online`.
    """
    enrolment, head = _lock_enrolment(enrolment_id)
    if enrolment.user_id != user_id:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    if enrolment.status is not EnrolmentStatus.DEPOSIT_DUE:
        raise DomainError("not-due", _l("这份报名目前不需要交纳保证金。"))
    sale = db.session.get(Sale, enrolment.sale_id)
    assert sale is not None, "a foreign key points here"
    if has_closed(sale, head, now):
        raise DomainError("closed", _l("拍卖已经结束，不能再交纳保证金。"))
    _refuse_too_large(enrolment.deposit_minor)
    return _start(
        sale,
        enrolment,
        purpose=Purpose.DEPOSIT,
        amount_minor=enrolment.deposit_minor,
        is_hold=ends_in_time(sale, head, now),
        now=now,
    )


def has_closed(sale: Sale, head: SaleHead | None, now: datetime) -> bool:
    """Whether bidding is over; a suspended sale is not."""
    if head is None:
        return now >= sale.closes_at
    return head.ended_at is not None or (head.status != SUSPENDED and now >= head.closes_at)


def ends_in_time(sale: Sale, head: SaleHead | None, now: datetime) -> bool:
    """Whether a hold outlives the sale; nobody knows when a suspended one ends."""
    if head is None:
        return can_hold(sale.closes_at, now)
    return head.status != SUSPENDED and can_hold(head.closes_at, now)


def start_balance_payment(sale_id: int, user_id: int, amount_minor: int, now: datetime) -> Payment:
    """The buyer is about to pay the balance, or a part of it, online.

    An attempt already open is the same one, whatever its amount. Refused: `not-due`,
    `more-than-due`, `too-large-online`; for anybody but the buyer there is nothing (NotFound).
    """
    settlement = db.session.scalar(select(Settlement).where(Settlement.sale_id == sale_id))
    owner_id = settlement.enrolment_id if settlement is not None else None
    enrolment = db.session.get(Enrolment, owner_id) if owner_id is not None else None
    if settlement is None or enrolment is None or enrolment.user_id != user_id:
        raise NotFound("unknown-settlement", _l("没有需要您支付的尾款。"))
    settlement = lock_settlement(settlement.id)
    if settlement.status is not SettlementStatus.DUE:
        raise DomainError("not-due", _l("价款已经付清。"))
    if not 0 < amount_minor <= settlement.outstanding_minor:
        raise DomainError(
            "more-than-due", _l("金额应大于零且不超过未付的尾款。"), status=422, field="amount"
        )
    _refuse_too_large(amount_minor)
    sale = db.session.get(Sale, sale_id)
    assert sale is not None, "a foreign key points here"
    return _start(
        sale,
        enrolment,
        purpose=Purpose.BALANCE,
        amount_minor=amount_minor,
        is_hold=False,
        now=now,
        settlement_id=settlement.id,
    )


def _start(
    sale: Sale,
    enrolment: Enrolment,
    *,
    purpose: Purpose,
    amount_minor: int,
    is_hold: bool,
    now: datetime,
    settlement_id: int | None = None,
) -> Payment:
    known = _find_started(enrolment.id, purpose)
    if known is not None:
        return known
    row = Payment(
        court_id=sale.court_id,
        case_id=sale.case_id,
        enrolment_id=enrolment.id,
        settlement_id=settlement_id,
        user_id=enrolment.user_id,
        purpose=purpose,
        channel=Channel.STRIPE,
        status=PaymentStatus.STARTED,
        amount_minor=amount_minor,
        currency=enrolment.currency,
        is_hold=is_hold,
        started_at=now,
        tries=0,
        # fixed here, so that every attempt to open the page asks for exactly the same
        expires_at=now + CHECKOUT_SPAN,
    )
    db.session.add(row)
    db.session.flush()
    record("start-payment", row, actor_id=enrolment.user_id, at=now)
    enqueue(
        "watch_payment",
        f"watch_payment:{row.id}",
        {"payment_id": row.id},
        now=now,
        run_at=next_poll_at(now, now),
    )
    return row


def _find_started(enrolment_id: int, purpose: Purpose) -> Payment | None:
    return db.session.scalar(
        select(Payment).where(
            Payment.enrolment_id == enrolment_id,
            Payment.purpose == purpose,
            Payment.status == PaymentStatus.STARTED,
        )
    )


def _refuse_too_large(amount_minor: int) -> None:
    if not can_pay_online(amount_minor):
        raise DomainError(
            "too-large-online", _l("单笔超过 ¥999,999.99 的款项只能通过银行转账支付。")
        )


# ── settle by what the provider says ────────────────────────────────────────────────────────────


def settle_session(
    payment_id: int, session: SessionFacts, *, site: str, is_live: bool, at: datetime
) -> PaymentStatus:
    """Bring a payment to where its session stands; returns the payment's status."""
    payment = lock_payment(payment_id)
    if payment.session_id is None:
        payment.session_id = session.session_id
    if session.intent is not None:
        return _settle(payment, session.intent, read_session_finding(session), site, is_live, at)
    if session.status == "expired" and payment.status is PaymentStatus.STARTED:
        _move(payment, PaymentStatus.LAPSED, at)
    return payment.status


def settle_intent(
    payment_id: int, intent: IntentFacts, *, site: str, is_live: bool, at: datetime
) -> PaymentStatus:
    """Bring a payment to where its intent stands; returns the payment's status."""
    payment = lock_payment(payment_id)
    return _settle(payment, intent, read_finding(intent), site, is_live, at)


def _settle(
    payment: Payment, intent: IntentFacts, found: Finding, site: str, is_live: bool, at: datetime
) -> PaymentStatus:
    asked = Asked(payment.id, site, payment.amount_minor, payment.currency, is_live)
    misfit = find_misfit(asked, intent)
    if misfit is None and payment.intent_id not in (None, intent.intent_id):
        misfit = "not-ours"
    if misfit is not None:
        if found is not Finding.OPEN:
            _refuse_misfit(payment, intent, found, misfit, at)
        return payment.status
    payment.intent_id = intent.intent_id
    if found is Finding.RECEIVED:
        _take(payment, intent, at)
    elif found is Finding.HELD and payment.status is PaymentStatus.STARTED:
        payment.capture_before = intent.capture_before
        book_receipt(payment, is_held=True, effective_at=at, at=at)
        _move(payment, PaymentStatus.HELD, at)
        confirm_deposit(payment, at=at)
    elif found is Finding.LAPSED and payment.status is PaymentStatus.STARTED:
        _move(payment, PaymentStatus.LAPSED, at)
    elif found is Finding.LAPSED and payment.status is PaymentStatus.HELD:
        _end_hold(payment, at)
    return payment.status


def _end_hold(payment: Payment, at: datetime) -> None:
    """The provider holds nothing any more: as we asked, or because the hold lapsed."""
    refund_id = db.session.scalar(select(Refund.id).where(Refund.payment_id == payment.id))
    if refund_id is not None:
        record_release(refund_id, at=at)
        return
    book_hold_end(payment, amount_minor=0, at=at)
    _move(payment, PaymentStatus.LAPSED, at)
    lapse_deposit(payment, at=at)


def abandon_payment(payment_id: int, *, at: datetime) -> None:
    """No page was ever opened for this attempt, and none will be: a new attempt may begin."""
    payment = lock_payment(payment_id)
    if payment.status is PaymentStatus.STARTED and payment.session_id is None:
        _move(payment, PaymentStatus.LAPSED, at)


def note_kept_failure_of_payment(payment_id: int) -> None:
    """The provider keeps a failure under our key: the next attempt takes another."""
    lock_payment(payment_id).tries += 1


def settle_stray(intent: IntentFacts, *, at: datetime) -> None:
    """Money or a hold at the provider that belongs to no payment of ours (P-16).

    Nobody knows whose it is, so it stands in the suspense account of the court whose Stripe account
    this is: the first of the deployment.
    """
    court_id = db.session.scalar(select(Court.id).order_by(Court.id).limit(1))
    alarm = raise_alarm(
        "not-ours",
        f"intent {intent.intent_id}",
        court_id=court_id,
        at=at,
        amount_minor=intent.amount_minor,
        received_minor=intent.received_minor,
        currency=intent.currency,
    )
    if read_finding(intent) is Finding.RECEIVED and court_id is not None:
        book_suspense(
            court_id,
            intent.currency,
            intent.received_minor,
            key=f"intent:{intent.intent_id}:suspense",
            source=alarm,
            at=at,
        )


def _take(payment: Payment, intent: IntentFacts, at: datetime) -> None:
    """The money has been taken: at once, or now out of a hold."""
    if payment.status is PaymentStatus.STARTED:
        book_receipt(payment, is_held=False, effective_at=at, at=at)
        _move(payment, PaymentStatus.RECEIVED, at)
        book_fee(payment, intent.fee_minor, at=at)
        _pass_on(payment, at)
    elif payment.status is PaymentStatus.HELD:
        book_hold_end(payment, amount_minor=intent.received_minor, at=at)
        _move(payment, PaymentStatus.RECEIVED, at)
        book_fee(payment, intent.fee_minor, at=at)
        apply_captured(payment, at=at)
    elif payment.status is PaymentStatus.RECEIVED:
        book_fee(payment, intent.fee_minor, at=at)


def _pass_on(payment: Payment, at: datetime) -> None:
    """A deposit admits its bidder; a balance counts towards the price, its excess goes back."""
    if payment.purpose is Purpose.DEPOSIT:
        confirm_deposit(payment, at=at)
        return
    assert payment.settlement_id is not None, "kept by a constraint"
    excess = receive_balance(payment.settlement_id, payment.amount_minor, at=at)
    if excess:
        owe_refund(payment, RefundReason.EXCESS, at=at, amount_minor=excess)


def _refuse_misfit(
    payment: Payment, intent: IntentFacts, found: Finding, misfit: str, at: datetime
) -> None:
    """It is not the payment we asked for (P-16): nothing is confirmed by it.

    Money that really came is owed to somebody, so it stands in suspense; a hold is let go of.
    """
    alarm = raise_alarm(
        misfit,
        f"intent {intent.intent_id}",
        court_id=payment.court_id,
        at=at,
        payment_id=payment.id,
        amount_minor=intent.amount_minor,
        received_minor=intent.received_minor,
        currency=intent.currency,
    )
    if misfit == "wrong-mode":
        return
    if found is Finding.RECEIVED and intent.received_minor > 0:
        book_suspense(
            payment.court_id,
            intent.currency,
            intent.received_minor,
            key=f"intent:{intent.intent_id}:suspense",
            source=alarm,
            at=at,
        )
        if payment.status is PaymentStatus.STARTED and misfit != "not-ours":
            _move(payment, PaymentStatus.SUSPENSE, at)
    elif found is Finding.HELD:
        queue_intent_release(intent.intent_id, at)
        if payment.status is PaymentStatus.STARTED and misfit != "not-ours":
            _move(payment, PaymentStatus.LAPSED, at)


def queue_intent_release(intent_id: str, at: datetime) -> None:
    """Let the worker give back a hold that belongs to no payment of ours."""
    key = f"release_intent:{intent_id}"
    enqueue("release_intent", key, {"intent_id": intent_id}, now=at)


# ── money by bank transfer ──────────────────────────────────────────────────────────────────────


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

    The bank desk has compared reference, amount and payer (CN16-17.2). Booked from the bank; admits
    the bidder, or goes back at once if the sale has ended. Doing it again returns the payment.
    Refused: `amount-differs` (the line then belongs into suspense).
    """
    enrolment, _head = _lock_enrolment(enrolment_id)
    if amount_minor != enrolment.deposit_minor:
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
        _pass_on(payment, at)
    return payment


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
    known = db.session.scalar(select(Payment).where(Payment.bank_line_id == bank_line_id))
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


# ── locks ───────────────────────────────────────────────────────────────────────────────────────


def lock_payment(payment_id: int) -> Payment:
    """A payment, locked after its sale's head and its enrolment, and read again."""
    enrolment_id = db.session.scalar(select(Payment.enrolment_id).where(Payment.id == payment_id))
    if enrolment_id is None:
        raise NotFound("unknown-payment", _l("没有这笔付款。"))
    _lock_enrolment(enrolment_id)
    row = db.session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    assert row is not None, "payments are never deleted"
    return row


def _lock_enrolment(enrolment_id: int) -> tuple[Enrolment, SaleHead | None]:
    sale_id = db.session.scalar(select(Enrolment.sale_id).where(Enrolment.id == enrolment_id))
    if sale_id is None:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    head = db.session.get(SaleHead, sale_id, with_for_update=True, populate_existing=True)
    row = db.session.get(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
    assert row is not None, "enrolments are never deleted"
    return row, head


def _move(payment: Payment, to: PaymentStatus, at: datetime) -> None:
    change_state(payment, to, PAYMENT_TRANSITIONS, actor_id=None, at=at)
    if payment.confirmed_at is None and to in (PaymentStatus.HELD, PaymentStatus.RECEIVED):
        payment.confirmed_at = at
    if to is not PaymentStatus.HELD:
        payment.settled_at = at
