"""Accounts, and transfers one by one, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.core.bulk import among, insert_rows
from auction.core.db import db
from escrow.ledger.models import Account, Transfer
from escrow.ledger.posting import NewTransfer, post_many
from escrow.ledger.rules import OWNER_OF, AccountKind, Phase, TransferKind, normal_side


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
    row = Account(**_new_account(kind, owner_id, court_id, case_id, currency))
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:  # somebody else opened it at the same moment
        found = find_account(kind, owner_id, court_id=court_id, currency=currency)
        assert found is not None, "the unique constraint refused an account that is not there"
        return found
    return row


def open_accounts(
    kind: AccountKind,
    owners: Mapping[int, int | None],
    *,
    court_id: int,
    currency: str = "CNY",
) -> dict[int, Account]:
    """The accounts of many owners, {owner: case}, by owner; those not there yet are opened."""
    found = _find_accounts(kind, list(owners), court_id, currency)
    missing = [
        _new_account(kind, owner_id, court_id, case_id, currency)
        for owner_id, case_id in owners.items()
        if owner_id not in found
    ]
    if missing:
        db.session.flush()
        insert_rows(db.session.connection(), Account.__table__, missing)
        found = _find_accounts(kind, list(owners), court_id, currency)
    return found


def _new_account(
    kind: AccountKind, owner_id: int, court_id: int, case_id: int | None, currency: str
) -> dict[str, Any]:
    return {
        "court_id": court_id,
        "kind": kind,
        "owner_type": OWNER_OF[kind],
        "owner_id": owner_id,
        "case_id": case_id,
        "currency": currency,
        "normal_side": normal_side(kind),
    }


def _find_accounts(
    kind: AccountKind, owners: Sequence[int], court_id: int, currency: str
) -> dict[int, Account]:
    rows = db.session.scalars(
        select(Account).where(
            Account.court_id == court_id,
            Account.kind == kind,
            Account.owner_type == OWNER_OF[kind],
            Account.currency == currency,
            among(Account.owner_id, owners, db.engine.dialect),
        )
    )
    return {row.owner_id: row for row in rows}


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
    """Book all of `transfers`, in order, or none: `post_many`, with the rows for the caller."""
    ids = post_many(transfers, at=at, actor_id=actor_id)
    rows = db.session.scalars(select(Transfer).where(among(Transfer.id, ids, db.engine.dialect)))
    by_id = {row.id: row for row in rows}
    return [by_id[transfer_id] for transfer_id in ids]


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


def _get_account(account_id: int) -> Account:
    row = db.session.get(Account, account_id)
    assert row is not None, "a foreign key points here"
    return row
