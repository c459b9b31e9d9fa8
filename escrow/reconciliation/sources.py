"""The movements of all three sides in one shape: the books, the bank's statement, the provider.

Each list begins behind an id and is taken in portions, so that a long pass can go on where it
stopped. What a movement is about, as comparable tokens, is told by `tokens`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select

from auction.core.db import db
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from escrow.bank.models import BankLine
from escrow.bank.parsed import Side
from escrow.ledger import AccountKind, Phase, Transfer, find_account
from escrow.payments.provider_models import ProviderMovement
from escrow.reconciliation.models import Book, Place

ACCOUNT_OF: dict[Place, AccountKind] = {
    Place.BANK: AccountKind.BANK,
    Place.PROVIDER: AccountKind.PROVIDER,
}


@dataclass(frozen=True)
class Movement:
    """One movement of money at one place, as one side tells it."""

    place: Place
    book: Book
    source_type: str
    source_id: int
    amount_minor: int  # positive: money came to the place
    currency: str
    dated_on: date
    case_id: int | None


@dataclass(frozen=True)
class Portion:
    """Some movements, and the id to go on behind; `count` rows were looked at."""

    movements: list[Movement]
    after_id: int
    count: int


Read = Callable[[int, int, int], Portion]


def read_ledger(court_id: int, after_id: int, limit: int) -> Portion:
    """What the books say moved at the bank and at the provider; a move between them is two."""
    places = _accounts(court_id)
    if not places:
        return Portion([], after_id, 0)
    rows = db.session.execute(
        select(
            Transfer.id,
            Transfer.debit_account_id,
            Transfer.credit_account_id,
            Transfer.amount_minor,
            Transfer.currency,
            Transfer.effective_at,
            Transfer.case_id,
        )
        .where(Transfer.id > after_id, _touches(court_id, places))
        .order_by(Transfer.id)
        .limit(limit)
    ).all()
    movements = []
    for row in rows:
        for account_id, sign in ((row.debit_account_id, 1), (row.credit_account_id, -1)):
            if account_id in places:
                movements.append(
                    Movement(
                        places[account_id],
                        Book.LEDGER,
                        Transfer.__tablename__,
                        row.id,
                        sign * row.amount_minor,
                        row.currency,
                        beijing_day(row.effective_at),
                        row.case_id,
                    )
                )
    return Portion(movements, rows[-1].id if rows else after_id, len(rows))


def _accounts(court_id: int) -> dict[int, Place]:
    found = {place: find_account(kind, court_id, court_id=court_id) for place, kind in _PLACES}
    return {row.id: place for place, row in found.items() if row is not None}


_PLACES = tuple(ACCOUNT_OF.items())


def _touches(court_id: int, places: dict[int, Place]) -> Any:
    """Booked transfers on one of these accounts; what is only held has not moved."""
    return and_(
        Transfer.court_id == court_id,
        Transfer.phase.in_((Phase.SINGLE, Phase.POST)),
        or_(Transfer.debit_account_id.in_(places), Transfer.credit_account_id.in_(places)),
    )


def read_bank(court_id: int, after_id: int, limit: int) -> Portion:
    """The lines of the court's statements."""
    rows = db.session.execute(
        select(
            BankLine.id,
            BankLine.side,
            BankLine.amount_minor,
            BankLine.currency,
            BankLine.booked_on,
            BankLine.case_id,
        )
        .where(BankLine.court_id == court_id, BankLine.id > after_id)
        .order_by(BankLine.id)
        .limit(limit)
    ).all()
    movements = [
        Movement(
            Place.BANK,
            Book.OUTSIDE,
            BankLine.__tablename__,
            row.id,
            row.amount_minor if row.side is Side.CREDIT else -row.amount_minor,
            row.currency,
            row.booked_on,
            row.case_id,
        )
        for row in rows
    ]
    return Portion(movements, rows[-1].id if rows else after_id, len(rows))


def read_provider(court_id: int, after_id: int, limit: int) -> Portion:
    """The provider's balance transactions, each at what it changed the balance by."""
    rows = db.session.execute(
        select(
            ProviderMovement.id,
            ProviderMovement.net_minor,
            ProviderMovement.currency,
            ProviderMovement.moved_at,
            ProviderMovement.case_id,
        )
        .where(ProviderMovement.id > after_id, belongs_to(court_id))
        .order_by(ProviderMovement.id)
        .limit(limit)
    ).all()
    movements = [
        Movement(
            Place.PROVIDER,
            Book.OUTSIDE,
            ProviderMovement.__tablename__,
            row.id,
            row.net_minor,
            row.currency,
            beijing_day(row.moved_at),
            row.case_id,
        )
        for row in rows
        if row.net_minor
    ]
    return Portion(movements, rows[-1].id if rows else after_id, len(rows))


def belongs_to(court_id: int) -> Any:
    """Movements at the provider of this court; what names none is the first court's.

    The account at the provider is that of the installation's first court (F1).
    """
    first = db.session.scalar(select(func.min(Court.id)))
    own = ProviderMovement.court_id == court_id
    return or_(own, ProviderMovement.court_id.is_(None)) if first == court_id else own


SOURCES: tuple[tuple[str, Read], ...] = (
    ("ledger", read_ledger),
    ("bank", read_bank),
    ("provider", read_provider),
)


def count_behind(court_id: int, cursors: dict[str, int]) -> int:
    """How many rows are still to be taken in."""
    places = _accounts(court_id)
    queries = {
        "ledger": select(func.count(Transfer.id)).where(
            Transfer.id > cursors.get("ledger", 0), _touches(court_id, places)
        ),
        "bank": select(func.count(BankLine.id)).where(
            BankLine.court_id == court_id, BankLine.id > cursors.get("bank", 0)
        ),
        "provider": select(func.count(ProviderMovement.id)).where(
            ProviderMovement.id > cursors.get("provider", 0), belongs_to(court_id)
        ),
    }
    return sum(int(db.session.scalar(query) or 0) for query in queries.values())


def portions_of(ids: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    """Ids in lists short enough for one statement."""
    return [ids[begin : begin + size] for begin in range(0, len(ids), size)]
