"""The books: double entry, append only, one currency and one court a transfer.

    post([NewTransfer(kind, debit, credit, amount_minor, key, source, effective_at)], at=now)
    account(AccountKind.DEPOSIT, enrolment.id, court_id=…, case_id=…)

A transfer debits one account and credits another. Assets (`bank`, `provider`, `provider-fees`)
grow by debits; all else is owed to somebody, grows by credits and never goes below zero. Locks:
balances in the order of account ids, after sale and enrolment.
"""

from escrow.ledger.models import Account, AccountBalance, Transfer
from escrow.ledger.queries import (
    Balance,
    Fault,
    balance,
    balances_of_case,
    balances_of_court,
    check_ledger,
    select_postings,
)
from escrow.ledger.rules import AccountKind, OwnerType, Phase, Side, TransferKind
from escrow.ledger.services import (
    NewTransfer,
    account,
    find_account,
    post,
    resolve_hold,
    reverse,
)

__all__ = [
    "Account",
    "AccountBalance",
    "AccountKind",
    "Balance",
    "Fault",
    "NewTransfer",
    "OwnerType",
    "Phase",
    "Side",
    "Transfer",
    "TransferKind",
    "account",
    "balance",
    "balances_of_case",
    "balances_of_court",
    "check_ledger",
    "find_account",
    "post",
    "resolve_hold",
    "reverse",
    "select_postings",
]
