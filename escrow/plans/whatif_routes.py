"""What would be: a plan with other inputs beside the plan as it stands; and the no-surplus test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from auction.cases.models import EnforcementCase, PartyRole
from auction.cases.queries import find_case
from auction.core.access import permission
from auction.core.db import db
from auction.core.forms import ChoiceField, Form, MoneyField, RadioChoiceField
from auction.core.i18n import gettext as _
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Sale, SaleStatus
from escrow.desk.blueprint import bp
from escrow.distribution import DistributionFileError, compute_plan
from escrow.distribution.files import read_file
from escrow.distribution.surplus import SurplusTest, judge_surplus
from escrow.plans.inputs import Basis, Pot, read_basis, read_pots
from escrow.plans.whatif import PARTS, Comparison, change_file, compare_plans

_TO_COME = (SaleStatus.SOLD, SaleStatus.PAID)
_TO_BE_SOLD = (SaleStatus.DRAFT, SaleStatus.PANEL, SaleStatus.DECIDED, SaleStatus.ANNOUNCED)


class WhatIfForm(Form):
    """Every amount of the distribution file, to be changed at will."""

    debtor = RadioChoiceField(
        _l("普通债权"),
        choices=[("individual", _l("按比例受偿")), ("company", _l("按查封先后受偿"))],
    )


def _form_of(basis: Basis, *, blank: bool) -> WhatIfForm:
    """The form with one field for each amount, numbered; labels are shown as they are."""
    fields: dict[str, Any] = {}
    for n, item in enumerate(basis.file["proceeds"]):
        fields[f"pot{n}"] = MoneyField(item["id"], minimum=1, default=item["amount"])
    for n, item in enumerate(basis.file["deductions"]):
        fields[f"deduction{n}"] = MoneyField(item["id"], default=item["amount"])
    for n, claim in enumerate(basis.file["claims"]):
        fields[f"claim{n}"] = ChoiceField(
            _l("是否参加"),
            choices=[("yes", _l("参加分配")), ("no", _l("不参加"))],
            default="yes",
        )
        for part in PARTS:
            fields[f"claim{n}_{part}"] = MoneyField(_PART_NAMES[part], default=claim[part])
    form_class = type("WhatIfFormOfCase", (WhatIfForm,), fields)
    form: WhatIfForm = form_class(formdata=None) if blank else form_class()
    if blank:
        form.debtor.data = basis.file["debtor"]
    return form


_PART_NAMES = {
    "principal": _l("本金"),
    "interest": _l("利息"),
    "expenses": _l("费用"),
    "doubled_interest": _l("加倍利息"),
}


@bp.route("/cases/<int:case_id>/what-if", methods=["GET", "POST"])
@permission("plan.view")
def what_if(case_id: int) -> ResponseReturnValue:
    """Other inputs, the two plans side by side, every difference; nothing is stored."""
    case = find_case(current_user, case_id)
    basis = read_basis(case, expected=expected_pots(case))
    form = _form_of(basis, blank=True)
    comparison: Comparison | None = None
    problem = ""
    if basis.pots and basis.file["claims"]:
        form = _form_of(basis, blank=False)
        if form.validate_on_submit():
            try:
                comparison = compare_plans(
                    compute_plan(basis.file).document(),
                    compute_plan(_changed(basis.file, form)).document(),
                )
            except DistributionFileError as error:
                problem = str(error)
                form.form_errors.append(_("这样的输入不能分配：%(what)s", what=problem))
        elif not form.is_submitted():
            form = _form_of(basis, blank=True)
    page = render_template(
        "escrow/plans/what_if.html", case=case, basis=basis, form=form, comparison=comparison
    )
    return page, 422 if form.errors else 200


def _changed(file: Mapping[str, Any], form: WhatIfForm) -> dict[str, Any]:
    return change_file(
        file,
        debtor=form.debtor.data,
        proceeds={item["id"]: form[f"pot{n}"].data for n, item in enumerate(file["proceeds"])},
        deductions={
            item["id"]: form[f"deduction{n}"].data for n, item in enumerate(file["deductions"])
        },
        claims={
            claim["id"]: {part: form[f"claim{n}_{part}"].data or 0 for part in PARTS}
            for n, claim in enumerate(file["claims"])
            if form[f"claim{n}"].data == "yes"
        },
    )


def expected_pots(case: EnforcementCase) -> list[Pot]:
    """Lots that are sold and whose price has not come into the case yet, at their hammer price."""
    known = {pot.sale_id for pot in read_pots(case)}
    sales = db.session.scalars(
        select(Sale).where(Sale.case_id == case.id, Sale.status.in_(_TO_COME)).order_by(Sale.id)
    )
    return [
        Pot(sale.id, sale.lot.asset_id, sale.lot.number, sale.hammer_price_minor)
        for sale in sales
        if sale.id not in known and sale.hammer_price_minor
    ]


# ── no surplus ──────────────────────────────────────────────────────────────────────────────────


@bp.get("/cases/<int:case_id>/no-surplus")
@permission("plan.view")
def no_surplus(case_id: int) -> ResponseReturnValue:
    """What the start price of each lot to be sold would leave the applicant (CN20A-6.1)."""
    case = find_case(current_user, case_id)
    return render_template("escrow/plans/no_surplus.html", case=case, tests=surplus_tests(case))


def surplus_tests(case: EnforcementCase) -> list[tuple[Sale, SurplusTest]]:
    """One test for each sale of the case that has not ended."""
    sales = db.session.scalars(
        select(Sale).where(Sale.case_id == case.id, Sale.status.in_(_TO_BE_SOLD)).order_by(Sale.id)
    ).all()
    applicants = {p.id for p in case.parties if p.role is PartyRole.APPLICANT}
    own = {claim.label for claim in case.claims if claim.party_id in applicants}
    tests = []
    for sale in sales:
        pot = Pot(sale.id, sale.lot.asset_id, sale.lot.number, sale.start_price_minor)
        file = read_file(read_basis(case, expected=[pot]).file)
        tests.append((sale, judge_surplus(file, pot.label, pot.amount_minor, own)))
    return tests
