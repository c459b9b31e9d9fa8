"""A car: nobody bids, and the second sale is drafted; then it is bid on without any script."""

from __future__ import annotations

import re

import pytest
from browser import expect
from journeys import bidder_deeds as public
from journeys import cast
from journeys import court_deeds as court

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

REFERENCE_PRICE = "12万"
TERMS = {
    "start_price_minor": "84,000.00",
    "increment_minor": "500.00",
    "deposit_minor": "8,400.00",
}
SECOND_FLOOR = "¥67,200.00"  # four fifths of the first start price (CN16-26.4)


def announce_car(platform, town):
    """A court with one case and a car that is announced; returns staff, sale and case."""
    staff = cast.open_court(platform, town)
    clerk = staff["clerk"]
    case_id = court.open_case(clerk)
    court.add_parties(clerk, case_id)
    car = court.add_asset(clerk, case_id, "vehicle", cast.CAR_FACTS, price=REFERENCE_PRICE)
    sale = court.draft_first_sale(
        clerk,
        car,
        lawful={**TERMS, **court.first_sale_times(platform, 16)},
        unlawful={"deposit_minor": "16,800.01"},
        law="CN16-17.1",
    )
    decide(platform, staff, sale)
    return staff, sale


def decide(platform, staff, sale):
    """Panel, notices, publication."""
    court.put_to_panel(staff["clerk"], sale)
    for number in (1, 2, 3):
        court.vote(staff[f"judge{number}"], number)
    court.record_notices(staff["clerk"], sale)
    platform.move_on(days=3)
    court.publish(platform, staff["clerk"], sale)


def test_a_car_nobody_wants_comes_up_again_with_lawful_values(platform, make_town):
    town = make_town(platform)
    staff, sale = announce_car(platform, town)
    platform.move_to(cast.at("2026-11-22T10:00:04"))
    visitor = town.person("路人")
    lot = public.find_lot(visitor, cast.CAR)
    visitor.sees("竞价期间无人出价")
    visitor.shoot("60-unsold")

    clerk = staff["clerk"]
    cast.sign_in(clerk, "clerk@court.example", f"/court/sales/{sale}")
    clerk.sees("系统已按法定数值起草下一次拍卖")
    clerk.follow(re.compile("^审阅"))
    clerk.sees("二拍")
    clerk.sees(SECOND_FLOOR)
    clerk.shoot("61-second-draft")
    second = clerk.page.url.rpartition("/")[2]
    clerk.follow("修改", clerk.page.locator("#terms"))
    expect(clerk.page.locator('[name="start_price_minor"]')).to_have_value(re.compile("67,?200"))
    clerk.press("保存草稿")  # every value of it is lawful as it stands
    clerk.sees("已保存")
    decide(platform, staff, second)
    visitor.go(f"/lots/{lot}")
    visitor.sees("即将开始")
    visitor.sees(SECOND_FLOOR)
    platform.check_books()


def test_everything_up_to_a_bid_works_without_scripts(platform, make_town):
    town = make_town(platform)
    announce_car(platform, town)
    bidder = cast.bidders()["he"]
    bidder.person = town.person(bidder.name, phone=True, scripts=False)
    platform.move_to(cast.at("2026-11-20T16:00"))
    public.register(bidder, first_mistypes=True)
    lot = public.find_lot(bidder.person, cast.CAR)
    public.enrol(bidder, lot, deposit=840_000)
    public.pay_deposit_by_card(platform, bidder)
    platform.move_to(cast.at("2026-11-21T10:00"))
    cast.sign_in(bidder.person, bidder.email, f"/lots/{lot}")
    form = bidder.person.page.locator("form.bid-form")
    bidder.person.fill({"amount": "84,000.50"}, form)
    form.get_by_role("button", name=re.compile("出价")).click()
    bidder.person.sees("可以接受的最低出价为 ¥84,000.00，加价幅度为 ¥500.00")
    form = bidder.person.page.locator("form.bid-form")
    expect(form.locator('[name="amount"]')).to_have_value("84,000.50")
    bidder.person.fill({"amount": "8.4万"}, form)
    form.get_by_role("button", name=re.compile("出价")).click()
    bidder.person.sees("出价成功：¥84,000.00，第 1 次出价")
    bidder.person.sees("您领先")
    box = bidder.person.page.locator('form.bid-form [name="amount"]').bounding_box()
    assert box["width"] > 200  # the figure is in sight, though the steps' buttons are not
    assert "要看最新的价格，请刷新" in bidder.person.page.locator(".panel").inner_text()
    bidder.person.shoot("62-without-scripts")
    expect(bidder.person.page.locator("#bid-rows tbody tr[data-seq]")).to_have_count(1)
    platform.move_to(cast.at("2026-11-22T10:00:04"))
    bidder.person.go(f"/lots/{lot}")
    bidder.person.sees("您已竞得本标的")
    platform.check_books()
