"""What everybody may see of a running sale: figures, codes and times, never people or limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from auction.core.clock import iso
from bidding.engine import Roster, SaleState, SaleTerms, Status, minimum_for

FINAL = frozenset({Status.SOLD, Status.UNSOLD, Status.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The public state of one sale at one version of its head."""

    sale_id: int
    lot_number: str
    version: int
    status: Status
    price: int | None
    leader: str | None
    seq: int
    opens_at: datetime
    closes_at: datetime
    start_price: int
    increment: int
    log_size: int
    """Entries of the public log at this version."""
    checkpoint: str = ""
    """The signed checkpoint of that size, once it is signed."""

    @property
    def is_final(self) -> bool:
        """Whether the sale's end is recorded."""
        return self.status in FINAL

    @property
    def minimum(self) -> int | None:
        """What a bidder without a rank would have to bid now; nothing once the sale is over."""
        if self.is_final:
            return None
        return self.start_price if self.price is None else self.price + self.increment

    def at(self, now: datetime) -> Snapshot:
        """A sale whose opening has come is open, though nothing was decided in it yet."""
        if self.status is Status.SCHEDULED and now >= self.opens_at:
            return replace(self, status=Status.OPEN)
        return self


@dataclass(frozen=True, slots=True)
class PublicBid:
    """An accepted bid as the public list shows it."""

    seq: int
    at: datetime
    code: str
    amount: int
    auto: bool
    match: bool
    extended: bool
    closes_at: datetime


def recorded_status(state: SaleState, now: datetime) -> Status:
    """A sale is sold or unsold once its end is recorded, not a moment before (INV-16)."""
    if state.withdrawn_at is not None:
        return Status.WITHDRAWN
    if state.ended:
        return Status.UNSOLD if state.price is None else Status.SOLD
    if state.suspended_at is not None:
        return Status.SUSPENDED
    return Status.OPEN if now >= state.opens_at else Status.SCHEDULED


def take_snapshot(
    sale_id: int,
    lot_number: str,
    version: int,
    terms: SaleTerms,
    state: SaleState,
    log_size: int,
    now: datetime,
) -> Snapshot:
    """The public side of an engine state."""
    status = recorded_status(state, now)
    withdrawn = status is Status.WITHDRAWN
    return Snapshot(
        sale_id=sale_id,
        lot_number=lot_number,
        version=version,
        status=status,
        price=None if withdrawn else state.price,
        leader=None if withdrawn else state.leader,
        seq=state.seq,
        opens_at=state.opens_at,
        closes_at=state.closes_at,
        start_price=terms.start_price,
        increment=terms.increment,
        log_size=log_size,
    )


def minimum_of(
    terms: SaleTerms, state: SaleState, roster: Roster, code: str | None, status: Status
) -> int | None:
    """What this bidder would have to bid now, its priority rank counted (CN16-21)."""
    return None if status in FINAL else minimum_for(terms, state, roster, code)


def show_state(snapshot: Snapshot, now: datetime, minimum: int | None = None) -> dict[str, Any]:
    """The `state` block of frames and answers; `minimum` is this bidder's, if one is named."""
    shown = dict(_show(snapshot.at(now)))
    if minimum is not None:
        shown["minimum"] = minimum
    shown["now"] = iso(now)
    return shown


@lru_cache(maxsize=256)
def _show(snapshot: Snapshot) -> dict[str, Any]:
    """What is the same for all who are answered at one version; copied, never changed."""
    return {
        "status": str(snapshot.status),
        "price": snapshot.price,
        "leader": snapshot.leader,
        "opens_at": iso(snapshot.opens_at),
        "closes_at": iso(snapshot.closes_at),
        "seq": snapshot.seq,
        "minimum": snapshot.minimum,
        "checkpoint": snapshot.checkpoint,
    }


def show_bid(bid: PublicBid) -> dict[str, Any]:
    """One line of the public bid list."""
    return {
        "seq": bid.seq,
        "at": iso(bid.at),
        "code": bid.code,
        "amount": bid.amount,
        "auto": bid.auto,
        "match": bid.match,
        "extended": bid.extended,
        "closes_at": iso(bid.closes_at),
    }
