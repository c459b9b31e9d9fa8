"""What the provider says about a payment, in our own words: plain values, no library objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class IntentFacts:
    """A payment intent as it stands at the provider; amounts in minor units."""

    intent_id: str
    status: str
    amount_minor: int
    received_minor: int
    currency: str  # upper case, as ours
    is_live: bool
    metadata: dict[str, str] = field(default_factory=dict)
    # Until then a hold is kept; None where nothing is held.
    capture_before: datetime | None = None
    # What the provider keeps of it; None until it says so.
    fee_minor: int | None = None


@dataclass(frozen=True)
class SessionFacts:
    """A checkout session as it stands at the provider."""

    session_id: str
    status: str  # open, complete, expired
    url: str | None
    amount_minor: int
    currency: str
    is_live: bool
    metadata: dict[str, str] = field(default_factory=dict)
    intent: IntentFacts | None = None


@dataclass(frozen=True)
class RefundFacts:
    """A refund as it stands at the provider."""

    refund_id: str
    intent_id: str | None
    status: str
    amount_minor: int
    currency: str
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """Whether the money came back to us, or never left."""
        return self.status in {"failed", "canceled"}


@dataclass(frozen=True)
class CheckoutOrder:
    """What a checkout page is asked to collect; the same order always carries the same key."""

    key: str
    amount_minor: int
    currency: str
    title: str
    is_hold: bool
    methods: tuple[str, ...]
    expires_at: datetime
    return_url: str
    cancel_url: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class EventFacts:
    """What a webhook announces; nothing in it is believed but what to look at."""

    event_id: str
    type: str
    object_type: str
    object_id: str
    is_live: bool
    account: str | None
