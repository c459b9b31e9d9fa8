"""Checkout sessions: an order that waits for its payer on the hosted page."""

from __future__ import annotations

from typing import Any

from escrow.stripe_simulator.cards import Method, list_kinds
from escrow.stripe_simulator.errors import Answer, ApiError, bad_parameter
from escrow.stripe_simulator.events import record_event
from escrow.stripe_simulator.intents import CONFIRMABLE, add_intent, confirm, end_intent
from escrow.stripe_simulator.objects import make_line, make_session
from escrow.stripe_simulator.params import check_amount, merge_metadata
from escrow.stripe_simulator.store import Row, Work, make_id

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600


def create_session(work: Work, given: dict[str, Any]) -> Answer:
    """A session is opened; its payment intent comes into being when the payer confirms."""
    lines = _make_lines(given["line_items"])
    total = sum(line["amount_total"] for line in lines)
    check_amount(total, "line_items")
    _check_urls(given)
    expires_at = given.get("expires_at", work.now + LONGEST_SECONDS)
    if not SHORTEST_SECONDS <= expires_at - work.now <= LONGEST_SECONDS:
        raise bad_parameter(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
            "expires_at",
        )
    intent_data = given.get("payment_intent_data", {})
    allowed = given.get("allowed_payment_method_types")
    currency = lines[0]["currency"]
    kinds = list_kinds(currency, intent_data.get("capture_method", "automatic"), allowed)
    if not kinds:
        raise bad_parameter(
            "None of the allowed payment method types can be used with this currency and "
            "capture method.",
            "allowed_payment_method_types",
        )
    session_id = make_id("checkout.session")
    body = make_session(
        session_id,
        work.now,
        allowed_payment_method_types=allowed,
        amount_subtotal=total,
        amount_total=total,
        cancel_url=given.get("cancel_url"),
        client_reference_id=given.get("client_reference_id"),
        currency=currency,
        expires_at=expires_at,
        locale=given.get("locale"),
        metadata=merge_metadata({}, given.get("metadata", {})),
        payment_method_types=kinds,
        submit_type=given.get("submit_type"),
        success_url=given["success_url"],
        url=f"{work.public_base}/pay/{session_id}",
    )
    work.add(body, due_at=expires_at, private={"lines": lines, "intent_data": intent_data})
    return Answer(200, body)


def update_session(work: Work, session_id: str, given: dict[str, Any]) -> Answer:
    """A session's metadata changes."""
    row = work.load("checkout.session", session_id, "session")
    if "metadata" in given:
        row.body["metadata"] = merge_metadata(row.body["metadata"], given["metadata"])
    return Answer(200, work.save(row))


def expire_session(work: Work, session_id: str) -> Answer:
    """An open session closes unpaid."""
    row = work.load("checkout.session", session_id, "session")
    if row.body["status"] != "open":
        raise ApiError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {row.body['status']}.",
            param="session",
        )
    close_session(work, row)
    return Answer(200, row.body)


def close_session(work: Work, row: Row) -> None:
    """The session expires, and its intent with it, if there was one."""
    row.due_at = None
    row.body |= {"status": "expired", "url": None}
    work.save(row)
    if row.body["payment_intent"] is not None:
        intent = work.load("payment_intent", row.body["payment_intent"])
        if intent.body["status"] in CONFIRMABLE:
            end_intent(work, intent, "expired", "charge.expired")
    record_event(work, "checkout.session.expired", row.body)


def pay_session(work: Work, row: Row, method: Method) -> Answer:
    """The payer confirms on the page; the intent is made on the first attempt and kept."""
    session = row.body
    assert session["status"] == "open", "the page pays open sessions only"
    if session["payment_intent"] is None:
        given = {
            **row.private["intent_data"],
            "amount": session["amount_total"],
            "currency": session["currency"],
            "allowed_payment_method_types": session["allowed_payment_method_types"],
        }
        intent = add_intent(work, given, {"session": session["id"]})
        session["payment_intent"] = intent.body["id"]
        work.save(row)
    else:
        intent = work.load("payment_intent", session["payment_intent"])
    return confirm(work, intent, method, fill_success_url(session))


def fill_success_url(session: dict[str, Any]) -> str:
    """`{CHECKOUT_SESSION_ID}` in the address is replaced by the session's id."""
    address: str = session["success_url"]
    return address.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _make_lines(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not items:
        raise bad_parameter("At least one line item is required.", "line_items")
    lines = [make_line(make_id("item"), item) for item in items]
    if len({line["currency"] for line in lines}) > 1:
        raise bad_parameter("All line items must have the same currency.", "line_items")
    if sum(line["amount_total"] for line in lines) == 0:
        raise bad_parameter("The total must be greater than zero.", "line_items")
    return lines


def _check_urls(given: dict[str, Any]) -> None:
    for name in ("success_url", "cancel_url"):
        address = given.get(name)
        if address is not None and not address.startswith(("http://", "https://")):
            raise bad_parameter(
                "Not a valid URL: it must begin with http:// or https://.", name, "url_invalid"
            )
