"""Pages on which people pay, and see where their money is."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.config import Settings
from auction.core.db import transaction
from auction.core.errors import DomainError
from auction.core.i18n import gettext as _
from auction.core.web import allow_form_to
from bidding.enrolment.models import EnrolmentStatus
from escrow.defaults.buyer import fate_of
from escrow.payments.checkout import open_checkout, refresh_payment
from escrow.payments.forms import BalanceForm
from escrow.payments.gateway import ProviderRefused, ProviderUnavailable
from escrow.payments.models import Purpose
from escrow.payments.queries import balance_page, deposit_page, money_of, open_attempts
from escrow.payments.rules import PROVIDER_LIMIT_MINOR
from escrow.payments.services import start_balance_payment, start_deposit_payment

bp = Blueprint("payments", __name__)
PROVIDER_PAGES = "https://checkout.stripe.com"


def _now() -> datetime:
    moment: datetime = current_app.extensions["luochui.clock"].now()
    return moment


@bp.route("/enrolments/<reference>/deposit")
@permission("bidder.enrol")
def deposit(reference: str) -> ResponseReturnValue:
    """How to pay the deposit, and how far it is (CN16-17.4)."""
    _let_form_lead_out()
    page = deposit_page(reference, current_user.id, _now())
    return render_template("escrow/payments/deposit.html", page=page)


@bp.route("/enrolments/<reference>/deposit", methods=["POST"])
@permission("bidder.enrol")
def pay_deposit(reference: str) -> ResponseReturnValue:
    """Go to the provider's page; two clicks lead to the same one."""
    now = _now()
    here = url_for("payments.deposit", reference=reference)
    page = deposit_page(reference, current_user.id, now)
    if page.status is EnrolmentStatus.ACTIVE:
        return redirect(here, 303)
    user_id: int = current_user.id
    with transaction():
        payment_id = start_deposit_payment(page.enrolment_id, user_id, now).id
    return _go_to_page(payment_id, here, now)


@bp.route("/enrolments/<reference>/deposit/return")
@permission("bidder.enrol")
def deposit_return(reference: str) -> ResponseReturnValue:
    """Back from the provider: what was paid is read from the provider, not from the address."""
    now = _now()
    page = deposit_page(reference, current_user.id, now)
    _refresh(page.enrolment_id, Purpose.DEPOSIT, now)
    return redirect(url_for("payments.deposit", reference=reference), 303)


@bp.route("/enrolments/<reference>/deposit/status")
@permission("bidder.enrol")
def status(reference: str) -> ResponseReturnValue:
    """The state of the deposit, for the page's script."""
    page = deposit_page(reference, current_user.id, _now())
    return jsonify(state=page.state, status=str(page.status), code=page.code)


@bp.route("/sales/<number>/balance")
@permission("bidder.desk")
def balance(number: str) -> ResponseReturnValue:
    """What the buyer still owes, by when, and how to pay it (CN16-25.1)."""
    page = balance_page(number, current_user.id)
    suggested = min(page.settlement.outstanding_minor, PROVIDER_LIMIT_MINOR)
    return _show_balance(number, BalanceForm(data={"amount": suggested or None}))


@bp.route("/sales/<number>/balance", methods=["POST"])
@permission("bidder.desk")
def pay_balance(number: str) -> ResponseReturnValue:
    """Pay the balance, or a part of it, on the provider's page."""
    now = _now()
    user_id: int = current_user.id
    page = balance_page(number, user_id)
    form = BalanceForm()
    if not form.validate():
        return _show_balance(number, form), 422
    amount_minor = int(form.amount.data or 0)
    try:
        with transaction():
            payment_id = start_balance_payment(page.sale_id, user_id, amount_minor, now).id
    except DomainError as refusal:
        form.refuse(refusal)
        return _show_balance(number, form), 422
    return _go_to_page(payment_id, url_for("payments.balance", number=number), now)


@bp.route("/sales/<number>/balance/return")
@permission("bidder.desk")
def balance_return(number: str) -> ResponseReturnValue:
    """Back from the provider: what was paid is read from the provider, not from the address."""
    page = balance_page(number, current_user.id)
    _refresh(page.settlement.enrolment_id, Purpose.BALANCE, _now())
    return redirect(url_for("payments.balance", number=number), 303)


@bp.route("/me/money")
@permission("bidder.desk")
def money() -> ResponseReturnValue:
    """A bidder's own deposits and payments: every state, and when (B6)."""
    return render_template("escrow/payments/money.html", lines=money_of(current_user.id))


def _show_balance(number: str, form: BalanceForm) -> str:
    _let_form_lead_out()
    page = balance_page(number, current_user.id)
    fate = fate_of(page.settlement, _now())
    return render_template("escrow/payments/balance.html", page=page, fate=fate, form=form)


def _go_to_page(payment_id: int, here: str, now: datetime) -> ResponseReturnValue:
    """To the provider; back here if there is nothing to pay, or nobody answers."""
    try:
        target = open_checkout(payment_id, now=now)
    except (ProviderUnavailable, ProviderRefused) as trouble:
        flash(str(trouble.message), "error")
        return redirect(here, 303)
    if target is None:
        flash(_("上一次付款已有结果，请核对下方状态。"), "info")
    return redirect(target or here, 303)


def _refresh(enrolment_id: int, purpose: Purpose, now: datetime) -> None:
    for payment_id in open_attempts(enrolment_id, purpose):
        try:
            refresh_payment(payment_id, now=now)
        except (ProviderUnavailable, ProviderRefused):  # the worker asks again
            flash(_("支付结果尚未确认，本页会自动更新，请勿重复付款。"), "warning")


def _let_form_lead_out() -> None:
    """The pay button leads to the provider, which the content policy must know."""
    settings: Settings = current_app.extensions["luochui.settings"]
    if not settings.stripe_api_base:
        allow_form_to(PROVIDER_PAGES)
        return
    parts = urlsplit(settings.stripe_api_base)
    allow_form_to(f"{parts.scheme}://{parts.netloc}")
