"""What is due by bank, to whom, and what still keeps it out of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from auction.core.db import db
from escrow.bank.rules import is_same_person
from escrow.payouts.banks import bank_code_of
from escrow.payouts.models import (
    BatchStatus,
    CorrectionStatus,
    PayeeCorrection,
    Payout,
    PayoutBatch,
    PayoutKind,
    PayoutStatus,
)
from escrow.payouts.rules import judge_account, judge_bank_code, judge_name
from escrow.payouts.sources import SUBJECT_COLUMNS, Debt, Payee, source_of, subject_of

LIVING = (PayoutStatus.CHOSEN, PayoutStatus.HELD, PayoutStatus.PAID)


@dataclass(frozen=True)
class Wanted:
    """Which debts a page or a batch is about; what is left out does not count."""

    kind: PayoutKind | None = None
    case_id: int | None = None
    step: str = ""
    least_minor: int = 0
    most_minor: int | None = None
    only_ready: bool = False

    def fits(self, debt: Debt) -> bool:
        """Whether the debt is one of them."""
        return (
            self.case_id in (None, debt.case_id)
            and self.step in ("", debt.step)
            and self.least_minor <= debt.amount_minor
            and (self.most_minor is None or debt.amount_minor <= self.most_minor)
        )


@dataclass(frozen=True)
class Offer:
    """One debt with the payee that counts, and what speaks against paying it in a batch."""

    debt: Debt
    payee: Payee
    objections: tuple[str, ...]
    is_corrected: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether a batch may take it."""
        return not self.objections


# Money that nobody has identified goes back only when a person picks it by name.
_UNASKED = (PayoutKind.PLAN, PayoutKind.REFUND)


def list_offers(court_id: int, wanted: Wanted) -> list[Offer]:
    """The court's due debts that no payout is under way for, by kind and age."""
    kinds = (wanted.kind,) if wanted.kind is not None else _UNASKED
    offers = []
    for kind in kinds:
        debts = [debt for debt in source_of(kind).read(court_id) if wanted.fits(debt)]
        offers += _judge(court_id, kind, debts)
    return [offer for offer in offers if offer.is_ready] if wanted.only_ready else offers


def offers_of(court_id: int, kind: PayoutKind, ids: Sequence[int]) -> dict[int, Offer]:
    """The offers of these debts, by their keys; those that are not due any more are left out."""
    debts = source_of(kind).read(court_id, ids)
    return {offer.debt.subject_id: offer for offer in _judge(court_id, kind, debts)}


def payee_facts(
    court_id: int, kind: PayoutKind, debts: Iterable[Debt]
) -> dict[int, tuple[Payee, tuple[str, ...], bool]]:
    """Of each debt: the payee that counts, the objections to him, and whether two corrected him."""
    corrections = _corrections(court_id, kind)
    came_back = _returns(court_id, kind)
    facts = {}
    for debt in debts:
        found = corrections.get(debt.subject_id)
        if found is not None and debt.redirected_at and found.proposed_at < debt.redirected_at:
            found = None
        payee = debt.payee
        if found is not None:
            payee = Payee(found.name, found.account, found.bank, found.bank_code)
        if not payee.bank_code:
            payee = replace(payee, bank_code=bank_code_of(payee.bank))
        returned_at = came_back.get(debt.subject_id)
        looked_at = found.proposed_at if found is not None else debt.redirected_at
        is_stale = returned_at is not None and (looked_at is None or looked_at < returned_at)
        objections = judge_payee(debt, payee, is_corrected=found is not None)
        if is_stale:
            objections = ("came-back", *objections)
        facts[debt.subject_id] = payee, objections, found is not None
    return facts


def judge_payee(debt: Debt, payee: Payee, *, is_corrected: bool) -> tuple[str, ...]:
    """What speaks against sending money to this payee, by code.

    Two people who have looked at the account may stand for another name, and for a card number
    whose last digit does not fit; nobody for what no bank can read.
    """
    found = [judge_account(payee.account), judge_name(payee.name), judge_bank_code(payee.bank_code)]
    if is_corrected and found[0] == "bad-card":
        found[0] = None
    if debt.expected_name and not is_corrected and payee.name:
        found.append(None if is_same_person(payee.name, debt.expected_name) else "name-differs")
    return tuple(code for code in found if code is not None)


def _judge(court_id: int, kind: PayoutKind, debts: Sequence[Debt]) -> list[Offer]:
    under_way = living_subjects(court_id, kind)
    waiting = _waiting(court_id, kind)
    free = [debt for debt in debts if debt.subject_id not in under_way]
    facts = payee_facts(court_id, kind, free)
    offers = []
    for debt in free:
        payee, objections, is_corrected = facts[debt.subject_id]
        if debt.subject_id in waiting:
            objections = ("correction-waits", *objections)
        if debt.is_sealed:
            objections = ("sealed", *objections)
        if debt.obstacle:
            objections = (debt.obstacle, *objections)
        offers.append(Offer(debt, payee, objections, is_corrected))
    return offers


def _subject(model: Any, kind: PayoutKind) -> InstrumentedAttribute[int]:
    column: InstrumentedAttribute[int] = getattr(model, SUBJECT_COLUMNS[kind])
    return column


def living_subjects(court_id: int, kind: PayoutKind) -> set[int]:
    """The debts of this kind that a payout is under way for, or has paid."""
    return set(
        db.session.scalars(
            select(_subject(Payout, kind)).where(
                Payout.court_id == court_id, Payout.kind == kind, Payout.status.in_(LIVING)
            )
        )
    )


def is_under_way(kind: PayoutKind, subject_id: int) -> bool:
    """Whether this debt is in a batch that has not come to an end: nobody else may touch it."""
    found = select(Payout.id).where(
        _subject(Payout, kind) == subject_id,
        Payout.status.in_((PayoutStatus.CHOSEN, PayoutStatus.HELD)),
    )
    return db.session.scalar(found.limit(1)) is not None


def _corrections(court_id: int, kind: PayoutKind) -> dict[int, PayeeCorrection]:
    """The last approved correction of each debt."""
    rows = db.session.scalars(
        select(PayeeCorrection)
        .where(
            PayeeCorrection.court_id == court_id,
            PayeeCorrection.kind == kind,
            PayeeCorrection.status == CorrectionStatus.APPROVED,
        )
        .order_by(PayeeCorrection.id)
    )
    return {subject_of(row, kind): row for row in rows}


def _waiting(court_id: int, kind: PayoutKind) -> set[int]:
    """Debts with a correction that a second person has not looked at."""
    return set(
        db.session.scalars(
            select(_subject(PayeeCorrection, kind)).where(
                PayeeCorrection.court_id == court_id,
                PayeeCorrection.kind == kind,
                PayeeCorrection.status == CorrectionStatus.PROPOSED,
            )
        )
    )


def _returns(court_id: int, kind: PayoutKind) -> dict[int, datetime]:
    """When the last payout of each debt came back, if one did."""
    column = _subject(Payout, kind)
    rows = db.session.execute(
        select(column, func.max(Payout.returned_at))
        .where(
            Payout.court_id == court_id,
            Payout.kind == kind,
            Payout.status == PayoutStatus.RETURNED,
        )
        .group_by(column)
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


def money_under_way(court_id: int) -> dict[int, int]:
    """By case: what has been approved to leave the bank and is not booked yet."""
    rows = db.session.execute(
        select(Payout.case_id, func.sum(Payout.amount_minor))
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(
            Payout.court_id == court_id,
            Payout.status.in_((PayoutStatus.CHOSEN, PayoutStatus.HELD)),
            PayoutBatch.status.in_((BatchStatus.APPROVED, BatchStatus.SENT)),
            Payout.case_id.is_not(None),
        )
        .group_by(Payout.case_id)
    )
    return {row[0]: int(row[1]) for row in rows if row[0] is not None}
