"""The provider's objects in our own words: nothing of the library's shapes goes further. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from escrow.payments.facts import (
    DisputeFacts,
    IntentFacts,
    MovementFacts,
    PayoutFacts,
    RefundFacts,
    SessionFacts,
)

Raw = dict[str, Any]


def read_session(raw: Raw) -> SessionFacts:
    """A checkout session, with its intent where that came with it."""
    intent = raw.get("payment_intent")
    return SessionFacts(
        session_id=raw["id"],
        status=raw["status"],
        url=raw.get("url"),
        amount_minor=raw["amount_total"],
        currency=raw["currency"].upper(),
        is_live=raw["livemode"],
        metadata=dict(raw.get("metadata") or {}),
        intent=read_intent(intent) if isinstance(intent, dict) else None,
    )


def read_intent(raw: Raw) -> IntentFacts:
    """A payment intent, with what its charge says of hold and fee."""
    charge = raw.get("latest_charge")
    details: Raw = {}
    fee = None
    if isinstance(charge, dict):
        details = (charge.get("payment_method_details") or {}).get("card") or {}
        movement = charge.get("balance_transaction")
        fee = movement.get("fee") if isinstance(movement, dict) else None
    before = details.get("capture_before") if raw["status"] == "requires_capture" else None
    return IntentFacts(
        intent_id=raw["id"],
        status=raw["status"],
        amount_minor=raw["amount"],
        received_minor=raw["amount_received"],
        currency=raw["currency"].upper(),
        is_live=raw["livemode"],
        metadata=dict(raw.get("metadata") or {}),
        capture_before=None if before is None else _moment(before),
        fee_minor=fee,
    )


def read_refund(raw: Raw) -> RefundFacts:
    """A refund."""
    return RefundFacts(
        refund_id=raw["id"],
        intent_id=_id_of(raw.get("payment_intent")),
        status=raw["status"],
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        metadata=dict(raw.get("metadata") or {}),
    )


def read_dispute(raw: Raw) -> DisputeFacts:
    """A payer's complaint; its movements say what the bank took and gave back."""
    movements = raw.get("balance_transactions") or []
    amounts = [movement["amount"] for movement in movements]
    fees = [movement["fee"] for movement in movements]
    due = (raw.get("evidence_details") or {}).get("due_by")
    return DisputeFacts(
        dispute_id=raw["id"],
        intent_id=_id_of(raw.get("payment_intent")),
        status=raw["status"],
        reason=raw["reason"],
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        opened_at=_moment(raw["created"]),
        evidence_due_at=None if due is None else _moment(due),
        withdrawn_minor=-sum(amount for amount in amounts if amount < 0),
        reinstated_minor=sum(amount for amount in amounts if amount > 0),
        fee_minor=sum(fee for fee in fees if fee > 0),
        fee_back_minor=-sum(fee for fee in fees if fee < 0),
    )


def read_movement(raw: Raw) -> MovementFacts:
    """A movement of the balance, with the intent that its source names."""
    source = raw.get("source")
    named = source if isinstance(source, dict) else {}
    return MovementFacts(
        movement_id=raw["id"],
        kind=raw["reporting_category"],
        amount_minor=raw["amount"],
        fee_minor=raw["fee"],
        currency=raw["currency"].upper(),
        moved_at=_moment(raw["created"]),
        source_id=_id_of(source),
        intent_id=_id_of(named.get("payment_intent")),
    )


def read_payout(raw: Raw) -> PayoutFacts:
    """A payout to the bank account."""
    return PayoutFacts(
        payout_id=raw["id"],
        status=raw["status"],
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        sent_at=_moment(raw["created"]),
        arrives_at=_moment(raw["arrival_date"]),
        is_automatic=raw["automatic"],
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _id_of(value: Any) -> str | None:
    """What an object is named, whether the provider sent it whole or only its name."""
    named = value["id"] if isinstance(value, dict) else value
    return None if named is None else str(named)
