"""Bank files are read whole or refused with the lines that are wrong; no database here."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escrow.bank.parsed import Side, StatementRefused, to_minor
from escrow.bank.reading import Format, read_statements

HEAD = "交易日期,收入,支出,余额,对方户名,对方账号,摘要\n"

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S1</Id>
<Acct><Id><Othr><Id>6200000000000001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-02</Dt></BookgDt><AcctSvcrRef>REF1</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">99.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>
<BookgDt><Dt>2026-11-02</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
PARTY = """<TxDtls><Amt Ccy="CNY">{amount}</Amt><RltdPties><Dbtr><Pty><Nm>张三</Nm></Pty></Dbtr>
<DbtrAcct><Id><Othr><Id>6217001</Id></Othr></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>保证金 R1</Ustrd></RmtInf></TxDtls>"""


GOOD_TABLE = HEAD + "2026-11-02,1.00,,1.00,甲,1,a\n2026-11-03,,0.50,0.50,乙,2,b\n"
GOOD_MT940 = (
    ":20:A\n:25:6200\n:28C:1/1\n:60F:C261101CNY0,00\n"
    ":61:2611021102C10,00NTRFNONREF//B1\n:86:deposit\n:62F:C261102CNY10,00\n-\n"
)


def camt(amount="5.50", closing="15.50", details=None):
    details = PARTY.format(amount=amount) if details is None else details
    return CAMT.format(amount=amount, closing=closing, details=details).encode()


def refusals(data):
    with pytest.raises(StatementRefused) as caught:
        read_statements(data)
    return [(fault.code, fault.line) for fault in caught.value.faults]


def test_a_camt_statement_that_names_no_account_is_refused():
    named = "<Acct><Id><Othr><Id>6200000000000001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
    whole = camt().decode()
    assert named in whole
    assert [code for code, _line in refusals(whole.replace(named, "").encode())] == ["no-account"]


def test_camt_says_who_paid_and_leaves_pending_entries_out():
    _kind, (statement,) = read_statements(camt())
    (line,) = statement.lines
    assert (statement.account, statement.opening_minor, statement.closing_minor) == (
        "6200000000000001",
        1000,
        1550,
    )
    assert (line.side, line.amount_minor, line.payer_name, line.payer_account, line.entry_ref) == (
        Side.CREDIT,
        550,
        "张三",
        "6217001",
        "REF1",
    )
    assert line.booked_on == date(2026, 11, 2)
    assert "R1" in line.remittance
    assert len(statement.skipped) == 1


def test_a_collective_entry_is_taken_apart_where_its_parts_add_up():
    parts = PARTY.format(amount="2.25") + PARTY.format(amount="3.25")
    _kind, (statement,) = read_statements(camt(details=parts))
    assert [(line.amount_minor, line.entry_ref) for line in statement.lines] == [
        (225, "REF1/1"),
        (325, "REF1/2"),
    ]
    parts = PARTY.format(amount="2.25") + PARTY.format(amount="9.99")
    _kind, (statement,) = read_statements(camt(details=parts))
    assert [line.amount_minor for line in statement.lines] == [550]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype"),
        (b"<!doctype a><a/>", "doctype"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "not-text"),
        (b"<Document", "not-xml"),
        (b"<Document/>", "not-camt053"),
        (camt(closing="15.51"), "sums-differ"),
        (camt(amount="5.505"), "inexact-amount"),
        (camt(amount="-5.50"), "bad-amount"),
        (camt(amount="NaN"), "bad-amount"),
        (camt().replace(b"2026-11-02", b"2026-13-02", 1), "bad-date"),
        (camt().replace(b'Ccy="CNY">5.50', b'Ccy="EUR">5.50'), "line-currency"),
        (b"PK\x03\x04\x00\x00", "not-text"),
        ("日期,余额\n2026-11-02,1\n".encode(), "no-head-row"),
        (HEAD.encode(), "no-lines"),
        ((HEAD + '2026-11-02,1,,1,"甲\n').encode(), "not-csv"),
        (b":20:X\n:25:1\n:60F:C261101CNY1,00\n:61:what\n:62F:C261101CNY1,00\n", "bad-entry"),
    ],
)
def test_what_is_wrong_has_a_name(data, code):
    assert refusals(data)[0][0] == code


def test_every_faulty_row_of_a_table_is_named():
    text = HEAD + (
        "2026-11-02,100.00,,100.00,甲,1,a\n"
        "2026-11-31,5.00,,105.00,乙,2,b\n"
        "2026-11-03,5.00,5.00,105.00,丙,3,c\n"
        "2026-11-03,五元,,105.00,丁,4,d\n"
        ",5.00,,,戊,5,e\n"
        "合计,,,,,,\n"
    )
    found = refusals(text.encode("gbk"))
    assert {("bad-date", 3), ("two-amounts", 4), ("bad-amount", 5), ("no-date", 6)} <= set(found)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_table_is_read_in_either_order_and_encoding(newest_first, encoding):
    rows = [
        '2026/11/02,"1,000.00",-,"1,000.00",张三,6217001,保证金 R48291037556107\n',
        "20261103,,0.01,999.99,银行,,手续费\n",
    ]
    text = "账号：6200000000000001\n\n" + HEAD + "".join(rows[::-1] if newest_first else rows)
    kind, (statement,) = read_statements(text.encode(encoding))
    assert (kind, statement.account) == (Format.CSV, "6200000000000001")
    assert (statement.opening_minor, statement.closing_minor) == (0, 99_999)
    assert sorted(line.signed_minor for line in statement.lines) == [-1, 100_000]


def test_a_missing_row_breaks_the_running_balance():
    text = HEAD + "2026-11-02,1.00,,1.00,甲,,a\n2026-11-02,1.00,,3.00,乙,,b\n"
    assert refusals(text.encode()) == [("balance-breaks", 3)]


def test_equal_rows_without_a_reference_are_two_entries_and_named_alike_each_time():
    text = "交易日期,收入,支出,对方户名\n" + "2026-11-02,1.00,,甲\n" * 2
    _kind, (first,) = read_statements(text.encode())
    _kind, (again,) = read_statements(text.encode("gbk"))
    references = [line.entry_ref for line in first.lines]
    assert len(set(references)) == 2
    assert references == [line.entry_ref for line in again.lines]


def test_the_same_bank_reference_twice_is_refused():
    text = "交易日期,收入,支出,流水号\n2026-11-02,1.00,,N1\n2026-11-02,2.00,,N1\n"
    assert refusals(text.encode()) == [("reference-twice", 3)]


def test_mt940_knows_reversals_and_joins_pages():
    text = (
        ":20:A\n:25:6200\n:28C:1/1\n:60F:C261101CNY0,00\n"
        ":61:2611021102C10,00NTRFNONREF//B1\n:86:R48291037556107\n:62M:C261102CNY10,00\n-\n"
        ":20:A\n:25:6200\n:28C:1/2\n:60M:C261102CNY10,00\n"
        ":61:2611021102RC10,00NTRFNONREF//B2\n:86:back\n:62F:C261102CNY0,00\n-\n"
    )
    _kind, (statement,) = read_statements(text.encode())
    assert [line.signed_minor for line in statement.lines] == [1000, -1000]


def test_a_reference_that_the_bank_wrapped_is_still_found_whole():
    text = "x" * 40 + " R4829103"
    told = ":20:A\n:25:6200\n:60F:C261101CNY0,00\n:61:261102C10,00NTRFNONREF//B1\n"
    told += f":86:166?00IN?20{text}?217556107?32LI\n:62F:C261102CNY10,00\n"
    _kind, (statement,) = read_statements(told.encode())
    assert "R48291037556107" in statement.lines[0].remittance
    assert statement.lines[0].payer_name == "LI"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([camt(), GOOD_TABLE.encode(), GOOD_MT940.encode()]),
    st.lists(st.tuples(st.integers(0, 700), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_a_file_with_bytes_changed_is_read_or_refused(data, changes):
    spoilt = bytearray(data)
    for at, new in changes:
        spoilt[at : at + 1] = new
    with contextlib.suppress(StatementRefused):
        read_statements(bytes(spoilt))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    with contextlib.suppress(StatementRefused):
        read_statements(data)


@given(st.text(alphabet="0123456789.-+eE_ NaInf", max_size=12))
def test_an_amount_is_a_whole_number_of_minor_units_or_nothing(text):
    minor = to_minor(text)
    assert minor is None or isinstance(minor, int)
