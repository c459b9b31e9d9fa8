"""The month's report as it leaves the house: a paper (PDF) and a table (CSV).

Both are written from the same plain content, in Chinese, the language of the court's papers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import current_app

from auction.core.clock import beijing
from auction.core.i18n import force_lang
from auction.core.money import format_money
from auction.core.sheets import csv_stream
from auction.courts.models import Court
from auction.notices.papers import Block, grid, heading, paragraph, table
from auction.notices.typesetting import typeset
from escrow.desk.words import ACCOUNTS
from escrow.reconciliation import words
from escrow.reconciliation.models import Book, MonthReport
from escrow.reconciliation.months import last_day

Row = tuple[str, str, str, str, str]
Signatures = Sequence[tuple[str, datetime]]
Owners = Mapping[int, str]

HEAD: Row = ("部分", "项目", "内容", "笔数", "金额（元）")


# ── the table ───────────────────────────────────────────────────────────────────────────────────


def month_csv(content: Mapping[str, Any], signatures: Signatures, owners: Owners) -> bytes:
    """UTF-8 with its mark, a line a figure; nothing in it is a formula to a spreadsheet."""
    with force_lang("zh"):
        rows = (HEAD, *month_rows(content, owners), *_signature_rows(signatures))
        return b"".join(csv_stream(rows))


def month_rows(content: Mapping[str, Any], owners: Owners) -> Iterable[Row]:
    """Every figure of the report, in its order."""
    for account in content["accounts"]:
        name = f"{word(ACCOUNTS, account['kind'])}（{account['currency']}）"
        for label, key in _COLUMNS:
            yield "账户", name, label, "", yuan(account[key])
    for move in content["movements"]:
        name = str(words.transfer_name(move["kind"]))
        yield "发生额", name, "", str(move["count"]), yuan(move["amount_minor"])
    for place, figures in content["places"].items():
        yield from _place_rows(place, figures, _Items(content["month"], owners))
    for row in content["settled"]:
        name = f"{word(words.PLACES, row['place'])}：{word(words.KINDS, row['kind'])}"
        reason = word(words.REASON_CODES, row["reason"]) if row["reason"] else "两边相等"
        yield "本月核对", name, reason, str(row["count"]), yuan(row["difference_minor"])
    for row in content["ages"]:
        name = str(words.AGES[row["bucket"]])
        yield "账龄", name, "增加类", str(row["count"]), yuan(row["in_minor"])
        yield "账龄", name, "减少类", "", yuan(row["out_minor"])
    yield "日结", content["month"], "已日结天数", str(content["closed_days"]), ""


_COLUMNS = (
    ("期初余额", "opening_minor"),
    ("本月借方", "debits_minor"),
    ("本月贷方", "credits_minor"),
    ("期末余额", "closing_minor"),
)


def _place_rows(place: str, figures: Mapping[str, Any], items: _Items) -> Iterable[Row]:
    name = word(words.PLACES, place)
    yield "月末核对", name, "账簿余额", "", yuan(figures["ledger_minor"])
    for part in figures["components"]:
        label = word(words.COMPONENTS, part["code"])
        yield "月末核对", name, label, str(part["count"]), yuan(part["amount_minor"])
    yield "月末核对", name, word(words.OTHERS, place), "", yuan(figures["outside_minor"])
    for item in figures["items"]:
        yield (
            "未核对款项",
            name,
            " ".join(items.words(place, item)),
            "1",
            yuan(item["amount_minor"]),
        )


@dataclass(frozen=True)
class _Items:
    """How open items are told: number, day, who shows it, why it is open, whose it is, its age."""

    month: str
    owners: Owners

    def words(self, place: str, item: Mapping[str, Any]) -> tuple[str, ...]:
        """One item, without its amount."""
        age = last_day(self.month) - date.fromisoformat(item["dated_on"])
        return (
            f"第 {item['item']} 号",
            item["dated_on"],
            word(words.OTHERS, place) if item["book"] == Book.OUTSIDE else "账簿",
            word(words.COMPONENTS, item["code"]),
            self.owners.get(item["owner"], ""),
            f"{age.days} 日",
        )


def _signature_rows(signatures: Signatures) -> Iterable[Row]:
    for name, at in signatures:
        yield "签署", name, f"{beijing(at):%Y-%m-%d %H:%M}", "", ""


# ── the paper ───────────────────────────────────────────────────────────────────────────────────


def month_pdf(
    court: Court,
    content: Mapping[str, Any],
    report: MonthReport | None,
    signatures: Signatures,
    *,
    owners: Owners,
    at: datetime,
) -> bytes:
    """PDF/A-2b; a report that is not signed by two people says on every page that it is a draft."""
    year, month = (int(part) for part in content["month"].split("-"))
    signed_at = report.second_at if report is not None else None
    with force_lang("zh"):
        blocks = month_blocks(content, owners)
    told = {
        "title": f"{year} 年 {month} 月资金核对月报",
        "signed_by": court.name,
        "is_demo": court.is_demo,
        "draft": signed_at is None,
        "signatures": [[name, f"{beijing(when):%Y-%m-%d %H:%M}"] for name, when in signatures],
        "sha256": report.sha256 if report is not None else "",
        "day": _parts_of(beijing(signed_at or at).date()),
        "blocks": blocks,
    }
    source = Path(current_app.root_path) / "templates" / "documents" / "month.typ"
    return typeset(source, data=json.dumps(told, ensure_ascii=False), qr="", at=signed_at or at)


def _parts_of(day: date) -> list[int]:
    return [day.year, day.month, day.day]


def month_blocks(content: Mapping[str, Any], owners: Owners) -> list[Block]:
    """The report as the blocks of a paper."""
    items = _Items(content["month"], owners)
    return [
        heading("一、账户"),
        *_accounts_block(content["accounts"]),
        heading("二、本月发生额"),
        *_grid_or_nothing(
            ("事项", "笔数", "金额"),
            [
                (words.transfer_name(m["kind"]), m["count"], format_money(m["amount_minor"]))
                for m in content["movements"]
            ],
            (1, 2),
        ),
        heading("三、月末核对"),
        *(
            block
            for place, figures in content["places"].items()
            for block in _place_blocks(place, figures, items)
        ),
        heading("四、本月核对的款项"),
        *_grid_or_nothing(
            ("地点", "方式", "差额原因", "件数", "差额"),
            [
                (
                    word(words.PLACES, row["place"]),
                    word(words.KINDS, row["kind"]),
                    word(words.REASON_CODES, row["reason"]) if row["reason"] else "两边相等",
                    row["count"],
                    format_money(row["difference_minor"]),
                )
                for row in content["settled"]
            ],
            (3, 4),
        ),
        heading("五、未核对款项的账龄"),
        grid(
            ("账龄", "笔数", "增加类", "减少类"),
            [
                (
                    words.AGES[row["bucket"]],
                    row["count"],
                    format_money(row["in_minor"]),
                    format_money(row["out_minor"]),
                )
                for row in content["ages"]
            ],
            numbers=(1, 2, 3),
        ),
        heading("六、日结"),
        table([("本月已日结天数", str(content["closed_days"]))]),
    ]


def _accounts_block(accounts: Sequence[Mapping[str, Any]]) -> list[Block]:
    rows = [
        (
            word(ACCOUNTS, account["kind"]),
            *(format_money(account[key], account["currency"]) for _label, key in _COLUMNS),
        )
        for account in accounts
    ]
    return _grid_or_nothing(("账户", *(label for label, _key in _COLUMNS)), rows, range(1, 5))


def _place_blocks(place: str, figures: Mapping[str, Any], items: _Items) -> Iterable[Block]:
    yield paragraph(f"{word(words.PLACES, place)}：")
    parts = figures["components"]
    rows = [("账簿余额", "", format_money(figures["ledger_minor"]))]
    rows += [
        (word(words.COMPONENTS, p["code"]), str(p["count"]), format_money(p["amount_minor"]))
        for p in parts
    ]
    total = figures["ledger_minor"] + sum(p["amount_minor"] for p in parts)
    rows.append(("合计", "", format_money(total)))
    rows.append((word(words.OTHERS, place), "", format_money(figures["outside_minor"])))
    yield grid(("项目", "笔数", "金额"), rows, numbers=(1, 2))
    if figures["items"]:
        yield grid(
            ("未核对款项", "日期", "由谁显示", "说明", "经办人", "账龄", "金额"),
            [
                (*items.words(place, item), format_money(item["amount_minor"]))
                for item in figures["items"]
            ],
            numbers=(5, 6),
        )


def _grid_or_nothing(
    head: Iterable[str], rows: Sequence[Iterable[Any]], numbers: Iterable[int]
) -> list[Block]:
    return [grid(head, rows, numbers=numbers)] if rows else [paragraph("无。")]


def word(table_of_words: Mapping[str, Any], code: str) -> str:
    """What a code says; one that is newer than its table shows itself."""
    return str(table_of_words.get(code, code))


def yuan(minor: int) -> str:
    """`-1234567.89`, as a spreadsheet reads a number."""
    return format_money(minor, symbol=False).replace(",", "")
