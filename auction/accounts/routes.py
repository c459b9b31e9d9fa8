"""Sign in and out, register, and look after one's own account."""

from __future__ import annotations

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.accounts import services
from auction.accounts.forms import LoginForm, PasswordForm, ProfileForm, RegisterForm
from auction.accounts.models import IdentityKind, User
from auction.accounts.nav import home_of
from auction.accounts.passwords import check_new_password, hash_password, verify_password
from auction.accounts.queries import refused_sign_ins_of, sessions_of
from auction.accounts.rules import mask_number
from auction.accounts.sessions import TOKEN, current_session
from auction.core.access import PUBLIC, SIGNED_IN, permission
from auction.core.clock import Clock
from auction.core.db import transaction
from auction.core.errors import DomainError, Forbidden
from auction.core.i18n import current_lang, gettext
from auction.core.ratelimit import client_address, limiter, nameless
from auction.core.web import remember_lang, safe_next

bp = Blueprint("accounts", __name__)


def clock() -> Clock:
    """The application's clock, read here at the edge only."""
    found: Clock = current_app.extensions["luochui.clock"]
    return found


def _account_and_address() -> str:
    mail = request.form.get("email", "")[:254].strip().lower()
    return nameless(f"{mail}|{client_address()}")


# ── sign in and out ─────────────────────────────────────────────────────────────────────────────


@bp.route("/login", methods=["GET", "POST"])
@limiter.limit("300 per minute", methods=["POST"])
@limiter.limit("60 per minute", methods=["POST"], key_func=_account_and_address)
@limiter.limit(
    "10 per 5 minutes",
    methods=["POST"],
    key_func=_account_and_address,
    deduct_when=lambda response: response.status_code == 422,
)
@permission(PUBLIC)
def login() -> ResponseReturnValue:
    """Prove who one is by mail address and password; every refusal reads the same (6.3.8)."""
    target = safe_next(request.values.get("next"))
    form = LoginForm()
    if request.method != "POST":
        if current_user.is_authenticated:
            return redirect(target or home_of(current_user))
        return render_template("auction/accounts/login.html", form=form, next=target)
    if form.validate():
        user = services.authenticate(form.email.data, form.password.data)
        if user is not None:
            return _start_session(user, form.password.data, target)
        with transaction():
            services.note_failed_sign_in(form.email.data, now=clock().now(), ip=client_address())
        form.form_errors.append(gettext("邮箱或密码不正确，请检查后重新填写。"))
    return render_template("auction/accounts/login.html", form=form, next=target), 422


def _start_session(user: User, password: str, target: str | None) -> ResponseReturnValue:
    """Open a session under a new token; nothing of the cookie from before survives (7.2.4)."""
    renewed = services.renewed_hash(user, password)
    user_id = user.id
    goal = target or home_of(user)
    with transaction():
        token = services.sign_in(
            user_id,
            now=clock().now(),
            ip=client_address(),
            agent=request.user_agent.string,
            password_hash=renewed,
        )
    session.clear()
    session[TOKEN] = token
    answer = make_response(redirect(goal))
    # What was read while signing in is what sockets and mails go on speaking.
    remember_lang(answer, current_lang())
    return answer


@bp.route("/logout", methods=["POST"])
@permission(PUBLIC)
def logout() -> ResponseReturnValue:
    """End this session: its cookie is dead even where a copy of it survives."""
    row = current_session() if current_user.is_authenticated else None
    if row is not None:
        user_id, session_id = row.user_id, row.id
        with transaction():
            services.close_session(user_id, session_id, now=clock().now())
    session.clear()
    return redirect("/")


# ── register ────────────────────────────────────────────────────────────────────────────────────


@bp.route("/register", methods=["GET", "POST"])
@limiter.limit("120 per hour", methods=["POST"])
@permission(PUBLIC)
def register() -> ResponseReturnValue:
    """Open an account with a real name (CN16-17.2); what is collected and why stands beside it."""
    if current_user.is_authenticated:
        return redirect(home_of(current_user))
    target = safe_next(request.values.get("next"))
    form = RegisterForm()
    if request.method != "POST":
        form.lang.data = current_lang()
    elif form.validate():
        try:
            user_id = _open_account(form)
        except DomainError as error:
            form.refuse(error)
        else:
            flash(gettext("账号已开立，请登录。"), "confirmed")
            current_app.logger.info("account opened: %s", user_id)
            return redirect(url_for("accounts.login", next=target))
    status = 422 if request.method == "POST" else 200
    return render_template("auction/accounts/register.html", form=form, next=target), status


def _open_account(form: RegisterForm) -> int:
    check_new_password(form.password.data, form.email.data, form.display_name.data)
    password_hash = hash_password(form.password.data)
    with transaction():
        user = services.register_bidder(
            email=form.email.data,
            password_hash=password_hash,
            display_name=form.display_name.data,
            lang=form.lang.data,
            identity=services.NewIdentity(
                kind=IdentityKind(form.kind.data),
                full_name=form.full_name.data,
                id_number=form.id_number.data,
                phone=form.phone.data,
                representative=form.representative.data,
            ),
            now=clock().now(),
        )
    return user.id


# ── one's own account ───────────────────────────────────────────────────────────────────────────


@bp.route("/account")
@permission(SIGNED_IN)
def account() -> ResponseReturnValue:
    """The person's own settings, sessions and sign-in history."""
    return _account_page()


def _account_page(
    profile: ProfileForm | None = None, password: PasswordForm | None = None
) -> ResponseReturnValue:
    row = current_session()
    page = render_template(
        "auction/accounts/account.html",
        profile=profile or ProfileForm(formdata=None, obj=current_user),
        password=password or PasswordForm(formdata=None),
        identity=current_user.identity,
        mask=mask_number,
        sessions=sessions_of(current_user.id, clock().now()),
        refused=refused_sign_ins_of(current_user.id),
        this_session=row.id if row else None,
    )
    return page, 422 if profile or password else 200


@bp.route("/account/profile", methods=["POST"])
@permission(SIGNED_IN)
def save_profile() -> ResponseReturnValue:
    """Change name and language."""
    form = ProfileForm()
    if not form.validate():
        return _account_page(profile=form)
    user_id = current_user.id
    with transaction():
        services.change_profile(
            user_id, display_name=form.display_name.data, lang=form.lang.data, now=clock().now()
        )
    flash(gettext("已保存。"), "confirmed")
    answer = make_response(redirect(url_for("accounts.account")))
    remember_lang(answer, form.lang.data)
    return answer


@bp.route("/account/password", methods=["POST"])
@limiter.limit("10 per 5 minutes", key_func=lambda: f"user|{current_user.get_id()}")
@permission(SIGNED_IN)
def save_password() -> ResponseReturnValue:
    """Change the password; all other sessions end (7.4.3)."""
    form = PasswordForm()
    if not form.validate():
        return _account_page(password=form)
    try:
        if not verify_password(current_user.password_hash, form.old_password.data):
            raise Forbidden("wrong-password", gettext("现在的密码不正确。"), field="old_password")
        check_new_password(form.password.data, current_user.email, current_user.display_name)
    except DomainError as error:
        form.refuse(error)
        return _account_page(password=form)
    password_hash = hash_password(form.password.data)
    row, user_id = current_session(), current_user.id
    with transaction():
        services.change_password(
            user_id,
            password_hash=password_hash,
            session_id=row.id if row else None,
            now=clock().now(),
        )
    flash(gettext("密码已更改，其他设备上的登录已经结束。"), "confirmed")
    return redirect(url_for("accounts.account"))


@bp.route("/account/sessions/<int:session_id>/end", methods=["POST"])
@permission(SIGNED_IN)
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions, on whatever device it is."""
    user_id = current_user.id
    with transaction():
        services.close_session(user_id, session_id, now=clock().now())
    flash(gettext("这次登录已经结束。"), "confirmed")
    return redirect(url_for("accounts.account"))
