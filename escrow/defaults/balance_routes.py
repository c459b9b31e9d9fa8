"""The watch over a balance: late payments that a judge allows, loans that banks have promised."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.i18n import gettext as _
from escrow.defaults.blueprint import bp, outcome_page
from escrow.defaults.forms import LateForm, LoanForm, ReasonForm
from escrow.defaults.queries import find_settled
from escrow.desk.blueprint import acting, attempt, clock_now, typed
from escrow.settlement.late import accept_late
from escrow.settlement.loans import confirm_loan, record_loan, void_loan
from escrow.settlement.services import lock_settlement


@bp.get("/<number>/outcome")
@permission("case.view")
def show(number: str) -> ResponseReturnValue:
    """What was paid, what is due, what a ruling has made of it."""
    return outcome_page(number)


@bp.post("/<number>/outcome/late")
@permission("ruling.make")
def allow_late(number: str) -> ResponseReturnValue:
    """A judge accepts payments after the announced day."""
    _sale, settlement = find_settled(current_user, number)
    form, settlement_id = LateForm(), settlement.id
    if form.validate_on_submit() and attempt(
        lambda: accept_late(
            settlement_id,
            until=typed(form.until),
            ground=form.ground.data,
            actor_id=current_user.id,
            now=clock_now(),
        ),
        done=_("已准许，买受人在此之前的付款照常计入。"),
        form=form,
    ):
        return _back(number)
    return outcome_page(number, late=form)


@bp.post("/<number>/outcome/loans")
@permission("money.book")
def add_loan(number: str) -> ResponseReturnValue:
    """A bank's commitment letter is written down."""
    _sale, settlement = find_settled(current_user, number)
    form, settlement_id = LoanForm(), settlement.id
    if form.validate_on_submit() and attempt(
        lambda: record_loan(
            lock_settlement(settlement_id),
            lender=form.lender.data,
            letter_number=form.letter_number.data,
            amount_minor=typed(form.amount),
            promised_on=typed(form.promised_on),
            actor_id=current_user.id,
            now=clock_now(),
        ),
        done=_("已登记贷款承诺，请另一名财务人员向银行核实。"),
        form=form,
    ):
        return _back(number)
    return outcome_page(number, loan=form)


@bp.post("/<number>/outcome/loans/<int:loan_id>/confirm")
@permission("money.book")
def approve_loan(number: str, loan_id: int) -> ResponseReturnValue:
    """Another person has checked the letter with the bank."""
    attempt(lambda: confirm_loan(loan_id, **acting()), done=_("已核实，该银行转入的款项照常计入。"))
    return _back(number)


@bp.post("/<number>/outcome/loans/<int:loan_id>/void")
@permission("money.book")
def cancel_loan(number: str, loan_id: int) -> ResponseReturnValue:
    """The letter was wrong, or the bank has withdrawn it."""
    form = ReasonForm(prefix=f"loan{loan_id}")
    if form.validate_on_submit() and attempt(
        lambda: void_loan(loan_id, reason=form.reason.data, **acting()),
        done=_("贷款承诺已作废。"),
        form=form,
    ):
        return _back(number)
    return outcome_page(number, **{f"loan_{loan_id}": form})


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for("outcome.show", number=number), 303)
