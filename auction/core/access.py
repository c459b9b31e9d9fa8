"""Every route names its permission; what names none is refused. Object rights come from queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.errors import DomainError, Forbidden
from auction.core.i18n import lazy_gettext as _l

PUBLIC = "public"
SIGNED_IN = "signed-in"
# Called by a machine that proves itself in another way (a signature), never by a browser session.
SIGNED_CALL = "signed-call"

View = TypeVar("View", bound=Callable[..., Any])


def permission(name: str) -> Callable[[View], View]:
    """Name the permission a view asks for; the innermost decorator, right above the function."""

    def mark(view: View) -> View:
        view.permission = name  # type: ignore[attr-defined]  # read by `enforce` and the tests
        return view

    return mark


def allows_upload(limit: int) -> Callable[[View], View]:
    """Let a view take a body of `limit` bytes instead of the usual one megabyte (P-18)."""

    def mark(view: View) -> View:
        view.upload_limit = limit  # type: ignore[attr-defined]  # read in core.web
        return view

    return mark


def permission_of(app: Flask, endpoint: str | None) -> str | None:
    """The permission an endpoint named, or None if it named none."""
    if endpoint is None:
        return None
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    return getattr(app.view_functions[endpoint], "permission", None)


def enforce() -> ResponseReturnValue | None:
    """Refuse the request unless its endpoint named a permission that this person has.

    OPTIONS is answered by the framework itself and shows nothing but the allowed methods.
    """
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    needed = permission_of(current_app, request.endpoint)
    if needed in (PUBLIC, SIGNED_CALL):
        return None
    if needed is None:
        raise Forbidden("no-permission-named", _l("此页面未登记访问权限。"))
    if not current_user.is_authenticated:
        if request.path.startswith("/api/"):
            raise DomainError("not-signed-in", _l("请先登录。"), status=401)
        target = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
        return redirect(url_for("accounts.login", next=target))
    if needed != SIGNED_IN and not current_user.can(needed):
        raise Forbidden("forbidden", _l("您的身份不能进行此操作。"))
    return None
