"""What the judges' pages show of a question put to the panel."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_login import current_user

from auction.core.db import db
from auction.core.i18n import gettext
from auction.sales import queries
from auction.sales.bars import STAGE_NAMES
from auction.sales.explain import FIELD_NAMES, bound_text
from auction.sales.fingerprint import differences
from auction.sales.models import PanelDecision, Sale
from auction.sales.panel import changes_since
from auction.sales.rulepacks import load_rule_pack


def decision_context(decision: PanelDecision) -> dict[str, Any]:
    """The question as it was put, what changed since the last one, and who is missing."""
    sale = db.session.get_one(Sale, decision.sale_id)
    older = queries.previous_decision(decision)
    seat = next((s for s in decision.seats if s.user_id == current_user.id), None)
    return {
        "decision": decision,
        "sale": sale,
        "the_asset": sale.lot.asset,
        "stage_name": STAGE_NAMES[sale.stage],
        "pack": load_rule_pack(sale.rule_pack),
        "values": [
            (FIELD_NAMES.get(name, name), term_text(name, value))
            for name, value in decision.terms["terms"].items()
            if value != ""
        ],
        "older": older,
        "changed": [
            (path_name(path), term_text(path, before), term_text(path, after))
            for path, before, after in _differences(older, decision)
        ],
        "changed_since": [path_name(path) for path, _a, _b in changes_since(decision, sale)],
        "names": queries.names_of(seat.user_id for seat in decision.seats),
        "seat": seat,
        "missing": [seat for seat in decision.seats if seat.vote is None],
    }


def _differences(
    older: PanelDecision | None, decision: PanelDecision
) -> list[tuple[str, Any, Any]]:
    if older is None:
        return []
    return [
        entry
        for entry in differences(older.terms, decision.terms)
        if not entry[0].startswith("sale.")
    ]


def path_name(path: str) -> str:
    """What a path of the decided values is called."""
    parts = {
        "asset": gettext("财产"),
        "media": gettext("照片和文件"),
        "encumbrances": gettext("权利负担"),
        "reference_price": gettext("参考价"),
        "priority": gettext("优先购买权人及其顺序"),
    }
    head, _dot, tail = path.partition(".")
    if head == "terms":
        return str(FIELD_NAMES.get(tail, tail))
    words = {
        "title": gettext("名称"),
        "description": gettext("描述"),
        "defects": gettext("已知瑕疵"),
        "occupancy": gettext("占有使用"),
        "occupancy_note": gettext("占有说明"),
        "delivery_plan": gettext("移交安排"),
        "seller_taxes": gettext("出让方税费"),
        "buyer_taxes": gettext("受让方税费"),
        "known_debts": gettext("已知欠费"),
        "amount_minor": gettext("金额"),
        "valid_until": gettext("有效期"),
    }
    name = str(parts.get(head, head))
    return f"{name}：{words.get(tail, tail)}" if tail else name


def term_text(name: str, value: Any) -> str:
    """A decided value as people read it."""
    said = str(value)
    if value is None or value == "":
        said = "—"
    elif isinstance(value, bool):
        said = gettext("是") if value else gettext("否")
    elif isinstance(value, int):
        said = bound_text("start_price_minor" if name.endswith("_minor") else name, value)
    elif isinstance(value, str) and name.endswith("_at"):
        said = bound_text(name, datetime.fromisoformat(value))
    elif isinstance(value, str) and name.endswith("_on"):
        said = bound_text(name, date.fromisoformat(value))
    elif not isinstance(value, str):
        said = gettext("（内容有变更）")
    return said
