"""The plan as the court's paper, whole and as each party's extract (CPLI-509.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auction.cases.models import EnforcementCase, Party, PartyRole
from auction.core.money import format_money
from auction.notices.documents import issue_document
from auction.notices.models import Document, DocumentKind
from auction.notices.papers import Block, grid, heading, money_text, paragraph, table
from escrow.plans.inputs import Payee
from escrow.plans.lines import SURPLUS
from escrow.plans.models import DistributionPlan
from escrow.plans.wording import CLASS_WORDS, STEP_WORDS, STEP_WORDS_EN, explain_line

_OBJECTION = (
    "债权人或者被执行人对本方案有异议的，应当自收到本方案之日起十五日内向本院提出书面异议，"
    "写明有异议的项目、数额和理由。逾期未提出异议的，本院按本方案发放；"
    "有异议的，无争议部分先行发放，与争议债权数额相应的款项予以提存（《最高人民法院关于适用"
    "〈中华人民共和国民事诉讼法〉的解释》第五百零九条、第五百一十条）。"
)


def issue_plan_paper(
    plan: DistributionPlan,
    case: EnforcementCase,
    payees: Mapping[str, Payee],
    *,
    actor_id: int,
    now: datetime,
) -> Document:
    """Issue the approved plan, with code and seal; the court's own staff may read it."""
    document = issue_document(
        kind=DocumentKind.PLAN,
        case=case,
        title="执行财产分配方案",
        content={
            "number": f"{case.number}分配方案第{plan.number}号",
            "blocks": plan_blocks(plan, case, payees),
            "facts": {"plan_id": plan.id, "total_minor": plan.output["total"]},
        },
        now=now,
        publish=False,
        actor_id=actor_id,
    )
    plan.document_id = document.id
    return document


def issue_extract(
    plan: DistributionPlan, case: EnforcementCase, party: Party, *, actor_id: int, now: datetime
) -> Document:
    """Issue one party's extract: its own lines, how each was reckoned, and how to object."""
    return issue_document(
        kind=DocumentKind.PLAN,
        case=case,
        title="分配方案受偿明细",
        content={
            "number": f"{case.number}分配方案第{plan.number}号",
            "blocks": extract_blocks(plan, case, party),
            "facts": {"plan_id": plan.id, "party_id": party.id},
        },
        now=now,
        publish=False,
        actor_id=actor_id,
    )


def plan_blocks(
    plan: DistributionPlan, case: EnforcementCase, payees: Mapping[str, Payee]
) -> list[Block]:
    """The whole plan: what there is, who claims what, who gets what and why; then in English."""
    file, output = plan.input, plan.output
    debtors = "、".join(p.name for p in case.parties if p.role is PartyRole.DEBTOR)
    return [
        paragraph(
            f"本院在执行{case.title}一案中，依据{case.basis}，对被执行人{debtors}的财产依法拍卖、"
            "变卖。现就所得价款制作分配方案如下："
        ),
        heading("一、可供分配的款项"),
        grid(
            ("标的", "价款", "其中债权抵付"),
            [
                (
                    item["id"],
                    format_money(item["amount"]),
                    format_money(item.get("set_off", {}).get("amount", 0)),
                )
                for item in file["proceeds"]
            ],
            numbers=(1, 2),
        ),
        heading("二、参与分配的债权"),
        grid(
            ("编号", "债权人", "类别", "费用", "利息", "本金", "加倍利息"),
            [
                (
                    claim["id"],
                    _name(payees, claim["id"]),
                    CLASS_WORDS[claim["class"]],
                    *(
                        format_money(claim.get(part, 0))
                        for part in ("expenses", "interest", "principal", "doubled_interest")
                    ),
                )
                for claim in file["claims"]
            ],
            numbers=(3, 4, 5, 6),
        ),
        heading("三、分配结果"),
        grid(
            ("序号", "收款人", "类别", "金额", "备注"),
            _result_rows(output, payees),
            numbers=(3,),
        ),
        table(
            [
                ("分配总额", money_text(output["total"])),
                ("待法院决定", money_text(output["unallocated"]) if output["unallocated"] else ""),
            ]
        ),
        heading("四、计算说明"),
        *_reasons(plan, payees),
        heading("五、各债权受偿情况"),
        grid(
            ("债权", "费用", "利息", "本金", "加倍利息", "受偿合计", "未受偿"),
            [
                (
                    claim["id"],
                    *(
                        format_money(claim[part])
                        for part in (
                            "expenses",
                            "interest",
                            "principal",
                            "doubled_interest",
                            "paid",
                            "unpaid",
                        )
                    ),
                )
                for claim in output["claims"]
            ],
            numbers=range(1, 7),
        ),
        heading("六、异议"),
        paragraph(_OBJECTION),
        heading("English summary (for information; the Chinese text prevails)"),
        grid(
            ("No.", "To", "Step", "Amount"),
            [
                (number, line["to"], STEP_WORDS_EN[line["step"]], format_money(line["amount"]))
                for number, line in enumerate(_with_rest(output), 1)
            ],
            numbers=(3,),
        ),
    ]


def extract_blocks(plan: DistributionPlan, case: EnforcementCase, party: Party) -> list[Block]:
    """What one party gets, line by line with the reckoning, and what stays unpaid."""
    output = plan.output
    own = [claim.label for claim in case.claims if claim.party_id == party.id]
    lines = [line for line in _with_rest(output) if line["to"] in own]
    if party.role is PartyRole.DEBTOR:
        lines += [line for line in _with_rest(output) if line["to"] == SURPLUS]
    results = [claim for claim in output["claims"] if claim["id"] in own]
    blocks = [
        paragraph(f"{party.name}："),
        paragraph(
            f"本院在执行{case.title}一案中制作的分配方案，分配总额为"
            f"{money_text(output['total'])}。与你（单位）有关的项目如下："
        ),
        grid(
            ("项目", "类别", "金额"),
            [(line["to"], STEP_WORDS[line["step"]], format_money(line["amount"])) for line in lines]
            or [("—", "—", format_money(0))],
            numbers=(2,),
        ),
    ]
    blocks += _reasons(plan, {}, only={(line["to"], line["step"]) for line in lines})
    if results:
        blocks.append(
            grid(
                ("债权", "受偿合计", "申请执行费", "未受偿"),
                [
                    (
                        claim["id"],
                        format_money(claim["paid"]),
                        format_money(claim["fee"]),
                        format_money(claim["unpaid"]),
                    )
                    for claim in results
                ],
                numbers=(1, 2, 3),
            )
        )
    return [*blocks, heading("异议"), paragraph(_OBJECTION)]


def _with_rest(output: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All lines, and what is left for the debtor and for the court to decide."""
    lines = list(output["lines"])
    lines += [
        {"to": name, "step": name, "amount": output[name]}
        for name in (SURPLUS, "unallocated")
        if output[name]
    ]
    return lines


def _result_rows(output: Mapping[str, Any], payees: Mapping[str, Payee]) -> list[list[str]]:
    return [
        [
            str(number),
            f"{line['to']} {_name(payees, line['to'])}".strip()
            if line["step"] not in (SURPLUS, "unallocated")
            else _name(payees, line["to"]),
            STEP_WORDS[line["step"]],
            format_money(line["amount"]),
            "有争议，提存" if line.get("held") else "",
        ]
        for number, line in enumerate(_with_rest(output), 1)
    ]


def _reasons(
    plan: DistributionPlan,
    payees: Mapping[str, Payee],
    *,
    only: set[tuple[str, str]] | None = None,
) -> list[Block]:
    """One list a line: rule, inputs, shares, rounding, and the steps of a fee."""
    paid = {f"{claim['id']}/fee": claim["paid"] for claim in plan.output["claims"]}
    realised = {f"{c['id']}/fee" for c in plan.input["claims"] if c.get("fee") == "realised"}
    pots = {(line["to"], line["step"]): line["from"] for line in plan.output["lines"]}
    blocks: list[Block] = []
    for entry in plan.explanations:
        key = (entry["to"], entry["step"])
        if not entry["why"] or (only is not None and key not in only):
            continue
        name = _name(payees, entry["to"]) if entry["to"] != "unallocated" else ""
        blocks.append(paragraph(f"{entry['to']} {name}（{STEP_WORDS[entry['step']]}）"))
        fee_base = paid.get(entry["to"]) if entry["to"] in realised else None
        said = explain_line(entry["why"], paid_minor=fee_base)
        taken = pots.get(key, {})
        if len(taken) > 1:
            parts = "、".join(f"{pot} {format_money(part)}" for pot, part in taken.items())
            said.insert(1, f"出自：{parts}。")
        blocks.append({"type": "list", "items": said})
    return blocks


def _name(payees: Mapping[str, Payee], label: str) -> str:
    payee = payees.get(label)
    return payee.name if payee else ""
