"""Who takes part, and what is sold: the worked example of the money page as people and things."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from browser import Person, Town
from builders import make_court
from journeys.served import Platform
from PIL import Image, ImageDraw

from auction.core.clock import BEIJING
from auction.core.db import db

PASSWORD = "竹帘半卷 and seven lanterns"
CASE_NUMBER = "（2026）测0101执1234号"
FLAT = "测试市滨河路8号2幢1单元1203室住宅"
CAR = "测试牌小型轿车"
REFERENCE_PRICE = 400_000_000
START_PRICE = 280_000_000
INCREMENT = 2_000_000
DEPOSIT = 40_000_000
HAMMER_PRICE = 360_000_000
STAFF_PATIENCE = timedelta(minutes=10)  # of 15: who does nothing for longer signs in again

STAFF = {
    "clerk@court.example": ("书记员周正", "clerk"),
    "judge1@court.example": ("审判长吴衡", "judge"),
    "judge2@court.example": ("审判员郑平", "judge"),
    "judge3@court.example": ("审判员王允", "judge"),
    "finance1@court.example": ("财务甲", "finance"),
    "finance2@court.example": ("财务乙", "finance"),
    "auditor@court.example": ("审计丙", "auditor"),
}

PARTIES = [
    {
        "role": "applicant",
        "name": "测试小额贷款有限公司",
        "contact": "000-10000001",
        "bank_name": "测试银行",
        "account_name": "测试小额贷款有限公司",
        "account_number": "6222000000000002",
    },
    {"role": "debtor", "name": "钱进", "contact": "000-10000002", "address": "滨河路8号"},
    {
        "role": "creditor",
        "name": "测试商业银行滨河支行",
        "bank_name": "测试银行",
        "account_name": "测试商业银行滨河支行",
        "account_number": "6222000000000001",
    },
    {
        "role": "creditor",
        "name": "孙立",
        "bank_name": "测试银行",
        "account_name": "孙立",
        "account_number": "6222000000000003",
    },
    {
        "role": "priority-purchaser",
        "name": "李共",
        "contact": "000-10000004",
        "priority_rank": "1",
        "priority_basis": "按份共有人，份额百分之五",
    },
]

# Class and amounts of the worked example: A secured on the flat, B the applicant, C joined in time.
CLAIMS = [
    {
        "creditor": "测试商业银行滨河支行",
        "on": FLAT,
        "values": {
            "claim_class": "secured",
            "rank": "1",
            "registered_at": "2020-05-01",
            "expenses_minor": "18000",
            "interest_minor": "12万",
            "principal_minor": "150万",
            "fee_kind": "realised",
        },
    },
    {
        "creditor": "测试小额贷款有限公司",
        "values": {
            "claim_class": "ordinary",
            "attached_at": "2026-01-01",
            "interest_minor": "40,000.00",
            "principal_minor": "800,000.00",
            "doubled_interest_minor": "29,960.00",
            "fee_kind": "realised",
        },
    },
    {
        "creditor": "孙立",
        "values": {
            "claim_class": "ordinary",
            "attached_at": "2026-02-01",
            "interest_minor": "6万",
            "principal_minor": "120万",
            "fee_kind": "realised",
        },
    },
]

FLAT_FACTS = {
    "title": FLAT,
    "title_en": "Flat 1203, Building 2, 8 Riverside Road, Test City",
    "region": "测试市滨河区",
    "address": "滨河路8号2幢1单元1203室",
    "description": "三室两厅两卫，南北通透，小区有电梯和地下车库。",
    "fact_building_area": "118.36 平方米",
    "fact_layout": "三室两厅两卫，第12层，共18层",
    "fact_title_certificate": "测（2018）滨河区不动产权第0012345号",
    "fact_land_use": "城镇住宅用地，出让，至2078年",
    "fact_actual_use": "自住，现空置",
    "fact_built_in": "2010年",
    "defects": "北卧室外墙有渗水痕迹；户内开关面板缺失两处。",
    "inspected_on": "2026-10-20",
    "inspectors": "周正、吴衡",
    "occupancy": "vacant",
    "occupancy_note": "2026年10月20日现场勘查时已腾空，钥匙由法院保管。",
    "occupancy_evidence": "勘查笔录及物业公司证明",
    "delivery_plan": "成交裁定送达后十五日内由法院现场交付，并协助办理过户。",
    "seller_taxes": "增值税、个人所得税、土地增值税依法由被执行人承担，从价款中扣缴。",
    "buyer_taxes": "契税、印花税依法由买受人承担。",
    "known_debts": "物业费欠缴至2026年9月，共计 6,840.00 元。",
    "seized_on": "2026-01-05",
    "seizure_expires_on": "2029-01-04",
}
CAR_FACTS = {
    "title": CAR,
    "title_en": "Saloon car, test make",
    "region": "测试市滨河区",
    "address": "法院停车场",
    "description": "2019年款小型轿车，黑色，自动挡，由法院扣押保管。",
    "fact_plate": "测A12·**",
    "fact_first_registered": "2019-03-12",
    "fact_emission": "国六",
    "fact_mileage": "82,300 公里",
    "fact_violations": "3 条未处理，共计 9 分",
    "fact_inspection_until": "2027-03",
    "defects": "前保险杠有划痕，电瓶亏电，未做启动测试。",
    "inspected_on": "2026-10-21",
    "inspectors": "周正、郑平",
    "occupancy": "court",
    "occupancy_note": "由法院扣押，停放于法院停车场。",
    "delivery_plan": "成交裁定送达后十五日内在法院停车场交付。",
    "seller_taxes": "依法由被执行人承担的税费从价款中扣缴。",
    "buyer_taxes": "过户费用依法由买受人承担。",
    "seized_on": "2026-03-02",
    "seizure_expires_on": "2028-03-01",
}


@dataclass
class Bidder:
    """A member of the public, with a number that could have been issued."""

    email: str
    name: str
    id_number: str
    phone: str
    bank_account: str
    code: str = ""
    reference: str = ""
    person: Person = field(init=False, repr=False)


def bidders() -> dict[str, Bidder]:
    """Three people who want the flat."""
    return {
        "he": Bidder(
            "he@public.example", "何春", resident_id("110101198804129"), "13800000001", "621700101"
        ),
        "lin": Bidder(
            "lin@public.example", "林秋", resident_id("110101199107235"), "13800000002", "621700102"
        ),
        "tang": Bidder(
            "tang@public.example",
            "唐冬",
            resident_id("110101197911304"),
            "13800000003",
            "6217000000000103",
        ),
    }


def resident_id(front: str) -> str:
    """Front of 15 digits, two more, and the check digit of GB 11643."""
    body = f"{front}01"
    weights = [2 ** (17 - i) % 11 for i in range(17)]
    rest = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    return body + "10X98765432"[rest]


def open_court(platform: Platform, town: Town) -> dict[str, Person]:
    """A court that has nothing but its staff; the accounts come from the command line."""
    with platform.app.app_context():
        court = make_court(
            platform.clock.now(), name="测试市滨河区人民法院", name_en="Riverside District Court"
        )
        code = court.code
        db.session.remove()
    people = {}
    for email, (name, role) in STAFF.items():
        options = ["--name", name, "--role", role, "--court", code, "--password", PASSWORD]
        done = platform.app.test_cli_runner().invoke(args=["account", "create", email, *options])
        assert done.exit_code == 0, done.output
        people[email.partition("@")[0]] = town.person(name)
    return people


def sign_in(person: Person, email: str, to: str = "/") -> None:
    """Sign in by the page, and be where one wanted to go."""
    page = person.go(f"/login?next={to}")
    if page.locator('main [name="email"]').count() == 0:
        person.go(to)
        return
    person.fill({"email": email, "password": PASSWORD})
    person.press("登录", page.locator("main"))
    page.wait_for_url(lambda url: "/login" not in url)


def photo(words: str) -> bytes:
    """A drawn photograph."""
    image = Image.new("RGB", (1200, 900), "#d8dfe2")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 620, 1200, 900), fill="#9aa58f")
    draw.rectangle((380, 160, 820, 640), fill="#b9a58c", outline="#5b4a36", width=6)
    for row in range(4):
        for column in range(4):
            x, y = 420 + column * 100, 200 + row * 105
            draw.rectangle((x, y, x + 60, y + 70), fill="#6f8496", outline="#40362a", width=3)
    draw.text((30, 30), words, fill="#40362a", font_size=28)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80)
    return data.getvalue()


def paper() -> bytes:
    """A PDF of one page, as a scanner writes it."""
    image = Image.new("RGB", (600, 850), "white")
    ImageDraw.Draw(image).text((60, 60), "Appraisal report", fill="black", font_size=24)
    data = io.BytesIO()
    image.save(data, "PDF")
    return data.getvalue()


def at(text: str) -> datetime:
    """A moment in Beijing."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def moment(text: str) -> datetime:
    """A moment as the machine writes it."""
    return datetime.fromisoformat(text)


def minutes(count: int) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)
