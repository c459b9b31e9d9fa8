"""Pages of service and objections: who was served, whose days run, what is disputed and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.cases.models import EnforcementCase
from auction.core.access import permission
from auction.core.db import db
from auction.core.forms import Form
from auction.core.i18n import gettext as _
from escrow.desk.blueprint import acting, attempt, bp, clock_now
from escrow.desk.queries import find_plan
from escrow.objections import ending, lodging, serving
from escrow.objections.forms import (
    AnswerForm,
    DayForm,
    JudgementForm,
    ObjectionForm,
    ProofForm,
    ReasonForm,
    ServiceForm,
    SuitForm,
    ToldForm,
    objection_form,
)
from escrow.objections.models import Answer
from escrow.objections.queries import (
    find_objection,
    objections_of,
    reserved_minor,
    service_views,
    unpaid_lines,
)
from escrow.objections.rules import ServiceChannel
from escrow.objections.words import ANSWER_WORDS, CHANNEL_WORDS, OBJECTION_WORDS
from escrow.plans.models import DistributionPlan


@bp.route("/plans/<int:plan_id>/service")
@permission("plan.view")
def service(plan_id: int) -> ResponseReturnValue:
    """Who was served and who may still object."""
    return _service_page(plan_id)


@bp.route("/plans/<int:plan_id>/service/<int:party_id>", methods=["POST"])
@permission("plan.serve")
def serve(plan_id: int, party_id: int) -> ResponseReturnValue:
    """The plan was sent to this party."""
    form = ServiceForm(prefix=f"s{party_id}")
    return _step(
        form,
        lambda: serving.record_service(plan_id, party_id, **_sent(form), **acting()),
        _("已登记送达，受偿明细已生成。"),
        lambda refused: _service_page(plan_id, {f"s{party_id}": refused}),
        url_for("finance.service", plan_id=plan_id),
    )


@bp.route("/plans/<int:plan_id>/service/<int:service_id>/prove", methods=["POST"])
@permission("plan.serve")
def prove(plan_id: int, service_id: int) -> ResponseReturnValue:
    """Its proof has come back."""
    form = ProofForm(prefix=f"p{service_id}")
    return _step(
        form,
        lambda: serving.prove_service(
            service_id,
            reached_on=cast("date", form.reached_on.data),
            proof=form.proof.data,
            **acting(),
        ),
        _("已登记送达日期。"),
        lambda refused: _service_page(plan_id, {f"p{service_id}": refused}),
        url_for("finance.service", plan_id=plan_id),
    )


@bp.route("/plans/<int:plan_id>/service/<int:service_id>/consent", methods=["POST"])
@permission("plan.serve")
def consent(plan_id: int, service_id: int) -> ResponseReturnValue:
    """The party agrees in writing."""
    form = DayForm(prefix=f"c{service_id}")
    return _step(
        form,
        lambda: serving.record_consent(
            service_id, consented_on=cast("date", form.day.data), **acting()
        ),
        _("已登记同意。"),
        lambda refused: _service_page(plan_id, {f"c{service_id}": refused}),
        url_for("finance.service", plan_id=plan_id),
    )


@bp.route("/plans/<int:plan_id>/service/<int:service_id>/cancel", methods=["POST"])
@permission("plan.serve")
def cancel_service(plan_id: int, service_id: int) -> ResponseReturnValue:
    """It was wrong and does not count."""
    form = ReasonForm(prefix=f"x{service_id}")
    return _step(
        form,
        lambda: serving.cancel_service(service_id, reason=form.reason.data, **acting()),
        _("已撤销送达登记，请重新送达。"),
        lambda refused: _service_page(plan_id, {f"x{service_id}": refused}),
        url_for("finance.service", plan_id=plan_id),
    )


@bp.route("/plans/<int:plan_id>/release", methods=["POST"])
@permission("payout.mark")
def release_plan(plan_id: int) -> ResponseReturnValue:
    """Everybody's days are over: what nobody disputes may be paid."""
    attempt(
        lambda: serving.release_plan(plan_id, **acting()),
        done=_("异议期已满，无争议部分可以支付。"),
    )
    return redirect(url_for("finance.service", plan_id=plan_id))


# ── objections ──────────────────────────────────────────────────────────────────────────────────


@bp.route("/plans/<int:plan_id>/objections", methods=["POST"])
@permission("plan.serve")
def lodge(plan_id: int) -> ResponseReturnValue:
    """A party's objection has come in."""
    plan = find_plan(current_user, plan_id)
    lines = unpaid_lines(plan)
    form = objection_form(lines, _parties(plan), blank=False)
    made: list[int] = []

    def act() -> None:
        disputed = {
            (payee, step): form[f"line{n}"].data
            for n, (payee, step, _unpaid) in enumerate(lines)
            if form[f"line{n}"].data
        }
        row = lodging.lodge_objection(
            plan_id,
            form.party_id.data,
            received_on=cast("date", form.received_on.data),
            ground=form.ground.data,
            disputed=disputed,
            **acting(),
        )
        made.append(row.id)

    if form.validate_on_submit() and attempt(act, done=_("已登记异议并留存争议款。"), form=form):
        return redirect(url_for("finance.objection", objection_id=made[0]))
    return _service_page(plan_id, lodge_form=form)


@bp.route("/objections/<int:objection_id>")
@permission("plan.view")
def objection(objection_id: int) -> ResponseReturnValue:
    """One objection from its letter to its end."""
    return _objection_page(objection_id)


@bp.route("/objections/<int:objection_id>/tell/<int:party_id>", methods=["POST"])
@permission("plan.serve")
def tell(objection_id: int, party_id: int) -> ResponseReturnValue:
    """Another party is told of it."""
    form = ServiceForm(prefix=f"t{party_id}")
    return _move(
        objection_id,
        f"t{party_id}",
        form,
        lambda: lodging.tell_party(objection_id, party_id, **_sent(form), **acting()),
        _("已登记通知。"),
    )


@bp.route("/objections/<int:objection_id>/answer/<int:party_id>", methods=["POST"])
@permission("plan.serve")
def answer(objection_id: int, party_id: int) -> ResponseReturnValue:
    """What that party says to it."""
    form = AnswerForm(prefix=f"a{party_id}")
    return _move(
        objection_id,
        f"a{party_id}",
        form,
        lambda: lodging.record_answer(
            objection_id,
            party_id,
            answer=Answer(form.answer.data),
            answered_on=cast("date", form.answered_on.data),
            words=form.words.data,
            **acting(),
        ),
        _("已登记意见。"),
    )


@bp.route("/objections/<int:objection_id>/unopposed", methods=["POST"])
@permission("plan.serve")
def close_answers(objection_id: int) -> ResponseReturnValue:
    """Nobody opposed in time."""
    attempt(
        lambda: lodging.close_answers(objection_id, **acting()),
        done=_("已确认无人反对，请更正债权后重新计算方案。"),
    )
    return redirect(url_for("finance.objection", objection_id=objection_id))


@bp.route("/objections/<int:objection_id>/told", methods=["POST"])
@permission("plan.serve")
def told(objection_id: int) -> ResponseReturnValue:
    """The objector was told who opposes."""
    form = ToldForm(prefix="told")
    return _move(
        objection_id,
        "told",
        form,
        lambda: ending.tell_objector(
            objection_id, told_on=cast("date", form.told_on.data), proof=form.proof.data, **acting()
        ),
        _("已登记通知，异议人的起诉期限开始计算。"),
    )


@bp.route("/objections/<int:objection_id>/suit", methods=["POST"])
@permission("plan.serve")
def suit(objection_id: int) -> ResponseReturnValue:
    """The objector has sued."""
    form = SuitForm(prefix="suit")
    return _move(
        objection_id,
        "suit",
        form,
        lambda: ending.record_suit(
            objection_id,
            sued_on=cast("date", form.sued_on.data),
            suit_number=form.suit_number.data,
            **acting(),
        ),
        _("已登记起诉，争议款继续留存。"),
    )


@bp.route("/objections/<int:objection_id>/no-suit", methods=["POST"])
@permission("plan.serve")
def no_suit(objection_id: int) -> ResponseReturnValue:
    """No suit in time."""
    attempt(
        lambda: ending.close_without_suit(objection_id, **acting()),
        done=_("已确认逾期未起诉，按原方案支付。"),
    )
    return redirect(url_for("finance.objection", objection_id=objection_id))


@bp.route("/objections/<int:objection_id>/judgement", methods=["POST"])
@permission("plan.serve")
def judgement(objection_id: int) -> ResponseReturnValue:
    """The suit is decided."""
    form = JudgementForm(prefix="judgement")
    return _move(
        objection_id,
        "judgement",
        form,
        lambda: ending.record_judgement(
            objection_id,
            is_upheld=form.outcome.data == "upheld",
            judgement_number=form.judgement_number.data,
            **acting(),
        ),
        _("已登记判决。"),
    )


@bp.route("/objections/<int:objection_id>/withdraw", methods=["POST"])
@permission("plan.serve")
def withdraw(objection_id: int) -> ResponseReturnValue:
    """The objector takes it back."""
    form = ReasonForm(prefix="withdraw")
    return _move(
        objection_id,
        "withdraw",
        form,
        lambda: ending.withdraw_objection(objection_id, reason=form.reason.data, **acting()),
        _("已登记撤回。"),
    )


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


def _sent(form: ServiceForm) -> dict[str, Any]:
    return {
        "channel": ServiceChannel(form.channel.data),
        "sent_on": form.sent_on.data,
        "reached_on": form.reached_on.data,
        "proof": form.proof.data,
    }


def _step(
    form: Form,
    act: Callable[[], object],
    done: str,
    refused: Callable[[Form], ResponseReturnValue],
    then: str,
) -> ResponseReturnValue:
    if form.validate_on_submit() and attempt(act, done=done, form=form):
        return redirect(then)
    return refused(form)


def _move(
    objection_id: int, name: str, form: Form, act: Callable[[], object], done: str
) -> ResponseReturnValue:
    return _step(
        form,
        act,
        done,
        lambda refused: _objection_page(objection_id, {name: refused}),
        url_for("finance.objection", objection_id=objection_id),
    )


def _parties(plan: DistributionPlan) -> list[Any]:
    return serving.parties_to_serve(plan, db.session.get_one(EnforcementCase, plan.case_id))


def _service_page(
    plan_id: int,
    forms: dict[str, Form] | None = None,
    *,
    lodge_form: ObjectionForm | None = None,
) -> ResponseReturnValue:
    plan = find_plan(current_user, plan_id)
    case = db.session.get_one(EnforcementCase, plan.case_id)
    views = service_views(plan, case, clock_now())
    shown: dict[str, Form] = dict(forms or {})
    for view in views:
        shown.setdefault(
            f"s{view.party.id}", ServiceForm(formdata=None, prefix=f"s{view.party.id}")
        )
        if view.service is not None:
            row = view.service.id
            shown.setdefault(f"p{row}", ProofForm(formdata=None, prefix=f"p{row}"))
            shown.setdefault(f"c{row}", DayForm(formdata=None, prefix=f"c{row}"))
            shown.setdefault(f"x{row}", ReasonForm(formdata=None, prefix=f"x{row}"))
    lines = unpaid_lines(plan)
    page = render_template(
        "escrow/objections/service.html",
        plan=plan,
        case=case,
        views=views,
        forms=shown,
        lines=lines,
        objections=objections_of(plan),
        reserved=reserved_minor(plan),
        lodge_form=lodge_form or objection_form(lines, _parties(plan), blank=True),
        lodge_open=lodge_form is not None,
        channel_words=CHANNEL_WORDS,
        objection_words=OBJECTION_WORDS,
    )
    return page, 422 if request.method == "POST" else 200


def _objection_page(objection_id: int, forms: dict[str, Form] | None = None) -> ResponseReturnValue:
    row = find_objection(current_user, objection_id)
    plan = find_plan(current_user, row.plan_id)
    case = db.session.get_one(EnforcementCase, row.case_id)
    others = lodging.parties_to_tell(row, case)
    shown: dict[str, Form] = {
        "told": ToldForm(formdata=None, prefix="told"),
        "suit": SuitForm(formdata=None, prefix="suit"),
        "judgement": JudgementForm(formdata=None, prefix="judgement"),
        "withdraw": ReasonForm(formdata=None, prefix="withdraw"),
    }
    for party in others:
        shown[f"t{party.id}"] = ServiceForm(formdata=None, prefix=f"t{party.id}")
        shown[f"a{party.id}"] = AnswerForm(formdata=None, prefix=f"a{party.id}")
    page = render_template(
        "escrow/objections/objection.html",
        objection=row,
        plan=plan,
        case=case,
        others=others,
        answers={entry.party_id: entry for entry in row.answers},
        forms=shown | (forms or {}),
        channel_words=CHANNEL_WORDS,
        objection_words=OBJECTION_WORDS,
        answer_words=ANSWER_WORDS,
    )
    return page, 422 if request.method == "POST" else 200
