"""Tables of people and their sign-ins."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auction.accounts.roles import Role, rights_of
from auction.core.crypto import Encrypted
from auction.core.db import BigId, Model, UtcDateTime, append_only, state_column


class IdentityKind(StrEnum):
    """Who stands behind an account."""

    PERSON = "person"
    COMPANY = "company"


class User(Model):
    """An account: a member of the public, or of a court's staff."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    display_name: Mapped[str] = mapped_column(String(100))
    court_id: Mapped[int | None] = mapped_column(ForeignKey("court.id"), index=True)
    lang: Mapped[str] = mapped_column(String(2), default="zh")
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    role_rows: Mapped[list[UserRole]] = relationship(lazy="selectin")
    identity: Mapped[Identity | None] = relationship(lazy="select", foreign_keys="Identity.user_id")

    is_authenticated = True
    is_anonymous = False

    @property
    def roles(self) -> frozenset[str]:
        """Names of the roles this person holds."""
        return frozenset(str(row.role) for row in self.role_rows)

    def can(self, permission: str) -> bool:
        """Whether one of the person's roles has `permission`."""
        return permission in rights_of(self.roles)

    @property
    def is_staff(self) -> bool:
        """Whether the account belongs to a court rather than to the public."""
        return Role.BIDDER not in self.roles

    def get_id(self) -> str:
        """The id as Flask-Login wants it; who is signed in is decided by the session's row."""
        return str(self.id)


class UserRole(Model):
    """One role of one person."""

    __tablename__ = "user_role"
    __table_args__ = (UniqueConstraint("user_id", "role"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    role: Mapped[Role] = mapped_column(state_column(Role, "user_role_role"))


class UserSession(Model):
    """One sign-in; ending the row ends the session everywhere at once (7.4.1)."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")


class StepUp(Model):
    """That a signed-in person proved again who he is, shortly before a grave act (7.5.3)."""

    __tablename__ = "step_up"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("user_session.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(StepUp.__table__)


class Identity(Model):
    """The real name behind an account (CN16-17.2), sealed; the number is found by keyed hash."""

    __tablename__ = "identity"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), unique=True)
    kind: Mapped[IdentityKind] = mapped_column(state_column(IdentityKind, "identity_kind"))
    full_name: Mapped[str] = mapped_column(Encrypted("identity.full_name"))
    id_number: Mapped[str] = mapped_column(Encrypted("identity.id_number"))
    id_number_hash: Mapped[str] = mapped_column(String(64), unique=True)
    phone: Mapped[str] = mapped_column(Encrypted("identity.phone"))
    representative: Mapped[str | None] = mapped_column(Encrypted("identity.representative"))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
