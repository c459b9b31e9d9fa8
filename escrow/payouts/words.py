"""What the codes of payouts say to people; the only place that says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l

KINDS: Mapping[str, Any] = {
    "plan": _l("分配款"),
    "refund": _l("退款"),
    "suspense": _l("不明款项退还"),
}

OBJECTIONS: Mapping[str, Any] = {
    "no-account": _l("没有收款账号"),
    "bad-account": _l("账号格式不符"),
    "bad-card": _l("银行卡号校验位不符"),
    "no-name": _l("没有户名"),
    "bad-name": _l("户名含有银行不接受的字符"),
    "no-bank-code": _l("没有支付系统行号"),
    "bad-bank-code": _l("支付系统行号不符"),
    "name-differs": _l("户名与当事人姓名不符"),
    "came-back": _l("上次被退回，账户待更正"),
    "correction-waits": _l("账户更正待核准"),
    "sealed": _l("竞价结束前收款人保密"),
    "by-hand": _l("已手工登记，待复核"),
    "under-way": _l("已列入付款批次"),
    "stopped": _l("本案停止发放案款"),
    "notary-waits": _l("提存待批准"),
}

BATCH_WORDS: Mapping[str, Any] = {
    "draft": (_l("草拟"), "draft"),
    "submitted": (_l("待复核"), "pending"),
    "approved": (_l("正在生成文件"), "pending"),
    "sent": (_l("文件已生成"), "approved"),
    "done": (_l("全部办结"), "done"),
    "cancelled": (_l("已撤销"), "void"),
}

PAYOUT_WORDS: Mapping[str, Any] = {
    "chosen": (_l("已列入批次"), "draft"),
    "held": (_l("途中，待对账单确认"), "held"),
    "paid": (_l("已付出"), "paid"),
    "returned": (_l("被退回"), "failed"),
    "dropped": (_l("未付出"), "void"),
}

LIMITS: Mapping[str, Any] = {
    "payment": _l("单笔限额"),
    "day": _l("全院日限额"),
    "person-day": _l("复核人日限额"),
}

STOPPED: Mapping[str, Any] = {
    "stale": _l("复核之后款项或收款账户有变化"),
    "overdrawn": _l("账户余额不足"),
    "not-valid": _l("付款文件未通过格式校验"),
}

VOUCHERS: Mapping[str, Any] = {
    "receipt": _l("案款发放凭证"),
    "fee": _l("执行费收取凭证"),
    "tax": _l("代缴税款凭证"),
}
