"""Incidents: when the platform could not be trusted to decide, since when, and what it did then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.audit import record
from auction.core.db import BigId, Model, UtcDateTime, append_only, db, state_column
from auction.core.i18n import lazy_gettext as _l
from auction.core.log import get_logger
from bidding.room.answers import Answer
from bidding.room.requests import Kind, Waiting

log = get_logger()


class IncidentKind(StrEnum):
    """What went wrong."""

    CLOCK = "clock"
    OUTAGE = "outage"


GROUNDS = {
    IncidentKind.CLOCK: "平台时钟存疑，无法确认出价时间，依照规定暂停拍卖",
    IncidentKind.OUTAGE: "平台故障，暂时无法受理出价，依照规定暂停拍卖",
}
"""The public ground of a suspension by the platform itself (CN16-28.2, CN16-28.3)."""

_SHOWN_GROUNDS = {
    GROUNDS[IncidentKind.CLOCK]: _l("平台时钟存疑，无法确认出价时间，依照规定暂停拍卖"),
    GROUNDS[IncidentKind.OUTAGE]: _l("平台故障，暂时无法受理出价，依照规定暂停拍卖"),
}


class Incident(Model):
    """One fault that the law asks to be known (CN16-8.3, CN16-31.2).

    With a sale it is public and stands beside the suspension it led to; without one it is about a
    machine (`source`), and for the operator.
    """

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_open", "kind", "source", "ended_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[IncidentKind] = mapped_column(state_column(IncidentKind, "incident_kind"))
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"), index=True)
    source: Mapped[str] = mapped_column(String(100))
    ground: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    noticed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(Incident.__table__, but=("ended_at",))


@dataclass(frozen=True, slots=True)
class Halt:
    """The platform's own suspension of a sale: what for, since when, and the stamp it gets.

    `at` is a time that can be trusted: the database's where our clock is in doubt, the moment since
    which nothing was decided where the database was away.
    """

    kind: IncidentKind
    source: str
    began_at: datetime
    at: datetime

    @property
    def ground(self) -> str:
        """The ground everybody reads."""
        return GROUNDS[self.kind]

    def as_waiting(self) -> Waiting:
        """The suspension as an item of the sale's queue; nobody waits for its answer."""
        return Waiting(
            Kind.SUSPEND, self.at, reply=_to_nobody, ground=self.ground, only_while_open=True
        )


def _to_nobody(_answer: Answer) -> None:
    """A suspension by the platform itself is heard from the sale's state."""


def note_incident(
    halt: Halt, sale_id: int | None, noticed_at: datetime, *, is_over: bool
) -> Incident:
    """Write the incident down, in the open transaction, and raise the alarm."""
    incident = Incident(
        kind=halt.kind,
        sale_id=sale_id,
        source=halt.source,
        ground=halt.ground,
        began_at=halt.began_at,
        noticed_at=max(noticed_at, halt.began_at),
        ended_at=max(noticed_at, halt.began_at) if is_over else None,
    )
    db.session.add(incident)
    record(
        "note-incident",
        incident,
        actor_id=None,
        at=noticed_at,
        detail={"kind": str(halt.kind), "sale": sale_id},
    )
    log.critical("incident", kind=str(halt.kind), sale=sale_id, source=halt.source)
    return incident


def end_incidents(kind: IncidentKind, source: str, now: datetime) -> int:
    """What this machine reported is over; how many were open. Resuming stays the court's act."""
    still_open = db.session.scalars(
        select(Incident)
        .where(Incident.kind == kind, Incident.source == source, Incident.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for incident in still_open:
        incident.ended_at = max(now, incident.began_at)
        record("end-incident", incident, actor_id=None, at=now, detail={"kind": str(kind)})
    return len(still_open)


def list_incidents(sale_ids: Iterable[int]) -> list[Incident]:
    """The incidents of these sales, the newest first."""
    return list(
        db.session.scalars(
            select(Incident)
            .where(Incident.sale_id.in_(list(sale_ids)))
            .order_by(Incident.noticed_at.desc(), Incident.id.desc())
        )
    )


def list_machine_incidents(limit: int = 20) -> list[Incident]:
    """What machines reported of themselves, the newest first."""
    return list(
        db.session.scalars(
            select(Incident)
            .where(Incident.sale_id.is_(None))
            .order_by(Incident.noticed_at.desc(), Incident.id.desc())
            .limit(limit)
        )
    )


def show_ground(ground: str | None) -> str | None:
    """A ground in the reader's language where it is the platform's own, else as the court wrote."""
    return None if ground is None else str(_SHOWN_GROUNDS.get(ground, ground))
