"""The shapes of what the API returns: every key that Stripe sends, nothing it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escrow.stripe_simulator.cards import Method, Refusal
from escrow.stripe_simulator.errors import Json

API_VERSION = "2026-10-28.endive"


def make_intent(intent_id: str, now: int, secret: str, **given: Any) -> Json:
    """A payment intent as it is before anything was paid."""
    body: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{intent_id}_secret_{secret}",
        "confirmation_method": "automatic",
        "created": now,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    return body | given


def make_charge(charge_id: str, now: int, intent: Json, **given: Any) -> Json:
    """An attempt to take an intent's money, successful or not."""
    body: Json = {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": intent["statement_descriptor"],
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }
    return body | given


def make_method_details(method: Method, amount: int, capture_before: int | None) -> Json:
    """How the charge was paid; a held card says until when it can be captured."""
    if method.kind != "card":
        details: Json = {"fingerprint": None, "transaction_id": None}
        if method.kind == "alipay":
            details["buyer_id"] = None
        return {"type": method.kind, method.kind: details}
    card: Json = {
        "amount_authorized": amount,
        "authorization_code": None,
        "brand": method.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "CN",
        "exp_month": 12,
        "exp_year": 2034,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": None,
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": method.number[-4:],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": method.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }
    if capture_before is not None:
        card["capture_before"] = capture_before
    return {"type": "card", "card": card}


def make_outcome(refusal: Refusal | None) -> Json:
    """What the network said to the attempt."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if refusal is None else "declined_by_network",
        "reason": None if refusal is None else (refusal.decline_code or refusal.code),
        "risk_level": "normal",
        "seller_message": (
            "Payment complete." if refusal is None else "The bank did not approve the payment."
        ),
        "type": "authorized" if refusal is None else "issuer_declined",
    }


def make_payment_error(refusal: Refusal, charge_id: str | None, kind: str) -> Json:
    """The intent's `last_payment_error`."""
    error: Json = {
        "code": refusal.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{refusal.code.replace('_', '-')}",
        "message": refusal.message,
        "payment_method_type": kind,
        "type": "card_error" if kind == "card" else "invalid_request_error",
    }
    if charge_id is not None:
        error["charge"] = charge_id
    if refusal.decline_code is not None:
        error["decline_code"] = refusal.decline_code
    return error


def make_refund(refund_id: str, now: int, charge: Json, kind: str, **given: Any) -> Json:
    """Money on its way back to the payer."""
    details: Json = {}
    if kind == "card":
        details = {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        }
    body: Json = {
        "id": refund_id,
        "object": "refund",
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {"type": kind, kind: details},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    return body | given


def make_dispute(dispute_id: str, now: int, charge: Json, *, due_by: int, **given: Any) -> Json:
    """A payer's complaint to his bank about a charge."""
    body: Json = {
        "id": dispute_id,
        "object": "dispute",
        "amount": charge["amount_captured"],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": None,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": None,
        "reason": "fraudulent",
        "status": "needs_response",
    }
    return body | given


_EVIDENCE = (
    "access_activity_log",
    "appeal",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def make_transaction(
    transaction_id: str, now: int, *, amount: int, fee: int, currency: str, **given: Any
) -> Json:
    """One movement of the account's balance; `net` is `amount` less `fee`."""
    fees: list[Json] = []
    if fee:
        fees.append(
            {
                "amount": fee,
                "application": None,
                "currency": currency,
                "description": "Simulated processing fees",
                "type": "stripe_fee",
            }
        )
    return {
        "id": transaction_id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees,
        "net": amount - fee,
        "status": "available",
    } | given


def make_payout(payout_id: str, now: int, **given: Any) -> Json:
    """Money on its way from the balance to the court's bank account."""
    body: Json = {
        "id": payout_id,
        "object": "payout",
        "application_fee": None,
        "application_fee_amount": None,
        "automatic": False,
        "balance_transaction": None,
        "created": now,
        "description": None,
        "destination": "ba_simulated",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
    return body | given


def make_session(session_id: str, now: int, **given: Any) -> Json:
    """A checkout session that waits for its payer."""
    body: Json = {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "allowed_payment_method_types": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": None,
        "client_reference_id": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer": None,
        "customer_account": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "excluded_payment_method_types": None,
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": None,
        "metadata": {},
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "wallet_options": None,
    }
    return body | given


def make_line(line_id: str, item: Mapping[str, Any]) -> Json:
    """A line of a session, with its total."""
    price = item["price_data"]
    quantity = item.get("quantity", 1)
    total = price["unit_amount"] * quantity
    return {
        "id": line_id,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "metadata": item.get("metadata") or {},
        "price": None,
        "quantity": quantity,
    }


def make_event(event_id: str, now: int, kind: str, about: Json, **given: Any) -> Json:
    """Something happened to an object; the object is shown as it then was."""
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": {"object": about},
        "livemode": False,
        "type": kind,
    } | given
