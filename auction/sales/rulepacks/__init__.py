"""Rule packs: the law of a sale as data, each value with the article it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import yaml

__all__ = [
    "Notice",
    "Rule",
    "RulePack",
    "StageName",
    "Words",
    "hash_rule_pack",
    "holidays",
    "load_rule_pack",
]

_FOLDER = Path(__file__).resolve().parent
PACKS = ("cn", "practice")

StageName = Literal["first", "second", "selloff"]


@dataclass(frozen=True)
class Words:
    """A text in both languages of the platform."""

    zh: str
    en: str

    def in_lang(self, lang: str) -> str:
        """The text in `lang`, Chinese unless English is asked for."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class Rule:
    """One value with its article (None: a choice of the platform, never shown as law)."""

    key: str
    value: int
    statute: str | None
    text: Words


@dataclass(frozen=True)
class Notice:
    """One of the seven special notices of CN16-14.1, in the version that is shown."""

    key: str
    version: str
    title: Words
    text: Words


@dataclass(frozen=True)
class RulePack:
    """The rules one sale is held under. Shares are in ten-thousandths (bps)."""

    key: str
    label: Words
    is_practice: bool
    day_seconds: int
    rules: tuple[Rule, ...]
    notices: tuple[Notice, ...]

    needs_reference_price: bool
    start_floor_bps: int
    second_cut_max_bps: int
    selloff_price_bps: int
    resale_floor_bps: int
    deposit_min_bps: int
    deposit_max_bps: int
    increment_min_bps: int
    increment_max_bps: int
    notice_days_first_movable: int
    notice_days_first_immovable: int
    notice_days_second_movable: int
    notice_days_second_immovable: int
    notice_days_selloff_movable: int
    notice_days_selloff_immovable: int
    min_duration_seconds: int
    selloff_seconds: int
    extension_window_seconds: int
    extension_seconds: int
    countdown_seconds: int
    leader_raises: bool
    instructions: bool
    balance_days: int
    balance_days_max: int
    second_sale_days: int
    in_kind_inquiry_days: int
    selloff_announce_days: int
    price_grace_months: int
    seizure_covers_ruling: bool
    party_notice_days: int
    deemed_notice_days: int
    shareholder_notice_days: int
    panel_members_min: int
    deal_ruling_days: int
    handover_days: int
    refund_hours: int
    refund_warn_hours: int
    outsize_raise_steps: int
    outsize_raise_bps: int

    def rule(self, key: str) -> Rule:
        """The rule named `key`, with its article and text."""
        return next(rule for rule in self.rules if rule.key == key)

    def notice_rule(self, stage: StageName, *, movable: bool) -> Rule:
        """The rule on how many days before the opening a sale is announced (CN16-12, CN16-26.3)."""
        return self.rule(f"notice_days_{stage}_{'movable' if movable else 'immovable'}")

    def notice_days(self, stage: StageName, *, movable: bool) -> int:
        """Days between publication and opening, at least (counted as OPEN-2 says)."""
        return int(self.notice_rule(stage, movable=movable).value)

    def days(self, count: int) -> timedelta:
        """`count` days as this pack counts them: in practice a minute stands for a day."""
        return timedelta(seconds=count * self.day_seconds)


def load_rule_pack(name: str) -> RulePack:
    """The pack named `cn` or `practice`; any other name is a bug."""
    if name not in PACKS:
        raise LookupError(f"no rule pack {name}")
    return _load(name)


@lru_cache(maxsize=len(PACKS))
def _load(name: str) -> RulePack:
    raw = _read(f"{name}.yaml")
    values: dict[str, Any] = raw["values"]
    rules = tuple(
        Rule(key, int(entry["value"]), entry.get("statute"), Words(**entry["text"]))
        for key, entry in values.items()
    )
    return RulePack(
        key=raw["key"],
        label=Words(**raw["label"]),
        is_practice=raw["is_practice"],
        day_seconds=raw["day_seconds"],
        rules=rules,
        notices=_load_notices(),
        **{key: entry["value"] for key, entry in values.items()},
    )


@lru_cache(maxsize=1)
def _load_notices() -> tuple[Notice, ...]:
    return tuple(
        Notice(entry["key"], entry["version"], Words(**entry["title"]), Words(**entry["text"]))
        for entry in _read("notices.yaml")
    )


@lru_cache(maxsize=len(PACKS))
def hash_rule_pack(name: str) -> str:
    """SHA-256 of the pack as published, in hexadecimal: the rules a sale was begun under."""
    if name not in PACKS:
        raise LookupError(f"no rule pack {name}")
    return sha256((_FOLDER / f"{name}.yaml").read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def holidays() -> tuple[frozenset[date], frozenset[date]]:
    """Days off and make-up working days of all years on record."""
    off: set[date] = set()
    work: set[date] = set()
    for year in _read("holidays.yaml").values():
        for span in year["days_off"]:
            first, last = (date.fromisoformat(part) for part in span.split("/"))
            off.update(first + timedelta(days=n) for n in range((last - first).days + 1))
        work.update(year["work"])
    return frozenset(off), frozenset(work)


def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
