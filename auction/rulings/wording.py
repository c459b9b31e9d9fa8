"""The wording of the rulings that undo a sale. Papers are in Chinese, the language of the court."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from auction.notices.papers import Block, chinese_day, chinese_moment, money_text, paragraph, table
from auction.rulings.models import Bearer, SetAsideGround
from auction.rulings.terms import DefaultTerms, SetAsideTerms

TITLE = "执行裁定书"

_CPL = "《中华人民共和国民事诉讼法》第二百五十八条"
_CN16 = "《最高人民法院关于人民法院网络司法拍卖若干问题的规定》"
_CN20A = "《最高人民法院关于人民法院民事执行中拍卖、变卖财产的规定》"
_CN455 = "《最高人民法院关于认真做好网络司法拍卖与网络司法变卖衔接工作的通知》"

_GROUNDS = {
    SetAsideGround.FALSE_DISCLOSURE: "拍卖财产的文字说明、视频或者照片展示以及瑕疵说明严重失实，"
    "致使买受人产生重大误解，购买目的无法实现",
    SetAsideGround.SYSTEM_FAULT: "由于系统故障、病毒入侵、黑客攻击、数据错误等原因"
    "致使拍卖结果错误，严重损害当事人或者其他竞买人利益",
    SetAsideGround.COLLUSION: "竞买人之间，竞买人与网络司法拍卖服务提供者之间恶意串通，"
    "损害当事人或者其他竞买人利益",
    SetAsideGround.UNQUALIFIED: "买受人不具备法律、行政法规和司法解释规定的竞买资格",
    SetAsideGround.UNEQUAL: "违法限制竞买人参加竞买或者对享有同等权利的竞买人规定不同竞买条件",
    SetAsideGround.PROCEDURE: "其他严重违反网络司法拍卖程序且损害当事人或者竞买人利益的情形",
}
_BEARERS = {
    Bearer.COURT: "因人民法院的行为造成损害的，依照国家赔偿的规定处理",
    Bearer.OTHER: "因其他组织或者个人的行为造成损害的，当事人可以另行提起诉讼",
}


@dataclass(frozen=True)
class SoldLot:
    """The sale that a ruling undoes, as its paper names it."""

    case_title: str
    case_basis: str
    subject: str
    buyer_name: str
    ended_at: datetime
    price_minor: int
    deposit_minor: int
    # What the buyer's deposit loses, and what of his money goes back.
    forfeited_minor: int
    returned_minor: int
    due_on: date
    is_selloff: bool
    # Paid with the buyer's own claim.
    set_off_minor: int = 0


def default_content(
    lot: SoldLot,
    terms: DefaultTerms,
    *,
    number: str,
    reasons: str,
    made_on: date,
    is_draft: bool,
) -> dict[str, Any]:
    """The ruling that the lot is sold again because its buyer failed to pay (CN20A-22.1)."""
    what = "变卖" if lot.is_selloff else "拍卖"
    orders = [
        f"对上述财产重新{what}。",
        f"买受人{lot.buyer_name}交纳的保证金{money_text(lot.forfeited_minor)}不予退还，"
        f"依次用于支付{what}产生的费用损失、弥补重新{what}价款低于原价款的差价、"
        "冲抵本案被执行人的债务以及与该财产相关的被执行人的债务。",
        f"原买受人{lot.buyer_name}不得参加重新{what}。",
    ]
    if lot.returned_minor:
        orders.append(f"买受人已经交付的其余款项{money_text(lot.returned_minor)}按原付款路径退还。")
    if terms.tops_up:
        cap = f"，以{money_text(terms.cap_minor)}为限" if terms.cap_minor else ""
        orders.append(
            f"保证金不足以支付前述费用损失和差价的，由原买受人{lot.buyer_name}补交{cap}。"
        )
    articles = f"{_CPL}、{_CN16}第二十四条、{_CN20A}第二十二条"
    if lot.is_selloff:
        articles += f"、{_CN455}第八条"
    return _content(
        lot,
        [
            f"公告确定的付款期限为{chinese_day(lot.due_on)}，买受人逾期未付清价款，"
            f"致使{what}的目的难以实现。",
            reasons,
        ],
        articles,
        orders,
        number=number,
        made_on=made_on,
        is_draft=is_draft,
        facts={
            "kind": "default",
            "forfeited_minor": lot.forfeited_minor,
            "returned_minor": lot.returned_minor,
            **terms.document(),
        },
    )


def set_aside_content(
    lot: SoldLot,
    terms: SetAsideTerms,
    *,
    number: str,
    reasons: str,
    made_on: date,
    is_draft: bool,
) -> dict[str, Any]:
    """The ruling that undoes a sale (CN16-31); everything is put back as it was (CN16-32.1)."""
    what = "变卖" if lot.is_selloff else "拍卖"
    orders = [
        f"撤销本院对上述财产的网络司法{what}；本院据此作出的成交裁定同时撤销。",
        f"买受人{lot.buyer_name}交付的全部款项{money_text(lot.returned_minor)}按原付款路径退还；"
        "已经发放的案款，由领取人返还。",
    ]
    if lot.set_off_minor:
        orders.append(
            f"买受人{lot.buyer_name}以债权抵付的价款{money_text(lot.set_off_minor)}，其债权予以恢复。"
        )
    if terms.bars_buyer:
        orders.append(f"买受人{lot.buyer_name}不得参加上述财产的重新{what}。")
    if terms.bearer in _BEARERS:
        orders.append(f"{_BEARERS[terms.bearer]}。")
    return _content(
        lot,
        [f"经审查，本次{what}存在下列情形：{_GROUNDS[terms.ground]}。", reasons],
        f"{_CPL}、{_CN16}第三十一条第{_numeral(terms.ground)}项、第三十二条",
        orders,
        number=number,
        made_on=made_on,
        is_draft=is_draft,
        facts={
            "kind": "set-aside",
            "returned_minor": lot.returned_minor,
            **terms.document(),
        },
    )


def _numeral(ground: SetAsideGround) -> str:
    return "（" + "一二三四五六"[int(str(ground).split(".")[1]) - 1] + "）"


def _content(
    lot: SoldLot,
    findings: list[str],
    articles: str,
    orders: list[str],
    *,
    number: str,
    made_on: date,
    is_draft: bool,
    facts: dict[str, Any],
) -> dict[str, Any]:
    blocks: list[Block] = [
        paragraph(
            f"本院在执行{lot.case_title}一案中，依据{lot.case_basis}，"
            "通过网络司法拍卖平台公开处置下列财产："
        ),
        table(
            [
                ("财产", lot.subject),
                ("成交时间", f"{chinese_moment(lot.ended_at)}（北京时间）"),
                ("成交价", money_text(lot.price_minor)),
                ("买受人", lot.buyer_name),
                ("保证金", money_text(lot.deposit_minor) if lot.deposit_minor else "无"),
            ]
        ),
        *(paragraph(text) for text in findings if text),
        paragraph(f"依照{articles}规定，裁定如下："),
        {"type": "list", "items": orders},
        paragraph("本裁定立即执行。"),
    ]
    return {
        "number": number,
        "blocks": blocks,
        "signed_on": made_on.isoformat(),
        "is_draft": is_draft,
        "facts": {"buyer": lot.buyer_name, "price_minor": lot.price_minor, **facts},
    }
