"""What the law's clocks are called for people."""

from __future__ import annotations

from typing import Any

from auction.core.i18n import lazy_gettext as _l

DEADLINE_NAMES: dict[str, Any] = {
    "deposit-return": _l("退还竞买保证金"),
    "deposit-transfer": _l("买受人保证金划入法院账户"),
    "deal-ruling": _l("作出并送达成交裁定"),
    "balance": _l("买受人付清尾款"),
    "balance-reminder": _l("提醒买受人付清尾款"),
    "loan-instalment": _l("贷款银行转入承诺的款项"),
    "late-balance": _l("决定是否接受逾期款项或裁定重新拍卖"),
    "return-claimed": _l("收回撤销拍卖后应返还的款项"),
    "deficit": _l("收取悔拍人应补足的差额"),
    "handover": _l("移交财产"),
    "payout": _l("发放案款"),
    "plan-objection": _l("对分配方案提出异议"),
    "plan-answer": _l("对异议提出反对意见"),
    "plan-suit": _l("异议人提起分配方案异议之诉"),
    "plan-release": _l("异议期满后发放无争议部分"),
    "payout-resume": _l("恢复后发放案款"),
    "suspense": _l("查明不明款项"),
    "next-sale": _l("举行再次拍卖"),
    "in-kind-inquiry": _l("询问债权人是否以物抵债"),
    "selloff-announcement": _l("发布变卖公告"),
    "resume": _l("恢复拍卖"),
    "start-disposal": _l("启动财产处置"),
}


def deadline_name(kind: str) -> Any:
    """The name of a clock; an unknown one shows its code."""
    return DEADLINE_NAMES.get(kind, kind)
