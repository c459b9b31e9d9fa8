"""The court's own words for a plan: Chinese, the language of the proceedings, for its papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auction.core.money import format_money
from escrow.distribution import fee_slices

STEP_WORDS: Mapping[str, str] = {
    "forfeit": "悔拍费用损失",
    "cost": "拍卖费用",
    "reserved-rent": "预留租金",
    "sale-tax": "交易税费",
    "home-buyer": "商品房消费者",
    "construction": "建设工程价款",
    "tax": "税款",
    "secured": "担保债权",
    "policy": "政策性优先",
    "ordinary": "普通债权",
    "doubled-interest": "加倍部分债务利息",
    "fee": "申请执行费",
    "surplus": "退还被执行人",
    "unallocated": "待法院决定",
}
STEP_WORDS_EN: Mapping[str, str] = {
    "forfeit": "Costs lost by default",
    "cost": "Costs of sale",
    "reserved-rent": "Reserved rent",
    "sale-tax": "Tax on the sale",
    "home-buyer": "Home buyer",
    "construction": "Construction price",
    "tax": "Tax",
    "secured": "Secured",
    "policy": "Preferred by policy",
    "ordinary": "Ordinary",
    "doubled-interest": "Doubled interest",
    "fee": "Execution fee",
    "surplus": "Back to the debtor",
    "unallocated": "Awaiting the court's order",
}
RULE_WORDS: Mapping[str, str] = {
    "PRI-1": "拍卖、评估等执行费用先行支付",
    "PRI-2": "预留被执行人及其所扶养家属的租金",
    "PRI-3": "本次交易由出让方负担的税费",
    "PRI-4": "商品房消费者的权利优先",
    "PRI-5": "建设工程价款优先受偿，以工程价款本金为限",
    "PRI-6": "税款优先于其发生之后设立的担保物权",
    "PRI-7": "担保物权按登记先后受偿",
    "PRI-9": "本院说明理由的政策性优先",
    "CPLI-508.1": "普通债权原则上按照占全部申请参与分配债权数额的比例受偿",
    "CPLI-514.1": "被执行人为企业法人，普通债权按照财产保全和执行中查封的先后顺序受偿",
    "CN14I-4.1": "财产不足以清偿全部债务的，加倍部分债务利息后于生效法律文书确定的金钱债务受偿",
    "CC-561.1": "先充抵费用，次充抵利息，再充抵主债务",
    "FEE-14.2": "申请执行费按实际受偿额分段累计",
    "FEE-20.1": "申请执行费执行后交纳，从执行所得中扣收",
    "CN16-24.1": "悔拍保证金的法定用途次序",
    "CNEX-31.1": "清偿后的余款退还被执行人",
    "OPEN-15": "余款留存，由本院另行决定",
}
CLASS_WORDS: Mapping[str, str] = {
    name: STEP_WORDS[name]
    for name in ("home-buyer", "construction", "secured", "tax", "policy", "ordinary")
}

_FEE_RULES = frozenset({"FEE-14.2", "FEE-20.1"})


def explain_line(entries: list[dict[str, Any]], *, paid_minor: int | None = None) -> list[str]:
    """Why one line is what it is, as sentences: rule, what there was, the group's shares, rounding.

    `paid_minor` is what the fee's claim was paid in all: the fee's steps are then shown.
    """
    said = []
    for entry in entries:
        rules = "；".join(f"{RULE_WORDS.get(rule, '')}（{rule}）" for rule in entry["rules"])
        said.append(f"依据：{rules}。")
        said.append(f"当时可供支付 {format_money(entry['money_minor'])}。")
        demands = entry["demands"]
        asked = sum(amount for _name, amount in demands)
        if len(demands) > 1:
            each = "、".join(f"{name} {format_money(amount)}" for name, amount in demands)
            total = format_money(entry["group_total_minor"])
            said.append(f"同一顺序的请求为{each}，合计 {format_money(asked)}，共可受偿 {total}。")
        if len(demands) > 1 and not _FEE_RULES & set(entry["rules"]):
            said.append(
                f"本项请求占 {format_money(entry['demand_minor'])}／{format_money(asked)}，"
                f"受偿 {format_money(entry['paid_minor'])}。"
            )
        else:
            said.append(
                f"本项应计 {format_money(entry['demand_minor'])}，"
                f"实得 {format_money(entry['paid_minor'])}。"
            )
        if entry["rounding_unit"]:
            said.append("按最大余数法，除不尽的一分归入本项。")
    if paid_minor:
        said.append(explain_fee(paid_minor))
    return said


def explain_fee(paid_minor: int) -> str:
    """The steps of the fee on what a claim was paid (FEE-14.2)."""
    steps = []
    for part in fee_slices(paid_minor):
        if part.rate_per_mille:
            rate = f"{part.rate_per_mille // 10}.{part.rate_per_mille % 10}%"
            amount = exact_fee(part.fee_millis)
            steps.append(
                f"超过 {format_money(part.above_minor)} 的 {format_money(part.slice_minor)} "
                f"按 {rate} 为 {amount}"
            )
        else:
            steps.append(f"1 万元以下部分 {format_money(part.fee_millis // 1000)}")
    return f"受偿 {format_money(paid_minor)}：{'；'.join(steps)}；合计舍去不足一分的部分。"


def exact_fee(millis: int) -> str:
    """Yuan with as many decimals as an exact thousandth of a fen needs."""
    whole, rest = divmod(millis, 100_000)
    decimals = f"{rest:05d}".rstrip("0").ljust(2, "0")
    return f"¥{whole:,}.{decimals}"
