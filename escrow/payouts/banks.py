"""The code of a bank by its name, where the name says which bank it is. Pure.

These are the head offices' codes, under which the payment system takes transfers to any branch.
A branch's own code, where a court wants it, is typed with the payee's account.
"""

from __future__ import annotations

import unicodedata

# name as it begins, or its common short form → CNAPS code of the head office
_HEAD_OFFICES: dict[str, str] = {
    "中国工商银行": "102100099996",
    "工商银行": "102100099996",
    "中国农业银行": "103100000026",
    "农业银行": "103100000026",
    "中国银行": "104100000004",
    "中国建设银行": "105100000017",
    "建设银行": "105100000017",
    "交通银行": "301290000007",
    "中信银行": "302100011000",
    "中国光大银行": "303100000006",
    "光大银行": "303100000006",
    "华夏银行": "304100040000",
    "中国民生银行": "305100000013",
    "民生银行": "305100000013",
    "广发银行": "306581000003",
    "平安银行": "307584007998",
    "招商银行": "308584000013",
    "兴业银行": "309391000011",
    "上海浦东发展银行": "310290000013",
    "浦发银行": "310290000013",
    "北京银行": "313100000013",
    "渤海银行": "318110000014",
    "中国邮政储蓄银行": "403100000004",
    "邮政储蓄银行": "403100000004",
    "邮储银行": "403100000004",
}
HEAD_OFFICE_CODES = frozenset(_HEAD_OFFICES.values())
_COMPANY_WORDS = ("股份有限公司", "有限责任公司", "有限公司")


def bank_code_of(bank_name: str) -> str:
    """The head office's code of the bank that `bank_name` begins with; empty where it is not known.

    A name that goes on as another bank's (中国银行 and what follows it is a branch; 中国工商银行 is
    a name of its own) is decided by the longest beginning.
    """
    plain = unicodedata.normalize("NFKC", bank_name).replace(" ", "")
    for word in _COMPANY_WORDS:
        plain = plain.replace(word, "")
    known = [name for name in _HEAD_OFFICES if plain.startswith(name)]
    return _HEAD_OFFICES[max(known, key=len)] if known else ""
