"""Rules of the room that are not rules of the sale; pure."""

from __future__ import annotations

from bidding.room.snapshot import Snapshot


def is_outsize_raise(amount: int, snapshot: Snapshot, *, steps: int, bps: int) -> bool:
    """Whether an amount is so far above what would do that its bidder is asked again.

    So many steps above the minimum, or so many ten-thousandths above the standing price.
    """
    minimum = snapshot.minimum
    if minimum is None:
        return False
    standing = snapshot.start_price if snapshot.price is None else snapshot.price
    is_many_steps = bool(steps) and amount > minimum + steps * snapshot.increment
    return is_many_steps or (bool(bps) and (amount - standing) * 10_000 > standing * bps)
