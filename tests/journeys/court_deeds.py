"""What clerk and judges do, by clicking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from browser import Person, expect
from journeys.cast import CASE_NUMBER, CLAIMS, FLAT, PARTIES, paper, photo, sign_in
from journeys.served import Platform


def open_case(clerk: Person) -> int:
    """A case of a natural person's debts; returns its number in addresses."""
    sign_in(clerk, "clerk@court.example", "/court")
    clerk.shoot("01-court-empty")
    clerk.follow("执行案件", clerk.page.locator("main"))
    clerk.follow("立新案")
    clerk.fill({"number": CASE_NUMBER, "title": "小额借款合同纠纷", "debtor_kind": "individual"})
    clerk.press("立案")
    clerk.sees("请先更正下列各项")  # the ground is missing: what was typed stays
    expect(clerk.page.locator('[name="number"]')).to_have_value(CASE_NUMBER)
    clerk.fill({"basis": "（2025）测0101民初888号民事调解书"})
    clerk.press("立案")
    clerk.sees("案件已立")
    return int(re.search(r"/cases/(\d+)", clerk.page.url)[1])


def add_parties(clerk: Person, case_id: int) -> None:
    """Everybody the case concerns, one of them with a right of first purchase."""
    for party in PARTIES:
        clerk.go(f"/court/cases/{case_id}")
        form = clerk.unfold("添加当事人")
        clerk.fill(party, form)
        clerk.press("添加当事人", form)
        clerk.sees("已添加当事人")
        expect(clerk.page.locator("#parties")).to_contain_text(party["name"])


def add_claims(clerk: Person, case_id: int) -> None:
    """The claims with their classes and amounts."""
    for claim in CLAIMS:
        clerk.go(f"/court/cases/{case_id}")
        form = clerk.unfold("登记债权")
        creditor = form.locator('[name="party_id"] option', has_text=claim["creditor"])
        clerk.fill({"party_id": creditor.get_attribute("value"), **claim["values"]}, form)
        if "on" in claim:
            form.get_by_label(claim["on"]).check()
        clerk.press("登记债权", form)
        clerk.sees("已登记债权")


def add_asset(
    clerk: Person,
    case_id: int,
    category: str,
    facts: Mapping[str, str],
    *,
    price: str,
    burden: Mapping[str, str] | None = None,
) -> int:
    """A thing with all that was found out about it; returns its number in addresses."""
    clerk.go(f"/court/cases/{case_id}")
    clerk.follow("添加财产")
    clerk.fill({"category": category})
    clerk.press("继续")
    clerk.fill(facts)
    clerk.press("保存财产")
    clerk.sees("已添加财产")
    asset_id = int(re.search(r"/assets/(\d+)", clerk.page.url)[1])
    upload(clerk, "photo", "外观，正面", "front.jpg", "image/jpeg", photo(facts["title_en"]))
    upload(clerk, "document", "评估报告", "report.pdf", "application/pdf", paper())
    if burden:
        form = clerk.unfold("登记权利负担")
        clerk.fill(burden, form)
        clerk.press("登记", form)
        clerk.sees("已登记权利负担")
    form = clerk.unfold("登记参考价")
    clerk.fill(
        {
            "method": "appraisal",
            "amount_minor": price,
            "fixed_on": "2026-10-26",
            "valid_until": "2027-10-25",
            "basis": "测评报字（2026）第056号",
        },
        form,
    )
    clerk.press("登记参考价", form)
    clerk.sees("已登记参考价")
    return asset_id


def upload(person: Person, kind: str, caption: str, name: str, mime: str, data: bytes) -> None:
    """A photo or a paper of the asset."""
    form = person.unfold("上传照片或文件")
    file = {"name": name, "mimeType": mime, "buffer": data}
    person.fill({"kind": kind, "caption": caption, "file": file}, form)
    person.press("上传", form)
    person.sees("已上传")


def draft_first_sale(
    clerk: Person, asset_id: int, lawful: Mapping[str, Any], unlawful: Mapping[str, Any], law: str
) -> str:
    """An unlawful value is refused with its article and stays typed; returns the sale's number."""
    clerk.go(f"/court/assets/{asset_id}")
    clerk.follow("起草拍卖")
    clerk.fill({**lawful, **unlawful})
    clerk.press("保存草稿")
    summary = clerk.page.get_by_role("alert").filter(has_text="请先更正")
    expect(summary).to_contain_text(law)
    for name, value in unlawful.items():
        expect(clerk.page.locator(f'[name="{name}"]')).to_have_value(value)
    clerk.shoot("02-sale-form-refused")
    clerk.fill(lawful)
    clerk.press("保存草稿")
    clerk.sees("标的编号已生成")
    return clerk.page.url.rpartition("/")[2]


def put_to_panel(clerk: Person, sale: str) -> None:
    """The three judges get the question."""
    clerk.go(f"/court/sales/{sale}")
    for box in clerk.page.locator('[name="judges"]').all():
        box.check()
    clerk.shoot("03-sale-draft")
    clerk.press("提交合议庭评议")
    clerk.sees("已提交合议庭评议")


def vote(judge: Person, number: int) -> None:
    """One judge reads the question and agrees."""
    sign_in(judge, f"judge{number}@court.example", "/court")
    judge.follow(re.compile("审阅并表决"))
    if number == 1:
        judge.shoot("04-panel-vote")
    judge.fill({"vote": "approve"})
    judge.press(re.compile("表决"), judge.page.locator("#vote"))
    judge.sees("已记录您的表决")


def record_notices(clerk: Person, sale: str, *, proof: str = "EMS 1000000 号，已签收") -> None:
    """Everybody entitled to it has been told of the sale; the last one waives in writing."""
    clerk.go(f"/court/sales/{sale}")
    count = clerk.page.locator("#notices article").count()
    for index in range(count):
        article = clerk.page.locator("#notices article").nth(index)
        article.locator("summary").click()
        waives = index == count - 1
        values = {
            "outcome": "waived" if waives else "confirmed",
            "channel": "邮寄送达",
            "proof": "书面放弃声明" if waives else proof,
        }
        for name, value in values.items():
            field = article.locator(f'[name$="-{name}"]')
            if name == "proof":
                field.fill(value)
            else:
                field.select_option(value)
        clerk.press("保存通知", article)
        clerk.sees("已登记通知")


def publish(platform: Platform, clerk: Person, sale: str) -> None:
    """The announcement comes out with all its items; the public may read it."""
    sign_in(clerk, "clerk@court.example", f"/court/sales/{sale}")
    clerk.press("发布公告")
    clerk.sees("公告已发布")
    platform.work()


def suspend_sale(judge: Person, ground: str) -> None:
    """A judge halts the running sale, and says why to everybody."""
    sign_in(judge, "judge1@court.example", "/court/control")
    judge.shoot("24-control")
    judge.follow(FLAT)
    form = judge.page.locator('form[action$="/suspend"]')
    judge.fill({"ground": ground}, form)
    judge.press("暂停拍卖", form)
    judge.sees("拍卖已暂停")


def resume_sale(judge: Person) -> None:
    """And lets it go on."""
    judge.page.reload()
    judge.press("恢复拍卖")
    judge.sees("拍卖已恢复")


def record_ruling(platform: Platform, clerk: Person, sale: str) -> None:
    """The deal ruling has been served: the price becomes proceeds of the case."""
    sign_in(clerk, "clerk@court.example", f"/court/sales/{sale}")
    clerk.shoot("36-sale-paid")
    today = platform.now.date().isoformat()
    clerk.fill({"number": f"{CASE_NUMBER}之一", "made_on": today, "served_on": today})
    clerk.press("登记成交裁定")
    clerk.sees("已登记成交裁定")
    platform.work()


def record_handover(platform: Platform, clerk: Person, sale: str) -> None:
    """The buyer has the keys: a fact of its own, apart from the ruling."""
    sign_in(clerk, "clerk@court.example", f"/court/sales/{sale}")
    form = clerk.page.locator('form[action$="/handover"]')
    clerk.fill(
        {"handed_over_on": platform.now.date().isoformat(), "proof": "移交笔录，买受人签收"}, form
    )
    clerk.press("登记移交", form)
    clerk.sees("移交买受人")


def cannot_close(clerk: Person, case_id: int) -> None:
    """While an account holds money the case stays open, and the page says which."""
    sign_in(clerk, "clerk@court.example", f"/finance/cases/{case_id}")
    clerk.sees("还不能结案")
    expect(clerk.page.get_by_role("button", name="结案")).to_have_count(0)


def close_case(clerk: Person, case_id: int) -> None:
    """The case is closed; nothing in it is open."""
    sign_in(clerk, "clerk@court.example", f"/finance/cases/{case_id}")
    clerk.press("结案")
    clerk.sees("案件已结案")
    clerk.go(f"/court/cases/{case_id}")
    clerk.sees("已结案")
    clerk.shoot("45-case-closed")


def local(moment: datetime) -> str:
    """A moment as the browser's field for it wants it."""
    return moment.strftime("%Y-%m-%dT%H:%M")


def first_sale_times(platform: Platform, days: int) -> dict[str, str]:
    """Announced in three days, open `days` after that at ten, for a day."""
    publish_on = platform.now.date() + timedelta(days=3)
    opens = datetime.combine(publish_on, datetime.min.time()) + timedelta(days=days, hours=10)
    return {
        "publish_on": publish_on.isoformat(),
        "opens_at": local(opens),
        "closes_at": local(opens + timedelta(days=1)),
    }
