"""The clerk's pages of claims: one claim with its corrections and interest, and tables of many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.cases import queries
from auction.cases.claim_files import FileRefused, read_claim_lines, template_csv, template_xlsx
from auction.cases.claims import (
    REVISABLE,
    admit_late_claim,
    adopt_interest,
    find_claim,
    reckonings_of,
    revise_claim,
    set_joining_day,
)
from auction.cases.forms import (
    CLAIM_CLASSES,
    AdmitForm,
    ClaimFileForm,
    DoubledInterestForm,
    JoiningDayForm,
    OrdinaryInterestForm,
    ReviseClaimForm,
)
from auction.cases.importing import FILE_FAULTS, LineReport, examine_lines, import_claims
from auction.cases.interest import (
    InterestError,
    Reckoning,
    YearDays,
    reckon_doubled_interest,
    reckon_ordinary_interest,
)
from auction.cases.interest_text import (
    LineUnclear,
    doubled_document,
    ordinary_document,
    read_doubled_terms,
    read_rate_periods,
)
from auction.cases.models import EnforcementCase, InterestKind
from auction.core.access import allows_upload, permission
from auction.core.db import transaction
from auction.core.errors import DomainError
from auction.core.forms import Form
from auction.core.i18n import gettext as _
from auction.core.i18n import lazy_gettext as _l

bp = Blueprint("claims", __name__, url_prefix="/court/cases")

REFUSALS = {
    "early": _l("申请早于立案，未获准参与分配"),
    "late": _l("申请逾期，未获准参与分配"),
    "no-title": _l("没有执行依据，未获准参与分配"),
}
INTEREST_FAULTS = {
    "nothing-due": _l("请至少填写一期债务。"),
    "not-positive": _l("数额和利率须大于零。"),
    "overpaid": _l("已付款项超过应付债务。"),
    "backwards": _l("止日早于起日。"),
    "before-law": _l("2014年8月1日以前开始的迟延履行适用旧规定，请另行计算后直接填写数额。"),
    "overlap": _l("计息期间有重叠。"),
}


@bp.app_context_processor
def _words() -> dict[str, Any]:
    return {"claim_refusals": REFUSALS}


@bp.get("/<int:case_id>/claims/<int:claim_id>")
@permission("case.view")
def show(case_id: int, claim_id: int) -> ResponseReturnValue:
    """One claim: what it is, what was adopted for it, and how to correct it."""
    return _claim_page(case_id, claim_id)


@bp.post("/<int:case_id>/claims/<int:claim_id>")
@permission("case.edit")
def revise(case_id: int, claim_id: int) -> ResponseReturnValue:
    """Correct it, with the ground."""
    form = ReviseClaimForm()

    def act(case: EnforcementCase) -> None:
        values = {name: form[name].data for name in REVISABLE}
        for name in ("held", "reason", "title_number"):
            values[name] = values[name] or None
        for name in ("expenses", "interest", "principal", "doubled_interest"):
            values[f"{name}_minor"] = values[f"{name}_minor"] or 0
        revise_claim(case, claim_id, values, ground=form.ground.data, **_who())

    if form.validate_on_submit() and _attempt(case_id, act, form, _("债权已更正。")):
        return redirect(url_for("claims.show", case_id=case_id, claim_id=claim_id))
    return _claim_page(case_id, claim_id, revise_form=form)


@bp.post("/<int:case_id>/claims/<int:claim_id>/admit")
@permission("case.edit")
def admit(case_id: int, claim_id: int) -> ResponseReturnValue:
    """Let a late one take part, by the court's decision."""
    form = AdmitForm()
    if form.validate_on_submit() and _attempt(
        case_id,
        lambda case: admit_late_claim(case, claim_id, decision=form.decision.data, **_who()),
        form,
        _("已登记准许参与分配的决定。"),
    ):
        return redirect(url_for("claims.show", case_id=case_id, claim_id=claim_id))
    return _claim_page(case_id, claim_id, admit_form=form)


@bp.post("/<int:case_id>/joining-day")
@permission("case.edit")
def joining_day(case_id: int) -> ResponseReturnValue:
    """Fix the last day for joining."""
    form = JoiningDayForm()
    if form.validate_on_submit() and _attempt(
        case_id,
        lambda case: set_joining_day(case, cast("date", form.closes_on.data), **_who()),
        form,
        _("已确定参与分配截止日，各项申请已据此核对。"),
    ):
        return redirect(url_for("cases.show", case_id=case_id, _anchor="claims"))
    return _import_page(queries.find_case(current_user, case_id), joining_form=form)


# ── interest ────────────────────────────────────────────────────────────────────────────────────


@bp.route("/<int:case_id>/claims/<int:claim_id>/doubled-interest", methods=["GET", "POST"])
@permission("case.edit")
def doubled_interest(case_id: int, claim_id: int) -> ResponseReturnValue:
    """Compute the doubled part; adopt it if it is right."""
    form = DoubledInterestForm()

    def reckon() -> tuple[Reckoning, dict[str, Any]]:
        terms = read_doubled_terms(
            form.instalments.data,
            form.payments.data,
            form.pauses.data,
            cast("date", form.stops_on.data),
        )
        return reckon_doubled_interest(terms), doubled_document(terms)

    return _interest_page(case_id, claim_id, InterestKind.DOUBLED, form, reckon)


@bp.route("/<int:case_id>/claims/<int:claim_id>/ordinary-interest", methods=["GET", "POST"])
@permission("case.edit")
def ordinary_interest(case_id: int, claim_id: int) -> ResponseReturnValue:
    """Compute ordinary interest on the title's convention; adopt it if it is right."""
    form = OrdinaryInterestForm()

    def reckon() -> tuple[Reckoning, dict[str, Any]]:
        periods, year = read_rate_periods(form.periods.data), YearDays(form.year.data)
        return reckon_ordinary_interest(periods, year), ordinary_document(periods, str(year))

    return _interest_page(case_id, claim_id, InterestKind.ORDINARY, form, reckon)


def _interest_page(
    case_id: int,
    claim_id: int,
    kind: InterestKind,
    form: Form,
    reckon: Callable[[], tuple[Reckoning, dict[str, Any]]],
) -> ResponseReturnValue:
    case = queries.find_case(current_user, case_id)
    claim = find_claim(case, claim_id)
    found: Reckoning | None = None
    if form.validate_on_submit():
        try:
            found, terms = reckon()
        except LineUnclear as error:
            field = form[error.field]
            said = _("第 %(n)s 行看不明白：%(text)s", n=error.number, text=error.text[:40])
            field.errors = [*field.errors, said]
        except InterestError as error:
            form.form_errors.append(str(INTEREST_FAULTS[error.code]))
        else:
            if request.form.get("act") == "adopt" and _attempt(
                case_id,
                lambda locked: adopt_interest(locked, claim_id, kind, found, terms=terms, **_who()),
                form,
                _("已采用计算结果。"),
            ):
                return redirect(url_for("claims.show", case_id=case_id, claim_id=claim_id))
    page = render_template(
        "auction/cases/interest.html",
        case=case,
        claim=claim,
        kind=str(kind),
        form=form,
        found=found,
    )
    return page, 422 if form.errors else 200


# ── tables of claims ────────────────────────────────────────────────────────────────────────────


@bp.get("/<int:case_id>/claims/import")
@permission("case.edit")
def table(case_id: int) -> ResponseReturnValue:
    """Where a table of claims is taken in."""
    return _import_page(queries.find_case(current_user, case_id))


@bp.post("/<int:case_id>/claims/import")
@allows_upload(3 * 1024 * 1024)
@permission("case.edit")
def take_table(case_id: int) -> ResponseReturnValue:
    """Examine a table line by line; take it in whole if that was asked for and nothing is wrong."""
    case = queries.find_case(current_user, case_id)
    form = ClaimFileForm()
    reports: list[LineReport] = []
    if form.validate_on_submit():
        try:
            lines = read_claim_lines(form.file.data.read())
        except FileRefused as error:
            said = str(FILE_FAULTS[error.code]) + (
                f"（{error.column[:40]}）" if error.column else ""
            )
            form.file.errors = [*form.file.errors, said]
        else:
            reports = examine_lines(case, lines)
            if request.form.get("act") == "import" and _attempt(
                case_id,
                lambda locked: import_claims(locked, lines, **_who()),
                form,
                _("已导入 %(n)s 项债权。", n=len(lines)),
            ):
                return redirect(url_for("cases.show", case_id=case_id, _anchor="claims"))
    return _import_page(case, file_form=form, reports=reports)


@bp.get("/claims-template.csv")
@permission("case.edit")
def template_as_csv() -> ResponseReturnValue:
    """An empty table to fill in."""
    return _download(template_csv(), "claims.csv", "text/csv; charset=utf-8")


@bp.get("/claims-template.xlsx")
@permission("case.edit")
def template_as_xlsx() -> ResponseReturnValue:
    """The same as a workbook."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(template_xlsx(), "claims.xlsx", kind)


def _download(data: bytes, name: str, mimetype: str) -> Response:
    answer = Response(data, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _import_page(
    case: EnforcementCase,
    *,
    file_form: ClaimFileForm | None = None,
    joining_form: JoiningDayForm | None = None,
    reports: list[LineReport] | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "auction/cases/claims_import.html",
        case=case,
        form=file_form or ClaimFileForm(formdata=None),
        joining_form=joining_form
        or JoiningDayForm(formdata=None, closes_on=case.joining_closes_on),
        reports=reports or [],
        claim_classes={str(k): v for k, v in CLAIM_CLASSES},
    )
    refused = any(form is not None and form.errors for form in (file_form, joining_form))
    return page, 422 if refused else 200


def _claim_page(
    case_id: int,
    claim_id: int,
    *,
    revise_form: ReviseClaimForm | None = None,
    admit_form: AdmitForm | None = None,
) -> ResponseReturnValue:
    case = queries.find_case(current_user, case_id)
    claim = find_claim(case, claim_id)
    page = render_template(
        "auction/cases/claim.html",
        case=case,
        claim=claim,
        reckonings=reckonings_of(claim),
        claim_classes={str(k): v for k, v in CLAIM_CLASSES},
        revise_form=revise_form or ReviseClaimForm(formdata=None, obj=claim),
        admit_form=admit_form or AdmitForm(formdata=None),
    )
    return page, 422 if revise_form or admit_form else 200


def _attempt(case_id: int, act: Callable[[EnforcementCase], object], form: Form, done: str) -> bool:
    """Run one service on the locked case; a refusal is shown at its form."""
    try:
        with transaction():
            act(queries.find_case(current_user, case_id, lock=True))
    except DomainError as error:
        if error.status == 404:
            raise
        form.refuse(error)
        return False
    flash(done, "success")
    return True


def _who() -> dict[str, Any]:
    return {"actor_id": current_user.id, "now": current_app.extensions["luochui.clock"].now()}
