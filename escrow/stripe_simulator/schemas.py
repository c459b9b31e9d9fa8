"""Which parameters each call accepts: a subset of Stripe's, never anything beyond it.

The contract tests hold every name here to the parameter types of the installed client.
"""

from __future__ import annotations

from escrow.stripe_simulator.params import (
    Amount,
    Choice,
    Currency,
    Fields,
    Flag,
    Integer,
    ListOf,
    Metadata,
    Moment,
    Reader,
    Text,
)

METHODS = ("card", "alipay", "wechat_pay")
_WITHDRAWN = {
    "payment_method_types": (
        "payment_method_types_no_longer_supported",
        "The payment_method_types parameter is no longer supported. "
        "Use allowed_payment_method_types instead.",
    )
}
_EXPAND: dict[str, Reader] = {"expand": ListOf(Text(200))}
_PAGE: dict[str, Reader] = {
    **_EXPAND,
    "limit": Integer(1, 100),
    "starting_after": Text(255),
    "ending_before": Text(255),
    "created": Moment(),
}
_TYPES = ListOf(Choice(METHODS))
_CAPTURE = Choice(("automatic", "automatic_async", "manual"))

RETRIEVE = Fields(_EXPAND)

_METHOD_DATA = Fields({"type": Choice(METHODS)}, required=("type",))
_CONFIRMING: dict[str, Reader] = {
    "payment_method": Text(255),
    "payment_method_data": _METHOD_DATA,
    "return_url": Text(),
    "capture_method": _CAPTURE,
    "allowed_payment_method_types": _TYPES,
}
INTENT_CREATE = Fields(
    {
        **_EXPAND,
        **_CONFIRMING,
        "amount": Amount(),
        "currency": Currency(),
        "confirm": Flag(),
        "confirmation_method": Choice(("automatic", "manual")),
        "automatic_payment_methods": Fields(
            {"enabled": Flag(), "allow_redirects": Choice(("always", "never"))},
            required=("enabled",),
        ),
        "description": Text(1000),
        "metadata": Metadata(),
        "statement_descriptor": Text(22),
        "statement_descriptor_suffix": Text(22),
        "transfer_group": Text(255),
    },
    required=("amount", "currency"),
    withdrawn=_WITHDRAWN,
)
INTENT_UPDATE = Fields(
    {
        **_EXPAND,
        "amount": Amount(),
        "description": Text(1000),
        "metadata": Metadata(),
        "payment_method": Text(255),
        "statement_descriptor": Text(22),
        "statement_descriptor_suffix": Text(22),
        "transfer_group": Text(255),
    },
    withdrawn=_WITHDRAWN,
)
INTENT_CONFIRM = Fields({**_EXPAND, **_CONFIRMING}, withdrawn=_WITHDRAWN)
INTENT_CAPTURE = Fields(
    {
        **_EXPAND,
        "amount_to_capture": Integer(1),
        "final_capture": Flag(),
        "metadata": Metadata(),
        "statement_descriptor": Text(22),
        "statement_descriptor_suffix": Text(22),
    }
)
INTENT_CANCEL = Fields(
    {
        **_EXPAND,
        "cancellation_reason": Choice(
            ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
        ),
    }
)
INTENT_LIST = Fields(_PAGE)

_PRODUCT = Fields(
    {"name": Text(250), "description": Text(), "metadata": Metadata()}, required=("name",)
)
_PRICE = Fields(
    {"currency": Currency(), "unit_amount": Integer(0), "product_data": _PRODUCT},
    required=("currency", "unit_amount", "product_data"),
)
_LINE = Fields(
    {"price_data": _PRICE, "quantity": Integer(1, 10**6), "metadata": Metadata()},
    required=("price_data",),
)
_INTENT_DATA = Fields(
    {
        "capture_method": _CAPTURE,
        "description": Text(1000),
        "metadata": Metadata(),
        "statement_descriptor": Text(22),
        "statement_descriptor_suffix": Text(22),
        "transfer_group": Text(255),
    }
)
_METHOD_OPTIONS = Fields(
    {"wechat_pay": Fields({"client": Choice(("android", "ios", "web"))}, required=("client",))}
)
SESSION_CREATE = Fields(
    {
        **_EXPAND,
        "mode": Choice(("payment",)),
        "line_items": ListOf(_LINE),
        "payment_intent_data": _INTENT_DATA,
        "allowed_payment_method_types": _TYPES,
        "payment_method_options": _METHOD_OPTIONS,
        "success_url": Text(),
        "cancel_url": Text(),
        "client_reference_id": Text(200),
        "metadata": Metadata(),
        "expires_at": Integer(),
        "locale": Choice(("auto", "en", "zh")),
        "ui_mode": Choice(("hosted_page",)),
        "submit_type": Choice(("auto", "book", "donate", "pay")),
    },
    required=("mode", "line_items", "success_url"),
    withdrawn=_WITHDRAWN,
)
SESSION_UPDATE = Fields({**_EXPAND, "metadata": Metadata()})
SESSION_LIST = Fields(
    {**_PAGE, "payment_intent": Text(255), "status": Choice(("open", "complete", "expired"))}
)
SESSION_LINES = Fields({key: _PAGE[key] for key in ("limit", "starting_after")})

REFUND_CREATE = Fields(
    {
        **_EXPAND,
        "payment_intent": Text(255),
        "charge": Text(255),
        "amount": Integer(1),
        "reason": Choice(("duplicate", "fraudulent", "requested_by_customer")),
        "metadata": Metadata(),
    }
)
REFUND_UPDATE = Fields({**_EXPAND, "metadata": Metadata()})
REFUND_LIST = Fields({**_PAGE, "payment_intent": Text(255), "charge": Text(255)})

DISPUTE_LIST = Fields({**_PAGE, "payment_intent": Text(255), "charge": Text(255)})

CHARGE_LIST = Fields({**_PAGE, "payment_intent": Text(255), "transfer_group": Text(255)})
TRANSACTION_LIST = Fields(
    {
        **_PAGE,
        "source": Text(255),
        "type": Text(100),
        "payout": Text(255),
        "currency": Currency(),
    }
)
PAYOUT_CREATE = Fields(
    {
        **_EXPAND,
        "amount": Integer(1),
        "currency": Currency(),
        "description": Text(1000),
        "metadata": Metadata(),
        "method": Choice(("standard", "instant")),
        "statement_descriptor": Text(22),
    },
    required=("amount", "currency"),
)
PAYOUT_LIST = Fields(
    {**_PAGE, "status": Choice(("pending", "in_transit", "paid", "failed", "canceled"))}
)
EVENT_LIST = Fields({**_PAGE, "type": Text(100), "types": ListOf(Text(100))})
