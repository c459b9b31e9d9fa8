"""What the provider says about a payment, in our own words: plain values, no library objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

Item = TypeVar("Item")


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
class DisputeFacts:
    """A payer's complaint as it stands at the provider."""

    dispute_id: str
    intent_id: str | None
    status: str  # needs_response, under_review, won, lost, warning_…, prevented
    reason: str
    amount_minor: int
    currency: str
    opened_at: datetime
    evidence_due_at: datetime | None
    # What the bank took from the balance, what it gave back, and what the provider charges for it.
    withdrawn_minor: int
    reinstated_minor: int
    fee_minor: int
    fee_back_minor: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether the bank has decided; a warning that was closed came to nothing."""
        return self.status in {"won", "lost", "warning_closed", "prevented"}


@dataclass(frozen=True)
class MovementFacts:
    """One movement of the account's balance at the provider."""

    movement_id: str
    kind: str
    amount_minor: int  # positive: into the balance
    fee_minor: int
    currency: str
    moved_at: datetime
    source_id: str | None
    # The intent or the complaint's charge behind it, as far as the source names one.
    intent_id: str | None


@dataclass(frozen=True)
class PayoutFacts:
    """Money on its way from the provider's balance to the court's bank account."""

    payout_id: str
    status: str  # pending, in_transit, paid, failed, canceled
    amount_minor: int
    currency: str
    sent_at: datetime
    arrives_at: datetime
    is_automatic: bool  # then the provider names its movements


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list, and whether another follows."""

    items: list[Item]
    has_more: bool


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
    happened_at: datetime | None = None
