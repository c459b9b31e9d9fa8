"""The check of the books: recompute everything from the transfers, name whatever does not agree.

Faults come as they are found, row by row. Nothing grows with the length of the books: rules are
asked as queries that give only the rows that break them, and sums are counted along the accounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from auction.core.db import db
from escrow.ledger.closing import count_day
from escrow.ledger.guards import ACCOUNT, BALANCE, DAY_CLOSE, TRANSFER
from escrow.ledger.models import (
    Account,
    AccountBalance,
    CloseStatus,
    ClosingBalance,
    DayClose,
    Transfer,
)
from escrow.ledger.queries import select_postings
from escrow.ledger.rules import Phase, Side, Sums, TransferKind, is_allowed, is_overdrawn
from escrow.ledger.sums import Basis, Span, moved_in

CHUNK = 5_000


@dataclass(frozen=True)
class Fault:
    """Something in the books that must not be; `subject` names the row."""

    code: str
    subject: str
    detail: str


def check_ledger() -> list[Fault]:
    """All faults of the books (INV-7, INV-8); an empty list: they are whole."""
    return list(find_faults())


def find_faults() -> Iterator[Fault]:
    """Each fault as it is found."""
    yield from _missing_guards()
    yield from _not_allowed()
    yield from _broken_rows()
    yield from _resolved_twice()
    yield from _accounts()
    yield from _totals()
    yield from _closes()


def _stream(query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """Rows of a query, never all of them in memory."""
    return iter(db.session.execute(query.execution_options(yield_per=CHUNK)))


# ── the database's own guard ────────────────────────────────────────────────────────────────────

_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
}
_TABLES = (Account, AccountBalance, Transfer, DayClose, ClosingBalance)


def _missing_guards() -> Iterator[Fault]:
    """A trigger that is gone or switched off: then the rest has to be looked at with care."""
    dialect = db.engine.dialect.name
    there = set(db.session.scalars(text(_TRIGGERS[dialect])))
    wanted = {
        sql.split()[2]
        for kind, sql in (*ACCOUNT, *BALANCE, *DAY_CLOSE, *TRANSFER)
        if kind == dialect and sql.startswith("CREATE TRIGGER")
    }
    wanted |= {
        f"{table.__tablename__}_no_{act}"
        for table in _TABLES
        if table is not AccountBalance
        for act in ("update", "delete")
    }
    for name in sorted(wanted - there):
        yield Fault("guard-missing", f"trigger {name}", "not in the database, or switched off")


# ── transfer by transfer ────────────────────────────────────────────────────────────────────────


def _not_allowed() -> Iterator[Fault]:
    """Transfers between accounts that the table of moves does not join."""
    debit, credit = aliased(Account), aliased(Account)
    shape = (Transfer.kind, debit.kind, credit.kind, Transfer.phase)
    joined = (
        select(*shape)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
    )
    wrong = [tuple(row) for row in db.session.execute(joined.distinct()) if not is_allowed(*row)]
    if not wrong:
        return
    query = joined.add_columns(Transfer.id).where(tuple_(*shape).in_(wrong)).order_by(Transfer.id)
    for kind, debit_kind, credit_kind, _phase, transfer_id in _stream(query):
        yield Fault(
            "not-allowed", f"transfer {transfer_id}", f"{kind}: {debit_kind} to {credit_kind}"
        )


def _broken_rows() -> Iterator[Fault]:
    """Transfers that are not whole by themselves, or not what the transfer they name allows."""
    for code, detail, query in _wrongs():
        for (transfer_id,) in _stream(query):
            yield Fault(code, f"transfer {transfer_id}", detail)


@cache  # building them takes longer than running them on books of ordinary size
def _wrongs() -> tuple[tuple[str, str, Select[*tuple[Any, ...]]], ...]:
    """What can be wrong with a row: code, words, and the query that finds such rows."""
    hold, twin = aliased(Transfer), aliased(Transfer)
    debit, credit = aliased(Account), aliased(Account)
    base = select(Transfer.id).order_by(Transfer.id)
    return (
        (
            "other-court",
            "an account of another court or currency",
            base.outerjoin(debit, debit.id == Transfer.debit_account_id)
            .outerjoin(credit, credit.id == Transfer.credit_account_id)
            .where(or_(_foreign(debit), _foreign(credit))),
        ),
        (
            "not-one-amount",
            "no amount, or one account on both sides",
            base.where(
                or_(
                    Transfer.amount_minor <= 0,
                    Transfer.debit_account_id == Transfer.credit_account_id,
                )
            ),
        ),
        (
            "not-its-hold",
            "resolves a hold by other accounts or more than was held",
            base.outerjoin(hold, hold.id == Transfer.pending_id).where(
                or_(Transfer.pending_id.is_not(None), Transfer.released_minor != 0),
                func.coalesce(not_(_resolves(hold)), True),
            ),
        ),
        (
            "not-a-mirror",
            "is not the mirror of what it reverses",
            base.outerjoin(twin, twin.id == Transfer.reverses_id).where(
                or_(Transfer.reverses_id.is_not(None), Transfer.kind == TransferKind.REVERSAL),
                func.coalesce(not_(_undoes(twin)), True),
            ),
        ),
    )


def _foreign(account: type[Account]) -> ColumnElement[bool]:
    return or_(
        account.id.is_(None),
        account.court_id != Transfer.court_id,
        account.currency != Transfer.currency,
    )


def _resolves(hold: type[Transfer]) -> ColumnElement[bool]:
    return and_(
        hold.phase == Phase.PENDING,
        Transfer.phase.in_((Phase.POST, Phase.VOID)),
        hold.kind == Transfer.kind,
        hold.debit_account_id == Transfer.debit_account_id,
        hold.credit_account_id == Transfer.credit_account_id,
        Transfer.released_minor == hold.amount_minor,
        Transfer.amount_minor <= hold.amount_minor,
    )


def _undoes(twin: type[Transfer]) -> ColumnElement[bool]:
    return and_(
        Transfer.kind == TransferKind.REVERSAL,
        twin.kind != TransferKind.REVERSAL,
        twin.phase.in_((Phase.SINGLE, Phase.POST)),
        twin.debit_account_id == Transfer.credit_account_id,
        twin.credit_account_id == Transfer.debit_account_id,
        twin.amount_minor == Transfer.amount_minor,
    )


def _resolved_twice() -> Iterator[Fault]:
    """A hold with two ends, a transfer with two reversals (INV-8)."""
    for code, column in (
        ("hold-resolved-twice", Transfer.pending_id),
        ("reversed-twice", Transfer.reverses_id),
    ):
        query = (
            select(column, func.count())
            .where(column.is_not(None))
            .group_by(column)
            .having(func.count() > 1)
        )
        for transfer_id, count in _stream(query):
            yield Fault(code, f"transfer {transfer_id}", f"{count} times")


# ── account by account ──────────────────────────────────────────────────────────────────────────


def _accounts() -> Iterator[Fault]:
    """Count every account from its first transfer to its last, beside what its balance says."""
    sides = union_all(
        *(
            select(
                column.label("account_id"),
                Transfer.id.label("transfer_id"),
                literal(str(side)).label("side"),
                Transfer.phase.label("phase"),
                Transfer.amount_minor.label("amount"),
                Transfer.released_minor.label("released"),
            )
            for side, column in (
                (Side.DEBIT, Transfer.debit_account_id),
                (Side.CREDIT, Transfer.credit_account_id),
            )
        )
    ).subquery("moved")
    query = (
        select(
            Account.id,
            Account.kind,
            AccountBalance,
            sides.c.transfer_id,
            sides.c.side,
            sides.c.phase,
            sides.c.amount,
            sides.c.released,
        )
        .outerjoin(AccountBalance, AccountBalance.account_id == Account.id)
        .outerjoin(sides, sides.c.account_id == Account.id)
        .order_by(Account.id, sides.c.transfer_id)
    )
    for account_id, rows in groupby(_stream(query), key=itemgetter(0)):
        yield from _check_account(account_id, rows)


def _check_account(account_id: int, rows: Iterator[Any]) -> Iterator[Fault]:
    name = f"account {account_id}"
    sums, last_id, kind, cached = Sums(), 0, None, None
    for row in rows:
        _id, kind, cached, transfer_id, side, phase, amount, released = row
        if transfer_id is None:
            continue
        sums = sums.book(Side(side), phase, amount, released)
        last_id = transfer_id
        if is_overdrawn(kind, sums):
            detail = f"account {account_id} after this transfer"
            yield Fault("was-overdrawn", f"transfer {transfer_id}", detail)
    assert kind is not None, "a group has a row"
    if is_overdrawn(kind, sums):
        yield Fault("overdrawn", name, f"{kind}: {sums}")
    if cached is None:
        yield Fault("no-balance", name, "the account has no balance row")
    elif (cached.sums(), cached.last_transfer_id) != (sums, last_id):
        detail = f"{cached.sums()} in the cache, {sums} in the transfers"
        yield Fault("balance-differs", name, detail)


def _totals() -> Iterator[Fault]:
    postings = select_postings().subquery()
    rows = db.session.execute(
        select(Transfer.court_id, postings.c.currency, func.sum(postings.c.signed_minor))
        .join(Transfer, Transfer.id == postings.c.transfer_id)
        .group_by(Transfer.court_id, postings.c.currency)
    )
    for court_id, currency, total in rows:
        if total:
            yield Fault("not-zero", f"court {court_id}", f"{currency}: postings sum to {total}")


# ── close by close ──────────────────────────────────────────────────────────────────────────────


def _closes() -> Iterator[Fault]:
    """Each closed day again from its transfers: the same sums, nothing that came later."""
    query = (
        select(DayClose)
        .where(DayClose.status == CloseStatus.CLOSED)
        .order_by(DayClose.court_id, DayClose.closes_at)
    )
    for _court_id, closes in groupby(db.session.scalars(query), key=lambda row: row.court_id):
        before: DayClose | None = None
        for close in closes:
            yield from _check_close(close, before)
            before = close


def _check_close(close: DayClose, before: DayClose | None) -> Iterator[Fault]:
    name = f"day close {close.id}"
    late = select(Transfer.id).where(
        Transfer.court_id == close.court_id,
        Transfer.effective_at < close.closes_at,
        Transfer.recorded_at > close.confirmed_at,
    )
    for (transfer_id,) in _stream(late.order_by(Transfer.id)):
        yield Fault("in-closed-day", f"transfer {transfer_id}", f"recorded after {name}")
    figures = count_day(close.court_id, before, close.closes_at)
    if figures.sha256 != close.sha256:
        yield Fault("close-differs", name, "its sums do not follow from the transfers")
    if figures.transfer_count != close.transfer_count:
        detail = f"{close.transfer_count} counted, {figures.transfer_count} there"
        yield Fault("close-differs", name, detail)
    yield from _check_carried(close, before, figures.sums)


def _check_carried(
    close: DayClose, before: DayClose | None, effective: dict[int, Sums]
) -> Iterator[Fault]:
    """What the close carried forward: the sums it closed with, and what was recorded by then."""
    assert close.confirmed_at is not None, "a closed day is confirmed"
    recorded = moved_in(
        Span(close.court_id, Basis.RECORDED, before, None, through=close.confirmed_at)
    )
    earlier, any_earlier = aliased(ClosingBalance), aliased(ClosingBalance)
    last = (
        select(func.max(any_earlier.day_close_id))
        .where(
            any_earlier.account_id == ClosingBalance.account_id,
            any_earlier.day_close_id < close.id,
        )
        .correlate(ClosingBalance)
        .scalar_subquery()
    )
    query = (
        select(ClosingBalance, earlier)
        .outerjoin(
            earlier,
            and_(earlier.account_id == ClosingBalance.account_id, earlier.day_close_id == last),
        )
        .where(ClosingBalance.day_close_id == close.id)
        .order_by(ClosingBalance.account_id)
    )
    carried = effective.keys() | recorded.keys()
    for row, previous in _stream(query):
        carried.discard(row.account_id)
        known = (previous.known() if previous else Sums()) + recorded.get(row.account_id, Sums())
        stands = effective.get(row.account_id, previous.sums() if previous else Sums())
        if (row.sums(), row.known()) != (stands, known):
            yield Fault(
                "close-differs", f"day close {close.id}", f"account {row.account_id} carried wrong"
            )
    for account_id in sorted(carried):
        detail = f"account {account_id} not carried forward"
        yield Fault("close-differs", f"day close {close.id}", detail)
