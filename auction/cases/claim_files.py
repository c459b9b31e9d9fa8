"""A table of claims as people keep it, CSV or XLSX, read strictly cell by cell. No database.

Nothing is guessed: a formula, a number with a fraction of a fen, a day that is none are faults of
their line, each with its column.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from auction.cases.models import ClaimClass, FeeKind
from auction.core.forms import clean_text
from auction.core.money import MoneyError, parse_money

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_LINES: Final = 2000
_MAX_UNPACKED: Final = 50 * 1024 * 1024
_MAX_COLUMNS: Final = 60
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)

# column → what it fills; the template has them in this order.
COLUMNS: Final = {
    "债权人": "creditor",
    "证件号": "id_number",
    "联系方式": "contact",
    "送达地址": "address",
    "收款银行": "bank_name",
    "收款户名": "account_name",
    "收款账号": "account_number",
    "类别": "claim_class",
    "执行依据": "title_number",
    "申请日期": "applied_on",
    "本金": "principal_minor",
    "利息": "interest_minor",
    "费用": "expenses_minor",
    "加倍利息": "doubled_interest_minor",
    "所及财产": "assets",
    "担保顺位": "rank",
    "登记日期": "registered_at",
    "最高限额": "limit_minor",
    "税款发生日期": "arose_at",
    "查封日期": "attached_at",
    "执行费": "fee",
    "暂缓原因": "held",
    "理由": "reason",
}
_NEEDED: Final = ("债权人", "类别")
_MONEY: Final = frozenset(name for name in COLUMNS.values() if name.endswith("_minor"))
_DAYS: Final = frozenset({"applied_on", "registered_at", "arose_at", "attached_at"})
_LENGTHS: Final = {
    "creditor": 100,
    "id_number": 30,
    "contact": 60,
    "address": 200,
    "bank_name": 100,
    "account_name": 100,
    "account_number": 40,
    "title_number": 120,
    "assets": 400,
    "held": 100,
    "reason": 300,
}
_CLASSES: Final = {
    "普通债权": ClaimClass.ORDINARY,
    "担保债权": ClaimClass.SECURED,
    "建设工程价款": ClaimClass.CONSTRUCTION,
    "商品房消费者": ClaimClass.HOME_BUYER,
    "税款": ClaimClass.TAX,
    "政策性优先": ClaimClass.POLICY,
}
_FEES: Final = {"": FeeKind.REALISED, "按受偿额": FeeKind.REALISED, "不收取": FeeKind.NONE}
_EXAMPLE: Final = {
    "债权人": "示例银行股份有限公司",
    "类别": "普通债权",
    "执行依据": "（2025）测01民初1号民事判决书",
    "申请日期": "2026-11-02",
    "本金": "800000.00",
    "利息": "40000.00",
    "执行费": "按受偿额",
}


class FileRefused(ValueError):
    """The file as a whole cannot be read; `code` says why, `column` names one where one matters."""

    def __init__(self, code: str, column: str = "") -> None:
        super().__init__(f"{code} {column}".strip())
        self.code = code
        self.column = column


@dataclass(slots=True)
class ClaimLine:
    """One line of the table: what it says, and what is wrong with it as (column, code)."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)


def read_claim_lines(data: bytes) -> list[ClaimLine]:
    """Every line that holds anything; raises FileRefused for what is no such table at all."""
    if not data:
        raise FileRefused("empty")
    if len(data) > MAX_BYTES:
        raise FileRefused("too-large")
    rows = _read_workbook(data) if data[:4] == b"PK\x03\x04" else _read_csv(data)
    head_at, names = _find_head(rows)
    lines = []
    for number, cells in rows[head_at + 1 :]:
        if any(_text(cell) for cell in cells):
            lines.append(_read_line(number, dict(zip(names, cells, strict=False))))
        if len(lines) > MAX_LINES:
            raise FileRefused("too-many-lines")
    if not lines:
        raise FileRefused("no-lines")
    return lines


Row = tuple[int, list[Any]]


def _read_csv(data: bytes) -> list[Row]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileRefused("not-text")
    if "\x00" in text:
        raise FileRefused("not-text")
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return [(reader.line_num, row) for row in reader]
    except csv.Error:
        raise FileRefused("not-csv") from None


def _read_workbook(data: bytes) -> list[Row]:
    """The first sheet, cell by cell; what unpacks to a multiple of itself is refused unread."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _MAX_UNPACKED:
                raise FileRefused("too-large")
        book = load_workbook(io.BytesIO(data), read_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=MAX_LINES + 20, max_col=_MAX_COLUMNS, values_only=True)
        return [(number, list(cells)) for number, cells in enumerate(rows, 1)]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused("not-xlsx") from None


def _find_head(rows: list[Row]) -> tuple[int, list[str]]:
    """The row with the names of the columns: the first that has all that are needed."""
    for index, (_number, cells) in enumerate(rows[:20]):
        names = [_text(cell) for cell in cells]
        if all(name in names for name in _NEEDED):
            known = [name for name in names if name]
            for name in known:
                if name not in COLUMNS:
                    raise FileRefused("unknown-column", name)
                if known.count(name) > 1:
                    raise FileRefused("column-twice", name)
            return index, names
    raise FileRefused("no-head-row")


def _text(cell: Any) -> str:
    """What a person sees in a cell."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()


def _read_line(number: int, cells: dict[str, Any]) -> ClaimLine:
    line = ClaimLine(number)
    for column, name in COLUMNS.items():
        text = _text(cells.get(column))
        try:
            line.values |= _read_cell(name, text)
        except _Fault as fault:
            line.faults.append((column, fault.code))
    for column in _NEEDED:
        if not _text(cells.get(column)):
            line.faults.append((column, "missing"))
    return line


class _Fault(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _read_cell(name: str, text: str) -> dict[str, Any]:
    if text.startswith("="):
        raise _Fault("formula")
    if name == "fee":
        return _read_fee(text)
    if not text:
        return {name: 0 if name in _MONEY and name != "limit_minor" else None}
    if name in _MONEY:
        return {name: _money(text)}
    return {name: _day(text) if name in _DAYS else _READERS.get(name, _words)(name, text)}


def _claim_class(_name: str, text: str) -> ClaimClass:
    if text not in _CLASSES:
        raise _Fault("unknown-class")
    return _CLASSES[text]


def _rank(_name: str, text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]?", text, re.ASCII):
        raise _Fault("bad-number")
    return int(text)


def _read_fee(text: str) -> dict[str, Any]:
    if text in _FEES:
        return {"fee_kind": _FEES[text], "fee_minor": None}
    return {"fee_kind": FeeKind.FIXED, "fee_minor": _money(text)}


def _money(text: str) -> int:
    try:
        return parse_money(text)
    except MoneyError:
        raise _Fault("bad-amount") from None


def _day(text: str) -> date:
    match = _DAY.fullmatch(text)
    if match is None:
        raise _Fault("bad-date")
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise _Fault("bad-date") from None


def _words(name: str, text: str) -> str:
    try:
        plain = clean_text(text)
    except ValueError:
        raise _Fault("bad-text") from None
    if len(plain) > _LENGTHS[name]:
        raise _Fault("too-long")
    return plain


_READERS: Final[dict[str, Callable[[str, str], Any]]] = {
    "claim_class": _claim_class,
    "rank": _rank,
}


# ── the template ────────────────────────────────────────────────────────────────────────────────


def template_csv() -> bytes:
    """An empty table with one example line, as spreadsheet programs open it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(_template_rows())
    return out.getvalue().encode("utf-8-sig")


def template_xlsx() -> bytes:
    """The same as a workbook; cells are text, so that nothing is rounded on the way."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    sheet.title = "债权"
    for row in _template_rows():
        sheet.append(row)
    for cells in sheet.iter_rows(min_row=1, max_row=200, max_col=len(COLUMNS)):
        for cell in cells:
            cell.number_format = "@"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _template_rows() -> Iterator[list[str]]:
    yield list(COLUMNS)
    yield [_EXAMPLE.get(column, "") for column in COLUMNS]
