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
from functools import partial
from typing import Any, TypeVar

import stripe
from flask import current_app, has_app_context

from auction.core.config import Settings
from auction.core.db import in_transaction
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.core.log import get_logger
from escrow.payments.facts import (
    CheckoutOrder,
    DisputeFacts,
    EventFacts,
    IntentFacts,
    MovementFacts,
    Page,
    PayoutFacts,
    RefundFacts,
    SessionFacts,
)
from escrow.payments.reading import (
    read_dispute,
    read_intent,
    read_movement,
    read_payout,
    read_refund,
    read_session,
)

TIMEOUT_SECONDS = (3, 10)  # to connect, to answer
TOLERANCE_SECONDS = 300
PAGE = 100
_INTENT_PARTS = ["latest_charge.balance_transaction"]
_SESSION_PARTS = [f"payment_intent.{part}" for part in _INTENT_PARTS]

T = TypeVar("T")
Reading = Callable[[dict[str, Any]], T]

_UNREADABLE = (
    stripe.SignatureVerificationError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    OSError,
    RecursionError,
)

log = get_logger()
stripe.enable_telemetry = False


class ProviderUnavailable(DomainError):
    """The provider did not answer properly: whether it did what was asked is not known.

    `is_kept` tells that it answered with a failure of its own, which it repeats under the same
    idempotency key: a further attempt takes another key, after reading. `is_busy` tells that it
    asked us to go more slowly, and did nothing.
    """

    status = 503

    def __init__(self, *, is_kept: bool = False, is_busy: bool = False) -> None:
        super().__init__(
            "provider-unavailable", _l("支付通道暂时没有响应，请稍后再试，或改用银行转账。")
        )
        self.is_kept = is_kept
        self.is_busy = is_busy


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

    def __init__(
        self,
        api_key: str,
        base: str = "",
        *,
        retries: int = 1,
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
    ) -> None:
        bases: Any = {"api": base} if base else None
        self._client = stripe.StripeClient(
            api_key,
            base_addresses=bases,
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=timeout),
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
        return self._ask(
            lambda: self._client.v1.checkout.sessions.create(params, _key(order.key)), read_session
        )

    def read_session(self, session_id: str) -> SessionFacts:
        """A session with its intent, charge and fee."""
        params: Any = {"expand": _SESSION_PARTS}
        return self._ask(
            lambda: self._client.v1.checkout.sessions.retrieve(session_id, params), read_session
        )

    def expire_session(self, session_id: str) -> SessionFacts:
        """Close a payment page on which nobody has paid."""
        return self._ask(lambda: self._client.v1.checkout.sessions.expire(session_id), read_session)

    def list_sessions(self, *, since: datetime, until: datetime) -> Iterator[SessionFacts]:
        """Sessions opened in that span, newest first, read page by page as far as is wanted.

        A crowd may open hundreds in a minute: ours need not be on the first page.
        """
        span = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        params: Any = {"created": span, "limit": PAGE}
        sessions = self._client.v1.checkout.sessions
        while True:
            found = self._ask(partial(sessions.list, params), _page_of(read_session))
            yield from found.items
            if not found.has_more or not found.items:
                return
            params = {**params, "starting_after": found.items[-1].session_id}

    def read_intent(self, intent_id: str) -> IntentFacts:
        """A payment intent with its charge and fee."""
        params: Any = {"expand": _INTENT_PARTS}
        return self._ask(
            lambda: self._client.v1.payment_intents.retrieve(intent_id, params), read_intent
        )

    def capture(self, intent_id: str, *, amount_minor: int, key: str) -> IntentFacts:
        """Take what is held, or part of it; the provider lets go of the rest."""
        params: Any = {"expand": _INTENT_PARTS, "amount_to_capture": amount_minor}
        return self._ask(
            lambda: self._client.v1.payment_intents.capture(intent_id, params, _key(key)),
            read_intent,
        )

    def cancel(self, intent_id: str, *, key: str) -> IntentFacts:
        """Give back what is held."""
        return self._ask(
            lambda: self._client.v1.payment_intents.cancel(intent_id, {}, _key(key)), read_intent
        )

    def refund(
        self, intent_id: str, *, amount_minor: int, metadata: dict[str, str], key: str
    ) -> RefundFacts:
        """Send back what was taken. The caller has looked for an earlier refund before."""
        params: Any = {"payment_intent": intent_id, "amount": amount_minor, "metadata": metadata}
        return self._ask(lambda: self._client.v1.refunds.create(params, _key(key)), read_refund)

    def read_refund(self, refund_id: str) -> RefundFacts:
        """A refund."""
        return self._ask(lambda: self._client.v1.refunds.retrieve(refund_id), read_refund)

    def list_refunds(self, intent_id: str) -> list[RefundFacts]:
        """The refunds of an intent, newest first (an intent of ours never has a page full)."""
        params: Any = {"payment_intent": intent_id, "limit": PAGE}
        refunds = self._client.v1.refunds
        return self._ask(lambda: refunds.list(params), _page_of(read_refund)).items

    # ── what the account itself tells ─────────────────────────────────────────────────────────

    def read_dispute(self, dispute_id: str) -> DisputeFacts:
        """A payer's complaint to his bank."""
        return self._ask(lambda: self._client.v1.disputes.retrieve(dispute_id), read_dispute)

    def list_events(
        self, types: list[str], *, since: datetime, after: str | None
    ) -> Page[EventFacts]:
        """One page of what has happened since then, newest first, going on after an event."""
        params: Any = {"types": types, "created": {"gte": int(since.timestamp())}, "limit": PAGE}
        return self._page(self._client.v1.events.list, params, after, _event)

    def list_movements(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        payout_id: str | None = None,
        after: str | None,
    ) -> Page[MovementFacts]:
        """One page of the balance's movements in a span, or of those that a payout contains."""
        params: Any = {"expand": ["data.source"], "limit": PAGE}
        if since is not None and until is not None:
            params["created"] = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        if payout_id is not None:
            params["payout"] = payout_id
        return self._page(self._client.v1.balance_transactions.list, params, after, read_movement)

    def list_payouts(self, *, since: datetime, after: str | None) -> Page[PayoutFacts]:
        """One page of the payouts made since then, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        return self._page(self._client.v1.payouts.list, params, after, read_payout)

    def _page(
        self, call: Callable[[Any], Any], params: Any, after: str | None, read: Reading[T]
    ) -> Page[T]:
        if after is not None:
            params["starting_after"] = after
        return self._ask(lambda: call(params), _page_of(read))

    def _ask(self, call: Callable[[], Any], read: Reading[T]) -> T:
        # Refunds are sent by threads of their own, without a context and so without a session.
        assert not (has_app_context() and in_transaction()), "never inside a transaction"
        with _translated():
            return read(call().to_dict())


def _page_of(read: Reading[T]) -> Reading[Page[T]]:
    return lambda raw: Page([read(item) for item in raw["data"]], raw["has_more"])


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into the two kinds that matter to us."""
    try:
        yield
    except stripe.RateLimitError as error:
        log.warning("provider asks for patience", request=error.request_id)
        raise ProviderUnavailable(is_busy=True) from error
    except stripe.APIConnectionError as error:
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
    except _UNREADABLE as error:  # an answer that is not what it should be proves nothing
        log.exception("provider's answer not understood")
        raise ProviderUnavailable from error


def read_event(body: bytes, signature: str, *, secret: str, now: datetime) -> EventFacts:
    """The event in a webhook's raw body, if the signature is right and at most 300 s old.

    The age is taken from our clock, not from the library's wall clock. Raises Invalid otherwise.
    """
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret)
        sent_at = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
        facts = _event(json.loads(text))
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


def _event(event: dict[str, Any]) -> EventFacts:
    about = event["data"]["object"]
    created = event.get("created")
    return EventFacts(
        event_id=event["id"],
        type=event["type"],
        object_type=about["object"],
        object_id=about.get("id", ""),
        is_live=event["livemode"],
        account=event.get("account"),
        happened_at=datetime.fromtimestamp(created, UTC) if type(created) is int else None,
    )


def _key(key: str) -> Any:
    return {"idempotency_key": f"luochui:{key}"}
