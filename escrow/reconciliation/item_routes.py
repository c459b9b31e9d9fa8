"""The work list, one item of it, and everything a person can do about that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import permission
from auction.core.forms import Form
from auction.core.i18n import gettext as _
from auction.core.paths import number_asked_for, page_asked_for
from auction.core.web import safe_next
from escrow.desk.blueprint import attempt, typed
from escrow.reconciliation import queries, worklist
from escrow.reconciliation.blueprint import bp, page_href, today, who
from escrow.reconciliation.decisions import (
    accept_proposal,
    assign_item,
    carry_item,
    explain_item,
    find_item,
    join_items,
    note_item,
    split_item,
)
from escrow.reconciliation.forms import (
    AssignForm,
    CarryForm,
    ExplainForm,
    FilterForm,
    MatchForm,
    NoteForm,
    SplitForm,
)
from escrow.reconciliation.intake import finance_people
from escrow.reconciliation.match import OpenReason
from escrow.reconciliation.models import (
    Book,
    CarryReason,
    DecisionStatus,
    ItemStatus,
    Place,
    ReasonCode,
    ReconciliationDecision,
)
from escrow.reconciliation.models import ReconciliationItem as Item

MOST_JOINED = 200


def desk_people() -> list[tuple[int, str]]:
    """The court's finance staff in service, by name."""
    court_id: int = current_user.court_id
    return queries.people_of(court_id, finance_people(court_id))


@bp.route("/items")
@permission("money.view")
def items() -> ResponseReturnValue:
    """Every difference of either sign that is not settled, with reason, owner and age."""
    form = FilterForm(request.args, desk_people())
    wanted = _wanted(form)
    page = page_asked_for()
    sums = worklist.sum_list(current_user.court_id, wanted, today())
    return render_template(
        "escrow/reconciliation/items.html",
        form=form,
        is_filtered=wanted != worklist.Wanted(),
        sums=sums,
        pairs=worklist.work_list(current_user.court_id, wanted, page=page, today=today()),
        page=page,
        pages=-(-sums.count // worklist.PER_PAGE) or 1,
        here=request.full_path.rstrip("?"),
        page_href=page_href("reconciliation.items"),
        today=today(),
    )


def _wanted(form: FilterForm) -> worklist.Wanted:
    """The filter in the address; what cannot be read there does not count."""
    form.validate()
    asked = {field.name: "" if field.errors else field.data for field in form}
    standing = asked["standing"]
    return worklist.Wanted(
        place=Place(asked["place"]) if asked["place"] else None,
        owner_id=int(asked["owner"]) if asked["owner"] else None,
        book=Book(asked["book"]) if asked["book"] else None,
        sign={"more": 1, "less": -1}.get(asked["sign"], 0),
        reason=OpenReason(asked["reason"]) if asked["reason"] else None,
        age=int(asked["age"]) if asked["age"] else None,
        is_carried=None if standing not in ("carried", "unnamed") else standing == "carried",
        is_second_missing=standing == "second",
    )


# ── one item ────────────────────────────────────────────────────────────────────────────────────


@bp.route("/items/<int:item_id>")
@permission("money.view")
def item(item_id: int) -> ResponseReturnValue:
    """One movement: where it comes from, what may belong to it, what was said and decided."""
    return _page(_item(item_id))


def _item(item_id: int) -> Item:
    return find_item(item_id, current_user.court_id)


def _page(row: Item, **refused: Form) -> ResponseReturnValue:
    """The page of an item; what was refused is shown as it was typed."""
    day = today()
    proposals = worklist.proposals_of(row, day)
    ticked = _ticked()
    forms: dict[str, Any] = {
        "join": MatchForm(formdata=None, prefix="join"),
        "explain": ExplainForm(formdata=None, prefix="explain"),
        "split": SplitForm(formdata=None, prefix="split"),
        "carry": CarryForm(formdata=None, prefix="carry"),
        "assign": _assign_form(row, formdata=None),
        "note": NoteForm(formdata=None, prefix="note"),
    } | refused
    forms["accept"] = {
        pair.number: refused.get(_accept(pair.number), _match_form(pair.number, formdata=None))
        for pair in proposals
    }
    _say_what_has_no_place(row, forms, refused)
    page = render_template(
        "escrow/reconciliation/item.html",
        view=queries.item_views([row], day)[row.id],
        signed_minor=worklist.signed_minor(row),
        proposals=proposals,
        candidates=worklist.candidates_for(row, day, also=ticked)
        if row.status is ItemStatus.OPEN
        else [],
        parts=queries.parts_of(row, day),
        decision=queries.decision_of(row, day),
        notes=queries.notes_of(row),
        forms=forms,
        ticked=ticked,
    )
    return page, 422 if refused else 200


def _say_what_has_no_place(row: Item, forms: dict[str, Any], refused: dict[str, Form]) -> None:
    """A refusal whose form is gone from the page, because somebody was faster, is still told."""
    shown = {"note"}
    if row.status is ItemStatus.OPEN:
        shown |= {"join", "explain", "split", "carry", "assign"}
        shown |= {_accept(number) for number in forms["accept"]}
    for name, form in refused.items():
        if name not in shown:
            for text in (*form.form_errors, *(e for f in form for e in f.errors)):
                flash(text, "error")


def _accept(number: int | None) -> str:
    return f"accept{number}"


def _match_form(number: int | None, **more: Any) -> MatchForm:
    return MatchForm(prefix=_accept(number), **more)


def _assign_form(row: Item, **more: Any) -> AssignForm:
    return AssignForm(desk_people(), prefix="assign", data={"owner_id": row.owner_id}, **more)


def _ticked() -> list[int]:
    """The boxes that were ticked; what is no number of an item is none."""
    told = request.form.getlist("item")[:MOST_JOINED]
    return [int(text) for text in told if text.isascii() and text.isdigit() and len(text) < 16]


def _do(
    item_id: int,
    name: str,
    form: Form,
    act: Callable[[], Any],
    done: str,
    *,
    back: str | None = None,
) -> ResponseReturnValue:
    """Check what was typed, do it, go back; a refusal stands at its form."""
    row = _item(item_id)
    came_to: list[Any] = []
    if form.validate() and attempt(lambda: came_to.append(act()), done=done, form=form):
        _say_if_second_is_missing(came_to[0])
        return redirect(back or url_for("reconciliation.item", item_id=item_id))
    return _page(row, **{name: form})


def _say_if_second_is_missing(made: object) -> None:
    if isinstance(made, ReconciliationDecision) and made.status is DecisionStatus.PROPOSED:
        flash(_("涉及金额超过限额，等另一名财务人员复核后生效。"), "info")


def _reason_code(form: Form) -> ReasonCode | None:
    code = typed(form.reason_code)
    return ReasonCode(code) if code else None


@bp.route("/items/<int:item_id>/accept", methods=["POST"])
@permission("reconcile.decide")
def accept(item_id: int) -> ResponseReturnValue:
    """A proposal is right."""
    number = number_asked_for("proposal", -1)
    form = _match_form(number)
    return _do(
        item_id,
        _accept(number),
        form,
        lambda: accept_proposal(
            item_id, number, who(), reason_code=_reason_code(form), text=typed(form.text)
        ),
        _("已采纳建议。"),
        back=safe_next(request.args.get("next")),
    )


@bp.route("/items/<int:item_id>/join", methods=["POST"])
@permission("reconcile.decide")
def join(item_id: int) -> ResponseReturnValue:
    """The item and the ticked ones are the same money."""
    form = MatchForm(prefix="join")
    return _do(
        item_id,
        "join",
        form,
        lambda: join_items(
            [item_id, *_ticked()], who(), reason_code=_reason_code(form), text=typed(form.text)
        ),
        _("所选款项已核对。"),
    )


@bp.route("/items/<int:item_id>/explain", methods=["POST"])
@permission("reconcile.decide")
def explain(item_id: int) -> ResponseReturnValue:
    """One side alone, for good."""
    form = ExplainForm(prefix="explain")
    return _do(
        item_id,
        "explain",
        form,
        lambda: explain_item(
            item_id, who(), reason_code=ReasonCode(form.reason_code.data), text=typed(form.text)
        ),
        _("差额的原因已记录。"),
    )


@bp.route("/items/<int:item_id>/split", methods=["POST"])
@permission("reconcile.decide")
def split(item_id: int) -> ResponseReturnValue:
    """Cut it in two."""
    form = SplitForm(prefix="split")
    return _do(
        item_id,
        "split",
        form,
        lambda: split_item(item_id, typed(form.amount), who()),
        _("已拆成两笔，可分别核对。"),
    )


@bp.route("/items/<int:item_id>/carry", methods=["POST"])
@permission("reconcile.decide")
def carry(item_id: int) -> ResponseReturnValue:
    """It may stand over the close of its day, for a named reason."""
    form = CarryForm(prefix="carry")
    return _do(
        item_id,
        "carry",
        form,
        lambda: carry_item(item_id, CarryReason(form.reason.data), typed(form.text), who()),
        _("结转原因已记录，款项仍待核对。"),
    )


@bp.route("/items/<int:item_id>/uncarry", methods=["POST"])
@permission("reconcile.decide")
def uncarry(item_id: int) -> ResponseReturnValue:
    """The reason to carry it is gone."""
    _item(item_id)
    attempt(lambda: carry_item(item_id, None, "", who()), done=_("已取消结转。"))
    return redirect(url_for("reconciliation.item", item_id=item_id))


@bp.route("/items/<int:item_id>/assign", methods=["POST"])
@permission("reconcile.decide")
def assign(item_id: int) -> ResponseReturnValue:
    """Somebody else of the desk answers for it."""
    form = _assign_form(_item(item_id))
    return _do(
        item_id,
        "assign",
        form,
        lambda: assign_item(item_id, int(form.owner_id.data), who()),
        _("经办人已更换。"),
    )


@bp.route("/items/<int:item_id>/notes", methods=["POST"])
@permission("reconcile.decide")
def note(item_id: int) -> ResponseReturnValue:
    """Write something down about it."""
    form = NoteForm(prefix="note")
    return _do(
        item_id,
        "note",
        form,
        lambda: note_item(item_id, typed(form.text), who()),
        _("备注已记录。"),
    )
