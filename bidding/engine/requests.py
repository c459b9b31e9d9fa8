"""What can be asked of a sale, and what is answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LONGEST_PLAIN_AMOUNT = 64


@dataclass(frozen=True, slots=True)
class BidRequest:
    """A bidder offers an amount; with a `key`, sending it again is answered, not counted again.

    `at` is the moment the request entered the platform (CN16-20.4). `amount` is whatever arrived:
    that it is an integer is for the engine to find.
    """

    at: datetime
    code: str
    amount: object
    key: str | None = None


@dataclass(frozen=True, slots=True)
class InstructRequest:
    """A bidder leaves a limit up to which the platform is to bid for it."""

    at: datetime
    code: str
    limit: object


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A bidder takes its standing instruction back; bids it made stand."""

    at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class SuspendRequest:
    """The court, or the platform on a stated ground, halts the sale (CN16-28)."""

    at: datetime
    ground: str = ""


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """The court lets a suspended sale go on (CN16-28.4)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    """The court ends the sale at once with no winner (CN20A-17.1)."""

    at: datetime
    ground: str = ""


Request = (
    BidRequest | InstructRequest | CancelRequest | SuspendRequest | ResumeRequest | WithdrawRequest
)


class Refusal(StrEnum):
    """Why a request is refused; one reason, the first that applies, in this order."""

    KEY_REUSED = "key-reused"
    MALFORMED = "malformed"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    NOT_OPEN = "not-open"
    UNKNOWN_BIDDER = "unknown-bidder"
    BARRED = "barred"
    NO_INSTRUCTIONS = "no-instructions"
    ALREADY_LEADING = "already-leading"
    BELOW_START = "below-start"
    BELOW_MINIMUM = "below-minimum"
    OFF_LADDER = "off-ladder"


class Cause(StrEnum):
    """What brought a bid about; an opening that a resumption brought about is that resumption."""

    OPENING = "opening"
    BID = "bid"
    INSTRUCTION = "instruction"
    RESUMPTION = "resumption"


@dataclass(frozen=True, slots=True)
class Bid:
    """An accepted bid, with the close that stood after it.

    `auto` is true where the platform bid for a standing instruction; `extended` where the bid
    moved the close later by the extension rule (CN16-20.3).
    """

    seq: int
    at: datetime
    code: str
    amount: int
    auto: bool
    closes_at: datetime
    extended: bool
    cause: Cause


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request, and every bid that was accepted on the way to it.

    `at` is the recorded time: never before that of the request decided before. `seq` is the
    number of the bidder's own bid, if one was accepted. `bids` are in order: those of an opening
    that came due first (`Cause.OPENING`), the bidder's own, the automatic ones it caused.
    """

    at: datetime
    reason: Refusal | None
    repeat: bool = False
    seq: int | None = None
    bids: tuple[Bid, ...] = ()

    @property
    def accepted(self) -> bool:
        """What is not refused is accepted."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is remembered of a bid that had a key: its amount, and how it was answered.

    `reused` are the other amounts refused since as `key-reused`: sending one of them again is a
    repeat as well. Forgetting them costs no more than that mark on the same refusal.
    """

    amount: str
    reason: Refusal | None
    seq: int | None = None
    reused: frozenset[str] = frozenset()


Answers = MutableMapping[tuple[str, str], Answer]
"""What is remembered of bids that had a key, by bidder code and key."""


def write_amount(amount: object) -> str:
    """Amounts are the same where their texts are: `1`, `true`, `1.0` and `"1"` are four amounts.

    An integer is its digits. Anything else is no amount, but must still be told apart from another
    when its key comes again; what is too long to keep is kept as its SHA-256.
    """
    if type(amount) is int and -(10**18) < amount < 10**18:
        return str(amount)
    if isinstance(amount, int) and not isinstance(amount, bool):
        text = f"int {amount:x}"
    else:
        try:
            body = json.dumps(amount, sort_keys=True, default=repr)
        except (RecursionError, TypeError, ValueError):
            body = "?"
        text = f"{type(amount).__name__} {body}"
    if len(text) > LONGEST_PLAIN_AMOUNT:
        text = "sha256 " + hashlib.sha256(text.encode()).hexdigest()
    return text
