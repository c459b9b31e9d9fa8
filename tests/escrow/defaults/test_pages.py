"""What judges, clerks, finance staff and buyers see of a sold sale, and can do about it."""

from __future__ import annotations

import re
from datetime import timedelta

from finance_stage import Row
from sqlalchemy import select

from auction.accounts.models import User
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.rulings.barred import find_bar
from auction.rulings.models import ProposalStatus, RulingProposal
from auction.sales.models import SaleStatus
from escrow.defaults.models import DefaultCost
from escrow.defaults.receivables import list_receivables
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import mark_paid
from escrow.settlement.loans import loans_of
from escrow.settlement.models import LoanStatus
from escrow.settlement.services import settlement_of

PRICE = 240_000_000
DEPOSIT = 10_000_000
PART = 30_000_000
REASONS = "买受人经两次催告仍未付清价款，致使拍卖目的难以实现。"
NUMBER = "（2026）测01执1号之二"


def outcome(bench):
    return f"/court/sales/{bench.sale.number}/outcome"


def hidden(page, name):
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1]


def draft_by_page(visit, bench, *, kind="default", who="clerk", **more):
    values = {"number": NUMBER, "reasons": REASONS, **more}
    answer = visit.post(who, f"{outcome(bench)}/{kind}", **values)
    return answer.location


def test_everybody_of_the_court_sees_what_is_due_and_may_call_it_from_case_sale_and_desk(
    bench, visit
):
    here = outcome(bench)
    visit.get("judge", here, 404)  # nothing is sold yet
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    for who in ("clerk", "judge", "maker"):
        page = visit.get(who, here)
        assert "等待买受人付清尾款" in page
        assert "¥2,000,000.00" in page  # 2.4 million less deposit and part
    assert here in visit.get("clerk", f"/court/sales/{bench.sale.number}")
    assert here in visit.get("clerk", f"/court/cases/{bench.case.id}")
    assert here in visit.get("maker", f"/finance/cases/{bench.case.id}")
    desk = visit.get("maker", "/finance/settlements")
    assert here in desk
    assert "/finance/receivables" in desk


def test_the_judge_sees_the_consequences_before_there_is_a_draft(bench, visit):
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    bench.pass_due()
    page = visit.get("judge", f"{outcome(bench)}/default?resale=2200000&costs=6000")
    # withheld, returned, and for 2.2 million: costs 6,000, gap 94,000 of 200,000, short by 106,000
    for text in ("¥100,000.00", "¥300,000.00", "¥6,000.00", "¥94,000.00", "¥106,000.00"):
        assert text in page, text
    # What cannot be read is kept as it was typed.
    assert 'value="viel"' in visit.get("judge", f"{outcome(bench)}/default?resale=viel", 422)
    assert "重新拍卖" in visit.get("judge", f"{outcome(bench)}/default?lang=zh")  # asks nothing
    assert bench.sale.status is SaleStatus.SOLD
    assert not bench.proposals()


def test_two_people_rule_a_default_and_the_page_then_says_where_the_money_is(bench, visit):
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    bench.pass_due()
    path = draft_by_page(visit, bench, tops_up="y", cap="150000")
    read = visit.get("judge", path)
    assert REASONS in read
    assert "¥300,000.00" in read
    visit.post("judge", f"{path}/make", seal=hidden(read, "seal"))
    assert bench.sale.status is SaleStatus.DEFAULTED
    bench.work_off()
    after = visit.get("judge", outcome(bench))
    for text in (NUMBER, "法院已裁定重新拍卖", "不得参加", bench.resale().number):
        assert text in after
    assert find_bar(bench.asset.id, db.session.get(User, winner.user_id)) is not None
    assert bench.resale().number in visit.get("clerk", f"/court/sales/{bench.sale.number}")
    assert visit.as_("judge").get(path).location.endswith("/outcome")


def test_who_drafted_cannot_make_it_and_a_clerk_never_can(bench, visit):
    bench.win(PRICE)
    bench.pass_due()
    path = draft_by_page(visit, bench, who="judge")
    read = visit.get("judge", path)
    assert "须由另一名法官作出" in read
    visit.post("judge", f"{path}/make", 422, seal="x")
    visit.post("clerk", f"{path}/make", 403, seal="x")
    assert bench.sale.status is SaleStatus.SOLD


def test_a_payment_that_comes_between_reading_and_making_is_read_again(bench, visit):
    winner = bench.win(PRICE)
    bench.pass_due(days=0)
    path = draft_by_page(visit, bench)
    seal = hidden(visit.get("judge", path), "seal")
    day = beijing(bench.now).date() - timedelta(days=1)
    bench.pay_balance(winner, PART, day=day)
    refused = visit.post("judge", f"{path}/make", 422, seal=seal)
    assert "重新核对" in refused.text
    assert bench.sale.status is SaleStatus.SOLD
    visit.post("judge", f"{path}/make", seal=hidden(refused.text, "seal"))
    assert bench.sale.status is SaleStatus.DEFAULTED


def test_a_refused_draft_comes_back_filled_in(bench, visit):
    bench.win(PRICE)
    bench.pass_due()
    answer = visit.post("clerk", f"{outcome(bench)}/default", 422, number=NUMBER, reasons="太短")
    assert NUMBER in answer.text
    assert "太短" in answer.text
    assert not bench.proposals()


def test_a_judge_sends_a_draft_back_and_says_why(bench, visit):
    bench.win(PRICE)
    bench.pass_due()
    path = draft_by_page(visit, bench)
    visit.post("judge", f"{path}/drop", remark="买受人已联系法院付款")
    assert db.session.scalar(select(RulingProposal)).status is ProposalStatus.DROPPED
    assert "买受人已联系法院付款" in visit.get("clerk", path)


def test_a_judge_allows_late_payment_and_the_buyer_may_pay_again(bench, visit):
    winner = bench.win(PRICE)
    bench.pass_due()
    buyer = Row(db.session.get(User, winner.user_id))
    balance = f"/sales/{bench.sale.number}/balance"
    page = visit.get(buyer, balance)
    assert "付款期限已过" in page
    assert 'name="amount"' not in page
    refused = visit.post(buyer, balance, 422, amount="100")
    assert "由法院决定" in refused.text
    until = beijing(bench.now).date() + timedelta(days=5)
    visit.post("clerk", f"{outcome(bench)}/late", 403, until=until, ground="银行放款延迟")
    visit.post("judge", f"{outcome(bench)}/late", 422, until=until, ground="短")
    visit.post("judge", f"{outcome(bench)}/late", until=until, ground="银行放款延迟")
    assert 'name="amount"' in visit.get(buyer, balance)
    assert "银行放款延迟" in visit.get("clerk", outcome(bench))


def test_the_buyer_reads_what_not_paying_costs_and_afterwards_what_it_cost(bench, visit):
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    buyer = Row(db.session.get(User, winner.user_id))
    balance = f"/sales/{bench.sale.number}/balance"
    before = visit.get(buyer, balance)
    # Sold again for 2 million at the least: 400,000 less, of which the deposit bears 100,000.
    for text in ("不付清的代价", "¥100,000.00", "¥300,000.00"):
        assert text in before
    bench.default(tops_up=True)
    after = visit.get(buyer, balance)
    assert "法院已裁定重新拍卖" in after
    assert 'name="amount"' not in after
    assert "金额要等重新拍卖办结才能确定" in after
    visit.post(buyer, balance, 422, amount="100")
    bench.sell_again(220_000_000)
    final = visit.get(buyer, balance)
    # 200,000 less, 100,000 of it paid by the deposit
    assert final.count("¥100,000.00") >= 2
    assert "应补足" in final


def test_finance_books_a_cost_and_another_person_agrees_and_pays(bench, visit):
    bench.win(PRICE)
    bench.default()
    visit.post(
        "maker",
        f"{outcome(bench)}/costs",
        amount="6000",
        basis="公告费发票 1 号",
        payee_name="测试公告公司",
        payee_bank="测试银行",
        payee_account="622200009999",
        form_key="k1",
    )
    [cost] = db.session.scalars(select(DefaultCost))
    path = f"{outcome(bench)}/costs/{cost.id}"
    visit.post("maker", f"{path}/approve")
    assert db.session.get(DefaultCost, cost.id).status == "proposed"
    visit.post("checker", f"{path}/approve")
    day = beijing(bench.now).date()
    prefix = f"cost{cost.id}-"
    visit.post("checker", f"{path}/paid", 422, **{f"{prefix}bank_reference": ""})
    paid = {f"{prefix}bank_reference": "BK9", f"{prefix}paid_on": day}
    visit.post("checker", f"{path}/paid", **paid)
    assert db.session.get(DefaultCost, cost.id).status == "paid"
    page = visit.get("judge", outcome(bench))
    assert "¥94,000.00" in page  # still held


def test_a_loan_is_recorded_by_one_and_confirmed_by_another(bench, visit):
    bench.win(PRICE)
    settlement = settlement_of(bench.sale.id)
    day = beijing(bench.now).date() + timedelta(days=2)
    letter = {"lender": "测试银行", "letter_number": "D-1", "promised_on": day}
    visit.post("maker", f"{outcome(bench)}/loans", 422, amount="9999999", **letter)
    visit.post("maker", f"{outcome(bench)}/loans", amount="1000000", **letter)
    [loan] = loans_of(settlement.id)
    path = f"{outcome(bench)}/loans/{loan.id}"
    visit.post("maker", f"{path}/confirm")
    assert loans_of(settlement.id)[0].status is LoanStatus.RECORDED
    visit.post("checker", f"{path}/confirm")
    assert loans_of(settlement.id)[0].status is LoanStatus.CONFIRMED
    assert "D-1" in visit.get("judge", outcome(bench))
    visit.post("checker", f"{path}/void", **{f"loan{loan.id}-reason": "银行撤回承诺"})
    assert loans_of(settlement.id)[0].status is LoanStatus.VOID


def test_a_deficit_is_listed_and_paid_from_a_suspended_line(bench, visit):
    winner = bench.win(PRICE)
    bench.default(tops_up=True)
    bench.sell_again(220_000_000)
    [(row, _sale)] = list_receivables(bench.court.id, is_met=False)
    assert row.amount_minor == 10_000_000
    row, name = Row(row), bench.name_of(winner)
    line = Row(bench.pay(4_000_000, "补足差价", name))
    other = Row(bench.pay(9_000_000, "不明", "某甲"))
    assert name in visit.get("maker", "/finance/receivables")
    path = f"/finance/receivables/{row.id}"
    page = visit.get("maker", path)
    assert page.index(f'value="{line.id}"') < page.index(f'value="{other.id}"')
    visit.post("maker", f"{path}/receive", 422, line=other.id, amount="100000.01")
    visit.post("maker", f"{path}/receive", 422, line=line.id, amount="50000")
    visit.post("maker", f"{path}/receive", line=line.id, amount="40000")
    after = visit.get("checker", path)
    assert "¥60,000.00" in after
    visit.post("maker", f"{path}/receive", line=other.id, amount="60000")
    assert list_receivables(bench.court.id, is_met=False) == []
    assert name in visit.get("maker", "/finance/receivables?met=1")
    bench.check_books()


def test_a_ruling_is_served_and_a_judge_lifts_a_bar(bench, visit):
    winner = bench.win(PRICE)
    bench.default()
    assert bench.name_of(winner) in visit.get("judge", "/court/sales/barred")
    visit.post("clerk", f"{outcome(bench)}/served", served_on=beijing(bench.now).date())
    assert bench.ruling().served_on == beijing(bench.now).date()
    buyer = Row(db.session.get(User, winner.user_id))
    bar = find_bar(bench.asset.id, buyer.read())
    path = f"{outcome(bench)}/bars/{bar.id}/lift"
    visit.post("clerk", path, 403, **{f"bar{bar.id}-ground": "异议裁定撤销"})
    visit.post("judge", path, **{f"bar{bar.id}-ground": "异议裁定撤销"})
    assert find_bar(bench.asset.id, db.session.get(User, winner.user_id)) is None


def test_the_judge_sees_who_must_return_what_before_a_sale_is_set_aside(bench, visit):
    bench.claims_of_the_example()
    winner = bench.win(360_000_000)
    bench.pay_balance(winner, 350_000_000)
    bench.rule()
    bench.approve(bench.draft())
    paid = db.session.scalar(
        select(PlanPayment).where(PlanPayment.status == PaymentStatus.DUE).order_by(PlanPayment.id)
    )
    payee, paid_id = paid.payee_name, paid.id
    with transaction():
        mark_paid(
            paid_id,
            bank_reference="OUT1",
            paid_on=bench.now.date(),
            court_id=bench.court.id,
            actor_id=bench.checker.id,
            now=bench.now,
        )
    before = visit.get("judge", f"{outcome(bench)}/set-aside")
    for text in (f"已付给 {payee}", "¥1,638,000.00", "只能先退还 ¥100,000.00"):
        assert text in before
    path = draft_by_page(visit, bench, kind="set-aside", ground="31.2", bearer="court")
    read = visit.get("judge", path)
    assert f"已付给 {payee}" in read
    visit.post("judge", f"{path}/make", seal=hidden(read, "seal"))
    assert payee in visit.get("judge", outcome(bench))
    buyer = Row(db.session.get(User, winner.user_id))
    after = visit.get(buyer, f"/sales/{bench.sale.number}/balance")
    for text in ("法院已裁定撤销本次拍卖", "¥3,600,000.00", "每笔付款收齐之后整笔退还您"):
        assert text in after
