"""Refunds: never more than was captured and not yet given back."""

from __future__ import annotations

from typing import Any

from escrow.stripe_simulator.balance import post_movement
from escrow.stripe_simulator.errors import Answer, ApiError, Json
from escrow.stripe_simulator.events import record_event
from escrow.stripe_simulator.objects import make_refund
from escrow.stripe_simulator.params import merge_metadata
from escrow.stripe_simulator.store import Row, Work, make_id


def create_refund(work: Work, given: dict[str, Any]) -> Answer:
    """All or part of a captured charge goes back to the payer, at once."""
    charge_row = _find_charge(work, given)
    charge = charge_row.body
    if charge["disputed"]:
        raise ApiError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise ApiError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = given.get("amount", left)
    if amount > left:
        raise ApiError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
            param="amount",
        )
    refund_id = make_id("refund")
    refund = make_refund(
        refund_id,
        work.now,
        charge,
        charge["payment_method_details"]["type"],
        amount=amount,
        reason=given.get("reason"),
        metadata=merge_metadata({}, given.get("metadata", {})),
        balance_transaction=post_movement(
            work, amount=-amount, currency=charge["currency"], kind="refund", source=refund_id
        ),
    )
    work.add(refund)
    _count_refund(work, charge_row, amount)
    record_event(work, "refund.created", refund)
    record_event(work, "charge.refunded", charge)
    return Answer(200, refund)


def update_refund(work: Work, refund_id: str, given: dict[str, Any]) -> Answer:
    """A refund's metadata changes, nothing else."""
    row = work.load("refund", refund_id)
    if "metadata" in given:
        row.body["metadata"] = merge_metadata(row.body["metadata"], given["metadata"])
        record_event(work, "refund.updated", row.body)
    return Answer(200, work.save(row))


def fail_refund(work: Work, refund_id: str) -> Json:
    """The payer's bank sends a refund back (simulator only): the money returns to the balance."""
    row = work.load("refund", refund_id)
    refund = row.body
    if refund["status"] != "succeeded":
        raise ApiError(f"Refund {refund_id} has a status of {refund['status']}.")
    charge_row = work.load("charge", refund["charge"])
    refund |= {
        "status": "failed",
        "failure_reason": "lost_or_stolen_card",
        "failure_balance_transaction": post_movement(
            work,
            amount=refund["amount"],
            currency=refund["currency"],
            kind="refund_failure",
            source=refund_id,
        ),
    }
    work.save(row)
    _count_refund(work, charge_row, -refund["amount"])
    record_event(work, "refund.failed", refund)
    record_event(work, "charge.refund.updated", refund)
    return refund


def _find_charge(work: Work, given: dict[str, Any]) -> Row:
    if ("charge" in given) == ("payment_intent" in given):
        raise ApiError(
            "You must pass exactly one of charge and payment_intent.",
            code="parameter_missing",
            param="payment_intent",
            saved=False,
        )
    if "charge" in given:
        row = work.load("charge", given["charge"], "charge")
        if row.body["captured"]:
            return row
        raise ApiError(
            f"Charge {row.body['id']} has not been captured; cancel its PaymentIntent instead.",
            code="charge_not_refundable",
        )
    intent = work.load("payment_intent", given["payment_intent"], "payment_intent").body
    if intent["status"] != "succeeded":
        raise ApiError(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            extra={"payment_intent": intent},
        )
    return work.load("charge", intent["latest_charge"])


def _count_refund(work: Work, charge_row: Row, amount: int) -> None:
    charge = charge_row.body
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    work.save(charge_row)
