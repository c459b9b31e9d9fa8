"""The whole ledger as a Beancount file, so that a stranger's program can add it up again.

Each day ends with an assertion of every balance that moved on it, exact to the fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from auction.core.clock import beijing
from escrow.exports.reading import AccountLine, JournalLine
from escrow.exports.tables import main_unit
from escrow.ledger import AccountKind, Side
from escrow.ledger.rules import normal_side
from escrow.reconciliation.words import transfer_name

_DAY = timedelta(days=1)


def beancount_lines(
    title: str, accounts: Iterable[AccountLine], journal: Iterable[JournalLine]
) -> Iterator[str]:
    """The file line by line; an account opened while it is written opens when it first moves."""
    yield f'option "title" {_quoted(title)}'
    names: dict[str, str] = {}
    opened: list[tuple[str, str]] = []
    for account in accounts:
        names[account.code] = name_of(account.kind, account.account_id)
        opened.append((names[account.code], account.currency))
    for currency in sorted({currency for _name, currency in opened}):
        yield f'option "operating_currency" "{currency}"'
    yield ""
    day: date | None = None
    sums: dict[tuple[str, str], int] = {}
    moved: set[tuple[str, str]] = set()
    for line in journal:
        on = beijing(line.effective_at).date()
        if day is None:
            yield from (f"{on} open {name} {currency}" for name, currency in opened)
        elif on != day:
            yield from _assertions(day, moved, sums)
            moved.clear()
        day = on
        for code, kind, sign in (
            (line.debit, line.debit_kind, 1),
            (line.credit, line.credit_kind, -1),
        ):
            if code not in names:
                names[code] = name_of(kind, code.rpartition("-")[2])
                yield f"{on} open {names[code]} {line.currency}"
            place = (names[code], line.currency)
            sums[place] = sums.get(place, 0) + sign * line.amount_minor
            moved.add(place)
        yield from _transaction(on, line, names)
    if day is not None:
        yield from _assertions(day, moved, sums)


def name_of(kind: AccountKind, account_id: int | str) -> str:
    """`Assets:Bank:A1`, `Liabilities:Forfeit-Costs:A17`."""
    root = "Assets" if normal_side(kind) is Side.DEBIT else "Liabilities"
    return f"{root}:{_words(kind)}:A{account_id}"


def _words(kind: AccountKind) -> str:
    return "-".join(word.capitalize() for word in kind.split("-"))


def _transaction(on: date, line: JournalLine, names: dict[str, str]) -> Iterator[str]:
    yield ""
    yield f"{on} * {_quoted(str(transfer_name(line.kind)))}"
    yield f'  id: "{line.transfer_id}"'
    yield f'  kind: "{line.kind}"'
    yield f'  source: "{line.source}"'
    yield f'  effective: "{beijing(line.effective_at).isoformat()}"'
    yield f'  recorded: "{beijing(line.recorded_at).isoformat()}"'
    if line.case_number:
        yield f"  case: {_quoted(line.case_number)}"
    if line.actor_id is not None:
        yield f'  actor: "{line.actor_id}"'
    if line.reverses_id is not None:
        yield f'  reverses: "{line.reverses_id}"'
    if line.note:
        yield f"  note: {_quoted(line.note)}"
    yield f"  {names[line.debit]}  {main_unit(line.amount_minor)} {line.currency}"
    yield f"  {names[line.credit]}  {main_unit(-line.amount_minor)} {line.currency}"


def _assertions(
    day: date, moved: set[tuple[str, str]], sums: dict[tuple[str, str], int]
) -> Iterator[str]:
    """Beancount looks at the beginning of a day, so they stand on the next one."""
    yield ""
    for name, currency in sorted(moved):
        amount = main_unit(sums[name, currency])
        yield f"{day + _DAY} balance {name}  {amount} ~ 0.00 {currency}"


def _quoted(text: str) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
