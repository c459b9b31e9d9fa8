"""Which rows of two books are the same movement: pure, deterministic, near-linear.

Left are the court's own books, right is what the bank or the provider tells. A row is matched
without a person only where reference, amount and payer agree: one to one, one to all rows of one
reference (a payout covers many charges less their fees, one deposit comes in several parts), or
rows of one side that undo each other. All else stays open, with the reason and ranked proposals.
Amounts are signed integers of the minor unit; days are ordinals.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

# A proposal looks at so many neighbours in time, and at none further away than so many days.
NEIGHBOURS = 12
FAR_DAYS = 31
MOST_PROPOSALS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One movement as one book tells it; `references` and `payers` are comparable tokens."""

    id: int
    amount_minor: int
    day: int
    references: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    undoes: str = ""  # rows of one side with the same token may cancel out
    by_hand: bool = False  # a person took it apart: no rule matches it again


class Rule(StrEnum):
    """By what rule rows belong together without a person."""

    EXACT = "exact"  # one to one
    GATHERED = "gathered"  # one row told by the other side, many in the books
    JOINED = "joined"  # many rows told by the other side, one in the books
    UNDONE = "undone"  # rows of one side that add up to nothing


class Ground(StrEnum):
    """Why rows may belong together, though a person has to say so; surest first."""

    PAYER = "payer"  # reference and amount agree, the payer is another or not told
    GROUP = "group"  # the same, for all rows of the reference together
    REFERENCE = "reference"  # amount and payer agree, the reference is missing
    PARTS = "parts"  # several rows of the payer add up
    AMOUNT = "amount"  # reference agrees, the amount does not
    ALIKE = "alike"  # nothing but the amount, within days


CERTAINTY: Mapping[Ground, int] = {  # in per cent; 100 is kept for the rules
    Ground.PAYER: 90,
    Ground.GROUP: 85,
    Ground.REFERENCE: 80,
    Ground.PARTS: 70,
    Ground.AMOUNT: 60,
    Ground.ALIKE: 40,
}


class OpenReason(StrEnum):
    """Why no rule took a row."""

    PAYER_DIFFERS = "payer-differs"
    REFERENCE_MISSING = "reference-missing"
    AMOUNT_DIFFERS = "amount-differs"
    ONLY_ALIKE = "only-alike"
    TWICE = "twice"  # its twin was matched, it came once too often
    NOTHING_LIKE_IT = "nothing-like-it"


_REASON_OF: Mapping[Ground, OpenReason] = {
    Ground.PAYER: OpenReason.PAYER_DIFFERS,
    Ground.GROUP: OpenReason.PAYER_DIFFERS,
    Ground.REFERENCE: OpenReason.REFERENCE_MISSING,
    Ground.PARTS: OpenReason.REFERENCE_MISSING,
    Ground.AMOUNT: OpenReason.AMOUNT_DIFFERS,
    Ground.ALIKE: OpenReason.ONLY_ALIKE,
}


@dataclass(frozen=True, slots=True)
class Match:
    """Rows that are the same money; left and right add up to the same."""

    rule: Rule
    left: tuple[int, ...]
    right: tuple[int, ...]
    certainty: int = 100


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may belong to an open row; `difference_minor` is right less left, all rows together."""

    ground: Ground
    certainty: int
    left: tuple[int, ...]
    right: tuple[int, ...]
    difference_minor: int


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row that waits for a person."""

    id: int
    reason: OpenReason
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every row given is in exactly one match or is one open row."""

    matches: tuple[Match, ...]
    open_left: tuple[OpenRow, ...]
    open_right: tuple[OpenRow, ...]


def match_rows(left: Iterable[Row], right: Iterable[Row]) -> Outcome:
    """Match two books; the order in which rows are given changes nothing.

    Ids are unique on their side.
    """
    books = _Books(_ordered(left), _ordered(right))
    matches = list(_match_exact(books))
    # What one step takes may leave another's rows to agree: again, until nothing more is found.
    while found := [
        *_match_groups(books),
        *_match_undone(books.left),
        *_match_undone(books.right),
    ]:
        matches += found
    left_index, right_index = _Index(books.left.open_rows()), _Index(books.right.open_rows())
    return Outcome(
        tuple(matches),
        tuple(_open(row, books.left, left_index, right_index) for row in left_index.rows),
        tuple(_open(row, books.right, right_index, left_index) for row in right_index.rows),
    )


def _ordered(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=_order)


def _order(row: Row) -> tuple[int, int]:
    return row.day, row.id


@dataclass
class _Side:
    """The rows of one book, oldest first, and which of them are taken."""

    rows: list[Row]
    is_left: bool
    taken: set[int] = field(default_factory=set)
    # Reference, amount and payer of what the exact rule took: its twins came once too often.
    keys_taken: set[tuple[str, int, str]] = field(default_factory=set)

    def open_rows(self) -> list[Row]:
        """What no rule has taken."""
        return [row for row in self.rows if row.id not in self.taken]

    def take(self, rows: Iterable[Row]) -> tuple[int, ...]:
        """These are matched."""
        ids = tuple(row.id for row in rows)
        self.taken.update(ids)
        return ids


class _Books:
    """Both sides."""

    def __init__(self, left: list[Row], right: list[Row]) -> None:
        self.left, self.right = _Side(left, is_left=True), _Side(right, is_left=False)


# ── what is sure ────────────────────────────────────────────────────────────────────────────────


def _keys(row: Row) -> Iterator[tuple[str, int, str]]:
    for reference in row.references:
        for payer in row.payers:
            yield reference, row.amount_minor, payer


def _match_exact(books: _Books) -> Iterator[Match]:
    """One to one where all three agree; of several that are alike, the earliest go together."""
    waiting: defaultdict[tuple[str, int, str], list[Row]] = defaultdict(list)
    for row in reversed(books.right.rows):
        for key in () if row.by_hand else _keys(row):
            waiting[key].append(row)
    for row in books.left.rows:
        if row.by_hand:
            continue
        for key in _keys(row):
            bucket = waiting.get(key)
            while bucket and bucket[-1].id in books.right.taken:
                bucket.pop()
            if bucket:
                twin = bucket.pop()
                for side, one in ((books.left, row), (books.right, twin)):
                    side.keys_taken.update(_keys(one))
                yield Match(Rule.EXACT, books.left.take([row]), books.right.take([twin]))
                break


def _match_groups(books: _Books) -> Iterator[Match]:
    """One row against all open rows of its reference, if a payer is common and the sums agree."""
    left, right = _by_reference(books.left), _by_reference(books.right)
    for reference in sorted(left.keys() & right.keys()):
        ours = [row for row in left[reference] if row.id not in books.left.taken]
        theirs = [row for row in right[reference] if row.id not in books.right.taken]
        if not ours or not theirs or min(len(ours), len(theirs)) > 1:
            continue
        if any(row.by_hand for row in (*ours, *theirs)):
            continue
        if _total(ours) == _total(theirs) and _has_common_payer([*ours, *theirs]):
            rule = Rule.GATHERED if len(theirs) == 1 else Rule.JOINED
            yield Match(rule, books.left.take(ours), books.right.take(theirs))


def _by_reference(side: _Side) -> dict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in side.open_rows():
        for reference in row.references:
            groups[reference].append(row)
    return groups


def _match_undone(side: _Side) -> Iterator[Match]:
    """What was booked and reversed, or sent and returned, on one side alone."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in side.open_rows():
        if row.undoes and not row.by_hand:
            groups[row.undoes].append(row)
    for token in sorted(groups):
        rows = groups[token]
        if len(rows) > 1 and _total(rows) == 0:
            ids = side.take(rows)
            yield Match(Rule.UNDONE, ids if side.is_left else (), () if side.is_left else ids)


def _total(rows: Iterable[Row]) -> int:
    return sum(row.amount_minor for row in rows)


def _has_common_payer(rows: Sequence[Row]) -> bool:
    common = set(rows[0].payers)
    for row in rows:
        common &= set(row.payers)
    return bool(common)


# ── what a person has to say ────────────────────────────────────────────────────────────────────


class _Index:
    """The open rows of one side by everything they may be found by, each list oldest first."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.by_reference: defaultdict[str, list[Row]] = defaultdict(list)
        self.by_payer: defaultdict[str, list[Row]] = defaultdict(list)
        self.by_amount: defaultdict[int, list[Row]] = defaultdict(list)
        for row in rows:
            self.by_amount[row.amount_minor].append(row)
            for reference in row.references:
                self.by_reference[reference].append(row)
            for payer in row.payers:
                self.by_payer[payer].append(row)


def _near(rows: Sequence[Row], day: int) -> list[Row]:
    """The few rows nearest in time, nearest first."""
    at = bisect_left(rows, day, key=lambda row: row.day)
    around = rows[max(0, at - NEIGHBOURS) : at + NEIGHBOURS]
    near = [row for row in around if abs(row.day - day) <= FAR_DAYS]
    return sorted(near, key=lambda row: (abs(row.day - day), row.id))[:NEIGHBOURS]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Rows of both sides that may be the same money."""

    ground: Ground
    own: tuple[Row, ...]
    others: tuple[Row, ...]


def _open(row: Row, side: _Side, own: _Index, other: _Index) -> OpenRow:
    ranked: dict[tuple[tuple[int, ...], tuple[int, ...]], Proposal] = {}
    for found in _candidates(row, own, other):
        proposal = _propose(found, is_left=side.is_left)
        ranked.setdefault((proposal.left, proposal.right), proposal)  # the surest ground counts
    # Candidates come nearest first, and sorting keeps that order among equals.
    proposals = sorted(ranked.values(), key=lambda p: (-p.certainty, abs(p.difference_minor)))
    if side.keys_taken and any(key in side.keys_taken for key in _keys(row)):
        reason = OpenReason.TWICE
    elif proposals:
        reason = _REASON_OF[proposals[0].ground]
    else:
        reason = OpenReason.NOTHING_LIKE_IT
    return OpenRow(row.id, reason, tuple(proposals[:MOST_PROPOSALS]))


def _propose(found: _Candidate, *, is_left: bool) -> Proposal:
    own, others = (tuple(sorted(r.id for r in rows)) for rows in (found.own, found.others))
    difference = _total(found.others) - _total(found.own)
    return Proposal(
        ground=found.ground,
        certainty=CERTAINTY[found.ground],
        left=own if is_left else others,
        right=others if is_left else own,
        difference_minor=difference if is_left else -difference,
    )


def _candidates(row: Row, own: _Index, other: _Index) -> Iterator[_Candidate]:
    """From the surest ground to the least."""
    for reference in row.references:
        kin = own.by_reference.get(reference, ())
        yield from _of_reference(row, kin, other.by_reference.get(reference, ()))
    for payer in row.payers:
        near = _near(other.by_payer.get(payer, ()), row.day)
        for twin in near:
            if twin.amount_minor == row.amount_minor:
                yield _Candidate(Ground.REFERENCE, (row,), (twin,))
        yield from _parts(row, near)
    for twin in _near(other.by_amount.get(row.amount_minor, ()), row.day):
        yield _Candidate(Ground.ALIKE, (row,), (twin,))


def _of_reference(row: Row, kin: Sequence[Row], told: Sequence[Row]) -> Iterator[_Candidate]:
    """`kin` are the row's own side's rows of one reference, `told` the other side's."""
    near = _near(told, row.day)
    for twin in near:
        if twin.amount_minor == row.amount_minor:
            yield _Candidate(Ground.PAYER, (row,), (twin,))
    if near and 1 < len(kin) + len(told) <= 2 * NEIGHBOURS:
        for ours in ((row,), tuple(kin)):
            if len(ours) + len(told) > 2 and _total(ours) == _total(told):
                yield _Candidate(Ground.GROUP, ours, tuple(told))
    for twin in near:
        if twin.amount_minor != row.amount_minor:
            yield _Candidate(Ground.AMOUNT, (row,), (twin,))


def _parts(row: Row, near: Sequence[Row]) -> Iterator[_Candidate]:
    """Rows of one payer, one after the other in time, that add up to this one."""
    same = sorted((r for r in near if (r.amount_minor > 0) == (row.amount_minor > 0)), key=_order)
    first = total = 0
    for last, part in enumerate(same):
        total += part.amount_minor
        while abs(total) > abs(row.amount_minor):
            total -= same[first].amount_minor
            first += 1
        if total == row.amount_minor and last > first:
            yield _Candidate(Ground.PARTS, (row,), tuple(same[first : last + 1]))
