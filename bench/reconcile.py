"""Two books of many rows are matched; the ruler is sorting the same rows.

Nine in ten rows agree one to one, the others in groups, in parts, by payer alone, or not at all.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from escrow.reconciliation.match import Outcome, Row, match_rows


@dataclass(frozen=True)
class ReconcileFigures:
    """What was matched, and how long it took beside sorting."""

    rows: int
    matched: int
    open: int
    match_seconds: float
    sort_seconds: float

    @property
    def ratio(self) -> float:
        """How many times the sorting's time."""
        return self.match_seconds / self.sort_seconds


def measure_reconcile(rows: int) -> ReconcileFigures:
    """Match `rows` against `rows`."""
    left, right = make_books(rows)
    match_seconds, outcome = timed(lambda: match_rows(left, right))
    sort_seconds, _ordered = timed(lambda: (_sort(left), _sort(right)))
    assert isinstance(outcome, Outcome)
    matched = sum(len(m.left) + len(m.right) for m in outcome.matches)
    still_open = len(outcome.open_left) + len(outcome.open_right)
    assert matched + still_open == len(left) + len(right), "a row was dropped"
    return ReconcileFigures(rows, matched, still_open, match_seconds, sort_seconds)


def _sort(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.amount_minor, row.day, row.references, row.id))


def timed(act: Callable[[], object]) -> tuple[float, object]:
    """Seconds of processor time, and what came of it."""
    begun = time.process_time()
    done = act()
    return time.process_time() - begun, done


def make_books(rows: int) -> tuple[list[Row], list[Row]]:
    """`rows` rows on each side, shuffled."""
    chance = random.Random(rows)
    left: list[Row] = []
    right: list[Row] = []
    number = 0
    while len(left) < rows or len(right) < rows:
        number += 1
        amount, day = chance.randrange(1_00, 9_999_999_00), chance.randrange(365)
        kind = chance.randrange(100)
        ref, payer = (f"R{number}",), (f"p{chance.randrange(rows)}",)
        parts = [amount]
        if kind < 4:
            cut = chance.randrange(1, amount)
            parts = [cut, amount - cut]
        ours, theirs = ([amount], parts) if kind % 2 else (parts, [amount])
        told_ref = () if kind == 5 else ref
        told_payer = () if kind == 6 else payer
        if kind == 7:
            theirs = [amount + 1]
        if kind == 8:
            theirs = []
        if kind == 9:
            ours = []
        left += [Row(len(left) + i, a, day, ref, payer) for i, a in enumerate(ours)]
        right += [Row(len(right) + i, a, day, told_ref, told_payer) for i, a in enumerate(theirs)]
    for side in (left, right):
        del side[rows:]
        chance.shuffle(side)
    return left, right
