"""What may follow what when a plan is disputed; no database, no clock.

received, the others are told  → notified
notified, all silent 15 days   → unopposed → corrected
notified, one opposes          → opposed
opposed, no suit in 15 days    → lapsed
opposed, suit                  → sued → upheld → corrected, or rejected
any of these four              → withdrawn
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from escrow.distribution import execution_fee

# CPLI-509.1 for the parties, CPLI-510.1 for the answers and for the suit.
OBJECTION_DAYS = 15


class ServiceChannel(StrEnum):
    """How a paper reached somebody."""

    HAND = "hand"
    LEFT = "left"
    MAIL = "mail"
    ELECTRONIC = "electronic"
    PUBLISHED = "published"


# Days from sending to the day that counts as service; elsewhere the proof says the day itself.
# 民事诉讼法第九十五条: thirty days after publication.
DEEMED_DAYS: Mapping[ServiceChannel, int] = {ServiceChannel.PUBLISHED: 30}


def served_on(channel: ServiceChannel, sent_on: date, reached_on: date | None) -> date | None:
    """The day a paper counts as served: as proved, or deemed where it was published.

    None: it was sent and there is no proof yet, so no clock runs.
    """
    if channel in DEEMED_DAYS:
        return sent_on + timedelta(days=DEEMED_DAYS[channel])
    return reached_on


class ObjectionStatus(StrEnum):
    """Where an objection stands."""

    RECEIVED = "received"
    NOTIFIED = "notified"
    OPPOSED = "opposed"
    SUED = "sued"
    UNOPPOSED = "unopposed"
    UPHELD = "upheld"
    CORRECTED = "corrected"
    LAPSED = "lapsed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


OBJECTION_TRANSITIONS: dict[ObjectionStatus, frozenset[ObjectionStatus]] = {
    ObjectionStatus.RECEIVED: frozenset({ObjectionStatus.NOTIFIED, ObjectionStatus.WITHDRAWN}),
    ObjectionStatus.NOTIFIED: frozenset(
        {ObjectionStatus.UNOPPOSED, ObjectionStatus.OPPOSED, ObjectionStatus.WITHDRAWN}
    ),
    ObjectionStatus.OPPOSED: frozenset(
        {ObjectionStatus.SUED, ObjectionStatus.LAPSED, ObjectionStatus.WITHDRAWN}
    ),
    ObjectionStatus.SUED: frozenset(
        {ObjectionStatus.UPHELD, ObjectionStatus.REJECTED, ObjectionStatus.WITHDRAWN}
    ),
    ObjectionStatus.UNOPPOSED: frozenset({ObjectionStatus.CORRECTED}),
    ObjectionStatus.UPHELD: frozenset({ObjectionStatus.CORRECTED}),
    ObjectionStatus.CORRECTED: frozenset(),
    ObjectionStatus.LAPSED: frozenset(),
    ObjectionStatus.REJECTED: frozenset(),
    ObjectionStatus.WITHDRAWN: frozenset(),
}
# The plan has to be drawn up anew, as the objector or the judgement says.
CALLS_FOR_CORRECTION = frozenset({ObjectionStatus.UNOPPOSED, ObjectionStatus.UPHELD})
# While an objection stands, what it disputes stays reserved (CPLI-510.2).
STANDING = frozenset(status for status, following in OBJECTION_TRANSITIONS.items() if following)


@dataclass(frozen=True)
class Part:
    """One payment of a line that is not settled: its row, its amount, whether it is reserved."""

    id: int
    amount_minor: int
    is_held: bool


@dataclass(frozen=True)
class Shift:
    """Reserve, or set free, `amount_minor` of one payment; less than the whole splits it."""

    part_id: int
    amount_minor: int
    hold: bool


def reserve_needed(unsettled_minor: int, disputed: Iterable[int]) -> int:
    """How much of a line stays back: what all standing objections dispute of it, at most the line.

    Two objections may dispute the same fen or different ones; together they never reserve less
    than either could win (CPLI-510.2).
    """
    return min(unsettled_minor, sum(disputed))


def fee_at_stake(fee: str | int | None, paid_minor: int, disputed_minor: int) -> int:
    """How much of a claim's fee falls with the disputed part: the fee follows what is paid.

    The statutory fee is the table on what was realised (FEE-14.2); a fixed one falls only with the
    whole.
    """
    left = max(0, paid_minor - disputed_minor)
    if fee == "realised":
        return execution_fee(paid_minor) - execution_fee(left)
    return fee if isinstance(fee, int) and not left else 0


def plan_shifts(parts: Sequence[Part], needed_minor: int) -> list[Shift]:
    """What to reserve or set free so that exactly `needed_minor` of these payments is reserved.

    Oldest payments first. `needed_minor` is at most their sum.
    """
    held = sum(part.amount_minor for part in parts if part.is_held)
    assert 0 <= needed_minor <= sum(part.amount_minor for part in parts), "at most the line"
    hold = needed_minor > held
    missing = abs(needed_minor - held)
    shifts = []
    for part in parts:
        if missing and part.is_held is not hold:
            amount = min(missing, part.amount_minor)
            shifts.append(Shift(part.id, amount, hold))
            missing -= amount
    return shifts
