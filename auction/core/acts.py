"""What the entries of the audit trail say to people."""

from __future__ import annotations

from typing import Any

from auction.core.i18n import lazy_gettext as _l

ACT_NAMES: dict[str, Any] = {
    "sign-in": _l("登录"),
    "sign-out": _l("结束登录"),
    "refuse-sign-in": _l("登录被拒绝"),
    "register": _l("注册"),
    "change-profile": _l("修改称呼或语言"),
    "change-password": _l("更改密码"),
    "create-account": _l("开立工作人员账号"),
    "deactivate-account": _l("停用账号"),
    "grant-role": _l("授予角色"),
    "revoke-role": _l("收回角色"),
    "open-case": _l("立案"),
    "add-party": _l("添加当事人"),
    "add-claim": _l("登记债权"),
    "remove-party": _l("删除当事人"),
    "remove-claim": _l("删除债权"),
    "add-asset": _l("添加财产"),
    "change-asset": _l("修改财产"),
    "add-encumbrance": _l("登记权利负担"),
    "record-reference-price": _l("登记参考价"),
    "add-media": _l("上传照片或文件"),
    "number-lot": _l("生成标的编号"),
    "draft-sale": _l("起草拍卖"),
    "draft-next-sale": _l("系统起草下一次拍卖"),
    "revise-sale": _l("修改拍卖条件"),
    "put-to-panel": _l("提交合议庭评议"),
    "cast-vote": _l("合议庭成员表决"),
    "record-party-notice": _l("登记通知"),
    "publish-sale": _l("发布公告"),
    "issue-document": _l("生成文书"),
    "record-ruling": _l("登记成交裁定"),
    "record-handover": _l("登记移交"),
    "open-court": _l("设立法院"),
    "begin-enrolment": _l("开始报名"),
    "declare": _l("作出竞买声明"),
    "leave-sale": _l("退出报名"),
    "confirm-priority": _l("确认优先购买权顺序"),
    "bar-enrolment": _l("依决定不予准许竞买"),
    "suspend-sale": _l("暂缓竞价"),
    "resume-sale": _l("恢复竞价"),
    "open-sealed-log": _l("打开封存记录"),
    "withdraw-sale": _l("撤回拍卖"),
    "note-incident": _l("登记平台故障"),
    "end-incident": _l("登记平台故障结束"),
    "propose-withdrawal": _l("提议撤回拍卖"),
    "confirm-withdrawal": _l("确认撤回拍卖"),
    "drop-withdrawal": _l("放弃撤回提议"),
    "start-payment": _l("发起付款"),
    "confirm-deposit": _l("保证金到账确认"),
    "apply-deposit": _l("保证金抵充价款"),
    "owe-refund": _l("应退款项登记"),
    "open-settlement": _l("开立尾款结算"),
    "receive-balance": _l("尾款到账"),
    "confirm-bank-payment": _l("银行付款确认"),
    "settle-alarm": _l("处理资金警报"),
    "import-statement": _l("导入银行对账单"),
    "place-line": _l("认领银行流水"),
    "explain-line": _l("说明银行流水"),
    "propose-return": _l("提交退款转账"),
    "confirm-return": _l("复核退款转账"),
    "cancel-return": _l("撤回退款转账"),
    "view-payer": _l("查看付款人"),
    "view-payee": _l("查看收款人"),
    "book-deduction": _l("登记扣除项目"),
    "cancel-deduction": _l("撤销扣除项目"),
    "draft-plan": _l("计算分配方案"),
    "submit-plan": _l("提交分配方案"),
    "approve-plan": _l("复核通过分配方案"),
    "mark-paid": _l("登记已付款"),
    "record-provider-payout": _l("登记支付机构划款"),
    "release-held": _l("解除款项留存"),
    "state": _l("状态变更"),
}

# What a change of state happened to, by table; and its states, where a word means something else.
SUBJECT_NAMES: dict[str, Any] = {
    "sale": _l("拍卖"),
    "panel_decision": _l("合议庭评议"),
    "enforcement_case": _l("案件"),
    "enrolment": _l("报名"),
    "deposit": _l("保证金"),
    "payment": _l("付款"),
    "refund": _l("退款"),
    "settlement": _l("尾款"),
    "bank_line": _l("银行流水"),
    "return_order": _l("退款转账"),
    "distribution_plan": _l("分配方案"),
    "plan_payment": _l("案款支付"),
}

STATE_NAMES: dict[str, Any] = {
    "draft": _l("草拟"),
    "panel": _l("合议中"),
    "decided": _l("合议通过"),
    "announced": _l("已公告"),
    "sold": _l("成交"),
    "unsold": _l("流拍"),
    "withdrawn": _l("撤回"),
    "paid": _l("已付清"),
    "ruled": _l("已出裁定"),
    "voting": _l("表决中"),
    "approved": _l("通过"),
    "rejected": _l("未获通过"),
    "void": _l("作废"),
    "open": _l("办理中"),
    "closed": _l("已结案"),
    "begun": _l("已开始"),
    "deposit-due": _l("待交保证金"),
    "active": _l("已报名"),
    "left": _l("已退出"),
    "held": _l("保管中"),
    "applying": _l("正在抵充"),
    "applied": _l("已抵充价款"),
    "returning": _l("正在退还"),
    "returned": _l("已退还"),
    "forfeited": _l("不予退还"),
    "lapsed": _l("已失效"),
    "started": _l("已发起"),
    "received": _l("已到账"),
    "released": _l("已解除冻结"),
    "suspense": _l("待查"),
    "due": _l("待付"),
    "sent": _l("已汇出"),
    "done": _l("已办结"),
    "new": _l("未核对"),
    "matched": _l("已核对"),
    "placed": _l("已认领"),
    "explained": _l("已说明"),
    "proposed": _l("待复核"),
    "cancelled": _l("已撤回"),
    "submitted": _l("待批准"),
}

OWN_STATE_NAMES: dict[tuple[str, str], Any] = {
    ("bank_line", "open"): _l("待说明"),
    ("plan_payment", "held"): _l("留存"),
    ("plan_payment", "paid"): _l("已支付"),
    ("return_order", "paid"): _l("已转账"),
    ("refund", "due"): _l("待退还"),
}


def state_name(subject: str, state: str) -> str:
    """What a state of this kind of row is called."""
    return str(OWN_STATE_NAMES.get((subject, state)) or STATE_NAMES.get(state, state))


def act_name(entry: Any) -> str:
    """One line for an entry: what was done, and from which state to which."""
    name = str(ACT_NAMES.get(entry.action, entry.action))
    if entry.action == "state":
        subject = entry.subject_type
        before, after = (state_name(subject, str(entry.detail.get(k, ""))) for k in ("from", "to"))
        return f"{SUBJECT_NAMES.get(subject, name)}：{before} → {after}"
    return name
