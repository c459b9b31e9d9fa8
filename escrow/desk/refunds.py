"""Money on its way back to who paid it, and what buyers still owe."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.audit import record
from auction.core.db import db, transaction
from auction.core.errors import Forbidden
from auction.core.i18n import gettext as _
from auction.courts.models import Court
from escrow.bank.returns import cancel_order, confirm_order, propose_refund
from escrow.bank.rules import second_person_above
from escrow.desk import queries
from escrow.desk.blueprint import acting, attempt, bp, clock_now, typed
from escrow.desk.forms import RemarkForm, SentForm
from escrow.payments.alarms import settle_alarm
from escrow.payments.models import MoneyAlarm, RefundStatus


@bp.route("/refunds")
@permission("money.view")
def refunds() -> ResponseReturnValue:
    """Refunds by bank transfer, with what is left of their 24 hours (CN16-23.2)."""
    is_done = request.args.get("done") == "1"
    return render_template(
        "escrow/settlement/refunds.html",
        refunds=queries.list_refunds(current_user.court_id, is_done=is_done),
        orders=queries.list_orders(current_user.court_id),
        is_done=is_done,
        limit=_limit(),
    )


def _limit() -> int:
    return second_person_above(db.session.get_one(Court, current_user.court_id).settings)


@bp.route("/refunds/<int:refund_id>")
@permission("money.view")
def refund(refund_id: int) -> ResponseReturnValue:
    """One refund: to whom, how much, until when."""
    return _refund_page(refund_id)


@bp.route("/refunds/<int:refund_id>/payee", methods=["POST"])
@permission("money.book")
def reveal_payee(refund_id: int) -> ResponseReturnValue:
    """Show to whom a refund of a running sale goes; the look is recorded (CN16-18.3)."""
    view = queries.find_refund(current_user, refund_id)
    if view.row.status is not RefundStatus.DUE:
        raise Forbidden("sealed", _("款项已经退还，竞价结束前收款人保密（CN16-18.3）。"))
    with transaction():
        record("view-payee", view.row, actor_id=current_user.id, at=clock_now())
    return _refund_page(refund_id, revealed=True)


@bp.route("/refunds/<int:refund_id>/sent", methods=["POST"])
@permission("money.book")
def refund_sent(refund_id: int) -> ResponseReturnValue:
    """The transfer is sent; above the limit a second person still looks over it."""
    form = SentForm()
    if form.validate_on_submit() and attempt(
        lambda: propose_refund(
            refund_id,
            bank_reference=form.bank_reference.data,
            paid_on=typed(form.paid_on),
            **acting(),
        ),
        done=_("已登记。"),
        form=form,
    ):
        return redirect(url_for("finance.refund", refund_id=refund_id))
    return _refund_page(refund_id, form=form)


def _refund_page(
    refund_id: int, *, revealed: bool = False, form: SentForm | None = None
) -> ResponseReturnValue:
    view = queries.find_refund(current_user, refund_id)
    page = render_template(
        "escrow/settlement/refund.html",
        refund=view.row,
        order=view.order,
        is_sealed=view.is_sealed and not revealed,
        limit=_limit(),
        form=form or SentForm(formdata=None),
    )
    return page, 422 if form is not None else 200


@bp.route("/returns/<int:order_id>/confirm", methods=["POST"])
@permission("money.book")
def confirm_return(order_id: int) -> ResponseReturnValue:
    """The second person has compared account and amount with the bank's slip."""
    attempt(lambda: confirm_order(order_id, **acting()), done=_("已复核，款项已记为退还。"))
    return redirect(url_for("finance.refunds"))


@bp.route("/returns/<int:order_id>/cancel", methods=["POST"])
@permission("money.book")
def cancel_return(order_id: int) -> ResponseReturnValue:
    """The proposal was wrong."""
    attempt(lambda: cancel_order(order_id, **acting()), done=_("已退回，款项仍待退还。"))
    return redirect(url_for("finance.refunds"))


@bp.route("/settlements")
@permission("money.view")
def settlements() -> ResponseReturnValue:
    """What buyers owe, and until when (CN16-25.1)."""
    is_paid = request.args.get("paid") == "1"
    return render_template(
        "escrow/settlement/settlements.html",
        settlements=queries.list_settlements(current_user.court_id, is_paid=is_paid),
        is_paid=is_paid,
    )


@bp.route("/alarms/<int:alarm_id>/settle", methods=["POST"])
@permission("money.book")
def settle(alarm_id: int) -> ResponseReturnValue:
    """A person has looked at an alarm and says what it was."""
    form = RemarkForm()
    alarm = db.session.get(MoneyAlarm, alarm_id)
    if alarm is not None and alarm.court_id == current_user.court_id and form.validate_on_submit():
        attempt(
            lambda: settle_alarm(
                alarm_id,
                actor_id=current_user.id,
                explanation=form.remark.data,
                at=clock_now(),
            ),
            done=_("已记录。"),
        )
    return redirect(url_for("finance.home"))
