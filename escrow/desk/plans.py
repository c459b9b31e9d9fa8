"""One plan: read, submit, approve, pay."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.accounts.models import User
from auction.cases.models import EnforcementCase
from auction.core.access import permission
from auction.core.db import db
from auction.core.i18n import gettext as _
from auction.notices.models import Document
from escrow.desk import queries
from escrow.desk.blueprint import acting, attempt, bp, typed
from escrow.desk.forms import ApproveForm, RemarkForm, SentForm
from escrow.distribution import FeeSlice, fee_slices
from escrow.objections import routes as objection_routes
from escrow.plans import whatif_routes
from escrow.plans.inputs import read_basis
from escrow.plans.models import DistributionPlan, PaymentStatus
from escrow.plans.payouts import mark_paid, release_held
from escrow.plans.picture import draw_flow
from escrow.plans.services import approve_plan, submit_plan, void_plan
from escrow.plans.wording import exact_fee
from escrow.setoff import routes as set_off_routes
from escrow.stops import routes as stop_routes

# The other pages of a plan, known by importing this.
__all__ = ["objection_routes", "set_off_routes", "stop_routes", "whatif_routes"]


@bp.route("/plans/<int:plan_id>")
@permission("plan.view")
def plan(plan_id: int) -> ResponseReturnValue:
    """The plan with its picture, each line's reckoning, and its payments."""
    return _plan_page(plan_id)


@bp.route("/plans/<int:plan_id>/submit", methods=["POST"])
@permission("plan.draft")
def submit(plan_id: int) -> ResponseReturnValue:
    """Put it to the second person."""
    attempt(lambda: submit_plan(plan_id, **acting()), done=_("已提交，等待另一名财务人员批准。"))
    return redirect(url_for("finance.plan", plan_id=plan_id))


@bp.route("/plans/<int:plan_id>/approve", methods=["POST"])
@permission("plan.approve")
def approve(plan_id: int) -> ResponseReturnValue:
    """Another person approves exactly this plan; the books follow."""
    form = ApproveForm()
    attempt(
        lambda: approve_plan(plan_id, sha256=form.sha256.data or "", **acting()),
        done=_("已批准并记账，可以逐笔支付。"),
    )
    return redirect(url_for("finance.plan", plan_id=plan_id))


@bp.route("/plans/<int:plan_id>/void", methods=["POST"])
@permission("plan.draft")
def void(plan_id: int) -> ResponseReturnValue:
    """Give it up, and say why."""
    form = RemarkForm()
    if form.validate_on_submit() and attempt(
        lambda: void_plan(plan_id, remark=form.remark.data, **acting()),
        done=_("方案已作废。"),
        form=form,
    ):
        return redirect(url_for("finance.plan", plan_id=plan_id))
    return _plan_page(plan_id, void_form=form)


@bp.route("/plans/<int:plan_id>/payments/<int:payment_id>/paid", methods=["POST"])
@permission("payout.mark")
def pay(plan_id: int, payment_id: int) -> ResponseReturnValue:
    """The transfer to this payee is sent."""
    form = SentForm(prefix=f"p{payment_id}")
    if form.validate_on_submit() and attempt(
        lambda: mark_paid(
            payment_id,
            bank_reference=form.bank_reference.data,
            paid_on=typed(form.paid_on),
            **acting(),
        ),
        done=_("已登记支付。"),
        form=form,
    ):
        return redirect(url_for("finance.plan", plan_id=plan_id, _anchor="payments"))
    return _plan_page(plan_id, sent_forms={payment_id: form})


@bp.route("/plans/<int:plan_id>/payments/<int:payment_id>/release", methods=["POST"])
@permission("payout.mark")
def release(plan_id: int, payment_id: int) -> ResponseReturnValue:
    """The dispute about a reserved payment is over."""
    form = RemarkForm(prefix=f"h{payment_id}")
    if form.validate_on_submit() and attempt(
        lambda: release_held(payment_id, ground=form.remark.data, **acting()),
        done=_("已解除提存，可以支付。"),
        form=form,
    ):
        return redirect(url_for("finance.plan", plan_id=plan_id, _anchor="payments"))
    return _plan_page(plan_id, held_forms={payment_id: form})


def _fee_slices(row: DistributionPlan) -> dict[str, tuple[FeeSlice, ...]]:
    """The steps of each statutory fee, by its line's payee (FEE-14.2)."""
    realised = {claim["id"] for claim in row.input["claims"] if claim.get("fee") == "realised"}
    return {
        f"{claim['id']}/fee": fee_slices(claim["paid"])
        for claim in row.output["claims"]
        if claim["id"] in realised
    }


def _plan_page(
    plan_id: int,
    *,
    void_form: RemarkForm | None = None,
    sent_forms: dict[int, SentForm] | None = None,
    held_forms: dict[int, RemarkForm] | None = None,
) -> ResponseReturnValue:
    row = queries.find_plan(current_user, plan_id)
    case = db.session.get_one(EnforcementCase, row.case_id)
    sent, held = sent_forms or {}, held_forms or {}
    for payment in row.payments:
        if payment.status is PaymentStatus.DUE:
            sent.setdefault(payment.id, SentForm(formdata=None, prefix=f"p{payment.id}"))
        elif payment.status is PaymentStatus.HELD:
            held.setdefault(payment.id, RemarkForm(formdata=None, prefix=f"h{payment.id}"))
    page = render_template(
        "escrow/plans/plan.html",
        plan=row,
        case=case,
        maker=db.session.get_one(User, row.drafted_by),
        checker=db.session.get(User, row.approved_by) if row.approved_by else None,
        payees=read_basis(case).payees,
        why={(entry["to"], entry["step"]): entry["why"] for entry in row.explanations},
        flow=draw_flow(row.input, row.output),
        paper=db.session.get(Document, row.document_id) if row.document_id else None,
        slices_of=_fee_slices(row),
        exact_fee=exact_fee,
        approve_form=ApproveForm(formdata=None, sha256=row.sha256),
        void_form=void_form or RemarkForm(formdata=None),
        sent_forms=sent,
        held_forms=held,
    )
    return page, 422 if (void_form or sent_forms or held_forms) else 200
