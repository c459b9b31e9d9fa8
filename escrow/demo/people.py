"""The people of the demonstration court: invented, and with numbers that nobody can have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from stdnum import luhn
from stdnum.cn import ric

from auction.accounts.models import IdentityKind, User
from auction.accounts.roles import Role
from auction.accounts.services import NewIdentity, create_staff, register_bidder
from auction.core.audit import record
from auction.core.db import db
from auction.courts.models import Court

PASSWORD = "demo-only-2026"  # noqa: S105  # of a fictitious court, published on its front page
DOMAIN = "demo.example"
BIDDERS = 20
PRACTISED = 10
"""Bidders 1 to 10 are enrolled in the practice sale that is always running."""

STAFF: tuple[tuple[str, str, Role], ...] = (
    ("clerk", "周敏", Role.CLERK),
    ("clerk2", "何一帆", Role.CLERK),
    ("judge1", "沈正平", Role.JUDGE),
    ("judge2", "陆文清", Role.JUDGE),
    ("judge3", "顾思远", Role.JUDGE),
    ("finance1", "许静", Role.FINANCE),
    ("finance2", "高远航", Role.FINANCE),
    ("auditor", "方明", Role.AUDITOR),
    ("admin", "系统管理员", Role.ADMIN),
    ("security", "安全管理员", Role.SECURITY),
)
_BIDDER_NAMES = (
    "林晓舟",
    "陈启明",
    "吴雨桐",
    "赵海宁",
    "孙若溪",
    "钱立诚",
    "郑一鸣",
    "王若谷",
    "冯念初",
    "蒋书白",
    "韩云起",
    "杨可欣",
    "朱成蹊",
    "秦问渠",
    "许知行",
    "何清越",
    "吕东篱",
    "施望舒",
    "张怀瑾",
    "曹子衿",
)


@dataclass(frozen=True)
class People:
    """Ids of everybody in the story."""

    court_id: int
    staff: dict[str, int]
    bidders: tuple[int, ...]

    @property
    def judges(self) -> list[int]:
        """The panel."""
        return [self.staff[f"judge{n}"] for n in (1, 2, 3)]


def mail_of(name: str) -> str:
    """The address of a demonstration account."""
    return f"{name}@{DOMAIN}"


def make_people(password_hash: str, now: datetime) -> People:
    """Open the court and all its accounts, in the caller's transaction."""
    court = _open_court(now)
    staff = {
        name: create_staff(
            email=mail_of(name),
            password_hash=password_hash,
            display_name=shown,
            roles=[role],
            court_id=court.id,
            actor_id=None,
            now=now,
        ).id
        for name, shown, role in STAFF
    }
    bidders = tuple(
        register_bidder(
            email=mail_of(f"bidder{number}"),
            password_hash=password_hash,
            display_name=name,
            lang="zh",
            identity=NewIdentity(
                kind=IdentityKind.PERSON,
                full_name=name,
                id_number=invent_resident_id(number),
                phone=f"138{number:08d}",
            ),
            now=now,
        ).id
        for number, name in enumerate(_BIDDER_NAMES, 1)
    )
    return People(court.id, staff, bidders)


def find_people() -> People | None:
    """The people of a demonstration court that is there already."""
    court_id = db.session.scalar(select(Court.id).where(Court.is_demo))
    if court_id is None:
        return None
    rows = db.session.execute(select(User.email, User.id).where(User.email.like(f"%@{DOMAIN}")))
    ids = {email.split("@")[0]: user_id for email, user_id in rows}
    return People(
        court_id,
        {name: ids[name] for name, _shown, _role in STAFF},
        tuple(ids[f"bidder{number}"] for number in range(1, BIDDERS + 1)),
    )


def _open_court(now: datetime) -> Court:
    court = Court(
        code="YZ",
        name="云州市中级人民法院（演示）",
        name_en="Yunzhou Intermediate Court (demonstration)",
        address="云州市滨江区法治大道1号",
        contact_phone="0999-8800 1200",
        supervision_phone="0999-8800 1368",
        bank_name="中国工商银行云州滨江支行（演示）",
        account_name="云州市中级人民法院执行款专户（演示）",
        account_number="6299010088000001",
        is_demo=True,
        # Its visitors see a plan paid the day it is approved; serving one can be tried by hand.
        settings={"plan_service": "optional"},
        created_at=now,
    )
    db.session.add(court)
    db.session.flush()
    record("open-court", court, actor_id=None, at=now, detail={"code": court.code})
    return court


def invent_resident_id(number: int) -> str:
    """A resident identity number with the right check digit, from a place that does not exist.

    No district code begins with 99, so no living person can have it.
    """
    born = f"{1968 + number}{number % 12 + 1:02d}{number % 27 + 1:02d}"
    head = f"990101{born}{100 + number:03d}"
    return head + ric.calc_check_digit(head + "0")


def invent_account(number: str) -> str:
    """An account number with the check digit that a bank's own have; no bank has this prefix."""
    return number + luhn.calc_check_digit(number)
