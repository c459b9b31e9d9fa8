"""What the desk's codes say to people; the only place that says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l
from escrow.bank.words import (
    FAULTS,
    GROUNDS,
    IMPORT_WORDS,
    PROFILE_FAULTS,
    REASONS,
    REVIEW_WORDS,
)

__all__ = ["FAULTS", "GROUNDS", "IMPORT_WORDS", "PROFILE_FAULTS", "REASONS", "REVIEW_WORDS"]

LINE_WORDS: Mapping[str, Any] = {
    "new": (_l("待核对"), "pending"),
    "matched": (_l("已对账"), "matched"),
    "suspense": (_l("不明款项"), "unknown"),
    "open": (_l("待说明"), "waiting"),
    "placed": (_l("已人工入账"), "settled"),
    "explained": (_l("已说明"), "done"),
}

ACCOUNTS: Mapping[str, Any] = {
    "bank": _l("法院账户"),
    "provider": _l("支付通道"),
    "provider-fees": _l("通道手续费"),
    "deposit": _l("竞买保证金"),
    "prepaid": _l("预交变卖价款"),
    "price": _l("拍卖价款（裁定前）"),
    "forfeit": _l("悔拍保证金"),
    "proceeds": _l("待分配案款"),
    "payable": _l("应付债权人"),
    "fees": _l("执行费"),
    "taxes": _l("应缴税费"),
    "costs": _l("应付费用"),
    "surplus": _l("应退被执行人"),
    "suspense": _l("不明款项"),
    "disputed": _l("争议款（发卡行已收回）"),
    "receivable": _l("应收回案款"),
    "forfeit-costs": _l("悔拍费用损失（待付）"),
}

STEPS: Mapping[str, Any] = {
    "forfeit": _l("悔拍费用损失"),
    "cost": _l("拍卖费用"),
    "reserved-rent": _l("预留租金"),
    "sale-tax": _l("交易税费"),
    "home-buyer": _l("商品房消费者"),
    "construction": _l("建设工程价款"),
    "tax": _l("税款"),
    "secured": _l("担保债权"),
    "policy": _l("政策性优先"),
    "ordinary": _l("普通债权"),
    "doubled-interest": _l("加倍利息"),
    "fee": _l("执行费"),
    "surplus": _l("退还被执行人"),
    "unallocated": _l("待法院决定"),
}

PLAN_WORDS: Mapping[str, Any] = {
    "draft": (_l("草拟"), "draft"),
    "submitted": (_l("待第二人批准"), "pending"),
    "approved": (_l("已批准"), "approved"),
    "void": (_l("作废"), "void"),
}

PAYMENT_WORDS: Mapping[str, Any] = {
    "due": (_l("待支付"), "due"),
    "held": (_l("提存，暂不支付"), "held"),
    "sent": (_l("已列入付款文件"), "pending"),
    "paid": (_l("已支付"), "paid"),
    "waiting": (_l("异议期内"), "pending"),
    "set-off": (_l("已抵付价款"), "applied"),
    "withdrawn": (_l("已收回"), "void"),
    "deposited": (_l("已提存公证机构"), "settled"),
}

REFUND_REASONS: Mapping[str, Any] = {
    "lost": _l("未竞得"),
    "unsold": _l("流拍"),
    "withdrawn": _l("撤回拍卖"),
    "left": _l("竞买人退出"),
    "late": _l("到账时拍卖已结束"),
    "refused": _l("未获准参加"),
    "duplicate": _l("重复交纳"),
    "excess": _l("超出应付"),
    "mismatch": _l("金额不符"),
    "incomplete": _l("拍卖结束时保证金未交齐"),
    "remainder": _l("悔拍后退还的其余款项（CN16-24、CN455-8.1）"),
    "set-aside": _l("拍卖被撤销"),
}

NOTES: Mapping[str, Any] = {
    "security-unsold": _l("其担保财产尚未变现，本次按普通债权参加分配"),
    "deduction-waits": _l("其标的尚无价款，本次不扣"),
    "refused-early": _l("申请早于执行开始，未获准参与分配"),
    "refused-late": _l("申请逾期，未获准参与分配"),
    "refused-no-title": _l("没有执行依据，未获准参与分配"),
}

OBSTACLES: Mapping[str, Any] = {
    "held-line": _l("提存的款项尚未处理"),
    "waiting-line": _l("分配方案的异议期尚未届满"),
    "unpaid-line": _l("方案中的款项尚未支付"),
    "unallocated": _l("有款项待法院决定用途，留在待分配案款中（CN16-24.1）"),
    "at-provider": _l("款项还在支付通道，没有结算到法院账户"),
    "provider-fees": _l("支付通道扣收的手续费还没有由法院补足"),
    "sale-open": _l("拍卖尚未办结"),
    "not-handed-over": _l("标的尚未移交"),
}

RULES: Mapping[str, Any] = {
    "PRI-1": _l("拍卖费用先于一切债权支付"),
    "PRI-2": _l("预留被执行人租金"),
    "PRI-3": _l("本次交易由出让方负担的税费"),
    "PRI-4": _l("商品房消费者优先"),
    "PRI-5": _l("建设工程价款优先，以本金为限"),
    "PRI-6": _l("税款优先于其后登记的担保"),
    "PRI-7": _l("担保债权按登记顺位"),
    "PRI-9": _l("法院说明理由的政策性优先"),
    "CPLI-508.1": _l("普通债权按比例受偿"),
    "CPLI-514.1": _l("企业法人：普通债权按查封先后"),
    "CN14I-4.1": _l("加倍利息后于全部本息"),
    "CC-561.1": _l("先费用、次利息、后本金"),
    "FEE-14.2": _l("执行费按实际受偿额分段计收"),
    "FEE-20.1": _l("执行费从执行所得中扣收"),
    "CN16-24.1": _l("悔拍保证金的用途次序"),
    "OPEN-15": _l("余款待法院决定"),
}


def obstacle_name(code: str) -> Any:
    """One sentence for what keeps a case open."""
    if code.startswith("account-"):
        kind = code.removeprefix("account-")
        return _l("账户“%(name)s”不为零", name=ACCOUNTS.get(kind, kind))
    return OBSTACLES.get(code, code)


ALARMS: Mapping[str, tuple[Any, Any]] = {
    "suspense-due": (_l("不明款项的查明期限将至"), _l("请查明付款人，或者原路退回（CN21S-2）。")),
    "suspense-overdue": (
        _l("不明款项超过三个工作日未查明"),
        _l("请查明付款人，或者原路退回（CN21S-2）。"),
    ),
    "hold-lapsed": (_l("银行卡预授权已失效"), _l("竞买人须重新交纳保证金，请核对其竞买资格。")),
    "wrong-amount": (_l("支付通道报告的金额与应付不符"), _l("款项未入账，请在支付通道后台核对。")),
    "wrong-currency": (_l("支付通道报告的币种不符"), _l("款项未入账，请在支付通道后台核对。")),
    "wrong-mode": (_l("测试与正式环境混用"), _l("请系统管理员检查支付通道的密钥。")),
    "wrong-account": (_l("消息来自另一个支付账户"), _l("请系统管理员检查支付通道的设置。")),
    "not-ours": (_l("支付通道有一笔不属于本平台的款项"), _l("请查明来源；款项列入不明款项。")),
    "foreign-refund": (_l("支付通道有一笔并非由本平台发起的退款"), _l("请查明由谁发起。")),
    "foreign-dispute": (_l("支付通道有一笔对不上付款的争议"), _l("请在支付通道后台查明。")),
    "dispute": (_l("付款人的银行提出争议，款项可能被收回"), _l("请在支付通道后台答复并附证据。")),
    "refund-differs": (_l("退款与支付通道的记录不一致"), _l("请在支付通道后台核对金额和付款。")),
    "refund-failed": (_l("退款未成功，将再次办理"), _l("连续失败的请改为转账退还。")),
    "refund-refused": (_l("支付通道拒绝退款"), _l("请改为转账退还（CN16-23.2）。")),
    "returns-near-deadline": (
        _l("保证金退还期限只剩四小时"),
        _l("请立即办理待转账的退款（CN16-23.2，24 小时）。"),
    ),
    "transfer-near-deadline": (
        _l("买受人保证金转为价款的期限将至"),
        _l("请核对支付通道是否已经扣款。"),
    ),
    "payout-unconfirmed": (
        _l("付款在对账单上一直没有出现"),
        _l("请导入最近的对账单；仍然没有的，向银行查询。"),
    ),
    "payout-returned": (_l("付款被银行退回"), _l("请更正收款账户后重新付款。")),
    "payout-batch-stopped": (
        _l("付款批次没有生成文件"),
        _l("请打开批次查看原因，退回重新提交。"),
    ),
}
"""What a money alarm is, and what to do about it."""
