"""Phrases the law bars from an announcement, and what to write instead (CN24G-7, -9, CN19M-1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from auction.core.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class BannedPhrase:
    """A pattern, the article that bars it, and the better wording."""

    pattern: re.Pattern[str]
    rule_id: str
    advice: Any


BANNED: tuple[BannedPhrase, ...] = (
    BannedPhrase(
        re.compile(r"占有(情况|状况|关系)?(不明|不清|不详)|(使用|居住)(情况|状况)(不明|不清|不详)"),
        "CN24G-7",
        _l("请写明查明的占有人、占有依据和起止日期；尚未查明的，应先调查。"),
    ),
    BannedPhrase(
        re.compile(r"(他人|案外人|不明人员)(占用|占有|居住)"),
        "CN24G-7",
        _l("请写明占用人的身份、依据和起止日期，不得笼统表述。"),
    ),
    BannedPhrase(
        re.compile(
            r"(一切|所有|全部|任何)(的)?(税|税费|税款|费用)[^。；]{0,12}(由|均由)?买受人(承担|负担)"
            r"|(税费|费用)(全部|一切|一律|全额|均|概)由?(买受人|买方|竞得人)(承担|负担)"
            r"|(税费|费用)由(买受人|买方|竞得人)(全部|一律|全额)(承担|负担)"
        ),
        "CN24G-9",
        _l("税费由法律规定的主体各自承担，请分列出卖方与买受人的税费。"),
    ),
    BannedPhrase(
        re.compile(r"(法院)?不负责(清场|腾退|腾空|交付|搬离)|不负责腾退交付"),
        "CN19M-1",
        _l("法院应负责腾退交付，请写明交付安排。"),
    ),
)


def banned_phrases(text: str) -> list[tuple[str, BannedPhrase]]:
    """Every barred wording found in `text`, with the rule that bars it."""
    found = []
    for phrase in BANNED:
        match = phrase.pattern.search(text)
        if match:
            found.append((match.group(0), phrase))
    return found
