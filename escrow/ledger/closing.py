"""Closing of days: once two people have closed a day of a court, it does not change any more.

Days close in order, each up to its end in Beijing. The second person confirms exactly the figures
the first one saw: if anything was booked in the day meanwhile, the proposal has to be made again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select, union

from auction.core.audit import record
from auction.core.bulk import among, insert_rows
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.sales.calendar import beijing_moment
from escrow.ledger.models import (
    CLOSE_TRANSITIONS,
    Account,
    AccountBalance,
    CloseStatus,
    ClosingBalance,
    DayClose,
    Transfer,
)
from escrow.ledger.posting import lock_books
from escrow.ledger.rules import Sums
from escrow.ledger.sums import Basis, Span, carried_by, last_close, moved_in

Totals = dict[str, dict[str, list[int]]]


@dataclass(frozen=True)
class CloseFigures:
    """What a close closes: what moved since the last one, and where every such account stands."""

    transfer_count: int
    totals: Totals
    sums: dict[int, Sums]
    sha256: str


def closed_through(court_id: int) -> date | None:
    """The last day of the court that is closed; None if none is."""
    close = last_close(court_id)
    return close.day if close else None


def day_end(day: date) -> datetime:
    """The first moment after `day` in Beijing."""
    return beijing_moment(day + timedelta(days=1), time(0))


def open_close_of(court_id: int) -> DayClose | None:
    """The close that waits for its second person."""
    return db.session.scalar(
        select(DayClose).where(
            DayClose.court_id == court_id, DayClose.status == CloseStatus.PROPOSED
        )
    )


def propose_day_close(
    court_id: int, day: date, *, actor_id: int, now: datetime, note: str = ""
) -> DayClose:
    """The first person has looked over the day: its figures are shown to the second.

    Refused: `day-not-over`, `day-closed` (it is, or a later one), `close-proposed` (another waits).
    """
    lock_books(court_id)
    closes_at = day_end(day)
    if closes_at > now:
        raise DomainError("day-not-over", _l("该日尚未结束，不能日结。"))
    before = last_close(court_id)
    if before is not None and day <= before.day:
        raise DomainError("day-closed", _l("该日账务已经日结，不能再记入。"))
    if open_close_of(court_id) is not None:
        raise DomainError("close-proposed", _l("已有一次日结等待第二人复核。"))
    figures = count_day(court_id, before, closes_at)
    row = DayClose(
        court_id=court_id,
        day=day,
        closes_at=closes_at,
        status=CloseStatus.PROPOSED,
        totals=figures.totals,
        transfer_count=figures.transfer_count,
        sha256=figures.sha256,
        note=note,
        proposed_by=actor_id,
        proposed_at=now,
    )
    db.session.add(row)
    detail = {"day": day.isoformat(), "sha256": figures.sha256}
    record("propose-day-close", row, actor_id=actor_id, at=now, detail=detail)
    return row


def confirm_day_close(close_id: int, *, court_id: int, actor_id: int, now: datetime) -> DayClose:
    """The second person agrees: the day is closed, for good.

    Refused: `same-person`, `wrong-state`, `day-changed` (booked in since it was proposed).
    """
    row = _lock_close(close_id, court_id)
    if row.status is CloseStatus.CLOSED:
        return row
    if row.status is not CloseStatus.PROPOSED:
        raise DomainError("wrong-state", _l("这次日结已经撤回，请重新提交。"))
    if row.proposed_by == actor_id:
        raise Forbidden("same-person", _l("经办人不能复核自己提交的日结。"))
    lock_books(court_id, alone=True)
    before = last_close(court_id)
    figures = count_day(court_id, before, row.closes_at)
    if figures.sha256 != row.sha256:
        raise DomainError("day-changed", _l("提交后该日账务有变动，请撤回后重新提交日结。"))
    confirmed_at = _after_all(court_id, before, now)
    _carry_forward(row, before, figures)
    row.confirmed_by, row.confirmed_at = actor_id, confirmed_at
    change_state(row, CloseStatus.CLOSED, CLOSE_TRANSITIONS, actor_id=actor_id, at=now)
    detail = {"day": row.day.isoformat(), "sha256": row.sha256}
    record("confirm-day-close", row, actor_id=actor_id, at=now, detail=detail)
    db.session.flush()
    return row


def withdraw_day_close(close_id: int, *, court_id: int, actor_id: int, now: datetime) -> DayClose:
    """The proposal is taken back; the day stays open. Refused: `wrong-state`."""
    row = _lock_close(close_id, court_id)
    if row.status is not CloseStatus.WITHDRAWN:
        change_state(row, CloseStatus.WITHDRAWN, CLOSE_TRANSITIONS, actor_id=actor_id, at=now)
    return row


def list_day_closes(court_id: int, limit: int = 60) -> list[DayClose]:
    """The court's closes, newest first, without those taken back."""
    query = (
        select(DayClose)
        .where(DayClose.court_id == court_id, DayClose.status != CloseStatus.WITHDRAWN)
        .order_by(DayClose.closes_at.desc(), DayClose.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def count_day(court_id: int, before: DayClose | None, closes_at: datetime) -> CloseFigures:
    """What took effect since the close `before` and before `closes_at`."""
    span = Span(court_id, Basis.EFFECTIVE, before, closes_at)
    moved = moved_in(span)
    ids = sorted(moved)
    carried = carried_by(before, ids)
    sums = {i: carried.get(i, Sums()) + moved[i] for i in ids}
    count = db.session.scalar(select(func.count()).where(span.condition())) or 0
    chain = hashlib.sha256((before.sha256 if before else "").encode())
    for i in ids:
        chain.update(f"{i} {_written(sums[i])}\n".encode())
    return CloseFigures(count, _by_kind(moved), sums, chain.hexdigest())


def _by_kind(moved: dict[int, Sums]) -> Totals:
    totals: Totals = {}
    rows = db.session.execute(
        select(Account.id, Account.kind, Account.currency)
        .where(among(Account.id, list(moved), db.engine.dialect))
        .order_by(Account.id)
    )
    for account_id, kind, currency in rows:
        both = totals.setdefault(currency, {}).setdefault(str(kind), [0, 0])
        both[0] += moved[account_id].debits_posted
        both[1] += moved[account_id].credits_posted
    return totals


def _written(sums: Sums) -> str:
    return (
        f"{sums.debits_posted} {sums.credits_posted} {sums.debits_pending} {sums.credits_pending}"
    )


def _lock_close(close_id: int, court_id: int) -> DayClose:
    row = db.session.get(DayClose, close_id, with_for_update=True, populate_existing=True)
    if row is None or row.court_id != court_id:
        raise NotFound("unknown-close", _l("没有这次日结。"))
    return row


def _after_all(court_id: int, before: DayClose | None, now: datetime) -> datetime:
    """A moment not earlier than anything recorded so far, whichever machine's clock wrote it."""
    latest = db.session.scalar(
        select(func.max(Transfer.recorded_at)).where(Transfer.court_id == court_id)
    )
    moments = [now, latest, before.confirmed_at if before else None]
    return max(moment for moment in moments if moment is not None)


def _carry_forward(row: DayClose, before: DayClose | None, figures: CloseFigures) -> None:
    """Write down where every account stands that moved since the close before, either way."""
    since = Span(row.court_id, Basis.RECORDED, before, None).condition()
    recorded = union(
        select(Transfer.debit_account_id.label("id")).where(since),
        select(Transfer.credit_account_id).where(since),
    )
    ids = sorted(figures.sums.keys() | set(db.session.scalars(recorded)))
    if not ids:
        return
    standing = carried_by(before, ids) | figures.sums
    live = db.session.execute(
        select(
            AccountBalance.account_id,
            AccountBalance.debits_posted,
            AccountBalance.credits_posted,
            AccountBalance.debits_pending,
            AccountBalance.credits_pending,
        ).where(among(AccountBalance.account_id, ids, db.engine.dialect))
    )
    rows = []
    for account_id, *values in live:
        effective, known = standing.get(account_id, Sums()), Sums(*values)
        rows.append(
            {
                "account_id": account_id,
                "day_close_id": row.id,
                "debits_posted": effective.debits_posted,
                "credits_posted": effective.credits_posted,
                "debits_pending": effective.debits_pending,
                "credits_pending": effective.credits_pending,
                "known_debits_posted": known.debits_posted,
                "known_credits_posted": known.credits_posted,
                "known_debits_pending": known.debits_pending,
                "known_credits_pending": known.credits_pending,
            }
        )
    insert_rows(db.session.connection(), ClosingBalance.__table__, rows)
