"""The buyer is reminded before the announced day, and the court is told when it has passed.

Each reminder is a deadline row and a task; the day itself makes no default (CN20A-22.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from auction.accounts.models import User, UserRole
from auction.accounts.roles import Role
from auction.core.clock import iso
from auction.core.db import db
from auction.core.i18n import current_lang, gettext
from auction.core.money import format_money
from auction.core.outbox import enqueue
from auction.core.web import format_beijing
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.deadlines.services import (
    meet_deadline,
    reopen_deadline,
    schedule_deadline,
    void_deadline,
)
from auction.messages.services import send_messages
from auction.messages.wording import Wording, words_for
from auction.sales.calendar import beijing_day, beijing_moment, next_working_day
from auction.sales.models import Sale
from auction.sales.rulepacks import load_rule_pack
from bidding.enrolment.models import Enrolment
from escrow.settlement.models import Settlement, SettlementStatus

REMINDER_DEADLINE = "balance-reminder"
LATE_DEADLINE = "late-balance"
REMIND_BEFORE_DAYS = 3
# By then the court has decided what becomes of an unpaid sale; a choice of this platform.
DECIDE_DAYS = 7

DUE_SOON = "balance-due-soon"
OVERDUE = "balance-overdue"
OVERDUE_TO_COURT = "balance-overdue-to-court"


def plan_reminders(row: Settlement, sale: Sale, *, now: datetime) -> None:
    """Write down when the buyer is reminded, and when the court looks at what is unpaid."""
    pack = load_rule_pack(sale.rule_pack)
    remind_at = max(now, row.due_at - pack.days(REMIND_BEFORE_DAYS))
    schedule_deadline(
        REMINDER_DEADLINE,
        row,
        rule_id="CN16-25.1",
        court_id=row.court_id,
        case_id=row.case_id,
        owner_role="system",
        due_at=remind_at,
    )
    known = {"settlement_id": row.id}
    enqueue("remind_balance", f"remind_balance:{row.id}", known, now=now, run_at=remind_at)
    if not pack.is_practice:
        enqueue("balance_overdue", f"balance_overdue:{row.id}", known, now=now, run_at=row.due_at)


def settle_reminders(row: Settlement, *, at: datetime) -> None:
    """The price is complete, or nothing is owed any more: nobody is reminded."""
    void_deadline(REMINDER_DEADLINE, row, at=at)
    meet_deadline(LATE_DEADLINE, row, at=at)


def remind_buyer(settlement_id: int, *, now: datetime) -> None:
    """Tell the buyer what is still due and by when, if anything is; once."""
    row = db.session.get_one(Settlement, settlement_id, with_for_update=True)
    if row.status is not SettlementStatus.DUE or not _is_open(REMINDER_DEADLINE, row):
        return
    link, params = _told(row)
    send_messages([_buyer_of(row)], DUE_SOON, params, link=link, now=now)
    meet_deadline(REMINDER_DEADLINE, row, at=now)


def report_overdue(settlement_id: int, *, now: datetime) -> None:
    """The announced day has passed: the court decides, nothing happens by itself (CN20A-22.1).

    Told once, and once more where a later day that a judge allowed has passed as well.
    """
    row = db.session.get_one(Settlement, settlement_id, with_for_update=True)
    if row.status is not SettlementStatus.DUE or row.payable_until > now:
        return
    if _is_open(LATE_DEADLINE, row):
        return
    link, params = _told(row)
    send_messages([_buyer_of(row)], OVERDUE, params, link=link, now=now)
    court_link = f"/court/sales/{params['sale']}/outcome"
    send_messages(_court_of(row), OVERDUE_TO_COURT, params, link=court_link, now=now)
    last = next_working_day(beijing_day(now) + timedelta(days=DECIDE_DAYS))
    schedule_deadline(
        LATE_DEADLINE,
        row,
        rule_id="CN20A-22.1",
        court_id=row.court_id,
        case_id=row.case_id,
        owner_role="clerk",
        due_at=beijing_moment(last + timedelta(days=1), time()),
    )
    reopen_deadline(LATE_DEADLINE, row)


def queue_overdue(row: Settlement, *, now: datetime) -> None:
    """Look at the settlement again when the day has passed until which a judge allowed payment."""
    until = row.payable_until
    key = f"balance_overdue:{row.id}:{iso(until)}"
    enqueue("balance_overdue", key, {"settlement_id": row.id}, now=now, run_at=until)


def _is_open(kind: str, row: Settlement) -> bool:
    found = db.session.scalar(
        select(Deadline.id).where(
            Deadline.kind == kind,
            Deadline.subject_type == Settlement.__tablename__,
            Deadline.subject_id == row.id,
            Deadline.status == DeadlineStatus.OPEN,
        )
    )
    return found is not None


def _told(row: Settlement) -> tuple[str, dict[str, Any]]:
    sale = db.session.get_one(Sale, row.sale_id)
    asset = sale.lot.asset
    params = {
        "sale": sale.number,
        "title": asset.title,
        "title_en": asset.title_en,
        "outstanding_minor": row.outstanding_minor,
        "due_at": iso(row.payable_until),
    }
    return f"/sales/{sale.number}/balance", params


def _buyer_of(row: Settlement) -> int:
    return db.session.get_one(Enrolment, row.enrolment_id).user_id


def _court_of(row: Settlement) -> list[int]:
    return list(
        db.session.scalars(
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .where(
                User.court_id == row.court_id,
                User.is_active,
                UserRole.role.in_([Role.CLERK, Role.JUDGE]),
            )
            .distinct()
        )
    )


# ── words ───────────────────────────────────────────────────────────────────────────────────────


@words_for(DUE_SOON)
def _due_soon(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("请付清尾款：%(title)s", title=_title(params)),
        gettext(
            "尚欠 %(sum)s，付款期限 %(when)s。逾期未付清的，法院可以裁定重新拍卖，保证金不予退还。",
            sum=format_money(params["outstanding_minor"]),
            when=_moment(params["due_at"]),
        ),
    )


@words_for(OVERDUE)
def _overdue(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("付款期限已过：%(title)s", title=_title(params)),
        gettext(
            "尚欠 %(sum)s。是否接受逾期付款由法院决定；请立即与承办法院联系。"
            "法院裁定重新拍卖的，保证金不予退还。",
            sum=format_money(params["outstanding_minor"]),
        ),
    )


@words_for(OVERDUE_TO_COURT)
def _overdue_to_court(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("买受人逾期未付清：%(title)s", title=_title(params)),
        gettext(
            "场次 %(sale)s 尚欠 %(sum)s。请决定接受逾期付款，或者裁定重新拍卖（CN20A-22.1）。",
            sale=params["sale"],
            sum=format_money(params["outstanding_minor"]),
        ),
    )


def _title(params: Mapping[str, Any]) -> str:
    english = params.get("title_en") if current_lang() == "en" else None
    return str(english or params["title"])


def _moment(text: str) -> str:
    return format_beijing(datetime.fromisoformat(text), "full")
