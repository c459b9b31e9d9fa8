"""What the codes of reconciliation say to people; the only place that says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l

PLACES: Mapping[str, Any] = {"bank": _l("法院账户"), "provider": _l("支付通道")}
# The other side of each place.
OTHERS: Mapping[str, Any] = {"bank": _l("银行对账单"), "provider": _l("通道流水")}
TELLERS: Mapping[str, Any] = {"ledger": _l("账簿"), "outside": _l("银行或通道")}
SIGNS: Mapping[str, Any] = {"more": _l("对方多于账簿"), "less": _l("对方少于账簿")}
STANDINGS: Mapping[str, Any] = {
    "unnamed": _l("尚未说明"),
    "carried": _l("已说明结转"),
    "second": _l("待第二人复核"),
}

REASONS: Mapping[str, Any] = {
    "payer-differs": _l("付款人不一致，或一方没有写明"),
    "reference-missing": _l("没有参考号，付款人和金额相符"),
    "amount-differs": _l("参考号相符，金额不同"),
    "only-alike": _l("只有金额相同"),
    "twice": _l("同样的款项已核对过一笔，可能重复"),
    "nothing-like-it": _l("另一方没有相近的款项"),
}

GROUNDS: Mapping[str, Any] = {
    "payer": _l("参考号和金额相符"),
    "group": _l("同一参考号的各笔合计相符"),
    "reference": _l("付款人和金额相符"),
    "parts": _l("同一付款人的几笔合计相符"),
    "amount": _l("参考号相符"),
    "alike": _l("金额相同，日期相近"),
}

RULES: Mapping[str, Any] = {
    "exact": _l("参考号、金额、付款人均相符"),
    "gathered": _l("一笔对账簿多笔，合计相符"),
    "joined": _l("多笔对账簿一笔，合计相符"),
    "undone": _l("同一方一来一往，相互抵销"),
}

CARRY_REASONS: Mapping[str, Any] = {
    "in-transit": _l("在途，对方尚未显示"),
    "awaiting-payout": _l("等待通道结算"),
    "asked-bank": _l("已向银行查询"),
    "asked-provider": _l("已向支付通道查询"),
    "to-be-booked": _l("待补记分录"),
}

REASON_CODES: Mapping[str, Any] = {
    "bank-charge": _l("银行收费"),
    "bank-interest": _l("银行利息"),
    "bank-error": _l("银行差错，已更正"),
    "provider-fee": _l("通道手续费"),
    "provider-adjustment": _l("通道调整"),
    "dispute": _l("付款争议"),
    "opening-balance": _l("启用前的余额"),
    "booking-error": _l("记账差错，另行更正"),
    "other": _l("其他"),
}

COMPONENTS: Mapping[str, Any] = {
    "open": _l("尚未说明"),
    "shown-later": _l("其后已核对"),
    **CARRY_REASONS,
    **REASON_CODES,
}

KINDS: Mapping[str, Any] = {
    "rule": _l("系统自动"),
    "accepted": _l("采纳建议"),
    "joined": _l("人工核对"),
    "explained": _l("说明差额"),
}

ITEM_WORDS: Mapping[str, Any] = {
    "open": (_l("待核对"), "waiting"),
    "proposed": (_l("待第二人复核"), "pending"),
    "matched": (_l("已核对"), "matched"),
    "explained": (_l("已说明"), "done"),
    "split": (_l("已拆分"), "done"),
}

DECISION_WORDS: Mapping[str, Any] = {
    "proposed": (_l("待第二人复核"), "pending"),
    "standing": (_l("已生效"), "done"),
    "withdrawn": (_l("已撤回"), "void"),
}

ARRIVAL_WORDS: Mapping[str, Any] = {
    "proposed": (_l("待第二人复核"), "pending"),
    "standing": (_l("已入账"), "settled"),
    "withdrawn": (_l("已撤回"), "void"),
}

CLOSE_WORDS: Mapping[str, Any] = {
    "proposed": (_l("待第二人复核"), "pending"),
    "closed": (_l("已日结"), "closed"),
}

OBSTACLES: Mapping[str, Any] = {
    "not-taken-in": _l("账簿有新的分录尚未纳入核对，请重新核对"),
    "unnamed": _l("两边的差额与各项说明不符"),
    "open-bank": _l("法院账户有款项未核对、未说明"),
    "open-provider": _l("支付通道有款项未核对、未说明"),
    "new-lines": _l("有银行流水尚未处理"),
    "second-missing": _l("有核对决定等待第二人复核"),
    "no-statement": _l("银行对账单没有覆盖该日"),
    "statement-gap": _l("银行给出的余额与已导入的流水接不上"),
    "run-open": _l("核对正在进行"),
    "day-not-over": _l("该日尚未结束"),
}

AGES: tuple[Any, ...] = (
    _l("3 日以内"),
    _l("4 至 10 日"),
    _l("11 至 30 日"),
    _l("30 日以上"),
)

TRANSFERS: Mapping[str, Any] = {
    "deposit-received": _l("收到保证金"),
    "deposit-returned": _l("退还保证金"),
    "deposit-applied": _l("保证金抵充价款"),
    "deposit-forfeited": _l("保证金不予退还"),
    "prepaid-received": _l("收到变卖预交款"),
    "prepaid-returned": _l("退还变卖预交款"),
    "prepaid-applied": _l("预交款抵充价款"),
    "balance-received": _l("收到尾款"),
    "price-returned": _l("退还价款"),
    "price-released": _l("价款转入案款"),
    "forfeit-used": _l("动用悔拍保证金"),
    "proceeds-received": _l("收到案款"),
    "plan-allotted": _l("按方案分配"),
    "plan-paid": _l("支付分配款"),
    "plan-corrected": _l("更正分配"),
    "plan-deposited": _l("分配款提存"),
    "suspense-received": _l("收到不明款项"),
    "suspense-identified": _l("不明款项查明入账"),
    "suspense-returned": _l("不明款项转出"),
    "payout-returned": _l("付款退汇"),
    "provider-fee": _l("通道手续费"),
    "provider-fee-covered": _l("补足通道手续费"),
    "provider-paid-out": _l("通道结算到账"),
    "provider-topped-up": _l("通道扣款补足"),
    "dispute-withdrawn": _l("付款争议扣回"),
    "dispute-reinstated": _l("付款争议返还"),
    "dispute-lost": _l("付款争议终结"),
    "return-claimed": _l("应收回案款"),
    "return-received": _l("收回案款"),
    "reversal": _l("冲正"),
}

PROVIDER_KINDS: Mapping[str, Any] = {
    "charge": _l("付款"),
    "payment": _l("付款"),
    "refund": _l("退款"),
    "refund_failure": _l("退款失败"),
    "payout": _l("结算到银行"),
    "payout_reversal": _l("结算退回"),
    "dispute": _l("付款争议"),
    "dispute_reversal": _l("付款争议返还"),
    "fee": _l("手续费"),
}


def transfer_name(kind: str) -> Any:
    """What a kind of transfer is called; a new one shows its code."""
    return TRANSFERS.get(kind, kind)


def provider_name(kind: str) -> Any:
    """What a movement at the provider is called; an unknown one shows its code."""
    return PROVIDER_KINDS.get(kind, kind)
