"""What others owe the court because a sale was undone comes in through the bank (CN16-32.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.deadlines.services import meet_deadline
from auction.sales.models import Sale
from auction.sales.queries import lock_sale
from escrow.bank.matching import received_at, suspense_account
from escrow.bank.models import BankLine
from escrow.bank.suspense import lock_suspended, take_from_suspense
from escrow.defaults.forfeits import release_forfeits
from escrow.defaults.models import (
    RECEIVABLE_TRANSITIONS,
    Default,
    Receivable,
    ReceivableKind,
    ReceivableStatus,
    SetAside,
)
from escrow.defaults.releases import clock_of
from escrow.defaults.undoing import return_what_is_covered
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post


def receive_return(
    receivable_id: int,
    line_id: int,
    amount_minor: int,
    *,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> Receivable:
    """A suspended bank line, or a part of it, is money that somebody owed the court.

    It may come from the one who owes it or, as state compensation, from the court's own budget. The
    buyer of the sale that was set aside then gets back what is covered. Refused: `settled`,
    `amount-too-large`, and what `lock_suspended` refuses.
    """
    sale_id = db.session.scalar(
        select(Receivable.sale_id).where(
            Receivable.id == receivable_id, Receivable.court_id == court_id
        )
    )
    if sale_id is None:
        raise NotFound("no-such-receivable", _l("没有这笔应收回款项。"))
    line = lock_suspended(line_id, court_id)
    sale = lock_sale(sale_id)
    row = db.session.get(Receivable, receivable_id, with_for_update=True, populate_existing=True)
    assert row is not None, "receivables are never deleted"
    if row.status is not ReceivableStatus.OPEN:
        raise Invalid("settled", _l("这笔款已经收齐。"), field="line")
    if not 0 < amount_minor <= min(row.rest_minor, line.remaining_minor):
        raise Invalid(
            "amount-too-large", _l("金额超过应收余额或者这笔流水的余额。"), field="amount"
        )
    _book(row, line, amount_minor, actor_id=actor_id, now=now)
    row.received_minor += amount_minor
    line.case_id = row.case_id
    record(
        "receive-return",
        row,
        actor_id=actor_id,
        at=now,
        detail={"amount_minor": amount_minor, "line_id": line.id},
    )
    if row.rest_minor == 0:
        change_state(row, ReceivableStatus.MET, RECEIVABLE_TRANSITIONS, actor_id=actor_id, at=now)
        meet_deadline(clock_of(row), row, at=now)
    db.session.flush()
    take_from_suspense(line, amount_minor, actor_id=actor_id, at=now)
    _pass_on(row, sale, now)
    return row


def _book(
    row: Receivable, line: BankLine, amount_minor: int, *, actor_id: int, now: datetime
) -> None:
    books: dict[str, Any] = {
        "court_id": row.court_id,
        "case_id": row.case_id,
        "currency": line.currency,
    }
    if row.kind is ReceivableKind.RETURN:
        kind = TransferKind.RETURN_RECEIVED
        credit = account(AccountKind.RECEIVABLE, row.id, **books)
    else:
        assert row.default_id is not None, "kept by a constraint"
        default = db.session.get_one(Default, row.default_id)
        kind = TransferKind.SUSPENSE_IDENTIFIED
        credit = account(AccountKind.FORFEIT, default.sale_id, **books)
    post(
        [
            NewTransfer(
                kind=kind,
                debit=suspense_account(line),
                credit=credit,
                amount_minor=amount_minor,
                key=f"receivable:{row.id}:line:{line.id}:{row.received_minor}",
                source=row,
                effective_at=received_at(line),
                case_id=row.case_id,
            )
        ],
        at=now,
        actor_id=actor_id,
    )


def _pass_on(row: Receivable, sale: Sale, now: datetime) -> None:
    """A return goes to the buyer who waits for it, a deficit into the lot's proceeds."""
    if row.kind is ReceivableKind.DEFICIT:
        release_forfeits(sale.id, now=now, part=f":{row.id}:{row.received_minor}")
        return
    set_aside = db.session.scalar(select(SetAside).where(SetAside.sale_id == sale.id))
    assert set_aside is not None, "returns are claimed by a set-aside"
    return_what_is_covered(set_aside, now=now)


def list_receivables(court_id: int, *, is_met: bool) -> list[tuple[Receivable, Sale]]:
    """What is owed to the court, the oldest first, each with its sale."""
    status = ReceivableStatus.MET if is_met else ReceivableStatus.OPEN
    rows = db.session.execute(
        select(Receivable, Sale)
        .join(Sale, Sale.id == Receivable.sale_id)
        .where(Receivable.court_id == court_id, Receivable.status == status)
        .order_by(Receivable.id)
        .limit(500)
    )
    return [(row, sale) for row, sale in rows]
