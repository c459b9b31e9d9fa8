"""Files as banks really write them: what balances comes in with its sums, what does not is named.

`expected.json` was written by an independent reading; the mt-940 library is a second opinion.
"""

from __future__ import annotations

import json
import warnings
from decimal import Decimal
from pathlib import Path

import pytest
from mt940.models import Transactions
from mt940.tags import StatementASNB

from escrow.bank.parsed import StatementRefused
from escrow.bank.profiles import our_profiles
from escrow.bank.reading import Format, read_statements

DATA = Path(__file__).parents[2] / "data" / "bank"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
# The library gives a reversal the sign of what it takes back.
SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1}
WHOLE = [
    name for name, told in EXPECTED.items() if told and all(s["balances"] is True for s in told)
]
# No closing balance, or movements of a day that is not over: nothing to add up.
OPEN = ["camt054.v2.xml", "camt054.v4.xml", "camt53.only-Dt-with-DtTm.xml", "mBank__mt942.sta"]
BROKEN = {
    "betterplace__amount_formats.sta": [("not-mt940", 1)],
    "betterplace__currency_in_25.sta": [("not-mt940", 1)],
    "betterplace__empty_line.sta": [("no-balances", 2)],
    "betterplace__missing_crlf_at_end.sta": [("not-mt940", 1)],
    "betterplace__sepa_snippet.sta": [("sums-differ", 55)],
    "betterplace__sepa_snippet_broken.sta": [("tag-order", 6)],
    "camt053.v2.all-balance-types.xml": [("sums-differ", 68)],
    "camt053.v2.five.decimals.xml": [("sums-differ", 49)],
    "camt053.v2.minimal.ultimate.xml": [("sums-differ", 54)],
    "camt053.v4.xml": [("sums-differ", 74)],
    "cmxl__account_balance_credit.sta": [("not-mt940", 1)],
    "cmxl__account_balance_debit.sta": [("not-mt940", 1)],
    "cmxl__available_balance.sta": [("not-mt940", 1)],
    "cmxl__reference.sta": [("no-balances", 1)],
    "cmxl__statement_details.sta": [("not-mt940", 1)],
    "cmxl__statement_line.sta": [("not-mt940", 1)],
    "jejik__ing.sta": [("sums-differ", 26)],
    "jejik__rabobank.sta": [("sums-differ", 11), ("sums-differ", 28)],
    "mBank__with_newline_in_tnr.sta": [("sums-differ", 19)],
    "self-provided__malformed_details.sta": [("sums-differ", 15)],
    "self-provided__multiline.sta": [("tag-order", 38)],
    "self-provided__raiffeisen-cmi.sta": [("sums-differ", 40)],
}


def refusals(data):
    with pytest.raises(StatementRefused) as caught:
        read_statements(data)
    return [(fault.code, fault.line) for fault in caught.value.faults]


def fen(text):
    return int(Decimal(text) * 100)


def test_every_file_is_either_whole_or_open_or_broken():
    assert sorted([*WHOLE, *OPEN, *BROKEN]) == sorted(EXPECTED)


@pytest.mark.parametrize("name", [*WHOLE, *OPEN])
def test_what_balances_is_read_with_the_sums_it_should_have(name):
    _kind, found = read_statements((DATA / name).read_bytes())
    told = EXPECTED[name]
    assert sum(len(s.lines) for s in found) == sum(s["lines"] for s in told)
    moved = [sum(line.signed_minor for line in s.lines) for s in found]
    assert sum(moved) == sum(fen(s["moved"]) for s in told)
    if len(found) == len(told):  # pages are one statement
        assert moved == [fen(s["moved"]) for s in told]
    for statement in found:
        if statement.opening_minor is not None and statement.closing_minor is not None:
            total = sum(line.signed_minor for line in statement.lines)
            assert statement.opening_minor + total == statement.closing_minor


@pytest.mark.parametrize(("name", "faults"), BROKEN.items())
def test_what_does_not_balance_is_refused_by_line_and_reason(name, faults):
    assert refusals((DATA / name).read_bytes()) == faults


@pytest.mark.parametrize("name", [name for name in [*WHOLE, *OPEN] if not name.endswith(".xml")])
def test_the_library_reads_the_same_movements(name):
    data = (DATA / name).read_bytes()
    book = Transactions(tags={61: StatementASNB()} if name.startswith("ASNB") else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.parse(data.decode("utf-8", "replace").replace("\r\n", "\n"))
    theirs = [t.data for t in book.transactions if "status" in t.data]
    _kind, found = read_statements(data)
    ours = [line for statement in found for line in statement.lines]
    moved = [SIGNS[t["status"]] * abs(fen(t["amount"].amount)) for t in theirs]
    assert [line.signed_minor for line in ours] == moved
    assert [line.booked_on.isoformat() for line in ours] == [
        str(t.get("entry_date") or t["date"]) for t in theirs
    ]


# Which profile knows the table, and what its rows move; or the lines that do not add up. The files
# are made anonymous: balances were invented, and do not always follow on each other.
TABLES = {
    "example-alipay-records.csv": ("alipay", 5, 22_206_686),
    "example-boc-records.csv": ("boc-account", 17, 42_670),
    "example-bocom_credit-records.csv": ("bocom-card", 8, 73_169),
    "example-cgb_credit-records.csv": ("cgb-card", 4, 82_456),
    "example-jd-records.csv": ("jd", 16, -164_843),  # as the file's own head says
    "example-mt-records.csv": ("meituan", 29, -101_407),
    "example-wechat-records.csv": ("wechat", 16, -287_604),
}
BROKEN_TABLES = {
    "example-abc_debit-records.csv": [("balance-breaks", n) for n in (3, 4, 5)],
    "example-bocom_debit-records.csv": [("balance-breaks", n) for n in (3, 4, 5, 6, 7)],
    "example-cmb-records.csv": [("balance-breaks", n) for n in (4, 5, 6)],
    "example-hsbchk-credit-records.csv": [("line-currency", 5)],
    "example-hsbchk-debit-records.csv": [
        ("balance-breaks", 8),
        ("line-currency", 8),
        ("balance-breaks", 9),
    ],
    "example-icbc-credit-records.csv": [
        *(("balance-breaks", n) for n in (9, 12, 13, 14, 15)),
        ("totals-differ", 18),
        ("totals-differ", 18),
    ],
    "example-icbc-debit-v1-records.csv": [("totals-differ", 20), ("totals-differ", 20)],
    "example-icbc-debit-v2-records.csv": [("totals-differ", 20), ("totals-differ", 20)],
}
RECOGNISED = {
    "example-abc_debit-records.csv": "abc-account",
    "example-bocom_debit-records.csv": "bocom-account",
    "example-cmb-records.csv": "cmb-account",
    "example-hsbchk-credit-records.csv": "hsbc-hk-card",
    "example-hsbchk-debit-records.csv": "hsbc-hk-account",
    "example-icbc-credit-records.csv": "icbc-card",
    "example-icbc-debit-v1-records.csv": "icbc-account",
    "example-icbc-debit-v2-records.csv": "icbc-account",
}


def test_every_table_is_accounted_for():
    names = {path.name for path in DATA.glob("*.csv")}
    assert names == {*TABLES, *BROKEN_TABLES}
    assert set(RECOGNISED) == set(BROKEN_TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_recognised_and_its_rows_are_read(name):
    kind, (statement,) = read_statements((DATA / name).read_bytes())
    moved = sum(line.signed_minor for line in statement.lines)
    assert kind is Format.CSV
    assert (statement.end.profile, len(statement.lines), moved) == TABLES[name]


@pytest.mark.parametrize("name", BROKEN_TABLES)
def test_a_table_that_does_not_add_up_is_refused_under_the_right_profile_alone(name):
    data = (DATA / name).read_bytes()
    assert refusals(data) == BROKEN_TABLES[name]
    others = [p for p in our_profiles() if p.code not in (RECOGNISED[name], "common")]
    with pytest.raises(StatementRefused, match="no-head-row"):
        read_statements(data, others)


def test_a_table_of_icbc_without_its_invented_sums_is_read():
    data = (DATA / "example-icbc-debit-v2-records.csv").read_text(encoding="utf-8")
    rows = data[: data.index("人民币合计")]
    _kind, (statement,) = read_statements(rows.encode())
    assert [line.signed_minor for line in statement.lines[:3]] == [-1340, -123_456, 123_456]
    assert statement.lines[2].payer_name == "李四"
    assert (statement.opening_minor, statement.account) == (None, "1234****9876")
