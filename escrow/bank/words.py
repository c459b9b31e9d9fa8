"""What the codes of bank files and their lines say to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l

FAULTS: Mapping[str, Any] = {
    # the file
    "empty": _l("文件是空的。"),
    "too-large": _l("文件超过 200 MB，请按日期分次下载。"),
    "not-text": _l("文件不是文本，请从网银下载 camt.053、MT940 或 CSV 格式。"),
    "bad-encoding": _l("XML 文件的编码不予接收，应为 UTF-8 或 GBK。"),
    "doctype": _l("XML 文件含有 DOCTYPE 声明，出于安全不予接收。"),
    "not-xml": _l("XML 在此处不完整或有误。"),
    "not-camt053": _l("这不是 camt.053 对账单或 camt.054 收付款通知。"),
    "no-statement": _l("文件里没有对账单。"),
    "no-account": _l("对账单没有写明账号。"),
    "not-mt940": _l("这不是完整的 MT940 对账单（缺少 :20:）。"),
    "no-balances": _l("缺少期初或期末余额。"),
    "tag-order": _l("MT940 的字段次序有误。"),
    "pages-break": _l("下一页的期初余额与上一页的期末余额不一致，中间可能缺页。"),
    "text-too-long": _l("MT940 的一个字段超过 65 行。"),
    "no-head-row": _l("没有认出表头。请选择映射方案，或为这种文件建立映射。"),
    "not-csv": _l("这一行的引号或分隔符有误。"),
    "no-lines": _l("表头之下没有流水。"),
    "too-many-lines": _l("超过 200000 行，请按日期分次下载。"),
    # a line
    "no-date": _l("有金额而没有日期。"),
    "bad-date": _l("日期看不懂。"),
    "bad-amount": _l("金额看不懂。"),
    "inexact-amount": _l("金额有不足一分的部分。"),
    "huge-amount": _l("金额超出可能的范围。"),
    "negative-amount": _l("收入或支出栏里不应有负数。"),
    "two-amounts": _l("同一行既有收入又有支出。"),
    "no-amount": _l("这一行没有金额。"),
    "bad-direction": _l("看不出是收入还是支出。"),
    "bad-balance": _l("余额看不懂。"),
    "bad-entry": _l("这一笔的格式有误。"),
    "no-currency": _l("没有写明币种。"),
    "row-too-long": _l("这一行比表头多出内容，可能有未加引号的逗号。"),
    "line-currency": _l("币种与账户不一致。"),
    "reference-twice": _l("同一个银行流水号在文件里出现两次。"),
    # sums
    "sums-differ": _l("期初余额加各笔发生额不等于期末余额，文件可能不完整。"),
    "totals-differ": _l("文件自己的合计与各笔之和不符，文件可能不完整。"),
    "balance-breaks": _l("余额与上一笔接不上，中间可能缺行。"),
    # against what is known
    "wrong-currency": _l("不是人民币账户，本院专户只收人民币。"),
    "foreign-account": _l("账号不是本院的执行款专户，也不是本院案件的子账号。"),
    "not-an-account": _l("这是信用卡账单或支付工具的明细，不是法院账户的流水。"),
    "entry-changed": _l("这个流水号以前导入过，但内容不同，请向银行核实。"),
    "advice-without-reference": _l(
        "收付款通知里的这一笔没有银行流水号，日后会与对账单重复；请改用对账单。"
    ),
    "import-running": _l("本院有一份文件正在导入，请等它完成后再试。"),
}

REASONS: Mapping[str, Any] = {
    "no-reference": _l("附言里没有有效的付款参考号"),
    "unknown-reference": _l("没有这个付款参考号"),
    "wrong-amount": _l("金额与应付不符"),
    "payer-differs": _l("付款人与竞买人不是同一人，待法院确认"),
    "payer-refused": _l("法院不认可这名付款人，应退还"),
    "late": _l("过了公告的付款期限"),
    "not-due": _l("没有应付的款项"),
    "notices-missing": _l("报名手续尚未完成"),
    "not-ordered": _l("没有对应的付款登记"),
    "reversal": _l("银行冲回以前的一笔，须人工核对"),
}

# By what a line was matched, or may be.
GROUNDS: Mapping[str, Any] = {
    "reference": _l("付款参考号相符"),
    "amount": _l("金额相符"),
    "part": _l("不超过未付的数额"),
    "payer": _l("付款人就是本人"),
    "payer-differs": _l("付款人不是本人"),
    "day": _l("在期限之内到账"),
    "late": _l("过了期限"),
    "person": _l("由人认领"),
    "court": _l("法院已确认付款人"),
}

IMPORT_WORDS: Mapping[str, Any] = {
    "receiving": (_l("正在接收"), "pending"),
    "waiting": (_l("等待处理"), "pending"),
    "checking": (_l("正在核对"), "pending"),
    "storing": (_l("正在入库"), "pending"),
    "done": (_l("已导入"), "done"),
    "refused": (_l("已退回"), "refused"),
}

REVIEW_WORDS: Mapping[str, Any] = {
    "pending": (_l("待确认"), "pending"),
    "accepted": (_l("已认可"), "approved"),
    "refused": (_l("不认可"), "refused"),
    "void": (_l("无需确认"), "void"),
}

PROFILE_FAULTS: Mapping[str, Any] = {
    "unknown-field": _l("映射里有不认识的内容。"),
    "no-date-column": _l("请指定日期栏。"),
    "no-amount-column": _l("请指定收入和支出两栏，或一个金额栏。"),
    "day-order": _l("请选择日期的写法。"),
    "encoding": _l("请选择编码。"),
    "delimiter": _l("请选择分隔符。"),
}
