"""What the pages of payouts show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.accounts.models import User
from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from escrow.bank.models import BankLine, LineStatus
from escrow.bank.parsed import Side
from escrow.payouts.confirming import propose_for_credit, propose_for_debit
from escrow.payouts.models import (
    BatchStatus,
    Payout,
    PayoutBatch,
    PayoutStatus,
    Voucher,
    VoucherKind,
)
from escrow.payouts.sources import Debt

PER_PAGE = 50


@dataclass(frozen=True)
class Tally:
    """How many, and how much in all."""

    count: int = 0
    amount_minor: int = 0


def list_batches(court_id: int, page: int) -> tuple[list[tuple[PayoutBatch, Tally]], int]:
    """One page of the court's batches with their sums, newest first, and how many in all."""
    mine = PayoutBatch.court_id == court_id
    total = db.session.scalar(select(func.count(PayoutBatch.id)).where(mine)) or 0
    rows = list(
        db.session.scalars(
            select(PayoutBatch)
            .where(mine)
            .order_by(PayoutBatch.number.desc())
            .limit(PER_PAGE)
            .offset((page - 1) * PER_PAGE)
        )
    )
    sums = _sums([row.id for row in rows])
    return [(row, sums.get(row.id, Tally())) for row in rows], total


def _sums(batch_ids: list[int]) -> dict[int, Tally]:
    rows = db.session.execute(
        select(Payout.batch_id, func.count(), func.sum(Payout.amount_minor))
        .where(Payout.batch_id.in_(batch_ids))
        .group_by(Payout.batch_id)
    )
    return {row[0]: Tally(int(row[1]), int(row[2])) for row in rows if row[0] is not None}


def find_batch(user: User, batch_id: int) -> PayoutBatch:
    """One batch of the person's court; raises NotFound."""
    row = db.session.scalar(
        select(PayoutBatch).where(PayoutBatch.id == batch_id, PayoutBatch.court_id == user.court_id)
    )
    if row is None:
        raise NotFound("unknown-batch", _l("没有这个付款批次。"))
    return row


def tallies_of(batch: PayoutBatch) -> dict[str, Tally]:
    """How many of a batch's payments are how far."""
    rows = db.session.execute(
        select(Payout.status, func.count(), func.sum(Payout.amount_minor))
        .where(Payout.batch_id == batch.id)
        .group_by(Payout.status)
    )
    return {str(status): Tally(int(count), int(total)) for status, count, total in rows}


def lines_of(batch: PayoutBatch, page: int) -> list[tuple[Payout, str]]:
    """One page of a batch's payments with their cases, in the order of the file."""
    rows = db.session.execute(
        select(Payout, EnforcementCase.number)
        .outerjoin(EnforcementCase, EnforcementCase.id == Payout.case_id)
        .where(Payout.batch_id == batch.id)
        .order_by(Payout.position)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return [(payout, number or "") for payout, number in rows]


def people_of(batch: PayoutBatch) -> dict[int, str]:
    """The names of everybody who had a hand in it."""
    ids = {
        batch.drafted_by,
        batch.first_checker_id,
        batch.second_checker_id,
        batch.downloaded_by,
        batch.frozen_by,
        batch.thawed_by,
    }
    rows = db.session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def waiting_for_check(court_id: int) -> int:
    """Batches that wait for a checker."""
    found = select(func.count(PayoutBatch.id)).where(
        PayoutBatch.court_id == court_id, PayoutBatch.status == BatchStatus.SUBMITTED
    )
    return db.session.scalar(found) or 0


def case_numbers(debts: list[Debt]) -> dict[int, str]:
    """The numbers of the debts' cases."""
    ids = {debt.case_id for debt in debts if debt.case_id is not None}
    rows = db.session.execute(
        select(EnforcementCase.id, EnforcementCase.number).where(EnforcementCase.id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}


def find_case_id(court_id: int, number: str) -> int | None:
    """The court's case of this number."""
    return db.session.scalar(
        select(EnforcementCase.id).where(
            EnforcementCase.court_id == court_id, EnforcementCase.number == number
        )
    )


# ── what no statement has shown, and what came back ─────────────────────────────────────────────


@dataclass(frozen=True)
class Silent:
    """A payment that left, as far as we know, and since when no statement shows it."""

    payout: Payout
    batch: PayoutBatch | None
    since: datetime


def list_silent(court_id: int, page: int) -> tuple[list[Silent], int]:
    """Payments that have left and that no statement shows, oldest first, and how many in all."""
    gone = (
        Payout.court_id == court_id,
        Payout.bank_line_id.is_(None),
        (
            (Payout.status == PayoutStatus.PAID)
            | (
                (Payout.status == PayoutStatus.HELD)
                & PayoutBatch.status.in_((BatchStatus.SENT, BatchStatus.DONE))
            )
        ),
    )
    base = select(Payout, PayoutBatch).outerjoin(PayoutBatch, PayoutBatch.id == Payout.batch_id)
    total = db.session.scalar(select(func.count()).select_from(base.where(*gone).subquery())) or 0
    rows = db.session.execute(
        base.where(*gone).order_by(Payout.id).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
    return [
        Silent(payout, batch, (batch.approved_at if batch else None) or payout.created_at)
        for payout, batch in rows
    ], total


@dataclass(frozen=True)
class Proposal:
    """A statement line that a person should look at, with the payments it may be."""

    line: BankLine
    payouts: list[Payout]


def debit_proposals(court_id: int) -> list[Proposal]:
    """Unexplained debits that may be payments of ours."""
    return [
        Proposal(line, found)
        for line in _lines(court_id, Side.DEBIT, LineStatus.OPEN)
        if (found := propose_for_debit(line))
    ]


def credit_proposals(court_id: int) -> list[Proposal]:
    """Suspended credits that may be payments of ours that came back."""
    return [
        Proposal(line, found)
        for line in _lines(court_id, Side.CREDIT, LineStatus.SUSPENSE)
        if (found := propose_for_credit(line))
    ]


def _lines(court_id: int, side: Side, status: LineStatus) -> list[BankLine]:
    return list(
        db.session.scalars(
            select(BankLine)
            .where(BankLine.court_id == court_id, BankLine.side == side, BankLine.status == status)
            .order_by(BankLine.booked_on, BankLine.id)
            .limit(200)
        )
    )


def list_returned(court_id: int) -> list[Payout]:
    """The last payments that came back."""
    query = (
        select(Payout)
        .where(Payout.court_id == court_id, Payout.status == PayoutStatus.RETURNED)
        .order_by(Payout.returned_at.desc(), Payout.id.desc())
        .limit(100)
    )
    return list(db.session.scalars(query))


# ── vouchers ────────────────────────────────────────────────────────────────────────────────────


def list_vouchers(
    court_id: int, *, kind: VoucherKind | None, page: int
) -> tuple[list[tuple[Voucher, str]], int]:
    """One page of the court's vouchers with their cases, newest first, and how many in all."""
    where = [Voucher.court_id == court_id]
    if kind is not None:
        where.append(Voucher.kind == kind)
    total = db.session.scalar(select(func.count(Voucher.id)).where(*where)) or 0
    rows = db.session.execute(
        select(Voucher, EnforcementCase.number)
        .outerjoin(EnforcementCase, EnforcementCase.id == Voucher.case_id)
        .where(*where)
        .order_by(Voucher.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return [(voucher, number or "") for voucher, number in rows], total


def find_voucher(user: User, voucher_id: int) -> Voucher:
    """One voucher of the person's court; raises NotFound."""
    row = db.session.scalar(
        select(Voucher).where(Voucher.id == voucher_id, Voucher.court_id == user.court_id)
    )
    if row is None:
        raise NotFound("unknown-voucher", _l("没有这张凭证。"))
    return row
