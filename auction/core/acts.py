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
    "state": _l("状态变更"),
}


def act_name(entry: Any) -> str:
    """One line for an entry: what was done, and from which state to which."""
    name = str(ACT_NAMES.get(entry.action, entry.action))
    if entry.action == "state":
        return f"{name}：{entry.detail.get('from')} → {entry.detail.get('to')}"
    return name
