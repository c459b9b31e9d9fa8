"""What the two people of the finance desk do, by clicking, and the bank's files they import."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import date

from browser import Person, expect
from journeys.cast import sign_in
from journeys.served import Platform

HEAD = "交易日期,收入,支出,余额,对方户名,对方账号,摘要,交易流水号"


@dataclass
class Bank:
    """The court's account at its bank: what moves on it, and the file that shows it."""

    account: str
    balance: int = 0
    rows: list[str] = field(default_factory=list)
    _serial: itertools.count = field(default_factory=lambda: itertools.count(1))

    def move(
        self, day: date, *, credit: int = 0, debit: int = 0, name: str, account: str, text: str
    ) -> str:
        """One more movement; returns the bank's reference of it."""
        reference = f"BK{next(self._serial):06d}"
        self.balance += credit - debit
        self.rows.append(
            f"{day},{yuan(credit)},{yuan(debit)},{yuan(self.balance) or '0.00'},"
            f"{name},{account},{text},{reference}"
        )
        return reference

    def statement(self) -> bytes:
        """The movements since the last file, in the encoding banks use."""
        text = "\r\n".join([f"账号：{self.account}", HEAD, *self.rows]) + "\r\n"
        self.rows = []
        return text.encode("gbk")


def yuan(minor: int) -> str:
    """`1234567.89` for a bank file; nothing for zero."""
    return f"{minor // 100}.{minor % 100:02d}" if minor else ""


def import_statement(platform: Platform, finance: Person, bank: Bank) -> None:
    """The file is taken in whole; every line of it finds its place."""
    sign_in(finance, "finance1@court.example", "/finance/statements")
    file = {"name": "statement.csv", "mimeType": "text/csv", "buffer": bank.statement()}
    finance.fill({"file": file})
    finance.press("导入对账单")
    finance.sees("对账单已导入")
    platform.work()


def return_deposit(
    finance: Person, second: Person, bank: Bank, day: date, *, minor: int, account: str, name: str
) -> None:
    """A loser's transfer goes back: one person sends it, a second confirms what is above the limit."""
    sign_in(finance, "finance1@court.example", "/finance/refunds")
    finance.sees("小时")  # what is left of the 24 hours
    finance.shoot("31-refunds")
    finance.follow(re.compile(r"^退款 \d"), finance.page.locator("main"))
    reference = bank.move(day, debit=minor, name=name, account=account, text="退保证金")
    finance.fill({"bank_reference": reference, "paid_on": day.isoformat()})
    finance.press("登记已转账")
    finance.sees("等第二人复核")
    finance.go("/finance/refunds")
    expect(finance.page.get_by_role("button", name=re.compile("复核无误"))).to_have_count(0)
    sign_in(second, "finance2@court.example", "/finance/refunds")
    second.sees(reference)
    second.shoot("32-refund-second")
    second.press(re.compile("复核无误"))
    second.go("/finance/refunds?done=1")
    second.sees(name)


def book_deduction(finance: Person, case_id: int, **values: str) -> None:
    """A cost or a tax that comes off before any creditor."""
    sign_in(finance, "finance1@court.example", f"/finance/cases/{case_id}")
    form = finance.unfold("登记扣除")
    sale = values.pop("lot", None)
    if sale:
        form.locator('[name="sale_id"]').select_option(label=sale)
    finance.fill(
        {
            "payee_name": "测试评估有限公司",
            "payee_bank": "测试银行",
            "payee_account": "6222000000000099",
            **values,
        },
        form,
    )
    finance.press("登记扣除", form)
    finance.sees("已登记扣除")


def draw_up_plan(finance: Person, second: Person, case_id: int) -> str:
    """Computed and submitted by one; the maker cannot approve it; the other does."""
    finance.go(f"/finance/cases/{case_id}")
    finance.press("计算方案")
    finance.sees("方案已计算")
    path = finance.page.url[finance.page.url.index("/finance") :]
    finance.shoot("41-plan")
    finance.press("提交批准")
    finance.sees("已提交")
    expect(finance.page.get_by_role("button", name=re.compile("^批准"))).to_have_count(0)
    sign_in(second, "finance2@court.example", path)
    second.press(re.compile("^批准"))
    second.sees("已批准并记账")
    return path


def pay_everybody(finance: Person, bank: Bank, path: str, day: date) -> None:
    """Who did not make the plan sends each payment and marks it, until none is left."""
    sign_in(finance, "finance2@court.example", path)
    while (waiting := finance.page.locator('form[action$="/paid"]')).count():
        form = waiting.first
        row = finance.page.locator("#payments tbody tr", has=form).first
        amount = re.search(r"¥([\d,]+\.\d\d)", row.locator("td").nth(2).inner_text())[1]
        account = re.search(r"\d{10,}", row.locator("td").nth(1).inner_text())[0]
        debit = int(re.sub(r"\D", "", amount))
        reference = bank.move(day, debit=debit, name="收款人", account=account, text="案款")
        row.locator("summary").click()
        form.locator('[name$="bank_reference"]').fill(reference)
        form.locator('[name$="paid_on"]').fill(day.isoformat())
        form.get_by_role("button").click()
        finance.sees("已登记支付")


def take_provider_payout(finance: Person, bank: Bank, case_id: int, day: date) -> None:
    """The provider's payout has come, and the court has made up the fees: both on the bank's file."""
    sign_in(finance, "finance1@court.example", f"/finance/cases/{case_id}")
    for action, text, name in (
        ("provider-payout", "通道结算", "payout"),
        ("provider-fees", "手续费补足", "fees"),
    ):
        form = finance.page.locator(f'form[action$="/{action}"]')
        amount = form.locator(f'[name="{name}-amount"]').input_value()
        credit = int(re.sub(r"\D", "", amount))
        reference = bank.move(day, credit=credit, name="支付通道", account="9999", text=text)
        form.locator(f'[name="{name}-bank_reference"]').fill(reference)
        form.get_by_role("button").click()
        finance.sees("已登记到账")


def expect_empty_accounts(finance: Person, case_id: int) -> None:
    """Every account of the case stands at zero, and nothing is in the way of closing it."""
    finance.go(f"/finance/cases/{case_id}")
    rows = finance.page.locator("#accounts tbody tr")
    assert rows.count() > 0
    for row in rows.all():
        expect(row.locator("td").nth(2)).to_have_text(re.compile("0.00$"))
        expect(row).to_contain_text("¥0.00")
    finance.sees("本案全部账户余额为零")
    finance.shoot("44-case-empty")
