"""What becomes of payments on their way: silence, returns, corrected payees, vouchers."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.errors import NotFound
from auction.core.i18n import gettext as _
from auction.core.paths import page_asked_for
from escrow.desk.blueprint import acting, attempt
from escrow.payouts import queries
from escrow.payouts.blueprint import bp
from escrow.payouts.checking import (
    confirm_by_person,
    confirm_drop,
    propose_drop,
    return_by_person,
)
from escrow.payouts.forms import PayeeForm, ReasonForm
from escrow.payouts.models import PayoutKind, VoucherKind
from escrow.payouts.offers import offers_of
from escrow.payouts.papers import voucher_pdf
from escrow.payouts.payees import (
    NewPayee,
    approve_correction,
    cancel_correction,
    find_debt,
    propose_correction,
    waiting_corrections,
)
from escrow.payouts.vouchers import MARKS, find_gaps

# ── on their way ────────────────────────────────────────────────────────────────────────────────


@bp.route("/under-way")
@permission("money.view")
def under_way() -> ResponseReturnValue:
    """Payments that no statement has shown, and lines that may show them."""
    return _under_way_page()


@bp.route("/<int:payout_id>/not-done", methods=["POST"])
@permission("payout.mark")
def not_done(payout_id: int) -> ResponseReturnValue:
    """The statements do not have it: the bank has not done it."""
    form = ReasonForm(prefix=f"d{payout_id}")
    if form.validate_on_submit() and attempt(
        lambda: propose_drop(payout_id, reason=form.reason.data, **acting()),
        done=_("已提出，等另一名财务人员核对对账单后复核。"),
        form=form,
    ):
        return redirect(url_for("payouts.under_way"))
    return _under_way_page(forms={payout_id: form})


@bp.route("/<int:payout_id>/not-done/confirm", methods=["POST"])
@permission("payout.check")
def confirm_not_done(payout_id: int) -> ResponseReturnValue:
    """A second person has read the statements as well."""
    attempt(
        lambda: confirm_drop(payout_id, **acting()),
        done=_("已确认未执行，款项恢复待付。"),
    )
    return redirect(url_for("payouts.under_way"))


@bp.route("/lines/<int:line_id>/confirm", methods=["POST"])
@permission("payout.mark")
def confirm_line(line_id: int) -> ResponseReturnValue:
    """A person has recognised the payment that a debit shows."""
    attempt(
        lambda: confirm_by_person(line_id, _payout_named(), **acting()),
        done=_("已核对，付款已确认。"),
    )
    return redirect(url_for("payouts.under_way"))


@bp.route("/lines/<int:line_id>/returned", methods=["POST"])
@permission("payout.mark")
def confirm_return(line_id: int) -> ResponseReturnValue:
    """A person has recognised the payment that a credit brings back."""
    attempt(
        lambda: return_by_person(line_id, _payout_named(), **acting()),
        done=_("已登记退汇，款项恢复待付；请更正收款账户。"),
    )
    return redirect(url_for("payouts.returned"))


def _payout_named() -> int:
    text = request.form.get("payout_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _under_way_page(*, forms: dict[int, ReasonForm] | None = None) -> ResponseReturnValue:
    page = page_asked_for()
    rows, total = queries.list_silent(current_user.court_id, page)
    known = forms or {}
    for row in rows:
        payout_id = row.payout.id
        known.setdefault(payout_id, ReasonForm(formdata=None, prefix=f"d{payout_id}"))
    shown = render_template(
        "escrow/payouts/under_way.html",
        rows=rows,
        forms=known,
        proposals=queries.debit_proposals(current_user.court_id),
        page=page,
        pages=-(-total // queries.PER_PAGE) or 1,
        total=total,
        page_href=lambda number: url_for("payouts.under_way", page=number),
    )
    return shown, 422 if forms else 200


@bp.route("/returned")
@permission("money.view")
def returned() -> ResponseReturnValue:
    """Payments that came back, and credits that may be such."""
    return render_template(
        "escrow/payouts/returned.html",
        rows=queries.list_returned(current_user.court_id),
        proposals=queries.credit_proposals(current_user.court_id),
    )


# ── payees ──────────────────────────────────────────────────────────────────────────────────────


@bp.route("/payees")
@permission("money.view")
def payees() -> ResponseReturnValue:
    """Corrections that wait for the second person."""
    return render_template(
        "escrow/payouts/payees.html", rows=waiting_corrections(current_user.court_id)
    )


@bp.route("/payees/<kind>/<int:subject_id>", methods=["GET", "POST"])
@permission("payout.make")
def payee(kind: str, subject_id: int) -> ResponseReturnValue:
    """Correct or complete the account of one debt's payee."""
    form = PayeeForm()
    if form.validate_on_submit() and attempt(
        lambda: propose_correction(_kind(kind), subject_id, _typed(form), **acting()),
        done=_("已登记，等另一名财务人员核准。"),
        form=form,
    ):
        return redirect(url_for("payouts.payees"))
    return _payee_page(kind, subject_id, form)


def _kind(name: str) -> PayoutKind:
    if name not in set(PayoutKind):
        raise NotFound("not-due", _("没有这笔待付款项，或已经付出。"))
    return PayoutKind(name)


def _typed(form: PayeeForm) -> NewPayee:
    return NewPayee(
        name=form.name.data,
        account=form.account.data,
        bank=form.bank.data,
        bank_code=form.bank_code.data,
        reason=form.reason.data,
    )


def _payee_page(kind: str, subject_id: int, form: PayeeForm) -> ResponseReturnValue:
    court_id = current_user.court_id
    debt = find_debt(_kind(kind), subject_id, court_id)
    offer = offers_of(court_id, debt.kind, [subject_id]).get(subject_id)
    is_sealed = debt.is_sealed
    if not form.is_submitted():
        payee_now = offer.payee if offer else debt.payee
        form = PayeeForm(
            formdata=None,
            name="" if is_sealed else payee_now.name,
            account="" if is_sealed else payee_now.account,
            bank="" if is_sealed else payee_now.bank,
            bank_code="" if is_sealed else payee_now.bank_code,
        )
    shown = render_template(
        "escrow/payouts/payee.html", debt=debt, offer=offer, form=form, is_sealed=is_sealed
    )
    return shown, 422 if form.is_submitted() else 200


@bp.route("/payees/<int:correction_id>/approve", methods=["POST"])
@permission("payout.check")
def approve_payee(correction_id: int) -> ResponseReturnValue:
    """Another person has compared it with the paper."""
    attempt(lambda: approve_correction(correction_id, **acting()), done=_("已核准。"))
    return redirect(url_for("payouts.payees"))


@bp.route("/payees/<int:correction_id>/cancel", methods=["POST"])
@permission("payout.make")
def cancel_payee(correction_id: int) -> ResponseReturnValue:
    """It was wrong."""
    attempt(lambda: cancel_correction(correction_id, **acting()), done=_("已撤回。"))
    return redirect(url_for("payouts.payees"))


# ── vouchers ────────────────────────────────────────────────────────────────────────────────────


@bp.route("/vouchers")
@permission("money.view")
def vouchers() -> ResponseReturnValue:
    """The court's vouchers, and whether their numbers have a gap."""
    asked = request.args.get("kind", "")
    kind = VoucherKind(asked) if asked in set(VoucherKind) else None
    page = page_asked_for()
    rows, total = queries.list_vouchers(current_user.court_id, kind=kind, page=page)
    return render_template(
        "escrow/payouts/vouchers.html",
        rows=rows,
        kind=kind,
        marks=MARKS,
        gaps=find_gaps(current_user.court_id),
        page=page,
        pages=-(-total // queries.PER_PAGE) or 1,
        total=total,
        page_href=lambda number: url_for("payouts.vouchers", kind=kind, page=number),
    )


@bp.route("/vouchers/<int:voucher_id>.pdf")
@permission("money.view")
def voucher(voucher_id: int) -> ResponseReturnValue:
    """One voucher as PDF."""
    row = queries.find_voucher(current_user, voucher_id)
    answer = Response(voucher_pdf(row), mimetype="application/pdf")
    name = f"{row.kind}-{row.year}-{row.number:06d}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
