"""A bank transfer's particulars as a QR code, for the phone on which it is made."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask_login import current_user

from auction.core.access import permission
from auction.core.errors import NotFound
from auction.core.i18n import gettext as _
from auction.notices.documents import qr_svg
from escrow.bank.rules import transfer_text
from escrow.payments.queries import balance_page, deposit_page

bp = Blueprint("transfers", __name__)


@bp.route("/enrolments/<reference>/deposit/qr.svg")
@permission("bidder.enrol")
def deposit_qr(reference: str) -> Response:
    """Account, amount and reference of one's own deposit."""
    now = current_app.extensions["luochui.clock"].now()
    page = deposit_page(reference, current_user.id, now)
    if page.is_practice:
        raise NotFound("no-transfer", _("练习场次不使用银行转账。"))
    return _picture(
        page.court.account_name,
        page.court.bank_name,
        page.case_account,
        page.outstanding_minor or page.amount_minor,
        page.reference,
    )


@bp.route("/sales/<number>/balance/qr.svg")
@permission("bidder.desk")
def balance_qr(number: str) -> Response:
    """Account, amount and reference of what one still owes."""
    page = balance_page(number, current_user.id)
    owed = page.settlement
    return _picture(
        page.court.account_name,
        page.court.bank_name,
        page.case_account,
        owed.outstanding_minor,
        owed.reference,
    )


def _picture(name: str, bank: str, account: str, amount_minor: int, reference: str) -> Response:
    text = transfer_text(name, bank, account, amount_minor, reference)
    answer = Response(qr_svg(text), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "no-store"
    return answer
