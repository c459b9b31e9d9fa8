"""Complaints of payers to their banks: the money leaves at once, and comes back if we are right."""

from __future__ import annotations

from escrow.stripe_simulator.balance import post_movement
from escrow.stripe_simulator.errors import ApiError, Json
from escrow.stripe_simulator.events import record_event
from escrow.stripe_simulator.objects import make_dispute
from escrow.stripe_simulator.store import Row, Work, make_id

FEE = 1_500
EVIDENCE_SECONDS = 7 * 86_400


def open_dispute(work: Work, intent_id: str) -> Json:
    """The payer of an intent complains (simulator only): the whole charge and a fee are taken."""
    intent = work.load("payment_intent", intent_id, "intent").body
    if intent["status"] != "succeeded":
        raise ApiError(f"PaymentIntent {intent_id} has a status of {intent['status']}.")
    charge_row = work.load("charge", intent["latest_charge"])
    charge = charge_row.body
    dispute_id = make_id("dispute")
    dispute = make_dispute(
        dispute_id,
        work.now,
        charge,
        due_by=work.now + EVIDENCE_SECONDS,
        balance_transactions=[_move(work, dispute_id, charge, -charge["amount_captured"], FEE)],
    )
    work.add(dispute)
    charge["disputed"] = True
    work.save(charge_row)
    record_event(work, "charge.dispute.created", dispute)
    record_event(work, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(work: Work, dispute_id: str, *, is_won: bool) -> Json:
    """The bank decides (simulator only): the merchant has the money back, or the payer keeps it."""
    row = work.load("dispute", dispute_id)
    dispute = row.body
    if dispute["status"] not in ("needs_response", "under_review"):
        raise ApiError(f"Dispute {dispute_id} has a status of {dispute['status']}.")
    dispute["status"] = "won" if is_won else "lost"
    charge_row = work.load("charge", dispute["charge"])
    if is_won:
        given_back = _move(work, dispute_id, charge_row.body, dispute["amount"], 0)
        dispute["balance_transactions"].append(given_back)
        charge_row.body["disputed"] = False
        work.save(charge_row)
    _save_closed(work, row, is_won=is_won)
    return dispute


def _save_closed(work: Work, row: Row, *, is_won: bool) -> None:
    work.save(row)
    if is_won:
        record_event(work, "charge.dispute.funds_reinstated", row.body)
    record_event(work, "charge.dispute.closed", row.body)


def _move(work: Work, dispute_id: str, charge: Json, amount: int, fee: int) -> Json:
    movement_id = post_movement(
        work,
        amount=amount,
        currency=charge["currency"],
        kind="adjustment",
        category="dispute" if amount < 0 else "dispute_reversal",
        source=dispute_id,
        fee=fee,
    )
    return work.load("balance_transaction", movement_id).body
