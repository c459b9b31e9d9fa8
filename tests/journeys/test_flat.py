"""A flat, from the seizure to the last fen: the whole story, by clicking, on both databases."""

from __future__ import annotations

from journeys import bidder_deeds as public
from journeys import cast

from journeys import court_deeds as court
import pytest
from browser import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]


def test_a_flat_is_sold_and_its_price_distributed_to_the_last_fen(any_platform, make_town):
    platform = any_platform
    town = make_town(platform)
    staff = cast.open_court(platform, town)
    clerk = staff["clerk"]

    case_id = court.open_case(clerk)
    court.add_parties(clerk, case_id)
    flat = court.add_asset(
        clerk,
        case_id,
        "home",
        cast.FLAT_FACTS,
        price="400万",
        burden={
            "kind": "mortgage",
            "holder": "测试商业银行滨河支行",
            "amount_minor": "150万",
            "since": "2020-05-01",
            "evidence": "不动产登记簿查询结果",
        },
    )
    court.add_claims(clerk, case_id)
    sale = court.draft_first_sale(
        clerk,
        flat,
        lawful={
            "start_price_minor": "2,800,000.00",
            "increment_minor": "20,000.00",
            "deposit_minor": "400,000.00",
            **court.first_sale_times(platform, 31),
        },
        unlawful={"start_price_minor": "2,799,999.99"},
        law="CN16-10.3",
    )
    court.put_to_panel(clerk, sale)
    for number in (1, 2, 3):
        court.vote(staff[f"judge{number}"], number)
    expect(clerk.page.locator("h1")).to_be_visible()
    clerk.go(f"/court/sales/{sale}")
    expect(clerk.page.get_by_role("button", name="发布公告")).to_have_count(0)
    clerk.sees("尚未通知")
    court.record_notices(clerk, sale)
    clerk.shoot("05-sale-noticed")
    platform.move_on(days=3)
    court.publish(platform, clerk, sale)

    people = cast.bidders()
    for bidder in people.values():
        bidder.person = town.person(bidder.name, phone=bidder.name == "林秋")
    he, lin, tang = people["he"], people["lin"], people["tang"]
    platform.move_to(cast.at("2026-12-04T15:00"))
    public.register(he, first_mistypes=True)
    lot = public.find_lot(he.person, "滨河路8号")
    public.enrol(he, lot, shoots=True)
    public.pay_deposit_by_card(platform, he, shoots=True)
    public.register(lin)
    public.enrol(lin, lot)
    public.pay_deposit_by_card(platform, lin)
    public.register(tang)
    public.enrol(tang, lot)

    platform.move_to(cast.at("2026-12-06T10:00"))
    public.come_to_sale(he, lot)
    public.come_to_sale(lin, lot)
    both = [he.person, lin.person]
    he.person.shoot("20-lot-open")
    plot = public.plot_of(lin.person)
    public.bid(he)
    public.expect_standing(both, price=cast.START_PRICE, leader=he.code, count=1)
    expect(lin.person.page.locator("[data-plot] .plot__line")).not_to_have_attribute("d", plot)
    platform.clock.advance(minutes=30)
    public.bid(lin, cast.START_PRICE + 20 * cast.INCREMENT, confirms=True)
    price = cast.START_PRICE + 20 * cast.INCREMENT
    public.expect_standing(both, price=price, leader=lin.code, count=2)
    expect(he.person.page.locator('[data-standing="outbid"]')).to_be_visible()
    he.person.shoot("21-outbid")
    public.offer(he, price + 1)
    he.person.shoot("22-refused")
