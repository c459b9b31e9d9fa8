"""A whole case on real processes in real time: from the account of the clerk to the closed case."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import requests
from builders import make_court
from court_in_session import CourtInSession
from form_browser import FormBrowser
from journeys.cast import CAR, CAR_FACTS, PASSWORD, paper, photo, resident_id
from live_client import Socket
from processes import Deployment, run_flask, wait_until

from auction.core.clock import BEIJING
from auction.core.money import format_money

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

STAFF = {
    "clerk": ("书记员周正", "clerk"),
    "finance1": ("财务甲", "finance"),
    "finance2": ("财务乙", "finance"),
}
CREDITOR = "测试小额贷款有限公司"
START_PRICE = 50_000_000
STEP = 500_000
DEPOSIT = 5_000_000
LEAD = timedelta(seconds=12)
LENGTH = timedelta(seconds=70)
MINUTE = timedelta(minutes=1)  # the practice rules' last minute, and by how much it is extended


@dataclass
class Buyer:
    """A member of the public who wants the car."""

    name: str
    browser: FormBrowser
    id_number: str
    phone: str
    email: str
    code: str = ""


@dataclass
class Story:
    """Who takes part, and what the scenes leave for one another."""

    deployment: Deployment
    staff: dict[str, FormBrowser] = field(default_factory=dict)
    he: Buyer = field(init=False)
    lin: Buyer = field(init=False)
    case: str = ""
    sale: str = ""
    lot: str = ""
    price: int = 0

    def __post_init__(self) -> None:
        self.he = self._buyer("何春", "110101198804129", "13800000001", "he")
        self.lin = self._buyer("林秋", "110101199107235", "13800000002", "lin")

    def person(self, name: str) -> FormBrowser:
        """Somebody before the address that nginx answers at."""
        return FormBrowser(self.deployment.url, name)

    def _buyer(self, name: str, front: str, phone: str, word: str) -> Buyer:
        number = resident_id(front)
        return Buyer(name, self.person(name), number, phone, f"{word}@public.example")


def test_a_car_is_sold_and_its_price_paid_out_by_processes_that_only_share_a_database(
    new_deployment: Deployment,
):
    """Every step goes through nginx; the worker alone ends the sale and moves the deposits.

    The sale is held by the practice rules, whose minutes stand for days: it needs no panel and no
    notices, which the journeys show. All that follows is as in any other case, because practice
    money is booked, ruled on, distributed and closed like real money.
    """
    story = Story(new_deployment)
    try:
        open_court(story)
        draft_and_publish(story)
        for buyer in (story.he, story.lin):
            enrol(story, buyer)
        bid_against_each_other(story)
        see_the_end(story)
        settle_deposits_and_pay(story)
        rule_and_hand_over(story)
        distribute_and_close(story)
        look_back(story)
    except AssertionError as error:
        error.add_note(new_deployment.logs())
        raise


# ── before the sale ─────────────────────────────────────────────────────────────────────────────


def open_court(story: Story) -> None:
    """The court is there; its people get their accounts from the command line."""
    settings = story.deployment.settings
    with CourtInSession(story.deployment) as court, court.app.app_context():
        code = make_court(datetime.now(UTC), name="测试市滨河区人民法院").code
    for word, (name, role) in STAFF.items():
        options = ["--name", name, "--role", role, "--court", code, "--password", PASSWORD]
        run_flask(settings, "account", "create", f"{word}@court.example", *options)
        story.staff[word] = story.person(name)
        sign_in(story.staff[word], f"{word}@court.example")


def sign_in(person: FormBrowser, email: str, to: str = "/") -> None:
    """Sign in by the page."""
    person.go(f"/login?next={to}")
    person.press("登录", {"email": email, "password": PASSWORD})
    assert "/login" not in person.address


def draft_and_publish(story: Story) -> None:
    """A case with its parties, claim and car; the sale opens in seconds."""
    clerk = story.staff["clerk"]
    clerk.go("/court/cases/new")
    case = {"number": "（2026）测0101执77号", "title": "借款合同纠纷", "debtor_kind": "individual"}
    clerk.press("立案", {**case, "basis": "（2025）测0101民初77号民事判决书"})
    clerk.sees("案件已立")
    story.case = re.search(r"/cases/(\d+)", clerk.address)[1]
    payee = {"bank_name": "测试银行", "account_name": CREDITOR, "account_number": "62220000000002"}
    clerk.press("添加当事人", {"role": "applicant", "name": CREDITOR, **payee})
    clerk.press("添加当事人", {"role": "debtor", "name": "钱进"})
    asset = add_car(story, clerk)
    clerk.go(f"/court/cases/{story.case}")
    claim = {"claim_class": "ordinary", "attached_at": "2026-01-01", "fee_kind": "realised"}
    clerk.press("登记债权", {"party_id": CREDITOR, **claim, "principal_minor": "90万"})
    clerk.sees("已登记债权")

    clerk.go(f"/court/lots/new?asset={asset}&practice=1")
    opens_at = (datetime.now(BEIJING) + LEAD).replace(microsecond=0)
    terms = {"start_price_minor": START_PRICE, "increment_minor": STEP, "deposit_minor": DEPOSIT}
    times = {"opens_at": opens_at, "closes_at": opens_at + LENGTH}
    clerk.press(
        "保存草稿",
        {
            **{name: f"{minor / 100:.2f}" for name, minor in terms.items()},
            **{name: f"{moment:%Y-%m-%dT%H:%M:%S}" for name, moment in times.items()},
            "publish_on": opens_at.date().isoformat(),
        },
    )
    clerk.sees("标的编号已生成")
    story.sale = clerk.address.rpartition("/")[2]
    clerk.press("发布公告")
    clerk.sees("公告已发布")
    visitor = story.person("路人")
    visitor.go("/lots?practice=1")
    visitor.follow(CAR)
    story.lot = visitor.address.rpartition("/")[2]


def add_car(story: Story, clerk: FormBrowser) -> str:
    """The car with a photo, a paper and its reference price; returns its number in addresses."""
    clerk.go(f"/court/cases/{story.case}/assets/new")
    clerk.press("继续", {"category": "vehicle"})
    clerk.press("保存财产", CAR_FACTS)
    clerk.sees("已添加财产")
    asset = re.search(r"/assets/(\d+)", clerk.address)[1]
    for kind, file in (
        ("photo", ("front.jpg", photo("A car"), "image/jpeg")),
        ("document", ("report.pdf", paper(), "application/pdf")),
    ):
        clerk.press("上传", {"kind": kind, "caption": "外观与评估"}, files={"file": file})
        clerk.sees("已上传")
    today = datetime.now(BEIJING).date()
    price = {"method": "appraisal", "amount_minor": "70万", "fixed_on": today.isoformat()}
    until = (today + timedelta(days=300)).isoformat()
    clerk.press("登记参考价", {**price, "valid_until": until, "basis": "测评报字第077号"})
    clerk.sees("已登记参考价")
    return asset


def enrol(story: Story, buyer: Buyer) -> None:
    """Register, tick the notices, pay at the provider: its message brings the code.

    Whoever closes the provider's window does not come back to the platform by its link.
    """
    person = buyer.browser
    person.go("/register")
    who = {"email": buyer.email, "display_name": buyer.name, "full_name": buyer.name}
    rest = {"password": PASSWORD, "id_number": buyer.id_number, "phone": buyer.phone}
    person.press("开立账号", {**who, **rest})
    person.sees("账号已开立")
    sign_in(person, buyer.email, f"/lots/{story.lot}")
    person.follow("报名竞买")
    person.follow("以此身份继续")
    person.press("声明属实", {"conflict": "no", "capacity": "own"})
    notices = person.form("全部确认")
    ticks = {box.name: True for box in notices.fields if box.kind == "checkbox"}
    assert len(ticks) == 7
    person.press("全部确认", ticks)
    person.sees("交纳保证金", format_money(DEPOSIT))
    deposit = person.address
    person.press("冻结")
    assert person.address.startswith(story.deployment.settings["STRIPE_API_BASE"])
    person.press("冻结", {"method": "pm_card_visa"}, comes_back=False)
    person.comes_to_see(deposit, "报名成功")
    buyer.code = re.search(r"您的竞买代码是 ?([A-Z0-9]{4,})", person.page.text)[1]


# ── the sale ────────────────────────────────────────────────────────────────────────────────────


def bid_against_each_other(story: Story) -> None:
    """Two buyers at two web processes; a bid in the last minute gives a minute more."""
    url, he, lin = story.deployment.url, story.he, story.lin
    log = (story.deployment.folder / "access.log").read_text().splitlines()
    told = [line for line in log if line.startswith("/webhooks/stripe") and line.endswith(" 200")]
    assert len(told) >= 2
    with (
        closing(Socket(url, he.browser.session.cookies.get_dict())) as of_he,
        closing(Socket(url, lin.browser.session.cookies.get_dict())) as of_lin,
    ):
        of_he.ask("watch", {"lot": story.lot, "after": 0})
        wait_until(
            lambda: (
                of_lin.ask("watch", {"lot": story.lot, "after": 0})["state"]["status"] == "open"
            ),
            LEAD.total_seconds() + 5,
            "the opening",
            pause=0.25,
        )
        for seq, socket in enumerate((of_he, of_lin, of_he), start=1):
            assert place(story, socket, seq)["accepted"] is True
            for each in (of_he, of_lin):
                each.wait_for(lambda each=each, seq=seq: seq in each.seqs(), 5, f"bid {seq}")
        again = place(story, of_lin, 3)
        assert (again["accepted"], again["reason"]) == (False, "below-minimum")

        closes_at = read_moment(of_lin.frames[-1]["state"]["closes_at"])
        wait_until(
            lambda: datetime.now(UTC) > closes_at - MINUTE + timedelta(seconds=2),
            LENGTH.total_seconds(),
            "the last minute",
            pause=0.25,
        )
        late = place(story, of_lin, 4)
        assert late["accepted"] is True
        for each in (of_he, of_lin):
            each.wait_for(lambda each=each: 4 in each.seqs(), 5, "the late bid")
            last = each.frames[-1]["state"]
            assert read_moment(last["closes_at"]) > closes_at
            assert last["leader"] == lin.code
    story.price = START_PRICE + 3 * STEP
    wait_until(
        lambda: story.deployment.sockets_served() == set(story.deployment.web_ports),
        5,
        "sockets served by both processes",
    )


def place(story: Story, socket: Socket, seq: int) -> dict:
    """Bid what the bid of this number costs when each is one step above the last."""
    amount = START_PRICE + (seq - 1) * STEP
    return socket.ask("bid", {"lot": story.lot, "amount": amount, "key": f"{id(socket)}-{seq}"})


def read_moment(text: str) -> datetime:
    """A moment as the room writes it."""
    return datetime.fromisoformat(text)


def see_the_end(story: Story) -> None:
    """Nobody does anything: the worker ends the sale, and the letter comes out."""
    visitor = story.person("路人")

    def told() -> dict:
        answer = requests.get(f"{story.deployment.url}/api/v1/lots/{story.lot}", timeout=10)
        return answer.json()["state"]

    wait_until(lambda: told()["status"] == "sold", 80, "the end of the sale", pause=0.5)
    assert (told()["price"], told()["leader"]) == (story.price, story.lin.code)
    visitor.comes_to_see(f"/lots/{story.lot}", "成交确认书")
    visitor.follow("成交确认书")
    visitor.sees(story.lin.name, story.lin.code, format_money(story.price))
    assert story.he.name not in visitor.page.text


# ── the money ───────────────────────────────────────────────────────────────────────────────────


def settle_deposits_and_pay(story: Story) -> None:
    """The loser's hold is released at the provider, the winner's taken; the balance follows."""
    he, lin = story.he.browser, story.lin.browser
    he.comes_to_see("/me/money", "已解除冻结")
    wait_until(
        lambda: intents_at_provider(story) == ["canceled", "succeeded"],
        20,
        "one deposit released and one taken at the provider",
        pause=0.25,
    )
    balance = f"/sales/{story.sale}/balance"
    lin.comes_to_see(balance, format_money(story.price - DEPOSIT))
    lin.press("去支付")
    lin.sees(format_money(story.price - DEPOSIT).removeprefix("¥"))
    lin.press("支付", {"method": "pm_card_visa"}, comes_back=False)
    lin.comes_to_see(balance, "价款已经付清")


def intents_at_provider(story: Story) -> list[str]:
    """The states of all payments the provider knows of, sorted."""
    settings = story.deployment.settings
    answer = requests.get(
        f"{settings['STRIPE_API_BASE']}/v1/payment_intents",
        auth=(settings["STRIPE_API_KEY"], ""),
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return sorted(intent["status"] for intent in answer.json()["data"])


def rule_and_hand_over(story: Story) -> None:
    """The ruling makes the price proceeds of the case; the keys are a fact of their own."""
    clerk, today = story.staff["clerk"], datetime.now(BEIJING).date().isoformat()
    clerk.comes_to_see(f"/court/sales/{story.sale}", "登记成交裁定")
    ruling = {"number": "（2026）测0101执77号之一", "made_on": today, "served_on": today}
    clerk.press("登记成交裁定", ruling)
    clerk.sees("已登记成交裁定")
    clerk.press("登记移交", {"handed_over_on": today, "proof": "移交笔录，买受人签收"})
    clerk.sees("移交买受人")


def distribute_and_close(story: Story) -> None:
    """Two people distribute what one of them drew up; then no account of the case holds a fen."""
    maker, second = story.staff["finance1"], story.staff["finance2"]
    money = f"/finance/cases/{story.case}"
    maker.comes_to_see(money, "登记通道结算到账")
    maker.press("登记通道结算到账", {"bank_reference": "BK000001"})
    maker.sees("已登记到账")
    maker.press("登记手续费已补足", {"bank_reference": "BK000002"})
    maker.sees("已登记到账")
    maker.comes_to_see(money, "计算方案")  # as soon as the worker has released the price
    maker.press("计算方案")
    maker.sees("方案已计算")
    plan = maker.address
    maker.press("提交批准")
    maker.sees("已提交")
    second.go(plan)
    refuse_own_approval(maker, second)
    second.press("批准方案")
    second.sees("已批准并记账")
    sent = 0
    while second.form("登记已支付"):
        sent += 1
        today = datetime.now(BEIJING).date().isoformat()
        second.press("登记已支付", {"bank_reference": f"BK00001{sent}", "paid_on": today})
        second.sees("已登记支付")
    assert sent >= 1
    clerk = story.staff["clerk"]
    clerk.comes_to_see(money, "本案全部账户余额为零")
    clerk.press("结案")
    clerk.sees("案件已结案")


def refuse_own_approval(maker: FormBrowser, second: FormBrowser) -> None:
    """The maker has no button for it, and sending what the other's button sends is refused."""
    assert maker.form("批准方案") is None
    button = second.form("批准方案")
    token = maker.form("作废").value_of("csrf_token")
    maker.send(button, button.fill({"csrf_token": token}))
    maker.sees("拟制方案的人不能批准该方案")


def look_back(story: Story) -> None:
    """The books are whole, and a stranger sees how it ended."""
    run_flask(story.deployment.settings, "ledger", "check")
    visitor = story.person("路人")
    visitor.go(f"/lots/{story.lot}")
    visitor.sees("成交", format_money(story.price), story.lin.code)
    visitor.follow("回放竞价过程")
    visitor.sees(format_money(START_PRICE), format_money(story.price))
