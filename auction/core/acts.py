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
    "state": _l("状态变更"),
}

STATE_NAMES: dict[str, Any] = {
    "draft": _l("草拟"),
    "panel": _l("合议中"),
    "decided": _l("合议通过"),
    "announced": _l("已公告"),
    "sold": _l("成交"),
    "unsold": _l("流拍"),
    "withdrawn": _l("撤回"),
    "paid": _l("价款付清"),
    "ruled": _l("已出裁定"),
    "voting": _l("表决中"),
    "approved": _l("通过"),
    "rejected": _l("未获通过"),
    "void": _l("作废"),
    "open": _l("办理中"),
    "closed": _l("已结案"),
}


def act_name(entry: Any) -> str:
    """One line for an entry: what was done, and from which state to which."""
    name = str(ACT_NAMES.get(entry.action, entry.action))
    if entry.action == "state":
        before, after = (str(entry.detail.get(end, "")) for end in ("from", "to"))
        words = f"{STATE_NAMES.get(before, before)} → {STATE_NAMES.get(after, after)}"
        return f"{name}：{words}"
    return name
