"""What a bidder declares before taking part, and which answers end the enrolment; refused first.

A conflict of interest (CN16-34.1), a missing qualification (CN21H-1.1) and an agent the court has
not confirmed (CN16-14.1) are grounds of refusal; nothing else is, the debtor may bid (CN20A-12.2).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.assets.models import Asset
from auction.core.audit import AuditEntry, record
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment

CONFLICT = "conflict"
QUALIFIED = "qualified"
CAPACITY = "capacity"


def needs_qualification(sale: Sale, asset: Asset) -> bool:
    """Whether the announcement asks for a qualification of the buyer (CN21H-2.1)."""
    limit = str(asset.facts.get("purchase_limit", "")).strip()
    return bool(sale.qualification.strip()) or limit not in {"", "无", "不限购"}


def check_declarations(answers: dict[str, str]) -> None:
    """Refuse whoever says that they may not buy; the error names the question and the article."""
    if answers[CONFLICT] == "yes":
        raise DomainError(
            "conflict-of-interest",
            _l(
                "依照规定，负责执行的法院、网络平台、辅助机构及其工作人员和近亲属不得竞买（CN16-34.1）。"
            ),
            field=CONFLICT,
        )
    if answers.get(QUALIFIED) == "no":
        raise DomainError(
            "not-qualified",
            _l("不具备公告要求的竞买资格的，法院不予准许参加竞买（CN21H-1.1）。"),
            field=QUALIFIED,
        )
    if answers[CAPACITY] == "agent":
        raise DomainError(
            "agent-unconfirmed",
            _l("代他人竞买的，应当在竞价开始前经法院确认，请先与法院联系（CN16-14.1）。"),
            field=CAPACITY,
        )


def record_declarations(enrolment_id: int, answers: dict[str, str], at: datetime) -> Enrolment:
    """Keep what was declared, when; a later declaration takes the place of the one before."""
    enrolment = db.session.get(
        Enrolment, enrolment_id, with_for_update=True, populate_existing=True
    )
    if enrolment is None:
        raise LookupError("declared without an enrolment")
    declared: dict[str, Any] = {**answers, "at": at.isoformat(timespec="milliseconds")}
    enrolment.declarations = declared
    record(
        "declare", enrolment, actor_id=enrolment.user_id, at=at, detail={"answers": dict(answers)}
    )
    return enrolment


def ground_of_bar(enrolment: Enrolment) -> str:
    """The ground on which the court barred this bidder, as recorded; empty where none was given."""
    entry = db.session.scalar(
        select(AuditEntry)
        .where(
            AuditEntry.action == "bar-enrolment",
            AuditEntry.subject_type == Enrolment.__tablename__,
            AuditEntry.subject_id == enrolment.id,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return str(entry.detail.get("ground", "")) if entry else ""
