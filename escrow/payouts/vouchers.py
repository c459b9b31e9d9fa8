"""Numbered papers about payments: receipts of payees, fee and tax vouchers, no number left out."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.money import format_money, money_words
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from escrow.bank.models import BankLine
from escrow.payouts.models import (
    Payout,
    PayoutKind,
    PayoutStatus,
    Voucher,
    VoucherKind,
    VoucherSeries,
)
from escrow.payouts.rules import end_to_end_id
from escrow.plans.models import PlanPayment
from escrow.plans.wording import STEP_WORDS

_KIND_OF_STEP = {"fee": VoucherKind.FEE, "sale-tax": VoucherKind.TAX}
# What the numbers begin with, and what the papers are called; Chinese like every paper of a court.
MARKS = {VoucherKind.RECEIPT: "领", VoucherKind.FEE: "费", VoucherKind.TAX: "税"}
TITLES = {
    VoucherKind.RECEIPT: "案款发放凭证",
    VoucherKind.FEE: "执行费收取凭证",
    VoucherKind.TAX: "代缴税款凭证",
}


def issue_voucher(payout_id: int, *, now: datetime) -> Voucher | None:
    """The paper about a plan payment that a statement shows; once, whoever asks how often.

    Its number is the next of the court, the kind and the Beijing year: the series' row is locked
    until the paper is committed, so a number is never given twice and never lost.
    """
    payout = db.session.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    assert payout is not None, "payouts are never deleted"
    known = voucher_of(payout)
    if known is not None:
        return known
    is_shown = payout.status is PayoutStatus.PAID and payout.bank_line_id is not None
    if payout.kind is not PayoutKind.PLAN or not is_shown:
        return None
    payment = db.session.get_one(PlanPayment, payout.plan_payment_id)
    kind = _KIND_OF_STEP.get(payment.step, VoucherKind.RECEIPT)
    year = beijing_day(now).year
    number = _next_number(payout.court_id, kind, year)
    content = _content(payout, payment, kind, year, number, now)
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row = Voucher(
        court_id=payout.court_id,
        case_id=payout.case_id,
        kind=kind,
        year=year,
        number=number,
        payout_id=payout.id,
        amount_minor=payout.amount_minor,
        content=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        issued_at=now,
    )
    db.session.add(row)
    record(
        "issue-voucher",
        row,
        actor_id=None,
        at=now,
        detail={"kind": str(kind), "year": year, "number": number},
    )
    return row


def void_voucher(payout: Payout, *, reason: str, now: datetime) -> None:
    """The payment came back: its paper, if there is one, keeps its number and is void."""
    row = voucher_of(payout)
    if row is not None and row.voided_at is None:
        row.voided_at, row.void_reason = now, reason[:200]
        record("void-voucher", row, actor_id=None, at=now, detail={"reason": reason})


def voucher_of(payout: Payout) -> Voucher | None:
    """The paper about a payment."""
    return db.session.scalar(select(Voucher).where(Voucher.payout_id == payout.id))


def find_gaps(court_id: int) -> list[tuple[VoucherKind, int, int]]:
    """Numbers that are missing: (kind, year, how many); always none, and an auditor can see it."""
    rows = db.session.execute(
        select(Voucher.kind, Voucher.year, func.max(Voucher.number), func.count())
        .where(Voucher.court_id == court_id)
        .group_by(Voucher.kind, Voucher.year)
        .order_by(Voucher.year, Voucher.kind)
    )
    return [(kind, year, last - count) for kind, year, last, count in rows if last != count]


def voucher_number(row: Voucher, court_code: str) -> str:
    """How the number stands on the paper."""
    return f"{court_code}{row.year}{MARKS[row.kind]}{row.number:06d}"


def _next_number(court_id: int, kind: VoucherKind, year: int) -> int:
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    table: Any = VoucherSeries.__table__
    db.session.execute(
        insert(table)
        .values(court_id=court_id, kind=kind, year=year, last=0)
        .on_conflict_do_nothing(index_elements=["court_id", "kind", "year"])
    )
    series = db.session.get(
        VoucherSeries, (court_id, kind, year), with_for_update=True, populate_existing=True
    )
    assert series is not None, "inserted above"
    series.last += 1
    db.session.flush()
    return series.last


def _content(
    payout: Payout,
    payment: PlanPayment,
    kind: VoucherKind,
    year: int,
    number: int,
    now: datetime,
) -> dict[str, Any]:
    court = db.session.get_one(Court, payout.court_id)
    case = db.session.get_one(EnforcementCase, payment.case_id)
    line = db.session.get_one(BankLine, payout.bank_line_id)
    assert payout.paid_on is not None, "kept by a constraint"
    rows = [
        ["执行案号", case.number],
        ["收款人", payout.payee_name],
        ["收款账号", _masked(payout.payee_account)],
        ["开户银行", payout.payee_bank],
        ["金额", format_money(payout.amount_minor)],
        ["大写", money_words(payout.amount_minor)],
        ["款项", payout.purpose],
        ["分配方案行", f"{payment.payee}（{STEP_WORDS[payment.step]}）"],
        ["付款日期", payout.paid_on.isoformat()],
        ["付款账号", payout.debtor_account],
        ["付款编号", end_to_end_id(payout.id)],
        ["银行流水号", line.entry_ref],
    ]
    return {
        "title": TITLES[kind],
        "number": f"{court.code}{year}{MARKS[kind]}{number:06d}",
        "rows": rows,
        "signed_by": court.name,
        "signed_on": beijing_day(now).isoformat(),
        "is_demo": court.is_demo,
    }


def _masked(account: str) -> str:
    """The last four digits tell the payee which account it is, and nobody else."""
    return f"尾号 {account[-4:]}" if account else ""
