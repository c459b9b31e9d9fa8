"""Tables as banks export them, and what is wrong with each, by line (corpus 12).

Cases are written as those of `camt`: `expect` lists codes and lines, or `valid` what comes in.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

Case = dict[str, Any]

TITLE = "账号：6200000000000001\n"
HEAD = "交易日期,收入,支出,余额,对方户名,对方账号,摘要,交易流水号\n"
ROW = "2026-11-02,20.00,,120.00,张三,6217001,保证金,N1\n"
LAST = "2026-11-03,,4.50,115.50,银行,,手续费,N2\n"
GOOD = TITLE + HEAD + ROW + LAST
SIGNED = "账号：6200000000000001\n交易日期,交易金额,借贷标志,对方户名,摘要\n2026-11-02,20.00,贷,张三,保证金\n2026-11-03,4.50,借,银行,手续费\n"
BOC = "中国银行交易流水明细单\n记账日期,记账时间,币别,金额,余额,交易名称,附言,对方账户名,对方卡号/账号,对方开户行\n2026-11-02,10:00:00,人民币,20.00,120.00,转账,保证金,张三,6217001,某行\n2026-11-03,10:00:00,人民币,-4.50,115.50,收费,手续费,银行,,\n"
ICBC = "卡号: 6200000000000001\n交易日期,摘要,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名\n2026-11-02,转账,网银,CHN,钞,-,-,-,20.00,,人民币,****,张三\n人民币合计,,,,,,,,20.00,0.00,\n"


def changed(name: str, old: str, new: str, *expect: Any, base: str = GOOD) -> Case:
    """The file with `old` changed into `new`; refused with the codes and lines given."""
    assert old in base, f"{name}: no such text"
    return refused(name, base.replace(old, new, 1), *expect)


def refused(name: str, body: str | bytes, *expect: Any) -> Case:
    return {**_body(name, body), "expect": in_order(expect)}


def in_order(faults: tuple[Any, ...]) -> list[list[Any]]:
    """Codes and lines as a refusal lists them; what is not told is left out."""
    told = [[value for value in fault if value != ""] for fault in faults]
    return sorted(told, key=lambda fault: (fault[1], fault[0]))


def taken(name: str, body: str | bytes, lines: int = 2, moved: int = 1550) -> Case:
    return {**_body(name, body), "expect": "valid", "valid": [1, lines, moved]}


def _body(name: str, body: str | bytes) -> Case:
    if isinstance(body, str):
        return {"name": name, "body": body}
    return {"name": name, "body_b64": base64.b64encode(body).decode()}


def replaced(old: str, new: str, base: str = GOOD) -> str:
    assert old in base, f"no {old!r}"
    return base.replace(old, new)


def cases() -> Iterator[Case]:
    """Every case of the interface."""
    yield from whole_files()
    yield from shapes()
    yield from days()
    yield from amounts()
    yield from balances()
    yield from profiles()
    yield from accounts()


def whole_files() -> Iterator[Case]:
    yield taken("as it should be", GOOD)
    yield taken("in GBK", GOOD.encode("gbk"))
    yield taken("in GB 18030", replaced("张三", "张㐂").encode("gb18030"))
    yield taken("with a byte order mark", b"\xef\xbb\xbf" + GOOD.encode())
    yield taken("with line ends of Windows", GOOD.replace("\n", "\r\n"))
    yield taken("without the last line end", GOOD.rstrip("\n"))
    yield taken("newest first", TITLE + HEAD + LAST + ROW)
    yield taken("tabs between", GOOD.replace(",", "\t"))
    yield taken("semicolons between", GOOD.replace(",", ";"))
    yield taken("bars between", GOOD.replace(",", "|"))
    yield taken(
        "all in quotes",
        "\n".join(
            ",".join(f'"{cell}"' for cell in row.split(",")) for row in GOOD.strip().split("\n")
        ),
    )
    yield taken("blank rows between", GOOD.replace("\n", "\n\n"))
    yield taken("tabs behind the cells", GOOD.replace(",", "\t,"))
    yield refused("UTF-16", GOOD.encode("utf-16"), ("not-text", 1))
    yield refused("no text at all", b"PK\x03\x04\x14\x00\x06\x00", ("not-text", 1))
    yield refused(
        "half a character of GBK", GOOD.encode("gbk")[:-3] + b"\xff\xff\n", ("not-text", 1)
    )
    yield refused("a picture", b"\x89PNG\r\n\x1a\n" + b"\xff" * 40, ("not-text", 1))
    yield refused("words, no table", "您好，\n请查收附件。\n", ("no-head-row", 1))
    yield refused("only a head row", HEAD, ("no-lines", 1))
    yield refused("no head row", TITLE + ROW + LAST, ("no-head-row", 1))
    yield refused("a head row too late", "备注\n" * 61 + GOOD, ("no-head-row", 1))
    yield refused(
        "a head row without amounts",
        GOOD.replace("收入", "甲").replace("支出", "乙"),
        ("no-head-row", 1),
    )
    yield refused("a head row without a day", GOOD.replace("交易日期", "甲"), ("no-head-row", 1))
    yield refused("money in, but no money out", GOOD.replace("支出", "乙"), ("no-head-row", 1))


def shapes() -> Iterator[Case]:
    yield changed("a quote that never closes", "张三", '"张三', ("not-csv", 4))
    yield changed("text behind a quote", "张三", '"张"三', ("not-csv", 3))
    yield changed("a comma too many", "张三", "张,三", ("row-too-long", 3, "N1"))
    yield taken("a comma in quotes", replaced("张三", '"张,三"'))
    yield taken("a line break in quotes", replaced("保证金", '"保证\n金"'))
    yield taken("quotes doubled", replaced("张三", '"张""三"'))
    yield taken("rows that end early", replaced(",银行,,手续费,N2", ""))
    yield taken("empty cells behind", GOOD.replace("N1", "N1,,,"))
    yield taken("a number kept as text", replaced("6217001", '"=""6217001"""'))
    for text in (
        "=1+1",
        "+86 张三",
        "-张三",
        "@SUM(A1)",
        "=cmd|'/C calc'!A0",
        "<script>alert(1)</script>",
        "{{7*7}}",
    ):
        yield taken(f"name {text}", replaced("张三", f'"{text}"'))
    yield changed(
        "two formats mixed",
        LAST,
        "记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要\n" + LAST,
        ("bad-date", 4, "记账日期"),
        ("bad-amount", 4, "货币"),
        ("bad-balance", 4, "联机余额"),
    )
    yield changed(
        "the head row again",
        LAST,
        HEAD + LAST,
        ("bad-date", 4, "交易日期"),
        ("bad-amount", 4, "收入"),
        ("bad-balance", 4, "余额"),
    )
    yield changed("a reference twice", "N2", "N1", ("reference-twice", 4, "N1"))
    yield taken("references of zeros", GOOD.replace("N1", "0000").replace("N2", "0000"))


def days() -> Iterator[Case]:
    for text in (
        "2026-13-02",
        "2026-02-30",
        "02/11/2026",
        "11.02",
        "昨天",
        "2026",
        "20261302",
        "２０２６-11-02",
        "2026-11-02x",
    ):
        yield changed(f"day {text}", "2026-11-02", text, ("bad-date", 3, text))
    for text in (
        "2026/11/02",
        "20261102",
        "2026.11.02",
        "2026年11月02日",
        "2026-11-2",
        "2026-11-02 10:20:30",
        "2026-11-02T10:20:30",
        "20261102102030",
    ):
        yield taken(f"day {text}", replaced("2026-11-02", text))
    yield changed("an amount without a day", "2026-11-02,", ",", ("no-date", 3))
    yield taken(
        "a remark under the table",
        GOOD + "以上为全部流水,,,,,,,\n".replace("以上为全部流水", ",,,,以上为全部流水"),
    )


def amounts() -> Iterator[Case]:
    for text in (
        "五元",
        "20.00.00",
        "2e1",
        "0x14",
        "NaN",
        "１００",
        "20,00",
        "(20.00)",
        "20.00-",
        "--20",
        "=20",
    ):
        yield changed(f"amount {text}", ",20.00,", f',"{text}",', ("bad-amount", 3, text))
    for text in ("20.001", "0.005"):
        yield changed(f"amount {text}", ",20.00,", f",{text},", ("inexact-amount", 3, text))
    yield changed(
        "an amount too large",
        ",20.00,",
        ",99999999999999.00,",
        ("huge-amount", 3, "99999999999999.00"),
    )
    yield changed("money in below zero", ",20.00,", ",-20.00,", ("negative-amount", 3, "-20.00"))
    yield changed("money in and out", ",20.00,,", ",20.00,1.00,", ("two-amounts", 3))
    yield changed("no amount", ",20.00,,120.00", ",,,100.00", ("no-amount", 3))
    for text in (
        "20",
        "20.0",
        "+20.00",
        "¥20.00",
        "￥20.00",
        "20.00元",
        "CNY 20.00",
        "20.0000",
        "020.00",
    ):
        yield taken(f"amount {text}", replaced(",20.00,", f",{text},"))
    yield taken(
        "thousands",
        TITLE + HEAD + '2026-11-02,"1,234,567.89",,"1,234,567.89",张三,1,x,N1\n',
        1,
        123456789,
    )
    yield changed("thousands set wrongly", ",20.00,", ',"1,23.00",', ("bad-amount", 3, "1,23.00"))
    yield changed(
        "another currency", ",20.00,", ",USD 20.00,", ("line-currency", 3, "USD"), base=SIGNED
    )
    yield taken("one amount and its side", SIGNED)
    yield changed("a side nobody knows", ",贷,", ",转,", ("bad-direction", 3, "转"), base=SIGNED)
    yield taken("a side in letters", SIGNED.replace(",贷,", ",Cr,").replace(",借,", ",Dr,"))
    yield taken("nothing moved", replaced(LAST, LAST + "2026-11-03,0.00,,115.50,,,x,N3\n"))


def balances() -> Iterator[Case]:
    yield changed("a step that does not follow", "115.50", "115.49", ("balance-breaks", 4))
    yield changed(
        "a row left out",
        LAST,
        "2026-11-03,1.00,,111.50,x,,y,N4\n" + LAST.replace("115.50", "107.00"),
        ("balance-breaks", 4),
    )
    yield changed("a balance that cannot be read", "115.50", "abc", ("bad-balance", 4, "abc"))
    yield taken(
        "balances that the bank has masked",
        GOOD.replace("120.00", '"**,***.**"').replace("115.50", '"xx,yyy.zz"'),
    )
    yield taken("a balance missing", replaced("115.50", ""))
    yield taken("overdrawn", TITLE + HEAD + "2026-11-02,,20.00,-20.00,甲,1,x,N1\n", 1, -2000)
    yield taken("its own sums", GOOD + "合计,20.00,4.50,,,,,\n")
    yield changed(
        "its own sums, wrong",
        LAST,
        LAST + "合计,20.00,4.51,,,,,\n",
        ("totals-differ", 5, "4.51 ≠ 4.50"),
    )
    yield changed(
        "its own sums, unreadable",
        LAST,
        LAST + "合计,x,4.50,,,,,\n",
        ("totals-differ", 5, "x ≠ 20.00"),
    )


def profiles() -> Iterator[Case]:
    yield taken("Bank of China", BOC)
    yield changed(
        "Bank of China in dollars", "人民币", "美元", ("line-currency", 3, "美元"), base=BOC
    )
    yield changed(
        "Bank of China, a row left out",
        "-4.50,115.50",
        "-4.50,116.50",
        ("balance-breaks", 4),
        base=BOC,
    )
    yield taken("ICBC", ICBC, 1, 2000)
    yield changed(
        "ICBC, sums that differ",
        ",20.00,0.00,\n",
        ",21.00,0.00,\n",
        ("totals-differ", 4, "21.00 ≠ 20.00"),
        base=ICBC,
    )
    card = "交易日期,入账日期,交易摘要,交易金额,交易货币,入账金额,入账货币\n2026/11/02,2026/11/02,（消费）甲,15.90,人民币,15.90,人民币\n"
    yield refused("a credit card's bill", card, ("not-an-account", 2, "cgb-card"))
    wallet = "微信支付账单明细\n交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n2026-11-02 10:00:00,转账,甲,/,收入,¥1.00,/,已收钱,1,2,/\n"
    yield refused("a wallet's list", wallet, ("not-an-account", 3, "wechat"))


def accounts() -> Iterator[Case]:
    yield changed(
        "another account",
        "6200000000000001",
        "6200999999999999",
        ("foreign-account", 4, "6200999999999999"),
    )
    yield changed(
        "another account, masked",
        "6200000000000001",
        "6200****9999",
        ("foreign-account", 4, "6200****9999"),
    )
    yield taken("our account, masked", replaced("6200000000000001", "6200****0001"))
    yield taken("no account named", HEAD + ROW + LAST)
