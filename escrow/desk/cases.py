"""A case's money: its accounts, proceeds, deductions, plans; and closing it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.cases.models import EnforcementCase
from auction.cases.queries import find_case
from auction.core.access import permission
from auction.core.i18n import gettext as _
from auction.core.i18n import lazy_gettext as _l
from escrow.bank.models import ProviderMoveKind
from escrow.bank.provider import money_of_case, record_provider_move
from escrow.defaults.queries import sold_in
from escrow.desk import queries
from escrow.desk.blueprint import acting, attempt, bp, clock_now, court_bp, typed
from escrow.desk.forms import DeductionForm, ProviderForm
from escrow.ledger import balances_of_case
from escrow.plans.closing import close_empty_case, list_obstacles
from escrow.plans.inputs import read_pots
from escrow.plans.queries import deductions_of, sales_of
from escrow.plans.services import book_deduction, cancel_deduction, draft_plan, lock_case
from escrow.stops.queries import stopped_case_ids


@bp.route("/cases")
@permission("plan.view")
def cases() -> ResponseReturnValue:
    """The court's cases and what each holds."""
    rows = queries.list_cases_with_money(current_user.court_id)
    return render_template(
        "escrow/plans/cases.html", rows=[(case, money_of_case(case.id)) for case in rows]
    )


@bp.route("/cases/<int:case_id>")
@permission("plan.view")
def case(case_id: int) -> ResponseReturnValue:
    """All money of one case."""
    return _case_page(case_id)


@bp.route("/cases/<int:case_id>/deductions", methods=["POST"])
@permission("money.book")
def add_deduction(case_id: int) -> ResponseReturnValue:
    """The desk writes a deduction down."""
    return _add_deduction(case_id)


@court_bp.route("/<int:case_id>/deductions", methods=["POST"])
@permission("case.edit")
def add_deduction_of_clerk(case_id: int) -> ResponseReturnValue:
    """The clerk writes a deduction down."""
    return _add_deduction(case_id)


def _add_deduction(case_id: int) -> ResponseReturnValue:
    row = find_case(current_user, case_id)
    form = _deduction_form(row)
    if form.validate_on_submit() and attempt(
        lambda: book_deduction(
            lock_case(case_id, current_user.court_id),
            values={
                "kind": form.kind.data,
                "sale_id": form.sale_id.data or None,
                "amount_minor": form.amount.data,
                **{
                    name: form[name].data
                    for name in ("basis", "payee_name", "payee_bank", "payee_account")
                },
            },
            form_key=(form.form_key.data or "")[:40],
            actor_id=current_user.id,
            now=clock_now(),
        ),
        done=_("已登记扣除。"),
        form=form,
    ):
        return redirect(url_for("finance.case", case_id=case_id, _anchor="deductions"))
    return _case_page(case_id, deduction_form=form)


@bp.route("/cases/<int:case_id>/deductions/<int:deduction_id>/cancel", methods=["POST"])
@permission("money.book")
def remove_deduction(case_id: int, deduction_id: int) -> ResponseReturnValue:
    """Take a deduction back."""
    attempt(
        lambda: cancel_deduction(
            lock_case(case_id, current_user.court_id),
            deduction_id,
            actor_id=current_user.id,
            now=clock_now(),
        ),
        done=_("已撤销扣除。"),
    )
    return redirect(url_for("finance.case", case_id=case_id, _anchor="deductions"))


@bp.route("/cases/<int:case_id>/provider-payout", methods=["POST"])
@permission("money.book")
def provider_payout(case_id: int) -> ResponseReturnValue:
    """The provider's payout of the case's money is on the bank account."""
    return _move(case_id, ProviderMoveKind.PAYOUT)


@bp.route("/cases/<int:case_id>/provider-fees", methods=["POST"])
@permission("money.book")
def provider_fees(case_id: int) -> ResponseReturnValue:
    """The court has made up what the provider kept."""
    return _move(case_id, ProviderMoveKind.FEE_COVER)


def _move(case_id: int, kind: ProviderMoveKind) -> ResponseReturnValue:
    name = "payout" if kind is ProviderMoveKind.PAYOUT else "fees"
    form = ProviderForm(prefix=name)
    if form.validate_on_submit() and attempt(
        lambda: record_provider_move(
            lock_case(case_id, current_user.court_id),
            kind,
            typed(form.amount),
            bank_reference=form.bank_reference.data,
            actor_id=current_user.id,
            now=clock_now(),
        ),
        done=_("已登记到账。"),
        form=form,
    ):
        return redirect(url_for("finance.case", case_id=case_id))
    return _case_page(case_id, **{f"{name}_form": form})


@bp.route("/cases/<int:case_id>/plans", methods=["POST"])
@permission("plan.draft")
def compute_plan(case_id: int) -> ResponseReturnValue:
    """Compute the case's plan anew."""
    who = acting()
    made: list[int] = []

    def draft() -> None:
        case_row = lock_case(case_id, who["court_id"])
        made.append(draft_plan(case_row, actor_id=who["actor_id"], now=who["now"]).id)

    if attempt(draft, done=_("方案已计算，请核对后提交。")):
        return redirect(url_for("finance.plan", plan_id=made[0]))
    return redirect(url_for("finance.case", case_id=case_id))


@court_bp.route("/<int:case_id>/close", methods=["POST"])
@permission("case.close")
def close(case_id: int) -> ResponseReturnValue:
    """Close the case, if every account of it stands at zero."""
    attempt(
        lambda: close_empty_case(
            lock_case(case_id, current_user.court_id),
            actor_id=current_user.id,
            now=clock_now(),
        ),
        done=_("案件已结案，全部账户为零。"),
    )
    return redirect(url_for("finance.case", case_id=case_id))


def _deduction_form(case_row: EnforcementCase, *, blank: bool = False) -> DeductionForm:
    form = DeductionForm(formdata=None) if blank else DeductionForm()
    form.sale_id.choices = [
        (0, _l("全部标的按比例")),
        *((sale.id, sale.lot.number) for sale in sales_of(case_row)),
    ]
    return form


def _case_page(
    case_id: int,
    *,
    deduction_form: DeductionForm | None = None,
    payout_form: ProviderForm | None = None,
    fees_form: ProviderForm | None = None,
) -> ResponseReturnValue:
    row = find_case(current_user, case_id)
    refused = any((deduction_form, payout_form, fees_form))
    money = money_of_case(row.id)
    words: dict[str, Any] = {
        "case": row,
        "money": money,
        "balances": balances_of_case(row.id),
        "pots": read_pots(row),
        "sold": sold_in(row.id),
        "deductions": deductions_of(row),
        "plans": queries.plans_of(row),
        "obstacles": list_obstacles(row),
        "is_stopped": row.id in stopped_case_ids(current_user.court_id),
        "clocks": queries.finance_clocks(current_user.court_id, row.id),
        "deduction_form": deduction_form or _deduction_form(row, blank=True),
        "payout_form": payout_form
        or ProviderForm(formdata=None, prefix="payout", amount=money.provider_minor),
        "fees_form": fees_form
        or ProviderForm(formdata=None, prefix="fees", amount=money.fees_minor),
        "deduction_open": deduction_form is not None,
    }
    return render_template("escrow/plans/case.html", **words), 422 if refused else 200
