"""What a buyer has at stake in a sale: what a default would withhold, and what would go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from auction.core.db import db
from auction.sales.models import Sale
from escrow.deposits.models import Deposit, DepositStatus
from escrow.payments.models import Payment, PaymentStatus, Purpose, Refund
from escrow.settlement.models import Settlement
from escrow.settlement.services import settlement_of


@dataclass(frozen=True)
class Part:
    """One payment of the buyer, less what of it has been returned, or is on its way back."""

    payment_id: int
    is_deposit: bool
    amount_minor: int


@dataclass(frozen=True)
class Stake:
    """The buyer's money in one sale; only what the court really holds is counted."""

    announced_deposit_minor: int
    deposit_minor: int
    parts: tuple[Part, ...]

    @property
    def paid_minor(self) -> int:
        """Everything the court holds of him."""
        return sum(part.amount_minor for part in self.parts)

    @property
    def forfeit_minor(self) -> int:
        """What a default costs: the deposit; in a sell-off the announced one alone (CN455-8.1)."""
        return min(self.announced_deposit_minor, self.deposit_minor)

    @property
    def back_after_default_minor(self) -> int:
        """What goes back after a default: everything else."""
        return self.paid_minor - self.forfeit_minor

    def returns_after_default(self) -> list[tuple[int, int]]:
        """(payment, amount) of what goes back; what is withheld comes out of the deposit."""
        withheld = self.forfeit_minor
        returns = []
        for part in self.parts:
            kept = min(withheld, part.amount_minor) if part.is_deposit else 0
            withheld -= kept
            if part.amount_minor > kept:
                returns.append((part.payment_id, part.amount_minor - kept))
        assert withheld == 0, "a deposit is the sum of its parts"
        return returns


def covered_parts(parts: Sequence[Part], covered_minor: int) -> list[Part]:
    """Which payments can go back out of so much money: each whole, or it waits (CN17F-2)."""
    found, left = [], covered_minor
    for part in parts:
        if part.amount_minor <= left:
            found.append(part)
            left -= part.amount_minor
    return found


# The buyer's deposit went into the price; after a set-aside it is on its way back out of it.
_IN_THE_PRICE = (DepositStatus.APPLIED, DepositStatus.RETURNING, DepositStatus.RETURNED)


def stake_of(sale: Sale) -> Stake:
    """The buyer's stake in a sold sale, from his payments."""
    settlement = settlement_of(sale.id)
    assert settlement is not None, "a sold sale has its settlement"
    deposit = deposit_of(settlement)
    if deposit is not None and deposit.status not in _IN_THE_PRICE:
        deposit = None
    parts = tuple(
        Part(payment.id, payment.purpose is Purpose.DEPOSIT, left)
        for payment in _payments_of(settlement, deposit)
        if (left := payment.secured_minor - _returned(payment.id)) > 0
    )
    return Stake(
        announced_deposit_minor=sale.deposit_minor,
        deposit_minor=sum(part.amount_minor for part in parts if part.is_deposit),
        parts=parts,
    )


def deposit_of(settlement: Settlement) -> Deposit | None:
    """The buyer's deposit, if there is one."""
    return db.session.scalar(select(Deposit).where(Deposit.enrolment_id == settlement.enrolment_id))


def _payments_of(settlement: Settlement, deposit: Deposit | None) -> list[Payment]:
    """Received payments, the deposit's parts first, then the balance's, each in order."""
    balances = db.session.scalars(
        select(Payment)
        .where(
            Payment.settlement_id == settlement.id,
            Payment.purpose == Purpose.BALANCE,
            Payment.status == PaymentStatus.RECEIVED,
        )
        .order_by(Payment.id)
    ).all()
    if deposit is None:
        return list(balances)
    parts = db.session.scalars(
        select(Payment)
        .where(Payment.deposit_id == deposit.id, Payment.status == PaymentStatus.RECEIVED)
        .order_by(Payment.id)
    ).all()
    return [*parts, *balances]


def _returned(payment_id: int) -> int:
    amounts = db.session.scalars(select(Refund.amount_minor).where(Refund.payment_id == payment_id))
    return sum(amounts)
