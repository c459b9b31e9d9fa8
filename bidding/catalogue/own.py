"""What a bidder left with the platform and only that bidder is shown again."""

from __future__ import annotations

from auction.core.db import db
from bidding.room.models import SaleHead
from bidding.room.terms import read_state


def load_own_limit(sale_id: int, code: str | None) -> int | None:
    """The limit of one's own standing instruction, in minor units; nobody else's is ever read.

    `code` must be the reader's own: it comes from their enrolment, not from a request.
    """
    head = None if code is None else db.session.get(SaleHead, sale_id)
    if head is None or code is None:
        return None
    instruction = read_state(head.state).instructions.get(code)
    return None if instruction is None else instruction.limit
