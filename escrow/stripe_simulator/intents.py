"""Payment intents: created, confirmed, captured or cancelled, each step only from its own state."""

from __future__ import annotations

import secrets
from typing import Any

from escrow.stripe_simulator.balance import post_movement
from escrow.stripe_simulator.cards import (
    AUTHENTICATION_FAILED,
    Method,
    Refusal,
    compute_fee,
    find_method,
    list_kinds,
)
from escrow.stripe_simulator.errors import (
    Answer,
    ApiError,
    Json,
    bad_parameter,
    missing_object,
)
from escrow.stripe_simulator.events import record_event
from escrow.stripe_simulator.objects import (
    make_charge,
    make_intent,
    make_method_details,
    make_outcome,
    make_payment_error,
)
from escrow.stripe_simulator.params import merge_metadata
from escrow.stripe_simulator.store import Row, Work, make_id

HOLD_SECONDS = 7 * 86_400
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELLABLE = (*CONFIRMABLE, "requires_capture", "processing")
_PLAIN = ("description", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")


def refuse_state(intent: Json, doing: str) -> ApiError:
    """The intent is not in a state from which this can be done."""
    return ApiError(
        f"You cannot {doing} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        extra={"payment_intent": intent},
    )


def add_intent(work: Work, given: dict[str, Any], private: dict[str, Any] | None = None) -> Row:
    """An intent is written with its event; nothing is paid yet."""
    capture_method = given.get("capture_method", "automatic")
    allowed = given.get("allowed_payment_method_types")
    kinds = list_kinds(given["currency"], capture_method, allowed)
    if not kinds:
        raise bad_parameter(
            "None of the allowed payment method types can be used with this currency and "
            f"capture method ({given['currency']}, {capture_method}).",
            "allowed_payment_method_types",
        )
    automatic = given.get("automatic_payment_methods")
    if allowed is None and automatic is None:
        automatic = {"enabled": True}
    if automatic is not None:
        automatic = {"allow_redirects": "always"} | automatic
    body = make_intent(
        make_id("payment_intent"),
        work.now,
        secrets.token_hex(12),
        amount=given["amount"],
        currency=given["currency"],
        allowed_payment_method_types=allowed,
        automatic_payment_methods=automatic,
        capture_method=capture_method,
        confirmation_method=given.get("confirmation_method", "automatic"),
        metadata=merge_metadata({}, given.get("metadata", {})),
        payment_method_types=kinds,
        **{name: given[name] or None for name in _PLAIN if name in given},
    )
    work.add(body, private=private)
    record_event(work, "payment_intent.created", body)
    return work.load("payment_intent", body["id"])


def create_intent(work: Work, given: dict[str, Any]) -> Answer:
    """An intent is created and, if asked, confirmed in the same call."""
    confirms = given.get("confirm", False)
    method = _choose_method(given)
    row = add_intent(work, given)
    if confirms:
        return confirm(work, row, method, given.get("return_url"))
    if method is not None:
        _set_method(row, method)
        row.body["status"] = "requires_confirmation"
        work.save(row)
    return Answer(200, row.body)


def update_intent(work: Work, intent_id: str, given: dict[str, Any]) -> Answer:
    """Metadata and words change in any state, the amount only before confirmation."""
    row = work.load("payment_intent", intent_id, "intent")
    body = row.body
    if "amount" in given and body["status"] not in CONFIRMABLE:
        raise refuse_state(body, "change the amount of")
    method = _choose_method(given)
    if method is not None:
        if body["status"] not in CONFIRMABLE:
            raise refuse_state(body, "change the payment method of")
        _set_method(row, method)
        body["status"] = "requires_confirmation"
    if "metadata" in given:
        body["metadata"] = merge_metadata(body["metadata"], given["metadata"])
    body.update({name: given[name] or None for name in _PLAIN if name in given})
    body["amount"] = given.get("amount", body["amount"])
    return Answer(200, work.save(row))


def confirm_intent(work: Work, intent_id: str, given: dict[str, Any]) -> Answer:
    """The payer's method is used."""
    row = work.load("payment_intent", intent_id, "intent")
    if row.body["status"] not in CONFIRMABLE:
        raise refuse_state(row.body, "confirm")
    if "capture_method" in given:
        row.body["capture_method"] = given["capture_method"]
    allowed = given.get("allowed_payment_method_types", row.body["allowed_payment_method_types"])
    row.body["allowed_payment_method_types"] = allowed
    row.body["payment_method_types"] = list_kinds(
        row.body["currency"], row.body["capture_method"], allowed
    )
    method = _choose_method(given)
    if method is None and "method" in row.private:
        method = find_method(row.private["method"])
    return confirm(work, row, method, given.get("return_url"))


def confirm(work: Work, row: Row, method: Method | None, return_url: str | None) -> Answer:
    """The method is charged, or the payer is first sent to the page where he agrees."""
    body = row.body
    if method is None:
        raise ApiError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            extra={"payment_intent": body},
        )
    if method.kind not in body["payment_method_types"]:
        raise ApiError(
            f"The payment method type {method.kind} cannot be used with this PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="payment_method",
        )
    _set_method(row, method)
    body["last_payment_error"] = None
    if not method.authenticates:
        return execute(work, row, method)
    if return_url is None:
        raise ApiError(
            "A return_url must be provided to confirm with this payment method.",
            code="parameter_missing",
            param="return_url",
        )
    row.private["return_url"] = return_url
    body["status"] = "requires_action"
    address = f"{work.public_base}/authorise/{body['id']}"
    body["next_action"] = {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": address},
    }
    work.save(row)
    record_event(work, "payment_intent.requires_action", body)
    return Answer(200, body)


def answer_authentication(work: Work, intent_id: str, *, agrees: bool) -> Answer:
    """The payer agreed or refused on the page to which he was sent."""
    row = work.load("payment_intent", intent_id, "intent")
    if row.body["status"] != "requires_action":
        raise refuse_state(row.body, "authenticate")
    method = find_method(row.private["method"])
    assert method is not None, "only known methods are ever stored"
    row.body["next_action"] = None
    if agrees:
        return execute(work, row, method)
    return _refuse(work, row, AUTHENTICATION_FAILED, method, charge=None)


def execute(work: Work, row: Row, method: Method) -> Answer:
    """The bank is asked: the intent is paid, held, or refused with 402."""
    body = row.body
    holds = body["capture_method"] == "manual"
    capture_before = work.now + HOLD_SECONDS if holds else None
    charge = make_charge(
        make_id("charge"),
        work.now,
        body,
        outcome=make_outcome(method.refusal),
        payment_method_details=make_method_details(method, body["amount"], capture_before),
    )
    body["latest_charge"] = charge["id"]
    if method.refusal is not None:
        return _refuse(work, row, method.refusal, method, charge)
    charge |= {"paid": True, "status": "succeeded", "captured": not holds}
    work.add(charge)
    if holds:
        row.due_at = capture_before
        body |= {"status": "requires_capture", "amount_capturable": body["amount"]}
        work.save(row)
        record_event(work, "charge.succeeded", charge)
        record_event(work, "payment_intent.amount_capturable_updated", body)
    else:
        _take_money(work, row, work.load("charge", charge["id"]), body["amount"])
        record_event(work, "charge.succeeded", work.load("charge", charge["id"]).body)
        record_event(work, "payment_intent.succeeded", body)
    _complete_session(work, row)
    return Answer(200, body)


def capture_intent(work: Work, intent_id: str, given: dict[str, Any]) -> Answer:
    """Held money is taken, in whole or in part; the rest of the hold lapses (once only)."""
    row = work.load("payment_intent", intent_id, "intent")
    body = row.body
    if body["status"] != "requires_capture":
        raise refuse_state(body, "capture")
    capturable: int = body["amount_capturable"]
    amount: int = given.get("amount_to_capture", capturable)
    if amount > capturable:
        raise ApiError(
            "The amount to capture is greater than the capturable amount of this PaymentIntent.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    if given.get("final_capture") is False:
        raise ApiError(
            "Multicapture is not available for this PaymentIntent.", param="final_capture"
        )
    if "metadata" in given:
        body["metadata"] = merge_metadata(body["metadata"], given["metadata"])
    charge_row = work.load("charge", body["latest_charge"])
    _take_money(work, row, charge_row, amount)
    record_event(work, "charge.captured", charge_row.body)
    record_event(work, "payment_intent.succeeded", body)
    if "session" in row.private:
        session = work.load("checkout.session", row.private["session"])
        session.body["payment_status"] = "paid"
        work.save(session)
    return Answer(200, body)


def cancel_intent(work: Work, intent_id: str, given: dict[str, Any]) -> Answer:
    """An intent that took no money ends; a hold is released."""
    row = work.load("payment_intent", intent_id, "intent")
    if row.body["status"] not in CANCELLABLE:
        raise refuse_state(row.body, "cancel")
    if "session" in row.private:
        session = work.load("checkout.session", row.private["session"])
        if session.body["status"] == "open":
            raise ApiError(
                "You cannot cancel this PaymentIntent because it was created by an open Checkout "
                "Session. Expire the session instead.",
                code="payment_intent_unexpected_state",
                extra={"payment_intent": row.body},
            )
    return Answer(200, end_intent(work, row, given.get("cancellation_reason"), "charge.refunded"))


def end_intent(work: Work, row: Row, reason: str | None, charge_event: str) -> Json:
    """The intent is cancelled and what it holds goes back."""
    body = row.body
    if body["status"] == "requires_capture":
        charge_row = work.load("charge", body["latest_charge"])
        charge_row.body |= {"refunded": True, "amount_refunded": charge_row.body["amount"]}
        work.save(charge_row)
        record_event(work, charge_event, charge_row.body)
    row.due_at = None
    body |= {
        "status": "canceled",
        "canceled_at": work.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    work.save(row)
    record_event(work, "payment_intent.canceled", body)
    return body


def lapse_hold(work: Work, row: Row) -> None:
    """After `capture_before` a hold ends by itself."""
    end_intent(work, row, "automatic", "charge.expired")


def _choose_method(given: dict[str, Any]) -> Method | None:
    name = given.get("payment_method")
    if name is None and "payment_method_data" in given:
        name = given["payment_method_data"]["type"]
        if name == "card":
            raise bad_parameter(
                "Card numbers are never sent here: name a test card such as pm_card_visa.",
                "payment_method_data[type]",
            )
    if name is None:
        return None
    method = find_method(name)
    if method is None:
        raise missing_object("PaymentMethod", name, "payment_method")
    return method


def _set_method(row: Row, method: Method) -> None:
    if row.private.get("method") != method.name:
        row.body["payment_method"] = make_id("payment_method")
        row.private["method"] = method.name


def _take_money(work: Work, row: Row, charge_row: Row, amount: int) -> None:
    charge = charge_row.body
    charge |= {"captured": True, "amount_captured": amount}
    charge["balance_transaction"] = post_movement(
        work,
        amount=amount,
        currency=charge["currency"],
        kind="charge",
        source=charge["id"],
        fee=compute_fee(charge["payment_method_details"]["type"], amount),
    )
    work.save(charge_row)
    row.due_at = None
    row.body |= {
        "status": "succeeded",
        "amount_received": amount,
        "amount_capturable": 0,
        "next_action": None,
    }
    work.save(row)


def _refuse(work: Work, row: Row, refusal: Refusal, method: Method, charge: Json | None) -> Answer:
    body = row.body
    if charge is not None:
        charge |= {"failure_code": refusal.code, "failure_message": refusal.message}
        work.add(charge)
        record_event(work, "charge.failed", charge)
    charge_id = None if charge is None else charge["id"]
    error = make_payment_error(refusal, charge_id, method.kind)
    row.private.pop("method", None)
    body |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": error,
    }
    work.save(row)
    record_event(work, "payment_intent.payment_failed", body)
    return Answer(402, {"error": error | {"payment_intent": body}})


def _complete_session(work: Work, row: Row) -> None:
    if "session" not in row.private:
        return
    session = work.load("checkout.session", row.private["session"])
    session.due_at = None
    session.body |= {
        "status": "complete",
        "payment_status": "paid" if row.body["status"] == "succeeded" else "unpaid",
        "url": None,
    }
    work.save(session)
    record_event(work, "checkout.session.completed", session.body)
