"""Where each role starts and what it finds in the main navigation."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from auction.accounts.models import User
from auction.accounts.roles import Role
from auction.core.db import db
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court

# The first role a person holds decides where a sign-in leads.
HOMES = (
    (Role.CLERK, "/court"),
    (Role.JUDGE, "/court"),
    (Role.FINANCE, "/finance"),
    (Role.AUDITOR, "/audit"),
    (Role.ADMIN, "/admin/accounts"),
    (Role.SECURITY, "/admin/roles"),
    (Role.BIDDER, "/me"),
)

_EVERYBODY = ((None, "/lots", _l("标的")), (None, "/verify", _l("核验")))
_ROLES = (
    ("bidder.desk", "/me", _l("我的竞买")),
    ("court.view", "/court", _l("工作台")),
    ("sale.control", "/court/control", _l("竞价监控")),
    ("payer.confirm", "/court/payers", _l("付款确认")),
    ("money.view", "/finance", _l("资金")),
    ("audit.view", "/audit", _l("审计")),
    ("account.manage", "/admin/accounts", _l("账号")),
    ("role.manage", "/admin/roles", _l("角色")),
)


def home_of(user: User) -> str:
    """The page a person starts from."""
    return next((path for role, path in HOMES if role in user.roles), "/account")


def nav_entries() -> list[dict[str, Any]]:
    """What the person asking finds in the navigation; pages that do not exist are left out."""
    signed_in = current_user.is_authenticated
    wanted: list[tuple[str, Any]] = [(path, label) for _right, path, label in _EVERYBODY]
    if signed_in:
        wanted += [(path, label) for right, path, label in _ROLES if current_user.can(right)]
        wanted += [("/me/messages", _l("消息")), ("/account", _l("我的账号"))]
    else:
        wanted.append(("/register", _l("注册")))
    entries = [(path, label) for path, label in wanted if _exists(path)]
    here = _nearest([path for path, _label in entries])
    return [{"href": path, "label": str(label), "current": path == here} for path, label in entries]


def _nearest(paths: list[str]) -> str | None:
    """The most specific entry that the page asked for lies under."""
    under = [p for p in paths if request.path == p or request.path.startswith(p + "/")]
    return max(under, key=len, default=None)


def _exists(path: str) -> bool:
    known: dict[str, bool] = current_app.extensions.setdefault("luochui.nav", {})
    if path not in known:
        try:
            current_app.url_map.bind("").match(path)
            known[path] = True
        except HTTPException:
            known[path] = False
    return known[path]


def init_nav(app: Flask) -> None:
    """Give every page its navigation, and staff the name of their court."""

    @app.context_processor
    def _words() -> dict[str, Any]:
        words: dict[str, Any] = {"nav": nav_entries()}
        if current_user.is_authenticated and current_user.court_id is not None:
            court = db.session.get(Court, current_user.court_id)
            if court is not None:
                words["court_name"] = court.name
        return words
