"""The eleven item groups of CN16-13.1, each drawn from the records, in the language in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auction.assets.facts import FACTS
from auction.assets.forms import ENCUMBRANCE_KINDS
from auction.assets.models import Asset, OccupancyKind, PriceMethod, ReferencePrice
from auction.cases.models import EnforcementCase, Party, PartyRole
from auction.core.i18n import current_lang, gettext
from auction.core.money import format_money, money_words
from auction.core.web import format_beijing, format_day
from auction.courts.models import Court
from auction.notices.rules import mask_name
from auction.notices.services import NoticeState
from auction.sales.models import Sale, Stage
from auction.sales.rulepacks import RulePack


@dataclass(frozen=True)
class Ground:
    """The records an announcement is drawn from."""

    sale: Sale
    asset: Asset
    case: EnforcementCase
    court: Court
    pack: RulePack
    price: ReferencePrice | None
    notices: list[NoticeState]
    decision_number: str | None
    now: datetime


Item = dict[str, Any]

_BURDENS: dict[str, Any] = dict(ENCUMBRANCE_KINDS)


def _item(
    key: str, title: str, rows: Iterable[tuple[str, Any]] = (), paragraphs: Iterable[str] = ()
) -> Item:
    return {
        "key": key,
        "title": title,
        "rows": [[label, str(value)] for label, value in rows if value not in (None, "")],
        "paragraphs": [text for text in paragraphs if text],
    }


def _money(minor: int) -> str:
    digits = format_money(minor)
    if current_lang() == "en":
        return digits
    return f"{digits}（{money_words(minor)}）"


# ── the eleven groups ───────────────────────────────────────────────────────────────────────────


def _announcement(ground: Ground) -> Item:
    sale, court = ground.sale, ground.court
    practice = gettext("本场为练习场次，使用游戏币，不产生法律效力。")
    said = gettext(
        "%(court)s将于 %(opens)s 在落槌司法网络拍卖平台公开%(verb)s下列财产（执行案号：%(case)s）。"
        "竞买人不限人数，一人参与竞拍且出价不低于起拍价的，即为成交。",
        court=court.name,
        opens=format_beijing(sale.opens_at, "full"),
        verb=gettext("变卖") if sale.stage is Stage.SELLOFF else gettext("拍卖"),
        case=ground.case.number,
    )
    return _item(
        "announcement",
        gettext("公告"),
        [
            (gettext("标的编号"), sale.lot.number),
            (gettext("标的名称"), ground.asset.title),
            (gettext("所在地"), f"{ground.asset.region} {ground.asset.address}".strip()),
            (gettext("合议庭评议编号"), ground.decision_number),
        ],
        [practice if ground.pack.is_practice else "", said],
    )


def _title(ground: Ground) -> Item:
    return _item("title", gettext("执行依据"), [(gettext("执行依据"), ground.case.basis)])


def _price(ground: Ground) -> Item:
    price = ground.price
    title = gettext("评估报告副本或者定价依据")
    if price is None:
        return _item("price", title, [], [gettext("本场未设参考价。")])
    methods = {
        PriceMethod.NEGOTIATION: gettext("当事人议价"),
        PriceMethod.DIRECTED_INQUIRY: gettext("定向询价"),
        PriceMethod.NETWORK_INQUIRY: gettext("网络询价"),
        PriceMethod.APPRAISAL: gettext("委托评估"),
        PriceMethod.MARKET: gettext("参照市价"),
    }
    return _item(
        "price",
        title,
        [
            (gettext("参考价"), _money(price.amount_minor)),
            (gettext("确定方式"), methods[price.method]),
            (gettext("依据"), price.basis),
            (gettext("确定日期"), format_day(price.fixed_on)),
            (gettext("有效期至"), format_day(price.valid_until)),
        ],
    )


def _rules(ground: Ground) -> Item:
    sale = ground.sale
    rows: list[tuple[str, Any]] = [
        (gettext("起拍价（保留价）"), _money(sale.start_price_minor)),
        (gettext("加价幅度"), _money(sale.increment_minor)),
        (gettext("开始时间"), format_beijing(sale.opens_at, "full")),
        (gettext("结束时间"), format_beijing(sale.closes_at, "full")),
        (
            gettext("延时"),
            gettext(
                "结束前 %(window)s 秒内有出价的，竞价时间自该出价时点顺延 %(span)s 秒，不限次数。",
                window=sale.extension_window_seconds,
                span=sale.extension_seconds,
            ),
        ),
        (
            gettext("出价时间的认定"),
            gettext(
                "以出价进入平台服务系统的时间为准。早于结束时刻的出价有效，"
                "恰在结束时刻或者之后到达的出价无效。"
            ),
        ),
        (
            gettext("平台故障时"),
            gettext(
                "平台因系统故障、网络中断或者时钟异常不能受理出价的，立即暂缓竞价，公开理由，"
                "并同时通知全部已报名的竞买人；此前已受理的出价继续有效，暂缓期间不成交。"
                "恢复后，暂缓所占的竞价时间如数补回，且至少还有 %(span)s 秒可以出价。",
                span=sale.extension_seconds,
            ),
        ),
        (gettext("优先购买权"), gettext("经法院确认的优先购买权人可以按当前价出价并领先。")),
    ]
    if sale.stage is Stage.SELLOFF:
        hours = sale.countdown_seconds // 3600
        said = gettext(
            "首次出价后进入 %(hours)s 小时竞价程序；变卖期满无人出价的，变卖程序结束。", hours=hours
        )
        rows.insert(4, (gettext("变卖程序"), said))
    if sale.instructions:
        said = gettext(
            "竞买人可以设定委托出价，系统在限价以内按加价幅度代为出价，限价任何人不可见。"
        )
        rows.append((gettext("委托出价"), said))
    return _item("rules", gettext("拍卖时间、起拍价和竞价规则"), rows)


def _property(ground: Ground) -> Item:
    asset = ground.asset
    facts = [(str(field.label), asset.facts.get(field.key, "")) for field in FACTS[asset.category]]
    burdens = [
        (
            gettext("权利负担"),
            gettext(
                "%(kind)s，权利人%(holder)s，%(fate)s",
                kind=_BURDENS.get(burden.kind, burden.kind),
                holder=mask_name(burden.holder),
                fate=gettext("拍卖后继续存在") if burden.survives else gettext("因拍卖而消灭"),
            ),
        )
        for burden in asset.encumbrances
    ]
    return _item(
        "property",
        gettext("拍卖财产的权属、占有使用、附随义务等现状"),
        [
            *facts,
            (gettext("占有使用"), _occupancy(asset)),
            (gettext("占有依据"), asset.occupancy_evidence),
            (gettext("已知瑕疵"), asset.defects or gettext("未发现")),
            *burdens,
            (gettext("移交安排"), asset.delivery_plan),
            (
                gettext("现场调查"),
                gettext(
                    "%(day)s，调查人：%(people)s",
                    day=format_day(asset.inspected_on),
                    people=asset.inspectors,
                )
                if asset.inspected_on
                else "",
            ),
        ],
        [asset.description],
    )


def _occupancy(asset: Asset) -> str:
    names = {
        OccupancyKind.VACANT: gettext("空置"),
        OccupancyKind.DEBTOR: gettext("由被执行人占有"),
        OccupancyKind.TENANT: gettext("由承租人占有"),
        OccupancyKind.THIRD_PARTY: gettext("由第三人占有"),
        OccupancyKind.COURT: gettext("由法院保管"),
        OccupancyKind.NOT_APPLICABLE: gettext("不涉及占有"),
    }
    kind = names[asset.occupancy] if asset.occupancy else ""
    return f"{kind}：{asset.occupancy_note}" if asset.occupancy_note else kind


def _priority(ground: Ground) -> Item:
    title = gettext("优先购买权主体及权利性质")
    holders = [n.party for n in ground.notices if n.party.role is PartyRole.PRIORITY_PURCHASER]
    if not holders:
        return _item("priority", title, [], [gettext("经调查，未发现优先购买权人。")])
    ranked = sorted(holders, key=lambda party: (party.priority_rank or 99, party.id))
    return _item("priority", title, [_holder(party) for party in ranked])


def _holder(party: Party) -> tuple[str, str]:
    label = gettext("第 %(rank)s 顺序", rank=party.priority_rank or 1)
    return label, f"{mask_name(party.name)}，{party.priority_basis or ''}".rstrip("，")


def _notified(ground: Ground) -> Item:
    roles = {
        PartyRole.APPLICANT: gettext("申请执行人"),
        PartyRole.DEBTOR: gettext("被执行人"),
        PartyRole.PRIORITY_PURCHASER: gettext("优先购买权人"),
    }
    rows = []
    for state in ground.notices:
        who = f"{roles.get(state.party.role, '')} {mask_name(state.party.name)}"
        rows.append((who.strip(), _notice_said(state)))
    return _item("notified", gettext("通知当事人和已知优先购买权人的情况"), rows)


def _notice_said(state: NoticeState) -> str:
    notice = state.notice
    if notice is None:
        return str(gettext("无须通知"))
    day = format_day(notice.on_date)
    said = {
        "confirmed": gettext("已于%(day)s通知（%(channel)s）", day=day, channel=notice.channel),
        "waived": gettext("已于%(day)s书面放弃", day=day),
        "posted": gettext(
            "无法通知（%(reason)s），已于%(day)s在平台公示，满五日视为已经通知",
            day=day,
            reason=notice.proof,
        ),
    }
    return str(said[str(notice.outcome)])


def _payment(ground: Ground) -> Item:
    sale, court = ground.sale, ground.court
    rows: list[tuple[str, Any]] = [(gettext("保证金"), _money(sale.deposit_minor))]
    if sale.stage is Stage.SELLOFF:
        said = gettext("竞买人应当在参加竞买前交齐变卖价全款 %(price)s。")
        rows.append((gettext("预交价款"), said % {"price": _money(sale.start_price_minor)}))
    rows += [
        (
            gettext("交纳方式"),
            gettext(
                "报名后按页面提示以本人名义在线支付或者银行转账，并填写系统给出的付款编号；"
                "竞价程序结束前均可交纳。"
            ),
        ),
        (
            gettext("尾款"),
            gettext("买受人应当在成交后 %(days)s 日内付清。", days=sale.balance_days),
        ),
        (gettext("户名"), court.account_name),
        (gettext("开户银行"), court.bank_name),
        (gettext("账号"), ground.case.account_number),
        (
            gettext("退还"),
            gettext("未竞得人的保证金在竞价程序结束后二十四小时内退还，不计利息。"),
        ),
    ]
    return _item("payment", gettext("保证金、价款的支付方式和账户"), rows)


def _taxes(ground: Ground) -> Item:
    asset = ground.asset
    return _item(
        "taxes",
        gettext("财产移转可能产生的税费及承担方式"),
        [
            (gettext("出让方（被执行人）"), asset.seller_taxes),
            (gettext("受让方（买受人）"), asset.buyer_taxes),
            (gettext("已知欠费"), asset.known_debts),
        ],
        [gettext("税费由法律、行政法规规定的主体各自承担。")],
    )


def _contact(ground: Ground) -> Item:
    court = ground.court
    return _item(
        "contact",
        gettext("执行法院名称、联系方式和监督电话"),
        [
            (gettext("执行法院"), court.name),
            (gettext("地址"), court.address),
            (gettext("联系电话"), court.contact_phone),
            (gettext("监督电话"), court.supervision_phone),
        ],
    )


def _other(ground: Ground) -> Item:
    sale = ground.sale
    return _item(
        "other",
        gettext("其他应当公示的内容"),
        [(gettext("竞买人资格条件"), sale.qualification), (gettext("其他说明"), sale.remarks)],
        [
            gettext(
                "法院已就财产现状进行调查并如实披露，但不保证拍卖财产的真伪或者品质，"
                "依法不承担瑕疵担保责任。"
            ),
            gettext(
                "负责执行的人民法院、网络服务提供者、承担拍卖辅助工作的单位及其工作人员，"
                "以及上述人员的近亲属，不得竞买或者委托他人竞买。"
            ),
            gettext(
                "买受人逾期未付清价款，经法院裁定重新拍卖的，保证金不予退还，"
                "原买受人不得参加重新竞拍。"
            ),
            gettext("财产所有权自成交裁定送达买受人时起转移。"),
        ],
    )


GROUPS: tuple[Callable[[Ground], Item], ...] = (
    _announcement,
    _title,
    _price,
    _rules,
    _property,
    _priority,
    _notified,
    _payment,
    _taxes,
    _contact,
    _other,
)
