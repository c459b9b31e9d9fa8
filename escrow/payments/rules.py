"""How a payment is asked for, and what the provider's word about it means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from escrow.payments.facts import IntentFacts, SessionFacts

# Stripe takes eight digits of fen a payment; more goes by bank transfer.
PROVIDER_LIMIT_MINOR = 99_999_999
# The shortest hold of any card network is 4 days 18 h; a sale may be extended, and losers' money
# must be released within 24 h of its end (CN16-23.2).
SHORTEST_HOLD = timedelta(days=4)
HOLD_MARGIN = timedelta(hours=24)
# A hold about to lapse while its sale still runs is taken, so that the bidder stays secured.
GUARD_BEFORE_LAPSE = timedelta(hours=12)
CHECKOUT_SPAN = timedelta(minutes=60)
HOLD_METHODS = ("card",)
PAY_METHODS = ("card", "alipay", "wechat_pay")


def can_hold(closes_at: datetime, now: datetime) -> bool:
    """Whether a card hold taken now surely outlives the sale."""
    return closes_at + HOLD_MARGIN <= now + SHORTEST_HOLD


def can_pay_online(amount_minor: int) -> bool:
    """Whether the provider takes such an amount in one payment."""
    return 0 < amount_minor <= PROVIDER_LIMIT_MINOR


def next_poll_at(started_at: datetime, now: datetime) -> datetime:
    """When to look again at a page nobody reported on: soon at first, then ever more rarely."""
    pause = max(timedelta(minutes=1), min((now - started_at) // 2, timedelta(hours=1)))
    return now + pause


class Finding(StrEnum):
    """What has become of a payment at the provider."""

    OPEN = "open"
    HELD = "held"
    RECEIVED = "received"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Asked:
    """What we asked for, to be held against what the provider says (P-16)."""

    payment_id: int
    site: str
    amount_minor: int
    currency: str
    is_live: bool


def read_finding(intent: IntentFacts) -> Finding:
    """The state of an intent in our words."""
    if intent.status == "succeeded":
        return Finding.RECEIVED
    if intent.status == "requires_capture":
        return Finding.HELD
    return Finding.LAPSED if intent.status == "canceled" else Finding.OPEN


def read_session_finding(session: SessionFacts) -> Finding:
    """The state of a session: its intent's, once there is one; an expired page took nothing."""
    if session.intent is not None:
        found = read_finding(session.intent)
        if found is not Finding.OPEN or session.status != "expired":
            return found
    return Finding.LAPSED if session.status == "expired" else Finding.OPEN


def find_misfit(asked: Asked, intent: IntentFacts) -> str | None:
    """The first way in which an intent is not the payment we asked for, or None."""
    if intent.is_live is not asked.is_live:
        return "wrong-mode"
    if intent.metadata.get("site") != asked.site:
        return "not-ours"
    if intent.metadata.get("payment") != str(asked.payment_id):
        return "not-ours"
    if intent.currency != asked.currency:
        return "wrong-currency"
    amounts = {intent.amount_minor}
    if intent.status == "succeeded":
        amounts.add(intent.received_minor)
    return None if amounts == {asked.amount_minor} else "wrong-amount"
