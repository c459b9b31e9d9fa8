"""The engine's view of a sale's row: its terms, and its states as they are kept in the head."""

from __future__ import annotations

import json
from typing import Any

from bidding.engine import SaleState, SaleTerms, Stage


def terms_of(sale: Any) -> SaleTerms:
    """The terms of a sale are its row's, fixed at publication (CN16-27.1)."""
    return SaleTerms(
        stage=Stage(str(sale.stage)),
        currency=sale.currency,
        start_price=sale.start_price_minor,
        increment=sale.increment_minor,
        opens_at=sale.opens_at,
        closes_at=sale.closes_at,
        extension_window_s=sale.extension_window_seconds,
        extension_s=sale.extension_seconds,
        countdown_s=sale.countdown_seconds,
        leader_raises=sale.leader_raises,
        instructions=sale.instructions,
    )


def write_state(state: SaleState) -> str:
    """A state is kept as JSON text; the head's column seals it."""
    return json.dumps(state.to_dict(), separators=(",", ":"))


def read_state(text: str) -> SaleState:
    """The same state back."""
    return SaleState.from_dict(json.loads(text))
