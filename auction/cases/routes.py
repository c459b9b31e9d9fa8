"""The clerk's pages of a case."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from auction.assets.facts import CATEGORY_NAMES
from auction.cases import queries, services
from auction.cases.forms import CLAIM_CLASSES, PARTY_ROLES, CaseForm, ClaimForm, PartyForm
from auction.cases.models import EnforcementCase, PartyRole
from auction.core.access import permission
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.i18n import gettext
from auction.core.paths import page_asked_for
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.sales.models import Sale

bp = Blueprint("cases", __name__, url_prefix="/court/cases")


@bp.get("/")
@permission("case.view")
def index() -> ResponseReturnValue:
    """The court's cases."""
    page = page_asked_for()
    text = request.args.get("q", "").strip()[:60]
    rows, total = queries.list_cases(current_user, text=text, page=page)
    return render_template(
        "auction/cases/index.html",
        cases=rows,
        total=total,
        page=page,
        pages=-(-total // 30) or 1,
        text=text,
    )


@bp.route("/new", methods=["GET", "POST"])
@permission("case.edit")
def new() -> ResponseReturnValue:
    """Open a case."""
    form = CaseForm()
    if form.validate_on_submit():
        try:
            with transaction():
                case = services.open_case(
                    court_id=current_user.court_id,
                    clerk_id=current_user.id,
                    number=form.number.data,
                    title=form.title.data,
                    basis=form.basis.data,
                    debtor_kind=form.debtor_kind.data,
                    now=_now(),
                )
            flash(gettext("案件已立，请继续添加当事人和财产。"), "success")
            return redirect(url_for("cases.show", case_id=case.id))
        except DomainError as error:
            form.refuse(error)
    return render_template("auction/cases/new.html", form=form), _status(form)


@bp.get("/<int:case_id>")
@permission("case.view")
def show(case_id: int) -> ResponseReturnValue:
    """The workspace of one case."""
    case = queries.find_case(current_user, case_id)
    return _workspace(case)


@bp.post("/<int:case_id>/parties")
@permission("case.edit")
def add_party(case_id: int) -> ResponseReturnValue:
    """Add a party."""
    form = PartyForm()
    if form.validate_on_submit():
        try:
            with transaction():
                case = queries.find_case(current_user, case_id, lock=True)
                values = {
                    name: field.data or None
                    for name, field in form._fields.items()
                    if name != "csrf_token"
                }
                services.add_party(case, values, actor_id=current_user.id, now=_now())
            flash(gettext("已添加当事人。"), "success")
            return redirect(url_for("cases.show", case_id=case_id, _anchor="parties"))
        except DomainError as error:
            form.refuse(error)
    return _workspace(queries.find_case(current_user, case_id), party_form=form)


@bp.post("/<int:case_id>/claims")
@permission("case.edit")
def add_claim(case_id: int) -> ResponseReturnValue:
    """Add a claim."""
    case = queries.find_case(current_user, case_id)
    form = _claim_form(case)
    if form.validate_on_submit():
        try:
            with transaction():
                case = queries.find_case(current_user, case_id, lock=True)
                values = {
                    name: field.data
                    for name, field in form._fields.items()
                    if name not in {"csrf_token", "assets"}
                }
                for name in ("expenses", "interest", "principal", "doubled_interest"):
                    values[f"{name}_minor"] = values[f"{name}_minor"] or 0
                for name in ("held", "reason", "title_number"):
                    values[name] = values[name] or None
                services.add_claim(
                    case,
                    values,
                    asset_ids=form.assets.data or [],
                    actor_id=current_user.id,
                    now=_now(),
                )
            flash(gettext("已登记债权。"), "success")
            return redirect(url_for("cases.show", case_id=case_id, _anchor="claims"))
        except DomainError as error:
            form.refuse(error)
    return _workspace(queries.find_case(current_user, case_id), claim_form=form)


@bp.post("/<int:case_id>/parties/<int:party_id>/remove")
@permission("case.edit")
def remove_party(case_id: int, party_id: int) -> ResponseReturnValue:
    """Take out a party entered by mistake."""
    with transaction():
        case = queries.find_case(current_user, case_id, lock=True)
        services.remove_party(case, party_id, actor_id=current_user.id, now=_now())
    flash(gettext("已删除当事人。"), "success")
    return redirect(url_for("cases.show", case_id=case_id, _anchor="parties"))


@bp.post("/<int:case_id>/claims/<int:claim_id>/remove")
@permission("case.edit")
def remove_claim(case_id: int, claim_id: int) -> ResponseReturnValue:
    """Take out a claim entered by mistake."""
    with transaction():
        case = queries.find_case(current_user, case_id, lock=True)
        services.remove_claim(case, claim_id, actor_id=current_user.id, now=_now())
    flash(gettext("已删除债权。"), "success")
    return redirect(url_for("cases.show", case_id=case_id, _anchor="claims"))


def _workspace(
    case: EnforcementCase,
    *,
    party_form: PartyForm | None = None,
    claim_form: ClaimForm | None = None,
) -> ResponseReturnValue:
    refused = party_form is not None or claim_form is not None
    sales = db.session.scalars(select(Sale).where(Sale.case_id == case.id).order_by(Sale.id))
    clocks = db.session.scalars(
        select(Deadline)
        .where(Deadline.case_id == case.id, Deadline.status == DeadlineStatus.OPEN)
        .order_by(Deadline.due_at)
    )
    page = render_template(
        "auction/cases/show.html",
        case=case,
        assets=queries.assets_of(case),
        category_names=CATEGORY_NAMES,
        party_roles={str(k): v for k, v in PARTY_ROLES},
        claim_classes={str(k): v for k, v in CLAIM_CLASSES},
        sales=list(sales),
        clocks=list(clocks),
        history=queries.history_of(case),
        party_form=party_form or PartyForm(formdata=None),
        claim_form=claim_form or _claim_form(case, blank=True),
        party_open=party_form is not None,
        claim_open=claim_form is not None,
    )
    return page, 422 if refused else 200


def _claim_form(case: EnforcementCase, *, blank: bool = False) -> ClaimForm:
    form = ClaimForm(formdata=None) if blank else ClaimForm()
    form.party_id.choices = [
        (party.id, party.name) for party in case.parties if party.role is not PartyRole.DEBTOR
    ]
    form.assets.choices = [(asset.id, asset.title) for asset in queries.assets_of(case)]
    return form


def _now() -> datetime:
    now: datetime = current_app.extensions["luochui.clock"].now()
    return now


def _status(form: CaseForm) -> int:
    return 422 if form.errors else 200
