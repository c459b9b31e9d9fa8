"""What time alone brings about: holds lapse, sessions expire, payouts arrive."""

from __future__ import annotations

from escrow.stripe_simulator.balance import settle_payout
from escrow.stripe_simulator.intents import lapse_hold
from escrow.stripe_simulator.sessions import close_session
from escrow.stripe_simulator.store import Store

_ACTIONS = {
    "payment_intent": lapse_hold,
    "checkout.session": close_session,
    "payout": settle_payout,
}


def settle_due(store: Store, now: int) -> int:
    """Everything that fell due is carried out, in order; returns how many things that were."""
    with store.reading(now) as work:
        if not work.find_due():
            return 0
    settled = 0
    with store.writing(now) as work:
        while due := work.find_due():
            for row in due:
                _ACTIONS[row.body["object"]](work, work.load(row.body["object"], row.body["id"]))
            settled += len(due)
    return settled
