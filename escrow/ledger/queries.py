"""Read the books: balances now and at any moment, and postings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, literal, select, union_all

from auction.core.db import db
from escrow.ledger.models import Account, AccountBalance, Transfer
from escrow.ledger.rules import AccountKind, Phase, Sums
from escrow.ledger.sums import Basis, court_sums_as_of, sums_as_of


@dataclass(frozen=True)
class Balance:
    """What an account holds, counted from its normal side; `pending_minor` is held on top."""

    account_id: int
    kind: AccountKind
    owner_id: int
    currency: str
    posted_minor: int
    pending_minor: int


def balance(account: Account) -> Balance:
    """The balance of one account, from the cache that `check_ledger` vouches for."""
    row = db.session.execute(
        select(*_SUMS).where(AccountBalance.account_id == account.id)
    ).one_or_none()
    assert row is not None, "every account is opened with its balance"
    return _balance(account, Sums(*row))


def balance_as_of(account: Account, until: datetime, *, basis: Basis = Basis.EFFECTIVE) -> Balance:
    """What an account held just before `until`: by what had taken effect, or was recorded."""
    return _balance(account, sums_as_of(account, until, basis=basis))


def balances_of_case(case_id: int) -> list[Balance]:
    """Every account of a case with its balance (CN17F-1, CN17F-3), by kind and age."""
    return _balances(Account.case_id == case_id)


def balances_of_court(court_id: int) -> list[Balance]:
    """The trial balance: every account of a court."""
    return _balances(Account.court_id == court_id)


def trial_balance_as_of(
    court_id: int, until: datetime, *, basis: Basis = Basis.EFFECTIVE
) -> list[tuple[Account, Sums]]:
    """Every account of a court on which anything had moved before `until`, with its sums."""
    sums = court_sums_as_of(court_id, until, basis=basis)
    accounts = db.session.scalars(
        select(Account)
        .where(Account.court_id == court_id)
        .order_by(Account.currency, Account.kind, Account.id)
    )
    return [(account, sums[account.id]) for account in accounts if account.id in sums]


_SUMS = (
    AccountBalance.debits_posted,
    AccountBalance.credits_posted,
    AccountBalance.debits_pending,
    AccountBalance.credits_pending,
)


def _balances(where: ColumnElement[bool]) -> list[Balance]:
    rows = db.session.execute(
        select(Account, *_SUMS)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(where)
        .order_by(Account.kind, Account.id)
    )
    return [_balance(account, Sums(*values)) for account, *values in rows]


def _balance(account: Account, sums: Sums) -> Balance:
    return Balance(
        account.id,
        account.kind,
        account.owner_id,
        account.currency,
        sums.balance(account.normal_side),
        sums.pending(account.normal_side),
    )


@cache  # the same words every time
def select_postings() -> Select[tuple[int, int, str, int]]:
    """The two sides of every booked transfer: (transfer, account, currency, signed amount).

    Debits count as positive. What is only held, or was voided, has no postings.
    """
    booked = Transfer.phase.in_((Phase.SINGLE, Phase.POST))
    sides = union_all(
        select(
            Transfer.id.label("transfer_id"),
            Transfer.debit_account_id.label("account_id"),
            Transfer.currency,
            Transfer.amount_minor.label("signed_minor"),
        ).where(booked),
        select(
            Transfer.id,
            Transfer.credit_account_id,
            Transfer.currency,
            (literal(0) - Transfer.amount_minor),
        ).where(booked),
    ).subquery("posting")
    return select(sides.c.transfer_id, sides.c.account_id, sides.c.currency, sides.c.signed_minor)
