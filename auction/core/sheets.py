"""Tables for spreadsheets: CSV in a stream, XLSX; no text in them is ever taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]{2})?")
# XML knows no other marks below the blank; a workbook with one of them cannot be opened.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_AT_ONCE = 500
MOST_ROWS = 500_000
"""What a workbook is written of; a sheet ends at 1,048,576 rows, and memory before that."""

Cell = str | int | Decimal
Row = Sequence[Cell]


def safe_cell(text: str) -> str:
    """The text as a spreadsheet shows it and never reckons it; plain numbers stay numbers."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_stream(rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with its mark, lines ended as RFC 4180 says, a few hundred rows at a time."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write("\ufeff")
    for number, row in enumerate(rows, 1):
        writer.writerow([safe_cell(str(cell)) for cell in row])
        if number % _AT_ONCE == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def xlsx_bytes(title: str, rows: Iterable[Row]) -> bytes:
    """A workbook of one sheet: amounts are numbers with two decimals, all else is text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_workbook_cell(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _workbook_cell(sheet: object, cell: Cell) -> WriteOnlyCell:
    if isinstance(cell, str):
        made = WriteOnlyCell(sheet, value=_UNPRINTABLE.sub("", cell))
        made.data_type = "s"  # whatever it begins with
        return made
    made = WriteOnlyCell(sheet, value=cell)
    if isinstance(cell, Decimal):
        made.number_format = "#,##0.00"
    return made
