"""What the desk's codes say to people; the only place that says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l

FAULTS: Mapping[str, Any] = {
    "empty": _l("文件是空的。"),
    "too-large": _l("文件超过 5 MB，请按日期分次下载。"),
    "not-text": _l("文件不是文本，请从网银下载 camt.053、MT940 或 CSV 格式。"),
    "not-utf8": _l("XML 文件应为 UTF-8 编码。"),
    "doctype": _l("XML 文件含有 DOCTYPE 或 ENTITY 声明，出于安全不予接收。"),
    "not-xml": _l("XML 在此处不完整或有误。"),
    "not-camt053": _l("这不是 camt.053 对账单。"),
    "no-statement": _l("文件里没有对账单。"),
    "no-account": _l("对账单没有写明账号。"),
    "not-mt940": _l("这不是完整的 MT940 对账单（缺少 :20:）。"),
    "mt940-unreadable": _l("MT940 的这一段无法读取。"),
    "no-balances": _l("没有期初或期末余额：日间报告（MT942）不能入账。"),
    "no-head-row": _l("没有找到表头：应有“交易日期”，以及“收入”“支出”或“交易金额”列。"),
    "not-csv": _l("这一行的引号或分隔符有误。"),
    "no-lines": _l("表头之下没有流水。"),
    "no-date": _l("有金额而没有日期。"),
    "bad-date": _l("日期看不懂。"),
    "bad-amount": _l("金额看不懂，或同时填了收入和支出。"),
    "bad-balance": _l("余额看不懂。"),
    "bad-entry": _l("这笔的金额、方向或日期看不懂，或金额有不足一分的部分。"),
    "line-currency": _l("币种与账户不一致，本账户只收人民币。"),
    "wrong-currency": _l("对账单不是人民币账户的。"),
    "reference-twice": _l("同一个银行流水号在文件里出现两次。"),
    "sums-differ": _l("期初余额加各笔发生额不等于期末余额，文件可能不完整。"),
    "balance-breaks": _l("余额与上一笔接不上，中间可能缺行。"),
    "too-many-lines": _l("超过 20000 行，请按日期分次下载。"),
    "foreign-account": _l("账号不是本院的执行款专户，也不是本院案件的子账号。"),
    "entry-changed": _l("这个流水号以前导入过，但金额、方向或日期不同，请向银行核实。"),
}

REASONS: Mapping[str, Any] = {
    "no-reference": _l("附言里没有有效的付款参考号"),
    "unknown-reference": _l("没有这个付款参考号"),
    "wrong-amount": _l("金额与应付不符"),
    "payer-differs": _l("付款人与竞买人不是同一人"),
    "late": _l("过了公告的付款期限"),
    "not-due": _l("没有应付的款项"),
    "notices-missing": _l("报名手续尚未完成"),
    "not-ordered": _l("没有对应的付款登记"),
}

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
    "paid": (_l("已支付"), "paid"),
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
    "remainder": _l("变卖预交价款的余额（CN455-8.1）"),
    "set-aside": _l("拍卖被撤销"),
}

NOTES: Mapping[str, Any] = {
    "security-unsold": _l("其担保财产尚未变现，本次按普通债权参加分配"),
    "deduction-waits": _l("其标的尚无价款，本次不扣"),
}

OBSTACLES: Mapping[str, Any] = {
    "held-line": _l("提存的款项尚未处理"),
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
