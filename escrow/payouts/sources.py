"""What can owe money by bank, and how each kind is read, locked, booked, settled and owed again.

Plan payments register in `escrow.plans.source`, refunds and suspended lines in
`escrow.bank.sources`; everything else here works on what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from escrow.ledger import Account, TransferKind
from escrow.payouts.models import Payout, PayoutKind


@dataclass(frozen=True)
class Payee:
    """To whom a debt is paid."""

    name: str
    account: str
    bank: str
    bank_code: str = ""


@dataclass(frozen=True)
class Debt:
    """One sum that is owed by bank now, as its own row says it."""

    kind: PayoutKind
    subject_id: int
    court_id: int
    case_id: int | None
    amount_minor: int
    currency: str
    # The court's account for enforcement, or the case's number under it (CN17F-3).
    debtor_account: str
    payee: Payee
    # Whose name the account must bear; empty where the money goes back the way it came.
    expected_name: str
    step: str
    purpose: str
    remittance: str
    due_at: datetime | None = None
    # Who drew up what is paid here: he is no checker of it.
    maker_id: int | None = None
    # To whom it goes may not be seen yet (CN16-18.3).
    is_sealed: bool = False
    # Why it cannot go into a batch now, whatever its payee.
    obstacle: str | None = None
    # When two people sent it to somebody else (a notary): what was known of its payee before
    # counts no longer.
    redirected_at: datetime | None = None


class Source(Protocol):
    """One kind of debt."""

    def read(self, court_id: int, ids: Sequence[int] | None = None) -> list[Debt]:
        """The court's debts of this kind that are due, or those of `ids` that are; by id."""
        ...

    def lock(self, court_id: int, ids: Sequence[int]) -> None:
        """Lock the debts' rows, in the order in which everybody locks them, and read them again."""
        ...

    def bookings(
        self, court_id: int, ids: Sequence[int]
    ) -> dict[int, tuple[TransferKind, Account]]:
        """As what each debt leaves the books, and from which account."""
        ...

    def mark_sent(self, ids: Sequence[int], *, is_sent: bool, at: datetime) -> None:
        """The payment is out of reach of everything that changes the debt, or within it again."""
        ...

    def settle(
        self,
        payout: Payout,
        *,
        booked_id: int,
        reference: str,
        actor_id: int | None,
        at: datetime,
        paid_on: date,
    ) -> None:
        """The debt is paid: its own row, its clocks."""
        ...

    def show(self, payout: Payout, line_id: int) -> None:
        """A statement line shows the payment: its own row says which."""
        ...

    def reopen(self, payout: Payout, *, at: datetime) -> None:
        """The money came back: the debt stands as before."""
        ...


_sources: dict[PayoutKind, Source] = {}


def register_source(kind: PayoutKind, source: Source) -> None:
    """Name the source of one kind of debt."""
    _sources[kind] = source


def source_of(kind: PayoutKind) -> Source:
    """The source of one kind of debt."""
    return _sources[kind]


SUBJECT_COLUMNS: dict[PayoutKind, str] = {
    PayoutKind.PLAN: "plan_payment_id",
    PayoutKind.REFUND: "refund_id",
    PayoutKind.SUSPENSE: "line_id",
}


def subject_of(row: object, kind: PayoutKind) -> int:
    """The key of the debt that a payout or a correction is about."""
    subject_id: int = getattr(row, SUBJECT_COLUMNS[kind])
    return subject_id
