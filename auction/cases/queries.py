"""Cases as a member of the court may see them."""

from __future__ import annotations

from sqlalchemy import Select, func, select

from auction.accounts.models import User
from auction.assets.models import Asset
from auction.cases.models import EnforcementCase
from auction.core.audit import AuditEntry, is_unsealed
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l


def visible_cases(user: User) -> Select[EnforcementCase]:
    """All cases of the person's own court."""
    return select(EnforcementCase).where(EnforcementCase.court_id == user.court_id)


def find_case(user: User, case_id: int, *, lock: bool = False) -> EnforcementCase:
    """One case of the person's court, locked and re-read if asked; raises NotFound."""
    query = visible_cases(user).where(EnforcementCase.id == case_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    case = db.session.scalar(query)
    if case is None:
        raise NotFound("no-such-case", _l("没有找到这个案件。"))
    return case


def list_cases(
    user: User, *, text: str = "", page: int = 1, per_page: int = 30
) -> tuple[list[EnforcementCase], int]:
    """One page of the court's cases, newest first, and how many there are in all."""
    query = visible_cases(user)
    if text:
        pattern = f"%{text.replace('%', '').replace('_', '')}%"
        query = query.where(
            EnforcementCase.number.like(pattern) | EnforcementCase.title.like(pattern)
        )
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = query.order_by(EnforcementCase.id.desc()).limit(per_page).offset((page - 1) * per_page)
    return list(db.session.scalars(rows)), total


def assets_of(case: EnforcementCase) -> list[Asset]:
    """The assets seized in the case."""
    return list(
        db.session.scalars(select(Asset).where(Asset.case_id == case.id).order_by(Asset.id))
    )


def history_of(case: EnforcementCase, limit: int = 60) -> list[AuditEntry]:
    """What was done in the case, newest first; deposits of a running sale are not in it."""
    query = (
        select(AuditEntry)
        .where(
            is_unsealed(),
            (AuditEntry.case_id == case.id)
            | (
                (AuditEntry.subject_type == "enforcement_case") & (AuditEntry.subject_id == case.id)
            ),
        )
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))
