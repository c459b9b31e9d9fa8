"""The wording of the court's papers, as blocks for `documents`. Papers are in Chinese, the language
of the proceedings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from auction.core.clock import beijing
from auction.core.money import format_money, money_words

Block = dict[str, Any]

_NUMERALS = "一二三四五六七八九十"


def paragraph(text: str) -> Block:
    """A paragraph of a paper."""
    return {"type": "paragraph", "text": text}


def heading(text: str) -> Block:
    """A line above a part of a paper."""
    return {"type": "heading", "text": text}


def table(rows: Iterable[tuple[str, Any]]) -> Block:
    """Label and value side by side; empty values are left out."""
    return {
        "type": "table",
        "rows": [[label, str(value)] for label, value in rows if value not in (None, "")],
    }


def grid(
    head: Iterable[str], rows: Iterable[Iterable[Any]], *, numbers: Iterable[int] = ()
) -> Block:
    """Several columns under their names; those in `numbers` are set flush right."""
    return {
        "type": "grid",
        "head": list(head),
        "rows": [[str(cell) for cell in row] for row in rows],
        "numbers": list(numbers),
    }


def numeral(number: int) -> str:
    """`一` to `十九`, as parts of a paper are counted."""
    if number <= 10:
        return _NUMERALS[number - 1]
    return f"十{_NUMERALS[number - 11]}"


def chinese_moment(moment: datetime) -> str:
    """`2026年11月23日 10:05:32`, in Beijing."""
    at = beijing(moment)
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}"


def chinese_day(day: date) -> str:
    """`2026年11月23日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def money_text(minor: int) -> str:
    """Digits, and the words that stand on a cheque."""
    return f"{format_money(minor)}（{money_words(minor)}）"


def announcement_blocks(content: Mapping[str, Any]) -> list[Block]:
    """The announcement's Chinese text as a paper: eleven parts, then the seven notices."""
    text = content["zh"]
    blocks: list[Block] = []
    for number, item in enumerate(text["items"], 1):
        blocks.append(heading(f"{numeral(number)}、{item['title']}"))
        blocks += [paragraph(said) for said in item["paragraphs"]]
        if item["rows"]:
            blocks.append({"type": "table", "rows": item["rows"]})
    blocks.append(heading(f"{numeral(len(text['items']) + 1)}、特别提示"))
    blocks.append({"type": "list", "items": [notice["text"] for notice in text["notices"]]})
    return blocks


def ruling_content(
    *,
    number: str,
    case_title: str,
    case_basis: str,
    subject: str,
    buyer_name: str,
    hammer_price_minor: int,
    ended_at: datetime,
    seizure: str,
    made_on: date,
    is_draft: bool,
) -> dict[str, Any]:
    """The deal ruling (成交裁定): title passes when it is served (CN16-22.2, CN20A-20.1).

    Seizure and security rights on the property end with it (CN20A-28.1).
    """
    blocks = [
        paragraph(
            f"本院在执行{case_title}一案中，依据{case_basis}，依法{seizure}被执行人的下列财产，"
            "并通过网络司法拍卖平台公开处置："
        ),
        table(
            [
                ("财产", subject),
                ("成交时间", f"{chinese_moment(ended_at)}（北京时间）"),
                ("成交价", money_text(hammer_price_minor)),
                ("买受人", buyer_name),
            ]
        ),
        paragraph(
            "买受人已将全部价款交付本院。依照《中华人民共和国民事诉讼法》第二百五十八条、"
            "《最高人民法院关于人民法院网络司法拍卖若干问题的规定》第二十二条、"
            "《最高人民法院关于人民法院民事执行中拍卖、变卖财产的规定》第二十条、"
            "第二十六条、第二十八条规定，裁定如下："
        ),
        {
            "type": "list",
            "items": [
                f"上述财产的所有权及相应的其他权利归买受人{buyer_name}所有，"
                "自本裁定送达买受人时起转移。",
                f"解除本院对上述财产的{seizure}措施；财产上设定的担保物权及其他优先受偿权"
                "因拍卖而消灭，从价款中优先受偿。",
                "买受人可持本裁定书到登记机构办理相关产权过户登记手续，"
                "税费由法律规定的主体各自承担。",
            ],
        },
        paragraph("本裁定送达后即发生法律效力。"),
    ]
    return {
        "number": number,
        "blocks": blocks,
        "signed_on": made_on.isoformat(),
        "is_draft": is_draft,
        "facts": {"buyer": buyer_name, "hammer_price_minor": hammer_price_minor},
    }
