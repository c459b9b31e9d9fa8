"""What every account held at any moment: by when things took effect, or by when they were recorded.

A close carries each account's sums forward, so that a question about any moment reads the last
close before it and the transfers since, however long the books are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from auction.core.bulk import among
from auction.core.db import db
from escrow.ledger.models import (
    Account,
    CloseStatus,
    ClosingBalance,
    DayClose,
    Transfer,
)
from escrow.ledger.rules import Phase, Sums


class Basis(StrEnum):
    """By which of its two moments a transfer belongs to a day."""

    EFFECTIVE = "effective"
    RECORDED = "recorded"  # what the books said at that moment


@dataclass(frozen=True)
class Span:
    """The transfers of a court between a close and a moment, as a condition for `Transfer`."""

    court_id: int
    basis: Basis
    close: DayClose | None
    until: datetime | None  # exclusive; None: all there are
    through: datetime | None = None  # the same, inclusive

    def condition(self) -> ColumnElement[bool]:
        """Whether a transfer belongs to the span."""
        column = Transfer.effective_at if self.basis is Basis.EFFECTIVE else Transfer.recorded_at
        tests = [Transfer.court_id == self.court_id]
        if self.close is not None and self.basis is Basis.EFFECTIVE:
            tests.append(column >= self.close.closes_at)
        if self.close is not None and self.basis is Basis.RECORDED:
            tests.append(column > self.close.confirmed_at)
        if self.until is not None:
            tests.append(column < self.until)
        if self.through is not None:
            tests.append(column <= self.through)
        return and_(*tests)


def sums_as_of(account: Account, until: datetime, *, basis: Basis = Basis.EFFECTIVE) -> Sums:
    """All that moved on one account before `until`."""
    span = _span(account.court_id, until, basis)
    found = _carried(span, [account.id]).get(account.id, Sums())
    return found + moved_in(span, account.id).get(account.id, Sums())


def court_sums_as_of(
    court_id: int, until: datetime, *, basis: Basis = Basis.EFFECTIVE
) -> dict[int, Sums]:
    """The same for every account of a court on which anything ever moved, by account id."""
    span = _span(court_id, until, basis)
    sums = _carried(span, None)
    for account_id, found in moved_in(span).items():
        sums[account_id] = sums.get(account_id, Sums()) + found
    return sums


def moved_in(span: Span, account_id: int | None = None) -> dict[int, Sums]:
    """What moved on each account, or on one, within a span."""
    rows = db.session.execute(_moved(span, account_id))
    return {row[0]: Sums(*(int(value) for value in row[1:])) for row in rows}


def carried_by(close: DayClose | None, account_ids: Sequence[int] | None) -> dict[int, Sums]:
    """The sums in the order of effect that the last close carried forward, by account."""
    if close is None:
        return {}
    return _carried(Span(close.court_id, Basis.EFFECTIVE, close, None), account_ids)


def last_close(
    court_id: int, *, until: datetime | None = None, basis: Basis = Basis.EFFECTIVE
) -> DayClose | None:
    """The court's last close, or its last one before a moment."""
    query = select(DayClose).where(
        DayClose.court_id == court_id, DayClose.status == CloseStatus.CLOSED
    )
    if until is not None and basis is Basis.EFFECTIVE:
        query = query.where(DayClose.closes_at <= until)
    if until is not None and basis is Basis.RECORDED:
        query = query.where(DayClose.confirmed_at < until)
    return db.session.scalar(query.order_by(DayClose.closes_at.desc()).limit(1))


def _span(court_id: int, until: datetime, basis: Basis) -> Span:
    return Span(court_id, basis, last_close(court_id, until=until, basis=basis), until)


_EFFECTIVE = (
    ClosingBalance.debits_posted,
    ClosingBalance.credits_posted,
    ClosingBalance.debits_pending,
    ClosingBalance.credits_pending,
)
_KNOWN = (
    ClosingBalance.known_debits_posted,
    ClosingBalance.known_credits_posted,
    ClosingBalance.known_debits_pending,
    ClosingBalance.known_credits_pending,
)


def _carried(span: Span, account_ids: Sequence[int] | None) -> dict[int, Sums]:
    """What each account's last row up to the span's close says."""
    if span.close is None:
        return {}
    if account_ids is None:
        chosen: ColumnElement[bool] = ClosingBalance.account_id.in_(
            select(Account.id).where(Account.court_id == span.court_id)
        )
    else:
        chosen = among(ClosingBalance.account_id, account_ids, db.engine.dialect)
    last = (
        select(
            ClosingBalance.account_id, func.max(ClosingBalance.day_close_id).label("day_close_id")
        )
        .where(chosen, ClosingBalance.day_close_id <= span.close.id)
        .group_by(ClosingBalance.account_id)
        .subquery()
    )
    columns = _EFFECTIVE if span.basis is Basis.EFFECTIVE else _KNOWN
    rows = db.session.execute(
        select(ClosingBalance.account_id, *columns).join(
            last,
            and_(
                last.c.account_id == ClosingBalance.account_id,
                last.c.day_close_id == ClosingBalance.day_close_id,
            ),
        )
    )
    return {row[0]: Sums(*row[1:]) for row in rows}


def posted_part() -> ColumnElement[int]:
    """What a transfer moves at once or at last."""
    return case(
        (Transfer.phase.in_((Phase.SINGLE, Phase.POST)), Transfer.amount_minor), else_=literal(0)
    )


def pending_part() -> ColumnElement[int]:
    """What a transfer holds, or (negative) no longer holds."""
    return case(
        (Transfer.phase == Phase.PENDING, Transfer.amount_minor),
        else_=-Transfer.released_minor,
    )


def _moved(span: Span, account_id: int | None) -> Select[*tuple[Any, ...]]:
    """Sums of a span by account, or of one account."""
    zero = literal(0)

    def side(
        column: InstrumentedAttribute[int], values: tuple[ColumnElement[int], ...]
    ) -> Select[*tuple[Any, ...]]:
        labelled = (v.label(f"v{n}") for n, v in enumerate(values))
        query = select(column.label("account_id"), *labelled).where(span.condition())
        return query if account_id is None else query.where(column == account_id)

    both = union_all(
        side(Transfer.debit_account_id, (posted_part(), zero, pending_part(), zero)),
        side(Transfer.credit_account_id, (zero, posted_part(), zero, pending_part())),
    ).subquery("moved")
    return select(
        both.c.account_id,
        func.sum(both.c.v0),
        func.sum(both.c.v1),
        func.sum(both.c.v2),
        func.sum(both.c.v3),
    ).group_by(both.c.account_id)
