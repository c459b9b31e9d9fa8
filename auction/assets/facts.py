"""What must be found out about an asset of each category (CN24G-1 to -5, CN21Q-14.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auction.assets.models import Category
from auction.core.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class FactField:
    """One fact: its key in `asset.facts`, its name for people, and whether publishing needs it."""

    key: str
    label: Any
    is_required: bool = True
    rule_id: str = "CN24G-1"


_BUILDING = (
    FactField("building_area", _l("建筑面积"), rule_id="CN24G-2"),
    FactField("layout", _l("户型与楼层"), rule_id="CN24G-2"),
    FactField("title_certificate", _l("不动产权证号"), rule_id="CN24G-2"),
    FactField("land_use", _l("土地用途与性质"), rule_id="CN24G-2"),
    FactField("actual_use", _l("实际用途与使用状况"), rule_id="CN24G-2"),
    FactField("built_in", _l("建成年代"), is_required=False),
    FactField("purchase_limit", _l("限购政策"), is_required=False, rule_id="CN21H-2.1"),
)

FACTS: dict[Category, tuple[FactField, ...]] = {
    Category.HOME: _BUILDING,
    Category.COMMERCIAL: _BUILDING,
    Category.LAND: (
        FactField("land_area", _l("土地面积"), rule_id="CN24G-2"),
        FactField("land_use", _l("土地用途与性质"), rule_id="CN24G-2"),
        FactField("land_term", _l("使用权终止日期"), rule_id="CN24G-2"),
        FactField("title_certificate", _l("不动产权证号"), rule_id="CN24G-2"),
        FactField("buildings", _l("地上附着物"), is_required=False),
    ),
    Category.VEHICLE: (
        FactField("plate", _l("号牌（隐去后两位）"), rule_id="CN24G-3"),
        FactField("first_registered", _l("初次登记日期"), rule_id="CN24G-3"),
        FactField("emission", _l("排放标准"), rule_id="CN24G-3"),
        FactField("mileage", _l("表显里程"), rule_id="CN24G-3"),
        FactField("violations", _l("未处理违章"), rule_id="CN24G-3"),
        FactField("inspection_until", _l("检验有效期"), rule_id="CN24G-3"),
    ),
    Category.EQUITY: (
        FactField("company", _l("标的公司"), rule_id="CN24G-5"),
        FactField("share", _l("股权比例或股数"), rule_id="CN24G-5"),
        FactField("subscribed", _l("认缴出资"), rule_id="CN21Q-14.1"),
        FactField("paid_in", _l("实缴出资"), rule_id="CN21Q-14.1"),
        FactField("contribution_due", _l("出资期限"), rule_id="CN21Q-14.1"),
    ),
    Category.MACHINERY: (
        FactField("maker_model", _l("厂家与型号")),
        FactField("made_in", _l("出厂年份")),
        FactField("condition", _l("现状与可用性")),
        FactField("location", _l("存放地点")),
    ),
    Category.GOODS: (
        FactField("quantity", _l("品名与数量")),
        FactField("quality", _l("质量与保质期"), rule_id="CN24G-4"),
        FactField("location", _l("存放地点")),
    ),
    Category.IP: (
        FactField("right_number", _l("权利证号")),
        FactField("right_kind", _l("权利种类")),
        FactField("valid_until", _l("权利有效期")),
        FactField("fees_paid", _l("年费缴纳情况")),
    ),
    Category.MINING: (
        FactField("licence", _l("许可证号")),
        FactField("mineral", _l("矿种与储量")),
        FactField("area", _l("矿区面积")),
        FactField("valid_until", _l("权利有效期")),
    ),
    Category.VESSEL: (
        FactField("name_port", _l("船名与船籍港")),
        FactField("tonnage", _l("总吨与净吨")),
        FactField("built_in", _l("建成年代")),
        FactField("class_status", _l("船级与检验状况")),
        FactField("location", _l("停泊地点")),
    ),
}

CATEGORY_NAMES: dict[Category, Any] = {
    Category.HOME: _l("住宅"),
    Category.COMMERCIAL: _l("商业用房"),
    Category.LAND: _l("土地使用权"),
    Category.VEHICLE: _l("机动车"),
    Category.EQUITY: _l("股权"),
    Category.MACHINERY: _l("机器设备"),
    Category.GOODS: _l("物资货物"),
    Category.IP: _l("知识产权"),
    Category.MINING: _l("矿业权"),
    Category.VESSEL: _l("船舶"),
}


def missing_facts(category: Category, facts: dict[str, Any]) -> list[FactField]:
    """The required facts that have not been recorded yet."""
    return [f for f in FACTS[category] if f.is_required and not str(facts.get(f.key, "")).strip()]
