"""Book many transfers at once, in the caller's transaction: all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from auction.core.bulk import among, insert_rows
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from escrow.ledger.guards import BOOKS_LOCK
from escrow.ledger.models import Account, AccountBalance, CloseStatus, DayClose, Transfer
from escrow.ledger.rules import Phase, Side, Sums, TransferKind, is_allowed, is_overdrawn

_TICK = timedelta(milliseconds=1)


class IfClosed(StrEnum):
    """What becomes of a transfer that would take effect in a day that is closed already."""

    # A fact from outside (money that came) must be booked: in the first moment still open, with
    # the moment it really happened kept beside it.
    NEXT_OPEN = "next-open"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """A transfer to be booked; `key` is its idempotency key, the same for every attempt.

    A `POST` or `VOID` names the hold in `pending_id` and its accounts; a `POST` may be for less
    than was held: the rest is released.
    """

    kind: TransferKind
    debit: Account
    credit: Account
    amount_minor: int
    key: str
    source: Any  # the row behind it, flushed
    effective_at: datetime
    phase: Phase = Phase.SINGLE
    pending_id: int | None = None
    reverses_id: int | None = None
    case_id: int | None = None
    note: str = ""
    if_closed: IfClosed = IfClosed.NEXT_OPEN


def post_many(
    transfers: Sequence[NewTransfer], *, at: datetime, actor_id: int | None = None
) -> list[int]:
    """Book all of `transfers`, in order, or none; their ids. One booked before keeps its id.

    Raises DomainError `transfer-not-allowed` (accounts and kind do not fit, or it is not the hold's
    mirror), `transfer-key-reused` (same key, other content), `overdrawn` (more would leave than is
    there), `hold-resolved`, `reversed-already` or `day-closed`. Locks: the books of the courts
    against closing, then the balances in the order of account ids.
    """
    if not transfers:
        return []
    db.session.flush()
    courts = sorted({new.debit.court_id for new in transfers})
    openings = {court_id: _keep_open(court_id) for court_id in courts}
    sums = _lock_sums(transfers)
    known = _find_by_keys([new.key for new in transfers])
    others = _load_others(transfers)
    rows: dict[str, dict[str, Any]] = {}
    for new in transfers:
        before = known.get(new.key) or rows.get(new.key)
        if before is not None:
            _check_same(before, new)
            continue
        _check(new, others)
        released = others.holds[new.pending_id].amount_minor if new.pending_id else 0
        _book(new, released, sums)
        row = _row(new, released, actor_id)
        row |= _moments(new, at, openings[new.debit.court_id])
        rows[new.key] = row
    _insert(list(rows.values()))
    ids = {key: row["id"] for key, row in known.items()}
    ids |= {key: row["id"] for key, row in _find_by_keys(list(rows)).items()}
    return [ids[new.key] for new in transfers]


# ── closing of days ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Opening:
    """From when on a court's books are open: by effect, and by recording; None: always."""

    effective_from: datetime | None
    recorded_after: datetime | None


def lock_books(court_id: int, *, alone: bool = False) -> None:
    """Keep a court's books from being closed until the transaction ends; `alone`: close them."""
    if db.engine.dialect.name != "postgresql":
        return  # one writer at a time as it is
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    db.session.execute(select(lock(BOOKS_LOCK, court_id)))


def opening_of(court_id: int) -> Opening:
    """Since when the court's books are open: after its last closed day."""
    row = db.session.execute(
        select(DayClose.closes_at, DayClose.confirmed_at)
        .where(DayClose.court_id == court_id, DayClose.status == CloseStatus.CLOSED)
        .order_by(DayClose.closes_at.desc())
        .limit(1)
    ).first()
    return Opening(row.closes_at, row.confirmed_at) if row else Opening(None, None)


def _keep_open(court_id: int) -> Opening:
    lock_books(court_id)
    return opening_of(court_id)


def _moments(new: NewTransfer, at: datetime, opening: Opening) -> dict[str, datetime | None]:
    """When it takes effect and is recorded: never in a closed day, never before its close."""
    effective_at, happened_at = new.effective_at, None
    if opening.effective_from is not None and effective_at < opening.effective_from:
        if new.if_closed is IfClosed.REFUSE:
            raise DomainError("day-closed", _l("该日账务已经日结，不能再记入。"))
        effective_at, happened_at = opening.effective_from, new.effective_at
    recorded_at = at
    if opening.recorded_after is not None and at <= opening.recorded_after:
        recorded_at = opening.recorded_after + _TICK
    return {
        "effective_at": effective_at,
        "happened_at": happened_at,
        "recorded_at": recorded_at,
    }


# ── what is read ────────────────────────────────────────────────────────────────────────────────


def _lock_sums(transfers: Iterable[NewTransfer]) -> dict[int, Sums]:
    """Lock the balances in the order of account ids, so that no two callers wait for each other."""
    ids = sorted({a.id for new in transfers for a in (new.debit, new.credit)})
    rows = db.session.execute(
        select(
            AccountBalance.account_id,
            AccountBalance.debits_posted,
            AccountBalance.credits_posted,
            AccountBalance.debits_pending,
            AccountBalance.credits_pending,
        )
        .where(among(AccountBalance.account_id, ids, db.engine.dialect))
        .order_by(AccountBalance.account_id)
        .with_for_update()
    )
    return {row[0]: Sums(*row[1:]) for row in rows}


# When and by whom it was booked, and the words beside it, may differ between two attempts.
_CONTENT = (
    "kind",
    "debit_account_id",
    "credit_account_id",
    "amount_minor",
    "phase",
    "pending_id",
    "reverses_id",
    "case_id",
    "source_type",
    "source_id",
)
_FOUND = ("id", "idempotency_key", *_CONTENT)


def _find_by_keys(keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is booked under these keys, by key."""
    if not keys:
        return {}
    found = db.session.execute(
        select(*(getattr(Transfer, name) for name in _FOUND)).where(
            among(Transfer.idempotency_key, keys, db.engine.dialect)
        )
    )
    return {row[1]: dict(zip(_FOUND, row, strict=True)) for row in found}


@dataclass(frozen=True)
class _Others:
    """Transfers that the new ones name, and which of them were resolved or reversed before."""

    holds: dict[int, Transfer]
    taken: set[int]


def _load_others(transfers: Sequence[NewTransfer]) -> _Others:
    dialect = db.engine.dialect
    held = [new.pending_id for new in transfers if new.pending_id is not None]
    undone = [new.reverses_id for new in transfers if new.reverses_id is not None]
    if not held and not undone:
        return _Others({}, set())
    rows = db.session.scalars(select(Transfer).where(among(Transfer.id, held + undone, dialect)))
    taken: set[int] = set()
    for column, ids in ((Transfer.pending_id, held), (Transfer.reverses_id, undone)):
        if ids:
            taken.update(db.session.scalars(select(column).where(among(column, ids, dialect))))
    return _Others({row.id: row for row in rows}, taken)


# ── what is checked ─────────────────────────────────────────────────────────────────────────────


def _check_same(before: dict[str, Any], new: NewTransfer) -> None:
    now = _content(new)
    if any(before[name] != now[name] for name in _CONTENT):
        raise DomainError("transfer-key-reused", _l("同一笔入账的内容前后不一致，未记账。"))


def _check(new: NewTransfer, others: _Others) -> None:
    """Refuse what the table of moves does not have, and what is not its hold's or twin's mirror."""
    debit, credit = new.debit, new.credit
    fits = (
        new.amount_minor > 0
        and debit.id != credit.id
        and debit.court_id == credit.court_id
        and debit.currency == credit.currency
        and is_allowed(new.kind, debit.kind, credit.kind, new.phase)
        and (new.pending_id is None) == (new.phase in (Phase.SINGLE, Phase.PENDING))
        and (new.reverses_id is None) == (new.kind is not TransferKind.REVERSAL)
    )
    if fits and new.pending_id is not None:
        fits = _fits_hold(new, others)
    if fits and new.reverses_id is not None:
        fits = _mirrors(new, others)
    if not fits:
        raise DomainError(
            "transfer-not-allowed",
            _l("账簿不允许这样记账。"),
            kind=str(new.kind),
            debit=str(debit.kind),
            credit=str(credit.kind),
        )


def _fits_hold(new: NewTransfer, others: _Others) -> bool:
    hold = others.holds.get(new.pending_id or 0)
    if hold is None or hold.phase is not Phase.PENDING:
        return False
    if hold.id in others.taken:
        raise DomainError("hold-resolved", _l("这笔冻结款已经处理过，不能再次处理。"))
    others.taken.add(hold.id)
    return (
        (new.kind, new.debit.id, new.credit.id)
        == (hold.kind, hold.debit_account_id, hold.credit_account_id)
        and new.amount_minor <= hold.amount_minor
        and (new.phase is Phase.POST or new.amount_minor == hold.amount_minor)
    )


def _mirrors(new: NewTransfer, others: _Others) -> bool:
    twin = others.holds.get(new.reverses_id or 0)
    if twin is None or twin.reverses_id is not None:
        return False
    if twin.id in others.taken:
        raise DomainError("reversed-already", _l("这笔分录已经冲正过。"))
    others.taken.add(twin.id)
    return twin.phase in (Phase.SINGLE, Phase.POST) and (
        new.debit.id,
        new.credit.id,
        new.amount_minor,
    ) == (twin.credit_account_id, twin.debit_account_id, twin.amount_minor)


def _book(new: NewTransfer, released: int, sums: dict[int, Sums]) -> None:
    for side, booked in ((Side.DEBIT, new.debit), (Side.CREDIT, new.credit)):
        after = sums[booked.id].book(side, new.phase, new.amount_minor, released)
        if is_overdrawn(booked.kind, after):
            raise DomainError(
                "overdrawn",
                _l("账户余额不足，未记账。"),
                account_id=booked.id,
                kind=str(booked.kind),
            )
        sums[booked.id] = after


# ── what is written ─────────────────────────────────────────────────────────────────────────────


def _content(new: NewTransfer) -> dict[str, Any]:
    return {
        "kind": new.kind,
        "debit_account_id": new.debit.id,
        "credit_account_id": new.credit.id,
        "amount_minor": new.amount_minor,
        "phase": new.phase,
        "pending_id": new.pending_id,
        "reverses_id": new.reverses_id,
        "case_id": new.case_id,
        "source_type": new.source.__tablename__,
        "source_id": new.source.id,
    }


def _row(new: NewTransfer, released: int, actor_id: int | None) -> dict[str, Any]:
    return {
        **_content(new),
        "court_id": new.debit.court_id,
        "currency": new.debit.currency,
        "released_minor": released,
        "actor_id": actor_id,
        "idempotency_key": new.key,
        "note": new.note,
    }


def _insert(rows: list[dict[str, Any]]) -> None:
    """Append the rows; the database moves the balances with them."""
    try:
        insert_rows(db.session.connection(), Transfer.__table__, rows)
    except IntegrityError as error:
        if "idempotency_key" not in str(error.orig):
            raise
        # the same key, at the same moment, for other accounts
        raise DomainError(
            "transfer-key-reused", _l("同一笔入账的内容前后不一致，未记账。")
        ) from error
