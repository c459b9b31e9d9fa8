"""The publication check, and the announcement itself: all at once or not at all (CN16-13.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from auction.assets.facts import missing_facts
from auction.assets.models import Asset, MediaKind, ReferencePrice, is_movable
from auction.assets.wording import banned_phrases
from auction.cases.models import CaseStatus, EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.core.web import format_day
from auction.courts.models import Court
from auction.deadlines.services import meet_deadline
from auction.notices.announcement import announcement_title, compose
from auction.notices.documents import issue_document, new_code
from auction.notices.items import Ground
from auction.notices.models import Announcement, DocumentKind
from auction.notices.papers import announcement_blocks
from auction.notices.services import notice_states
from auction.sales.calendar import beijing_day
from auction.sales.explain import refusal_sentence
from auction.sales.fingerprint import content_hash
from auction.sales.inputs import inputs_of, terms_of
from auction.sales.models import SALE_TRANSITIONS, DecisionStatus, Sale, SaleStatus
from auction.sales.panel import covers, standing_decision
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import RulePack, load_rule_pack
from auction.sales.rules import check_terms

_LINTED = (
    "description",
    "defects",
    "occupancy_note",
    "delivery_plan",
    "seller_taxes",
    "buyer_taxes",
    "known_debts",
)


@dataclass(frozen=True)
class CheckItem:
    """One thing the law wants before publication: met or not, why, and where to mend it.

    `place` is `sale`, `asset`, `notices`, `panel`, `case` or `court`.
    """

    key: str
    label: Any
    rule: str
    met: bool
    detail: str
    place: str


def publication_check(sale: Sale, now: datetime) -> list[CheckItem]:
    """Everything that must hold for this sale to be announced at `now`, met or not."""
    pack = load_rule_pack(sale.rule_pack)
    items = [_terms_item(sale, pack, now), _future_item(sale, now)]
    if pack.is_practice:
        return items
    asset = sale.lot.asset
    return [
        *items,
        _panel_item(sale),
        *_asset_items(sale, asset),
        _notices_item(sale, now),
        *_heard_items(sale),
        *_record_items(sale),
    ]


def missing_items(sale: Sale, now: datetime) -> list[CheckItem]:
    """What still stands in the way of publication."""
    return [item for item in publication_check(sale, now) if not item.met]


def _item(key: str, label: Any, rule: str, place: str, detail: str = "") -> CheckItem:
    """Met exactly when there is nothing to complain of."""
    return CheckItem(key, label, rule, not detail, detail, place)


def _terms_item(sale: Sale, pack: RulePack, now: datetime) -> CheckItem:
    """The terms are lawful if the announcement comes out today, not on the day once planned."""
    terms = replace(terms_of(sale), publish_on=beijing_day(now))
    refusals = check_terms(terms, inputs_of(sale, now))
    detail = " ".join(refusal_sentence(refusal, pack) for refusal in refusals)
    rule = refusals[0].statute if refusals else "CN16-12.4"
    return _item("terms", _l("今日发布时，各项条件均在法定范围内"), rule, "sale", detail)


def _future_item(sale: Sale, now: datetime) -> CheckItem:
    late = gettext("开始时间已过，请修改。") if sale.opens_at <= now else ""
    return _item("future", _l("开始时间在发布之后"), "CN16-12.1", "sale", late)


def _panel_item(sale: Sale) -> CheckItem:
    decision = standing_decision(sale)
    detail = ""
    if decision is None or decision.status is not DecisionStatus.APPROVED:
        detail = gettext("合议庭尚未通过。")
    elif not covers(decision, sale):
        detail = gettext("评议通过后，条件或者财产内容有变更，需要重新评议。")
    return _item("panel", _l("合议庭已就现有条件和内容作出决定"), "CN16-27.1", "panel", detail)


def _asset_items(sale: Sale, asset: Asset) -> Iterator[CheckItem]:
    photos = [m for m in asset.media if m.kind is MediaKind.PHOTO]
    yield _item(
        "photos",
        _l("至少有一张照片"),
        "CN16-13.1",
        "asset",
        "" if photos else gettext("还没有照片。"),
    )
    inspected = asset.inspected_on and asset.inspectors
    yield _item(
        "inspection",
        _l("有现场调查记录（日期和调查人）"),
        "CN24G-1",
        "asset",
        "" if inspected else gettext("请登记调查日期和调查人。"),
    )
    lacking = missing_facts(asset.category, asset.facts)
    names = gettext("、").join(str(field.label) for field in lacking)
    yield _item(
        "facts",
        _l("财产的法定披露事项齐全"),
        lacking[0].rule_id if lacking else "CN24G-1",
        "asset",
        gettext("尚缺：%(names)s。", names=names) if lacking else "",
    )
    found = asset.occupancy and (asset.occupancy_note or is_movable(asset.category))
    yield _item(
        "occupancy",
        _l("占有使用情况已查明"),
        "CN24G-7",
        "asset",
        "" if found else gettext("请登记占有人、占有依据和起止日期。"),
    )
    taxes = asset.seller_taxes and asset.buyer_taxes
    yield _item(
        "taxes",
        _l("出让方与受让方的税费分列"),
        "CN24G-9",
        "asset",
        "" if taxes else gettext("请分别写明双方各自承担的税费。"),
    )
    if not is_movable(asset.category):
        yield _item(
            "delivery",
            _l("写明移交安排"),
            "CN19M-1",
            "asset",
            "" if asset.delivery_plan else gettext("请写明腾退与交付安排。"),
        )
    yield _wording_item(sale, asset)
    if str(asset.facts.get("purchase_limit", "")).strip():
        yield _item(
            "qualification",
            _l("写明购房资格要求"),
            "CN21H-2.1",
            "sale",
            "" if sale.qualification else gettext("当地有限购政策，请写明竞买人资格条件。"),
        )


def _wording_item(sale: Sale, asset: Asset) -> CheckItem:
    texts = [getattr(asset, name) for name in _LINTED]
    texts += [sale.qualification, sale.remarks, *map(str, asset.facts.values())]
    found = [hit for text in texts for hit in banned_phrases(text or "")]
    detail = " ".join(
        gettext(
            "不得使用“%(wording)s”（%(rule)s）。%(advice)s",
            wording=wording,
            rule=phrase.rule_id,
            advice=str(phrase.advice),
        )
        for wording, phrase in found
    )
    rule = found[0][1].rule_id if found else "CN24G-7"
    return _item("wording", _l("没有禁止使用的表述"), rule, "asset", detail)


def _notices_item(sale: Sale, now: datetime) -> CheckItem:
    today = beijing_day(now)
    lacking = []
    for state in notice_states(sale):
        if state.ready_on is None:
            lacking.append(gettext("%(name)s 尚未通知。", name=state.party.name))
        elif state.ready_on > today:
            day = format_day(state.ready_on)
            lacking.append(
                gettext("对 %(name)s 的通知自 %(day)s 起满足。", name=state.party.name, day=day)
            )
    return _item(
        "notices",
        _l("当事人和已知优先购买权人已在发布三日前通知"),
        "CN16-16.1",
        "notices",
        " ".join(lacking),
    )


def _heard_items(sale: Sale) -> Iterator[CheckItem]:
    days = [state.heard_on for state in notice_states(sale) if state.heard_on]
    if not days:
        return
    last = max(days)
    early = beijing_day(sale.opens_at) < last
    yield _item(
        "shareholders",
        _l("其他股东自通知起有二十日行使优先购买权"),
        "CO-85.1",
        "sale",
        gettext("最早可于 %(day)s 开始。", day=format_day(last)) if early else "",
    )


def _record_items(sale: Sale) -> Iterator[CheckItem]:
    court = db.session.get_one(Court, sale.court_id)
    case = db.session.get_one(EnforcementCase, sale.case_id)
    phones = court.supervision_phone and court.contact_phone
    yield _item(
        "court",
        _l("法院联系方式、监督电话和收款账户齐全"),
        "CN16-13.1",
        "court",
        "" if phones and court.account_number else gettext("请由管理员补全法院信息。"),
    )
    yield _item(
        "case",
        _l("案件在办，执行依据已登记"),
        "CN16-1.1",
        "case",
        ""
        if case.status is CaseStatus.OPEN and case.basis
        else gettext("案件已办结，或者没有登记执行依据。"),
    )
    yield _item(
        "seizure",
        _l("查封在裁定送达前持续有效"),
        "CPLI-485.1",
        "asset",
        "" if sale.lot.asset.seizure_expires_on else gettext("请登记查封到期日。"),
    )


# ── publication ─────────────────────────────────────────────────────────────────────────────────


def publish_sale(sale_id: int, actor_id: int | None, now: datetime) -> Announcement:
    """Announce a sale: announcement, paper, status, event and audit entry in one transaction.

    Raises DomainError `not-publishable` with the keys of all that is missing, `wrong-state` unless
    the panel has decided (practice sales need no decision).
    """
    sale = lock_sale(sale_id)
    # What the panel decided on must not change between this check and the commit.
    asset = db.session.get(Asset, sale.lot.asset_id, with_for_update=True, populate_existing=True)
    assert asset is not None
    pack = load_rule_pack(sale.rule_pack)
    expected = SaleStatus.DECIDED if pack.panel_members_min else SaleStatus.DRAFT
    if sale.status is not expected:
        raise DomainError("wrong-state", _l("只有合议庭已通过的拍卖才能发布公告。"))
    missing = missing_items(sale, now)
    if missing:
        raise DomainError(
            "not-publishable",
            _l("还有 %(count)s 项没有完成，不能发布公告。", count=len(missing)),
            missing=[item.key for item in missing],
        )
    announcement = _write_announcement(sale, asset, pack, actor_id, now)
    sale.published_at = now
    change_state(
        sale,
        SaleStatus.ANNOUNCED,
        SALE_TRANSITIONS,
        actor_id=actor_id,
        at=now,
        reason=f"announcement {announcement.code}",
    )
    previous = db.session.get(Sale, sale.previous_sale_id) if sale.previous_sale_id else None
    if previous is not None:
        for kind in ("next-sale", "selloff-announcement"):
            meet_deadline(kind, previous, at=now)
    enqueue("sale_published", f"sale_published:{sale.id}", {"sale_id": sale.id}, now=now)
    return announcement


def _write_announcement(
    sale: Sale, asset: Asset, pack: RulePack, actor_id: int | None, now: datetime
) -> Announcement:
    decision = standing_decision(sale)
    case = db.session.get_one(EnforcementCase, sale.case_id)
    ground = Ground(
        sale=sale,
        asset=asset,
        case=case,
        court=db.session.get_one(Court, sale.court_id),
        pack=pack,
        price=db.session.get(ReferencePrice, sale.reference_price_id or 0),
        notices=notice_states(sale),
        decision_number=decision.number if decision else None,
        now=now,
    )
    content = compose(ground)
    announcement = Announcement(
        sale_id=sale.id,
        version=1,
        code=new_code(),
        content=content,
        sha256=content_hash(content),
        decision_id=decision.id if decision else None,
        published_by=actor_id,
        published_at=now,
    )
    db.session.add(announcement)
    record(
        "publish-sale",
        announcement,
        actor_id=actor_id,
        at=now,
        detail={"sale": sale.number, "sha256": announcement.sha256},
    )
    issue_document(
        kind=DocumentKind.ANNOUNCEMENT,
        sale=sale,
        title=announcement_title(sale.stage),
        content={
            "number": case.number,
            "blocks": announcement_blocks(content),
            "facts": {"announcement": announcement.code, "sha256": announcement.sha256},
        },
        now=now,
        publish=True,
        code=announcement.code,
        actor_id=actor_id,
    )
    return announcement
