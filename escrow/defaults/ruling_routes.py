"""Rulings that undo a sale: foreseen, drafted by one person, read and made by a judge."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.db import forget_reads
from auction.core.errors import NotFound
from auction.core.forms import Form
from auction.core.i18n import gettext as _
from auction.notices.documents import blocks_of
from auction.rulings.barred import lift_bar, list_bars
from auction.rulings.models import Bearer, ProposalStatus, RulingKind, RulingProposal
from auction.rulings.models import SetAsideGround as Ground
from auction.rulings.proposals import (
    draft_ruling,
    drop_proposal,
    proposals_of,
    record_service,
    undoing_ruling,
)
from auction.rulings.terms import DefaultTerms, SetAsideTerms
from auction.sales.models import Sale
from auction.sales.queries import names_of
from escrow.defaults.blueprint import bp, frame_of, outcome_page
from escrow.defaults.foresight import foresee_default, foresee_set_aside
from escrow.defaults.forms import (
    DefaultForm,
    DropForm,
    LiftForm,
    MakeForm,
    ServedForm,
    SetAsideForm,
    WhatIfForm,
)
from escrow.defaults.papers import draft_pdf, ruling_paper, seal_of
from escrow.defaults.queries import find_settled
from escrow.defaults.reckoning import stake_of
from escrow.defaults.services import decide
from escrow.desk.blueprint import acting, attempt, clock_now, typed
from escrow.settlement.models import Settlement

# ── default ─────────────────────────────────────────────────────────────────────────────────────


@bp.get("/<number>/outcome/default")
@permission("case.view")
def default(number: str) -> ResponseReturnValue:
    """What a ruling of default would do with whose money; and its draft."""
    return _default_page(number)


@bp.post("/<number>/outcome/default")
@permission("ruling.draft")
def draft_default(number: str) -> ResponseReturnValue:
    """Draft the ruling that the lot is sold again (CN20A-22.1)."""
    form = DefaultForm()
    if form.validate_on_submit():
        terms = DefaultTerms(bool(form.tops_up.data), form.cap.data if form.tops_up.data else None)
        drafted = _draft(number, terms, form)
        if drafted is not None:
            return drafted
    return _default_page(number, form)


def _default_page(number: str, form: DefaultForm | None = None) -> ResponseReturnValue:
    sale, settlement = find_settled(current_user, number)
    is_asked = any(name in request.args for name in ("resale", "costs"))
    asked = WhatIfForm(
        formdata=request.args if is_asked else None,
        data={"resale": sale.start_price_minor},
        meta={"csrf": False},  # a question: it changes nothing
    )
    is_readable = not is_asked or asked.validate()
    chosen = asked.resale.data if is_readable else None
    page = render_template(
        "escrow/defaults/default.html",
        **frame_of(sale, settlement),
        foreseen=_foresee(sale, settlement, chosen, asked.costs.data if is_readable else None),
        asked=asked,
        form=form or DefaultForm(formdata=None),
        query=request.args.to_dict(),
    )
    return page, 422 if form is not None or not is_readable else 200


def _foresee(
    sale: Sale, settlement: Settlement, chosen: int | None, costs: int | None = None
) -> Any:
    """At the lowest lawful price, at the price asked about, at the price of now."""
    prices = {sale.start_price_minor, chosen or sale.start_price_minor, settlement.price_minor}
    return foresee_default(
        sale,
        settlement,
        costs_minor=costs or 0,
        resale_prices_minor=sorted(prices),
        now=clock_now(),
    )


# ── set-aside ───────────────────────────────────────────────────────────────────────────────────


@bp.get("/<number>/outcome/set-aside")
@permission("case.view")
def set_aside(number: str) -> ResponseReturnValue:
    """What setting the sale aside would do with whose money; and its draft."""
    return _set_aside_page(number)


@bp.post("/<number>/outcome/set-aside")
@permission("ruling.draft")
def draft_set_aside(number: str) -> ResponseReturnValue:
    """Draft the ruling that undoes the sale (CN16-31)."""
    form = SetAsideForm()
    if form.validate_on_submit():
        terms = SetAsideTerms(
            Ground(form.ground.data), Bearer(form.bearer.data), bool(form.bars_buyer.data)
        )
        drafted = _draft(number, terms, form)
        if drafted is not None:
            return drafted
    return _set_aside_page(number, form)


def _set_aside_page(number: str, form: SetAsideForm | None = None) -> ResponseReturnValue:
    sale, settlement = find_settled(current_user, number)
    page = render_template(
        "escrow/defaults/set_aside.html",
        **frame_of(sale, settlement),
        foreseen=foresee_set_aside(sale, settlement),
        form=form or SetAsideForm(formdata=None),
    )
    return page, 422 if form is not None else 200


def _draft(
    number: str, terms: DefaultTerms | SetAsideTerms, form: DefaultForm | SetAsideForm
) -> ResponseReturnValue | None:
    sale, _settlement = find_settled(current_user, number)
    sale_id, made = sale.id, []

    def draft() -> None:
        row = draft_ruling(
            sale_id, terms, number=form.number.data, reasons=form.reasons.data, **acting()
        )
        made.append(row.id)

    if attempt(draft, done=_("裁定稿已起草，请另一名法官审阅后作出。"), form=form):
        return redirect(url_for("outcome.draft", number=number, proposal_id=made[0]), 303)
    return None


# ── the draft, and its making ───────────────────────────────────────────────────────────────────


@bp.get("/<number>/outcome/drafts/<int:proposal_id>")
@permission("case.view")
def draft(number: str, proposal_id: int) -> ResponseReturnValue:
    """The text as it would be issued now, and what it would cause."""
    return _draft_page(number, proposal_id)


@bp.get("/<number>/outcome/drafts/<int:proposal_id>/ruling.pdf")
@permission("case.view")
def draft_paper(number: str, proposal_id: int) -> ResponseReturnValue:
    """The draft as PDF, without seal."""
    sale, _settlement, row = _find_draft(number, proposal_id)
    pdf = draft_pdf(row, sale, clock_now())
    forget_reads()
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="ruling-draft.pdf"'
    return answer


@bp.post("/<number>/outcome/drafts/<int:proposal_id>/make")
@permission("ruling.make")
def make(number: str, proposal_id: int) -> ResponseReturnValue:
    """A judge makes the ruling just as it was read; everything follows at once."""
    _find_draft(number, proposal_id)
    form = MakeForm()
    if form.validate_on_submit() and attempt(
        lambda: decide(proposal_id, read=form.seal.data or "", **acting()),
        done=_("裁定已作出，款项和下一次拍卖的草稿已随之办理。"),
        form=form,
    ):
        return redirect(url_for("outcome.show", number=number), 303)
    return _draft_page(number, proposal_id, refused=form)


@bp.post("/<number>/outcome/drafts/<int:proposal_id>/drop")
@permission("ruling.draft")
def drop(number: str, proposal_id: int) -> ResponseReturnValue:
    """The draft does not become a ruling."""
    _find_draft(number, proposal_id)
    form = DropForm()
    if form.validate_on_submit() and attempt(
        lambda: drop_proposal(proposal_id, remark=form.remark.data, **acting()),
        done=_("裁定稿已退回，什么都没有改变。"),
        form=form,
    ):
        return redirect(url_for("outcome.show", number=number), 303)
    return _draft_page(number, proposal_id, drop_form=form, refused=form)


def _find_draft(number: str, proposal_id: int) -> tuple[Sale, Settlement, RulingProposal]:
    sale, settlement = find_settled(current_user, number)
    row = next((one for one in proposals_of(sale) if one.id == proposal_id), None)
    if row is None:
        raise NotFound("no-such-proposal", _("没有找到这份裁定稿。"))
    return sale, settlement, row


def _draft_page(
    number: str,
    proposal_id: int,
    *,
    drop_form: DropForm | None = None,
    refused: Form | None = None,
) -> ResponseReturnValue:
    sale, settlement, row = _find_draft(number, proposal_id)
    if row.status is ProposalStatus.MADE:
        return redirect(url_for("outcome.show", number=number), 303)
    now = clock_now()
    is_default = row.kind is RulingKind.DEFAULT
    paper = ruling_paper(row, sale, stake_of(sale), now=now, is_draft=True)
    page = render_template(
        "escrow/defaults/draft.html",
        **frame_of(sale, settlement),
        draft=row,
        is_open=row.status is ProposalStatus.DRAFT,
        is_default=is_default,
        terms=(DefaultTerms if is_default else SetAsideTerms).read(row.terms),
        foreseen=_foresee(sale, settlement, None) if is_default else None,
        undoing=None if is_default else foresee_set_aside(sale, settlement),
        blocks=blocks_of(paper),
        seal=seal_of(row, sale, now),
        names=names_of(one for one in (row.drafted_by, row.decided_by) if one),
        drop_form=drop_form or DropForm(formdata=None),
        refused=refused,
    )
    return page, 422 if refused is not None else 200


# ── afterwards ──────────────────────────────────────────────────────────────────────────────────


@bp.post("/<number>/outcome/served")
@permission("ruling.record")
def served(number: str) -> ResponseReturnValue:
    """The ruling has reached the buyer."""
    sale, _settlement = find_settled(current_user, number)
    ruling = undoing_ruling(sale)
    if ruling is None:
        raise NotFound("no-such-ruling", _("没有找到这份裁定。"))
    form, ruling_id = ServedForm(), ruling.id
    if form.validate_on_submit() and attempt(
        lambda: record_service(ruling_id, served_on=typed(form.served_on), **acting()),
        done=_("已登记送达。"),
        form=form,
    ):
        return redirect(url_for("outcome.show", number=number), 303)
    return outcome_page(number, served=form)


@bp.post("/<number>/outcome/bars/<int:bar_id>/lift")
@permission("ruling.make")
def lift(number: str, bar_id: int) -> ResponseReturnValue:
    """A judge lifts a bar, and says on what."""
    form = LiftForm(prefix=f"bar{bar_id}")
    if form.validate_on_submit() and attempt(
        lambda: lift_bar(bar_id, ground=form.ground.data, **acting()),
        done=_("禁止已解除，该人可以参加重新拍卖。"),
        form=form,
    ):
        return redirect(url_for("outcome.show", number=number), 303)
    return outcome_page(number, **{f"bar_{bar_id}": form})


@bp.get("/barred")
@permission("case.view")
def barred() -> ResponseReturnValue:
    """Who may not buy which property again, because of which ruling (CN16-24.2)."""
    return render_template("escrow/defaults/barred.html", bars=list_bars(current_user.court_id))
