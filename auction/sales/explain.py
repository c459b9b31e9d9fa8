"""What a lawful range and a refusal say to people: the article, and the value that is lawful."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from auction.core.errors import Invalid
from auction.core.i18n import current_lang, gettext
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import ceil_ratio, floor_ratio, format_money
from auction.core.web import format_beijing, format_day
from auction.sales.rulepacks import RulePack
from auction.sales.rules import Bound, Inputs, Range, Refusal, Terms

FIELD_NAMES: dict[str, Any] = {
    "start_price_minor": _l("起拍价"),
    "increment_minor": _l("加价幅度"),
    "deposit_minor": _l("保证金"),
    "publish_on": _l("公告日"),
    "opens_at": _l("开始时间"),
    "closes_at": _l("结束时间"),
    "balance_days": _l("尾款期限"),
    "extension_window_seconds": _l("延时触发窗口"),
    "extension_seconds": _l("每次延时"),
    "countdown_seconds": _l("变卖首次出价后的竞价时间"),
    "leader_raises": _l("领先者可自行加价"),
    "instructions": _l("允许委托出价"),
    "qualification": _l("竞买人资格条件"),
    "remarks": _l("其他说明"),
}

_SENTENCES: dict[tuple[str, str], Any] = {
    ("start_price_minor", "low"): _l("起拍价不得低于 %(lawful)s"),
    ("start_price_minor", "high"): _l("起拍价不得高于 %(lawful)s"),
    ("increment_minor", "low"): _l("加价幅度不得低于 %(lawful)s"),
    ("increment_minor", "high"): _l("加价幅度不得高于 %(lawful)s"),
    ("deposit_minor", "low"): _l("保证金不得低于 %(lawful)s"),
    ("deposit_minor", "high"): _l("保证金不得高于 %(lawful)s"),
    ("publish_on", "low"): _l("公告日不得早于 %(lawful)s"),
    ("publish_on", "high"): _l("公告日不得晚于 %(lawful)s"),
    ("opens_at", "low"): _l("拍卖最早可于 %(lawful)s 开始"),
    ("opens_at", "high"): _l("拍卖最迟应于 %(lawful)s 开始"),
    ("closes_at", "low"): _l("结束时间不得早于 %(lawful)s"),
    ("closes_at", "high"): _l("结束时间不得晚于 %(lawful)s"),
    ("balance_days", "low"): _l("尾款期限不得少于 %(lawful)s"),
    ("balance_days", "high"): _l("尾款期限不得多于 %(lawful)s"),
}

_MISSING: dict[str, Any] = {
    "needs_reference_price": _l("尚未登记参考价，不能确定起拍价"),
    "second_cut_max_bps": _l("没有前次拍卖的起拍价，不能确定再次拍卖的起拍价"),
    "selloff_price_bps": _l("没有第二次拍卖的起拍价，不能确定变卖价"),
}


class TermsRefused(Invalid):
    """Terms outside their lawful range; `refusals` names every fault, not only the first."""

    def __init__(self, refusals: list[Refusal], pack: RulePack) -> None:
        super().__init__(
            "unlawful-terms",
            _l("有 %(count)s 项内容不在法定范围内。", count=len(refusals)),
            faults=[
                {"field": r.field, "rule": r.statute, "message": refusal_sentence(r, pack)}
                for r in refusals
            ],
        )
        self.refusals = refusals
        self.pack = pack


def refusal_sentence(refusal: Refusal, pack: RulePack) -> str:
    """What is wrong, what would be lawful, and under which article."""
    if refusal.side == "missing":
        said = str(_MISSING[refusal.rule])
    else:
        pattern = _SENTENCES.get((refusal.field, refusal.side))
        lawful = bound_text(refusal.field, refusal.lawful)
        if pattern is None:
            name = str(FIELD_NAMES.get(refusal.field, refusal.field))
            said = gettext("%(name)s 应为 %(lawful)s", name=name, lawful=lawful)
        else:
            said = str(pattern) % {"lawful": lawful}
    return f"{said}{_because(refusal.rule, pack)}"


def _because(rule_key: str, pack: RulePack) -> str:
    if not rule_key:
        return str(gettext("。"))
    rule = pack.rule(rule_key)
    text = rule.text.in_lang(current_lang())
    if rule.statute:
        return str(gettext("（%(statute)s：%(text)s）", statute=rule.statute, text=text))
    return str(gettext("（%(text)s）", text=text))


def bound_text(field: str, bound: Bound | None) -> str:
    """One end of a range as people read it."""
    if bound is None:
        return "—"
    if field.endswith("_minor") and isinstance(bound, int):
        return format_money(bound)
    if isinstance(bound, datetime):
        return format_beijing(bound, "short")
    if isinstance(bound, date):
        return format_day(bound)
    return span_text(field, int(bound))


def span_text(field: str, count: int) -> str:
    """A span in days, or in the largest unit of the clock that it fills."""
    if field.endswith("_days"):
        return str(gettext("%(count)s 日", count=count))
    if count and count % 3600 == 0:
        return str(gettext("%(count)s 小时", count=count // 3600))
    if count and count % 60 == 0:
        return str(gettext("%(count)s 分钟", count=count // 60))
    return str(gettext("%(count)s 秒", count=count))


def end_label(entry: Range, side: str, pack: RulePack) -> str:
    """The article behind one end of a range, for the bar that draws it."""
    key = entry.floor_rule if side == "floor" else entry.ceiling_rule
    if not key:
        return ""
    rule = pack.rule(key)
    text = rule.text.in_lang(current_lang())
    return f"{rule.statute} · {text}" if rule.statute else text


def reckoning_of(field: str, inputs: Inputs, chosen: Terms) -> str:
    """How the bounds of a price were computed, with the figures; empty where there is no sum."""
    pack, start = inputs.pack, chosen.start_price_minor
    if field == "start_price_minor":
        if inputs.stage == "first" and inputs.reference_price_minor and pack.start_floor_bps:
            return _product(
                gettext("参考价"), inputs.reference_price_minor, pack.start_floor_bps, up=True
            )
        if inputs.previous_start_minor and inputs.stage == "second":
            share = 10_000 - pack.second_cut_max_bps
            return _product(gettext("前次起拍价"), inputs.previous_start_minor, share, up=True)
    if field == "deposit_minor":
        name = gettext("起拍价")
        low = _product(name, start, pack.deposit_min_bps, up=True)
        high = _product(name, start, pack.deposit_max_bps, up=False)
        return f"{low}；{high}"
    return ""


def _product(name: str, base: int, bps: int, *, up: bool) -> str:
    result = ceil_ratio(base, bps) if up else floor_ratio(base, bps)
    said = format_money(result)
    if base * bps % 10_000:
        said += gettext("（不足一分的进位）") if up else gettext("（不足一分的舍去）")
    whole, rest = divmod(bps, 100)
    share = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return f"{name} {format_money(base)} × {share}% = {said}"
