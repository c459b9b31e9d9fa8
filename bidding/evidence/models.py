"""Tables of the bid log; written by the intake in the transaction that decides, and never changed.

The public log is text, line for line as it is published: what is hashed is what is stored.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only
from bidding.evidence.merkle import HASH_BYTES


class LogKey(Model):
    """A key the platform signs with; a sale keeps the key its log was begun with."""

    __tablename__ = "log_key"
    __table_args__ = (
        # One key at a time is for new sales.
        Index(
            "uq_log_key_current",
            "is_current",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public: Mapped[bytes] = mapped_column(LargeBinary(HASH_BYTES), unique=True)
    # The private key in hexadecimal; gone once every log signed with it has ended.
    private_sealed: Mapped[str | None] = mapped_column(Encrypted("log_key.private_sealed"))
    is_current: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SaleLog(Model):
    """A sale's log: under which name and key it is signed, and which codes stand in it."""

    __tablename__ = "sale_log"

    sale_id: Mapped[int] = mapped_column(
        ForeignKey("sale_head.sale_id"), primary_key=True, autoincrement=False
    )
    origin: Mapped[str] = mapped_column(String(200), unique=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("log_key.id"))
    # {code: [priority rank or null, whether barred]} as last logged.
    codes: Mapped[dict[str, list[int | bool | None]]] = mapped_column(JSON, default=dict)


class LogEntry(Model):
    """One line of the public log, canonical JSON as published (RFC 8785)."""

    __tablename__ = "log_entry"

    sale_id: Mapped[int] = mapped_column(
        ForeignKey("sale_head.sale_id"), primary_key=True, autoincrement=False
    )
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)


class LogRoot(Model):
    """The root at every size the log had after a commit: all that may ever be signed."""

    __tablename__ = "log_root"

    sale_id: Mapped[int] = mapped_column(
        ForeignKey("sale_head.sale_id"), primary_key=True, autoincrement=False
    )
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(HASH_BYTES))


class SealedEntry(Model):
    """One leaf of the sealed log; without salt and line it is erased, and still counted (PI-8)."""

    __tablename__ = "sealed_entry"

    sale_id: Mapped[int] = mapped_column(
        ForeignKey("sale_head.sale_id"), primary_key=True, autoincrement=False
    )
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str | None] = mapped_column(String(8))
    leaf: Mapped[bytes] = mapped_column(LargeBinary(HASH_BYTES))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(HASH_BYTES))
    line: Mapped[str | None] = mapped_column(Encrypted("sealed_entry.line"))


append_only(LogEntry.__table__)
append_only(LogRoot.__table__)
append_only(SealedEntry.__table__, but=("salt", "line"))
