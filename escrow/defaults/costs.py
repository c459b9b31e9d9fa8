"""Costs lost by a default are paid out of the deposit before anything else (CN16-24.1, step 1).

One person books a cost, another agrees; paying it is a third act, never the booker's.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from auction.core.states import change_state
from auction.sales.calendar import beijing_day, beijing_moment
from auction.sales.queries import lock_sale
from escrow.bank.provider import money_of_case
from escrow.defaults.forfeits import defaults_on
from escrow.defaults.models import COST_TRANSITIONS, CostStatus, Default, DefaultCost
from escrow.ledger import Account, AccountKind, NewTransfer, TransferKind, account, balance, post


def book_cost(
    default_id: int,
    *,
    amount_minor: int,
    basis: str,
    payee: tuple[str, str, str],
    form_key: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> DefaultCost:
    """Write a lost cost down, to be agreed by another person; the same form once.

    `payee` is name, bank, account. Refused: `resale-over`, `more-than-held`.
    """
    default = lock_default(default_id, court_id)
    known = db.session.scalar(
        select(DefaultCost).where(
            DefaultCost.default_id == default.id, DefaultCost.form_key == form_key
        )
    )
    if known is not None:
        return known
    _require_held(default, amount_minor)
    name, bank, number = payee
    row = DefaultCost(
        court_id=default.court_id,
        case_id=default.case_id,
        default_id=default.id,
        status=CostStatus.PROPOSED,
        amount_minor=amount_minor,
        basis=basis,
        payee_name=name,
        payee_bank=bank,
        payee_account=number,
        form_key=form_key,
        booked_by=actor_id,
        booked_at=now,
    )
    db.session.add(row)
    db.session.flush()
    record(
        "book-default-cost", row, actor_id=actor_id, at=now, detail={"amount_minor": amount_minor}
    )
    return row


def approve_cost(cost_id: int, *, court_id: int, actor_id: int, now: datetime) -> DefaultCost:
    """Another person agrees: the amount leaves the deposit for its payee's account.

    Refused: `same-person`, `resale-over`, `more-than-held`.
    """
    row, default = _lock_cost(cost_id, court_id)
    if row.status in (CostStatus.DUE, CostStatus.PAID):
        return row
    if row.booked_by == actor_id:
        raise Forbidden("same-person", _l("登记费用的人不能自己复核。"))
    _require_held(default, row.amount_minor)
    row.approved_by, row.approved_at = actor_id, now
    change_state(row, CostStatus.DUE, COST_TRANSITIONS, actor_id=actor_id, at=now)
    db.session.flush()
    post(
        [
            NewTransfer(
                kind=TransferKind.FORFEIT_USED,
                debit=forfeit_account(default),
                credit=_cost_account(row),
                amount_minor=row.amount_minor,
                key=f"default_cost:{row.id}:allotted",
                source=row,
                effective_at=now,
                case_id=row.case_id,
            )
        ],
        at=now,
        actor_id=actor_id,
    )
    return row


def cancel_cost(cost_id: int, *, court_id: int, actor_id: int, now: datetime) -> DefaultCost:
    """A proposal is taken back; what was agreed stays."""
    row, _default = _lock_cost(cost_id, court_id)
    if row.status is not CostStatus.CANCELLED:
        change_state(row, CostStatus.CANCELLED, COST_TRANSITIONS, actor_id=actor_id, at=now)
    return row


def mark_cost_paid(
    cost_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> DefaultCost:
    """The transfer to the payee has been sent; booked from the bank. Again changes nothing.

    Refused: `same-person` (who booked it), `future-day`, `reference-used`, `money-elsewhere`.
    """
    row, _default = _lock_cost(cost_id, court_id)
    if row.status is CostStatus.PAID:
        return row
    if row.booked_by == actor_id:
        raise Forbidden("same-person", _l("登记费用的人不能登记付款，请由另一名财务人员登记。"))
    if paid_on > beijing_day(now):
        raise Invalid("future-day", _l("转账日期不能晚于今天。"), field="paid_on")
    there = money_of_case(row.case_id).bank_minor
    if there < row.amount_minor:
        raise DomainError(
            "money-elsewhere",
            _l("本案在法院账户的款项只有 %(there)s。", there=format_money(there)),
        )
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.PLAN_PAID,
                debit=_cost_account(row),
                credit=account(AccountKind.BANK, court_id, court_id=court_id),
                amount_minor=row.amount_minor,
                key=f"default_cost:{row.id}:paid",
                source=row,
                effective_at=beijing_moment(paid_on, time()),
                case_id=row.case_id,
            )
        ],
        at=now,
        actor_id=actor_id,
    )
    try:
        with db.session.begin_nested():
            row.transfer_id, row.bank_reference = booked.id, bank_reference
            row.paid_on, row.paid_by = paid_on, actor_id
            change_state(row, CostStatus.PAID, COST_TRANSITIONS, actor_id=actor_id, at=now)
            db.session.flush()
    except IntegrityError:
        raise Invalid(
            "reference-used",
            _l("这个银行流水号已经用于另一笔付款，请核对。"),
            field="bank_reference",
        ) from None
    return row


def forfeit_account(default: Default) -> Account:
    """Where the deposit stands until its use is known."""
    return account(
        AccountKind.FORFEIT,
        default.sale_id,
        court_id=default.court_id,
        case_id=default.case_id,
        currency=default.currency,
    )


def held_of(default: Default) -> int:
    """What is left of the deposit in its account."""
    return balance(forfeit_account(default)).posted_minor


def lock_default(default_id: int, court_id: int) -> Default:
    """A default of this court; its sale is locked, so that two costs of it take turns."""
    found = db.session.get(Default, default_id)
    if found is None or found.court_id != court_id:
        raise NotFound("no-such-default", _l("没有这项悔拍记录。"))
    lock_sale(found.sale_id)
    return found


def _require_held(default: Default, amount_minor: int) -> None:
    if defaults_on(default.lot_id).final is not None:
        raise DomainError("resale-over", _l("重新拍卖已经办结，费用请作为扣除项目列入分配方案。"))
    if amount_minor > held_of(default):
        raise Invalid(
            "more-than-held",
            _l("超过尚存的保证金 %(held)s。", held=format_money(held_of(default))),
            field="amount",
        )


def _cost_account(row: DefaultCost) -> Account:
    return account(AccountKind.FORFEIT_COSTS, row.id, court_id=row.court_id, case_id=row.case_id)


def _lock_cost(cost_id: int, court_id: int) -> tuple[DefaultCost, Default]:
    default_id = db.session.scalar(
        select(DefaultCost.default_id).where(
            DefaultCost.id == cost_id, DefaultCost.court_id == court_id
        )
    )
    if default_id is None:
        raise NotFound("no-such-cost", _l("没有这项费用。"))
    default = lock_default(default_id, court_id)
    row = db.session.get(DefaultCost, cost_id, with_for_update=True, populate_existing=True)
    assert row is not None, "costs are never deleted"
    return row, default


def costs_listed(default: Default) -> list[DefaultCost]:
    """Every cost that was booked on a default, oldest first."""
    query: Any = select(DefaultCost).where(DefaultCost.default_id == default.id)
    return list(db.session.scalars(query.order_by(DefaultCost.id)))
