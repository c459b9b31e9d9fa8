"""What a case, a party and a claim must look like."""

from __future__ import annotations

import re

from auction.cases.models import ClaimClass

# （2026）京0101执1234号: year, court code, kind of enforcement case, serial number.
CASE_NUMBER = re.compile(
    r"^（\d{4}）[\u4e00-\u9fff]{1,3}\d{0,4}(执|执恢|执保|执异|执他)\d{1,6}号(之[一二三四五六七八九十]+)?$"
)


def is_case_number(text: str) -> bool:
    """Whether `text` is written as the courts write case numbers."""
    return CASE_NUMBER.match(text) is not None


def normalise_case_number(text: str) -> str:
    """Half-width brackets become the full-width ones of the official form; spaces go."""
    return text.replace("(", "（").replace(")", "）").replace(" ", "").strip()


def needs_asset(claim_class: ClaimClass) -> bool:
    """Whether a claim of this class has its priority on named assets (PRI-4, PRI-5, PRI-7)."""
    return claim_class in {ClaimClass.HOME_BUYER, ClaimClass.CONSTRUCTION, ClaimClass.SECURED}


def next_label(used: set[str]) -> str:
    """The next free short name of a claim: A, B, … Z, A2, B2, …"""
    round_number = 1
    while True:
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            label = letter if round_number == 1 else f"{letter}{round_number}"
            if label not in used:
                return label
        round_number += 1
