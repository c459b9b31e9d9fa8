"""One reading of a court's books for everything that leaves the house.

Only what is booked counts; a hold is shown beside the balance it reduces and moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from auction.cases.models import EnforcementCase
from auction.core.db import db
from escrow.ledger import Account, AccountKind, Phase, Side, Transfer, TransferKind
from escrow.ledger import trial_balance_as_of as sums_of_accounts

_PORTION = 1000
_BOOKED = (Phase.SINGLE, Phase.POST)
_DEBIT, _CREDIT = aliased(Account), aliased(Account)
_COLUMNS: tuple[Any, ...] = (
    Transfer.id,
    Transfer.kind,
    Transfer.effective_at,
    Transfer.recorded_at,
    Transfer.debit_account_id,
    Transfer.credit_account_id,
    Transfer.amount_minor,
    Transfer.currency,
    Transfer.case_id,
    Transfer.source_type,
    Transfer.source_id,
    Transfer.actor_id,
    Transfer.reverses_id,
    Transfer.note,
)


@dataclass(frozen=True)
class AccountLine:
    """One account at a moment; sums in minor units, the balance from its normal side."""

    account_id: int
    kind: AccountKind
    owner_id: int
    case_number: str
    currency: str
    side: Side
    debits_minor: int
    credits_minor: int
    held_minor: int

    @property
    def code(self) -> str:
        """The account's name in every export."""
        return account_code(self.kind, self.account_id)

    @property
    def balance_minor(self) -> int:
        """What it holds, counted from its normal side."""
        net = self.debits_minor - self.credits_minor
        return net if self.side is Side.DEBIT else -net


@dataclass(frozen=True)
class JournalLine:
    """One booked transfer: from the account it credits, to the account it debits."""

    transfer_id: int
    kind: TransferKind
    effective_at: datetime
    recorded_at: datetime
    debit: str
    debit_kind: AccountKind
    credit: str
    credit_kind: AccountKind
    amount_minor: int
    currency: str
    case_number: str
    source: str
    actor_id: int | None
    reverses_id: int | None
    note: str


@dataclass(frozen=True)
class Wanted:
    """Which transfers of a court: from `first` until before `until`, of one case or account."""

    court_id: int
    until: datetime
    first: datetime | None = None
    case_id: int | None = None
    account_id: int | None = None

    def condition(self) -> ColumnElement[bool]:
        """As a condition for `Transfer`."""
        tests = [
            Transfer.court_id == self.court_id,
            Transfer.phase.in_(_BOOKED),
            Transfer.effective_at < self.until,
        ]
        if self.first is not None:
            tests.append(Transfer.effective_at >= self.first)
        if self.case_id is not None:
            tests.append(Transfer.case_id == self.case_id)
        if self.account_id is not None:
            tests.append(
                or_(
                    Transfer.debit_account_id == self.account_id,
                    Transfer.credit_account_id == self.account_id,
                )
            )
        return and_(*tests)


def account_code(kind: AccountKind, account_id: int) -> str:
    """The name under which an account stands in every export: `deposit-17`."""
    return f"{kind}-{account_id}"


def read_accounts(court_id: int, until: datetime) -> list[AccountLine]:
    """Every account of the court on which something was booked or held before `until`."""
    numbers = _case_numbers(court_id)
    return [
        AccountLine(
            account.id,
            account.kind,
            account.owner_id,
            numbers.get(account.case_id, ""),
            account.currency,
            account.normal_side,
            sums.debits_posted,
            sums.credits_posted,
            sums.pending(account.normal_side),
        )
        for account, sums in sums_of_accounts(court_id, until)
    ]


def count_journal(wanted: Wanted) -> int:
    """How many transfers there are."""
    return db.session.scalar(select(func.count()).where(wanted.condition())) or 0


def read_journal(wanted: Wanted) -> Iterator[JournalLine]:
    """The transfers in the order of effect, read in portions: the books may be long."""
    numbers = _case_numbers(wanted.court_id)
    after: tuple[datetime, int] | None = None
    while True:
        query = _select(wanted).limit(_PORTION)
        if after is not None:
            query = query.where(tuple_(Transfer.effective_at, Transfer.id) > after)
        rows = db.session.execute(query).all()
        for row in rows:
            yield _line(row, numbers)
        if len(rows) < _PORTION:
            return
        last = rows[-1]
        after = (last.effective_at, last.id)


def journal_page(wanted: Wanted, page: int, per_page: int) -> list[JournalLine]:
    """One page of the journal, the newest first."""
    numbers = _case_numbers(wanted.court_id)
    query = (
        _select(wanted)
        .order_by(None)
        .order_by(Transfer.effective_at.desc(), Transfer.id.desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return [_line(row, numbers) for row in db.session.execute(query)]


def _select(wanted: Wanted) -> Select[Any]:
    # Columns, not rows of the session: long books would fill it.
    debit, credit = _DEBIT, _CREDIT
    return (
        select(*_COLUMNS, debit.kind.label("debit_kind"), credit.kind.label("credit_kind"))
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .where(wanted.condition())
        .order_by(Transfer.effective_at, Transfer.id)
    )


def _line(row: Any, numbers: dict[int | None, str]) -> JournalLine:
    return JournalLine(
        row.id,
        row.kind,
        row.effective_at,
        row.recorded_at,
        account_code(row.debit_kind, row.debit_account_id),
        row.debit_kind,
        account_code(row.credit_kind, row.credit_account_id),
        row.credit_kind,
        row.amount_minor,
        row.currency,
        numbers.get(row.case_id, ""),
        f"{row.source_type}:{row.source_id}",
        row.actor_id,
        row.reverses_id,
        row.note,
    )


def _case_numbers(court_id: int) -> dict[int | None, str]:
    rows = db.session.execute(
        select(EnforcementCase.id, EnforcementCase.number).where(
            EnforcementCase.court_id == court_id
        )
    )
    return {row[0]: row[1] for row in rows}
