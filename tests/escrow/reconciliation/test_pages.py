"""The reconciliation desk as finance, the second person, the auditor and another court see it."""

from __future__ import annotations

import re

import pytest
from builders import make_court, make_user
from finance_stage import Row
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.core.db import db
from auction.sales.calendar import beijing_day
from escrow.ledger.models import CloseStatus, DayClose
from escrow.reconciliation.models import (
    CarryReason,
    DecisionStatus,
    ItemStatus,
    MonthReport,
    Place,
    ReconciliationDecision,
    ReconciliationNote,
    ReconciliationRun,
)
from escrow.reconciliation.queries import state_sums


@pytest.fixture
def any_app(app):
    """The services have their tests on both databases; the pages are looked at on one."""
    return app


PAGES = ("", "/runs", "/items", "/decisions", "/payouts", "/days", "/months")
FEE = {"explain-reason_code": "bank-charge", "explain-text": "账户管理费，回单 7"}


def money_left(desk, amount, *, name="银行"):
    """Money left without an order of ours; the id of its item."""
    desk.row(debit=amount, name=name, text="账户管理费")
    desk.take()
    desk.reconcile()
    return desk.open_items()[-1].id


def decisions():
    db.session.rollback()
    return list(
        db.session.scalars(select(ReconciliationDecision).order_by(ReconciliationDecision.id))
    )


def test_a_court_without_movements_has_empty_pages_that_say_what_to_do(visit, desk):
    told = {
        "": "还没有核对过",
        "/runs": "还没有核对过",
        "/items": "没有待核对的款项",
        "/decisions": "还没有由人作出的决定",
        "/payouts": "没有在途的结算款",
        "/days": "还没有日结",
    }
    for page in PAGES:
        text = visit.get("maker", page)
        assert told.get(page, "") in text
    assert "对账</a>" in visit.get("maker", "/finance")


def test_a_pass_shows_how_far_it_is_and_then_totals_that_add_up(visit, desk):
    desk.pay_deposit(desk.enrol())
    desk.row(debit=500, name="银行", text="账户管理费")
    desk.take()
    path = visit.post("maker", "/runs").location
    page = visit.get("maker", path)
    assert "正在核对" in page
    assert "<progress" in page
    assert visit.post("maker", "/runs").location == path  # one at a time
    desk.work_off()
    page = visit.get("maker", path)
    assert "<progress" not in page
    assert "账簿一列的合计等于账簿余额 ¥100,000.00" in page
    assert "两边相差 -¥5.00" in page
    run = db.session.scalars(select(ReconciliationRun)).one()
    assert (run.matched_count, run.open_count) == (1, 1)
    rows = state_sums(desk.court.id, Place.BANK)
    assert sum(row.ledger_minor for row in rows) == 10_000_000
    assert sum(row.outside_minor for row in rows) == 10_000_000 - 500
    home = visit.get("maker")
    assert "各项相加等于对方合计，其中 1 笔尚未说明。" in home
    assert "尚未说明" in home


def test_the_work_list_is_filtered_by_side_age_owner_and_sign(visit, desk):
    mine = money_left(desk, 500)
    desk.pay(70_000, "货款", "路人")
    desk.clock.advance(days=5)
    theirs = money_left(desk, 900)
    desk.act_on(mine, owner=desk.checker)
    everything = visit.get("maker", "/items")
    assert f"第 {mine} 号" in everything
    assert f"第 {theirs} 号" in everything
    assert "-¥14.00" in everything  # the running difference of all of them
    for asked, shown, hidden in (
        ("age=0", theirs, mine),
        ("age=1", mine, theirs),
        (f"owner={desk.checker.id}", mine, theirs),
        (f"owner={desk.maker.id}", theirs, mine),
    ):
        page = visit.get("maker", f"/items?{asked}")
        assert f"第 {shown} 号" in page, asked
        assert f"第 {hidden} 号" not in page, asked
    for nothing in ("sign=more", "place=provider", "book=ledger", "standing=carried"):
        assert "没有符合筛选条件的款项" in visit.get("maker", f"/items?{nothing}"), nothing
    for all_of_it in ("sign=less", "place=bank", "reason=nothing-like-it", "age=x", "owner=0"):
        assert f"第 {mine} 号" in visit.get("maker", f"/items?{all_of_it}"), all_of_it


def test_a_difference_above_the_limit_stands_when_a_second_person_agrees(visit, desk):
    item_id = money_left(desk, 9_000_000)
    answer = visit.post("maker", f"/items/{item_id}/explain", **FEE)
    assert "复核后生效" in visit.get("maker", answer.location)
    [decision] = decisions()
    assert decision.status is DecisionStatus.PROPOSED
    path = f"/decisions/{decision.id}"
    assert "须由另一名财务人员复核" in visit.get("maker", path)
    visit.post("maker", f"{path}/confirm")
    assert decisions()[0].status is DecisionStatus.PROPOSED
    assert "待第二人复核" in visit.get("checker", "/decisions")
    assert "1 项核对决定等第二人复核" in visit.get("checker", "/finance")
    visit.post("checker", f"{path}/confirm")
    [decision] = decisions()
    assert (decision.status, decision.second_id) == (DecisionStatus.STANDING, desk.checker.id)
    visit.post("checker", f"{path}/withdraw")
    assert decisions()[0].status is DecisionStatus.WITHDRAWN
    assert desk.items(id=item_id)[0].status is ItemStatus.OPEN
    assert "决定已撤回" in visit.get("maker", path)


def test_everything_a_person_can_do_about_an_item_and_what_is_refused_stays_typed(visit, desk):
    item_id = money_left(desk, 500)
    money_left(desk, 700)
    path = f"/items/{item_id}"
    short = {"explain-reason_code": "bank-charge", "explain-text": "费"}
    answer = visit.post("maker", f"{path}/explain", status=422, **short)
    assert 'value="费"' in answer.text
    assert "请写明说明" in answer.text
    answer = visit.post("maker", f"{path}/split", status=422, **{"split-amount": "5.00"})
    assert 'value="5.00"' in answer.text
    assert "拆出的金额必须小于原金额" in answer.text
    answer = visit.post("maker", f"{path}/join", status=422, **{"join-text": "同一笔"})
    assert "请至少选择两条" in answer.text
    assert 'value="同一笔"' in answer.text
    visit.post("maker", f"{path}/notes", status=422)
    visit.post("maker", f"{path}/notes", **{"note-text": "已致电银行询问"})
    visit.post("maker", f"{path}/assign", **{"assign-owner_id": str(desk.checker.id)})
    refused = {"assign-owner_id": str(desk.clerk.id)}
    assert visit.post("maker", f"{path}/assign", status=422, **refused)
    carry = {"carry-reason": "asked-bank", "carry-text": "电话记录 12"}
    visit.post("maker", f"{path}/carry", **carry)
    [item] = desk.items(id=item_id)
    assert (item.owner_id, item.carried_for) == (desk.checker.id, CarryReason.ASKED_BANK)
    page = visit.get("maker", path)
    for words in ("已致电银行询问", "已向银行查询", "电话记录 12", desk.checker.display_name):
        assert words in page
    assert "第" in visit.get("maker", "/items?standing=carried")
    visit.post("maker", f"{path}/uncarry")
    assert desk.items(id=item_id)[0].carried_for is None
    visit.post("maker", f"{path}/split", **{"split-amount": "2.00"})
    parts = desk.items(parent_id=item_id)
    assert [part.amount_minor for part in parts] == [-200, -300]
    assert "各部分合计 -¥5.00" in visit.get("maker", path)
    answer = visit.post("maker", f"{path}/split", status=422, **{"split-amount": "1.00"})
    assert "已经处理过" in answer.text  # its form is gone, the words are not
    assert db.session.scalar(select(ReconciliationNote.text)) == "已致电银行询问"


def test_a_proposal_is_accepted_from_the_list_and_items_are_joined_by_hand(visit, desk):
    stranger = desk.pay(12_345, "货款", "路人")
    desk.send_back(stranger, "OUT-778")
    desk.row(debit=12_345, name="他人", account="6200", text="退款")  # reference and payee differ
    desk.take()
    desk.reconcile()
    ours, theirs = desk.open_items()
    page = visit.get("maker", "/items")
    assert "采纳" in page
    path, number = re.search(
        rf'action="[^"]*(/items/{ours.id}/accept\?proposal=(\d+)[^"]*)"', page
    ).groups()
    visit.post("maker", f"/items/{ours.id}/accept?proposal=9", status=404)
    answer = visit.post("maker", path.replace("&amp;", "&"))
    assert answer.location == "/finance/reconciliation/items"  # on to the next one
    assert desk.open_items() == []
    answer = visit.post("checker", f"/items/{theirs.id}/accept?proposal={number}", status=422)
    assert "已经处理过" in answer.text
    [made] = decisions_by_people()
    assert made.difference_minor == 0
    visit.post("maker", f"/decisions/{made.id}/withdraw")
    answer = visit.post("maker", f"/items/{ours.id}/join", item=str(theirs.id))
    assert answer.status_code == 302
    assert {item.status for item in desk.items()} == {ItemStatus.MATCHED}


def decisions_by_people():
    return [row for row in decisions() if row.made_by is not None]


def test_unequal_sides_are_joined_only_with_a_reason(visit, desk):
    stranger = desk.pay(12_345, "货款", "路人")
    desk.send_back(stranger, "OUT-778")
    desk.row(debit=12_000, name="他人", account="6200", text="退款")
    desk.take()
    desk.reconcile()
    ours, theirs = desk.open_items()
    path = f"/items/{ours.id}/join"
    answer = visit.post("maker", path, status=422, item=str(theirs.id))
    assert "请选择差额的原因" in answer.text
    assert re.search(rf'value="{theirs.id}" checked', answer.text)
    reason = {"join-reason_code": "bank-error", "join-text": "银行少扣，已更正"}
    visit.post("maker", path, item=str(theirs.id), **reason)
    [made] = decisions_by_people()
    assert made.difference_minor == 345


def test_a_day_is_closed_by_two_people_once_nothing_is_unexplained(visit, desk):
    item_id = money_left(desk, 500)
    day = beijing_day(desk.now)
    path = f"/days/{day}"
    assert "该日尚未结束" in visit.get("maker", path)
    desk.clock.advance(days=1)
    assert "法院账户有款项未核对、未说明" in visit.get("maker", path)
    answer = visit.post("maker", f"{path}/close", status=422, note="照常")
    assert "不能日结" in answer.text
    assert 'value="照常"' in answer.text
    visit.post("maker", f"/items/{item_id}/explain", **FEE)
    visit.post("maker", f"{path}/close", note="")
    db.session.rollback()
    close = db.session.scalars(select(DayClose)).one()
    assert "须由另一名财务人员复核" in visit.get("maker", path)
    visit.post("maker", f"/closes/{close.id}/confirm")
    db.session.rollback()
    assert db.session.get_one(DayClose, close.id).status is CloseStatus.PROPOSED
    visit.post("checker", f"/closes/{close.id}/confirm")
    db.session.rollback()
    assert db.session.get_one(DayClose, close.id).status is CloseStatus.CLOSED
    page = visit.get("maker", path)
    assert "以下是日结时的数字" in page
    assert "银行收费" in page
    assert "已日结" in visit.get("maker", "/days")
    [made] = decisions_by_people()
    visit.post("maker", f"/decisions/{made.id}/withdraw")
    assert decisions_by_people()[0].status is DecisionStatus.STANDING
    for nowhere in ("2026-13-01", "x", "2099-01-01", "1999-01-01"):
        visit.get("maker", f"/days/{nowhere}", status=404)


def test_a_close_can_be_taken_back_before_the_second_person(visit, desk):
    day = beijing_day(desk.now)
    desk.pay_deposit(desk.enrol())
    desk.reconcile()
    desk.clock.advance(days=1)
    visit.post("maker", f"/days/{day}/close")
    db.session.rollback()
    close = db.session.scalars(select(DayClose)).one()
    visit.post("maker", f"/closes/{close.id}/withdraw")
    visit.post("checker", f"/closes/{close.id}/confirm")
    db.session.rollback()
    assert db.session.get_one(DayClose, close.id).status is CloseStatus.WITHDRAWN
    assert "提交日结" in visit.get("maker", f"/days/{day}")


def test_a_month_is_signed_by_two_people_and_leaves_as_paper_and_table(visit, desk):
    desk.pay_deposit(desk.enrol())
    desk.reconcile()
    month = f"{beijing_day(desk.now):%Y-%m}"
    path = f"/months/{month}"
    assert "本月最后一日日结后可以签署" in visit.get("maker", path)
    visit.post("maker", f"{path}/sign")
    assert db.session.scalars(select(MonthReport)).all() == []
    desk.close_month()
    visit.post("maker", f"{path}/sign")
    assert "您已签署" in visit.get("maker", path)
    visit.post("maker", f"{path}/sign")
    visit.post("checker", f"{path}/sign")
    db.session.rollback()
    report = db.session.scalars(select(MonthReport)).one()
    assert (report.signed_by, report.second_id) == (desk.maker.id, desk.checker.id)
    assert "已由两人签署" in visit.get("maker", "/months")
    page = visit.get("maker", path)
    assert report.sha256 in page
    pdf = visit.as_("maker").get(f"{visit.home}{path}.pdf")
    assert (pdf.status_code, pdf.data[:5]) == (200, b"%PDF-")
    table = visit.as_("maker").get(f"{visit.home}{path}.csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "账户,法院账户（CNY）,期末余额,,100000.00\r\n" in table.data.decode("utf-8-sig")
    for nowhere in ("2026-13", "x", "2099-01"):
        visit.get("maker", f"/months/{nowhere}", status=404)


@pytest.fixture
def places(visit, desk):
    """Every address of the desk that names something, and every act on it."""
    item_id = money_left(desk, 9_000_000)
    visit.post("maker", f"/items/{item_id}/explain", **FEE)
    [decision] = decisions()
    day = beijing_day(desk.now)
    desk.clock.advance(days=1)
    db.session.rollback()
    run = db.session.scalars(select(ReconciliationRun)).one()
    pages = (f"/items/{item_id}", f"/decisions/{decision.id}", f"/runs/{run.id}")
    acts = (
        *(
            f"/items/{item_id}/{act}"
            for act in (
                [
                    "accept?proposal=0",
                    "join",
                    "explain",
                    "split",
                    "carry",
                    "uncarry",
                    "assign",
                    "notes",
                ]
            )
        ),
        f"/decisions/{decision.id}/confirm",
        f"/decisions/{decision.id}/withdraw",
        "/payouts/1/arrived",
        "/arrivals/1/confirm",
        "/arrivals/1/withdraw",
        "/closes/1/confirm",
        "/closes/1/withdraw",
    )
    return pages, acts, day


def test_an_auditor_sees_everything_and_does_nothing_and_a_clerk_sees_nothing(visit, desk, places):
    pages, acts, day = places
    auditor = Row(make_user(desk.now, Role.AUDITOR, court=desk.court))
    month = f"/months/{day:%Y-%m}"
    seen = (*PAGES, *pages, f"/days/{day}", month, f"{month}.csv")
    for path in seen:
        page = visit.get(auditor, path)
        visit.get("clerk", path, status=403)
        for action in re.findall(r'action="(/finance/reconciliation[^"]*)"', page):
            assert action == "/finance/reconciliation/items", (path, action)  # the filter
    for path in (*acts, "/runs", f"/days/{day}/close", f"{month}/sign"):
        visit.post(auditor, path, status=403)
        visit.post("clerk", path, status=403)


def test_what_belongs_to_another_court_is_not_there(visit, desk, places):
    pages, acts, _day = places
    stranger = Row(make_user(desk.now, Role.FINANCE, court=make_court(desk.now)))
    for path in pages:
        visit.get(stranger, path, status=404)
    typed = {
        **FEE,
        "split-amount": "1",
        "note-text": "不是本院的",
        "carry-reason": "asked-bank",
        "carry-text": "不是本院的",
        "assign-owner_id": str(stranger.id),
    }
    for path in acts:
        visit.post(stranger, path, status=404, **typed)
    assert "没有待核对的款项" in visit.get(stranger, "/items")
    assert "还没有由人作出的决定" in visit.get(stranger, "/decisions")


def test_an_act_without_the_pages_token_is_refused(visit, desk):
    answer = visit.as_("maker").post(f"{visit.home}/runs")
    assert answer.status_code == 400
    assert db.session.scalars(select(ReconciliationRun)).all() == []
