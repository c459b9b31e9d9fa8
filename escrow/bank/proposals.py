"""Where money without a usable reference may belong, with the reasons; a person decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from sqlalchemy import select

from auction.accounts.models import Identity
from auction.core.db import db
from auction.sales.calendar import beijing_moment
from auction.sales.models import Lot, Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from escrow.bank.models import BankLine, LineStatus
from escrow.bank.parsed import Side
from escrow.bank.rules import is_same_person
from escrow.settlement.models import Settlement, SettlementStatus

_LOOKED_THROUGH = 500
SHOWN = 8
_WEIGHT = {"payer": 4, "amount": 2, "part": 1, "day": 1}


@dataclass(frozen=True)
class Proposal:
    """A deposit or a balance that this money may be, and what speaks for it."""

    reference: str
    lot_number: str
    is_deposit: bool
    due_minor: int
    grounds: tuple[str, ...]

    @property
    def weight(self) -> int:
        """How much speaks for it; the payer's name most."""
        return sum(_WEIGHT.get(ground, 0) for ground in self.grounds)


def list_proposals(line: BankLine, *, with_deposits: bool) -> list[Proposal]:
    """Balances that are due, and deposits, by amount, payer and day; what fits best comes first.

    Who has enrolled is secret until the end (CN16-18.3): deposits of running sales are looked
    through only for a person whose look is recorded (`with_deposits`).
    """
    if line.side is not Side.CREDIT or line.status is not LineStatus.SUSPENSE:
        return []
    found = list(_balances(line))
    if with_deposits:
        found += _deposits(line)
    fitting = [p for p in found if {"payer", "amount"} & set(p.grounds)]
    return sorted(fitting, key=lambda p: (-p.weight, p.reference))[:SHOWN]


def _balances(line: BankLine) -> Iterable[Proposal]:
    rows = db.session.execute(
        select(Settlement, Enrolment.user_id, Lot.number)
        .join(Enrolment, Enrolment.id == Settlement.enrolment_id)
        .join(Sale, Sale.id == Settlement.sale_id)
        .join(Lot, Lot.id == Sale.lot_id)
        .where(Settlement.court_id == line.court_id, Settlement.status == SettlementStatus.DUE)
        .order_by(Settlement.due_at)
        .limit(_LOOKED_THROUGH)
    ).all()
    names = _names([user_id for _s, user_id, _n in rows])
    for settlement, user_id, number in rows:
        outstanding = settlement.outstanding_minor
        if line.remaining_minor > outstanding:
            continue
        amount = "amount" if line.remaining_minor == outstanding else "part"
        is_in_time = beijing_moment(line.booked_on, time()) < settlement.due_at
        payer = ["payer"] if is_same_person(line.payer_name, names.get(user_id, "")) else []
        grounds = (amount, *payer, "day" if is_in_time else "late")
        yield Proposal(settlement.reference, number, False, outstanding, grounds)


def _deposits(line: BankLine) -> Iterable[Proposal]:
    rows = db.session.execute(
        select(Enrolment, Lot.number)
        .join(Sale, Sale.id == Enrolment.sale_id)
        .join(Lot, Lot.id == Sale.lot_id)
        .where(
            Sale.court_id == line.court_id,
            Enrolment.status == EnrolmentStatus.DEPOSIT_DUE,
            Enrolment.deposit_minor == line.remaining_minor,
        )
        .order_by(Sale.closes_at, Enrolment.id)
        .limit(_LOOKED_THROUGH)
    ).all()
    names = _names([enrolment.user_id for enrolment, _n in rows])
    for enrolment, number in rows:
        is_own = is_same_person(line.payer_name, names.get(enrolment.user_id, ""))
        grounds = ("amount", *(["payer"] if is_own else []))
        yield Proposal(enrolment.reference, number, True, enrolment.deposit_minor, grounds)


def _names(user_ids: list[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(Identity.user_id, Identity.full_name).where(Identity.user_id.in_(user_ids))
    )
    return {int(user_id): str(name) for user_id, name in rows}
