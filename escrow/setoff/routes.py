"""The page of a sale whose buyer pays with its own claim, and what is done there."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.cases.models import EnforcementCase
from auction.core.access import permission
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.forms import Form
from auction.core.i18n import gettext as _
from auction.core.money import format_money
from auction.sales.models import Sale
from escrow.desk.blueprint import acting, attempt, bp, typed
from escrow.setoff import services
from escrow.setoff.entitlement import entitled_minor
from escrow.setoff.forms import AskForm, GrantForm, RefuseForm, TopUpForm
from escrow.setoff.models import SetOff, SetOffStatus
from escrow.settlement.models import Settlement, SettlementStatus
from escrow.settlement.services import settlement_of


@bp.route("/set-offs/<int:sale_id>")
@permission("plan.view")
def set_off(sale_id: int) -> ResponseReturnValue:
    """What the buyer's claim would get, and how much of the price it may pay."""
    return _page(sale_id)


@bp.route("/set-offs/<int:sale_id>/ask", methods=["POST"])
@permission("setoff.propose")
def ask_set_off(sale_id: int) -> ResponseReturnValue:
    """Put it to a judge."""
    form = _ask_form(_find(sale_id)[0])
    if form.validate_on_submit() and attempt(
        lambda: services.propose_set_off(
            sale_id, typed(form.claim_id), asked_minor=typed(form.asked), **acting()
        ),
        done=_("已提交，等待法官决定。"),
        form=form,
    ):
        return redirect(url_for("finance.set_off", sale_id=sale_id))
    return _page(sale_id, ask=form)


@bp.route("/set-offs/<int:sale_id>/grant", methods=["POST"])
@permission("setoff.decide")
def grant_set_off(sale_id: int) -> ResponseReturnValue:
    """A judge allows it."""
    form, row = GrantForm(), _asked(sale_id)
    if form.validate_on_submit() and attempt(
        lambda: services.grant_set_off(
            row.id,
            granted_minor=typed(form.granted),
            decision_number=form.decision_number.data,
            **acting(),
        ),
        done=_("已准许抵付，相应价款视为付清。"),
        form=form,
    ):
        return redirect(url_for("finance.set_off", sale_id=sale_id))
    return _page(sale_id, grant=form)


@bp.route("/set-offs/<int:sale_id>/refuse", methods=["POST"])
@permission("setoff.decide")
def refuse_set_off(sale_id: int) -> ResponseReturnValue:
    """A judge does not allow it."""
    form, row = RefuseForm(), _asked(sale_id)
    if form.validate_on_submit() and attempt(
        lambda: services.refuse_set_off(row.id, reason=form.reason.data, **acting()),
        done=_("已决定不准抵付，买受人应按期交付价款。"),
        form=form,
    ):
        return redirect(url_for("finance.set_off", sale_id=sale_id))
    return _page(sale_id, refuse=form)


@bp.route("/set-offs/<int:sale_id>/top-up", methods=["POST"])
@permission("money.book")
def receive_top_up(sale_id: int) -> ResponseReturnValue:
    """What the claim does not cover has come in."""
    row = _asked(sale_id)
    form = _top_up_form(sale_id)
    if form.validate_on_submit() and attempt(
        lambda: services.receive_top_up(row.id, typed(form.line_id), **acting()),
        done=_("补交的款项已转入待分配案款，请重新计算方案。"),
        form=form,
    ):
        return redirect(url_for("finance.set_off", sale_id=sale_id))
    return _page(sale_id, top_up=form)


# ── the page ────────────────────────────────────────────────────────────────────────────────────


def _find(sale_id: int) -> tuple[Sale, EnforcementCase, Settlement]:
    sale = db.session.get(Sale, sale_id)
    settlement = settlement_of(sale_id)
    if sale is None or settlement is None or sale.court_id != current_user.court_id:
        raise NotFound("unknown-sale", _("没有这场拍卖。"))
    return sale, db.session.get_one(EnforcementCase, sale.case_id), settlement


def _asked(sale_id: int) -> SetOff:
    _find(sale_id)
    row = services.set_off_of(sale_id)
    if row is None:
        raise NotFound("unknown-set-off", _("没有这项抵付申请。"))
    return row


def _ask_form(sale: Sale, **more: Any) -> AskForm:
    case = db.session.get_one(EnforcementCase, sale.case_id)
    form = AskForm(**more)
    form.claim_id.choices = [
        (claim.id, f"{claim.label} {claim.party.name}")
        for claim in services.claims_of_buyer(case, sale.id)
    ]
    return form


def _top_up_form(sale_id: int, **more: Any) -> TopUpForm:
    form = TopUpForm(**more)
    form.line_id.choices = [
        (line.id, f"{line.booked_on} {format_money(line.remaining_minor)} {line.payer_name}")
        for line in services.lines_of_buyer(current_user.court_id, sale_id)
    ]
    return form


def _share(case: EnforcementCase, sale: Sale, settlement: Settlement, claim_id: int) -> int:
    """What the claim would get out of the price; 0 where nothing can be reckoned yet."""
    claim = next(claim for claim in case.claims if claim.id == claim_id)
    try:
        return entitled_minor(case, sale, claim, settlement.price_minor)
    except DomainError:
        return 0


def _page(sale_id: int, **refused: Form) -> ResponseReturnValue:
    sale, case, settlement = _find(sale_id)
    row = services.set_off_of(sale.id)
    is_due = settlement.status is SettlementStatus.DUE
    may_ask = is_due and (row is None or row.status is SetOffStatus.REFUSED)
    claims = services.claims_of_buyer(case, sale.id)
    shares = {c.id: _share(case, sale, settlement, c.id) for c in claims} if is_due else {}
    page = render_template(
        "escrow/setoff/set_off.html",
        sale=sale,
        case=case,
        settlement=settlement,
        row=row,
        buyer=services.buyer_name(sale.id),
        claims=claims,
        shares=shares,
        may_ask=may_ask,
        is_due=is_due,
        claim=next((c for c in case.claims if row and c.id == row.claim_id), None),
        owed=services.top_up_of(case, row, sale) if row else 0,
        forms={
            "ask": _ask_form(sale, formdata=None),
            "grant": GrantForm(formdata=None, granted=row.asked_minor if row else None),
            "refuse": RefuseForm(formdata=None),
            "top_up": _top_up_form(sale.id, formdata=None),
            **refused,
        },
    )
    return page, 422 if request.method == "POST" else 200
