"""Mapping profiles: which column of a bank's table means what, declared as data.

Ours stand in `profiles.toml` beside this file; a court's own come from its desk, in the same shape.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from escrow.bank.parsed import Nature

ROLES = (
    "date", "credit", "debit", "amount", "mark", "balance", "name", "account", "bank",
    "reference", "currency", "remark", "state",
)  # fmt: skip
DAY_ORDERS = ("ymd", "dmy", "mdy")
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = (",", "\t", ";", "|")
_CREDIT, _DEBIT = ("贷", "收", "Cr", "CR", "C", "+"), ("借", "支", "付", "Dr", "DR", "D", "-")


class ProfileRefused(ValueError):
    """A profile that could not read any table; the message is a code."""


@dataclass(frozen=True)
class Profile:
    """How one kind of table is read."""

    code: str
    name: str
    columns: Mapping[str, tuple[str, ...]]  # for each role its column names, the preferred first
    required: tuple[str, ...] = ()  # a head row that has all of these is this bank's
    nature: Nature = Nature.ACCOUNT
    day_order: str = "ymd"
    currency: str = "CNY"
    credit_words: tuple[str, ...] = _CREDIT  # how the mark begins when money came
    debit_words: tuple[str, ...] = _DEBIT
    neutral_words: tuple[str, ...] = ()  # neither: the row moves nothing on this account
    is_spending_positive: bool = False  # a card's bill: what is bought has no sign
    is_reference_unique: bool = True
    totals: tuple[str, ...] = ()  # a first cell that begins so stands before the sums of the file
    dropped_states: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    head_row: int | None = None  # 1 is the first row of the file; None: it is looked for
    ours: bool = field(default=True, compare=False)

    def fits(self, head: Sequence[str]) -> int:
        """How many columns of a head row this profile knows; 0 if it is not this bank's."""
        names = {plain_name(cell) for cell in head} - {""}
        if not all(plain_name(name) in names for name in self.required):
            return 0
        known = {role: self.places(role, head) for role in ROLES}
        has_amount = known["amount"] or (known["credit"] and known["debit"])
        if not known["date"] or not has_amount:
            return 0
        return sum(len(found) for found in known.values()) + len(self.required)

    def places(self, role: str, head: Sequence[str]) -> list[int]:
        """Where the columns of a role stand in this head row, the preferred first."""
        names = [plain_name(cell) for cell in head]
        wanted = (plain_name(name) for name in self.columns.get(role, ()))
        return [names.index(name) for name in wanted if name in names]


def plain_name(cell: str) -> str:
    """A column's name without width, blanks, quotes and the unit behind it."""
    folded = unicodedata.normalize("NFKC", cell)
    bare = "".join(c for c in folded if not c.isspace() and c not in "\"'\ufeff")
    return bare.removesuffix("(元)").casefold()


def profile_from(told: Mapping[str, Any], *, ours: bool = True) -> Profile:
    """A profile out of declared data; raises ProfileRefused with the code of what is wrong."""
    unknown = set(told) - set(Profile.__dataclass_fields__) | set(told.get("columns", {})) - set(
        ROLES
    )
    if unknown:
        raise ProfileRefused("unknown-field")
    columns = {role: tuple(names) for role, names in told.get("columns", {}).items() if names}
    if "date" not in columns:
        raise ProfileRefused("no-date-column")
    if "amount" not in columns and not ("credit" in columns and "debit" in columns):
        raise ProfileRefused("no-amount-column")
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in told.items()
    }
    values["columns"] = columns
    values["nature"] = Nature(told.get("nature", Nature.ACCOUNT))
    if values.get("day_order", "ymd") not in DAY_ORDERS:
        raise ProfileRefused("day-order")
    if values.get("encoding") not in (None, *ENCODINGS):
        raise ProfileRefused("encoding")
    if values.get("delimiter") not in (None, *DELIMITERS):
        raise ProfileRefused("delimiter")
    values["ours"] = ours
    return Profile(**values)


@lru_cache(maxsize=1)
def our_profiles() -> tuple[Profile, ...]:
    """The profiles of `profiles.toml`, in their order; the last knows the common names only."""
    text = (Path(__file__).parent / "profiles.toml").read_text(encoding="utf-8")
    return tuple(profile_from(told) for told in tomllib.loads(text)["profile"])


def find_profile(code: str, own: Sequence[Profile] = ()) -> Profile | None:
    """The profile of this code, a court's own first."""
    return next((p for p in (*own, *our_profiles()) if p.code == code), None)


def recognise(head: Sequence[str], profiles: Sequence[Profile]) -> Profile | None:
    """The profile that knows most of a head row's columns; of equals the first."""
    best = max(profiles, key=lambda profile: profile.fits(head), default=None)
    return best if best is not None and best.fits(head) else None
