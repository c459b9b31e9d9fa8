"""The books: double entry, append only, one currency and one court a transfer.

    post([NewTransfer(kind, debit, credit, amount_minor, key, source, effective_at)], at=now)
    account(AccountKind.DEPOSIT, enrolment.id, court_id=…, case_id=…)

A transfer debits one account and credits another. Assets (`bank`, `provider`, `provider-fees`)
grow by debits; all else is owed to somebody, grows by credits and never goes below zero. Locks:
the court's books against closing, then balances in the order of account ids, after sale and
enrolment. Balances are moved by the database with each transfer (docs/decisions/0010).

    propose_day_close(court_id, day, …), confirm_day_close(close_id, …): two people close a day
    balance_as_of(account, moment, basis=Basis.EFFECTIVE | Basis.RECORDED)
"""

from escrow.ledger.checking import Fault, check_ledger, find_faults
from escrow.ledger.closing import (
    closed_through,
    confirm_day_close,
    day_end,
    list_day_closes,
    open_close_of,
    propose_day_close,
    withdraw_day_close,
)
from escrow.ledger.models import Account, AccountBalance, CloseStatus, DayClose, Transfer
from escrow.ledger.posting import IfClosed, NewTransfer, post_many
from escrow.ledger.queries import (
    Balance,
    balance,
    balance_as_of,
    balances_of_case,
    balances_of_court,
    select_postings,
    trial_balance_as_of,
)
from escrow.ledger.rules import AccountKind, OwnerType, Phase, Side, Sums, TransferKind
from escrow.ledger.services import (
    account,
    find_account,
    open_accounts,
    post,
    resolve_hold,
    reverse,
)
from escrow.ledger.sums import Basis

__all__ = [
    "Account",
    "AccountBalance",
    "AccountKind",
    "Balance",
    "Basis",
    "CloseStatus",
    "DayClose",
    "Fault",
    "IfClosed",
    "NewTransfer",
    "OwnerType",
    "Phase",
    "Side",
    "Sums",
    "Transfer",
    "TransferKind",
    "account",
    "balance",
    "balance_as_of",
    "balances_of_case",
    "balances_of_court",
    "check_ledger",
    "closed_through",
    "confirm_day_close",
    "day_end",
    "find_account",
    "find_faults",
    "list_day_closes",
    "open_accounts",
    "open_close_of",
    "post",
    "post_many",
    "propose_day_close",
    "resolve_hold",
    "reverse",
    "select_postings",
    "trial_balance_as_of",
    "withdraw_day_close",
]
