"""A court with everything a lawful sale needs; tests then take away what they are about."""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from builders import make_asset, make_case, make_court, make_user, save

from auction.accounts.roles import Role
from auction.assets.models import AssetMedia, MediaKind, PriceMethod, ReferencePrice, StoredFile
from auction.core.clock import ManualClock
from auction.core.db import db, transaction
from auction.notices.models import NoticeOutcome
from auction.notices.services import parties_to_notify, record_party_notice
from auction.sales.inputs import inputs_for
from auction.sales.models import Stage, Vote
from auction.sales.proposals import propose_terms
from auction.sales.rulepacks import load_rule_pack
from auction.sales.services import cast_vote, draft_sale, publish_sale, put_to_panel

HOME_FACTS = {
    "building_area": "89.5 平方米",
    "layout": "三室一厅，12/18 层",
    "title_certificate": "测房权证第001号",
    "land_use": "住宅用地，出让",
    "actual_use": "自住，已腾空",
}


def make_bench(at: datetime, **asset: Any) -> SimpleNamespace:
    """A court, its people, a case and an asset with all that publication asks for."""
    court = make_court(at)
    clerk = make_user(at, Role.CLERK, court=court)
    judges = [make_user(at, Role.JUDGE, court=court) for _ in range(3)]
    case = make_case(at, court=court, clerk=clerk)
    values = {
        "facts": dict(HOME_FACTS),
        "seller_taxes": "增值税、个人所得税",
        "buyer_taxes": "契税",
        "delivery_plan": "成交裁定送达后十五日内由法院组织交付",
        **asset,
    }
    row = make_asset(at, case=case, **values)
    price = save(
        ReferencePrice(
            asset_id=row.id,
            method=PriceMethod.APPRAISAL,
            amount_minor=100_000_000,
            fixed_on=date(2026, 9, 1),
            valid_until=date(2027, 8, 31),
            basis="评估报告（2026）第1号",
            recorded_by=clerk.id,
            recorded_at=at,
        )
    )
    add_photo(row.id, court.id, at)
    return SimpleNamespace(
        court=court, clerk=clerk, judges=judges, case=case, asset=row, price=price
    )


def add_photo(asset_id: int, court_id: int, at: datetime) -> None:
    stored = save(
        StoredFile(
            token=f"photo-{asset_id}-{court_id}",
            court_id=court_id,
            mime="image/jpeg",
            size=3,
            sha256="0" * 64,
            original_name="客厅.jpg",
            is_public=True,
            created_at=at,
        )
    )
    save(AssetMedia(asset_id=asset_id, file_id=stored.id, kind=MediaKind.PHOTO, position=1))


def proposed(bench: SimpleNamespace, at: datetime, rule_pack: str = "cn"):
    pack = load_rule_pack(rule_pack)
    inputs = inputs_for(
        bench.asset,
        stage=Stage.FIRST,
        pack=pack,
        price=None if pack.is_practice else bench.price,
        previous=None,
        now=at,
    )
    return propose_terms(inputs, at)


def draft(bench: SimpleNamespace, at: datetime, rule_pack: str = "cn", **more: Any):
    terms = proposed(bench, at, rule_pack)
    with transaction():
        return draft_sale(
            asset_id=bench.asset.id,
            terms=terms,
            actor_id=bench.clerk.id,
            now=at,
            rule_pack=rule_pack,
            reference_price_id=None if rule_pack == "practice" else bench.price.id,
            **more,
        )


def put(bench: SimpleNamespace, sale, at: datetime):
    with transaction():
        return put_to_panel(sale.id, [j.id for j in bench.judges], actor_id=bench.clerk.id, now=at)


def vote(decision, judge, at: datetime, what: Vote = Vote.APPROVE, reason: str = ""):
    with transaction():
        return cast_vote(decision.id, judge.id, what, reason, now=at)


def approve(bench: SimpleNamespace, sale, at: datetime):
    decision = put(bench, sale, at)
    for judge in bench.judges:
        vote(decision, judge, at)
    return decision


def notify(bench: SimpleNamespace, sale, at: datetime, **more: Any) -> None:
    """Every party confirms the notice on the day of `at`, unless `more` says otherwise."""
    values = {
        "outcome": NoticeOutcome.CONFIRMED,
        "channel": "邮寄送达",
        "on_date": at.date(),
        "proof": "EMS 签收回执",
        **more,
    }
    with transaction():
        for party in parties_to_notify(sale.case_id):
            record_party_notice(sale.id, party.id, actor_id=bench.clerk.id, now=at, **values)


def publish(bench: SimpleNamespace, sale, at: datetime):
    with transaction():
        return publish_sale(sale.id, bench.clerk.id, at)


def announced(bench: SimpleNamespace, clock: ManualClock):
    """A sale taken all the way to its announcement; the clock ends on the day of publication."""
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    notify(bench, sale, clock.now())
    clock.advance(days=3)
    publish(bench, sale, clock.now())
    return db.session.get(type(sale), sale.id)
