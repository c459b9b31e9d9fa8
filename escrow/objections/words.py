"""What the codes of service and objections say to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.i18n import lazy_gettext as _l
from escrow.objections.forms import CHANNELS

CHANNEL_WORDS: Mapping[str, Any] = {str(channel): words for channel, words in CHANNELS}

OBJECTION_WORDS: Mapping[str, Any] = {
    "received": (_l("已收到，待通知其他当事人"), "pending"),
    "notified": (_l("已通知，等待意见"), "waiting"),
    "opposed": (_l("有人反对，等待起诉"), "waiting"),
    "sued": (_l("诉讼中，争议款留存"), "held"),
    "unopposed": (_l("无人反对，待修正方案"), "pending"),
    "upheld": (_l("判决支持，待修正方案"), "pending"),
    "corrected": (_l("已按异议修正方案"), "done"),
    "lapsed": (_l("逾期未起诉，按原方案支付"), "done"),
    "rejected": (_l("判决驳回，按原方案支付"), "done"),
    "withdrawn": (_l("已撤回"), "void"),
}

ANSWER_WORDS: Mapping[str, Any] = {
    "opposes": (_l("反对异议"), "rejected"),
    "agrees": (_l("同意异议"), "approved"),
}
