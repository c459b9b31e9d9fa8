"""Where a sale stands: all that is needed to decide its next request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bidding.engine.instants import format_instant, parse_instant
from bidding.engine.terms import SaleTerms


class Status(StrEnum):
    """What a sale is at a moment; the last three are final."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    SUSPENDED = "suspended"
    SOLD = "sold"
    UNSOLD = "unsold"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Instruction:
    """A standing instruction: the limit as it was left, and its place in time among the others."""

    limit: int
    order: int


@dataclass(slots=True)
class SaleState:
    """Where a sale stands after the requests decided so far.

    `opens_at` and `closes_at` are the effective ones. `opened` is set once the opening was
    resolved, `ended` once the end is recorded: a sale may have closed before that. `last_at` is
    the recorded time of the last decided request. Only `decide` and `advance` change a state.
    """

    opens_at: datetime
    closes_at: datetime
    price: int | None = None
    leader: str | None = None
    seq: int = 0
    extensions: int = 0
    opened: bool = False
    ended: bool = False
    suspended_at: datetime | None = None
    withdrawn_at: datetime | None = None
    last_at: datetime | None = None
    instructions: dict[str, Instruction] = field(default_factory=dict)
    instruction_count: int = 0

    @classmethod
    def begin(cls, terms: SaleTerms) -> SaleState:
        """A sale begins with the times announced and nothing bid."""
        return cls(opens_at=terms.opens_at, closes_at=terms.closes_at)

    def has_closed_by(self, at: datetime) -> bool:
        """A sale closes at `closes_at`, and not while it is suspended."""
        return self.ended or (self.suspended_at is None and at >= self.closes_at)

    def copy(self) -> SaleState:
        """A copy can be decided on and thrown away; the original stays as it was."""
        return replace(self, instructions=dict(self.instructions))

    def to_dict(self) -> dict[str, Any]:
        """A state is stored as plain JSON values, and `from_dict` gives the same state back.

        It holds limits, which nobody but the bidder may see while the sale runs.
        """
        return {
            "opens_at": format_instant(self.opens_at),
            "closes_at": format_instant(self.closes_at),
            "price": self.price,
            "leader": self.leader,
            "seq": self.seq,
            "extensions": self.extensions,
            "opened": self.opened,
            "ended": self.ended,
            "suspended_at": _write_instant(self.suspended_at),
            "withdrawn_at": _write_instant(self.withdrawn_at),
            "last_at": _write_instant(self.last_at),
            "instructions": {
                code: [instruction.limit, instruction.order]
                for code, instruction in self.instructions.items()
            },
            "instruction_count": self.instruction_count,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> SaleState:
        """A stored state is restored whole: a missing or foreign field is an error."""
        fields = dict(stored)
        for name in ("opens_at", "closes_at"):
            fields[name] = parse_instant(fields[name])
        for name in ("suspended_at", "withdrawn_at", "last_at"):
            fields[name] = None if fields[name] is None else parse_instant(fields[name])
        fields["instructions"] = {
            code: Instruction(limit, order)
            for code, (limit, order) in fields["instructions"].items()
        }
        if missing := set(cls.__dataclass_fields__) - set(fields):
            raise KeyError(*sorted(missing))
        return cls(**fields)


def status_at(state: SaleState, now: datetime) -> Status:
    """A sale's status follows from its state and the time; nobody has to set it.

    `advance` first where the opening may have come due: an instruction may bid at the opening.
    """
    if state.withdrawn_at is not None:
        return Status.WITHDRAWN
    if state.has_closed_by(now):
        return Status.UNSOLD if state.price is None else Status.SOLD
    if state.suspended_at is not None:
        return Status.SUSPENDED
    return Status.OPEN if now >= state.opens_at else Status.SCHEDULED


def _write_instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
