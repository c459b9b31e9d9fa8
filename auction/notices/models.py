"""Tables of notices, announcements and published documents."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.assets.models import StoredFile
from auction.cases.models import Party
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class NoticeOutcome(StrEnum):
    """How a person was told, or why they need not be (CN16-16)."""

    CONFIRMED = "confirmed"  # receipt confirmed
    WAIVED = "waived"  # waived clearly in writing (CN16-16.2)
    POSTED = "posted"  # could not be told; posted on the platform, deemed after 5 days (16.3)


class PartyNotice(Model):
    """That one party was notified of one sale, by which channel and with what proof."""

    __tablename__ = "party_notice"
    __table_args__ = (UniqueConstraint("sale_id", "party_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    outcome: Mapped[NoticeOutcome] = mapped_column(
        state_column(NoticeOutcome, "party_notice_outcome")
    )
    channel: Mapped[str] = mapped_column(String(60))
    on_date: Mapped[date] = mapped_column(Date)
    proof: Mapped[str] = mapped_column(String(300))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    party: Mapped[Party] = relationship(lazy="joined")


class Announcement(Model):
    """What was published, whole, at one moment; never changed afterwards (CN16-13.1)."""

    __tablename__ = "announcement"
    __table_args__ = (UniqueConstraint("sale_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    # The 11 item groups of CN16-13 and the seven notices of CN16-14, as shown: {"items": [...], …}
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("panel_decision.id"))
    published_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(Announcement.__table__)


class DocumentKind(StrEnum):
    """Papers the platform makes or keeps."""

    ANNOUNCEMENT = "announcement"
    CONFIRMATION = "confirmation"
    RULING = "ruling"
    PLAN = "plan"


class Document(Model):
    """A paper with its number, content and file; public from `published_at`."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    court_id: Mapped[int] = mapped_column(ForeignKey("court.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(state_column(DocumentKind, "document_kind"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    # What the paper says, as data; the page and the PDF are both drawn from it.
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    file: Mapped[StoredFile | None] = relationship(lazy="joined")

    @property
    def printed_sha256(self) -> str:
        """The hash people compare: an announcement's own, so that page and PDF show one number."""
        return str(self.content.get("facts", {}).get("sha256", self.sha256))


append_only(Document.__table__, but=("file_id", "published_at"))
