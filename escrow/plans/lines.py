"""What a plan changes: all that the law gives, against what earlier plans gave. Pure."""

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


@dataclass(frozen=True)
class TakeBack:
    """What an earlier plan gave, is not paid yet, and a corrected plan gives no longer."""

    payee: str
    step: str
    amount_minor: int


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
    due, back = changes_due(output, earlier, {})
    assert not back, "nothing may be taken back"
    return due


def changes_due(
    output: Mapping[str, Any],
    earlier: Iterable[Mapping[str, Any]],
    unpaid: Mapping[tuple[str, str], int],
) -> tuple[list[DueLine], list[TakeBack]]:
    """What is to be given more than before, and what is to be taken back.

    Only what `unpaid` says of a line can be taken back (CPLI-510.1); PlanShrinks beyond that.
    """
    given: Counter[tuple[str, str]] = Counter()
    for plan in earlier:
        for payee, step, amount in plan["payments"]:
            given[payee, step] += amount
    due: list[DueLine] = []
    back: list[TakeBack] = []
    wanted = [
        DueLine(line["to"], line["step"], line["amount"], bool(line.get("held")))
        for line in output["lines"]
    ]
    if output["surplus"]:
        wanted.append(DueLine(SURPLUS, SURPLUS, output["surplus"]))
    for line in wanted:
        before = given.pop((line.payee, line.step), 0)
        if before > line.amount_minor:
            back.append(_take(line.payee, line.step, before - line.amount_minor, unpaid))
        elif line.amount_minor > before:
            due.append(DueLine(line.payee, line.step, line.amount_minor - before, line.is_held))
    for (payee, step), amount in given.items():
        if amount:
            back.append(_take(payee, step, amount, unpaid))
    return due, back


def _take(payee: str, step: str, amount: int, unpaid: Mapping[tuple[str, str], int]) -> TakeBack:
    if amount > unpaid.get((payee, step), 0):
        raise PlanShrinks(payee, step)
    return TakeBack(payee, step, amount)


def split_set_off(
    due: Iterable[DueLine], applied: Mapping[str, int]
) -> tuple[list[DueLine], list[DueLine]]:
    """Which part of the due lines counts as price already paid by set-off, claim by claim (PRI-12).

    `applied` is what each claim may still set off; it takes the claim's lines in the order they are
    paid. Returns (lines paid in money, lines set off).
    """
    left = dict(applied)
    in_money: list[DueLine] = []
    set_off: list[DueLine] = []
    for line in due:
        amount = min(left.get(line.payee, 0), line.amount_minor) if line.step != "fee" else 0
        if amount:
            left[line.payee] -= amount
            set_off.append(DueLine(line.payee, line.step, amount))
        if line.amount_minor > amount:
            rest = line.amount_minor - amount
            in_money.append(DueLine(line.payee, line.step, rest, line.is_held))
    return in_money, set_off
