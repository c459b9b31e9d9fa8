"""A flat, from the seizure to the last fen: the whole story, by clicking, on both databases."""

from __future__ import annotations

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
