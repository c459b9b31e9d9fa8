"""The worker sends money back: the most urgent first, a hundred at a time, several at once.

A refund is written down as asked for before the provider is asked; from then on we look whether it
is there before we ask again. An answer that got lost is found by looking, never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, or_, select, update

from auction.accounts.models import User, UserRole
from auction.accounts.roles import Role
from auction.core.db import UtcDateTime, db, transaction
from auction.core.errors import DomainError
from auction.core.log import get_logger
from auction.core.outbox import PutOff, Task, handles
from auction.messages.services import send_messages
from escrow.deposits.models import Deposit, DepositStatus
from escrow.payments.alarms import raise_alarm
from escrow.payments.checkout import settle_by_intent, site
from escrow.payments.disputes import has_open_dispute
from escrow.payments.facts import IntentFacts, RefundFacts
from escrow.payments.gateway import (
    Gateway,
    ProviderRefused,
    ProviderUnavailable,
    current_gateway,
)
from escrow.payments.messages import RETURNS_NEAR_DEADLINE
from escrow.payments.models import Channel, Payment, PaymentStatus, Refund, RefundStatus
from escrow.payments.refunds import BATCH, record_refused, record_returns
from escrow.payments.rules import LONGEST_POLL, next_refund_at

AT_ONCE = 16  # calls under way at the same time: well below what the provider allows a second
LEASE = timedelta(seconds=90)

log = get_logger()


@dataclass(frozen=True)
class Way:
    """A refund as plain values, to be used outside any transaction."""

    refund_id: int
    payment_id: int
    intent_id: str
    is_held: bool
    was_asked: bool
    provider_refund_id: str | None
    amount_minor: int
    attempt: int
    tries: int


@dataclass(frozen=True)
class Outcome:
    """What came of asking: the refund, the intent after its release, or neither."""

    way: Way
    refund: RefundFacts | None = None
    intent: IntentFacts | None = None
    trouble: DomainError | None = None


@handles("return_money")
def return_money(task: Task) -> None:
    """Send the most urgent refunds there are, this row's own among them or after them."""
    ways = claim_refunds(task.now)
    gateway = current_gateway()
    mine = site()
    with ThreadPoolExecutor(max_workers=max(1, min(AT_ONCE, len(ways)))) as pool:
        outcomes = list(pool.map(lambda way: send_back(gateway, way, mine), ways))
    write_down(outcomes, task.now)
    later = _next_try(task.payload["refund_ids"], task.now)
    if later is not None:
        raise PutOff(later)


def claim_refunds(now: datetime, *, most: int = BATCH) -> list[Way]:
    """Take the most urgent refunds that nobody is sending, and write down that they are asked for.

    What a bank is looking into is not refunded meanwhile: the payer might have it twice.
    """
    with transaction():
        rows = db.session.execute(
            select(Refund, Payment)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(
                Refund.status != RefundStatus.DONE,
                Refund.channel == Channel.STRIPE,
                or_(Refund.next_try_at.is_(None), Refund.next_try_at <= now),
                or_(Refund.lease_until.is_(None), Refund.lease_until < now),
                ~has_open_dispute(),
            )
            .order_by(Refund.due_at, Refund.id)
            .limit(most)
            .with_for_update(skip_locked=True, of=Refund)
        ).all()
        ways = [_way(refund, payment) for refund, payment in rows]
        db.session.execute(
            update(Refund)
            .where(Refund.id.in_([way.refund_id for way in ways]))
            .values(
                lease_until=now + LEASE,
                tries=Refund.tries + 1,
                asked_at=func.coalesce(Refund.asked_at, literal(now, UtcDateTime)),
            )
            .execution_options(synchronize_session=False)
        )
    return ways


def _way(refund: Refund, payment: Payment) -> Way:
    assert payment.intent_id is not None, "what came through the provider has its intent"
    return Way(
        refund_id=refund.id,
        payment_id=payment.id,
        intent_id=payment.intent_id,
        is_held=payment.status is PaymentStatus.HELD,
        was_asked=refund.asked_at is not None,
        provider_refund_id=refund.provider_refund_id,
        amount_minor=refund.amount_minor,
        attempt=refund.attempt,
        tries=refund.tries + 1,
    )


# ── at the provider, in a thread without a session ──────────────────────────────────────────────


def send_back(gateway: Gateway, way: Way, mine: str) -> Outcome:
    """Release the hold or refund the capture; first look whether that has happened already."""
    try:
        if way.is_held:
            return Outcome(way, intent=_release(gateway, way))
        return Outcome(way, refund=_refund(gateway, way, mine))
    except (ProviderUnavailable, ProviderRefused) as trouble:
        return Outcome(way, trouble=trouble)


def _release(gateway: Gateway, way: Way) -> IntentFacts:
    if way.was_asked:
        intent = gateway.read_intent(way.intent_id)
        if intent.status != "requires_capture":
            return intent
    try:
        return gateway.cancel(way.intent_id, key=f"refund:{way.refund_id}:{way.attempt}:release")
    except ProviderRefused:  # taken, or let go of, by somebody else
        return gateway.read_intent(way.intent_id)


def _refund(gateway: Gateway, way: Way, mine: str) -> RefundFacts:
    if way.provider_refund_id is not None:
        return gateway.read_refund(way.provider_refund_id)
    named = {"site": mine, "refund": str(way.refund_id)}
    if way.was_asked:
        for facts in gateway.list_refunds(way.intent_id):
            if facts.metadata == named and not facts.has_failed:
                return facts
    facts = gateway.refund(
        way.intent_id,
        amount_minor=way.amount_minor,
        metadata=named,
        key=f"refund:{way.refund_id}:{way.attempt}",
    )
    if facts.amount_minor != way.amount_minor:  # before it is believed it is read once more
        return gateway.read_refund(facts.refund_id)
    return facts


# ── what came of it ─────────────────────────────────────────────────────────────────────────────


def write_down(outcomes: Sequence[Outcome], now: datetime) -> None:
    """All that went well in one transaction; if the books refuse one of them, each by itself."""
    done = [_told(one) for one in outcomes if _is_plain(one)]
    try:
        with transaction():
            record_returns(done, at=now)
    except DomainError:
        for one in done:
            _write_one(one, now)
    for outcome in outcomes:
        if outcome.trouble is not None:
            _put_off(outcome, now)
        elif _has_failed_at_once(outcome) and outcome.refund is not None:
            with transaction():
                record_refused(outcome.way.refund_id, outcome.refund, at=now)
        elif outcome.intent is not None and not _is_plain(outcome):
            # it was captured by somebody else: it is money now, and goes back as such
            settle_by_intent(outcome.way.payment_id, outcome.intent, now=now)
            _try_at(outcome.way.refund_id, now)
    for outcome in outcomes:
        if outcome.refund is not None and outcome.refund.status in _SLOW:
            _try_at(outcome.way.refund_id, now + LONGEST_POLL)


_SLOW = frozenset({"pending", "requires_action"})


def _is_plain(outcome: Outcome) -> bool:
    if outcome.intent is not None:
        return outcome.intent.status == "canceled"
    return outcome.refund is not None and not _has_failed_at_once(outcome)


def _has_failed_at_once(outcome: Outcome) -> bool:
    """Whether a refund that was made just now has failed already; there is nothing to undo."""
    made_now = outcome.way.provider_refund_id is None
    return made_now and outcome.refund is not None and outcome.refund.has_failed


def _told(outcome: Outcome) -> tuple[int, RefundFacts | None]:
    return outcome.way.refund_id, outcome.refund


def _write_one(told: tuple[int, RefundFacts | None], now: datetime) -> None:
    refund_id = told[0]
    try:
        with transaction():
            record_returns([told], at=now)
    except DomainError as error:
        log.exception("refund not booked", refund=refund_id)
        with transaction():
            _raise_stuck(refund_id, error.code, now)
        _try_at(refund_id, now + LONGEST_POLL)


def _put_off(outcome: Outcome, now: datetime) -> None:
    """Nobody knows, or the provider refuses: again a little later, ever more rarely."""
    trouble, way = outcome.trouble, outcome.way
    later = next_refund_at(way.tries, now)
    with transaction():
        if isinstance(trouble, ProviderRefused):
            _raise_stuck(way.refund_id, trouble.reason or "refused", now)
        values: dict[str, Any] = {"lease_until": None, "next_try_at": later}
        if isinstance(trouble, ProviderUnavailable) and trouble.is_kept:
            values["attempt"] = way.attempt + 1  # the failure is kept under our key
        db.session.execute(update(Refund).where(Refund.id == way.refund_id).values(**values))


def _raise_stuck(refund_id: int, why: str, now: datetime) -> None:
    refund = db.session.get(Refund, refund_id)
    assert refund is not None, "refunds are never deleted"
    raise_alarm(
        "refund-refused",
        f"refund {refund_id}",
        court_id=refund.court_id,
        at=now,
        reason=why,
        amount_minor=refund.amount_minor,
    )


def _try_at(refund_id: int, at: datetime) -> None:
    with transaction():
        db.session.execute(
            update(Refund)
            .where(Refund.id == refund_id, Refund.status != RefundStatus.DONE)
            .values(lease_until=None, next_try_at=at)
        )


def _next_try(refund_ids: list[int], now: datetime) -> datetime | None:
    """When the first of these is to be looked at again; None when all are done, or by bank."""
    with transaction():
        rows = db.session.execute(
            select(Refund.next_try_at, Refund.lease_until, has_open_dispute()).where(
                Refund.id.in_(refund_ids),
                Refund.status != RefundStatus.DONE,
                Refund.channel == Channel.STRIPE,
            )
        ).all()
    if not rows:
        return None
    return min(
        max(next_at or now, lease or now, now + LONGEST_POLL if is_disputed else now)
        for next_at, lease, is_disputed in rows
    )


# ── twenty hours after the end ──────────────────────────────────────────────────────────────────


@handles("warn_returns")
def warn_returns(task: Task) -> None:
    """Four hours before the law's limit: what is not back yet is an alarm, and finance is told."""
    court_id: int = task.payload["court_id"]
    due_at = datetime.fromisoformat(task.payload["due_at"])
    with transaction():
        count, amount = db.session.execute(
            select(func.count(Refund.id), func.coalesce(func.sum(Refund.amount_minor), 0)).where(
                Refund.court_id == court_id,
                Refund.due_at == due_at,
                Refund.status == RefundStatus.DUE,
            )
        ).one()
        if not count:
            return
        told = {"count": int(count), "amount_minor": int(amount)}
        raise_alarm(
            "returns-near-deadline",
            f"CN16-23.2 {due_at.isoformat(timespec='minutes')}",
            court_id=court_id,
            at=task.now,
            **told,
        )
        send_messages(
            _finance_of(court_id),
            RETURNS_NEAR_DEADLINE,
            told,
            link="/finance/refunds",
            now=task.now,
        )


@handles("warn_transfer")
def warn_transfer(task: Task) -> None:
    """Four hours before the buyer's deposit must be with the court (CN16-25.2)."""
    with transaction():
        deposit = db.session.get(Deposit, task.payload["deposit_id"])
        assert deposit is not None, "deposits are never deleted"
        if deposit.status is DepositStatus.APPLYING:
            raise_alarm(
                "transfer-near-deadline",
                f"deposit {deposit.id}",
                court_id=deposit.court_id,
                at=task.now,
                amount_minor=deposit.amount_minor,
            )


def _finance_of(court_id: int) -> list[int]:
    return list(
        db.session.scalars(
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .where(User.court_id == court_id, UserRole.role == Role.FINANCE, User.is_active)
        )
    )
