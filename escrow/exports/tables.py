"""Trial balance and journal as rows of a spreadsheet; amounts in the currency's main unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from auction.core.clock import beijing
from auction.core.sheets import Row
from escrow.desk.words import ACCOUNTS
from escrow.exports.reading import AccountLine, JournalLine
from escrow.ledger import AccountKind
from escrow.reconciliation.words import transfer_name

TRIAL_HEAD = ("账户", "类别", "案号", "币种", "借方发生额", "贷方发生额", "余额", "其中冻结")
JOURNAL_HEAD = (
    "分录号",
    "生效时间",
    "事项",
    "借记账户",
    "贷记账户",
    "金额",
    "币种",
    "案号",
    "依据",
    "经办人",
    "冲销分录",
    "备注",
    "登记时间",
)


def main_unit(minor: int) -> Decimal:
    """`1234567` fen as `12345.67`: exact, and a number to a spreadsheet."""
    return Decimal(minor).scaleb(-2)


def trial_rows(accounts: Sequence[AccountLine]) -> Iterator[Row]:
    """The head, a row an account, and a total for each currency."""
    yield TRIAL_HEAD
    for line in accounts:
        yield (
            line.code,
            str(ACCOUNTS[line.kind]),
            line.case_number,
            line.currency,
            main_unit(line.debits_minor),
            main_unit(line.credits_minor),
            main_unit(line.balance_minor),
            main_unit(line.held_minor),
        )
    for currency, debits, credits_ in totals_of(accounts):
        yield ("合计", "", "", currency, main_unit(debits), main_unit(credits_), "", "")


def totals_of(accounts: Iterable[AccountLine]) -> list[tuple[str, int, int]]:
    """By currency: everything debited, everything credited; equal, or the books are broken."""
    sums: dict[str, tuple[int, int]] = {}
    for line in accounts:
        debits, credits_ = sums.get(line.currency, (0, 0))
        sums[line.currency] = (debits + line.debits_minor, credits_ + line.credits_minor)
    return [(currency, *pair) for currency, pair in sorted(sums.items())]


@dataclass(frozen=True)
class KindLine:
    """All accounts of a kind and a currency together."""

    kind: AccountKind
    currency: str
    count: int
    debits_minor: int
    credits_minor: int
    balance_minor: int
    held_minor: int


def by_kind(accounts: Iterable[AccountLine]) -> list[KindLine]:
    """The trial balance in a page's length."""
    groups: dict[tuple[str, AccountKind], list[AccountLine]] = {}
    for line in accounts:
        groups.setdefault((line.currency, line.kind), []).append(line)
    return [
        KindLine(
            kind,
            currency,
            len(lines),
            sum(line.debits_minor for line in lines),
            sum(line.credits_minor for line in lines),
            sum(line.balance_minor for line in lines),
            sum(line.held_minor for line in lines),
        )
        for (currency, kind), lines in groups.items()
    ]


def journal_rows(lines: Iterable[JournalLine]) -> Iterator[Row]:
    """The head and a row a transfer."""
    yield JOURNAL_HEAD
    for line in lines:
        yield (
            line.transfer_id,
            f"{beijing(line.effective_at):%Y-%m-%d %H:%M:%S}",
            str(transfer_name(line.kind)),
            line.debit,
            line.credit,
            main_unit(line.amount_minor),
            line.currency,
            line.case_number,
            line.source,
            line.actor_id or "",
            line.reverses_id or "",
            line.note,
            f"{beijing(line.recorded_at):%Y-%m-%d %H:%M:%S}",
        )
