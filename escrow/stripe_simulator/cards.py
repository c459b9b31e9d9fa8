"""Test cards and wallets: what happens when somebody pays with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why the bank refused a payment."""

    code: str
    decline_code: str | None
    message: str
    zh: str


GENERIC_DECLINE = Refusal(
    "card_declined", "generic_decline", "Your card was declined.", "发卡行拒绝了这笔付款。"
)
NO_FUNDS = Refusal(
    "card_declined", "insufficient_funds", "Your card has insufficient funds.", "卡内余额不足。"
)
EXPIRED_CARD = Refusal("expired_card", None, "Your card has expired.", "银行卡已过有效期。")
AUTHENTICATION_FAILED = Refusal(
    "payment_intent_authentication_failure",
    None,
    "The provided payment method has failed authentication. You can provide payment_method_data "
    "or a new payment method to attempt to fulfill this PaymentIntent again.",
    "付款人没有确认这笔付款。",
)


@dataclass(frozen=True)
class Method:
    """A way to pay that a person can choose on the page or a program can name."""

    name: str
    kind: str
    zh: str
    en: str
    number: str = ""
    brand: str = ""
    refusal: Refusal | None = None
    authenticates: bool = False


CARDS = (
    Method("pm_card_visa", "card", "付款成功", "Succeeds", "4242 4242 4242 4242", "visa"),
    Method(
        "pm_card_mastercard", "card", "付款成功", "Succeeds", "5555 5555 5555 4444", "mastercard"
    ),
    Method("pm_card_unionpay", "card", "付款成功", "Succeeds", "6200 0000 0000 0005", "unionpay"),
    Method(
        "pm_card_authenticationRequired",
        "card",
        "需要付款人再确认一步",
        "Asks for a confirmation step",
        "4000 0025 0000 3155",
        "visa",
        authenticates=True,
    ),
    Method(
        "pm_card_visa_chargeDeclined",
        "card",
        "银行拒绝",
        "Declined by the bank",
        "4000 0000 0000 0002",
        "visa",
        GENERIC_DECLINE,
    ),
    Method(
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "card",
        "余额不足",
        "Insufficient funds",
        "4000 0000 0000 9995",
        "visa",
        NO_FUNDS,
    ),
    Method(
        "pm_card_chargeDeclinedExpiredCard",
        "card",
        "卡已过期",
        "Expired card",
        "4000 0000 0000 0069",
        "visa",
        EXPIRED_CARD,
    ),
)
WALLETS = (
    Method("alipay", "alipay", "支付宝", "Alipay", authenticates=True),
    Method("wechat_pay", "wechat_pay", "微信支付", "WeChat Pay", authenticates=True),
)
_ALIASES = {
    "pm_card_chargeDeclined": "pm_card_visa_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds": "pm_card_visa_chargeDeclinedInsufficientFunds",
}
_BY_NAME = {method.name: method for method in (*CARDS, *WALLETS)}
_WALLET_CURRENCIES = {"cny", "hkd"}


def find_method(name: str) -> Method | None:
    """The method of that name, or None."""
    return _BY_NAME.get(_ALIASES.get(name, name))


def list_kinds(currency: str, capture_method: str, allowed: list[str] | None) -> list[str]:
    """What a payment can be made with: wallets cannot hold money and know few currencies."""
    kinds = ["card"]
    if currency in _WALLET_CURRENCIES and capture_method != "manual":
        kinds += ["alipay", "wechat_pay"]
    return [kind for kind in kinds if allowed is None or kind in allowed]


def compute_fee(kind: str, amount: int) -> int:
    """What the provider keeps of a payment: half a unit and more is rounded up.

    Cards 2.9 % and 30 minor units, wallets 2.2 %: play figures, close to the usual ones.
    """
    rate_bps, fixed = (290, 30) if kind == "card" else (220, 0)
    return min(amount, (amount * rate_bps + 5_000) // 10_000 + fixed)
