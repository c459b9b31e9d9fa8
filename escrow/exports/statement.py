"""The statement of a case's money: what came, what left, where the rest lies (CN17F-3, CN17F-11).

A case holds what stands at the court's bank and at the payment provider in its name; moving it from
a deposit to the price, say, changes who it is owed to and not how much there is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flask import current_app

from auction.cases.models import EnforcementCase
from auction.core.clock import beijing
from auction.core.i18n import force_lang
from auction.core.money import format_money
from auction.core.sheets import Row, csv_stream
from auction.courts.models import Court
from auction.notices.papers import Block, grid, heading, paragraph, table
from auction.notices.typesetting import typeset
from escrow.desk.words import ACCOUNTS
from escrow.exports.reading import JournalLine
from escrow.exports.tables import main_unit
from escrow.ledger import AccountKind
from escrow.reconciliation.words import transfer_name

PLACES = frozenset(
    {
        AccountKind.BANK,
        AccountKind.PROVIDER,
        AccountKind.PROVIDER_FEES,
        AccountKind.DISPUTED,
    }
)
"""Where money lies; everything else says whose it is."""

HEAD = ("日期", "事项", "从", "到", "收入", "支出", "转账", "结余", "分录号", "依据")


@dataclass(frozen=True)
class Movement:
    """One transfer as the case sees it; exactly one of the three amounts is not zero."""

    line: JournalLine
    in_minor: int
    out_minor: int
    inside_minor: int
    balance_minor: int


@dataclass(frozen=True)
class Statement:
    """A case's money from its first transfer to a moment."""

    movements: tuple[Movement, ...]
    places: tuple[tuple[AccountKind, int], ...]
    owed: tuple[tuple[AccountKind, int], ...]

    @property
    def balance_minor(self) -> int:
        """What lies at the bank and the provider for the case."""
        return sum(amount for _kind, amount in self.places)

    @property
    def in_minor(self) -> int:
        """All that came from outside."""
        return sum(movement.in_minor for movement in self.movements)

    @property
    def out_minor(self) -> int:
        """All that left."""
        return sum(movement.out_minor for movement in self.movements)


def make_statement(lines: Iterable[JournalLine]) -> Statement:
    """Add up a case's transfers, in the order of effect."""
    sums: dict[AccountKind, int] = {}
    movements = []
    balance = 0
    for line in lines:
        amount = line.amount_minor
        sums[line.debit_kind] = sums.get(line.debit_kind, 0) + amount
        sums[line.credit_kind] = sums.get(line.credit_kind, 0) - amount
        came, left = line.debit_kind in PLACES, line.credit_kind in PLACES
        is_in, is_out = came and not left, left and not came
        balance += amount if is_in else -amount if is_out else 0
        movements.append(
            Movement(
                line,
                amount if is_in else 0,
                amount if is_out else 0,
                0 if is_in or is_out else amount,
                balance,
            )
        )
    kept = [(kind, total) for kind, total in sorted(sums.items()) if total]
    return Statement(
        tuple(movements),
        tuple((kind, total) for kind, total in kept if kind in PLACES),
        tuple((kind, -total) for kind, total in kept if kind not in PLACES),
    )


def statement_rows(statement: Statement) -> Iterator[Row]:
    """The statement as rows of a spreadsheet."""
    yield HEAD
    for movement in statement.movements:
        line = movement.line
        yield (
            f"{beijing(line.effective_at):%Y-%m-%d}",
            str(transfer_name(line.kind)),
            line.credit,
            line.debit,
            *(
                main_unit(amount) if amount else ""
                for amount in (movement.in_minor, movement.out_minor, movement.inside_minor)
            ),
            main_unit(movement.balance_minor),
            line.transfer_id,
            line.source,
        )
    yield (
        "合计",
        "",
        "",
        "",
        main_unit(statement.in_minor),
        main_unit(statement.out_minor),
        "",
        main_unit(statement.balance_minor),
        "",
        "",
    )


def statement_pdf(
    court: Court, case: EnforcementCase, statement: Statement, *, until: date, at: datetime
) -> bytes:
    """The statement as PDF/A-2b, in Chinese; it names the digest of the same statement as CSV."""
    with force_lang("zh"):
        blocks = _blocks(case, statement, until)
        table_bytes = b"".join(csv_stream(statement_rows(statement)))
    day = beijing(at).date()
    told = {
        "title": "案件款项对账表",
        "signed_by": court.name,
        "is_demo": court.is_demo,
        "day": [day.year, day.month, day.day],
        "sha256": hashlib.sha256(table_bytes).hexdigest(),
        "blocks": blocks,
    }
    source = Path(current_app.root_path) / "templates" / "documents" / "statement.typ"
    return typeset(source, data=json.dumps(told, ensure_ascii=False), qr="", at=at)


def _blocks(case: EnforcementCase, statement: Statement, until: date) -> list[Block]:
    return [
        table([("案号", case.number), ("案由", case.title), ("截至", until.isoformat())]),
        heading("一、收支明细"),
        grid(
            ("日期", "事项", "从", "到", "收入", "支出", "结余"),
            [
                (
                    f"{beijing(m.line.effective_at):%Y-%m-%d}",
                    _said(m),
                    str(ACCOUNTS[m.line.credit_kind]),
                    str(ACCOUNTS[m.line.debit_kind]),
                    format_money(m.in_minor) if m.in_minor else "",
                    format_money(m.out_minor) if m.out_minor else "",
                    format_money(m.balance_minor),
                )
                for m in statement.movements
            ],
            numbers=(4, 5, 6),
        )
        if statement.movements
        else paragraph("无。"),
        heading("二、合计"),
        table(
            [
                ("收入合计", format_money(statement.in_minor)),
                ("支出合计", format_money(statement.out_minor)),
                ("结余", format_money(statement.balance_minor)),
            ]
        ),
        heading("三、结余在何处、属于谁"),
        *_sums("存放于", statement.places),
        *_sums("属于", statement.owed),
    ]


def _said(movement: Movement) -> str:
    name = str(transfer_name(movement.line.kind))
    if not movement.inside_minor:
        return name
    return f"{name}（内部转账 {format_money(movement.inside_minor)}）"


def _sums(label: str, rows: Sequence[tuple[AccountKind, int]]) -> list[Block]:
    if not rows:
        return []
    return [
        grid(
            (label, "金额"),
            [(str(ACCOUNTS[kind]), format_money(amount)) for kind, amount in rows],
            numbers=(1,),
        )
    ]
