"""The control room: the court watches its running sales and acts on them through the intake."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.db import transaction
from auction.core.errors import DomainError
from auction.core.forms import Form, LongTextField
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l
from bidding.room.control_services import (
    RunningSale,
    command_sale,
    confirm_withdrawal,
    find_running,
    list_running,
    propose_withdrawal,
    settle_proposal,
)
from bidding.room.incidents import list_machine_incidents
from bidding.room.requests import Kind

bp = Blueprint("control", __name__, url_prefix="/court/control")


class GroundForm(Form):
    """A ground that the public reads; it is what CN16-28.3 asks to be announced."""

    ground = LongTextField(
        _l("理由（向社会公开）"),
        description=_l("写明依据和原因，例如：案外人提出异议，正在审查。请勿写入个人信息。"),
    )


@bp.get("", strict_slashes=False)
@permission("sale.control")
def index() -> ResponseReturnValue:
    """All running sales of the court."""
    return render_template(
        "bidding/control/index.html",
        running=list_running(current_user.court_id),
        machine_incidents=list_machine_incidents(),
        now=_now(),
    )


@bp.get("/<number>")
@permission("sale.control")
def show(number: str) -> ResponseReturnValue:
    """One sale, and what may be done with it."""
    return _page(_find(number))


@bp.post("/<number>/suspend")
@permission("sale.suspend")
def suspend(number: str) -> ResponseReturnValue:
    """Halt the sale, on a ground that is announced (CN16-28.1, CN16-28.3)."""
    running, form = _find(number), GroundForm()
    if not form.validate_on_submit():
        return _page(running, suspend_form=form), 422
    return _act(
        running, Kind.SUSPEND, form.ground.data, gettext("拍卖已暂停，竞买人都已收到通知。")
    )


@bp.post("/<number>/resume")
@permission("sale.suspend")
def resume(number: str) -> ResponseReturnValue:
    """Let it go on; the suspended time is given back (CN16-28.4)."""
    return _act(_find(number), Kind.RESUME, "", gettext("拍卖已恢复，结束时间相应顺延。"))


@bp.post("/<number>/withdrawal")
@permission("sale.suspend")
def propose(number: str) -> ResponseReturnValue:
    """Ask a judge to end the sale."""
    running, form = _find(number), GroundForm()
    if not form.validate_on_submit():
        return _page(running, withdraw_form=form), 422
    with transaction():
        propose_withdrawal(_find(number).sale, current_user.id, form.ground.data, _now())
    flash(gettext("已提议撤回，等待另一位法官确认。"), "success")
    return _back(number)


@bp.post("/<number>/withdrawal/confirm")
@permission("sale.withdraw")
def confirm(number: str) -> ResponseReturnValue:
    """End the sale at once: the second of two persons (CN20A-17.1)."""
    with transaction():
        sale = _find(number).sale
        proposal = confirm_withdrawal(sale, current_user, _now())
        sale_id, ground = sale.id, proposal.ground
    command_sale(sale_id, Kind.WITHDRAW, current_user.id, ground)
    with transaction():
        settle_proposal(sale, current_user.id, _now(), dropped=False)
    flash(gettext("拍卖已撤回，保证金将退还全部竞买人。"), "success")
    return redirect(url_for("control.index"), 303)


@bp.post("/<number>/withdrawal/drop")
@permission("sale.suspend")
def drop(number: str) -> ResponseReturnValue:
    """Take the proposal off the table; the sale goes on."""
    with transaction():
        settle_proposal(_find(number).sale, current_user.id, _now(), dropped=True)
    flash(gettext("撤回提议已取消，拍卖照常进行。"), "success")
    return _back(number)


def _act(running: RunningSale, kind: Kind, ground: str, done: str) -> ResponseReturnValue:
    try:
        command_sale(running.sale.id, kind, current_user.id, ground)
        flash(done, "success")
    except DomainError as error:
        flash(str(error.message), "danger")
    return _back(running.sale.number)


def _page(
    running: RunningSale,
    suspend_form: GroundForm | None = None,
    withdraw_form: GroundForm | None = None,
) -> str:
    return render_template(
        "bidding/control/show.html",
        running=running,
        suspend_form=suspend_form or GroundForm(formdata=None, prefix=""),
        withdraw_form=withdraw_form or GroundForm(formdata=None, prefix=""),
        now=_now(),
    )


def _find(number: str) -> RunningSale:
    return find_running(number[:60], current_user.court_id)


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for("control.show", number=number), 303)


def _now() -> datetime:
    now: datetime = current_app.extensions["luochui.clock"].now()
    return now
