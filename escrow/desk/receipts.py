"""The desk's first page, and the lines of statements."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.audit import record
from auction.core.db import transaction
from auction.core.errors import Forbidden
from auction.core.i18n import gettext as _
from auction.core.paths import page_asked_for
from escrow.bank.models import LineStatus
from escrow.bank.proposals import list_proposals
from escrow.bank.returns import propose_return
from escrow.bank.reviews import reviews_of
from escrow.bank.suspense import explain_line, place_as_payout, place_line
from escrow.desk import queries
from escrow.desk.blueprint import acting, attempt, bp, clock_now, typed
from escrow.desk.forms import ExplainForm, PayoutForm, PlaceForm, SentForm
from escrow.payments.alarms import list_alarms
from escrow.plans.models import PlanStatus
from escrow.reconciliation.queries import count_second_missing
from escrow.reconciliation.runs import count_open


@bp.route("/", strict_slashes=False)
@permission("money.view")
def home() -> ResponseReturnValue:
    """What waits for the desk."""
    court_id = current_user.court_id
    return render_template(
        "escrow/desk/home.html",
        figures=queries.home_figures(court_id),
        clocks=queries.finance_clocks(court_id),
        plans=queries.list_plans(court_id, PlanStatus.SUBMITTED),
        orders=queries.list_orders(court_id),
        alarms=list_alarms(court_id),
        differences=count_open(court_id),
        second_missing=count_second_missing(court_id),
    )


@bp.route("/lines")
@permission("money.view")
def lines() -> ResponseReturnValue:
    """The work list: money nobody has identified, money nobody has explained, and all others."""
    status = request.args.get("status", "suspense")
    if status not in {*map(str, LineStatus), ""}:
        status = "suspense"
    rows, total = queries.list_lines(current_user.court_id, status=status, page=page_asked_for())
    return render_template(
        "escrow/bank/lines.html",
        lines=rows,
        status=status,
        page=page_asked_for(),
        pages=-(-total // queries.PER_PAGE) or 1,
        total=total,
    )


@bp.route("/lines/<int:line_id>")
@permission("money.view")
def line(line_id: int) -> ResponseReturnValue:
    """One line and what can be done with it."""
    return _line_page(line_id)


@bp.route("/lines/<int:line_id>/reveal", methods=["POST"])
@permission("money.book")
def reveal_line(line_id: int) -> ResponseReturnValue:
    """Show the payer of a running sale's deposit to who must decide; the look is recorded."""
    view = queries.find_line(current_user, line_id)
    if view.row.status is not LineStatus.SUSPENSE:
        raise Forbidden("sealed", _("没有待决定的事项，竞价结束前付款人保密（CN16-18.3）。"))
    with transaction():
        record("view-payer", view.row, actor_id=current_user.id, at=clock_now())
    return _line_page(line_id, revealed=True)


@bp.route("/lines/<int:line_id>/place", methods=["POST"])
@permission("money.book")
def place(line_id: int) -> ResponseReturnValue:
    """Book it to a deposit or a balance."""
    form = PlaceForm()
    if form.validate_on_submit() and attempt(
        lambda: place_line(
            line_id, reference=form.reference.data, reason=form.reason.data, **acting()
        ),
        done=_("已办理，结果见本页。"),
        form=form,
    ):
        return redirect(url_for("finance.line", line_id=line_id))
    return _line_page(line_id, place_form=form)


@bp.route("/lines/<int:line_id>/return", methods=["POST"])
@permission("money.book")
def return_line(line_id: int) -> ResponseReturnValue:
    """Send what is left of it back to who paid."""
    form = SentForm()
    if form.validate_on_submit() and attempt(
        lambda: propose_return(
            line_id,
            bank_reference=form.bank_reference.data,
            paid_on=typed(form.paid_on),
            **acting(),
        ),
        done=_("已登记退还。"),
        form=form,
    ):
        return redirect(url_for("finance.line", line_id=line_id))
    return _line_page(line_id, return_form=form)


@bp.route("/lines/<int:line_id>/payout", methods=["POST"])
@permission("money.book")
def payout_line(line_id: int) -> ResponseReturnValue:
    """It is the provider's payout of a case's money."""
    form = PayoutForm()
    if form.validate_on_submit() and attempt(
        lambda: place_as_payout(
            line_id, case_id=typed(form.case_id), amount_minor=typed(form.amount), **acting()
        ),
        done=_("已登记为支付通道结算到账。"),
        form=form,
    ):
        return redirect(url_for("finance.line", line_id=line_id))
    return _line_page(line_id, payout_form=form)


@bp.route("/lines/<int:line_id>/explain", methods=["POST"])
@permission("money.book")
def explain(line_id: int) -> ResponseReturnValue:
    """Say what money was that left."""
    form = ExplainForm()
    if form.validate_on_submit() and attempt(
        lambda: explain_line(line_id, text=form.text.data, **acting()),
        done=_("已说明。"),
        form=form,
    ):
        return redirect(url_for("finance.line", line_id=line_id))
    return _line_page(line_id, explain_form=form)


def _line_page(
    line_id: int,
    *,
    revealed: bool = False,
    place_form: PlaceForm | None = None,
    return_form: SentForm | None = None,
    payout_form: PayoutForm | None = None,
    explain_form: ExplainForm | None = None,
) -> ResponseReturnValue:
    view = queries.find_line(current_user, line_id)
    refused = any((place_form, return_form, payout_form, explain_form))
    page = render_template(
        "escrow/bank/line.html",
        line=view.row,
        is_sealed=view.is_sealed and not revealed,
        text=view.row.remittance if revealed else view.text,
        order=queries.open_order_of(view.row),
        reviews=reviews_of(line_id),
        proposals=list_proposals(view.row, with_deposits=revealed),
        is_revealed=revealed,
        cases=queries.payout_candidates(current_user.court_id),
        place_form=place_form or PlaceForm(formdata=None, reference=view.row.reference),
        return_form=return_form or SentForm(formdata=None),
        payout_form=payout_form or PayoutForm(formdata=None, amount=view.row.remaining_minor),
        explain_form=explain_form or ExplainForm(formdata=None),
    )
    return page, 422 if refused else 200
