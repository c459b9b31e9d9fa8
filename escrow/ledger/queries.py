"""Read the books: balances, postings, and the check that recomputes everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import aliased

from auction.core.db import db
from escrow.ledger.models import Account, AccountBalance, Transfer
from escrow.ledger.rules import (
    AccountKind,
    Phase,
    Side,
    Sums,
    TransferKind,
    is_allowed,
    is_overdrawn,
)


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
    row = db.session.get(AccountBalance, account.id)
    assert row is not None, "every account is opened with its balance"
    return _balance(account, row)


def balances_of_case(case_id: int) -> list[Balance]:
    """Every account of a case with its balance (CN17F-1, CN17F-3), by kind and age."""
    rows = db.session.execute(
        select(Account, AccountBalance)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.case_id == case_id)
        .order_by(Account.kind, Account.id)
    )
    return [_balance(account, row) for account, row in rows]


def balances_of_court(court_id: int) -> list[Balance]:
    """The trial balance: every account of a court."""
    rows = db.session.execute(
        select(Account, AccountBalance)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.court_id == court_id)
        .order_by(Account.kind, Account.id)
    )
    return [_balance(account, row) for account, row in rows]


def _balance(account: Account, row: AccountBalance) -> Balance:
    sums = row.sums()
    return Balance(
        account.id,
        account.kind,
        account.owner_id,
        account.currency,
        sums.balance(account.normal_side),
        sums.pending(account.normal_side),
    )


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


# ── the check ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Fault:
    """Something in the books that must not be; `subject` names the row."""

    code: str
    subject: str
    detail: str


def check_ledger() -> list[Fault]:
    """Recompute every balance from the transfers; name whatever does not agree (INV-7, INV-8)."""
    accounts = {row.id: row for row in db.session.scalars(select(Account))}
    cached = {row.account_id: row.sums() for row in db.session.scalars(select(AccountBalance))}
    sums: dict[int, Sums] = dict.fromkeys(accounts, Sums())
    faults = list(_replay(accounts, sums))
    for account_id, account in accounts.items():
        name = f"account {account_id}"
        if cached.get(account_id) != sums[account_id]:
            detail = f"{cached.get(account_id)} in the cache, {sums[account_id]} in the transfers"
            faults.append(Fault("balance-differs", name, detail))
        if is_overdrawn(account.kind, sums[account_id]):
            faults.append(Fault("overdrawn", name, f"{account.kind}: {sums[account_id]}"))
    faults += [
        Fault("not-zero", f"currency {currency}", f"the postings sum to {total}")
        for currency, total in _totals()
        if total
    ]
    return faults


def _replay(accounts: dict[int, Account], sums: dict[int, Sums]) -> Iterator[Fault]:
    """Book every transfer again, oldest first, looking at each with the table of moves."""
    hold, twin = aliased(Transfer), aliased(Transfer)
    rows = db.session.execute(
        select(Transfer, hold, twin)
        .outerjoin(hold, Transfer.pending_id == hold.id)
        .outerjoin(twin, Transfer.reverses_id == twin.id)
        .order_by(Transfer.id)
    )
    for transfer, held, reversed_ in rows:
        debit, credit = (
            accounts[transfer.debit_account_id],
            accounts[transfer.credit_account_id],
        )
        name = f"transfer {transfer.id}"
        if not is_allowed(transfer.kind, debit.kind, credit.kind, transfer.phase):
            yield Fault("not-allowed", name, f"{transfer.kind}: {debit.kind} to {credit.kind}")
        if held is not None and not _resolves(transfer, held):
            yield Fault("not-its-hold", name, f"hold {held.id}")
        if transfer.kind is TransferKind.REVERSAL and not _undoes(transfer, reversed_):
            yield Fault("not-a-mirror", name, f"of transfer {transfer.reverses_id}")
        for side, row in ((Side.DEBIT, debit), (Side.CREDIT, credit)):
            sums[row.id] = sums[row.id].book(
                side, transfer.phase, transfer.amount_minor, held.amount_minor if held else 0
            )
            if is_overdrawn(row.kind, sums[row.id]):
                yield Fault("was-overdrawn", name, f"account {row.id} after this transfer")


def _resolves(transfer: Transfer, hold: Transfer) -> bool:
    return (
        hold.phase is Phase.PENDING
        and transfer.amount_minor <= hold.amount_minor
        and (transfer.kind, transfer.debit_account_id, transfer.credit_account_id)
        == (hold.kind, hold.debit_account_id, hold.credit_account_id)
    )


def _undoes(transfer: Transfer, twin: Transfer | None) -> bool:
    return twin is not None and (
        transfer.debit_account_id,
        transfer.credit_account_id,
        transfer.amount_minor,
    ) == (twin.credit_account_id, twin.debit_account_id, twin.amount_minor)


def _totals() -> list[tuple[str, int]]:
    postings = select_postings().subquery()
    rows = db.session.execute(
        select(postings.c.currency, func.sum(postings.c.signed_minor)).group_by(postings.c.currency)
    )
    return [(currency, int(total)) for currency, total in rows]
