"""What leaves the house says what the ledger says, in every form, and nothing in it is a formula."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from beancount import loader
from beancount.core import realization
from builders import make_case, make_court, make_user
from finance_stage import Row
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.core.sheets import csv_stream, safe_cell, xlsx_bytes
from escrow.bank.provider import money_of_case
from escrow.desk.words import ACCOUNTS
from escrow.exports import reading
from escrow.exports.beancount import beancount_lines, name_of
from escrow.exports.reading import JournalLine, account_code
from escrow.exports.statement import PLACES, make_statement
from escrow.exports.tables import by_kind, journal_rows, main_unit, totals_of
from escrow.ledger import AccountKind, Transfer, TransferKind, balances_of_court, reverse

FORMULAS = ["=1+1", "+1", "-x", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", '=HYPERLINK("http://x")']


def a_life_of_money(books):
    """Deposits of two, one sold, the loser's refund owed, money nobody knows, one entry undone."""
    winner, loser = books.enrol(), books.enrol()
    books.pay_deposit(winner)
    books.clock.advance(days=1)
    books.pay_deposit(loser)
    books.pay(12_345, "=1+1", "@路人")
    books.sell(winner, 200_000_000)
    books.work_off()
    books.clock.advance(days=1)
    return winner, loser


def sums_of_ledger(books):
    """By account: the balance as the books' own cache has it."""
    db.session.rollback()
    return {row.account_id: row.posted_minor for row in balances_of_court(books.court.id)}


def rows_of_csv(answer):
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def amount(text):
    return int(Decimal(text) * 100)


# ── all forms agree ─────────────────────────────────────────────────────────────────────────────


def test_trial_balance_journal_and_beancount_say_what_the_ledger_says(books, look):
    a_life_of_money(books)
    truth = {number: balance for number, balance in sums_of_ledger(books).items() if balance}
    accounts = books.accounts()
    assert {a.account_id: a.balance_minor for a in accounts if a.balance_minor} == truth
    assert all(debits == credits_ for _currency, debits, credits_ in totals_of(accounts))

    told = rows_of_csv(look("maker", "/finance/books/trial-balance.csv"))
    codes = {account.code: account.account_id for account in accounts}
    shown = {codes[row[0]]: amount(row[6]) for row in told[1:] if row[0] in codes}
    assert {number: balance for number, balance in shown.items() if balance} == truth
    assert told[-1][0] == "合计"
    assert told[-1][4] == told[-1][5]

    added = dict.fromkeys(codes, 0)
    for row in rows_of_csv(look("auditor", "/finance/books/journal.csv"))[1:]:
        added[row[3]] += amount(row[5])
        added[row[4]] -= amount(row[5])
    sides = {a.code: 1 if a.side == "debit" else -1 for a in accounts}
    assert {codes[c]: added[c] * sides[c] for c in codes if added[c]} == truth

    entries, errors, _options = loader.load_string(
        look("maker", "/finance/books/ledger.beancount").text
    )
    assert errors == []
    root = realization.realize(entries)
    for account in accounts:
        node = realization.get(root, name_of(account.kind, account.account_id))
        held = node.balance.get_currency_units("CNY").number
        assert amount(held or 0) * sides[account.code] == account.balance_minor
    asserted = [e for e in entries if type(e).__name__ == "Balance"]
    assert len({e.date for e in asserted}) == 2  # money moved on two days


def test_beancount_notices_a_single_fen(books):
    a_life_of_money(books)
    text = "\n".join(beancount_lines("x", books.accounts(), books.journal()))
    first = next(line for line in text.splitlines() if " CNY" in line and line.startswith("  "))
    number = first.split()[1]
    wrong = text.replace(first, first.replace(number, str(Decimal(number) + Decimal("0.01"))), 1)
    assert loader.load_string(text)[1] == []
    assert loader.load_string(wrong)[1] != []


KINDS = (
    AccountKind.BANK,
    AccountKind.PROVIDER,
    AccountKind.DEPOSIT,
    AccountKind.PRICE,
    AccountKind.SUSPENSE,
)
MOVES = st.tuples(
    st.permutations(range(len(KINDS))),
    st.integers(1, 10**13),
    st.integers(0, 40 * 3600),
    st.text(max_size=12),
)


def lines_of(moves, now):
    """A journal of these moves, each some seconds behind the one before."""
    for number, (order, amount_minor, seconds, note) in enumerate(moves, 1):
        now += timedelta(seconds=seconds)
        debit, credit = KINDS[order[0]], KINDS[order[1]]
        yield JournalLine(
            transfer_id=number,
            kind=TransferKind.REVERSAL,
            effective_at=now,
            recorded_at=now,
            debit=account_code(debit, order[0] + 1),
            debit_kind=debit,
            credit=account_code(credit, order[1] + 1),
            credit_kind=credit,
            amount_minor=amount_minor,
            currency="CNY",
            case_number="（2026）沪01执1号",
            source="test:1",
            actor_id=None,
            reverses_id=None,
            note=note,
        )


@settings(max_examples=40, deadline=None)
@given(st.lists(MOVES, max_size=8))
def test_whatever_moves_every_form_adds_up_to_the_same(moves):
    journal = list(lines_of(moves, datetime(2026, 3, 1, 9, tzinfo=UTC)))
    truth = dict.fromkeys(KINDS, 0)
    for order, minor, _seconds, _note in moves:
        truth[KINDS[order[0]]] += minor
        truth[KINDS[order[1]]] -= minor

    entries, errors, _options = loader.load_string("\n".join(beancount_lines("x", [], journal)))
    assert errors == []
    assert len([e for e in entries if type(e).__name__ == "Transaction"]) == len(moves)
    root = realization.realize(entries)
    for number, kind in enumerate(KINDS, 1):
        node = realization.get(root, name_of(kind, number))
        held = node.balance.get_currency_units("CNY").number if node is not None else 0
        assert amount(held or 0) == truth[kind]

    made = make_statement(journal)
    assert dict(made.places) == {k: truth[k] for k in KINDS if k in PLACES and truth[k]}
    assert dict(made.owed) == {k: -truth[k] for k in KINDS if k not in PLACES and truth[k]}
    assert made.balance_minor == made.in_minor - made.out_minor
    told = list(journal_rows(journal))[1:]
    assert sum(row[5] for row in told) * 100 == sum(line.amount_minor for line in journal)


def test_the_workbook_holds_the_same_numbers_and_no_formula(books, look):
    a_life_of_money(books)
    for path in ("trial-balance", "journal"):
        file = look("maker", f"/finance/books/{path}.xlsx").data
        sheet = load_workbook(io.BytesIO(file)).active
        told = rows_of_csv(look("maker", f"/finance/books/{path}.csv"))
        assert sheet.max_row == len(told)
        for row, line in zip(sheet.iter_rows(), told, strict=True):
            for cell, text in zip(row, line, strict=True):
                assert cell.data_type != "f"
                if isinstance(cell.value, (int, float)):
                    assert Decimal(str(cell.value)) == Decimal(text)
                else:
                    assert (cell.value or "") in (text, text.removeprefix("'"))


def test_a_reversal_stands_in_the_journal_with_what_it_undoes(books, look):
    books.pay(12_345, "?", "路人")
    db.session.rollback()
    with transaction():
        undone = db.session.query(Transfer).one()
        reverse(
            undone, key="undo", source=undone, at=books.now, actor_id=books.maker.id, note="记错了"
        )
    told = rows_of_csv(look("maker", "/finance/books/journal.csv"))
    assert [row[10] for row in told[1:]] == ["", told[1][0]]
    assert "冲销第" in look("maker", "/finance/books/journal").text


def test_long_books_are_read_in_portions_without_loss(books, monkeypatch):
    a_life_of_money(books)
    whole = books.journal()
    monkeypatch.setattr(reading, "_PORTION", 2)
    assert books.journal() == whole
    assert len({line.transfer_id for line in whole}) == len(whole) > 3


# ── the statement of a case ─────────────────────────────────────────────────────────────────────


def test_a_case_is_told_from_its_first_fen_to_what_it_holds(books, look):
    a_life_of_money(books)
    made = make_statement(books.journal(case_id=books.case.id))
    db.session.rollback()
    assert made.balance_minor == money_of_case(books.case.id).owed_minor > 0
    assert made.in_minor - made.out_minor == made.balance_minor
    assert made.balance_minor == sum(total for _kind, total in made.owed)
    assert made.movements[-1].balance_minor == made.balance_minor
    path = f"/finance/books/cases/{books.case.id}"
    assert "结余在何处" in look("maker", path).text
    told = rows_of_csv(look("maker", f"{path}/statement.csv"))
    assert amount(told[-1][7]) == made.balance_minor
    table = look("maker", f"{path}/statement.csv").data
    paper = PdfReader(io.BytesIO(look("auditor", f"{path}/statement.pdf").data))
    words = "".join(page.extract_text() for page in paper.pages)
    assert hashlib.sha256(table).hexdigest() in words
    assert f"{Decimal(made.balance_minor) / 100:,.2f}" in words
    shown = look("maker", path).text
    assert all(str(ACCOUNTS[m.line.credit_kind]) in shown for m in made.movements)
    assert look("maker", f"{path}/statement.docx", 404)


# ── who may see what ────────────────────────────────────────────────────────────────────────────


PAGES = ("", "/journal", "/trial-balance.csv", "/journal.xlsx", "/ledger.beancount")


def test_books_are_for_finance_and_auditors_of_the_court(books, look):
    a_life_of_money(books)
    stranger = Row(make_user(books.now, Role.FINANCE, court=make_court(books.now, code="ZZ")))
    for page in PAGES:
        look("clerk", f"/finance/books{page}", 403)
        assert books.case.number.encode() not in look(stranger, f"/finance/books{page}").data
    look(stranger, f"/finance/books/cases/{books.case.id}", 404)
    look(stranger, f"/finance/books/cases/{books.case.id}/statement.pdf", 404)
    other = make_case(books.now)
    look(
        "maker",
        f"/finance/books/cases/{other.id}",
        404 if other.court_id != books.court.id else 200,
    )


def test_what_cannot_be_read_is_kept_and_said(books, look):
    a_life_of_money(books)
    assert "gestern" in look("maker", "/finance/books?day=gestern", 422).text
    page = look("maker", "/finance/books/journal?account=kasse&case=x", 422).text
    assert 'value="kasse"' in page
    look("maker", "/finance/books/journal.csv?account=kasse", 422)
    look("maker", "/finance/books/trial-balance.csv?day=x", 422)
    look("maker", "/finance/books/trial-balance.pdf", 404)
    before = look("maker", "/finance/books?day=2020-01-01").text
    assert "这一天之前账簿没有分录" in before
    assert "没有符合条件的分录" in look("maker", "/finance/books/journal?last=2020-01-01").text


def test_the_page_adds_up_by_kind_and_lists_the_accounts_of_one(books, look):
    a_life_of_money(books)
    accounts = books.accounts()
    kinds = by_kind(accounts)
    assert sum(k.count for k in kinds) == len(accounts)
    assert sum(k.debits_minor for k in kinds) == sum(a.debits_minor for a in accounts)
    deposits = [a for a in accounts if a.kind == "deposit"]
    whole = look("maker", "/finance/books").text
    assert not any(a.code in whole for a in deposits)
    listed = look("maker", "/finance/books?kind=deposit").text
    assert len(deposits) == 2
    assert all(a.code in listed for a in deposits)
    assert look("maker", "/finance/books?kind=nothing").status_code == 200


# ── spreadsheets ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text):
    told = b"".join(csv_stream([(text,)])).decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(told)))[0] == f"'{text}"
    cell = load_workbook(io.BytesIO(xlsx_bytes("x", [(text,)]))).active["A1"]
    assert cell.data_type == "s"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), max_size=6))
def test_any_text_comes_back_from_the_table(rows):
    told = b"".join(csv_stream(rows)).decode("utf-8-sig")
    back = list(csv.reader(io.StringIO(told, newline="")))
    assert back == [[safe_cell(cell) for cell in row] for row in rows]


@given(st.integers(-(10**15), 10**15))
def test_the_main_unit_is_exact(minor):
    assert main_unit(minor) * 100 == minor
    assert -main_unit(minor).as_tuple().exponent == 2
