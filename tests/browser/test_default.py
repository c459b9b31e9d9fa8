"""A buyer who does not pay: two people rule, the lot is sold again for less, he owes the rest."""

from __future__ import annotations

import pytest
from browser import AXE, PHONE, WIDE, Town, find_faults, leave_pictures_on_failure
from builders import PASSWORD
from finance_stage import Row
from journeys.served import serve
from processes import HOST, free_port
from undoing_stage import Bench

from auction.accounts.models import User
from auction.core.db import db

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PRICE = 240_000_000
PART = 30_000_000
RESALE = 220_000_000
REASONS = "买受人经两次催告仍未付清价款，致使拍卖目的难以实现。"


@pytest.fixture
def story(make_app, clock, chromium, tmp_path, request):
    """The bench behind a port, and people in front of it."""
    port = free_port()
    app = make_app(PUBLIC_URL=f"http://{HOST}:{port}")
    town = Town(chromium, f"http://{HOST}:{port}")
    with app.app_context(), serve(app, port):
        yield Bench(clock), town
        leave_pictures_on_failure(town, tmp_path, request)
        town.close()
    assert town.complaints() == []


def enter(person, row, path):
    """Sign in anew, for a session does not outlast the days that have passed, and open a page."""
    email = row.email
    db.session.rollback()
    person.context.clear_cookies()
    person.go(f"/login?next={path}")
    person.fill({"email": email, "password": PASSWORD})
    person.page.locator("main form button[type=submit]").first.click()
    person.page.wait_for_url(lambda url: path.partition("?")[0] in url and "/login" not in url)


def expect_no_faults(person):
    """The page as it stands breaks no rule of WCAG and fits the screen, phone and desk."""
    person.page.evaluate(AXE.read_text())
    was = person.page.viewport_size
    for size in (PHONE, WIDE):
        person.page.set_viewport_size(size)
        assert find_faults(person.page) == []
    person.page.set_viewport_size(was)


def test_who_does_not_pay_is_ruled_in_default_and_owes_what_the_resale_lacks(story):
    bench, town = story
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    user = Row(db.session.get_one(User, winner.user_id))
    number, name = bench.sale.number, bench.name_of(winner)
    outcome, balance = f"/court/sales/{number}/outcome", f"/sales/{number}/balance"

    buyer = town.person("buyer", phone=True)
    enter(buyer, user, balance)
    buyer.sees("不付清的代价")
    buyer.sees("¥300,000.00")  # the deposit is lost, this goes back
    buyer.shoot("70-balance-due")

    bench.pass_due()
    bench.work_off()
    clerk = town.person("clerk")
    enter(clerk, bench.clerk, f"/court/sales/{number}")
    clerk.follow("尾款与后果")
    clerk.sees("付款期限已过，由法院决定")
    clerk.shoot("71-outcome-late")
    clerk.follow("看悔拍的后果并起草裁定")
    clerk.unfold("换一个价格或费用测算")
    clerk.fill({"resale": "220万", "costs": "6000"})
    clerk.press("测算")
    clerk.sees("¥106,000.00")  # 200,000 less, 94,000 of it borne by the deposit
    clerk.shoot("72-default-foreseen")
    expect_no_faults(clerk)
    clerk.fill({"number": "（2026）测01执1号之二", "reasons": REASONS, "tops_up": True})
    clerk.press("起草裁定", clerk.page.locator("#draft"))
    clerk.sees("等待法官审阅并作出")

    judge = town.person("judge")
    enter(judge, bench.judge, outcome)
    judge.follow("审阅裁定稿")
    judge.sees(REASONS)
    judge.shoot("73-draft")
    expect_no_faults(judge)
    judge.press("作出裁定")
    judge.sees("买受人悔拍，法院已裁定重新拍卖")
    judge.sees("不得参加")
    judge.shoot("74-outcome-defaulted")
    db.session.rollback()
    bench.work_off()
    judge.follow(bench.resale().number)
    judge.sees("¥2,000,000.00")  # drafted at the start price of the sale that failed

    bench.sell_again(RESALE)
    bench.pay(10_000_000, "补足差价", name)
    finance = town.person("finance")
    enter(finance, bench.maker, "/finance/receivables")
    finance.shoot("75-receivables")
    finance.follow(name)
    finance.sees("¥100,000.00")
    finance.shoot("76-receivable")
    finance.press("入账")
    finance.sees("已收齐")

    enter(buyer, user, balance)
    buyer.sees("法院已裁定重新拍卖")
    buyer.sees("应补足")
    assert buyer.page.locator('[name="amount"]').count() == 0
    buyer.shoot("77-balance-defaulted")
    enter(judge, bench.judge, outcome)
    judge.sees("已转入案款")
    judge.shoot("78-outcome-final")
    bench.check_books()
