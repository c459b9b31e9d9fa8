"""The pages of money that its payee does not take, and what is done about it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.forms import Form
from auction.core.i18n import gettext as _
from escrow.desk.blueprint import acting, attempt, typed
from escrow.payouts.blueprint import bp
from escrow.unclaimed import queries, services, words
from escrow.unclaimed.forms import CertificateForm, DepositForm, DropForm, NoticeForm
from escrow.unclaimed.models import DepositGround
from escrow.unclaimed.notices import issue_notice


@bp.route("/unclaimed")
@permission("money.view")
def unclaimed() -> ResponseReturnValue:
    """What waits for its payee, and what lies with a notary."""
    return _list_page()


@bp.route("/unclaimed/<int:payment_id>")
@permission("money.view")
def unclaimed_payment(payment_id: int) -> ResponseReturnValue:
    """One payment that waits for its payee."""
    return _page(payment_id)


@bp.route("/unclaimed/<int:payment_id>/notices", methods=["POST"])
@permission("payout.make")
def notify_payee(payment_id: int) -> ResponseReturnValue:
    """Tell the payee, by a paper that is served or published."""
    form = NoticeForm(prefix="notice")
    if form.validate_on_submit() and attempt(
        lambda: issue_notice(
            payment_id,
            until_on=typed(form.until_on),
            is_published=form.how.data == "published",
            **acting(),
        ),
        done=_("领款通知已生成。"),
        form=form,
    ):
        return redirect(url_for("payouts.unclaimed_payment", payment_id=payment_id))
    return _page(payment_id, notice=form)


@bp.route("/unclaimed/<int:payment_id>/deposit", methods=["POST"])
@permission("payout.make")
def propose_deposit(payment_id: int) -> ResponseReturnValue:
    """Ask that the money be left with a notary."""
    form = DepositForm(prefix="deposit")
    if form.validate_on_submit() and attempt(
        lambda: services.propose_deposit(payment_id, _typed(form), **acting()),
        done=_("已申请提存，等另一名财务人员批准。"),
        form=form,
    ):
        return redirect(url_for("payouts.unclaimed_payment", payment_id=payment_id))
    return _page(payment_id, deposit=form)


@bp.route("/unclaimed/<int:payment_id>/deposit/<int:deposit_id>/confirm", methods=["POST"])
@permission("payout.check")
def confirm_deposit(payment_id: int, deposit_id: int) -> ResponseReturnValue:
    """Another person approves."""
    attempt(
        lambda: services.confirm_deposit(deposit_id, **acting()),
        done=_("已批准提存，款项可以列入付款批次，付往提存机构。"),
    )
    return redirect(url_for("payouts.unclaimed_payment", payment_id=payment_id))


@bp.route("/unclaimed/<int:payment_id>/deposit/<int:deposit_id>/drop", methods=["POST"])
@permission("payout.make")
def drop_deposit(payment_id: int, deposit_id: int) -> ResponseReturnValue:
    """The payee has come, or it was wrong."""
    form = DropForm(prefix="drop")
    if form.validate_on_submit() and attempt(
        lambda: services.drop_deposit(deposit_id, reason=form.reason.data, **acting()),
        done=_("不再提存，款项仍付给原收款人。"),
        form=form,
    ):
        return redirect(url_for("payouts.unclaimed_payment", payment_id=payment_id))
    return _page(payment_id, drop=form)


@bp.route("/unclaimed/deposits/<int:deposit_id>/certificate", methods=["POST"])
@permission("payout.make")
def record_certificate(deposit_id: int) -> ResponseReturnValue:
    """The notary's certificate has come."""
    form = CertificateForm(prefix=f"n{deposit_id}")
    if form.validate_on_submit() and attempt(
        lambda: services.record_certificate(
            deposit_id, certificate=form.certificate.data, **acting()
        ),
        done=_("已登记提存公证书。"),
        form=form,
    ):
        return redirect(url_for("payouts.unclaimed"))
    return _list_page({deposit_id: form})


def _typed(form: DepositForm) -> services.NewDeposit:
    return services.NewDeposit(
        ground=DepositGround(form.ground.data),
        facts=form.facts.data,
        office=form.office.data,
        account=form.account.data,
        bank=form.bank.data,
        bank_code=form.bank_code.data,
    )


def _list_page(forms: dict[int, CertificateForm] | None = None) -> ResponseReturnValue:
    court_id = current_user.court_id
    deposited = queries.list_deposited(court_id)
    shown = dict(forms or {})
    for row, _payment, _case in deposited:
        shown.setdefault(row.id, CertificateForm(formdata=None, prefix=f"n{row.id}"))
    page = render_template(
        "escrow/unclaimed/list.html",
        rows=queries.list_unclaimed(court_id),
        deposited=deposited,
        forms=shown,
        grounds=words.GROUNDS,
        notary_words=words.NOTARY_WORDS,
    )
    return page, 422 if forms else 200


def _page(payment_id: int, **refused: Form) -> ResponseReturnValue:
    view = queries.find_unclaimed(current_user.court_id, payment_id)
    forms: dict[str, Any] = {
        "notice": NoticeForm(formdata=None, prefix="notice"),
        "deposit": DepositForm(formdata=None, prefix="deposit"),
        "drop": DropForm(formdata=None, prefix="drop"),
        **refused,
    }
    page = render_template(
        "escrow/unclaimed/payment.html",
        view=view,
        forms=forms,
        open_form=next(iter(refused), ""),
        grounds=words.GROUNDS,
        notary_words=words.NOTARY_WORDS,
    )
    return page, 422 if request.method == "POST" else 200
