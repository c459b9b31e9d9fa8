"""What was booked for each row of another table: the ground that every check stands on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from auction.core.db import db
from escrow.ledger import Phase, TransferKind
from escrow.ledger.models import Transfer

RECEIVED = (
    TransferKind.DEPOSIT_RECEIVED,
    TransferKind.PREPAID_RECEIVED,
    TransferKind.BALANCE_RECEIVED,
    TransferKind.SUSPENSE_IDENTIFIED,
)
RETURNED = (
    TransferKind.DEPOSIT_RETURNED,
    TransferKind.PREPAID_RETURNED,
    TransferKind.PRICE_RETURNED,
    TransferKind.SUSPENSE_RETURNED,
)
APPLIED = (TransferKind.DEPOSIT_APPLIED, TransferKind.PREPAID_APPLIED)


@dataclass
class Booked:
    """Posted amounts and open holds, by the row behind them and what happened."""

    posted: Counter[tuple[str, int, TransferKind]] = field(default_factory=Counter)
    held: Counter[tuple[str, int]] = field(default_factory=Counter)

    def of(self, table: str, row_id: int, kinds: Iterable[TransferKind]) -> int:
        """What was posted for a row under these kinds."""
        return sum(self.posted[table, row_id, kind] for kind in kinds)

    def held_rows(self, table: str) -> set[int]:
        """The rows of a table for which something is held."""
        return {row_id for source, row_id in self.held if source == table}


def read_booked() -> Booked:
    """Sum all transfers by source and kind; a hold that is posted counts as that."""
    booked = Booked()
    for table, row_id, kind, amount in db.session.execute(
        select(
            Transfer.source_type, Transfer.source_id, Transfer.kind, func.sum(Transfer.amount_minor)
        )
        .where(Transfer.phase.in_((Phase.SINGLE, Phase.POST)))
        .group_by(Transfer.source_type, Transfer.source_id, Transfer.kind)
    ):
        booked.posted[table, row_id, kind] = int(amount)
    end = aliased(Transfer)
    for table, row_id, amount in db.session.execute(
        select(Transfer.source_type, Transfer.source_id, Transfer.amount_minor)
        .outerjoin(end, end.pending_id == Transfer.id)
        .where(Transfer.phase == Phase.PENDING, end.id.is_(None))
    ):
        booked.held[table, row_id] += amount
    return booked
