"""Before money leaves or a lot is withdrawn, the person types the password again (7.5.3, A2).

    fresh_step_up(user_id, session_id, now)      # the proof, or None: for pages
    require_step_up(user_id, session_id, now)    # the proof, or `step-up-needed`: for services

A proof belongs to one session, holds ten minutes and is a row that the act may point at. Pages send
people to `step_up.step_up` with `next` and are asked again afterwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, current_app, render_template, request
from flask import redirect as go
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import PasswordField

from auction.accounts.models import StepUp, User
from auction.accounts.nav import home_of
from auction.accounts.passwords import verify_password
from auction.accounts.sessions import current_session
from auction.core.access import SIGNED_IN, permission
from auction.core.audit import record
from auction.core.clock import Clock
from auction.core.db import db, transaction
from auction.core.errors import Forbidden
from auction.core.forms import Filled, Form
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l
from auction.core.ratelimit import client_address, limiter, nameless
from auction.core.web import safe_next

FRESH = timedelta(minutes=10)

bp = Blueprint("step_up", __name__)


class StepUpForm(Form):
    """The password, once more."""

    password = PasswordField(_l("密码"), [Filled()], render_kw={"autocomplete": "current-password"})


def fresh_step_up(user_id: int, session_id: int | None, now: datetime) -> StepUp | None:
    """The latest proof that this person gave in this session, if it is not older than `FRESH`."""
    if session_id is None:
        return None
    return db.session.scalar(
        select(StepUp)
        .where(
            StepUp.user_id == user_id,
            StepUp.session_id == session_id,
            StepUp.at > now - FRESH,
            StepUp.at <= now,
        )
        .order_by(StepUp.id.desc())
        .limit(1)
    )


def require_step_up(user_id: int, session_id: int | None, now: datetime) -> StepUp:
    """The fresh proof of this person and session; refused: `step-up-needed`."""
    found = fresh_step_up(user_id, session_id, now)
    if found is None:
        raise Forbidden("step-up-needed", _l("请先重新输入密码，再办理这一步（十分钟内有效）。"))
    return found


def record_step_up(user: User, session_id: int, *, now: datetime, ip: str) -> StepUp:
    """Write the proof down, in the caller's transaction; the password has been checked before."""
    row = StepUp(user_id=user.id, session_id=session_id, at=now)
    db.session.add(row)
    record("step-up", row, actor_id=user.id, at=now, detail={"ip": ip})
    return row


def _person() -> str:
    return nameless(f"step-up|{current_user.get_id() if current_user.is_authenticated else ''}")


@bp.route("/account/step-up", methods=["GET", "POST"])
@limiter.limit("60 per minute", methods=["POST"])
@limiter.limit(
    "5 per 5 minutes",
    methods=["POST"],
    key_func=_person,
    deduct_when=lambda response: response.status_code == 422,
)
@permission(SIGNED_IN)
def step_up() -> ResponseReturnValue:
    """Ask for the password; a refusal is written down as one at the door is (16.3.1)."""
    target = safe_next(request.values.get("next"))
    form = StepUpForm()
    row = current_session()
    if request.method == "POST" and form.validate() and row is not None:
        clock: Clock = current_app.extensions["luochui.clock"]
        user, session_id, goal = current_user, row.id, target or home_of(current_user)
        user_id, stored = user.id, user.password_hash
        is_right = verify_password(stored, form.password.data)
        with transaction():
            person = db.session.get_one(User, user_id)
            if is_right:
                record_step_up(person, session_id, now=clock.now(), ip=client_address())
            else:
                record(
                    "refuse-step-up",
                    person,
                    actor_id=user_id,
                    at=clock.now(),
                    detail={"ip": client_address()},
                )
        if is_right:
            return go(goal)
        form.password.errors = [gettext("密码不正确，请重新输入。")]
    page = render_template("auction/accounts/step_up.html", form=form, next=target)
    return page, 422 if request.method == "POST" else 200
