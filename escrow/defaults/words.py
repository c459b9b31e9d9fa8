"""What the codes of defaults and set-asides say to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l
from auction.rulings.models import Bearer, SetAsideGround

GROUNDS: Mapping[SetAsideGround, Any] = {
    SetAsideGround.FALSE_DISCLOSURE: _l("财产说明严重失实，买受人重大误解（第一项）"),
    SetAsideGround.SYSTEM_FAULT: _l("系统故障、病毒、攻击或数据错误致结果错误（第二项）"),
    SetAsideGround.COLLUSION: _l("竞买人之间或与平台恶意串通（第三项）"),
    SetAsideGround.UNQUALIFIED: _l("买受人不具备竞买资格（第四项）"),
    SetAsideGround.UNEQUAL: _l("违法限制竞买人或条件不平等（第五项）"),
    SetAsideGround.PROCEDURE: _l("其他严重违反程序且造成损害（第六项）"),
}

BEARERS: Mapping[Bearer, Any] = {
    Bearer.NONE: _l("没有需要另行负担的损失"),
    Bearer.COURT: _l("法院（国家赔偿）"),
    Bearer.OTHER: _l("其他组织或个人（另行起诉）"),
}

KINDS: Mapping[str, Any] = {
    "default": _l("悔拍：裁定重新拍卖"),
    "set-aside": _l("裁定撤销拍卖"),
}

PROPOSALS: Mapping[str, Any] = {
    "draft": (_l("待法官作出"), "waiting"),
    "made": (_l("已作出"), "done"),
    "dropped": (_l("未作出"), "void"),
}

COSTS: Mapping[str, Any] = {
    "proposed": (_l("待另一人复核"), "proposed"),
    "due": (_l("已从保证金划出，待付款"), "due"),
    "paid": (_l("已付款"), "done"),
    "cancelled": (_l("已撤回"), "void"),
}

LOANS: Mapping[str, Any] = {
    "recorded": (_l("待另一人向银行核实"), "proposed"),
    "confirmed": (_l("已核实"), "confirmed"),
    "met": (_l("已到账"), "done"),
    "void": (_l("已作废"), "void"),
}

OWED: Mapping[str, Any] = {
    "return": _l("撤销拍卖后返还案款"),
    "deficit": _l("悔拍人补足差额"),
}

RECEIVABLES: Mapping[str, Any] = {
    "open": (_l("未收齐"), "due"),
    "met": (_l("已收齐"), "done"),
    "void": (_l("因裁定失效"), "void"),
}

SETTLEMENTS: Mapping[str, Any] = {
    "due": (_l("尾款未付清"), "due"),
    "paid": (_l("价款付清"), "paid"),
    "defaulted": (_l("悔拍"), "defaulted"),
    "set-aside": (_l("已撤销拍卖"), "set-aside"),
}
