"""Money is an integer of the currency's minor unit; text becomes money in one place only."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import cn2an

MAX_MINOR = 10**15
_SYMBOL = {"CNY": "¥"}
_SCALE = {"万": 10_000, "亿": 100_000_000}


class MoneyError(ValueError):
    """The text is not an amount of money, or two currencies were mixed."""


@dataclass(frozen=True, order=False)
class Money:
    """An amount with its currency; `minor` counts fen for CNY."""

    minor: int
    currency: str = "CNY"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MoneyError("mixed currencies")
        return other.minor

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to `weights` that sum to the whole.

        The units that do not divide go one each to the largest remainders, the earlier first.
        """
        total = sum(weights)
        if total <= 0 or any(w < 0 for w in weights):
            raise MoneyError("weights must be non-negative and not all zero")
        parts = [self.minor * w // total for w in weights]
        rests = [self.minor * w % total for w in weights]
        missing = self.minor - sum(parts)
        for index in sorted(range(len(weights)), key=lambda i: (-rests[i], i))[:missing]:
            parts[index] += 1
        return [Money(p, self.currency) for p in parts]


def parse_money(text: str) -> int:
    """Minor units of what a person typed: `1,234,567.89`, `１２３４`, `123.45万`, `500元`.

    Raises MoneyError for anything else: signs, more than two decimals of a fen, stray marks.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("，", ",").replace("。", ".")
    plain = plain.removeprefix("¥").removeprefix("CNY").removesuffix("元").strip()
    scale = 1
    if plain and plain[-1] in _SCALE:
        scale = _SCALE[plain[-1]]
        plain = plain[:-1].strip()
    whole, dot, fraction = plain.partition(".")
    if dot and not fraction:
        raise MoneyError("nothing after the point")
    digits = _ungroup(whole)
    if not digits or not _is_digits(digits) or (fraction and not _is_digits(fraction)):
        raise MoneyError("not an amount")
    if len(digits) > 16 or len(fraction) > 12:
        raise MoneyError("too large")
    minor, rest = divmod(int(digits + fraction) * scale * 100, int(10 ** len(fraction)))
    if rest:
        raise MoneyError("smaller than one fen")
    if minor > MAX_MINOR:
        raise MoneyError("too large")
    return minor


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _ungroup(text: str) -> str:
    """Remove thousands separators, which must then stand where they belong."""
    for mark in (",", " ", "'"):
        if mark in text:
            first, *rest = text.split(mark)
            if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in rest):
                raise MoneyError("separators in odd places")
            return first + "".join(rest)
    return text


def format_money(minor: int, currency: str = "CNY", *, symbol: bool = True) -> str:
    """`¥1,234,567.89`; a negative amount carries a minus sign in front."""
    sign = "-" if minor < 0 else ""
    whole, fen = divmod(abs(minor), 100)
    mark = _SYMBOL.get(currency, f"{currency} ") if symbol else ""
    return f"{sign}{mark}{whole:,}.{fen:02d}"


def money_words(minor: int) -> str:
    """人民币大写 of a non-negative amount, as it stands on a cheque."""
    if minor == 0:
        return "零元整"
    whole, fen = divmod(minor, 100)
    return str(cn2an.an2cn(f"{whole}.{fen:02d}" if fen else str(whole), "rmb"))


def ceil_ratio(minor: int, bps: int) -> int:
    """The smallest amount that is at least `bps` ten-thousandths of `minor`."""
    return -(-minor * bps // 10_000)


def floor_ratio(minor: int, bps: int) -> int:
    """The largest amount that is at most `bps` ten-thousandths of `minor` (never rounded up)."""
    return minor * bps // 10_000
