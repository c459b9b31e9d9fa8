"""How a payout stands in the books: held, taken, given back, come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from auction.core.db import db
from escrow.ledger import (
    Account,
    AccountKind,
    NewTransfer,
    Phase,
    Transfer,
    TransferKind,
    account,
    post,
    resolve_hold,
)
from escrow.payouts.models import Payout, PayoutKind
from escrow.payouts.sources import source_of, subject_of


def bank_of(payout: Payout) -> Account:
    """The court's dedicated account, from which everything leaves (CN17F-2)."""
    court_id = payout.court_id
    return account(AccountKind.BANK, court_id, court_id=court_id, currency=payout.currency)


def hold_payouts(payouts: Sequence[Payout], *, at: datetime, actor_id: int | None) -> None:
    """Hold the money of approved payouts: nothing else can spend it until the bank has spoken."""
    transfers = _leaving(payouts, Phase.PENDING, "hold", at)
    booked = post(transfers, at=at, actor_id=actor_id)
    for payout, transfer in zip(payouts, booked, strict=True):
        payout.hold_id = transfer.id


def book_out(
    payout: Payout, *, effective_at: datetime, at: datetime, actor_id: int | None
) -> Transfer:
    """The money has left: its hold is posted, or it is booked at once where none was held."""
    if payout.hold_id is None:
        (new,) = _leaving([payout], Phase.SINGLE, "paid", effective_at)
        (booked,) = post([new], at=at, actor_id=actor_id)
    else:
        booked = resolve_hold(
            db.session.get_one(Transfer, payout.hold_id),
            amount_minor=payout.amount_minor,
            key=f"payout:{payout.id}:paid",
            source=payout,
            effective_at=effective_at,
            at=at,
            actor_id=actor_id,
        )
    payout.transfer_id = booked.id
    return booked


def release_payout(payout: Payout, *, at: datetime, actor_id: int | None) -> None:
    """The money never left: its hold is voided."""
    if payout.hold_id is None:
        return
    resolve_hold(
        db.session.get_one(Transfer, payout.hold_id),
        amount_minor=0,
        key=f"payout:{payout.id}:dropped",
        source=payout,
        effective_at=at,
        at=at,
        actor_id=actor_id,
    )


def book_return(
    payout: Payout,
    *,
    from_suspense: bool,
    effective_at: datetime,
    at: datetime,
    actor_id: int | None,
) -> Transfer:
    """The money is back on the court's account, and owed to the payee as it was.

    Where it stood in suspense until a person recognised it, it comes from there (CN21S-2).
    """
    left = db.session.get_one(Transfer, payout.transfer_id)
    if from_suspense:
        here = account(
            AccountKind.SUSPENSE,
            payout.court_id,
            court_id=payout.court_id,
            currency=payout.currency,
        )
    else:
        here = bank_of(payout)
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.PAYOUT_RETURNED,
                debit=here,
                credit=db.session.get_one(Account, left.debit_account_id),
                amount_minor=payout.amount_minor,
                key=f"payout:{payout.id}:returned",
                source=payout,
                effective_at=effective_at,
                case_id=payout.case_id,
            )
        ],
        at=at,
        actor_id=actor_id,
    )
    payout.return_transfer_id = booked.id
    return booked


def _leaving(
    payouts: Sequence[Payout], phase: Phase, step: str, effective_at: datetime
) -> list[NewTransfer]:
    from_where: dict[tuple[PayoutKind, int], tuple[TransferKind, Account]] = {}
    for kind in {payout.kind for payout in payouts}:
        ids = [subject_of(payout, kind) for payout in payouts if payout.kind is kind]
        found = source_of(kind).bookings(payouts[0].court_id, ids)
        from_where |= {(kind, subject_id): booking for subject_id, booking in found.items()}
    bank = bank_of(payouts[0])
    transfers = []
    for payout in payouts:
        booked_as, owed = from_where[payout.kind, subject_of(payout, payout.kind)]
        transfers.append(
            NewTransfer(
                kind=booked_as,
                debit=owed,
                credit=bank,
                amount_minor=payout.amount_minor,
                key=f"payout:{payout.id}:{step}",
                source=payout,
                effective_at=effective_at,
                phase=phase,
                case_id=payout.case_id,
            )
        )
    return transfers
