"""Builders: rows as a test needs them, with lawful defaults; each returns the row, committed."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import Any

from auction.accounts.models import Identity, IdentityKind, User, UserRole
from auction.accounts.roles import Role
from auction.assets.models import Asset, Category, OccupancyKind, PriceMethod, ReferencePrice
from auction.cases.models import (
    CaseStatus,
    Claim,
    ClaimAsset,
    ClaimClass,
    DebtorKind,
    EnforcementCase,
    FeeKind,
    Party,
    PartyRole,
)
from auction.core.crypto import lookup_hash
from auction.core.db import db, transaction
from auction.courts.models import Court
from auction.sales.models import Lot, Sale, SaleStatus, Stage
from bidding.enrolment.models import Enrolment, EnrolmentStatus

_count = itertools.count(1)
# Low-cost argon2 hash of "correct horse battery": real hashing is tested where it matters.
PASSWORD = "correct horse battery"


def save(row: Any) -> Any:
    """Commit one new row (and what hangs on it)."""
    with transaction() as session:
        session.add(row)
    return row


def make_court(at: datetime, **more: Any) -> Court:
    n = next(_count)
    values: dict[str, Any] = {
        "code": f"T{n:04d}",
        "name": f"测试市第{n}人民法院",
        "name_en": f"Test City Court No. {n}",
        "address": "测试市法院路1号",
        "contact_phone": "000-00000001",
        "supervision_phone": "000-00000002",
        "bank_name": "测试银行",
        "account_name": "测试法院执行款专户",
        "account_number": f"6200000000{n:06d}",
        # Serving a plan has its own tests; elsewhere an approved plan is paid at once.
        "settings": {"plan_service": "optional"},
        "created_at": at,
        **more,
    }
    return save(Court(**values))


def make_user(at: datetime, *roles: Role, court: Court | None = None, **more: Any) -> User:
    from argon2 import PasswordHasher  # slow import, few tests sign in

    n = next(_count)
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    values: dict[str, Any] = {
        "email": f"user{n}@test.example",
        "password_hash": cheap.hash(PASSWORD),
        "display_name": f"用户{n}",
        "court_id": court.id if court else None,
        "lang": "zh",
        "is_active": True,
        "created_at": at,
        **more,
    }
    user = User(**values)
    user.role_rows = [UserRole(role=role) for role in roles]
    return save(user)


def make_bidder(at: datetime, **more: Any) -> User:
    """A member of the public with a verified identity."""
    user = make_user(at, Role.BIDDER, **more)
    number = f"11010119900101{user.id % 1000:03d}X"
    save(
        Identity(
            user_id=user.id,
            kind=IdentityKind.PERSON,
            full_name=f"竞买人{user.id}",
            id_number=number,
            id_number_hash=lookup_hash(number, "id_number"),
            phone="13800000000",
            verified_at=at,
        )
    )
    return user


def make_case(
    at: datetime, *, court: Court | None = None, clerk: User | None = None, **more: Any
) -> EnforcementCase:
    court = court or make_court(at)
    clerk = clerk or make_user(at, Role.CLERK, court=court)
    n = next(_count)
    values: dict[str, Any] = {
        "court_id": court.id,
        "number": f"（2026）测01执{n}号",
        "title": "借款合同纠纷执行案",
        "basis": "（2025）测01民初1号民事判决书",
        "debtor_kind": DebtorKind.INDIVIDUAL,
        "status": CaseStatus.OPEN,
        "account_number": f"6200{n:012d}",
        "clerk_id": clerk.id,
        "opened_at": at,
        **more,
    }
    case = EnforcementCase(**values)
    case.parties = [
        Party(
            role=PartyRole.APPLICANT,
            name="申请人甲",
            bank_name="测试银行",
            account_name="申请人甲",
            account_number="6222000000000001",
        ),
        Party(
            role=PartyRole.DEBTOR,
            name="被执行人乙",
            bank_name="测试银行",
            account_name="被执行人乙",
            account_number="6222000000000002",
        ),
    ]
    return save(case)


def make_claim(case: EnforcementCase, *, asset: Asset | None = None, **more: Any) -> Claim:
    applicant = next(p for p in case.parties if p.role is PartyRole.APPLICANT)
    values: dict[str, Any] = {
        "case_id": case.id,
        "party_id": applicant.id,
        "label": f"C{next(_count)}",
        "claim_class": ClaimClass.ORDINARY,
        "principal_minor": 80_000_000,
        "fee_kind": FeeKind.REALISED,
        "attached_at": date(2026, 1, 1),
        **more,
    }
    claim = Claim(**values)
    if asset is not None:
        claim.assets = [ClaimAsset(asset_id=asset.id)]
    return save(claim)


def make_asset(at: datetime, *, case: EnforcementCase | None = None, **more: Any) -> Asset:
    case = case or make_case(at)
    values: dict[str, Any] = {
        "court_id": case.court_id,
        "case_id": case.id,
        "category": Category.HOME,
        "title": "测试市法院路2号101室住宅",
        "region": "测试市",
        "address": "法院路2号101室",
        "description": "三室一厅",
        "occupancy": OccupancyKind.VACANT,
        "occupancy_note": "已腾空，钥匙由法院保管",
        "inspected_on": date(2026, 10, 1),
        "inspectors": "张三、李四",
        "seized_on": date(2026, 1, 5),
        "seizure_expires_on": date(2029, 1, 4),
        "created_at": at,
        **more,
    }
    return save(Asset(**values))


def make_lot(at: datetime, *, asset: Asset | None = None, **more: Any) -> Lot:
    asset = asset or make_asset(at)
    values: dict[str, Any] = {
        "court_id": asset.court_id,
        "case_id": asset.case_id,
        "number": f"T-2026-{next(_count):05d}",
        "asset_id": asset.id,
        "is_practice": False,
        "created_at": at,
        **more,
    }
    return save(Lot(**values))


def make_sale(at: datetime, *, lot: Lot | None = None, **more: Any) -> Sale:
    """An announced first sale that opens in an hour for a day; 700,000.00, step 5,000.00."""
    lot = lot or make_lot(at)
    clerk = db.session.get(EnforcementCase, lot.case_id).clerk_id  # type: ignore[union-attr]
    price = ReferencePrice(
        asset_id=lot.asset_id,
        method=PriceMethod.APPRAISAL,
        amount_minor=100_000_000,
        fixed_on=date(2026, 9, 1),
        valid_until=date(2027, 8, 31),
        basis="评估报告（2026）第1号",
        recorded_by=clerk,
        recorded_at=at,
    )
    save(price)
    opens_at = more.pop("opens_at", at + timedelta(hours=1))
    values: dict[str, Any] = {
        "court_id": lot.court_id,
        "case_id": lot.case_id,
        "lot_id": lot.id,
        "number": f"{lot.number}-{next(_count)}",
        "stage": Stage.FIRST,
        "rule_pack": "cn",
        "status": SaleStatus.ANNOUNCED,
        "currency": "CNY",
        "reference_price_id": price.id,
        "start_price_minor": 70_000_000,
        "increment_minor": 500_000,
        "deposit_minor": 10_000_000,
        "publish_on": at.date(),
        "opens_at": opens_at,
        "closes_at": opens_at + timedelta(days=1),
        "extension_window_seconds": 300,
        "extension_seconds": 300,
        "countdown_seconds": 86_400,
        "leader_raises": True,
        "instructions": True,
        "balance_days": 15,
        "published_at": at,
        "created_by": clerk,
        "created_at": at,
        **more,
    }
    return save(Sale(**values))


def make_enrolment(at: datetime, sale: Sale, user: User, **more: Any) -> Enrolment:
    """An active enrolment with a code."""
    n = next(_count)
    values: dict[str, Any] = {
        "sale_id": sale.id,
        "user_id": user.id,
        "status": EnrolmentStatus.ACTIVE,
        "code": f"T{n:03d}",
        "deposit_minor": sale.deposit_minor,
        "currency": sale.currency,
        "reference": f"R{n:09d}",
        "begun_at": at,
        "activated_at": at,
        "notices_accepted": {},
        "declarations": {},
        **more,
    }
    return save(Enrolment(**values))
