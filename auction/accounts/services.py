"""Open, change and close accounts; sign in and out. Hashing happens before the transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auction.accounts.models import Identity, IdentityKind, User, UserRole, UserSession
from auction.accounts.passwords import hash_password, is_outdated, verify_password
from auction.accounts.roles import Role, conflicting_roles
from auction.accounts.rules import (
    check_capacity,
    read_company_code,
    read_phone,
    read_resident_id,
)
from auction.accounts.sessions import (
    Visitor,
    end_sessions,
    open_session,
    resolve_cookie,
    session_user,
)
from auction.core.audit import record
from auction.core.clock import beijing
from auction.core.crypto import lookup_hash
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court

__all__ = [
    "COURT_ROLES",
    "STAFF_ROLES",
    "NewIdentity",
    "Visitor",
    "authenticate",
    "change_password",
    "change_profile",
    "close_session",
    "create_staff",
    "deactivate_account",
    "find_user",
    "grant_role",
    "me_parts",
    "note_failed_sign_in",
    "register_bidder",
    "register_me_part",
    "renewed_hash",
    "resolve_cookie",
    "revoke_role",
    "session_user",
    "sign_in",
]

# These work for one court and see only its rows.
COURT_ROLES = frozenset({Role.CLERK, Role.JUDGE, Role.FINANCE})
# Version of the text that says what is collected and why (PI-2, PIPL 17).
PRIVACY_NOTICE = "2026-11"
STAFF_ROLES = tuple(role for role in Role if role is not Role.BIDDER)


@dataclass(frozen=True)
class NewIdentity:
    """Who wants to bid, as typed; read and checked by `register_bidder`."""

    kind: IdentityKind
    full_name: str
    id_number: str
    phone: str
    representative: str = ""


class _Nobody:
    """Stands for the account that a guessed address does not have."""

    __tablename__ = "user"
    id = None


# ── the public ──────────────────────────────────────────────────────────────────────────────────


def register_bidder(
    *,
    email: str,
    password_hash: str,
    display_name: str,
    lang: str,
    identity: NewIdentity,
    now: datetime,
) -> User:
    """Open a bidder's account with its sealed identity, or refuse by rule (CN16-17.2, QUAL-1).

    What is verified here is that the number can exist and its holder is of age; that the holder is
    the one who bids shows in the real-name deposit. Whether an address or an identity is taken is
    answered by one sentence that tells neither which nor whose.
    """
    number = _read_number(identity, now)
    user = User(
        email=email,
        password_hash=password_hash,
        display_name=display_name,
        lang=lang,
        is_active=True,
        created_at=now,
    )
    user.role_rows = [UserRole(role=Role.BIDDER)]
    user.identity = Identity(
        kind=identity.kind,
        full_name=identity.full_name,
        id_number=number,
        id_number_hash=lookup_hash(number, "id_number"),
        phone=read_phone(identity.phone),
        representative=identity.representative or None,
        verified_at=now,
    )
    _add_account(user)
    record(
        "register",
        user,
        actor_id=user.id,
        at=now,
        detail={"kind": str(identity.kind), "notice": PRIVACY_NOTICE},
    )
    return user


def _read_number(identity: NewIdentity, now: datetime) -> str:
    if identity.kind is IdentityKind.PERSON:
        person = read_resident_id(identity.id_number)
        check_capacity(person, beijing(now).date())
        return person.number
    if not identity.representative:
        raise Invalid(
            "no-representative", _l("请填写法定代表人或负责人的姓名。"), field="representative"
        )
    return read_company_code(identity.id_number)


def _add_account(user: User) -> None:
    try:
        db.session.add(user)
        db.session.flush()
    except IntegrityError:
        raise DomainError(
            "already-registered",
            _l(
                "用这个邮箱或这份证件不能再开立账号。如果您已有账号，请直接登录；如果认为有误，"
                "请联系法院。"
            ),
        ) from None


def change_profile(user_id: int, *, display_name: str, lang: str, now: datetime) -> None:
    """Change how a person is addressed and in which language."""
    user = _lock_user(user_id)
    user.display_name = display_name
    user.lang = lang
    record("change-profile", user, actor_id=user_id, at=now)


def change_password(
    user_id: int, *, password_hash: str, session_id: int | None, now: datetime
) -> None:
    """Set a new password; every other session of the account ends with it (7.4.3)."""
    user = _lock_user(user_id)
    user.password_hash = password_hash
    ended = end_sessions(user_id, now=now, but=session_id)
    record("change-password", user, actor_id=user_id, at=now, detail={"sessions_ended": ended})


# ── signing in ──────────────────────────────────────────────────────────────────────────────────


def authenticate(email: str, password: str) -> User | None:
    """The active person with this address and password; nothing tells why there is none (6.3.8).

    Reads only, and is slow on purpose: call it outside any transaction.
    """
    user = find_user(email)
    fits = verify_password(user.password_hash if user else None, password)
    return user if user is not None and fits and user.is_active else None


def find_user(email: str) -> User | None:
    """The account with this mail address, however its letters are written."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def note_failed_sign_in(email: str, *, now: datetime, ip: str) -> None:
    """Write down a refused sign-in, with the account if there is one (16.3.1)."""
    user = find_user(email)
    record(
        "refuse-sign-in",
        user or _Nobody(),
        actor_id=user.id if user else None,
        at=now,
        detail={"ip": ip},
    )


def sign_in(
    user_id: int, *, now: datetime, ip: str, agent: str, password_hash: str | None = None
) -> str:
    """Open a session and return its token; `password_hash` replaces an outdated one."""
    user = _lock_user(user_id)
    if not user.is_active:
        raise Forbidden("account-closed", _l("此账号已停用，请联系法院。"))
    if password_hash is not None:
        user.password_hash = password_hash
    token = open_session(user, now=now, ip=ip, agent=agent)
    record("sign-in", user, actor_id=user.id, at=now, detail={"ip": ip})
    return token


def renewed_hash(user: User, password: str) -> str | None:
    """A hash with today's parameters if the stored one is older, else None."""
    return hash_password(password) if is_outdated(user.password_hash) else None


def close_session(user_id: int, session_id: int, *, now: datetime) -> None:
    """End one of the person's own sessions; its cookie is dead from then on (7.4.1)."""
    row = db.session.scalar(
        select(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound("no-session", _l("没有这次登录，或已经结束。"))
    if row.ended_at is None:
        row.ended_at = now
        record("sign-out", row, actor_id=user_id, at=now)


# ── staff ───────────────────────────────────────────────────────────────────────────────────────


def create_staff(
    *,
    email: str,
    password_hash: str,
    display_name: str,
    roles: Iterable[Role],
    court_id: int | None,
    actor_id: int | None,
    now: datetime,
    lang: str = "zh",
) -> User:
    """Open an account of a court's staff, with roles that one person may hold together (8.1.4.2).

    On the pages it begins without any: who opens accounts does not give rights (8.1.5).
    """
    wanted = sorted(set(roles))
    _check_roles(wanted, court_id)
    if court_id is not None and db.session.get(Court, court_id) is None:
        raise Invalid("no-such-court", _l("没有这个法院。"), field="court_id")
    user = User(
        email=email,
        password_hash=password_hash,
        display_name=display_name,
        court_id=court_id,
        lang=lang,
        is_active=True,
        created_at=now,
    )
    user.role_rows = [UserRole(role=role) for role in wanted]
    _add_account(user)
    record("create-account", user, actor_id=actor_id, at=now, detail={"roles": list(wanted)})
    return user


def deactivate_account(user_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Close an account: nobody signs in with it any more and all its sessions end (7.4.2)."""
    user = _lock_user(user_id)
    _refuse_own(user, actor_id)
    if not user.is_active:
        return
    user.is_active = False
    ended = end_sessions(user_id, now=now)
    record("deactivate-account", user, actor_id=actor_id, at=now, detail={"sessions_ended": ended})


def grant_role(user_id: int, role: Role, *, actor_id: int | None, now: datetime) -> None:
    """Give a role, unless the person would then hold roles that exclude each other (A1)."""
    user = _lock_user(user_id)
    _refuse_own(user, actor_id)
    if role in user.roles:
        return
    _check_roles([*user.roles, role], user.court_id)
    user.role_rows.append(UserRole(role=role))
    db.session.flush()
    record("grant-role", user, actor_id=actor_id, at=now, detail={"role": str(role)})


def revoke_role(user_id: int, role: Role, *, actor_id: int | None, now: datetime) -> None:
    """Take a role away; it counts from the person's next request."""
    user = _lock_user(user_id)
    _refuse_own(user, actor_id)
    row = next((r for r in user.role_rows if r.role == role), None)
    if row is None:
        return
    db.session.delete(row)
    db.session.flush()
    db.session.expire(user, ["role_rows"])
    record("revoke-role", user, actor_id=actor_id, at=now, detail={"role": str(role)})


def _check_roles(roles: Iterable[str], court_id: int | None) -> None:
    held = set(roles)
    if conflicting_roles(held):
        raise Invalid(
            "conflicting-roles",
            _l("这些角色不能由同一人担任：系统、安全、审计三员相互独立，也不得兼任办案角色。"),
            field="role",
        )
    if held & COURT_ROLES and court_id is None:
        raise Invalid("no-court", _l("办案角色必须属于一个法院。"), field="court_id")


def _refuse_own(user: User, actor_id: int | None) -> None:
    if actor_id is not None and user.id == actor_id:
        raise Forbidden("own-account", _l("不能更改自己的权限或停用自己的账号。"))


def _lock_user(user_id: int) -> User:
    user = db.session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound("no-account", _l("没有这个账号。"))
    return user


# ── what other packages add to /api/v1/me ───────────────────────────────────────────────────────

MePart = Callable[[User], dict[str, Any]]
_me_parts: list[MePart] = []


def register_me_part(part: MePart) -> MePart:
    """Add keys to the answer of `/api/v1/me`; for packages that build on this one."""
    if part not in _me_parts:
        _me_parts.append(part)
    return part


def me_parts(user: User) -> dict[str, Any]:
    """What all registered parts say about `user`."""
    answer: dict[str, Any] = {}
    for part in _me_parts:
        answer.update(part(user))
    return answer
