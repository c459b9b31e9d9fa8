"""The path into a sale: identity, declarations, seven notices, deposit, code; small pages."""

from __future__ import annotations

from datetime import datetime

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.routing import BuildError

from auction.accounts.rules import mask_number
from auction.core.access import permission
from auction.core.db import transaction
from auction.core.errors import DomainError
from auction.core.forms import Form
from auction.core.i18n import current_lang, gettext
from auction.sales.models import SaleStatus
from auction.sales.rulepacks import load_rule_pack
from bidding.catalogue.lot import LotView, load_lot
from bidding.enrolment.declarations import (
    check_declarations,
    ground_of_bar,
    needs_qualification,
    record_declarations,
)
from bidding.enrolment.forms import (
    NOTICE_PREFIX,
    DeclarationsForm,
    QualifiedDeclarationsForm,
    notices_form,
    ticked_keys,
)
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import (
    accept_notices,
    begin_enrolment,
    enrolment_for,
    leave_sale,
)

bp = Blueprint("enrolment", __name__)


@bp.get("/lots/<number>/enrol")
@permission("bidder.enrol")
def identity(number: str) -> ResponseReturnValue:
    """Who takes part: the identity on file; the way on leads to where one left off."""
    view = load_lot(number, _now())
    if (stop := _refuse_past(view)) is not None:
        return stop
    enrolment = enrolment_for(current_user.id, view.shown.sale.id)
    if enrolment is not None:
        return redirect(_next_page(number, enrolment))
    return _draw("identity", view, None, identity=current_user.identity, mask=mask_number)


@bp.route("/lots/<number>/enrol/declarations", methods=["GET", "POST"])
@permission("bidder.enrol")
def declarations(number: str) -> ResponseReturnValue:
    """Conflict of interest, qualification, own capacity; declaring begins the enrolment."""
    view = load_lot(number, _now())
    if (stop := _refuse_past(view)) is not None:
        return stop
    enrolment = enrolment_for(current_user.id, view.shown.sale.id)
    if enrolment is not None and enrolment.status is not EnrolmentStatus.BEGUN:
        return redirect(_next_page(number, enrolment))
    asks = needs_qualification(view.shown.sale, view.asset)
    form = QualifiedDeclarationsForm() if asks else DeclarationsForm()
    if form.validate_on_submit():
        try:
            _declare(view.shown.sale.id, form)
            return redirect(url_for("enrolment.notices", number=number))
        except DomainError as error:
            form.refuse(error)
    return _draw("declarations", view, enrolment, form=form, asks=asks)


@bp.route("/lots/<number>/enrol/notices", methods=["GET", "POST"])
@permission("bidder.enrol")
def notices(number: str) -> ResponseReturnValue:
    """The seven notices, ticked one by one, each kept with its version (CN16-14.1)."""
    view = load_lot(number, _now())
    if (stop := _refuse_past(view)) is not None:
        return stop
    enrolment = enrolment_for(current_user.id, view.shown.sale.id)
    if enrolment is None or not enrolment.declarations:
        return redirect(url_for("enrolment.declarations", number=number))
    if enrolment.status is not EnrolmentStatus.BEGUN:
        return redirect(_next_page(number, enrolment))
    texts = load_rule_pack(view.shown.sale.rule_pack).notices
    form = notices_form(texts, current_lang())()
    if form.validate_on_submit():
        with transaction():
            missing = accept_notices(enrolment, ticked_keys(form), _now())
        enrolment = enrolment_for(current_user.id, view.shown.sale.id)
        if not missing and enrolment is not None:
            return redirect(_next_page(number, enrolment))
        for key in missing:
            form[f"{NOTICE_PREFIX}{key}"].errors = [gettext("这一条还没有确认。")]
    return _draw("notices", view, enrolment, form=form, texts=texts)


@bp.get("/lots/<number>/enrol/status")
@permission("bidder.enrol")
def status(number: str) -> ResponseReturnValue:
    """Where the enrolment stands, and the code once there is one."""
    view = load_lot(number, _now())
    enrolment = enrolment_for(current_user.id, view.shown.sale.id)
    if enrolment is None or enrolment.status is EnrolmentStatus.BEGUN:
        return redirect(url_for("enrolment.identity", number=number))
    ground = ground_of_bar(enrolment) if enrolment.is_barred else ""
    deposit_href = _deposit_page(number, enrolment)
    return _draw("status", view, enrolment, ground=ground, deposit_href=deposit_href)


@bp.get("/lots/<number>/enrol/state")
@permission("bidder.enrol")
def state(number: str) -> ResponseReturnValue:
    """The same for the page that waits for the deposit."""
    view = load_lot(number, _now())
    enrolment = enrolment_for(current_user.id, view.shown.sale.id)
    return jsonify(status=str(enrolment.status) if enrolment else None, sale=view.shown.status)


@bp.route("/lots/<number>/enrol/leave", methods=["GET", "POST"])
@permission("bidder.enrol")
def leave(number: str) -> ResponseReturnValue:
    """Leave before having bid; the deposit goes back."""
    view = load_lot(number, _now())
    enrolment = enrolment_for(current_user.id, view.shown.sale.id)
    if enrolment is None or enrolment.status is EnrolmentStatus.LEFT:
        return redirect(url_for("catalogue.show", number=number))
    form = Form()
    if form.validate_on_submit():
        try:
            with transaction():
                leave_sale(enrolment.id, _now())
            flash(gettext("您已退出本场拍卖。已交的保证金将原路退还。"), "info")
            return redirect(url_for("catalogue.show", number=number))
        except DomainError as error:
            form.refuse(error)
    return _draw("leave", view, enrolment, form=form)


def _declare(sale_id: int, form: DeclarationsForm) -> None:
    answers = form.answers()
    check_declarations(answers)
    now = _now()
    with transaction():
        enrolment = begin_enrolment(current_user.id, sale_id, now)
        record_declarations(enrolment.id, answers, now)


def _next_page(number: str, enrolment: Enrolment) -> str:
    """Where somebody with this enrolment goes on."""
    if enrolment.status is EnrolmentStatus.BEGUN:
        page = "notices" if enrolment.declarations else "declarations"
        return url_for(f"enrolment.{page}", number=number)
    if enrolment.status is EnrolmentStatus.DEPOSIT_DUE:
        return _deposit_page(number, enrolment)
    return url_for("enrolment.status", number=number)


def _deposit_page(number: str, enrolment: Enrolment) -> str:
    try:
        return url_for("payments.deposit", reference=enrolment.reference)
    except BuildError:  # an installation without the payments part
        return url_for("enrolment.status", number=number)


def _refuse_past(view: LotView) -> ResponseReturnValue | None:
    """Enrolment is open as long as bidding is (CN16-18.1)."""
    shown = view.shown
    if shown.sale.status is SaleStatus.ANNOUNCED and not shown.is_past_close:
        return None
    flash(gettext("拍卖已经结束，不能再报名。"), "attention")
    return redirect(url_for("catalogue.show", number=view.lot.number))


def _draw(
    page: str, view: LotView, enrolment: Enrolment | None, **words: object
) -> ResponseReturnValue:
    drawn = render_template(
        f"bidding/enrolment/{page}.html",
        view=view,
        sale=view.shown.sale,
        enrolment=enrolment,
        number=view.lot.number,
        now=_now(),
        **words,
    )
    return drawn, 422 if request.method == "POST" else 200


def _now() -> datetime:
    now: datetime = current_app.extensions["luochui.clock"].now()
    return now
