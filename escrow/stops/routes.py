"""The page on which a case's payouts are stopped, and let go on."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.accounts.models import User
from auction.cases.queries import find_case
from auction.core.access import permission
from auction.core.db import db
from auction.core.forms import ChoiceField, DayField, Form, LongTextField, TextLineField
from auction.core.i18n import gettext as _
from auction.core.i18n import lazy_gettext as _l
from escrow.desk.blueprint import acting, attempt, bp, typed
from escrow.stops import services
from escrow.stops.models import StopGround

GROUNDS = {
    "bankruptcy": _l("被执行人破产申请已被受理"),
    "stayed": _l("中止执行或者暂缓执行"),
    "frozen": _l("收款人的款项被其他案件保全"),
    "other": _l("其他正当理由，已经批准"),
}


class StopForm(Form):
    """Why, and on what paper."""

    ground = ChoiceField(_l("停止的原因"), choices=[(g, GROUNDS[g]) for g in StopGround])
    paper_number = TextLineField(_l("依据文书案号"), max_length=80)
    effective_on = DayField(_l("文书生效日期"))


class LiftForm(Form):
    """Why it may go on."""

    reason = LongTextField(_l("恢复发放的理由"), max_length=300)


@bp.route("/cases/<int:case_id>/stops")
@permission("plan.view")
def stops(case_id: int) -> ResponseReturnValue:
    """Whether money of the case may leave, and what stopped it."""
    return _page(case_id)


@bp.route("/cases/<int:case_id>/stops", methods=["POST"])
@permission("payout.stop")
def stop_case(case_id: int) -> ResponseReturnValue:
    """Stop it at once."""
    form = StopForm(prefix="stop")
    if form.validate_on_submit() and attempt(
        lambda: services.stop_payouts(
            case_id,
            ground=StopGround(form.ground.data),
            paper_number=form.paper_number.data,
            effective_on=typed(form.effective_on),
            **acting(),
        ),
        done=_("已停止发放本案案款。"),
        form=form,
    ):
        return redirect(url_for("finance.stops", case_id=case_id))
    return _page(case_id, stop=form)


@bp.route("/cases/<int:case_id>/stops/<int:stop_id>/lift", methods=["POST"])
@permission("payout.stop")
def lift_case(case_id: int, stop_id: int) -> ResponseReturnValue:
    """Another person lets it go on."""
    form = LiftForm(prefix="lift")
    if form.validate_on_submit() and attempt(
        lambda: services.lift_stop(stop_id, reason=form.reason.data, **acting()),
        done=_("已恢复发放，应在十日内付款。"),
        form=form,
    ):
        return redirect(url_for("finance.stops", case_id=case_id))
    return _page(case_id, lift=form)


def _page(case_id: int, **refused: Form) -> ResponseReturnValue:
    case = find_case(current_user, case_id)
    rows = services.stops_of(case)
    forms: dict[str, Any] = {
        "stop": StopForm(formdata=None, prefix="stop"),
        "lift": LiftForm(formdata=None, prefix="lift"),
        **refused,
    }
    page = render_template(
        "escrow/stops/stops.html",
        case=case,
        rows=rows,
        standing=next((row for row in rows if row.lifted_at is None), None),
        people={
            person_id: db.session.get_one(User, person_id).display_name
            for row in rows
            for person_id in (row.stopped_by, row.lifted_by)
            if person_id is not None
        },
        sent_minor=services.sent_minor(case.id),
        grounds=GROUNDS,
        forms=forms,
    )
    return page, 422 if request.method == "POST" else 200
