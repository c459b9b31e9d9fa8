"""The court's pages of lots and sales: home, draft, one sale, notices, publication, ruling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import cast

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.assets.models import Asset
from auction.assets.queries import find_asset
from auction.core.access import permission
from auction.core.db import forget_reads, transaction
from auction.core.errors import DomainError
from auction.core.forms import Form
from auction.core.i18n import gettext
from auction.core.paths import number_asked_for
from auction.notices.models import NoticeOutcome
from auction.notices.services import record_party_notice
from auction.rulings.papers import draft_ruling_pdf
from auction.sales import pages, queries, services
from auction.sales.bars import STAGE_NAMES, form_context
from auction.sales.calendar import beijing_day
from auction.sales.drafting import failed_before, repeated_by_next, stage_after
from auction.sales.explain import TermsRefused
from auction.sales.forms import (
    EmptyForm,
    HandoverForm,
    NoticeForm,
    PanelForm,
    ReasonForm,
    RulingForm,
    SaleForm,
)
from auction.sales.inputs import current_price, inputs_for, inputs_of, last_sale, lot_of, terms_of
from auction.sales.models import Sale
from auction.sales.panel import panel_candidates
from auction.sales.proposals import propose_terms
from auction.sales.rulepacks import load_rule_pack
from auction.sales.rules import Inputs, Terms, check_terms

bp = Blueprint("sales", __name__, url_prefix="/court")


def _now() -> datetime:
    now: datetime = current_app.extensions["luochui.clock"].now()
    return now


@bp.get("", strict_slashes=False)
@permission("court.view")
def home() -> ResponseReturnValue:
    """The court's day."""
    return render_template("auction/sales/home.html", **pages.home_context(_now()))


@bp.get("/sales")
@permission("sale.view")
def index() -> ResponseReturnValue:
    """All sales of the court."""
    return render_template(
        "auction/sales/index.html",
        sales=queries.sales_of_court(current_user),
        stage_names=STAGE_NAMES,
    )


# ── drafting ────────────────────────────────────────────────────────────────────────────────────


@bp.route("/lots/new", methods=["GET", "POST"])
@permission("sale.draft")
def new() -> ResponseReturnValue:
    """Draft the next sale of an asset; its lot gets a public number with it."""
    asset = find_asset(current_user, number_asked_for("asset"))
    pack = load_rule_pack("practice" if request.args.get("practice") else "cn")
    lot = None if pack.is_practice else lot_of(asset.id)
    previous = last_sale(lot) if lot else None
    price = None if pack.is_practice else current_price(asset)
    inputs = inputs_for(
        asset,
        stage=stage_after(previous),
        pack=pack,
        price=price,
        previous=failed_before(previous),
        now=_now(),
        repeated=repeated_by_next(previous),
    )
    base = propose_terms(inputs, _now())
    form = SaleForm(data=vars(base))

    def save(terms: Terms) -> Sale:
        return services.draft_sale(
            asset_id=asset.id,
            terms=terms,
            actor_id=current_user.id,
            now=_now(),
            court_id=current_user.court_id,
            rule_pack=pack.key,
            reference_price_id=price.id if price else None,
        )

    done = _save_terms(form, base, inputs, save, gettext("已起草，标的编号已生成。"))
    return done or _form_page(form, base, inputs, asset, None)


@bp.route("/sales/<number>/edit", methods=["GET", "POST"])
@permission("sale.draft")
def edit(number: str) -> ResponseReturnValue:
    """Change a draft; every field shows its lawful range and why."""
    sale = queries.find_sale(current_user, number)
    services.require_revisable(sale)
    inputs, base = inputs_of(sale, _now()), terms_of(sale)
    form = SaleForm(data=vars(base))

    def save(terms: Terms) -> Sale:
        return services.revise_sale(sale.id, terms, actor_id=current_user.id, now=_now())

    done = _save_terms(form, base, inputs, save, gettext("已保存。"))
    return done or _form_page(form, base, inputs, sale.lot.asset, sale)


def _save_terms(
    form: SaleForm,
    base: Terms,
    inputs: Inputs,
    save: Callable[[Terms], Sale],
    done: str,
) -> ResponseReturnValue | None:
    """Save what was typed if all of it is lawful; otherwise every fault stands at its field."""
    if not form.is_submitted():
        return None
    readable = form.validate()
    terms = form.terms_over(base)
    try:
        if not readable:
            kept = [r for r in check_terms(terms, inputs) if not _has_errors(form, r.field)]
            form.refuse_terms(TermsRefused(kept, inputs.pack))
            return None
        with transaction():
            number = save(terms).number
        flash(done, "success")
        return redirect(url_for("sales.show", number=number), 303)
    except TermsRefused as error:
        form.refuse_terms(error)
    except DomainError as error:
        form.refuse(error)
    return None


def _has_errors(form: SaleForm, field: str) -> bool:
    return field in form and bool(form[field].errors)


def _form_page(
    form: SaleForm, base: Terms, inputs: Inputs, asset: Asset, sale: Sale | None
) -> ResponseReturnValue:
    page = render_template(
        "auction/sales/edit.html",
        form=form,
        sale=sale,
        the_asset=asset,
        **form_context(inputs, form.terms_over(base), asset),
    )
    return page, 422 if form.is_submitted() else 200


# ── one sale ────────────────────────────────────────────────────────────────────────────────────


@bp.get("/sales/<number>")
@permission("sale.view")
def show(number: str) -> ResponseReturnValue:
    """Where a sale stands, since when, what comes next and who has to act."""
    return _page(queries.find_sale(current_user, number))


@bp.post("/sales/<number>/panel")
@permission("sale.draft")
def put(number: str) -> ResponseReturnValue:
    """Put the values and texts to a panel."""
    sale = queries.find_sale(current_user, number)
    form = PanelForm()
    _offer_judges(form, sale)
    return _act(
        sale,
        form,
        "panel_form",
        lambda: services.put_to_panel(
            sale.id, form.judges.data or [], actor_id=current_user.id, now=_now()
        ),
        gettext("已提交合议庭评议。"),
    )


@bp.post("/sales/<number>/notices/<int:party_id>")
@permission("notice.edit")
def notice(number: str, party_id: int) -> ResponseReturnValue:
    """Record how one party was told."""
    sale = queries.find_sale(current_user, number)
    form = NoticeForm(prefix=f"p{party_id}")

    def act() -> object:
        return record_party_notice(
            sale.id,
            party_id,
            outcome=NoticeOutcome(form.outcome.data),
            channel=form.channel.data,
            on_date=cast("date", form.on_date.data),
            proof=form.proof.data,
            actor_id=current_user.id,
            now=_now(),
        )

    return _act(sale, form, f"notice_{party_id}", act, gettext("已登记通知。"))


@bp.post("/sales/<number>/publish")
@permission("sale.publish")
def publish(number: str) -> ResponseReturnValue:
    """Announce the sale, if nothing is missing."""
    sale = queries.find_sale(current_user, number)
    return _act(
        sale,
        EmptyForm(),
        "publish_form",
        lambda: services.publish_sale(sale.id, current_user.id, _now()),
        gettext("公告已发布。"),
    )


@bp.post("/sales/<number>/recall")
@permission("sale.draft")
def recall(number: str) -> ResponseReturnValue:
    """Take back a question that no longer fits what would be announced."""
    sale = queries.find_sale(current_user, number)
    return _act(
        sale,
        EmptyForm(),
        "recall_form",
        lambda: services.void_if_stale(sale.id, actor_id=current_user.id, now=_now()),
        gettext("原评议已作废，拍卖退回草拟，请重新提交评议。"),
    )


@bp.post("/sales/<number>/withdraw")
@permission("sale.draft")
def withdraw(number: str) -> ResponseReturnValue:
    """Give up a sale that is not announced yet."""
    sale = queries.find_sale(current_user, number)
    form = ReasonForm()
    return _act(
        sale,
        form,
        "withdraw_form",
        lambda: services.withdraw_draft(
            sale.id, actor_id=current_user.id, now=_now(), ground=form.ground.data
        ),
        gettext("已撤回草稿，标的可以重新起草。"),
    )


@bp.post("/sales/<number>/ruling")
@permission("ruling.record")
def ruling(number: str) -> ResponseReturnValue:
    """Record the deal ruling that was served."""
    sale = queries.find_sale(current_user, number)
    form = RulingForm()

    def act() -> object:
        return services.record_deal_ruling(
            sale.id,
            number=form.number.data,
            made_on=cast("date", form.made_on.data),
            served_on=cast("date", form.served_on.data),
            is_qualification_checked=bool(form.is_qualification_checked.data),
            actor_id=current_user.id,
            now=_now(),
        )

    return _act(sale, form, "ruling_form", act, gettext("已登记成交裁定，案款可以分配。"))


@bp.post("/sales/<number>/handover")
@permission("ruling.record")
def handover(number: str) -> ResponseReturnValue:
    """Record that the lot was handed over to the buyer."""
    sale = queries.find_sale(current_user, number)
    form = HandoverForm()

    def act() -> object:
        return services.record_handover(
            sale.id,
            handed_over_on=cast("date", form.handed_over_on.data),
            proof=form.proof.data,
            actor_id=current_user.id,
            now=_now(),
        )

    return _act(sale, form, "handover_form", act, gettext("已登记移交。"))


@bp.get("/sales/<number>/ruling.pdf")
@permission("sale.view")
def ruling_draft(number: str) -> ResponseReturnValue:
    """The wording of the deal ruling, as a draft to be checked and signed."""
    sale = queries.find_sale(current_user, number)
    pdf = draft_ruling_pdf(sale, _now())
    forget_reads()
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="ruling-draft.pdf"'
    return answer


def _act(
    sale: Sale, form: Form, name: str, act: Callable[[], object], done: str
) -> ResponseReturnValue:
    """Do one thing with a sale; a refusal shows its page again with what was typed."""
    number = sale.number
    if form.validate_on_submit():
        try:
            with transaction():
                act()
            flash(done, "success")
            return redirect(url_for("sales.show", number=number), 303)
        except TermsRefused as error:
            form.form_errors += [str(fault["message"]) for fault in error.data["faults"]]
        except DomainError as error:
            form.refuse(error)
    return _page(queries.find_sale(current_user, number), **{name: form})


def _page(sale: Sale, **refused: Form) -> ResponseReturnValue:
    context = pages.sale_context(sale, _now())
    forms: dict[str, Form] = {
        "panel_form": PanelForm(formdata=None),
        "withdraw_form": ReasonForm(formdata=None),
        "ruling_form": RulingForm(formdata=None, data={"made_on": beijing_day(_now())}),
        "handover_form": HandoverForm(formdata=None, data={"handed_over_on": beijing_day(_now())}),
        **refused,
    }
    _offer_judges(forms["panel_form"], sale)
    context["notice_forms"] = {
        state.party.id: refused.get(f"notice_{state.party.id}")
        or NoticeForm(
            formdata=None,
            prefix=f"p{state.party.id}",
            data={"on_date": beijing_day(_now()), **_known(state.notice)},
        )
        for state in context["notices"]
    }
    page = render_template("auction/sales/show.html", **context, **forms, refused=set(refused))
    return page, 422 if refused else 200


def _known(notice: object | None) -> dict[str, object]:
    if notice is None:
        return {}
    return {name: getattr(notice, name) for name in ("outcome", "channel", "on_date", "proof")}


def _offer_judges(form: Form, sale: Sale) -> None:
    form.judges.choices = [
        (judge.id, judge.display_name)
        for judge in panel_candidates(sale.court_id)
        if judge.id not in {sale.created_by, current_user.id}
    ]
