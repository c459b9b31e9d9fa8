"""What a case, a party and a claim must look like."""

from __future__ import annotations

import re
from datetime import date

from auction.cases.models import ClaimClass, DebtorKind

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


# Whoever has a right in the property itself, or claims tax, joins without a title (CPLI-506.1).
_WITHOUT_TITLE = frozenset(ClaimClass) - {ClaimClass.ORDINARY}


def judge_joining(
    claim_class: ClaimClass,
    *,
    debtor_kind: DebtorKind,
    has_title: bool,
    applied_on: date,
    opened_on: date,
    closes_on: date | None,
) -> str | None:
    """Why an application to take part must be refused, or None (CPLI-506.1, CPLI-507.1, OPEN-6).

    `early`: before enforcement began; `late`: after the court's last day, that day itself being in
    time; `no-title`: an ordinary creditor of a person or an organisation without a title. Property
    of a company is not shared but paid in order of seizure: its creditors need a seizure, which the
    claim's class and day of seizure say, so nobody is refused here for want of a title.
    """
    if applied_on < opened_on:
        return "early"
    if closes_on is not None and applied_on > closes_on:
        return "late"
    needs_title = debtor_kind is DebtorKind.INDIVIDUAL and claim_class not in _WITHOUT_TITLE
    return "no-title" if needs_title and not has_title else None
