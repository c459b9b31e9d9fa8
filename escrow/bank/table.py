"""Read the tables that Chinese banks export as CSV (the profile is in this folder's README).

The head row is found by its words; what stands above it is looked through for the account number.
Where a running balance is given, every step must follow from the one before, whichever end of the
day the bank lists first.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from datetime import date

from escrow.bank.parsed import (
    MAX_LINES,
    Fault,
    ParsedLine,
    ParsedStatement,
    Side,
    StatementRefused,
    name_lines,
    to_minor,
)

COLUMNS: dict[str, tuple[str, ...]] = {
    "date": ("交易日期", "记账日期", "入账日期", "日期"),
    "credit": ("收入", "收入金额", "贷方发生额", "贷方金额", "记账金额(收入)", "交易金额(收入)"),
    "debit": ("支出", "支出金额", "借方发生额", "借方金额", "记账金额(支出)", "交易金额(支出)"),
    "amount": ("交易金额", "金额", "发生额"),
    "mark": ("借贷", "借贷标志", "收支", "收支类型"),
    "balance": ("余额", "账户余额", "本次余额", "联机余额"),
    "name": ("对方户名", "对方账户名", "对方名称", "付款人名称"),
    "account": ("对方账号", "对方账户", "对方卡号/账号", "付款人账号"),
    "bank": ("对方开户行", "对方行名", "付款人开户行"),
    "reference": ("交易流水号", "流水号", "日志号", "交易参考号"),
    "currency": ("币种", "币别", "货币", "记账币种"),
}
_REMARKS = ("附言", "交易附言", "摘要", "交易摘要", "用途", "备注", "客户摘要")
_CNY = {"", "人民币", "CNY", "RMB", "人民币元", "CNY人民币"}
_CREDIT_MARKS, _DEBIT_MARKS = ("贷", "收", "Cr"), ("借", "支", "付", "Dr")
_ACCOUNT = re.compile(r"(?:账号|帐号|卡号)[:：,\s]*([0-9]{8,40})")
_EMPTY = {"", "-", "--", "—"}
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{2})[-/.月]?(\d{2})日?(?:[ T].*)?", re.ASCII)
_AMOUNT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?", re.ASCII)


def read_table(text: str) -> list[ParsedStatement]:
    """The one statement of a CSV file; raises StatementRefused with every faulty row."""
    rows = _rows(text)
    head_at = next((i for i, (_n, row) in enumerate(rows) if _is_head(row)), None)
    if head_at is None:
        raise StatementRefused([Fault("no-head-row")])
    places = _places(rows[head_at][1])
    above = " ".join(cell for _n, row in rows[:head_at] for cell in row)
    account = _ACCOUNT.search(above)
    faults: list[Fault] = []
    lines = []
    for number, row in rows[head_at + 1 :]:
        line = _line(number, row, places, faults)
        if line is not None:
            lines.append(line)
    if len(lines) > MAX_LINES:
        raise StatementRefused([Fault("too-many-lines")])
    if not lines and not faults:
        faults.append(Fault("no-lines"))
    opening, closing = _balances(lines, faults)
    if faults:
        raise StatementRefused(faults)
    return [
        ParsedStatement(
            account=account.group(1) if account else "",
            currency="CNY",
            lines=name_lines(lines),
            opening_minor=opening,
            closing_minor=closing,
        )
    ]


def _rows(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        for row in reader:
            cells = [cell.replace("\t", " ").replace("\ufeff", "").strip() for cell in row]
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error:
        raise StatementRefused([Fault("not-csv", reader.line_num)]) from None
    return rows


def _plain(cell: str) -> str:
    return cell.replace("（", "(").replace("）", ")").replace(" ", "").removesuffix("(元)")


def _is_head(row: list[str]) -> bool:
    names = {_plain(cell) for cell in row}
    has_amounts = names & set(COLUMNS["amount"]) or (
        names & set(COLUMNS["credit"]) and names & set(COLUMNS["debit"])
    )
    return bool(names & set(COLUMNS["date"]) and has_amounts)


def _places(head: list[str]) -> dict[str, list[int]]:
    """Where each known column stands, the preferred name first."""
    names = [_plain(cell) for cell in head]
    places = {
        key: [names.index(word) for word in words if word in names]
        for key, words in COLUMNS.items()
    }
    places["remark"] = [names.index(word) for word in _REMARKS if word in names]
    return places


def _line(
    number: int, row: list[str], places: dict[str, list[int]], faults: list[Fault]
) -> ParsedLine | None:
    """One movement, or None: a foot line, a row on which nothing moved, or a fault."""
    cells = {key: _first(row, where) for key, where in places.items()}
    booked_on = _day(cells["date"])
    signed = _signed(cells["credit"], cells["debit"], cells["amount"], cells["mark"])
    balance = _amount(cells["balance"]) if cells["balance"] else None
    if not cells["date"]:
        if cells["credit"] or cells["debit"] or cells["amount"]:
            faults.append(Fault("no-date", number))
        return None  # totals, remarks
    for code, is_wrong, told in (
        ("bad-date", booked_on is None, cells["date"]),
        ("bad-amount", signed is None, cells["credit"] or cells["debit"] or cells["amount"]),
        ("line-currency", cells["currency"] not in _CNY, cells["currency"]),
        ("bad-balance", bool(cells["balance"]) and balance is None, cells["balance"]),
    ):
        if is_wrong:
            faults.append(Fault(code, number, told[:40]))
    if booked_on is None or not signed:
        return None
    remarks = [row[place] for place in places["remark"] if place < len(row)]
    return ParsedLine(
        number=number,
        side=Side.CREDIT if signed > 0 else Side.DEBIT,
        amount_minor=abs(signed),
        currency="CNY",
        booked_on=booked_on,
        entry_ref=cells["reference"],
        payer_name=cells["name"],
        payer_account=cells["account"],
        payer_bank=cells["bank"],
        remittance=" ".join(part for part in remarks if part not in _EMPTY),
        balance_minor=balance,
    )


def _first(row: list[str], places: list[int]) -> str:
    """The first of these cells that says anything."""
    return next((row[p] for p in places if p < len(row) and row[p] not in _EMPTY), "")


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def _amount(text: str) -> int | None:
    plain = text.removeprefix("¥").removeprefix("￥")
    return to_minor(plain.replace(",", "")) if _AMOUNT.fullmatch(plain) else None


def _signed(credit: str, debit: str, amount: str, mark: str) -> int | None:
    """What the row does to the account; None where it says nothing, or two things at once."""
    came, went = (_amount(text) if text else 0 for text in (credit, debit))
    if came is None or went is None:
        return None
    if came or went:
        return None if (came and went) or came < 0 or went < 0 else came - went
    if (credit or debit) and not amount:
        return 0  # listed, but nothing moved
    minor = _amount(amount) if amount else None
    if minor is None or not mark:
        return minor
    if any(word in mark for word in _CREDIT_MARKS):
        return abs(minor)
    return -abs(minor) if any(word in mark for word in _DEBIT_MARKS) else None


def _balances(lines: list[ParsedLine], faults: list[Fault]) -> tuple[int | None, int | None]:
    """Opening and closing balance by the running one; a step that does not follow is a fault."""
    if not lines or any(line.balance_minor is None for line in lines):
        return None, None
    downward, upward = _breaks(lines), _breaks(lines[::-1])
    ordered = lines if len(downward) <= len(upward) else lines[::-1]
    faults.extend(Fault("balance-breaks", number) for number in min(downward, upward, key=len))
    first, last = ordered[0], ordered[-1]
    return (first.balance_minor or 0) - first.signed_minor, last.balance_minor


def _breaks(lines: list[ParsedLine]) -> list[int]:
    return [
        after.number
        for before, after in itertools.pairwise(lines)
        if (before.balance_minor or 0) + after.signed_minor != after.balance_minor
    ]
