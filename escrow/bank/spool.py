"""The file as it came, kept in pieces, packed and sealed, and opened again like a file.

It lies in the database: a worker on another machine goes on with it, and a backup has it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from sqlalchemy import select

from auction.core.bulk import insert_rows
from auction.core.db import db
from escrow.bank.models import BankFilePart

PART_BYTES = 1_000_000


def pack_parts(stream: BinaryIO) -> Iterator[bytes]:
    """The pieces of a file, packed, one after the other."""
    while part := stream.read(PART_BYTES):
        yield zlib.compress(part, level=1)


def write_parts(import_id: int, parts: list[bytes]) -> None:
    """Keep the pieces, in the caller's transaction; they are sealed on the way."""
    connection = db.session.connection()
    for number, part in enumerate(parts):
        row = {"import_id": import_id, "number": number, "content": part}
        insert_rows(connection, BankFilePart.__table__, [row])


def open_file(import_id: int, size_bytes: int) -> BinaryIO:
    """The file from its beginning, a piece at a time in memory."""
    raw = _Pieces(import_id, size_bytes)
    return io.BufferedReader(raw, buffer_size=65_536)


class _Pieces(io.RawIOBase):
    """Pieces of equal length, each fetched when it is read."""

    def __init__(self, import_id: int, size_bytes: int) -> None:
        super().__init__()
        self.import_id = import_id
        self.size_bytes = size_bytes
        self.at = 0
        self.number = -1
        self.part = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size_bytes}[whence]
        self.at = max(0, base + offset)
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a narrower buffer
        number, within = divmod(self.at, PART_BYTES)
        if self.at >= self.size_bytes:
            return 0
        if number != self.number:
            self.part, self.number = self._fetch(number), number
        piece = self.part[within : within + len(buffer)]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)

    def _fetch(self, number: int) -> bytes:
        """On a connection of its own: nothing of the reader's session is held open meanwhile."""
        asked = select(BankFilePart.content).where(
            BankFilePart.import_id == self.import_id, BankFilePart.number == number
        )
        with db.engine.connect() as connection:
            return zlib.decompress(connection.execute(asked).scalar_one())
