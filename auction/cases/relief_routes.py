"""The judge's page on whose deposit the claim stands in for (CN16-17.3)."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.cases import queries
from auction.cases.relief import confirm_relief, list_applicants, revoke_relief
from auction.cases.routes import bp
from auction.core.access import permission
from auction.core.db import transaction
from auction.core.errors import DomainError
from auction.core.forms import Form, MoneyField, TextLineField
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l


class ReliefForm(Form):
    """The claim that the court confirms, and what it rests on."""

    claim = MoneyField(_l("确认的债权金额"), minimum=1)
    basis = TextLineField(_l("依据"), max_length=300, description=_l("执行依据的文书号。"))


@bp.get("/<int:case_id>/relief")
@permission("case.view")
def relief(case_id: int) -> ResponseReturnValue:
    """The applicants, their claims, and what has been confirmed."""
    return _page(case_id)


@bp.post("/<int:case_id>/relief/<int:party_id>")
@permission("relief.confirm")
def confirm(case_id: int, party_id: int) -> ResponseReturnValue:
    """The court confirms an applicant's claim; what was typed stays where it is refused."""
    form = ReliefForm()
    if form.validate_on_submit():
        try:
            with transaction():
                case = queries.find_case(current_user, case_id, lock=True)
                confirm_relief(
                    case,
                    party_id,
                    int(form.claim.data or 0),
                    form.basis.data,
                    actor_id=current_user.id,
                    now=_now(),
                )
            flash(gettext("已确认。该申请执行人报名时只交差额，债权足额的免交。"), "success")
            return redirect(url_for("cases.relief", case_id=case_id))
        except DomainError as error:
            form.refuse(error)
    return _page(case_id, party_id, form), 422


@bp.post("/<int:case_id>/relief/<int:party_id>/revoke")
@permission("relief.confirm")
def revoke(case_id: int, party_id: int) -> ResponseReturnValue:
    """The court takes its confirmation back."""
    with transaction():
        case = queries.find_case(current_user, case_id, lock=True)
        revoke_relief(case, party_id, actor_id=current_user.id, now=_now())
    flash(gettext("已撤销。此后报名的，应当交足保证金。"), "success")
    return redirect(url_for("cases.relief", case_id=case_id))


def _page(case_id: int, party_id: int | None = None, form: ReliefForm | None = None) -> str:
    case = queries.find_case(current_user, case_id)
    rows = [
        (
            party,
            total,
            row if row is not None and row.revoked_at is None else None,
            form if party.id == party_id and form else _form_for(total),
        )
        for party, total, row in list_applicants(case)
    ]
    return render_template("auction/cases/relief.html", case=case, rows=rows)


def _form_for(total: int) -> ReliefForm:
    return ReliefForm(formdata=None, data={"claim": total or None})


def _now() -> datetime:
    now: datetime = current_app.extensions["luochui.clock"].now()
    return now
