"""What the pages of accounts and audit show, as plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from auction.accounts.models import User, UserRole, UserSession
from auction.accounts.roles import Role
from auction.cases.models import EnforcementCase
from auction.core.audit import AuditEntry, is_unsealed
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court

PER_PAGE = 50


def sessions_of(user_id: int, now: datetime, *, limit: int = 50) -> list[dict[str, Any]]:
    """The person's sign-ins, newest first, each with whether it still is open."""
    rows = db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.created_at.desc(), UserSession.id.desc())
        .limit(limit)
    )
    return [
        {
            "id": row.id,
            "created_at": row.created_at,
            "ended_at": row.ended_at,
            "expires_at": row.expires_at,
            "ip": row.ip,
            "agent": row.agent,
            "is_open": row.ended_at is None and row.expires_at > now,
        }
        for row in rows
    ]


def refused_sign_ins_of(user_id: int, *, limit: int = 20) -> list[dict[str, Any]]:
    """When and from where signing in to this account was refused."""
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.detail)
        .where(
            AuditEntry.subject_type == "user",
            AuditEntry.subject_id == user_id,
            AuditEntry.action == "refuse-sign-in",
        )
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [{"at": at, "ip": detail.get("ip", "")} for at, detail in rows]


def staff_accounts(
    page: int, *, court_id: int | None, text: str = ""
) -> tuple[list[tuple[User, str | None]], int]:
    """Accounts of staff with the court's name, and how many there are in all.

    With `court_id`, of that court alone: administrators of a court see no other (A4).
    """
    wanted = select(User, Court.name).outerjoin(Court, Court.id == User.court_id)
    wanted = wanted.where(_is_staff())
    if court_id is not None:
        wanted = wanted.where(User.court_id == court_id)
    if text:
        pattern = f"%{_escaped(text)}%"
        wanted = wanted.where(
            or_(
                User.email.ilike(pattern, escape="\\"),
                User.display_name.ilike(pattern, escape="\\"),
            )
        )
    rows, total = _page(wanted.order_by(User.is_active.desc(), User.email), page)
    return [(row[0], row[1]) for row in rows], total


def staff_account(user_id: int, *, court_id: int | None) -> User:
    """An account of staff under an administrator of `court_id` (None: of all courts)."""
    wanted = select(User).where(User.id == user_id, _is_staff())
    if court_id is not None:
        wanted = wanted.where(User.court_id == court_id)
    user = db.session.scalar(wanted)
    if user is None:
        raise NotFound("no-account", _l("没有这个账号。"))
    return user


def _is_staff() -> ColumnElement[bool]:
    return User.id.not_in(select(UserRole.user_id).where(UserRole.role == Role.BIDDER))


def courts(court_id: int | None = None) -> list[tuple[int, str]]:
    """Courts of this installation, or the one named."""
    wanted = select(Court.id, Court.name).order_by(Court.name)
    if court_id is not None:
        wanted = wanted.where(Court.id == court_id)
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


def audit_trail(
    page: int,
    *,
    court_id: int | None,
    action: str = "",
    subject_type: str = "",
    subject_id: int | None = None,
    actor: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[Sequence[Row[Any]], int]:
    """Entries of the audit trail, newest first, with the actor's mail, and their number.

    With `court_id`, neither the cases nor the staff of other courts are in it (A4). What would
    tell who takes part in a running sale is in it from the sale's end on (CN16-18.3).
    """
    tests = [
        is_unsealed(),
        AuditEntry.action == action if action else None,
        AuditEntry.subject_type == subject_type if subject_type else None,
        AuditEntry.subject_id == subject_id if subject_id is not None else None,
        User.email == actor.lower() if actor else None,
        AuditEntry.at >= since if since else None,
        AuditEntry.at < until if until else None,
        _of_court(court_id) if court_id is not None else None,
    ]
    wanted = (
        select(AuditEntry, User.email)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(and_(True, *[test for test in tests if test is not None]))
        .order_by(AuditEntry.id.desc())
    )
    return _page(wanted, page)


def _of_court(court_id: int) -> ColumnElement[bool]:
    cases = select(EnforcementCase.id).where(EnforcementCase.court_id == court_id)
    return or_(
        AuditEntry.case_id.in_(cases),
        and_(
            AuditEntry.case_id.is_(None),
            or_(User.id.is_(None), User.court_id.is_(None), User.court_id == court_id),
        ),
    )


def audit_words() -> tuple[list[str], list[str]]:
    """Actions and kinds of subject that occur, for the filter."""
    actions = db.session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action))
    kinds = db.session.scalars(
        select(AuditEntry.subject_type).distinct().order_by(AuditEntry.subject_type)
    )
    return list(actions), list(kinds)


def _page(wanted: Any, page: int) -> tuple[Sequence[Any], int]:
    total = db.session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery()))
    rows = db.session.execute(wanted.offset((page - 1) * PER_PAGE).limit(PER_PAGE)).all()
    return rows, total or 0


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
