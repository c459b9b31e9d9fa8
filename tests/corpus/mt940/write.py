"""MT940 statements and MT942 reports, and what is wrong with each, by line (corpus 11).

Cases are written as those of `camt`: `expect` lists codes and lines, or `valid` what comes in.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

Case = dict[str, Any]

ACCOUNT = "6200000000000001"
GOOD = """:20:STMT1
:25:6200000000000001
:28C:1/1
:60F:C261101CNY100,00
:61:2611021102C20,00NTRFNONREF//B1
:86:deposit R1
:61:2611021102D4,50NCHGNONREF//B2
:86:charge
:62F:C261102CNY115,50
-
"""
SECOND = """:20:STMT2
:25:6200000000000001
:28C:2/1
:60F:C261102CNY115,50
:61:2611031103C1,00NTRFNONREF//B3
:62F:C261103CNY116,50
-
"""
REPORT = """:20:REP1
:25:6200000000000001
:28C:1/1
:34F:CNY0,
:13D:2611021815+0800
:61:2611021102C20,00NTRFNONREF//B1
:86:deposit
:90D:0CNY0,00
:90C:1CNY20,00
-
"""
PAGES = """:20:STMT1
:25:6200000000000001
:28C:1/1
:60F:C261101CNY100,00
:61:2611021102C20,00NTRFNONREF//B1
:62M:C261102CNY120,00
-
:20:STMT1
:25:6200000000000001
:28C:1/2
:60M:C261102CNY120,00
:61:2611021102D4,50NCHGNONREF//B2
:62F:C261102CNY115,50
-
"""
TOLD = "100.00 + 15.50 = 115.50 ≠ {}"


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


def taken(name: str, body: str | bytes, statements: int, lines: int, moved: int) -> Case:
    return {**_body(name, body), "expect": "valid", "valid": [statements, lines, moved]}


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
    yield from order()
    yield from movements()
    yield from balances()
    yield from pages()
    yield from reports()


def whole_files() -> Iterator[Case]:
    yield taken("as it should be", GOOD, 1, 2, 1550)
    yield taken("two statements", GOOD + SECOND, 2, 3, 1650)
    yield taken("with line ends of Windows", GOOD.replace("\n", "\r\n"), 1, 2, 1550)
    yield taken("without the last line end", GOOD.removesuffix("\n-\n"), 1, 2, 1550)
    yield taken(
        "in its envelope", "{1:F01X}{2:O940X}{4:\n" + GOOD.replace("-\n", "-}{5:}\n"), 1, 2, 1550
    )
    yield taken(
        "with control characters around it", "\x01\n" + GOOD.replace("-\n", "-\x03\n"), 1, 2, 1550
    )
    yield taken("with a byte order mark", b"\xef\xbb\xbf" + GOOD.encode(), 1, 2, 1550)
    yield taken("blank lines between", GOOD.replace(":61:", "\n:61:"), 1, 2, 1550)
    yield taken("text in GBK", replaced("deposit", "保证金").encode("gbk"), 1, 2, 1550)
    yield taken(
        "text in Latin letters", replaced("charge", "Gebühr für").encode("latin-1"), 1, 2, 1550
    )
    yield taken("tags nobody knows", replaced(":28C:1/1", ":28C:1/1\n:99X:what"), 1, 2, 1550)
    yield taken("35 lines of text", replaced("deposit R1", "\n".join(["x" * 60] * 35)), 1, 2, 1550)
    yield refused("without :20:", GOOD.split("\n", 1)[1], ("not-mt940", 1))
    yield refused("only a balance", ":62F:C261102CNY115,50\n", ("not-mt940", 1))
    yield refused("nothing but :20:", ":20:X\n", ("no-balances", 1))
    yield refused("cut off before the balance", GOOD[: GOOD.index(":62F:")], ("no-balances", 1))
    yield refused(
        "66 lines of text", replaced("deposit R1", "\n".join(["x"] * 66)), ("text-too-long", 71)
    )
    yield refused("a NUL", replaced("deposit", "de\x00posit"), ("not-text", 1))
    yield changed("no account", ":25:6200000000000001\n", "", ("no-account", 1))
    yield changed("an empty account", ":25:6200000000000001", ":25:", ("no-account", 1))
    yield changed(
        "another account", ACCOUNT, "6200999999999999", ("foreign-account", 9, "6200999999999999")
    )
    euro = GOOD.replace("CNY", "EUR")
    yield refused("an account in euro", euro, ("wrong-currency", 9, "EUR"))
    yield taken(
        "our account behind the bank's code", replaced(ACCOUNT, "ICBKCNBJ/" + ACCOUNT), 1, 2, 1550
    )


def order() -> Iterator[Case]:
    rows = GOOD.split("\n")

    def moved(*numbers: int) -> str:
        return "\n".join([*(rows[n - 1] for n in numbers), "-", ""])

    yield refused(
        "a movement after the balance", moved(1, 2, 3, 4, 5, 6, 9, 7, 8), ("tag-order", 8, ":61:")
    )
    yield refused(
        "the closing balance first",
        moved(1, 2, 3, 9, 4, 5, 6, 7, 8),
        ("tag-order", 4, ":62F:"),
        ("tag-order", 6, ":61:"),
        ("tag-order", 8, ":61:"),
    )
    yield refused(
        "the opening balance behind a movement",
        moved(1, 2, 3, 5, 6, 4, 7, 8, 9),
        ("tag-order", 6, ":60F:"),
    )
    yield refused(
        "the opening balance twice", moved(1, 2, 3, 4, 4, 5, 6, 7, 8, 9), ("tag-order", 5, ":60F:")
    )
    yield refused(
        "the closing balance twice", moved(1, 2, 3, 4, 5, 6, 7, 8, 9, 9), ("tag-order", 10, ":62F:")
    )
    yield refused(
        "the account among the movements",
        moved(1, 2, 3, 4, 5, 2, 6, 7, 8, 9),
        ("tag-order", 6, ":25:"),
    )
    yield refused(
        "no opening balance",
        moved(1, 2, 3, 5, 6, 7, 8, 9),
        ("no-balances", 1),
        ("tag-order", 8, ":62F:"),
    )
    yield refused("no closing balance", moved(1, 2, 3, 4, 5, 6, 7, 8), ("no-balances", 1))
    yield taken("no statement number", moved(1, 2, 4, 5, 6, 7, 8, 9), 1, 2, 1550)
    yield taken("no texts", moved(1, 2, 3, 4, 5, 7, 9), 1, 2, 1550)
    yield taken(
        "the available balance behind", GOOD.replace("-\n", ":64:C261102CNY115,50\n-\n"), 1, 2, 1550
    )
    yield taken("a text about the statement", GOOD.replace("-\n", ":86:thank you\n-\n"), 1, 2, 1550)
    yield taken("a text twice", replaced(":86:deposit R1", ":86:deposit\n:86:R1"), 1, 2, 1550)


def movements() -> Iterator[Case]:
    line = "2611021102C20,00NTRFNONREF//B1"
    for text in (
        "",
        "what",
        "C20,00NTRF",
        "26110211C20,00NTRF",
        "2611021102X20,00NTRFNONREF",
        "2611021102",
        "２６11021102C20,00NTRF",
    ):
        yield changed(f"movement {text!r}", line, text, ("bad-entry", 5, text))
    for text in ("20.00", "1.000,00", "1,000,00", "20,00,"):
        yield changed(f"amount {text}", "C20,00", f"C{text}", ("bad-amount", 5, text))
    for text in ("20,001", "0,005"):
        yield changed(f"amount {text}", "C20,00", f"C{text}", ("inexact-amount", 5, text))
    yield changed(
        "an amount too long",
        "C20,00",
        "C9999999999999999,00",
        ("huge-amount", 5, "9999999999999999,00"),
    )
    for text in ("20,", "20,0", "0020,00", "20,000"):
        yield taken(f"amount {text}", replaced("C20,00", f"C{text}"), 1, 2, 1550)
    for text in ("2613021102", "2602301102", "2600001102"):
        yield changed(f"value date {text}", "2611021102C20", f"{text}C20", ("bad-date", 5, text))
    for text in ("1302", "0230", "0000"):
        yield changed(
            f"entry date {text}",
            "2611021102C20",
            f"261102{text}C20",
            ("bad-date", 5, f"261102{text}"),
        )
    yield taken("no entry date", replaced("2611021102C20", "261102C20"), 1, 2, 1550)
    yield taken("blanks for the entry date", replaced("2611021102C20", "261102    C20"), 1, 2, 1550)
    yield taken("entered in the old year", replaced("2611021102C20", "2701021231C20"), 1, 2, 1550)
    yield taken("a code of the funds", replaced("C20", "CR20"), 1, 2, 1550)
    yield taken("a reversal", replaced("C20,00", "RD20,00"), 1, 2, 1550)
    yield taken("no kind of movement", replaced("C20,00NTRFNONREF//B1", "C20,00"), 1, 2, 1550)
    yield taken("no reference of the bank", replaced("//B1", ""), 1, 2, 1550)
    yield taken("a reference twice", replaced("//B2", "//B1"), 1, 2, 1550)
    yield taken(
        "a movement of nothing",
        replaced(":86:charge", ":86:charge\n:61:2611021102C0,00NTRF//B9"),
        1,
        2,
        1550,
    )
    yield taken(
        "parts of a text",
        replaced("deposit R1", "166?00IN?20SVWZ+R1?21 2?31DE1?32ZHANG?33SAN"),
        1,
        2,
        1550,
    )


def balances() -> Iterator[Case]:
    for text in ("115,49", "115,51", "0,00", "1155,00"):
        yield changed(
            f"closing balance {text}",
            "115,50",
            text,
            ("sums-differ", 9, TOLD.format(text.replace(",", "."))),
        )
    yield changed(
        "closing balance overdrawn",
        "C261102CNY",
        "D261102CNY",
        ("sums-differ", 9, TOLD.format("-115.50")),
    )
    yield changed(
        "a movement turned round",
        "1102D4",
        "1102C4",
        ("sums-differ", 9, "100.00 + 24.50 = 124.50 ≠ 115.50"),
    )
    yield changed(
        "a movement left out",
        ":61:2611021102D4,50NCHGNONREF//B2\n:86:charge\n",
        "",
        ("sums-differ", 7, "100.00 + 20.00 = 120.00 ≠ 115.50"),
    )
    for text in (
        "X261101CNY100,00",
        "C261301CNY100,00",
        "C261101CN100,00",
        "C261101CNY100.00",
        "C261101CNY",
        "C261101CNY100,001",
        "100,00",
    ):
        yield changed(
            f"opening balance {text}",
            "C261101CNY100,00",
            text,
            ("no-balances", 1),
            ("bad-balance", 4, text),
            ("tag-order", 9, ":62F:"),
        )
    yield changed(
        "balances in two currencies",
        "C261102CNY",
        "C261102USD",
        ("line-currency", 5, "CNY"),
        ("line-currency", 7, "CNY"),
        ("line-currency", 9, "USD"),
        ("wrong-currency", 9, "USD"),
    )
    yield refused(
        "the second statement",
        GOOD + replaced("116,50", "116,51", SECOND),
        ("sums-differ", 16, "115.50 + 1.00 = 116.50 ≠ 116.51"),
    )


def pages() -> Iterator[Case]:
    yield taken("two pages", PAGES, 1, 2, 1550)
    yield changed(
        "a page missing between",
        ":60M:C261102CNY120,00",
        ":60M:C261102CNY119,00",
        ("pages-break", 11),
        base=PAGES,
    )
    yield refused(
        "the last page missing",
        PAGES[: PAGES.index(":20:", 5)].replace("62M", "62F").replace("120,00", "121,00"),
        ("sums-differ", 6, "100.00 + 20.00 = 120.00 ≠ 121.00"),
    )
    yield changed(
        "the sum of the pages",
        "115,50",
        "115,51",
        ("sums-differ", 13, TOLD.format("115.51")),
        base=PAGES,
    )
    yield taken("a page that nothing follows", PAGES[: PAGES.index(":20:", 5)], 1, 1, 2000)


def reports() -> Iterator[Case]:
    yield taken("a report of the day", REPORT, 1, 1, 2000)
    yield changed(
        "its count is wrong",
        ":90C:1CNY20,00",
        ":90C:2CNY20,00",
        ("totals-differ", 9, "2CNY20,00"),
        base=REPORT,
    )
    yield changed(
        "its sum is wrong",
        ":90C:1CNY20,00",
        ":90C:1CNY20,01",
        ("totals-differ", 9, "1CNY20,01"),
        base=REPORT,
    )
    yield changed(
        "its sum cannot be read",
        ":90C:1CNY20,00",
        ":90C:many",
        ("bad-balance", 9, "many"),
        base=REPORT,
    )
    yield changed(
        "a line without a reference", "//B1", "", ("advice-without-reference", 6), base=REPORT
    )
    yield changed(
        "a report of another account",
        ACCOUNT,
        "6200999999999999",
        ("foreign-account", 1, "6200999999999999"),
        base=REPORT,
    )
    yield taken(
        "without its sums", replaced(":90D:0CNY0,00\n:90C:1CNY20,00\n", "", REPORT), 1, 1, 2000
    )
