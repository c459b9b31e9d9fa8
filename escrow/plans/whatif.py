"""Two plans side by side: as the rows say it, and as it would be if they said something else. Pure.

Nothing is stored: a plan is drafted only from the rows themselves.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARTS = ("principal", "interest", "expenses", "doubled_interest")


@dataclass(frozen=True)
class LineChange:
    """One line of either plan; 0 where a plan does not have it."""

    payee: str
    step: str
    before_minor: int
    after_minor: int

    @property
    def difference_minor(self) -> int:
        """What the change gives (above zero) or takes."""
        return self.after_minor - self.before_minor


@dataclass(frozen=True)
class Comparison:
    """All lines of both plans in the order of payment, and what each claim gets in all."""

    lines: tuple[LineChange, ...]
    claims: tuple[LineChange, ...]
    total: LineChange

    @property
    def is_same(self) -> bool:
        """Whether the change changes nothing for anybody."""
        return all(not line.difference_minor for line in (*self.lines, self.total))


def change_file(
    file: Mapping[str, Any],
    *,
    debtor: str,
    proceeds: Mapping[str, int],
    deductions: Mapping[str, int],
    claims: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """A copy of a distribution file with other amounts; a claim that is not named is left out.

    A deduction of nothing is left out. What a claim is secured on, its days and its fee stay.
    """
    changed = copy.deepcopy(dict(file))
    changed["debtor"] = debtor
    for item in changed["proceeds"]:
        item["amount"] = proceeds.get(item["id"], item["amount"])
    changed["deductions"] = [
        item | {"amount": deductions.get(item["id"], item["amount"])}
        for item in changed["deductions"]
        if deductions.get(item["id"], item["amount"])
    ]
    changed["claims"] = [
        claim | dict(claims[claim["id"]]) for claim in changed["claims"] if claim["id"] in claims
    ]
    return changed


def compare_plans(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Line by line, what one plan gives and what the other gives."""
    old, new = _lines(before), _lines(after)
    keys = list(dict.fromkeys([*old, *new]))
    paid_old = {claim["id"]: claim["paid"] for claim in before["claims"]}
    paid_new = {claim["id"]: claim["paid"] for claim in after["claims"]}
    return Comparison(
        lines=tuple(LineChange(*key, old.get(key, 0), new.get(key, 0)) for key in keys),
        claims=tuple(
            LineChange(name, "", paid_old.get(name, 0), paid_new.get(name, 0))
            for name in dict.fromkeys([*paid_old, *paid_new])
        ),
        total=LineChange("", "", before["total"], after["total"]),
    )


def _lines(plan: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    lines = {(line["to"], line["step"]): line["amount"] for line in plan["lines"]}
    for name in ("surplus", "unallocated"):
        if plan[name]:
            lines[name, name] = plan[name]
    return lines
