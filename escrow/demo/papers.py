"""Pictures and reports of the demonstration's assets: drawings, and an appraisal set by Typst."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

from flask import current_app

from auction.assets.facts import CATEGORY_NAMES, FACTS
from auction.assets.files import store_file
from auction.assets.models import Asset, Category, MediaKind
from auction.assets.services import attach_file
from auction.core.money import format_money, money_words
from auction.notices.typesetting import typeset

_TEMPLATE = Path(__file__).with_name("appraisal.typ")
_PREFIX = "示意图："
_CAPTIONS: dict[Category, tuple[str, str, str]] = {
    Category.HOME: ("住宅楼外观，标红的一户为本标的", "户型平面与尺寸", "所在位置与周边道路、水系"),
    Category.COMMERCIAL: ("商铺临街立面", "平面布置与尺寸", "所在位置与周边街区"),
    Category.LAND: ("地块现状，四角为界桩", "宗地图：界址点与边长", "地块位置与周边道路"),
    Category.VEHICLE: ("车辆侧面", "车辆正面", "仪表盘与里程表"),
    Category.EQUITY: ("股权证书样式", "股权结构", "近五年营业收入走势"),
    Category.MACHINERY: ("设备整机", "传动部件与尺寸", "设备铭牌"),
    Category.GOODS: ("货物在库堆放情况", "整托码放", "单件包装与标签"),
    Category.IP: ("权利证书样式", "技术方案分解图", "标识样式"),
    Category.MINING: ("矿区地面设施", "地质剖面与钻孔", "矿区范围与等高线"),
    Category.VESSEL: ("船舶侧面，正在靠泊", "总布置图与船长", "船首与吃水标尺"),
}


def add_drawings(asset: Asset, *, actor_id: int, now: datetime) -> None:
    """Attach the three drawings of the asset's category, each with what it shows."""
    folder = Path(current_app.root_path) / "static" / "img" / "assets"
    for number, caption in enumerate(_CAPTIONS[asset.category], 1):
        path = folder / f"{asset.category}-{number}.svg"
        stored = store_file(
            path.read_bytes(),
            path.name,
            mime="image/svg+xml",
            court_id=asset.court_id,
            now=now,
            public=True,
        )
        attach_file(asset, MediaKind.PHOTO, stored, _PREFIX + caption, actor_id=actor_id, now=now)


def add_appraisal(
    asset: Asset,
    *,
    number: str,
    amount_minor: int,
    fixed_on: date,
    valid_until: date,
    actor_id: int,
    now: datetime,
) -> None:
    """Attach the appraisal report that the reference price rests on."""
    data = {
        "number": number,
        "title": asset.title,
        "category": str(CATEGORY_NAMES[asset.category]),
        "address": asset.address or asset.region,
        "rows": [
            [str(fact.label), asset.facts[fact.key]]
            for fact in FACTS[asset.category]
            if asset.facts.get(fact.key)
        ],
        "occupancy": asset.occupancy_note,
        "defects": asset.defects,
        "amount": format_money(amount_minor),
        "words": money_words(amount_minor),
        "fixed_on": [fixed_on.year, fixed_on.month, fixed_on.day],
        "valid_until": [valid_until.year, valid_until.month, valid_until.day],
    }
    pdf = typeset(_TEMPLATE, data=json.dumps(data, ensure_ascii=False), qr="", at=now)
    stored = store_file(
        pdf,
        f"评估报告-{number}.pdf",
        mime="application/pdf",
        court_id=asset.court_id,
        now=now,
        public=True,
    )
    attach_file(
        asset, MediaKind.DOCUMENT, stored, f"评估报告（{number}）", actor_id=actor_id, now=now
    )
