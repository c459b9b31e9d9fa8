"""The demonstration court's lots as written in `lots.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from auction.assets.models import Category, OccupancyKind

_FILE = Path(__file__).with_name("lots.yaml")


@dataclass(frozen=True)
class DemoLot:
    """One lot of the story: what it is, how far it is taken, and who is interested."""

    index: int
    state: str
    category: Category
    title: str
    title_en: str
    region: str
    address: str
    description: str
    facts: dict[str, str]
    reference_yuan: int
    occupancy: OccupancyKind
    occupancy_note: str
    defects: str
    bids: int = 0
    bidders: int = 0
    mortgage: int = 0
    """What a bank is owed on it, in yuan."""
    company: bool = False
    """Whether the debtor is a company."""
    lease: bool = False
    """Whether a tenant with a right of priority lives in it."""
    by_bank: int = 0
    """How many bidders pay their deposit by bank transfer."""
    same_case_as: str = ""
    """Title of an earlier lot of the same case."""
    ground: str = ""
    """Why it was withdrawn or suspended."""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def reference_minor(self) -> int:
        """The reference price in fen."""
        return self.reference_yuan * 100

    @property
    def is_practice(self) -> bool:
        """Whether it belongs to the practice sales that never end."""
        return self.state.startswith("practice")


def read_lots() -> list[DemoLot]:
    """All lots, in the order of the file."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return [_read(index, values) for index, values in enumerate(raw)]


def _read(index: int, values: dict[str, Any]) -> DemoLot:
    return DemoLot(
        index=index,
        **{
            **values,
            "category": Category(values["category"]),
            "occupancy": OccupancyKind(values["occupancy"]),
            "facts": {key: str(text) for key, text in values["facts"].items()},
        },
    )
