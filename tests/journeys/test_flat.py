"""A flat, from the seizure to the last fen: the whole story, by clicking, on both databases."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from browser import Person, Town, expect
from journeys import bidder_deeds as public
from journeys import cast
from journeys import court_deeds as court
from journeys import finance_deeds as desk
from journeys.served import Platform

from auction.core.db import db
from auction.courts.models import Court

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MORTGAGE = {
    "kind": "mortgage",
    "holder": "测试商业银行滨河支行",
    "amount_minor": "150万",
    "since": "2020-05-01",
    "evidence": "不动产登记簿查询结果",
}
TERMS = {
    "start_price_minor": "2,800,000.00",
    "increment_minor": "20,000.00",
    "deposit_minor": "400,000.00",
}
GROUND = "案外人对标的提出权属异议，正在审查。"


@dataclass
class Story:
    """The people, and what the scenes leave for one another."""

    platform: Platform
    town: Town
    staff: dict[str, Person]
    bidders: dict[str, cast.Bidder] = field(default_factory=cast.bidders)
    case_id: int = 0
    sale: str = ""
    lot: str = ""

    @property
    def clerk(self) -> Person:
        return self.staff["clerk"]

    def bank(self) -> desk.Bank:
        """The court's account, empty."""
        with self.platform.app.app_context():
            number = db.session.query(Court).one().account_number
            db.session.remove()
        return desk.Bank(number)


def test_a_flat_is_sold_and_its_price_distributed_to_the_last_fen(any_platform, make_town):
    town = make_town(any_platform)
    story = Story(any_platform, town, cast.open_court(any_platform, town))
    bank = story.bank()
    open_case_and_draft(story)
    decide_and_announce(story)
    enrol_three(story, bank)
    bid_against_each_other(story)
    suspend_and_resume(story)
    extend_and_end(story)
    settle_deposits(story, bank)
    pay_balance_and_rule(story, bank)
    distribute_and_close(story, bank)
    look_back(story)
    any_platform.check_books()
    if db_name(any_platform) == "sqlite":  # the pages are the same on the other
        check_pages(story)


# ── before the sale ─────────────────────────────────────────────────────────────────────────────


def open_case_and_draft(story):
    clerk = story.clerk
    story.case_id = court.open_case(clerk)
    court.add_parties(clerk, story.case_id)
    flat = court.add_asset(
        clerk, story.case_id, "home", cast.FLAT_FACTS, price="400万", burden=MORTGAGE
    )
    court.add_claims(clerk, story.case_id)
    story.sale = court.draft_first_sale(
        clerk,
        flat,
        lawful={**TERMS, **court.first_sale_times(story.platform, 31)},
        unlawful={"start_price_minor": "2,799,999.99"},
        law="CN16-10.3",
    )


def decide_and_announce(story):
    clerk, sale = story.clerk, story.sale
    court.put_to_panel(clerk, sale)
    for number in (1, 2, 3):
        court.vote(story.staff[f"judge{number}"], number)
    clerk.go(f"/court/sales/{sale}")
    expect(clerk.page.get_by_role("button", name="发布公告")).to_have_count(0)
    clerk.sees("尚未通知")
    court.record_notices(clerk, sale)
    expect(clerk.page.get_by_role("button", name="发布公告")).to_have_count(0)
    clerk.shoot("05-sale-noticed")
    story.platform.move_on(days=3)
    court.publish(story.platform, clerk, sale)
    clerk.follow("拍卖公告", clerk.page.locator("#documents"))
    for item in (cast.CASE_NUMBER, cast.FLAT, "¥2,800,000.00", "¥400,000.00", "优先购买权"):
        clerk.sees(item)
    clerk.shoot("06-announcement")


def enrol_three(story, bank):
    platform = story.platform
    for bidder in story.bidders.values():
        bidder.person = story.town.person(bidder.name, phone=bidder.name == "林秋")
    he, lin, tang = story.bidders.values()
    platform.move_to(cast.at("2026-12-04T15:00"))
    public.register(he, first_mistypes=True)
    story.lot = public.find_lot(he.person, "滨河路8号")
    public.enrol(he, story.lot, shoots=True)
    public.pay_deposit_by_card(platform, he, shoots=True)
    public.register(lin)
    public.enrol(lin, story.lot)
    public.pay_deposit_by_card(platform, lin)
    public.register(tang)
    public.enrol(tang, story.lot)
    platform.move_to(cast.at("2026-12-05T09:00"))
    bank.move(
        platform.now.date(),
        credit=cast.DEPOSIT,
        name=tang.name,
        account=tang.bank_account,
        text=f"保证金 {tang.reference}",
    )
    finance = story.staff["finance1"]
    desk.import_statement(platform, finance, bank)
    finance.shoot("17-statement")
    public.read_code(tang)
    assert len({he.code, lin.code, tang.code}) == 3


# ── the sale ────────────────────────────────────────────────────────────────────────────────────


def bid_against_each_other(story):
    platform, (he, lin, _tang) = story.platform, story.bidders.values()
    platform.move_to(cast.at("2026-12-06T10:00"))
    for bidder in (he, lin):
        public.come_to_sale(bidder, story.lot)
    both = [he.person, lin.person]
    he.person.shoot("20-lot-open")
    plot = public.plot_of(lin.person)
    public.bid(he)
    public.expect_standing(both, price=cast.START_PRICE, leader=he.code, count=1)
    expect(lin.person.page.locator("[data-plot] .plot__line")).not_to_have_attribute("d", plot)
    platform.clock.advance(minutes=30)
    price = cast.START_PRICE + 25 * cast.INCREMENT
    public.bid(lin, price)
    public.expect_standing(both, price=price, leader=lin.code, count=2)
    expect(he.person.page.locator('[data-standing="outbid"]')).to_be_visible()
    public.offer(he, price + 1)
    answer = he.person.page.locator("[data-answer]")
    expect(answer).to_contain_text("未被接受")
    expect(answer).to_contain_text("¥3,320,000.00")
    he.person.shoot("22-refused")
    with he.person.cut_off():
        line = he.person.page.locator(".connection")
        expect(line).to_have_attribute("data-state", "stale")
        expect(he.person.page.locator(".panel div[data-price]")).to_have_attribute(
            "data-stale", "true"
        )
        public.bid(lin)  # one raises oneself, by the one button
        he.person.shoot("23-stale")
        expect(he.person.page.locator("[data-bid-count]")).to_have_text("2")
    public.expect_live(he.person)
    price += cast.INCREMENT
    public.expect_standing(both, price=price, leader=lin.code, count=3)


def suspend_and_resume(story):
    platform, (he, lin, _tang) = story.platform, story.bidders.values()
    visitor = story.town.person("路人")
    story.staff["visitor"] = visitor
    visitor.go(f"/lots/{story.lot}")
    public.expect_live(visitor)
    everybody = [he.person, lin.person, visitor]
    before = public.closes_at(visitor)
    court.suspend_sale(story.staff["judge1"], GROUND)
    for person in everybody:
        expect(person.page.locator(".state-line--suspended")).to_contain_text(GROUND)
    expect(he.person.page.locator(".answer--refused")).to_have_count(0)
    he.person.shoot("25-suspended")
    platform.clock.advance(minutes=10)
    court.resume_sale(story.staff["judge1"])
    for person in everybody:
        expect(person.page.locator(".state-line--suspended")).to_have_count(0)
        assert cast.moment(public.closes_at(person)) - cast.moment(before) == cast.minutes(10)


def extend_and_end(story):
    platform, (he, lin, _tang) = story.platform, story.bidders.values()
    visitor = story.staff["visitor"]
    platform.move_to(cast.at("2026-12-07T10:06"))  # four minutes before the close
    for bidder in (he, lin):
        public.come_to_sale(bidder, story.lot)
    visitor.go(f"/lots/{story.lot}")
    people = [he.person, lin.person, visitor]
    public.bid(he)
    for person in people:
        expect(person.page.locator("[data-closing] [data-countdown]")).to_have_attribute(
            "data-countdown", "2026-12-07T02:11:00.000Z"
        )
    platform.clock.advance(minutes=1)
    public.bid(lin, cast.HAMMER_PRICE)
    public.expect_standing(people, price=cast.HAMMER_PRICE, leader=lin.code, count=5)
    expect(visitor.page.locator("#bid-rows tbody tr").first).to_contain_text("延时")
    platform.move_to(cast.at("2026-12-07T10:12:03"))
    for person in people:
        expect(person.page.locator("[data-price-label]")).to_have_text("成交价")
        expect(person.page.locator(".panel b[data-leader]")).to_have_text(lin.code)
    expect(lin.person.page.get_by_role("link", name="支付尾款")).to_be_visible()
    lin.person.shoot("30-won")
    visitor.go(f"/lots/{story.lot}")
    visitor.follow("成交确认书", visitor.page.locator("#papers"))
    for words in (lin.name, lin.code, "¥3,600,000.00", "叁佰陆拾万元整"):
        visitor.sees(words)
    visitor.sees_not(he.name)
    visitor.shoot("30-confirmation")


# ── the money ───────────────────────────────────────────────────────────────────────────────────


def settle_deposits(story, bank):
    he, lin, tang = story.bidders.values()
    day = story.platform.now.date()
    he.person.go("/me/money")
    he.person.sees("已解除冻结")
    he.person.shoot("33-my-money")
    desk.return_deposit(
        story.staff["finance1"],
        story.staff["finance2"],
        bank,
        day,
        minor=cast.DEPOSIT,
        account=tang.bank_account,
        name=tang.name,
    )
    desk.import_statement(story.platform, story.staff["finance1"], bank)
    tang.person.go("/me/money")
    tang.person.sees("已退还")
    lin.person.go(f"/sales/{story.sale}/balance")
    lin.person.sees("¥3,200,000.00")
    lin.person.shoot("34-balance")


def pay_balance_and_rule(story, bank):
    platform, (_he, lin, _tang) = story.platform, story.bidders.values()
    reference = re.search(r"R\d{10,}", lin.person.page.locator("main").inner_text())[0]
    platform.move_to(cast.at("2026-12-09T09:30"))
    bank.move(
        platform.now.date(),
        credit=cast.HAMMER_PRICE - cast.DEPOSIT,
        name=lin.name,
        account=lin.bank_account,
        text=f"尾款 {reference}",
    )
    desk.import_statement(platform, story.staff["finance1"], bank)
    lin.person.go(f"/sales/{story.sale}/balance")
    lin.person.sees("价款已经付清")
    court.record_ruling(platform, story.clerk, story.sale)


def distribute_and_close(story, bank):
    platform, case_id = story.platform, story.case_id
    maker, second = story.staff["finance1"], story.staff["finance2"]
    day = platform.now.date()
    desk.book_deduction(maker, case_id, kind="cost", amount="9000", basis="评估费发票")
    desk.book_deduction(maker, case_id, kind="cost", amount="4000", basis="辅助费发票")
    desk.book_deduction(
        maker, case_id, kind="sale-tax", amount="6万", basis="完税凭证", lot=story.lot
    )
    plan = desk.draw_up_plan(maker, second, case_id)
    for paid in ("1,638,000.00", "18,780.00", "738,780.20", "9,787.80", "1,108,170.30"):
        second.sees(paid)
    second.sees("13,481.70")
    court.cannot_close(story.clerk, case_id)
    desk.take_provider_payout(maker, bank, case_id, day)
    desk.pay_everybody(second, bank, plan, day)
    second.shoot("43-plan-paid")
    desk.import_statement(platform, maker, bank)
    assert bank.balance == 0
    court.record_handover(platform, story.clerk, story.sale)
    desk.expect_empty_accounts(maker, case_id)
    court.close_case(story.clerk, case_id)


def look_back(story):
    visitor, (_he, lin, _tang) = story.staff["visitor"], story.bidders.values()
    page = visitor.go(f"/lots/{story.lot}")
    visitor.sees("成交")
    visitor.sees("¥3,600,000.00")
    visitor.shoot("50-lot-sold")
    visitor.follow("回放竞价过程")
    rows = page.locator("table tbody tr[data-seq]")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("¥2,800,000.00")
    expect(rows.last).to_contain_text(lin.code)
    visitor.shoot("51-replay")
    page.get_by_role("button", name=re.compile("播放")).first.click()
    visitor.sees("¥3,600,000.00")


# ── the looks ───────────────────────────────────────────────────────────────────────────────────


def db_name(platform):
    """Which database this platform stands on."""
    with platform.app.app_context():
        return db.engine.dialect.name


def check_pages(story):
    """The main pages of everybody: accessible and within the screen, in both languages."""
    lot, case_id = story.lot, story.case_id
    faults = story.staff["visitor"].check_pages(
        {
            "home": "/",
            "catalogue": "/lots",
            "lot": f"/lots/{lot}",
            "replay": f"/lots/{lot}/replay",
            "verify": "/verify",
            "sign in": "/login",
            "register": "/register",
        }
    )
    cast.sign_in(story.clerk, "clerk@court.example")
    faults += story.clerk.check_pages(
        {
            "court": "/court",
            "case": f"/court/cases/{case_id}",
            "asset": "/court/assets/1",
            "sale": f"/court/sales/{story.sale}",
            "control": "/court/control",
        }
    )
    cast.sign_in(story.staff["finance1"], "finance1@court.example")
    faults += story.staff["finance1"].check_pages(
        {
            "desk": "/finance",
            "statements": "/finance/statements",
            "refunds": "/finance/refunds?done=1",
            "money of the case": f"/finance/cases/{case_id}",
            "plan": "/finance/plans/1",
        }
    )
    faults += story.bidders["lin"].person.check_pages(
        {"my desk": "/me", "my money": "/me/money", "balance": f"/sales/{story.sale}/balance"}
    )
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
