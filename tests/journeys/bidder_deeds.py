"""What members of the public do, by clicking."""

from __future__ import annotations

import re
from collections.abc import Iterable

from browser import Person, expect
from journeys.cast import DEPOSIT, PASSWORD, Bidder, sign_in
from journeys.served import Platform

from auction.core.money import format_money


def register(bidder: Bidder, *, first_mistypes: bool = False) -> None:
    """Open an account with a verified identity; a wrong check digit is refused, the rest is kept."""
    person = bidder.person
    person.go("/register")
    right = {
        "email": bidder.email,
        "password": PASSWORD,
        "display_name": bidder.name,
        "full_name": bidder.name,
        "id_number": bidder.id_number,
        "phone": bidder.phone,
    }
    wrong_digit = "1" if bidder.id_number[-1] == "0" else "0"
    if first_mistypes:
        person.fill({**right, "id_number": bidder.id_number[:-1] + wrong_digit})
        person.press("开立账号")
        person.sees("居民身份证号码不正确")
        for name in ("email", "display_name", "full_name", "phone"):
            expect(person.page.locator(f'main [name="{name}"]')).to_have_value(right[name])
        person.shoot("11-register-refused")
    person.fill(right)
    person.press("开立账号")
    person.sees("账号已开立")


def find_lot(person: Person, words: str) -> str:
    """Search the catalogue and open what it finds; returns the lot's number."""
    page = person.go("/")
    page.locator("main").get_by_role("searchbox").first.fill(words)
    person.press("查找", page.locator("main"))
    person.sees("找到 1 个标的")
    person.shoot("12-catalogue")
    person.page.locator(".lots a").first.click()
    page.wait_for_url(re.compile(r"/lots/[^?]+$"))
    return page.url.rpartition("/")[2]


def enrol(bidder: Bidder, lot: str, *, deposit: int = DEPOSIT, shoots: bool = False) -> None:
    """Declarations, then seven notices; one left out is asked for again, those ticked are kept."""
    person, page = bidder.person, bidder.person.page
    person.go(f"/lots/{lot}")
    if page.get_by_role("link", name="登录后报名").count():
        person.follow("登录后报名")
        person.fill({"email": bidder.email, "password": PASSWORD})
        person.press("登录", page.locator("main"))
    person.follow("报名竞买")
    person.follow("以此身份继续")
    person.fill({"conflict": "no", "capacity": "own"})
    person.press("声明属实，继续")
    boxes = page.locator('main input[type="checkbox"]')
    expect(boxes).to_have_count(7)
    for box in boxes.all()[:-1]:
        box.check()
    person.press("全部确认")
    person.sees("这一条还没有确认")
    boxes = page.locator('main input[type="checkbox"]')
    expect(boxes).to_have_count(1)
    boxes.first.check()
    if shoots:
        person.shoot("13-notices")
    person.press("全部确认")
    expect(page.locator("h1")).to_have_text("交纳保证金")
    person.sees(format_money(deposit))
    bidder.reference = page.url.split("/enrolments/")[1].split("/")[0]
    if shoots:
        person.shoot("14-deposit")


def pay_deposit_by_card(platform: Platform, bidder: Bidder, *, shoots: bool = False) -> None:
    """Pay on the provider's page; back here there is a code."""
    person, page = bidder.person, bidder.person.page
    person.press(re.compile("^(支付|冻结)"))
    page.wait_for_url(f"{platform.provider_url}/**")
    if shoots:
        person.shoot("15-provider")
    page.locator('[value="pm_card_visa"]').check()
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{platform.url}/**")
    platform.work()
    read_code(bidder)
    if shoots:
        person.shoot("16-deposit-paid")


def read_code(bidder: Bidder) -> None:
    """The deposit is confirmed: the bidder has a code."""
    page = bidder.person.go(f"/enrolments/{bidder.reference}/deposit")
    bidder.person.sees("报名成功")
    bidder.code = page.locator("main .code").first.inner_text()
    assert re.fullmatch(r"[A-Z0-9]{4,}", bidder.code), bidder.code


# ── bidding ─────────────────────────────────────────────────────────────────────────────────────


def price_of(person: Person) -> str:
    """The price that the page shows."""
    return person.page.locator("[data-price] .money__digits").inner_text()


def come_to_sale(bidder: Bidder, lot: str) -> None:
    """Sign in if need be, and stand before the lot with the live line up."""
    sign_in(bidder.person, bidder.email, f"/lots/{lot}")
    expect_live(bidder.person)


def expect_live(person: Person) -> None:
    """The page says that it is up to date."""
    expect(person.page.locator(".connection")).to_have_attribute("data-state", "live")


def bid(bidder: Bidder, amount: int | None = None) -> None:
    """Press the one button (with another amount typed, if given) and get a receipt."""
    page = bidder.person.page
    before = page.locator("[data-bid-count]").inner_text()
    offer(bidder, amount)
    expect(page.locator("[data-answer]")).to_contain_text("出价成功")
    expect(page.locator("[data-answer]")).to_contain_text(f"第 {int(before) + 1} 次出价")


def offer(bidder: Bidder, amount: int | None = None) -> None:
    """Press the one button, with another amount typed if given."""
    page = bidder.person.page
    if amount is not None:
        page.locator("input[data-amount]").fill(f"{amount / 100:.2f}")
    page.locator("[data-submit]").click()


def expect_standing(
    people: Iterable[Person], *, price: int, leader: str, count: int, rows: int | None = None
) -> None:
    """Price, leader, bid list and plot stand alike in every browser."""
    for person in people:
        page = person.page
        expect(page.locator("[data-price] .money__digits")).to_have_text(format_money(price))
        expect(page.locator(".panel b[data-leader]")).to_have_text(leader)
        expect(page.locator("[data-bid-count]")).to_have_text(str(count))
        expect(page.locator("#bid-rows tbody tr[data-seq]")).to_have_count(rows or count)
        top = page.locator("#bid-rows tbody tr").first
        expect(top).to_contain_text(format_money(price))
        expect(top).to_contain_text(leader)


def plot_of(person: Person) -> str:
    """The line of the plot."""
    return str(person.page.locator("[data-plot] .plot__line").get_attribute("d"))


def closes_at(person: Person) -> str:
    """The end of bidding that the countdown runs to."""
    found = person.page.locator("[data-closing] [data-countdown]").get_attribute("data-countdown")
    return str(found)
