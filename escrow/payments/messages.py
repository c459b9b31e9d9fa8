"""What the owner of the money is told, in words made when he reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import gettext
from auction.core.money import format_money
from auction.messages.wording import Wording, words_for

REFUND_FAILED = "refund-failed"
REFUND_BY_BANK = "refund-by-bank"
HOLD_LAPSED = "hold-lapsed"
RETURNS_NEAR_DEADLINE = "returns-near-deadline"


@words_for(REFUND_FAILED)
def _refund_failed(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("退款被发卡行退回：%(amount)s", amount=format_money(params["amount_minor"])),
        gettext("款项仍是您的，系统正在重新办理退款；如果银行卡已经注销，请尽快联系法院。"),
    )


@words_for(REFUND_BY_BANK)
def _refund_by_bank(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("退款两次被退回：%(amount)s", amount=format_money(params["amount_minor"])),
        gettext("法院将改用银行转账退还。请联系法院，提供您本人名下的收款账户。"),
    )


@words_for(HOLD_LAPSED)
def _hold_lapsed(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("保证金冻结已失效：%(amount)s", amount=format_money(params["amount_minor"])),
        gettext("发卡行解除了冻结，没有扣款。竞得的，应当支付全部价款。"),
    )


@words_for(RETURNS_NEAR_DEADLINE)
def _returns_near_deadline(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("%(n)s 笔保证金还没有退还，只剩 4 小时", n=params["count"]),
        gettext(
            "合计 %(amount)s，应当在竞价结束后 24 小时内退还（CN16-23.2）。",
            amount=format_money(params["amount_minor"]),
        ),
    )
