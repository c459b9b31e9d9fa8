"""The only module that speaks to Stripe (or to whatever stands at STRIPE_API_BASE).

No call is made inside a database transaction. Every call that changes something carries an
idempotency key derived from our own row. Three things can come back: facts; `ProviderRefused`,
which is final; `ProviderUnavailable`: the outcome is unknown, and is found out by reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe
from flask import current_app

from auction.core.config import Settings
from auction.core.db import in_transaction
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.core.log import get_logger
from escrow.payments.facts import (
    CheckoutOrder,
    EventFacts,
    IntentFacts,
    RefundFacts,
    SessionFacts,
)

TIMEOUT_SECONDS = (3, 10)  # to connect, to answer
TOLERANCE_SECONDS = 300
PAGE = 100
_CHARGE = "latest_charge"
_INTENT_PARTS = [f"{_CHARGE}.balance_transaction"]
_SESSION_PARTS = [f"payment_intent.{_CHARGE}.balance_transaction"]

log = get_logger()
stripe.enable_telemetry = False


class ProviderUnavailable(DomainError):
    """The provider did not answer properly: whether it did what was asked is not known.

    `is_kept` tells that it answered with a failure of its own, which it repeats under the same
    idempotency key: a further attempt takes another key, after reading.
    """

    status = 503

    def __init__(self, *, is_kept: bool = False) -> None:
        super().__init__(
            "provider-unavailable", _l("支付通道暂时没有响应，请稍后再试，或改用银行转账。")
        )
        self.is_kept = is_kept


class ProviderRefused(DomainError):
    """The provider understood and said no; `reason` is its code."""

    def __init__(self, reason: str) -> None:
        super().__init__("provider-refused", _l("支付通道拒绝了这次请求。"), reason=reason)
        self.reason = reason


def current_gateway() -> Gateway:
    """The application's gateway, made at first use."""
    made: Gateway | None = current_app.extensions.get("luochui.gateway")
    if made is None:
        settings: Settings = current_app.extensions["luochui.settings"]
        made = Gateway(settings.stripe_api_key, settings.stripe_api_base)
        current_app.extensions["luochui.gateway"] = made
    return made


class Gateway:
    """One account at the provider."""

    def __init__(self, api_key: str, base: str = "", *, retries: int = 1) -> None:
        bases: Any = {"api": base} if base else None
        self._client = stripe.StripeClient(
            api_key,
            base_addresses=bases,
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        )
        self.is_live = "_live_" in api_key

    def create_checkout(self, order: CheckoutOrder) -> SessionFacts:
        """Open a payment page; a hold is taken by card only, a payment by card or wallet."""
        params: Any = {
            "mode": "payment",
            "allowed_payment_method_types": list(order.methods),
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.currency.lower(),
                        "unit_amount": order.amount_minor,
                        "product_data": {"name": order.title},
                    },
                }
            ],
            "payment_intent_data": {
                "capture_method": "manual" if order.is_hold else "automatic",
                "metadata": order.metadata,
            },
            "metadata": order.metadata,
            "client_reference_id": f"payment-{order.metadata['payment']}",
            "success_url": order.return_url,
            "cancel_url": order.cancel_url,
            "expires_at": int(order.expires_at.timestamp()),
            "locale": "auto",
        }
        if "wechat_pay" in order.methods:  # Stripe asks for it wherever WeChat Pay is offered
            params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        return _session(
            self._ask(lambda: self._client.v1.checkout.sessions.create(params, _key(order.key)))
        )

    def read_session(self, session_id: str) -> SessionFacts:
        """A session with its intent, charge and fee."""
        params: Any = {"expand": _SESSION_PARTS}
        return _session(
            self._ask(lambda: self._client.v1.checkout.sessions.retrieve(session_id, params))
        )

    def expire_session(self, session_id: str) -> SessionFacts:
        """Close a payment page on which nobody has paid."""
        return _session(self._ask(lambda: self._client.v1.checkout.sessions.expire(session_id)))

    def list_sessions(self, *, since: datetime) -> list[SessionFacts]:
        """Sessions opened since then, newest first, at most one page."""
        params: Any = {"created": {"gte": int(since.timestamp()) - 60}, "limit": PAGE}
        found = self._ask(lambda: self._client.v1.checkout.sessions.list(params))
        return [_session(item) for item in found["data"]]

    def read_intent(self, intent_id: str) -> IntentFacts:
        """A payment intent with its charge and fee."""
        params: Any = {"expand": _INTENT_PARTS}
        return _intent(
            self._ask(lambda: self._client.v1.payment_intents.retrieve(intent_id, params))
        )

    def capture(self, intent_id: str, *, key: str) -> IntentFacts:
        """Take what is held."""
        params: Any = {"expand": _INTENT_PARTS}
        return _intent(
            self._ask(lambda: self._client.v1.payment_intents.capture(intent_id, params, _key(key)))
        )

    def cancel(self, intent_id: str, *, key: str) -> IntentFacts:
        """Give back what is held."""
        return _intent(
            self._ask(lambda: self._client.v1.payment_intents.cancel(intent_id, {}, _key(key)))
        )

    def refund(
        self, intent_id: str, *, amount_minor: int, metadata: dict[str, str], key: str
    ) -> RefundFacts:
        """Send back what was taken. The caller has looked for an earlier refund before."""
        params: Any = {"payment_intent": intent_id, "amount": amount_minor, "metadata": metadata}
        return _refund(self._ask(lambda: self._client.v1.refunds.create(params, _key(key))))

    def read_refund(self, refund_id: str) -> RefundFacts:
        """A refund."""
        return _refund(self._ask(lambda: self._client.v1.refunds.retrieve(refund_id)))

    def list_refunds(self, intent_id: str) -> list[RefundFacts]:
        """The refunds of an intent, newest first (an intent of ours never has a page full)."""
        params: Any = {"payment_intent": intent_id, "limit": PAGE}
        found = self._ask(lambda: self._client.v1.refunds.list(params))
        return [_refund(item) for item in found["data"]]

    def _ask(self, call: Callable[[], stripe.StripeObject]) -> dict[str, Any]:
        assert not in_transaction(), "the provider is never called inside a transaction"
        with _translated():
            answer: dict[str, Any] = call().to_dict()
            return answer


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into the two kinds that matter to us."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        log.warning("provider not reached", kind=type(error).__name__)
        raise ProviderUnavailable from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.exception("provider refuses our key", request=error.request_id)
        raise ProviderUnavailable from error
    except stripe.StripeError as error:
        status = error.http_status or 0
        log.warning(
            "provider answered with an error",
            kind=type(error).__name__,
            status=status,
            code=error.code,
            request=error.request_id,
        )
        if status in {400, 402, 404}:
            raise ProviderRefused(error.code or "") from error
        raise ProviderUnavailable(is_kept=status >= 500) from error


def read_event(body: bytes, signature: str, *, secret: str, now: datetime) -> EventFacts:
    """The event in a webhook's raw body, if the signature is right and at most 300 s old.

    The age is taken from our clock, not from the library's wall clock. Raises Invalid otherwise.
    """
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret)
        sent_at = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
        event = json.loads(text)
        about = event["data"]["object"]
        facts = EventFacts(
            event_id=event["id"],
            type=event["type"],
            object_type=about["object"],
            object_id=about.get("id", ""),
            is_live=event["livemode"],
            account=event.get("account"),
        )
    except _UNREADABLE as error:
        raise Invalid("bad-webhook", _l("通知的签名或内容无效。"), status=400) from error
    texts = (facts.event_id, facts.type, facts.object_type, facts.object_id)
    is_sound = (
        all(isinstance(text, str) and len(text) <= 180 for text in texts)
        and bool(facts.event_id)
        and len(facts.type) <= 100
        and isinstance(facts.is_live, bool)
        and isinstance(facts.account, str | None)
    )
    if not is_sound:
        raise Invalid("bad-webhook", _l("通知的签名或内容无效。"), status=400)
    if abs(now.timestamp() - sent_at) > TOLERANCE_SECONDS:
        raise Invalid("stale-webhook", _l("通知已过期。"), status=400)
    return facts


_UNREADABLE = (
    stripe.SignatureVerificationError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)


def _key(key: str) -> Any:
    return {"idempotency_key": f"luochui:{key}"}


def _session(raw: Any) -> SessionFacts:
    raw = raw if isinstance(raw, dict) else raw.to_dict()
    intent = raw.get("payment_intent")
    return SessionFacts(
        session_id=raw["id"],
        status=raw["status"],
        url=raw.get("url"),
        amount_minor=raw["amount_total"],
        currency=raw["currency"].upper(),
        is_live=raw["livemode"],
        metadata=dict(raw.get("metadata") or {}),
        intent=_intent(intent) if isinstance(intent, dict) else None,
    )


def _intent(raw: dict[str, Any]) -> IntentFacts:
    charge = raw.get(_CHARGE)
    details: dict[str, Any] = {}
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
        capture_before=None if before is None else datetime.fromtimestamp(before, UTC),
        fee_minor=fee,
    )


def _refund(raw: Any) -> RefundFacts:
    raw = raw if isinstance(raw, dict) else raw.to_dict()
    return RefundFacts(
        refund_id=raw["id"],
        intent_id=raw.get("payment_intent"),
        status=raw["status"],
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        metadata=dict(raw.get("metadata") or {}),
    )
