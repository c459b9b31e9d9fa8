"""What waits in a sale's queue: a request with its stamp, and where its answer goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bidding.engine import (
    BidRequest,
    CancelRequest,
    InstructRequest,
    Request,
    ResumeRequest,
    SuspendRequest,
    WithdrawRequest,
)
from bidding.room.answers import Answer

NOBODY = "-"
"""A code no bidder can have: what someone who is not enrolled asks under."""


class Kind(StrEnum):
    """What can be asked of a running sale."""

    BID = "bid"
    INSTRUCT = "instruct"
    CANCEL = "cancel"
    SUSPEND = "suspend"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    TICK = "tick"
    """Time has passed: the opening is resolved, or the end recorded, if either is due."""


BY_BIDDER = frozenset({Kind.BID, Kind.INSTRUCT, Kind.CANCEL})


@dataclass(slots=True)
class Waiting:
    """One request in the queue. `at` is stamped when it enters, and never changed."""

    kind: Kind
    at: datetime
    reply: Callable[[Answer], None]
    user_id: int | None = None
    code: str | None = None
    amount: object = None
    key: str | None = None
    confirm: object = None
    """The amount once more, where a bidder was asked whether so high a bid is meant."""
    actor_id: int | None = None
    ground: str = ""
    only_while_open: bool = False

    def as_request(self, code: str | None) -> Request:
        """What the engine decides on."""
        who = code or NOBODY
        match self.kind:
            case Kind.BID:
                # Someone without an enrolment is refused and leaves nothing to be repeated.
                return BidRequest(self.at, who, self.amount, self.key if code else None)
            case Kind.INSTRUCT:
                return InstructRequest(self.at, who, self.amount)
            case Kind.CANCEL:
                return CancelRequest(self.at, who)
            case Kind.SUSPEND:
                return SuspendRequest(self.at, self.ground)
            case Kind.RESUME:
                return ResumeRequest(self.at)
            case Kind.WITHDRAW:
                return WithdrawRequest(self.at, self.ground)
            case Kind.TICK:
                raise ValueError("a tick asks nothing of the engine's queue")
