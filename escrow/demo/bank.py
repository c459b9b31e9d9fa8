"""Money that comes by bank transfer: the court's statement of the day is imported (CN17F-3)."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

from sqlalchemy import select

from auction.accounts.models import Identity
from auction.cases.models import EnforcementCase
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.money import format_money
from auction.courts.models import Court
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from escrow.bank.models import ProviderMoveKind
from escrow.bank.reading import read_statements
from escrow.bank.services import import_statements
from escrow.demo.people import People, invent_account
from escrow.plans.models import DistributionPlan, PaymentStatus, PlanPayment
from escrow.settlement.services import settlement_of

_HEAD = ("交易日期", "收入", "支出", "对方户名", "对方账号", "对方开户行", "附言", "交易流水号")


def pay_deposit_by_bank(enrolment_id: int, people: People, now: datetime) -> None:
    """The bidder has sent the deposit from an account in his own name (CN16-17.2)."""
    enrolment = db.session.get_one(Enrolment, enrolment_id)
    _receive(
        enrolment.sale_id,
        enrolment.user_id,
        enrolment.deposit_minor,
        f"竞买保证金 {enrolment.reference}",
        people,
        now,
    )


def pay_balance_by_bank(sale_id: int, people: People, now: datetime) -> None:
    """The buyer has sent all that is still due."""
    settlement = settlement_of(sale_id)
    assert settlement is not None, "sold"
    buyer = db.session.get_one(Enrolment, settlement.enrolment_id)
    _receive(
        sale_id,
        buyer.user_id,
        settlement.outstanding_minor,
        f"拍卖尾款 {settlement.reference}",
        people,
        now,
    )


def receive_unknown(people: People, now: datetime) -> None:
    """Somebody has sent money and named no reference: finance has to find out who (CN21S-2)."""
    number = db.session.scalar(select(Court.account_number).where(Court.id == people.court_id))
    day = beijing(now).date()
    row = _row(day, 5_000_000, "陆家祥", "621799099999000001", "竞买保证金", f"YZ{day:%Y%m%d}U0001")
    _import(str(number), [row], f"对账单-{day:%Y%m%d}.csv", people, now)


def _receive(
    sale_id: int, user_id: int, amount_minor: int, remark: str, people: People, now: datetime
) -> None:
    payer = db.session.scalar(select(Identity.full_name).where(Identity.user_id == user_id))
    number = db.session.scalar(
        select(EnforcementCase.account_number)
        .join(Sale, Sale.case_id == EnforcementCase.id)
        .where(Sale.id == sale_id)
    )
    day = beijing(now).date()
    reference = f"YZ{day:%Y%m%d}{sale_id:04d}{user_id:04d}"
    row = _row(
        day, amount_minor, str(payer), invent_account(f"6217990{user_id:011d}"), remark, reference
    )
    _import(str(number), [row], f"对账单-{day:%Y%m%d}-{sale_id}.csv", people, now)


def show_moves(
    case_id: int,
    moves: list[tuple[ProviderMoveKind, int, str]],
    people: People,
    now: datetime,
) -> None:
    """The statement shows what the provider sent, and what the court put in for its fees."""
    if not moves:
        return
    number = db.session.scalar(
        select(EnforcementCase.account_number).where(EnforcementCase.id == case_id)
    )
    payers = {
        ProviderMoveKind.PAYOUT: ("支付通道备付金（演示）", "支付通道结算款"),
        ProviderMoveKind.FEE_COVER: ("云州市中级人民法院（演示）", "补足支付通道手续费"),
    }
    day = beijing(now).date()
    rows = [
        _row(day, amount, payers[kind][0], "62990100880000", f"{payers[kind][1]} {ref}", ref)
        for kind, amount, ref in moves
    ]
    _import(str(number), rows, f"对账单-通道-{case_id}.csv", people, now)


def show_payments(plan_id: int, people: People, now: datetime) -> None:
    """The statement shows what was paid by hand of a plan, each debit by its reference."""
    plan = db.session.get_one(DistributionPlan, plan_id)
    number = db.session.scalar(
        select(EnforcementCase.account_number).where(EnforcementCase.id == plan.case_id)
    )
    paid = db.session.scalars(
        select(PlanPayment)
        .where(PlanPayment.plan_id == plan_id, PlanPayment.status == PaymentStatus.PAID)
        .order_by(PlanPayment.id)
    )
    rows: list[tuple[str, ...]] = [
        (
            beijing(now).date().isoformat(),
            "",
            format_money(row.amount_minor, symbol=False),
            row.payee_name,
            row.payee_account,
            row.payee_bank,
            "执行案款",
            str(row.bank_reference),
        )
        for row in paid
    ]
    _import(str(number), rows, f"对账单-案款-{plan_id}.csv", people, now)


def _row(
    day: date, amount_minor: int, payer: str, account_number: str, remark: str, reference: str
) -> tuple[str, ...]:
    amount = format_money(amount_minor, symbol=False)
    bank = "中国建设银行云州城东支行"
    return (day.isoformat(), amount, "", payer, account_number, bank, remark, reference)


def _import(
    account_number: str, rows: list[tuple[str, ...]], name: str, people: People, now: datetime
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([(f"账号：{account_number}",), _HEAD, *rows])
    data = text.getvalue().encode()
    parsed = read_statements(data)
    with transaction():
        import_statements(
            people.court_id,
            data,
            parsed,
            name=name,
            actor_id=people.staff["finance1"],
            now=now,
        )
