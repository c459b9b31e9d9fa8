"""What finance does about a default: lost costs, and money that others owe the court."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.errors import NotFound
from auction.core.i18n import gettext as _
from auction.core.money import format_money
from escrow.bank.models import LineStatus
from escrow.bank.rules import is_same_person
from escrow.defaults.blueprint import bp, outcome_page
from escrow.defaults.costs import approve_cost, book_cost, cancel_cost, mark_cost_paid
from escrow.defaults.forms import CostForm, CostPaidForm, ReceiveForm
from escrow.defaults.models import Receivable
from escrow.defaults.queries import (
    default_of,
    find_receivable,
    find_settled,
    receipts_of,
    sale_behind,
)
from escrow.defaults.receivables import list_receivables, receive_return
from escrow.desk.blueprint import acting, attempt, typed
from escrow.desk.blueprint import bp as desk
from escrow.desk.queries import LineView, list_lines

# ── lost costs ──────────────────────────────────────────────────────────────────────────────────


@bp.post("/<number>/outcome/costs")
@permission("money.book")
def add_cost(number: str) -> ResponseReturnValue:
    """A cost that the default has caused is written down (CN16-24.1)."""
    sale, _settlement = find_settled(current_user, number)
    row = default_of(sale.id)
    if row is None:
        raise NotFound("no-such-default", _("没有这项悔拍记录。"))
    form, default_id = CostForm(), row.id
    if form.validate_on_submit() and attempt(
        lambda: book_cost(
            default_id,
            amount_minor=typed(form.amount),
            basis=form.basis.data,
            payee=(form.payee_name.data, form.payee_bank.data, form.payee_account.data),
            form_key=(form.form_key.data or "")[:40],
            **acting(),
        ),
        done=_("已登记，请另一名财务人员复核。"),
        form=form,
    ):
        return _back(number)
    return outcome_page(number, cost=form)


@bp.post("/<number>/outcome/costs/<int:cost_id>/approve")
@permission("money.book")
def agree_cost(number: str, cost_id: int) -> ResponseReturnValue:
    """Another person agrees: it leaves the deposit."""
    attempt(lambda: approve_cost(cost_id, **acting()), done=_("已复核，费用已从保证金中划出。"))
    return _back(number)


@bp.post("/<number>/outcome/costs/<int:cost_id>/cancel")
@permission("money.book")
def withdraw_cost(number: str, cost_id: int) -> ResponseReturnValue:
    """The proposal was wrong."""
    attempt(lambda: cancel_cost(cost_id, **acting()), done=_("已撤回。"))
    return _back(number)


@bp.post("/<number>/outcome/costs/<int:cost_id>/paid")
@permission("money.book")
def cost_paid(number: str, cost_id: int) -> ResponseReturnValue:
    """The transfer to the payee has been sent."""
    form = CostPaidForm(prefix=f"cost{cost_id}")
    if form.validate_on_submit() and attempt(
        lambda: mark_cost_paid(
            cost_id,
            bank_reference=form.bank_reference.data,
            paid_on=typed(form.paid_on),
            **acting(),
        ),
        done=_("已登记付款。"),
        form=form,
    ):
        return _back(number)
    return outcome_page(number, **{f"cost_{cost_id}": form})


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for("outcome.show", number=number, _anchor="money"), 303)


# ── receivables ─────────────────────────────────────────────────────────────────────────────────


@desk.route("/receivables")
@permission("money.view")
def receivables() -> ResponseReturnValue:
    """What defaulters make up and payees return (CN20A-22.2, CN16-32.1)."""
    is_met = request.args.get("met") == "1"
    rows = list_receivables(current_user.court_id, is_met=is_met)
    return render_template(
        "escrow/defaults/receivables.html",
        rows=[(row, sale_behind(row)) for row, _sale in rows],
        is_met=is_met,
    )


@desk.route("/receivables/<int:receivable_id>")
@permission("money.view")
def receivable(receivable_id: int) -> ResponseReturnValue:
    """Who owes what, why, and what has come."""
    return _receivable_page(receivable_id)


@desk.route("/receivables/<int:receivable_id>/receive", methods=["POST"])
@permission("money.book")
def receive(receivable_id: int) -> ResponseReturnValue:
    """A suspended line, or a part of it, is this money."""
    row = find_receivable(current_user, receivable_id)
    form = _receive_form(row, is_sent=True)
    if form.validate_on_submit() and attempt(
        lambda: receive_return(receivable_id, typed(form.line), typed(form.amount), **acting()),
        done=_("已入账。"),
        form=form,
    ):
        return redirect(url_for("finance.receivable", receivable_id=receivable_id), 303)
    return _receivable_page(receivable_id, form)


def _receivable_page(receivable_id: int, form: ReceiveForm | None = None) -> ResponseReturnValue:
    row = find_receivable(current_user, receivable_id)
    page = render_template(
        "escrow/defaults/receivable.html",
        row=row,
        sale=sale_behind(row),
        receipts=receipts_of(row),
        form=form or _receive_form(row, is_sent=False),
    )
    return page, 422 if form is not None else 200


def _receive_form(row: Receivable, *, is_sent: bool) -> ReceiveForm:
    """The court's suspended lines to choose from, those of the one who owes it first."""
    lines, _total = list_lines(row.court_id, status=LineStatus.SUSPENSE, page=1)
    known = [line for line in lines if not line.is_sealed]
    known.sort(key=lambda line: not is_same_person(line.row.payer_name, row.owed_by))
    first = known[0].row.remaining_minor if known else 0
    form = (
        ReceiveForm()
        if is_sent
        else ReceiveForm(formdata=None, data={"amount": min(first, row.rest_minor) or None})
    )
    form.line.choices = [(line.row.id, _line_name(line)) for line in known]
    return form


def _line_name(line: LineView) -> str:
    row = line.row
    return f"{row.booked_on} · {format_money(row.remaining_minor)} · {row.payer_name or '—'}"
