"""What a plan pays now: all that the law gives, less what earlier plans of the case gave. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SURPLUS = "surplus"


@dataclass(frozen=True)
class DueLine:
    """One payment that the plan asks for now."""

    payee: str
    step: str
    amount_minor: int
    is_held: bool = False


class PlanShrinks(ValueError):
    """An earlier plan gave a payee more than the law gives him now: a person must decide."""

    def __init__(self, payee: str, step: str) -> None:
        super().__init__(f"{payee}/{step}")
        self.payee = payee


def lines_still_due(
    output: Mapping[str, Any], earlier: Iterable[Mapping[str, Any]]
) -> list[DueLine]:
    """The lines of a computed plan, surplus included, less what was given before.

    Raises PlanShrinks where that would take something back.
    """
    given: Counter[tuple[str, str]] = Counter()
    for plan in earlier:
        for payee, step, amount in plan["payments"]:
            given[payee, step] += amount
    due = []
    wanted = [
        DueLine(line["to"], line["step"], line["amount"], bool(line.get("held")))
        for line in output["lines"]
    ]
    if output["surplus"]:
        wanted.append(DueLine(SURPLUS, SURPLUS, output["surplus"]))
    for line in wanted:
        before = given.pop((line.payee, line.step), 0)
        if before > line.amount_minor:
            raise PlanShrinks(line.payee, line.step)
        if line.amount_minor > before:
            due.append(DueLine(line.payee, line.step, line.amount_minor - before, line.is_held))
    for (payee, step), amount in given.items():
        if amount:
            raise PlanShrinks(payee, step)
    return due
