"""What the codes of unclaimed money say to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l

GROUNDS: Mapping[str, Any] = {
    "refused": _l("无正当理由拒绝受领"),
    "missing": _l("下落不明"),
    "dead": _l("死亡未确定继承人或者遗产管理人"),
    "incapable": _l("丧失民事行为能力未确定监护人"),
    "unreachable": _l("多次通知，无法联系"),
    "other": _l("其他致使不能支付的情形"),
}

NOTARY_WORDS: Mapping[str, Any] = {
    "proposed": (_l("提存待批准"), "pending"),
    "confirmed": (_l("已批准提存"), "approved"),
    "dropped": (_l("不提存"), "void"),
}
