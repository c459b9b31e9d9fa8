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
# More parts than this are a nuisance for everybody: such an amount goes by bank transfer.
MOST_PARTS = 5
# What webhooks lost is found within 15 minutes of the provider's return.
POLL_PAUSE = timedelta(minutes=5)
LONGEST_POLL = timedelta(minutes=10)
HOLD_METHODS = ("card",)
PAY_METHODS = ("card", "alipay", "wechat_pay")


def can_hold(closes_at: datetime, now: datetime) -> bool:
    """Whether a card hold taken now surely outlives the sale."""
    return closes_at + HOLD_MARGIN <= now + SHORTEST_HOLD


def can_pay_online(amount_minor: int) -> bool:
    """Whether the provider takes such an amount in one payment."""
    return 0 < amount_minor <= PROVIDER_LIMIT_MINOR


def count_parts(amount_minor: int) -> int:
    """In how many payments the provider takes such an amount."""
    return -(-amount_minor // PROVIDER_LIMIT_MINOR)


def next_part(outstanding_minor: int) -> int:
    """The next payment of what is outstanding: parts as alike as can be, none of them a crumb.

    The provider refuses amounts of a few fen, so the last part must not be what happens to be left.
    """
    assert outstanding_minor > 0, "nothing is outstanding"
    return -(-outstanding_minor // count_parts(outstanding_minor))


def next_poll_at(started_at: datetime, now: datetime) -> datetime:
    """When to look again at a page nobody reported on: soon at first, then ever more rarely."""
    pause = max(timedelta(minutes=1), min((now - started_at) // 2, LONGEST_POLL))
    return now + pause


def next_refund_at(tries: int, now: datetime) -> datetime:
    """When to try a refund again that got no answer: an outage costs ten minutes more at most."""
    return now + min(timedelta(seconds=15 * 2 ** min(tries, 8)), LONGEST_POLL)


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
    is_hold: bool = False


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
    """The first way in which an intent is not the payment we asked for, or None.

    Of a hold less may have been taken than was held: the rest went back to its payer.
    """
    if intent.is_live is not asked.is_live:
        return "wrong-mode"
    if intent.metadata.get("site") != asked.site:
        return "not-ours"
    if intent.metadata.get("payment") != str(asked.payment_id):
        return "not-ours"
    if intent.currency != asked.currency:
        return "wrong-currency"
    least = 1 if asked.is_hold else asked.amount_minor
    fits = intent.amount_minor == asked.amount_minor and (
        intent.status != "succeeded" or least <= intent.received_minor <= asked.amount_minor
    )
    return None if fits else "wrong-amount"


def find_page_misfit(asked: Asked, session: SessionFacts) -> str | None:
    """The first way in which a page is not the one we asked for, or None."""
    if session.intent is not None:
        return find_misfit(asked, session.intent)
    if (session.amount_minor, session.currency) != (asked.amount_minor, asked.currency):
        return "wrong-amount"
    return None
