"""Transfers booked in bulk; the ruler is the same database that only inserts the same rows.

Twice: into the ledger's own table, whose triggers move the balances, and into a bare one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builders import make_sale
from processes import free_port, migrate, temporary_folder
from sqlalchemy import Column, MetaData, Table, func, select

from auction.core.bulk import insert_rows
from auction.core.db import db, transaction, write_connection
from auction.sales.models import Sale
from bench.bids import settings_of
from escrow.ledger import (
    AccountKind,
    NewTransfer,
    Transfer,
    TransferKind,
    account,
    open_accounts,
    post_many,
)
from wsgi import create_app

AT_ONCE = 500
WARM_UP = 4 * AT_ONCE
"""Booked before the clock runs: the books of a court are not empty."""
DEPOSIT = 3_500_000


@dataclass(frozen=True)
class BooksFigures:
    """Transfers a second, each portion durable before the next begins."""

    database: str
    transfers: int
    posted: float
    guarded: float
    bare: float

    @property
    def ratio(self) -> float:
        """Our rate as a part of plain inserts' into the same guarded table."""
        return self.posted / self.guarded

    @property
    def bare_ratio(self) -> float:
        """Our rate as a part of plain inserts' into a table without guards and balances."""
        return self.posted / self.bare


def measure_books(database: str, database_url: str, *, transfers: int) -> BooksFigures:
    """Book `transfers` deposits, then have the database insert the same rows by itself."""
    with temporary_folder("luochui-bench-") as folder:
        url = database_url or f"sqlite:///{folder}/bench.db"
        settings = settings_of(url, folder, free_port())
        migrate(settings)
        return _measure(database, settings, transfers)


def _measure(database: str, settings: dict[str, str], count: int) -> BooksFigures:
    app = create_app(settings)
    with app.app_context():
        now = app.extensions["luochui.clock"].now()
        sale_id = make_sale(now).id
        portions = [range(first, min(first + AT_ONCE, count)) for first in range(0, count, AT_ONCE)]
        _open_accounts(sale_id, WARM_UP + count)
        for first in range(count, count + WARM_UP, AT_ONCE):
            _post(sale_id, range(first, first + AT_ONCE), now)
        _analyze()
        posted = _rate(count, lambda: [_post(sale_id, portion, now) for portion in portions])
        there = db.session.scalar(select(func.count(Transfer.id)))
        assert there == WARM_UP + count, "every one is booked"
        rows = _rows()[WARM_UP:]
        copies = [[rows[number] for number in portion] for portion in portions]
        guarded = _rate(count, lambda: [_insert(Transfer.__table__, copy) for copy in copies])
        bare_table = _make_bare_table()
        bare = _rate(count, lambda: [_insert(bare_table, copy) for copy in copies])
        db.session.remove()
        db.engine.dispose()
    return BooksFigures(database, count, posted, guarded, bare)


def _analyze() -> None:
    """Tell the planner what is there, as the database does by itself within a minute."""
    with write_connection(db.engine) as connection:
        connection.exec_driver_sql("ANALYZE")


def _rate(count: int, act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return count / (time.perf_counter() - begun)


def _open_accounts(sale_id: int, count: int) -> None:
    with transaction():
        sale = db.session.get_one(Sale, sale_id)
        account(AccountKind.PROVIDER, sale.court_id, court_id=sale.court_id)
        owners = {number + 1: sale.case_id for number in range(count)}
        open_accounts(AccountKind.DEPOSIT, owners, court_id=sale.court_id)


def _post(sale_id: int, portion: range, now: datetime) -> None:
    """One portion as a service books it: accounts found, all checked, one commit."""
    with transaction():
        sale = db.session.get_one(Sale, sale_id)
        provider = account(AccountKind.PROVIDER, sale.court_id, court_id=sale.court_id)
        deposits = open_accounts(
            AccountKind.DEPOSIT,
            {number + 1: sale.case_id for number in portion},
            court_id=sale.court_id,
        )
        post_many(
            [
                NewTransfer(
                    kind=TransferKind.DEPOSIT_RECEIVED,
                    debit=provider,
                    credit=deposits[number + 1],
                    amount_minor=DEPOSIT,
                    key=f"bench:{number}",
                    source=sale,
                    effective_at=now,
                    case_id=sale.case_id,
                )
                for number in portion
            ],
            at=now,
        )
    db.session.expunge_all()


def _rows() -> list[dict[str, Any]]:
    """What was booked, as rows under new keys."""
    columns = [column for column in Transfer.__table__.columns if column.name != "id"]
    found = db.session.execute(select(*columns).order_by(Transfer.id)).mappings()
    rows = [{**row, "idempotency_key": f"copy:{row['idempotency_key']}"} for row in found]
    db.session.rollback()
    return rows


def _insert(table: Any, rows: list[dict[str, Any]]) -> None:
    with write_connection(db.engine) as connection:
        insert_rows(connection, table, rows)


def _make_bare_table() -> Table:
    """The ledger's columns under a key, and nothing else."""
    columns = [
        Column(column.name, column.type, primary_key=column.name == "id")
        for column in Transfer.__table__.columns
    ]
    table = Table("bench_transfer", MetaData(), *columns)
    with write_connection(db.engine) as connection:
        table.create(connection)
    return table
