"""A sale of five thousand bids, played again: smooth, by keyboard, with few rows in the page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from browser import AXE, PHONE, WIDE, expect, find_faults
from live_room import START_PRICE, STEP
from sqlalchemy import insert, update

from auction.core.db import db, transaction
from bidding.room.models import Bid, SaleHead

pytestmark = pytest.mark.browser

BIDS = 5_000
LAST = START_PRICE + (BIDS - 1) * STEP


@pytest.fixture
def long_sale(site):
    """So many bids, one in ten seconds; every fortieth of the last thousand extended the sale."""
    opens = site.room.sale.opens_at
    closes = opens + timedelta(days=1)
    rows = [
        {
            "sale_id": site.room.sale_id,
            "seq": n + 1,
            "at": opens + timedelta(seconds=10 * n),
            "code": site.room.codes[n % 3],
            "amount_minor": START_PRICE + n * STEP,
            "is_auto": n % 50 == 7,
            "is_match": n == 2_000,
            "has_extended": n >= BIDS - 1_000 and n % 40 == 0,
            "closes_at": closes,
            "log_n": n + 4,
        }
        for n in range(BIDS)
    ]
    with transaction():
        db.session.execute(insert(Bid), rows)
        db.session.execute(
            update(SaleHead)
            .where(SaleHead.sale_id == site.room.sale_id)
            .values(seq=BIDS, price_minor=LAST, leader=rows[-1]["code"])
        )
    person = site.town.person("visitor")
    person.go(f"{site.path}/replay")
    expect(person.page.locator("[data-replay-scrub]")).to_be_visible()
    return person


def test_five_thousand_bids_are_scrubbed_without_a_hitch(long_sale):
    page = long_sale.page
    assert page.locator("#replay-rows tbody tr").count() == 100
    path = page.locator(".plot__line").get_attribute("d") or ""
    assert path.count("V") <= 1_001
    took = page.evaluate(
        """() => {
          const scrub = document.querySelector('[data-replay-scrub]');
          const began = performance.now();
          for (let n = 0; n < 500; n += 1) {
            scrub.value = String((n * 37) % 5000);
            scrub.dispatchEvent(new Event('input'));
          }
          document.body.getBoundingClientRect();
          return performance.now() - began;
        }"""
    )
    assert took < 5_000, f"{took} ms for 500 moves"
    scrub = page.locator("[data-replay-scrub]")
    scrub.fill("2001")
    expect(page.locator("[data-replay-at]")).to_contain_text("第 2001／5000 次")
    expect(page.locator("[data-replay-price]")).to_have_text("¥10,700,000.00")
    expect(page.locator('[data-replay-shows="match"]')).to_be_visible()
    assert page.locator("#replay-rows tbody tr").count() == 100
    expect(page.locator("#replay-rows tr.is-now td").first).to_have_text("2001")
    long_sale.shoot("replay")


def test_the_player_is_worked_by_keyboard_and_jumps_from_mark_to_mark(long_sale):
    page = long_sale.page
    long_sale.press("开头")
    expect(page.locator("[data-replay-at]")).to_contain_text("尚无出价")
    long_sale.press("下一处延时或优先")
    expect(page.locator("[data-replay-at]")).to_contain_text("第 2001／")
    long_sale.press("下一处延时或优先")
    expect(page.locator('[data-replay-shows="extended"]')).to_be_visible()
    scrub = page.locator("[data-replay-scrub]")
    scrub.focus()
    scrub.press("Home")
    scrub.press("ArrowRight")
    scrub.press("ArrowRight")
    expect(page.locator("[data-replay-at]")).to_contain_text("第 2／5000 次")
    assert "¥705,000.00" in (scrub.get_attribute("aria-valuetext") or "")
    page.locator("[data-replay-speed]").select_option("0")
    scrub.focus()
    scrub.press(" ")
    expect(page.locator("[data-replay-play]")).to_have_text("停下")
    expect(page.locator("[data-replay-at]")).not_to_contain_text("第 2／5000 次")
    scrub.press(" ")
    expect(page.locator("[data-replay-play]")).to_have_text("播放")


def test_the_table_is_turned_by_the_page_and_follows_the_player(long_sale):
    page = long_sale.page
    expect(page.locator("[data-replay-pager]")).to_be_hidden()
    expect(page.locator("[data-replay-page]")).to_have_text("第 50／50 页")
    long_sale.press("前一百次")
    expect(page.locator("#replay-rows tr.is-now td").first).to_have_text("4801")
    page.evaluate(AXE.read_text())
    faults = []
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        faults += find_faults(page)
    assert faults == []


def test_without_scripts_the_table_has_pages_of_its_own(site, long_sale):
    reader = site.town.person("without scripts", scripts=False)
    reader.go(f"{site.path}/replay")
    assert reader.page.locator("#replay-rows tbody tr").count() == 100
    expect(reader.page.locator("[data-replay-scrub]")).to_be_hidden()
    reader.follow(re.compile("下一页"))
    expect(reader.page.locator("#replay-rows tbody td").first).to_have_text("101")
