"""Book transfers, in the caller's transaction: all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from escrow.ledger.models import Account, AccountBalance, Transfer
from escrow.ledger.rules import (
    ASSETS,
    OWNER_OF,
    AccountKind,
    Phase,
    Side,
    Sums,
    TransferKind,
    is_allowed,
    is_overdrawn,
    normal_side,
)


@dataclass(frozen=True)
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


def account(
    kind: AccountKind,
    owner_id: int,
    *,
    court_id: int,
    case_id: int | None = None,
    currency: str = "CNY",
) -> Account:
    """The account of `kind` of this owner (the court itself: its own id), opened if need be."""
    found = find_account(kind, owner_id, court_id=court_id, currency=currency)
    if found is not None:
        return found
    row = Account(
        court_id=court_id,
        kind=kind,
        owner_type=OWNER_OF[kind],
        owner_id=owner_id,
        case_id=case_id,
        currency=currency,
        normal_side=normal_side(kind),
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
            db.session.add(AccountBalance(account_id=row.id, is_liability=kind not in ASSETS))
    except IntegrityError:  # somebody else opened it at the same moment
        found = find_account(kind, owner_id, court_id=court_id, currency=currency)
        assert found is not None, "the unique constraint refused an account that is not there"
        return found
    return row


def find_account(
    kind: AccountKind, owner_id: int, *, court_id: int, currency: str = "CNY"
) -> Account | None:
    """The account of `kind` of this owner, if it was ever opened."""
    return db.session.scalar(
        select(Account).where(
            Account.court_id == court_id,
            Account.kind == kind,
            Account.owner_type == OWNER_OF[kind],
            Account.owner_id == owner_id,
            Account.currency == currency,
        )
    )


def post(
    transfers: Sequence[NewTransfer], *, at: datetime, actor_id: int | None = None
) -> list[Transfer]:
    """Book all of `transfers`, in order, or none; one booked before comes back as it was.

    Raises DomainError `transfer-not-allowed` (accounts and kind do not fit, or it is not the hold's
    mirror), `transfer-key-reused` (same key, other content), `overdrawn` (more would leave than is
    there), `hold-resolved` or `reversed-already`.
    """
    balances = _lock_balances(transfers)
    known = _find_by_keys([new.key for new in transfers])
    holds = _load_holds(transfers)
    rows: dict[str, dict[str, Any]] = {}
    for new in transfers:
        values = _values(new, at, actor_id)
        if new.key in known:
            _check_same(_content(known[new.key]), values)
        elif new.key in rows:
            _check_same(rows[new.key], values)
        else:
            _check(new, holds)
            _book(new, balances, holds)
            rows[new.key] = values
    _write_balances(balances)
    for row in _insert(list(rows.values())):
        known[row.idempotency_key] = row
    return [known[new.key] for new in transfers]


def reverse(
    transfer: Transfer,
    *,
    key: str,
    source: Any,
    at: datetime,
    actor_id: int | None,
    note: str,
) -> Transfer:
    """Undo a booked transfer by its mirror image that names it (CN16-32.1); once only."""
    return post(
        [
            NewTransfer(
                kind=TransferKind.REVERSAL,
                debit=_get_account(transfer.credit_account_id),
                credit=_get_account(transfer.debit_account_id),
                amount_minor=transfer.amount_minor,
                key=key,
                source=source,
                effective_at=at,
                reverses_id=transfer.id,
                case_id=transfer.case_id,
                note=note,
            )
        ],
        at=at,
        actor_id=actor_id,
    )[0]


def resolve_hold(
    hold: Transfer,
    *,
    amount_minor: int,
    key: str,
    source: Any,
    effective_at: datetime,
    at: datetime,
    actor_id: int | None = None,
    note: str = "",
) -> Transfer:
    """Post a hold for `amount_minor` (the rest is released), or void it when that is 0; once."""
    return post(
        [
            NewTransfer(
                kind=hold.kind,
                debit=_get_account(hold.debit_account_id),
                credit=_get_account(hold.credit_account_id),
                amount_minor=amount_minor or hold.amount_minor,
                key=key,
                source=source,
                effective_at=effective_at,
                phase=Phase.POST if amount_minor else Phase.VOID,
                pending_id=hold.id,
                case_id=hold.case_id,
                note=note,
            )
        ],
        at=at,
        actor_id=actor_id,
    )[0]


# ── steps of `post` ─────────────────────────────────────────────────────────────────────────────


@dataclass
class _Cell:
    """A locked balance while it is counted."""

    row: AccountBalance
    sums: Sums


def _get_account(account_id: int) -> Account:
    row = db.session.get(Account, account_id)
    assert row is not None, "a foreign key points here"
    return row


def _lock_balances(transfers: Iterable[NewTransfer]) -> dict[int, _Cell]:
    """Lock the balances in the order of account ids, so that no two callers wait for each other."""
    ids = {a.id for new in transfers for a in (new.debit, new.credit)}
    rows = db.session.scalars(
        select(AccountBalance)
        .where(AccountBalance.account_id.in_(ids))
        .order_by(AccountBalance.account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.account_id: _Cell(row, row.sums()) for row in rows}


def _find_by_keys(keys: Sequence[str]) -> dict[str, Transfer]:
    found = db.session.scalars(select(Transfer).where(Transfer.idempotency_key.in_(keys)))
    return {row.idempotency_key: row for row in found}


def _load_holds(transfers: Iterable[NewTransfer]) -> dict[int, Transfer]:
    ids = {i for new in transfers for i in (new.pending_id, new.reverses_id) if i is not None}
    if not ids:
        return {}
    return {row.id: row for row in db.session.scalars(select(Transfer).where(Transfer.id.in_(ids)))}


def _values(new: NewTransfer, at: datetime, actor_id: int | None) -> dict[str, Any]:
    return {
        "court_id": new.debit.court_id,
        "kind": new.kind,
        "debit_account_id": new.debit.id,
        "credit_account_id": new.credit.id,
        "amount_minor": new.amount_minor,
        "currency": new.debit.currency,
        "phase": new.phase,
        "pending_id": new.pending_id,
        "reverses_id": new.reverses_id,
        "case_id": new.case_id,
        "source_type": new.source.__tablename__,
        "source_id": new.source.id,
        "effective_at": new.effective_at,
        "recorded_at": at,
        "actor_id": actor_id,
        "idempotency_key": new.key,
        "note": new.note,
    }


# When and by whom it was booked, and the words beside it, may differ between two attempts.
_CONTENT = (
    "kind",
    "debit_account_id",
    "credit_account_id",
    "amount_minor",
    "currency",
    "phase",
    "pending_id",
    "reverses_id",
    "case_id",
    "source_type",
    "source_id",
)


def _content(row: Transfer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _CONTENT}


def _check_same(before: dict[str, Any], now: dict[str, Any]) -> None:
    if any(before[name] != now[name] for name in _CONTENT):
        raise DomainError("transfer-key-reused", _l("同一笔入账的内容前后不一致，未记账。"))


def _check(new: NewTransfer, known: dict[int, Transfer]) -> None:
    """Refuse what the table of moves does not have, and what is not its hold's or twin's mirror."""
    fits = (
        new.amount_minor > 0
        and new.debit.id != new.credit.id
        and new.debit.court_id == new.credit.court_id
        and new.debit.currency == new.credit.currency
        and is_allowed(new.kind, new.debit.kind, new.credit.kind, new.phase)
        and (new.pending_id is None) == (new.phase in (Phase.SINGLE, Phase.PENDING))
        and (new.reverses_id is None) == (new.kind is not TransferKind.REVERSAL)
    )
    if fits and new.pending_id is not None:
        fits = _fits_hold(new, known.get(new.pending_id))
    if fits and new.reverses_id is not None:
        fits = _mirrors(new, known.get(new.reverses_id))
    if not fits:
        raise DomainError(
            "transfer-not-allowed",
            _l("账簿不允许这样记账。"),
            kind=str(new.kind),
            debit=str(new.debit.kind),
            credit=str(new.credit.kind),
        )


def _fits_hold(new: NewTransfer, hold: Transfer | None) -> bool:
    if hold is None or hold.phase is not Phase.PENDING:
        return False
    taken = db.session.scalar(select(Transfer.id).where(Transfer.pending_id == hold.id))
    if taken is not None:
        raise DomainError("hold-resolved", _l("这笔冻结款已经处理过，不能再次处理。"))
    return (
        (new.kind, new.debit.id, new.credit.id)
        == (hold.kind, hold.debit_account_id, hold.credit_account_id)
        and new.amount_minor <= hold.amount_minor
        and (new.phase is Phase.POST or new.amount_minor == hold.amount_minor)
    )


def _mirrors(new: NewTransfer, twin: Transfer | None) -> bool:
    if twin is None or twin.reverses_id is not None:
        return False
    taken = db.session.scalar(select(Transfer.id).where(Transfer.reverses_id == twin.id))
    if taken is not None:
        raise DomainError("reversed-already", _l("这笔分录已经冲正过。"))
    return twin.phase in (Phase.SINGLE, Phase.POST) and (
        new.debit.id,
        new.credit.id,
        new.amount_minor,
    ) == (twin.credit_account_id, twin.debit_account_id, twin.amount_minor)


def _book(new: NewTransfer, balances: dict[int, _Cell], holds: dict[int, Transfer]) -> None:
    held = holds[new.pending_id].amount_minor if new.pending_id is not None else 0
    for side, booked in ((Side.DEBIT, new.debit), (Side.CREDIT, new.credit)):
        cell = balances[booked.id]
        cell.sums = cell.sums.book(side, new.phase, new.amount_minor, held)
        if is_overdrawn(booked.kind, cell.sums):
            raise DomainError(
                "overdrawn",
                _l("账户余额不足，未记账。"),
                account_id=booked.id,
                kind=str(booked.kind),
            )


def _write_balances(balances: dict[int, _Cell]) -> None:
    for cell in balances.values():
        cell.row.debits_posted = cell.sums.debits_posted
        cell.row.credits_posted = cell.sums.credits_posted
        cell.row.debits_pending = cell.sums.debits_pending
        cell.row.credits_pending = cell.sums.credits_pending
    db.session.flush()


def _insert(rows: list[dict[str, Any]]) -> list[Transfer]:
    if not rows:
        return []
    statement = insert(Transfer).returning(Transfer, sort_by_parameter_order=True)
    try:
        return list(db.session.scalars(statement, rows))
    except IntegrityError as error:  # the same key, at the same moment, for other accounts
        raise DomainError(
            "transfer-key-reused", _l("同一笔入账的内容前后不一致，未记账。")
        ) from error
