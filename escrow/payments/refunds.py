"""Money on its way back: owed, sent, done; opened again if the payer's bank refuses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.deadlines.services import (
    NewDeadline,
    meet_deadlines,
    reopen_deadline,
    schedule_deadlines,
)
from auction.messages.services import send_messages
from escrow.deposits.models import DEPOSIT_TRANSITIONS, Deposit, DepositStatus
from escrow.ledger import Transfer, reverse
from escrow.payments.alarms import raise_alarm
from escrow.payments.booking import book_hold_ends, book_refunds
from escrow.payments.facts import RefundFacts
from escrow.payments.messages import REFUND_BY_BANK, REFUND_FAILED
from escrow.payments.models import (
    PAYMENT_TRANSITIONS,
    REFUND_TRANSITIONS,
    Channel,
    Payment,
    PaymentStatus,
    Refund,
    RefundReason,
    RefundStatus,
)
from escrow.payments.rules import LONGEST_POLL

RETURN_DEADLINE = "deposit-return"
RETURN_RULE = "CN16-23.2"
RETURN_SPAN = timedelta(hours=24)
WARN_BEFORE = timedelta(hours=4)
# A card that refused twice will refuse again: finance then pays by bank transfer.
PROVIDER_ATTEMPTS = 2
BATCH = 100


def owe_refund(
    payment: Payment,
    reason: RefundReason,
    *,
    at: datetime,
    due_at: datetime | None = None,
    amount_minor: int | None = None,
) -> Refund | None:
    """Write down that a payment, or a part of it, goes back, start its clock and queue the way.

    Once a payment and reason. The clock is 24 hours (CN16-23.2), from the end of the sale where the
    caller gives `due_at`; the same span is kept where money goes back for another reason. None if
    all of the payment is on its way back already.
    """
    known = db.session.scalar(
        select(Refund).where(Refund.payment_id == payment.id, Refund.reason == reason)
    )
    if known is not None:
        return known
    back = db.session.scalar(
        select(func.sum(Refund.amount_minor)).where(Refund.payment_id == payment.id)
    )
    left = payment.secured_minor - int(back or 0)
    if left <= 0:
        return None
    amount = min(amount_minor or left, left)
    (row,) = _write_down([(payment, amount)], reason, at=at, due_at=due_at or at + RETURN_SPAN)
    return row


def owe_refunds(
    payments: Iterable[Payment], reason: RefundReason, *, at: datetime, due_at: datetime
) -> list[Refund]:
    """Many whole payments go back at once: the losers of a sale. None has a refund yet."""
    parts = [(payment, payment.secured_minor) for payment in payments]
    return _write_down(parts, reason, at=at, due_at=due_at)


def _write_down(
    parts: Sequence[tuple[Payment, int]], reason: RefundReason, *, at: datetime, due_at: datetime
) -> list[Refund]:
    rows = [
        Refund(
            court_id=payment.court_id,
            case_id=payment.case_id,
            payment_id=payment.id,
            channel=payment.channel,
            reason=reason,
            status=RefundStatus.DUE,
            amount_minor=amount_minor,
            currency=payment.currency,
            attempt=0,
            failures=0,
            tries=0,
            created_at=at,
            due_at=due_at,
            payee_name=payment.payer_name,
            payee_account=payment.payer_account,
            payee_bank=payment.payer_bank,
        )
        for payment, amount_minor in parts
    ]
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        record("owe-refund", row, actor_id=None, at=at, detail={"reason": str(reason)})
    schedule_deadlines(
        [
            NewDeadline(
                RETURN_DEADLINE,
                row,
                rule_id=RETURN_RULE,
                court_id=row.court_id,
                case_id=row.case_id,
                owner_role="finance",
                due_at=row.due_at,
                warn_at=row.due_at - WARN_BEFORE,
            )
            for row in rows
        ]
    )
    queue_refunds(rows, at)
    return rows


def queue_refunds(refunds: Sequence[Refund], at: datetime) -> None:
    """Let the worker send them, and look again 20 hours after the end whether they have gone."""
    online = [row for row in refunds if row.channel is Channel.STRIPE]
    for start in range(0, len(online), BATCH):
        batch = online[start : start + BATCH]
        key = f"return_money:{batch[0].id}:{batch[0].attempt}:{len(batch)}"
        enqueue("return_money", key, {"refund_ids": [row.id for row in batch]}, now=at)
    for court_id, due_at in {(row.court_id, row.due_at) for row in refunds}:
        warn_at = due_at - WARN_BEFORE
        enqueue(
            "warn_returns",
            f"warn_returns:{court_id}:{due_at.isoformat()}",
            {"court_id": court_id, "due_at": due_at.isoformat()},
            now=at,
            run_at=max(at, warn_at),
        )


def record_release(refund_id: int, *, at: datetime) -> None:
    """The provider has let go of the hold: nothing was ever taken."""
    record_returns([(refund_id, None)], at=at)


def record_refund(refund_id: int, facts: RefundFacts, *, at: datetime) -> None:
    """The provider has the refund: it is booked, and done as soon as the provider says so."""
    record_returns([(refund_id, facts)], at=at)


def record_returns(told: Sequence[tuple[int, RefundFacts | None]], *, at: datetime) -> None:
    """What the provider did: refunds with what it says of them, holds it let go of with None.

    Telling it again, or late, or in another order, changes nothing.
    """
    facts = dict(told)
    released, sent, done = [], [], []
    for refund, payment in lock_refunds([refund_id for refund_id, _facts in told]):
        refund.lease_until = None
        said = facts[refund.id]
        if said is None:
            if refund.status is RefundStatus.DUE:
                assert payment.status is PaymentStatus.HELD, "only a hold is released"
                released.append((refund, payment))
        elif _fits(refund, payment, said, at):
            if said.has_failed:
                _reopen(refund, payment, said, at=at)
                continue
            if refund.status is RefundStatus.DUE:
                sent.append((refund, payment, f"refund:{refund.id}:{said.refund_id}"))
                refund.provider_refund_id = said.refund_id
            if said.status == "succeeded":
                done.append(refund)
    book_hold_ends([payment for _refund, payment in released], is_taken=False, at=at)
    for _refund, payment in released:
        change_state(payment, PaymentStatus.RELEASED, PAYMENT_TRANSITIONS, actor_id=None, at=at)
        payment.settled_at = at
    book_refunds(sent, effective_at=at, at=at)
    for refund, _payment, _key in sent:
        change_state(refund, RefundStatus.SENT, REFUND_TRANSITIONS, actor_id=None, at=at)
    finished = [refund for refund, _payment in released]
    finished += [refund for refund in done if refund.status is RefundStatus.SENT]
    finish_refunds(finished, at=at, actor_id=None)


def _fits(refund: Refund, payment: Payment, facts: RefundFacts, at: datetime) -> bool:
    if (facts.intent_id, facts.amount_minor) == (payment.intent_id, refund.amount_minor):
        return True
    raise_alarm(
        "refund-differs",
        f"refund {facts.refund_id}",
        court_id=refund.court_id,
        at=at,
        refund_id=refund.id,
        amount_minor=facts.amount_minor,
    )
    refund.next_try_at = at + LONGEST_POLL
    return False


def mark_refund_paid(
    refund_id: int,
    *,
    actor_id: int | None,
    at: datetime,
    paid_at: datetime,
    booked_id: int | None = None,
) -> Refund:
    """Finance has sent the money by bank transfer at `paid_at`; it is booked from the bank.

    A payout that has booked it already names its transfer. Doing it again changes nothing. Refused
    where the provider is on it (`not-by-bank`).
    """
    refund, payment = lock_refund(refund_id)
    if refund.channel is not Channel.BANK:
        raise DomainError("not-by-bank", _l("这笔退款由支付通道办理，无需转账。"))
    if refund.status is RefundStatus.DONE:
        return refund
    if booked_id is not None:
        refund.transfer_id = booked_id
    else:
        key = f"refund:{refund.id}:bank:{refund.attempt}"
        book_refunds([(refund, payment, key)], effective_at=paid_at, at=at, actor_id=actor_id)
    finish_refunds([refund], at=at, actor_id=actor_id)
    return refund


def reopen_bank_refund(refund_id: int, *, at: datetime) -> None:
    """The transfer came back, and its payout has reversed it: owed as before, its clock runs."""
    refund, _payment = lock_refund(refund_id)
    if refund.status is not RefundStatus.DUE:
        refund.attempt += 1
        _owe_again(refund, at=at)


def note_kept_failure(refund_id: int) -> None:
    """The provider keeps a failure under our key: the next attempt takes another."""
    ((refund, _payment),) = lock_refunds([refund_id])
    refund.attempt += 1


def lock_refund(refund_id: int) -> tuple[Refund, Payment]:
    """A refund with its payment, both locked (payment first) and read again."""
    return lock_refunds([refund_id])[0]


def lock_refunds(refund_ids: Iterable[int]) -> list[tuple[Refund, Payment]]:
    """Refunds with their payments, all locked (payments first, in order) and read again."""
    wanted = sorted(set(refund_ids))
    names = db.session.execute(
        select(Refund.id, Refund.payment_id).where(Refund.id.in_(wanted))
    ).all()
    if len(names) != len(wanted):
        raise NotFound("unknown-refund", _l("没有这笔退款。"))
    payments = {
        row.id: row for row in _lock(Payment, {payment_id for _refund_id, payment_id in names})
    }
    return [(row, payments[row.payment_id]) for row in _lock(Refund, set(wanted))]


def _lock(model: type[Payment | Refund], ids: set[int]) -> list[Any]:
    return list(
        db.session.scalars(
            select(model)
            .where(model.id.in_(ids))
            .order_by(model.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def finish_refunds(refunds: Sequence[Refund], *, at: datetime, actor_id: int | None) -> None:
    """The money is back with its payers: the clocks are met, the deposits returned."""
    for refund in refunds:
        change_state(refund, RefundStatus.DONE, REFUND_TRANSITIONS, actor_id=actor_id, at=at)
        refund.done_at = at
        refund.lease_until = refund.next_try_at = None
    meet_deadlines(RETURN_DEADLINE, refunds, at=at)
    for deposit in _deposits_of(refunds, DepositStatus.RETURNING):
        if not _open_parts(deposit):
            change_state(deposit, DepositStatus.RETURNED, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
            deposit.settled_at = at


def _deposits_of(refunds: Sequence[Refund], status: DepositStatus) -> list[Deposit]:
    """The deposits in that state whose payments go back, locked."""
    payments = [refund.payment_id for refund in refunds]
    if not payments:
        return []
    named = select(Payment.deposit_id).where(Payment.id.in_(payments))
    return list(
        db.session.scalars(
            select(Deposit)
            .where(Deposit.id.in_(named), Deposit.status == status)
            .order_by(Deposit.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _open_parts(deposit: Deposit) -> int:
    """How many parts of a returning deposit are still under way."""
    found = db.session.scalar(
        select(func.count(Refund.id))
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.deposit_id == deposit.id, Refund.status != RefundStatus.DONE)
    )
    return int(found or 0)


def _reopen(refund: Refund, payment: Payment, facts: RefundFacts, *, at: datetime) -> None:
    """The payer's bank sent it back: it is owed as before, and its clock runs again (F-25)."""
    if refund.provider_refund_id != facts.refund_id or refund.status is RefundStatus.DUE:
        return
    booked = db.session.get(Transfer, refund.transfer_id)
    assert booked is not None, "what was sent is booked"
    reverse(
        booked,
        key=f"refund:{refund.id}:{facts.refund_id}:failed",
        source=refund,
        at=at,
        actor_id=None,
        note="退款失败，款项退回",
    )
    _owe_again(refund, at=at)
    _count_failure(refund, payment, facts, at=at)


def _owe_again(refund: Refund, *, at: datetime) -> None:
    change_state(
        refund, RefundStatus.DUE, REFUND_TRANSITIONS, actor_id=None, at=at, reason="failed"
    )
    refund.done_at = refund.transfer_id = refund.provider_refund_id = None
    reopen_deadline(RETURN_DEADLINE, refund)
    for deposit in _deposits_of([refund], DepositStatus.RETURNED):
        change_state(deposit, DepositStatus.RETURNING, DEPOSIT_TRANSITIONS, actor_id=None, at=at)
        deposit.settled_at = None


def record_refused(refund_id: int, facts: RefundFacts, *, at: datetime) -> None:
    """The refund failed the moment it was made: nothing was booked, the next takes another key."""
    refund, payment = lock_refund(refund_id)
    if refund.status is RefundStatus.DUE:
        _count_failure(refund, payment, facts, at=at)


def _count_failure(refund: Refund, payment: Payment, facts: RefundFacts, *, at: datetime) -> None:
    """The court looks at it, its owner is told, and it is tried again, at last by the bank."""
    refund.attempt += 1
    refund.failures += 1
    refund.next_try_at = refund.lease_until = None
    raise_alarm(
        "refund-failed",
        f"refund {refund.id} ({facts.refund_id})",
        court_id=refund.court_id,
        at=at,
        payment_id=payment.id,
        failures=refund.failures,
    )
    if refund.failures >= PROVIDER_ATTEMPTS:
        refund.channel = Channel.BANK
    send_messages(
        [payment.user_id],
        REFUND_BY_BANK if refund.channel is Channel.BANK else REFUND_FAILED,
        {"amount_minor": refund.amount_minor, "currency": refund.currency},
        link="/me/money",
        now=at,
    )
    queue_refunds([refund], at)
