"""The consoles of the three administrations: accounts, roles, audit (8.1.5)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.accounts import queries, services
from auction.accounts.forms import ROLE_NAMES, AuditFilterForm, RoleForm, StaffForm
from auction.accounts.passwords import check_new_password, hash_password
from auction.accounts.roles import Role
from auction.accounts.routes import clock
from auction.core.access import permission
from auction.core.clock import BEIJING
from auction.core.db import transaction
from auction.core.errors import DomainError
from auction.core.i18n import gettext
from auction.core.paths import page_asked_for

bp = Blueprint("admin", __name__)


def _pages(total: int) -> int:
    return max(-(-total // queries.PER_PAGE), 1)


# ── accounts: the system administrator ──────────────────────────────────────────────────────────


@bp.route("/admin/accounts")
@permission("account.manage")
def accounts() -> ResponseReturnValue:
    """Accounts of the staff."""
    return _accounts_page(_staff_form(formdata=None))


def _staff_form(**more: Any) -> StaffForm:
    form = StaffForm(**more)
    every = [] if current_user.court_id else [("", gettext("不属于任何法院"))]
    found = queries.courts(current_user.court_id)
    form.court_id.offer([*every, *found])
    return form


def _accounts_page(form: StaffForm) -> ResponseReturnValue:
    page, text = page_asked_for(), request.args.get("q", "")[:100]
    rows, total = queries.staff_accounts(page, court_id=current_user.court_id, text=text)
    shown = render_template(
        "auction/accounts/admin_accounts.html",
        form=form,
        rows=rows,
        role_names=ROLE_NAMES,
        q=text,
        total=total,
        page=page,
        pages=_pages(total),
    )
    return shown, 422 if form.errors else 200


@bp.route("/admin/accounts", methods=["POST"])
@permission("account.manage")
def create_account() -> ResponseReturnValue:
    """Open an account of staff; it has no rights until the security administrator gives some."""
    form = _staff_form()
    if not form.validate():
        return _accounts_page(form)
    try:
        check_new_password(form.password.data, form.email.data, form.display_name.data)
        password_hash, actor_id = hash_password(form.password.data), current_user.id
        with transaction():
            services.create_staff(
                email=form.email.data,
                password_hash=password_hash,
                display_name=form.display_name.data,
                roles=(),
                court_id=int(form.court_id.data) if form.court_id.data else None,
                actor_id=actor_id,
                now=clock().now(),
            )
    except DomainError as error:
        form.refuse(error)
        return _accounts_page(form)
    flash(gettext("账号已开立。请由安全管理员授予角色。"), "confirmed")
    return redirect(url_for("admin.accounts"))


@bp.route("/admin/accounts/<int:user_id>/deactivate", methods=["POST"])
@permission("account.manage")
def deactivate(user_id: int) -> ResponseReturnValue:
    """Close an account; its sessions end at once (7.4.2)."""
    queries.staff_account(user_id, court_id=current_user.court_id)
    actor_id = current_user.id
    with transaction():
        services.deactivate_account(user_id, actor_id=actor_id, now=clock().now())
    flash(gettext("账号已停用，其全部登录已经结束。"), "confirmed")
    return redirect(url_for("admin.accounts"))


# ── roles: the security administrator ───────────────────────────────────────────────────────────


@bp.route("/admin/roles")
@permission("role.manage")
def roles() -> ResponseReturnValue:
    """Who holds which role."""
    page, text = page_asked_for(), request.args.get("q", "")[:100]
    rows, total = queries.staff_accounts(page, court_id=current_user.court_id, text=text)
    return render_template(
        "auction/accounts/admin_roles.html",
        rows=rows,
        form=RoleForm(formdata=None),
        role_names=ROLE_NAMES,
        q=text,
        total=total,
        page=page,
        pages=_pages(total),
    )


@bp.route("/admin/roles/<int:user_id>/grant", methods=["POST"])
@permission("role.manage")
def grant(user_id: int) -> ResponseReturnValue:
    """Give a role; roles that exclude each other are refused (8.1.4.2)."""
    return _change_role(user_id, services.grant_role, gettext("角色已授予。"))


@bp.route("/admin/roles/<int:user_id>/revoke", methods=["POST"])
@permission("role.manage")
def revoke(user_id: int) -> ResponseReturnValue:
    """Take a role away; it counts from the person's next request."""
    return _change_role(user_id, services.revoke_role, gettext("角色已收回。"))


def _change_role(user_id: int, change: Any, done: str) -> ResponseReturnValue:
    form, actor_id = RoleForm(), current_user.id
    queries.staff_account(user_id, court_id=current_user.court_id)
    if not form.validate():
        raise DomainError("unknown-role", gettext("没有这个角色。"), status=422)
    with transaction():
        change(user_id, Role(form.role.data), actor_id=actor_id, now=clock().now())
    flash(done, "confirmed")
    return redirect(url_for("admin.roles"))


# ── audit: the audit administrator ──────────────────────────────────────────────────────────────


@bp.route("/audit")
@permission("audit.view")
def audit() -> ResponseReturnValue:
    """The audit trail with its filter; nothing in it can be changed (8.1.4.3)."""
    form = AuditFilterForm(formdata=request.args, meta={"csrf": False})  # it only reads
    chosen = {name: request.args[name] for name in form.data if request.args.get(name)}
    page = page_asked_for()
    is_clear = form.validate()
    found: dict[str, Any] = {"court_id": current_user.court_id}
    if is_clear:
        found |= {
            "action": form.action.data,
            "subject_type": form.subject.data,
            "subject_id": form.number.data,
            "actor": form.actor.data,
            "since": _day_start(form.since.data),
            "until": _day_start(form.until.data, days=1),
        }
    rows, total = queries.audit_trail(page, **found) if is_clear else ([], 0)
    actions, kinds = queries.audit_words()
    shown = render_template(
        "auction/accounts/audit.html",
        form=form,
        rows=rows,
        actions=actions,
        kinds=kinds,
        total=total,
        page=page,
        pages=_pages(total),
        href=lambda number: url_for("admin.audit", **{**chosen, "page": number}),
    )
    return shown, 200 if is_clear else 422


def _day_start(day: Any, *, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), BEIJING) + timedelta(days=days)
