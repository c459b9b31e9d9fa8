"""Tell which kind of bank file it is, read it, and refuse what does not add up."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import BinaryIO

from escrow.bank.camt import read_camt
from escrow.bank.mt940 import read_mt940
from escrow.bank.parsed import (
    Checked,
    Event,
    Fault,
    ParsedLine,
    ParsedStatement,
    StatementEnd,
    StatementRefused,
    check_events,
    name_lines,
)
from escrow.bank.profiles import Profile
from escrow.bank.table import preview_rows, read_table

MAX_BYTES = 200_000_000
_HEAD_BYTES = 65_536
_CHUNK = 1_048_576
_MT940 = re.compile(rb"^[\x01\xef\xbb\xbf]*:(?:20|25P?|28C?|60[FM]|61|62[FM]|64|86):", re.MULTILINE)

Opener = Callable[[], BinaryIO]


class Format(StrEnum):
    """The kinds of bank file that are read."""

    CAMT053 = "camt053"
    CAMT054 = "camt054"
    MT940 = "mt940"
    MT942 = "mt942"
    CSV = "csv"


def read_statements(
    data: bytes, profiles: Sequence[Profile] | None = None, chosen: Profile | None = None
) -> tuple[Format, list[ParsedStatement]]:
    """The statements of a file, or StatementRefused with everything that is wrong with it."""
    kind, events = read_events(lambda: io.BytesIO(data), profiles, chosen)
    lines: list[ParsedLine] = []
    statements = []
    for event in check_events(events):
        if isinstance(event, StatementEnd):
            statements.append(ParsedStatement(event, tuple(lines)))
            lines = []
        elif isinstance(event, ParsedLine):
            lines.append(event)
    return name_format(kind, statements[0].end), statements


def read_events(
    opener: Opener, profiles: Sequence[Profile] | None = None, chosen: Profile | None = None
) -> tuple[Format, Iterator[Event]]:
    """The file's format and its events as they are read, each line with its reference.

    `opener` opens the file from its beginning; it is asked more than once.
    """
    with opener() as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.strip():
        raise StatementRefused([Fault("empty", 1)])
    kind = _sniff(head)
    return kind, name_lines(_read(kind, opener, profiles, chosen))


def name_format(kind: Format, end: StatementEnd) -> Format:
    """The format's name, once it is known whether it brings statements or single movements."""
    if not end.is_advice:
        return kind
    return {Format.CAMT053: Format.CAMT054, Format.MT940: Format.MT942}.get(kind, kind)


def read_checked(
    opener: Opener, profiles: Sequence[Profile] | None = None, chosen: Profile | None = None
) -> tuple[Format, Iterator[Checked]]:
    """As `read_events`, refusing at the end what does not add up."""
    kind, events = read_events(opener, profiles, chosen)
    return kind, check_events(events)


def _sniff(head: bytes) -> Format:
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Format.CAMT053
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in head:
        raise StatementRefused([Fault("not-text", 1)])
    return Format.MT940 if _MT940.search(head) else Format.CSV


def _read(
    kind: Format,
    opener: Opener,
    profiles: Sequence[Profile] | None,
    chosen: Profile | None,
) -> Iterator[Event]:
    with opener() as stream:
        if kind is Format.CAMT053:
            _skip_blank(stream)
            yield from read_camt(stream)
            return
        encoding = (chosen.encoding if chosen else None) or _encoding_of(opener, kind)
        errors = "strict" if kind is Format.CSV else "replace"
        newline = "" if kind is Format.CSV else None
        with io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=newline) as text:
            try:
                if kind is Format.MT940:
                    yield from read_mt940(text)
                else:
                    yield from read_table(text, profiles, chosen)
            except UnicodeDecodeError:
                raise StatementRefused([Fault("not-text", 1)]) from None


def preview(opener: Opener, delimiter: str | None = None) -> list[list[str]]:
    """The first rows of a table, however it is encoded."""
    with (
        opener() as stream,
        io.TextIOWrapper(
            stream, encoding=_encoding_of(opener, Format.CSV), errors="replace", newline=""
        ) as text,
    ):
        return preview_rows(text, delimiter)


def _skip_blank(stream: BinaryIO) -> None:
    """What stands before the first `<` is blank; a byte order mark stays with its file."""
    if not stream.seekable():
        return
    head = stream.read(_HEAD_BYTES)
    stream.seek(len(head) - len(head.lstrip(b" \t\r\n")))


def _encoding_of(opener: Opener, kind: Format) -> str:
    """Banks write UTF-8 or GBK (GB 18030 contains it); MT940 comes in Latin letters, too."""
    for encoding in ("utf-8-sig", "gb18030"):
        if _is_in(opener, encoding):
            return encoding
    if kind is Format.MT940:
        return "latin-1"
    raise StatementRefused([Fault("not-text", 1)])


def _is_in(opener: Opener, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with opener() as stream:
        try:
            while chunk := stream.read(_CHUNK):
                if b"\x00" in chunk:
                    raise StatementRefused([Fault("not-text", 1)])
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
