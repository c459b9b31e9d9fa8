"""The court's side of one lot: case, parties, claims, asset, price, draft, panel, notices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from auction.assets.models import Asset, Category, PriceMethod, ReferencePrice
from auction.assets.services import add_asset, add_encumbrance, record_reference_price
from auction.cases.models import (
    ClaimClass,
    DebtorKind,
    EnforcementCase,
    FeeKind,
    Party,
    PartyRole,
)
from auction.cases.services import add_claim, add_party, open_case
from auction.core.db import db
from auction.notices.models import NoticeOutcome
from auction.notices.services import parties_to_notify, record_party_notice
from auction.sales.calendar import beijing_day
from auction.sales.inputs import current_price, inputs_for
from auction.sales.models import Sale, Stage, Vote
from auction.sales.proposals import propose_terms
from auction.sales.rulepacks import load_rule_pack
from auction.sales.rules import Terms
from auction.sales.services import cast_vote, draft_sale, put_to_panel
from escrow.demo.lots import DemoLot
from escrow.demo.papers import add_appraisal, add_drawings
from escrow.demo.people import People, invent_account

_BANKS = ("云州江滨银行股份有限公司", "云州农村商业银行股份有限公司", "东泽银行云州分行")
_FIRMS = ("云州市宏达建材有限公司", "云州远景商贸有限公司", "云州博瑞供应链有限公司")
_DEBTORS = ("梁国栋", "苏建民", "丁海波", "范志强", "邓丽华", "彭晓东", "潘立群", "袁桂兰")
_COMPANIES = ("云州金泰实业有限公司", "云州创元制造有限公司", "云州海通航运有限公司")
_CREDITORS = ("叶小平", "余文斌", "杜春梅", "魏长青")
_BASES = ("金融借款合同纠纷", "买卖合同纠纷", "民间借贷纠纷", "建设工程合同纠纷")


@dataclass(frozen=True)
class CaseRef:
    """What later acts need of a case that was opened."""

    case_id: int
    clerk_id: int
    applicant_id: int
    creditor_id: int


# ── case and claims ─────────────────────────────────────────────────────────────────────────────


def open_demo_case(lot: DemoLot, people: People, now: datetime) -> CaseRef:
    """Open the case with its parties; the applicant of a mortgaged lot is the bank."""
    n = lot.index
    clerk_id = people.staff["clerk2" if n % 3 == 2 else "clerk"]
    year = beijing_day(now).year
    case = open_case(
        court_id=people.court_id,
        clerk_id=clerk_id,
        number=f"（{year}）测01执{1001 + n * 7}号",
        title=_BASES[0] if lot.mortgage else _BASES[1 + n % 3],
        basis=f"（{year - 1}）测01民初{301 + n * 3}号民事判决书",
        debtor_kind=DebtorKind.COMPANY if lot.company else DebtorKind.INDIVIDUAL,
        now=now,
    )
    applicant = _add_party(
        case, PartyRole.APPLICANT, _BANKS[n % 3] if lot.mortgage else _FIRMS[n % 3], n, 1, now
    )
    debtor = _COMPANIES[n % 3] if lot.company else _DEBTORS[n % 8]
    _add_party(case, PartyRole.DEBTOR, debtor, n, 2, now)
    creditor = _add_party(case, PartyRole.CREDITOR, _CREDITORS[n % 4], n, 3, now)
    if lot.lease:
        _add_purchaser(case, "王承宇", "承租人，租赁先于抵押登记", n, now)
    elif lot.category is Category.EQUITY and "股份有限" not in lot.facts["company"]:
        _add_purchaser(case, "云州锦程文旅投资有限公司", "公司其他股东（公司法第八十五条）", n, now)
    return CaseRef(case.id, clerk_id, applicant.id, creditor.id)


def _add_party(
    case: EnforcementCase, role: PartyRole, name: str, lot: int, place: int, now: datetime
) -> Party:
    values = {
        "role": role,
        "name": name,
        "contact": f"139{lot:05d}{place:03d}",
        "address": f"云州市滨江区演示路{lot + 1}号",
        "bank_name": "中国工商银行云州滨江支行",
        "account_name": name,
        "account_number": invent_account(f"62990{lot:06d}{place:05d}"),
    }
    return add_party(case, values, actor_id=case.clerk_id, now=now)


def _add_purchaser(case: EnforcementCase, name: str, basis: str, lot: int, now: datetime) -> None:
    values = {
        "role": PartyRole.PRIORITY_PURCHASER,
        "name": name,
        "contact": f"137{lot:08d}",
        "address": f"云州市城东区演示路{lot + 1}号",
        "priority_rank": 1,
        "priority_basis": basis,
    }
    add_party(case, values, actor_id=case.clerk_id, now=now)


def add_demo_claims(lot: DemoLot, asset: Asset, ref: CaseRef, now: datetime) -> None:
    """Claims of several classes: they share what the mortgage leaves, and it is not enough."""
    case = db.session.get_one(EnforcementCase, ref.case_id)
    today = beijing_day(now)
    # A closed case paid everybody and left the debtor a surplus; in the others it is not enough.
    worth = lot.reference_minor * (55 if lot.state == "closed" else 100) // 100
    if lot.mortgage:
        principal = lot.mortgage * 100
        _add(
            case,
            ref.applicant_id,
            ClaimClass.SECURED,
            now,
            [asset.id],
            rank=1,
            registered_at=today - timedelta(days=1400),
            limit_minor=principal * 13 // 10,
            expenses_minor=1_800_000,
            interest_minor=principal * 35 // 1000,
            principal_minor=principal,
        )
    if lot.company:
        _add(
            case,
            ref.creditor_id,
            ClaimClass.TAX,
            now,
            [],
            arose_at=today - timedelta(days=700),
            principal_minor=_round(worth * 3 // 100),
            fee_kind=FeeKind.NONE,
        )
    first = _round(worth * (22 if lot.mortgage else 48) // 100)
    _add(
        case,
        ref.applicant_id,
        ClaimClass.ORDINARY,
        now,
        [],
        attached_at=today - timedelta(days=90),
        interest_minor=first * 5 // 100,
        principal_minor=first,
        doubled_interest_minor=first * 17 // 1000,
    )
    second = _round(worth * 34 // 100)
    _add(
        case,
        ref.creditor_id,
        ClaimClass.ORDINARY,
        now,
        [],
        attached_at=today - timedelta(days=41),
        interest_minor=second * 3 // 100,
        principal_minor=second,
    )


def _add(
    case: EnforcementCase,
    party_id: int,
    kind: ClaimClass,
    now: datetime,
    asset_ids: list[int],
    **values: object,
) -> None:
    whole = {"party_id": party_id, "claim_class": kind, "fee_kind": FeeKind.REALISED, **values}
    add_claim(case, whole, asset_ids=asset_ids, actor_id=case.clerk_id, now=now)


def _round(minor: int) -> int:
    """Whole thousands of yuan."""
    return max(minor // 100_000 * 100_000, 100_000)


# ── asset and price ─────────────────────────────────────────────────────────────────────────────


def add_demo_asset(lot: DemoLot, ref: CaseRef, now: datetime) -> int:
    """Describe the asset, with its burdens, drawings and the claims that rest on it."""
    case = db.session.get_one(EnforcementCase, ref.case_id)
    today = beijing_day(now)
    asset = add_asset(
        case, lot.category, _asset_values(lot, today), lot.facts, actor_id=ref.clerk_id, now=now
    )
    seized = [today - timedelta(days=90), today + timedelta(days=1000)]
    if lot.mortgage:
        _burden(asset, ref, now, "mortgage", _BANKS[lot.index % 3], seized[0], lot.mortgage)
    if lot.lease:
        _burden(asset, ref, now, "lease", "承租人王承宇", today - timedelta(days=1600), 0)
    if lot.index % 4 == 0 and not lot.is_practice:
        _burden(asset, ref, now, "seizure", "云州市城东区人民法院（虚构）", seized[0], 0)
    add_drawings(asset, actor_id=ref.clerk_id, now=now)
    return asset.id


def _asset_values(lot: DemoLot, today: date) -> dict[str, object]:
    tangible = lot.category not in {Category.EQUITY, Category.IP}
    return {
        "title": lot.title,
        "title_en": lot.title_en,
        "region": lot.region,
        "address": lot.address,
        "description": lot.description,
        "defects": lot.defects,
        "occupancy": lot.occupancy,
        "occupancy_note": lot.occupancy_note,
        "occupancy_evidence": "现场勘查笔录、照片",
        "delivery_plan": "成交裁定送达后十五日内由本院负责移交，并出具移交清单。"
        if tangible
        else "成交裁定送达后，由本院向登记机关发出协助执行通知书，办理变更登记。",
        "seller_taxes": "依照税法应由被执行人缴纳的增值税、所得税等，由本院从价款中支付。",
        "buyer_taxes": "依照税法应由买受人缴纳的契税、印花税等，由买受人自行缴纳。",
        "known_debts": "",
        "inspected_on": today - timedelta(days=4),
        "inspectors": "周敏、何一帆",
        "seized_on": today - timedelta(days=90),
        "seizure_expires_on": today + timedelta(days=1000),
    }


def _burden(
    asset: Asset, ref: CaseRef, now: datetime, kind: str, holder: str, since: date, yuan: int
) -> None:
    values = {
        "kind": kind,
        "holder": holder,
        "amount_minor": yuan * 100 or None,
        "since": since - timedelta(days=1100 if kind == "mortgage" else 0),
        "until": None,
        "survives": kind == "lease",
        "evidence": {"mortgage": "不动产登记查询结果", "lease": "租赁合同及租金支付凭证"}.get(
            kind, "协助执行通知书回执"
        ),
    }
    add_encumbrance(asset, values, actor_id=ref.clerk_id, now=now)


def fix_price(lot: DemoLot, asset_id: int, ref: CaseRef, now: datetime) -> ReferencePrice:
    """Record the reference price, with the appraisal it rests on; goods were asked for online."""
    asset = db.session.get_one(Asset, asset_id)
    today = beijing_day(now)
    until = today + timedelta(days=360)
    inquired = lot.category in {Category.VEHICLE, Category.GOODS}
    number = (
        f"网询（{today.year}）{lot.index + 1:03d}"
        if inquired
        else f"云同评字（{today.year}）第{lot.index + 1:03d}号"
    )
    if not inquired:
        add_appraisal(
            asset,
            number=number,
            amount_minor=lot.reference_minor,
            fixed_on=today,
            valid_until=until,
            actor_id=ref.clerk_id,
            now=now,
        )
    values = {
        "method": PriceMethod.NETWORK_INQUIRY if inquired else PriceMethod.APPRAISAL,
        "amount_minor": lot.reference_minor,
        "fixed_on": today,
        "valid_until": until,
        "basis": f"网络询价报告{number}" if inquired else f"评估报告{number}",
    }
    return record_reference_price(asset, values, actor_id=ref.clerk_id, now=now)


# ── sale ────────────────────────────────────────────────────────────────────────────────────────


def draft_demo_sale(
    lot: DemoLot,
    asset_id: int,
    ref: CaseRef,
    *,
    opens_at: datetime,
    closes_at: datetime,
    publish_on: date,
    now: datetime,
) -> int:
    """Draft the first sale at lawful values, for the days that the story needs."""
    asset = db.session.get_one(Asset, asset_id)
    price = current_price(asset)
    assert price is not None, "fixed before"
    pack = load_rule_pack("cn")
    inputs = inputs_for(asset, stage=Stage.FIRST, pack=pack, price=price, previous=None, now=now)
    terms = replace(
        propose_terms(inputs, now),
        publish_on=publish_on,
        opens_at=opens_at,
        closes_at=closes_at,
        qualification=_qualification(lot),
    )
    sale = draft_sale(
        asset_id=asset_id,
        terms=terms,
        actor_id=ref.clerk_id,
        now=now,
        reference_price_id=price.id,
    )
    return sale.id


def _qualification(lot: DemoLot) -> str:
    if "purchase_limit" in lot.facts:
        return "竞买人应当具备本市商品住房购买资格，并自竞买至裁定持续具备。"
    if lot.category is Category.MINING:
        return "竞买人应当符合采矿权受让人的资质条件，转让须经主管部门审批。"
    return ""


def retime(terms: Terms, publish_on: date, opens_at: datetime, closes_at: datetime) -> Terms:
    """The same terms on other days."""
    return replace(terms, publish_on=publish_on, opens_at=opens_at, closes_at=closes_at)


def ask_panel(sale_id: int, ref: CaseRef, people: People, now: datetime) -> int:
    """Put the draft to the three judges; the decision's id."""
    return put_to_panel(sale_id, people.judges, actor_id=ref.clerk_id, now=now).id


def vote(decision_id: int, judge_id: int, now: datetime) -> None:
    """One judge approves."""
    cast_vote(decision_id, judge_id, Vote.APPROVE, "", now=now)


def notify_parties(sale_id: int, ref: CaseRef, now: datetime) -> None:
    """Tell everybody who must be told, and write down how; the debtor could not be reached."""
    sale = db.session.get_one(Sale, sale_id)
    for party in parties_to_notify(sale.case_id):
        is_posted = party.role is PartyRole.DEBTOR and party.id % 2 == 0
        record_party_notice(
            sale_id,
            party.id,
            outcome=NoticeOutcome.POSTED if is_posted else NoticeOutcome.CONFIRMED,
            channel="平台公示" if is_posted else "法院专递",
            on_date=beijing_day(now),
            proof="多次邮寄退回，依法在平台公示"
            if is_posted
            else f"邮单号 10{party.id:09d}（演示）",
            actor_id=ref.clerk_id,
            now=now,
        )
