"""Claims out of a table: every line is examined first, and all are taken in or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import Asset
from auction.cases.claim_files import COLUMNS, ClaimLine
from auction.cases.models import Claim, EnforcementCase, Party, PartyRole
from auction.cases.services import add_claim, add_party, check_claim, require_open
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import Invalid
from auction.core.i18n import lazy_gettext as _l

_PARTY = ("id_number", "contact", "address", "bank_name", "account_name", "account_number")
_NOT_OF_CLAIM = frozenset({*_PARTY, "creditor", "assets"})
_COLUMN_OF = {name: column for column, name in COLUMNS.items()}


@dataclass(frozen=True)
class LineReport:
    """What would become of one line: whose claim, a party known or new, how much, what is wrong."""

    number: int
    creditor: str
    is_new_party: bool
    claim_class: str
    total_minor: int
    faults: tuple[tuple[str, Any], ...]


def examine_lines(case: EnforcementCase, lines: Sequence[ClaimLine]) -> list[LineReport]:
    """Say of every line what it would do and what is wrong with it; nothing is written."""
    known = {party.name: party for party in _parties(case)}
    assets = _assets_by_name(case)
    seen = {
        (claim.party.name, str(claim.claim_class), claim.title_number or "")
        for claim in db.session.scalars(select(Claim).where(Claim.case_id == case.id))
    }
    reports = []
    for line in lines:
        values = line.values
        faults: list[tuple[str, Any]] = [(c, FAULTS[code]) for c, code in line.faults]
        creditor = values.get("creditor") or ""
        party = known.get(creditor)
        if party is not None and party.role is PartyRole.DEBTOR:
            faults.append(("债权人", _l("与被执行人同名。")))
        if not line.faults:
            faults += _judge(values, assets)
            key = (creditor, str(values["claim_class"]), values.get("title_number") or "")
            if key in seen:
                faults.append(("债权人", _l("同一债权人、类别和执行依据的债权已经登记过。")))
            seen.add(key)
        reports.append(
            LineReport(
                number=line.number,
                creditor=creditor,
                is_new_party=party is None,
                claim_class=str(values.get("claim_class") or ""),
                total_minor=sum(values.get(n) or 0 for n in _AMOUNTS),
                faults=tuple(faults),
            )
        )
    return reports


def import_claims(
    case: EnforcementCase, lines: Sequence[ClaimLine], *, actor_id: int, now: datetime
) -> list[Claim]:
    """Take all lines in, new creditors with them; refused `lines-faulty` if one has a fault."""
    require_open(case)
    if any(report.faults for report in examine_lines(case, lines)):
        raise Invalid("lines-faulty", _l("表中有错误的行，整份文件未导入。"), field="file")
    known = {party.name: party for party in _parties(case)}
    assets = _assets_by_name(case)
    claims = []
    for line in lines:
        values = line.values
        party = known.get(values["creditor"])
        if party is None:
            party = add_party(
                case,
                {
                    "role": PartyRole.CREDITOR,
                    "name": values["creditor"],
                    **{name: values[name] for name in _PARTY},
                },
                actor_id=actor_id,
                now=now,
            )
            known[party.name] = party
        claims.append(
            add_claim(
                case,
                {
                    "party_id": party.id,
                    **{k: v for k, v in values.items() if k not in _NOT_OF_CLAIM},
                },
                asset_ids=[assets[name] for name in _asset_names(values)],
                actor_id=actor_id,
                now=now,
            )
        )
    record(
        "import-claims",
        case,
        actor_id=actor_id,
        at=now,
        detail={"claims": [claim.label for claim in claims]},
    )
    return claims


_AMOUNTS = ("principal_minor", "interest_minor", "expenses_minor", "doubled_interest_minor")


def _judge(values: dict[str, Any], assets: dict[str, int]) -> list[tuple[str, Any]]:
    names = _asset_names(values)
    unknown = [name for name in names if name not in assets]
    if unknown:
        return [("所及财产", _l("本案没有名为“%(name)s”的财产。", name=unknown[0]))]
    try:
        check_claim(values, [assets[name] for name in names])
    except Invalid as error:
        return [(_COLUMN_OF.get(error.field or "", "债权人"), error.message)]
    return []


def _asset_names(values: dict[str, Any]) -> list[str]:
    text = (values.get("assets") or "").replace(";", "；")
    return [name.strip() for name in text.split("；") if name.strip()]


def _parties(case: EnforcementCase) -> list[Party]:
    query = select(Party).where(Party.case_id == case.id).order_by(Party.id.desc())
    return list(db.session.scalars(query))


def _assets_by_name(case: EnforcementCase) -> dict[str, int]:
    rows = db.session.scalars(select(Asset).where(Asset.case_id == case.id).order_by(Asset.id))
    return {asset.title: asset.id for asset in rows}


FAULTS: dict[str, Any] = {
    "missing": _l("此项必填。"),
    "formula": _l("单元格是公式，请改为数值。"),
    "unknown-class": _l("没有这种债权类别。"),
    "bad-number": _l("请填写 1 到 99 的整数。"),
    "bad-amount": _l("看不出这是多少钱：请填写以元为单位的金额，至多两位小数。"),
    "bad-date": _l("请填写日期，例如 2026-11-23。"),
    "bad-text": _l("含有看不见的控制字符。"),
    "too-long": _l("文字太长。"),
}

FILE_FAULTS: dict[str, Any] = {
    "empty": _l("文件是空的。"),
    "too-large": _l("文件超过 2 MB。"),
    "not-text": _l("文件不是文本：请使用 UTF-8 或 GBK 编码的 CSV，或者 XLSX。"),
    "not-csv": _l("CSV 的引号或分隔符有误。"),
    "not-xlsx": _l("这不是完整的 XLSX 文件。"),
    "no-head-row": _l("没有找到表头：应有“债权人”和“类别”两列，请使用模板。"),
    "unknown-column": _l("有不认识的列，请使用模板的列名。"),
    "column-twice": _l("同一列出现两次。"),
    "no-lines": _l("表头之下没有内容。"),
    "too-many-lines": _l("超过 2000 行，请分次导入。"),
}
