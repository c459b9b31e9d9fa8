"""Tell which kind of bank file it is, read it, and refuse what does not add up."""

from __future__ import annotations

from enum import StrEnum

from escrow.bank.camt import read_camt
from escrow.bank.mt940 import read_mt940
from escrow.bank.parsed import Fault, ParsedStatement, StatementRefused, check_statement
from escrow.bank.table import read_table

MAX_BYTES = 5_000_000


class Format(StrEnum):
    """The kinds of bank file that are read."""

    CAMT053 = "camt053"
    MT940 = "mt940"
    CSV = "csv"


def read_statements(data: bytes) -> tuple[Format, list[ParsedStatement]]:
    """The statements of a file, or StatementRefused with everything that is wrong with it."""
    if not data.strip():
        raise StatementRefused([Fault("empty")])
    if len(data) > MAX_BYTES:
        raise StatementRefused([Fault("too-large")])
    kind, found = _read(data)
    faults = [fault for statement in found for fault in check_statement(statement)]
    if faults:
        raise StatementRefused(sorted(faults, key=lambda fault: fault.line))
    return kind, found


def _read(data: bytes) -> tuple[Format, list[ParsedStatement]]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Format.CAMT053, read_camt(data)
    text = _decode(data)
    if "\x00" in text:
        raise StatementRefused([Fault("not-text")])
    if ":61:" in text or ":60F:" in text or ":60M:" in text:
        return Format.MT940, read_mt940(text.replace("\r\n", "\n"))
    return Format.CSV, read_table(text)


def _decode(data: bytes) -> str:
    """Banks write UTF-8 or GBK (GB 18030 contains it)."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StatementRefused([Fault("not-text")])
