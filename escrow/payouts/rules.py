"""What a bank takes: accounts, bank codes, names, texts; and whose second look a sum needs. Pure.

Bank codes are those of the PRC's payment system (CNAPS): twelve digits, the last one a check digit
of ISO 7064 MOD 11,10. Cards have sixteen to nineteen digits and a Luhn digit; accounts of
companies have neither a common length nor a check digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10, mod_97_10

# ISO 20022: Max34Text of an account, Max140Text of a name or a line of remittance.
LONGEST_ACCOUNT = 34
SHORTEST_ACCOUNT = 6
LONGEST_NAME = 140
LONGEST_REMITTANCE = 140
# Issuer prefixes of cards in the PRC: UnionPay 62 and 60, and the older international ones.
_CARD = re.compile(r"(?:62|60|4|5[1-5]|35|37)\d+", re.ASCII)
_CARD_LENGTHS = range(16, 20)
_ACCOUNT = re.compile(r"[0-9]+(?:-[0-9]+)*", re.ASCII)
_BANK_CODE = re.compile(r"[0-9]{12}", re.ASCII)

_END_TO_END = "LCP"
_SPOKEN_OF = re.compile(r"LCP([0-9]{12})(?![0-9])", re.ASCII)

# What bank systems take besides letters and digits of any script (ISO 20022's Latin set, and the
# Chinese marks that stand in names of companies and courts).
_MARKS = frozenset("/-?:().,'+ （）·、《》〔〕—")


def clean_account(text: str) -> str:
    """An account number as it is sent: digits, and hyphens where a bank writes them."""
    return unicodedata.normalize("NFKC", text).replace(" ", "")


def judge_account(number: str) -> str | None:
    """Why no bank has such an account, by code; None where nothing speaks against it."""
    if not number:
        return "no-account"
    digits = number.replace("-", "")
    fits = len(digits) >= SHORTEST_ACCOUNT and len(number) <= LONGEST_ACCOUNT
    if not fits or not _ACCOUNT.fullmatch(number):
        return "bad-account"
    return "bad-card" if is_card(number) and not luhn.is_valid(number) else None


def is_card(number: str) -> bool:
    """Whether the number has the shape of a bank card, so that its last digit must fit."""
    return len(number) in _CARD_LENGTHS and _CARD.fullmatch(number) is not None


def judge_bank_code(code: str) -> str | None:
    """Why this is no CNAPS code; None: it is one."""
    if not code:
        return "no-bank-code"
    if not _BANK_CODE.fullmatch(code):
        return "bad-bank-code"
    return None if mod_11_10.is_valid(code) else "bad-bank-code"


def judge_name(name: str) -> str | None:
    """Why a payee of this name cannot be written into a file; None: it can.

    A name is never altered on the way: what a bank would not take is refused, for a person to
    correct.
    """
    if not name.strip():
        return "no-name"
    if len(name) > LONGEST_NAME or not all(_is_taken(c) for c in name):
        return "bad-name"
    return None


def bank_text(text: str, limit: int = LONGEST_REMITTANCE) -> str:
    """Words of ours as a bank's system takes them: other marks become blanks, the rest is cut."""
    plain = "".join(c if _is_taken(c) else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(plain.split())[:limit].strip()


def _is_taken(character: str) -> bool:
    """Latin letters and digits of either width, Chinese characters, and the marks above.

    No other script, no emoji, no private character: what one bank shows as a box, another drops.
    """
    if character in _MARKS or character == "〇":
        return True
    if unicodedata.normalize("NFKC", character).isascii():
        return unicodedata.category(character) in {"Lu", "Ll", "Nd"}
    return unicodedata.name(character, "").startswith("CJK UNIFIED IDEOGRAPH")


# ── names of a payment in the file and on the statement ─────────────────────────────────────────


def end_to_end_id(payout_id: int) -> str:
    """The name a payment bears from our row to the statement: the row's number, two check digits.

    These (ISO 7064 MOD 97-10) keep a mistyped number from naming another payment.
    """
    digits = f"{payout_id:010d}"
    return f"{_END_TO_END}{digits}{mod_97_10.calc_check_digits(digits)}"


def find_payout_ids(text: str) -> list[int]:
    """The payments that a statement line's words speak of, in their order."""
    found = []
    for digits in _SPOKEN_OF.findall(text):
        try:
            mod_97_10.validate(digits)
        except ValidationError:
            continue
        payout_id = int(digits[:-2])
        if payout_id not in found:
            found.append(payout_id)
    return found


def message_id(court_id: int, number: int) -> str:
    """The file's own name, unique for the debtor for ever: a bank refuses the same one twice."""
    return f"LC{court_id:05d}B{number:08d}"


# 退汇 and its kin: how banks announce that a transfer came back.
_RETURN_WORDS = ("退汇", "退票", "退回", "账号不符", "户名不符", "账户不符", "RETURN", "RTRN")
_REASON_CODE = re.compile(r"\b(A[CM][0-9]{2}|BE[0-9]{2}|MD[0-9]{2}|MS[0-9]{2}|RR[0-9]{2})\b")


def sounds_returned(text: str) -> bool:
    """Whether a credit's words say that it is a payment of ours that came back."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return any(word in plain for word in _RETURN_WORDS) or _REASON_CODE.search(plain) is not None


def return_reason(text: str) -> str:
    """Why it came back, as far as the words tell: an ISO reason code, or the bank's sentence."""
    plain = unicodedata.normalize("NFKC", text)
    code = _REASON_CODE.search(plain.upper())
    words = _SPOKEN_OF.sub(" ", plain)
    if code is None:
        return " ".join(words.split())[:200]
    without = re.sub(rf"\b{code.group(1)}\b", " ", words, flags=re.IGNORECASE)
    return " ".join([code.group(1), *without.split()])[:200]


# ── limits ──────────────────────────────────────────────────────────────────────────────────────

LIMITS_SETTING = "payout_limits"


@dataclass(frozen=True)
class Limits:
    """Above any of these a second checker looks as well; a court sets its own."""

    payment_minor: int = 500_000_000
    day_minor: int = 5_000_000_000
    person_day_minor: int = 2_000_000_000


@dataclass(frozen=True)
class Load:
    """What is to be approved, and what has been approved on the same day already."""

    largest_minor: int
    total_minor: int
    day_minor: int
    person_day_minor: int


def limits_of(settings: Mapping[str, object]) -> Limits:
    """The court's limits; what is not set, or is no amount, stays as it is by default."""
    told = settings.get(LIMITS_SETTING)
    if not isinstance(told, Mapping):
        return Limits()
    known = {
        name: value
        for name, value in told.items()
        if name in Limits.__dataclass_fields__ and type(value) is int and value >= 0
    }
    return Limits(**known)


def limits_passed(load: Load, limits: Limits) -> tuple[str, ...]:
    """Which limits the approval would pass, by name; none: one checker is enough."""
    passed = []
    if load.largest_minor > limits.payment_minor:
        passed.append("payment")
    if load.day_minor + load.total_minor > limits.day_minor:
        passed.append("day")
    if load.person_day_minor + load.total_minor > limits.person_day_minor:
        passed.append("person-day")
    return tuple(passed)


# After so many working days without a statement that shows it, a payment raises the alarm.
CONFIRM_DAYS = 3
CONFIRM_SETTING = "payout_confirm_days"


def confirm_days(settings: Mapping[str, object]) -> int:
    """How long a payment may stay without a statement that shows it, as the court has set it."""
    value = settings.get(CONFIRM_SETTING, CONFIRM_DAYS)
    return value if type(value) is int and value > 0 else CONFIRM_DAYS
