"""What a buyer gets and what not, from the recorded facts alone; and the rules in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auction.assets.facts import CATEGORY_NAMES, FACTS
from auction.assets.forms import ENCUMBRANCE_KINDS
from auction.assets.models import Asset, Category, Encumbrance, OccupancyKind
from auction.core.i18n import gettext
from auction.core.money import format_money
from auction.sales.models import Sale, Stage
from auction.sales.rulepacks import RulePack


@dataclass(frozen=True)
class Point:
    """One sentence, with the article it comes from; without one it is the platform's choice."""

    text: str
    statute: str = ""


_BUILDINGS = frozenset({Category.HOME, Category.COMMERCIAL})
_POSSESSED = frozenset({OccupancyKind.DEBTOR, OccupancyKind.TENANT, OccupancyKind.THIRD_PARTY})
_BURDENS: dict[str, Any] = dict(ENCUMBRANCE_KINDS)


def what_is_sold(asset: Asset) -> list[Point]:
    """The asset itself, and how the court hands it over."""
    points = [
        Point(
            gettext(
                "%(kind)s：%(title)s",
                kind=str(CATEGORY_NAMES[asset.category]),
                title=asset.title,
            )
        )
    ]
    certificate = str(asset.facts.get("title_certificate", "")).strip()
    if certificate:
        points.append(Point(gettext("权利凭证：%(number)s", number=certificate)))
    if asset.delivery_plan.strip():
        points.append(Point(asset.delivery_plan.strip(), "CN20A-27.1"))
    points.append(Point(gettext("权利自成交裁定送达买受人时转移。"), "CN16-22.2"))
    return points


def what_is_not_sold(asset: Asset, encumbrances: list[Encumbrance]) -> list[Point]:
    """What stays behind, goes on burdening the thing, or nobody promises."""
    points = [
        Point(
            gettext("负担继续存在：%(what)s", what=describe_burden(burden)),
            "CN20A-28.2",
        )
        for burden in encumbrances
        if burden.survives
    ]
    if asset.occupancy in _POSSESSED:
        points.append(
            Point(
                gettext("现状为他人占有，是否负责腾空以上述交付安排为准；没有写明的，不作承诺。"),
                "CN24G-7",
            )
        )
    if asset.known_debts.strip():
        points.append(
            Point(gettext("已知欠费不由法院代缴：%(debts)s", debts=asset.known_debts.strip()))
        )
    if asset.category in _BUILDINGS:
        points.append(Point(gettext("室内可移动的家具、电器和其他物品，公告列明的除外。")))
        points.append(Point(gettext("户口迁出、学位等资格，法院不作承诺。")))
    if asset.category is Category.VEHICLE:
        points.append(Point(gettext("号牌、车内物品和营运资格，公告列明的除外。")))
    points.append(
        Point(gettext("标的以实物现状为准，法院不担保真伪或者品质。"), "CN16-15.2"),
    )
    return points


def describe_burden(burden: Encumbrance) -> str:
    """A burden in one line: kind, holder, amount, dates."""
    parts = [str(_BURDENS.get(burden.kind, burden.kind)), burden.holder]
    if burden.amount_minor is not None:
        parts.append(format_money(burden.amount_minor))
    if burden.since is not None:
        since = burden.since.isoformat()
        parts.append(
            f"{since} – {burden.until.isoformat()}"
            if burden.until
            else gettext("%(day)s 起", day=since)
        )
    return " · ".join(part for part in parts if part)


def fact_rows(asset: Asset) -> list[dict[str, str]]:
    """The facts of the asset's category that are on record."""
    return [
        {"label": str(field.label), "value": text}
        for field in FACTS[asset.category]
        if (text := str(asset.facts.get(field.key, "")).strip())
    ]


def rules_in_words(sale: Sale, pack: RulePack, lang: str) -> list[Point]:
    """The rules this very sale is held under, with their articles (CN16-13.1)."""
    keys = ["extension_seconds"]
    if sale.stage is Stage.SELLOFF:
        keys.append("countdown_seconds")
    if sale.leader_raises:
        keys.append("leader_raises")
    if sale.instructions:
        keys.append("instructions")
    points = [
        Point(gettext("有一人出价且不低于起拍价，即为成交。"), _law(pack, "CN16-11.2")),
        *(_rule(pack, key, lang) for key in keys),
        Point(
            gettext("经法院确认的优先购买权人可以按当前价应买；没有更高出价的，由其竞得。"),
            _law(pack, "CN16-21.1"),
        ),
        _rule(pack, "deposit_min_bps", lang),
        _rule(pack, "refund_hours", lang),
        Point(
            gettext("尾款应当在成交后 %(days)s 日内付清。", days=sale.balance_days),
            _law(pack, "CN16-25.1"),
        ),
        Point(
            gettext("买受人悔拍的，保证金不予退还，且不得参加重新拍卖。"), _law(pack, "CN16-24.1")
        ),
    ]
    if sale.stage is Stage.FIRST and pack.second_sale_days:
        points.append(_rule(pack, "second_sale_days", lang))
    points.append(_rule(pack, "deal_ruling_days", lang))
    return points


def _rule(pack: RulePack, key: str, lang: str) -> Point:
    rule = pack.rule(key)
    return Point(rule.text.in_lang(lang), rule.statute or "")


def _law(pack: RulePack, statute: str) -> str:
    return "" if pack.is_practice else statute
