"""What is due, batches made of it, and their way to the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.accounts.stepup import require_step_up
from auction.core.access import permission
from auction.core.db import db, transaction
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import gettext as _
from auction.core.paths import page_asked_for
from auction.courts.models import Court
from auction.sales.calendar import beijing_day, next_working_day
from escrow.desk.blueprint import acting, attempt, clock_now, typed
from escrow.payouts import queries
from escrow.payouts.batches import (
    approve_batch,
    cancel_batch,
    freeze_batch,
    rework_batch,
    submit_batch,
    thaw_batch,
)
from escrow.payouts.blueprint import bp, has_stepped_up, session_id, step_up_url
from escrow.payouts.choosing import choose_all, choose_payments, drop_from_draft
from escrow.payouts.forms import CheckForm, ChooseForm, FilterForm, ReasonForm, SubmitForm
from escrow.payouts.models import BatchStatus, PayoutBatch, PayoutKind
from escrow.payouts.offers import Offer, Wanted, list_offers
from escrow.payouts.rules import limits_of
from escrow.payouts.writing import PIECE, file_of, take_file, write_batch

# So many payments are written while the checker waits; the worker writes larger batches.
AT_ONCE = PIECE


# ── what is due ─────────────────────────────────────────────────────────────────────────────────


@bp.route("/", strict_slashes=False)
@permission("money.view")
def due() -> ResponseReturnValue:
    """Everything that is owed by bank now, with what keeps it out of a batch."""
    return _due_page(ChooseForm(formdata=None))


@bp.route("/choose", methods=["POST"])
@permission("payout.make")
def choose() -> ResponseReturnValue:
    """Make a batch: of everything ready that the filter names, or of what was ticked."""
    form = ChooseForm()
    who = acting()
    made: list[int] = []
    chosen = _ticked()

    def make() -> None:
        key = (form.form_key.data or "")[:40]
        court_id, actor_id, now = who["court_id"], who["actor_id"], who["now"]
        if any(chosen.values()):
            row = choose_payments(court_id, chosen, form_key=key, actor_id=actor_id, now=now)
        else:
            row = choose_all(
                court_id,
                _wanted(FilterForm(request.args)),
                count=_number(form.count.data),
                total_minor=_number(form.total.data),
                form_key=key,
                actor_id=actor_id,
                now=now,
            )
        made.append(row.id)

    if attempt(make, done=_("批次已制作，请核对后提交复核。"), form=form):
        return redirect(url_for("payouts.batch", batch_id=made[0]))
    return _due_page(form)


def _ticked() -> dict[PayoutKind, list[int]]:
    """`plan:12` and its like, as the boxes of the page name them; what is no such name is none."""
    chosen: dict[PayoutKind, list[int]] = {kind: [] for kind in PayoutKind}
    for name in request.form.getlist("payment"):
        kind, _colon, number = name.partition(":")
        if kind in set(PayoutKind) and number.isascii() and number.isdigit() and len(number) < 16:
            chosen[PayoutKind(kind)].append(int(number))
    return chosen


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else -1


def _wanted(form: FilterForm) -> Wanted:
    """The filter in the address; what cannot be read there does not count."""
    form.validate()
    kind = form.kind.data
    number = "" if form.case.errors else form.case.data
    case_id = None
    if number:
        case_id = queries.find_case_id(current_user.court_id, number) or 0
    return Wanted(
        kind=PayoutKind(kind) if kind in set(PayoutKind) else None,
        case_id=case_id,
        least_minor=form.least.data or 0,
        most_minor=form.most.data,
    )


def _due_page(form: ChooseForm) -> ResponseReturnValue:
    filters = FilterForm(request.args)
    wanted = _wanted(filters)
    offers = list_offers(current_user.court_id, wanted)
    ready = [offer for offer in offers if offer.is_ready]
    page, size = page_asked_for(), queries.PER_PAGE
    shown = offers[(page - 1) * size : page * size]
    total_minor = _sum(ready)
    if not form.is_submitted():
        form.count.data, form.total.data = str(len(ready)), str(total_minor)
    page_words = {
        "filters": filters,
        "form": form,
        "offers": shown,
        "cases": queries.case_numbers([offer.debt for offer in shown]),
        "count": len(offers),
        "amount_minor": _sum(offers),
        "ready_count": len(ready),
        "ready_minor": total_minor,
        "objections": Counter(offer.objections[0] for offer in offers if offer.objections),
        "page": page,
        "pages": -(-len(offers) // size) or 1,
        "page_href": _page_href("payouts.due"),
        "asked": {name: value for name, value in request.args.items() if name != "page"},
    }
    status = 422 if form.is_submitted() else 200
    return render_template("escrow/payouts/due.html", **page_words), status


def _sum(offers: list[Offer]) -> int:
    return sum(offer.debt.amount_minor for offer in offers)


def _page_href(endpoint: str, **values: Any) -> Callable[[int], str]:
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page"}

    def href(page: int) -> str:
        return url_for(endpoint, page=page, **kept, **values)

    return href


# ── batches ─────────────────────────────────────────────────────────────────────────────────────


@bp.route("/batches")
@permission("money.view")
def batches() -> ResponseReturnValue:
    """The court's batches."""
    page = page_asked_for()
    rows, total = queries.list_batches(current_user.court_id, page)
    return render_template(
        "escrow/payouts/batches.html",
        rows=rows,
        page=page,
        pages=-(-total // queries.PER_PAGE) or 1,
        total=total,
        page_href=_page_href("payouts.batches"),
    )


@bp.route("/batches/<int:batch_id>")
@permission("money.view")
def batch(batch_id: int) -> ResponseReturnValue:
    """One batch: what is in it, who stands for it, how far it is."""
    return _batch_page(batch_id)


@bp.route("/batches/<int:batch_id>/submit", methods=["POST"])
@permission("payout.make")
def submit(batch_id: int) -> ResponseReturnValue:
    """Put it to the checkers."""
    form = SubmitForm()
    if form.validate_on_submit() and attempt(
        lambda: submit_batch(batch_id, execute_on=typed(form.execute_on), **acting()),
        done=_("已提交，等待另一名财务人员复核。"),
        form=form,
    ):
        return _back(batch_id)
    return _batch_page(batch_id, submit_form=form)


@bp.route("/batches/<int:batch_id>/approve", methods=["POST"])
@permission("payout.check")
def approve(batch_id: int) -> ResponseReturnValue:
    """A checker approves what he has read, having typed the password a moment ago."""
    form = CheckForm()
    if not has_stepped_up():
        return redirect(step_up_url(url_for("payouts.batch", batch_id=batch_id)))
    who = acting()

    def check() -> None:
        proof = require_step_up(who["actor_id"], session_id(), who["now"])
        approve_batch(batch_id, sha256=form.sha256.data or "", step_up=proof, **who)

    if attempt(check, done=_("已复核。")):
        _write_if_small(batch_id)
    return _back(batch_id)


def _write_if_small(batch_id: int) -> None:
    row = queries.find_batch(current_user, batch_id)
    is_small = sum(tally.count for tally in queries.tallies_of(row).values()) <= AT_ONCE
    if row.status is BatchStatus.APPROVED and is_small:
        write_batch(batch_id, now=clock_now())


@bp.route("/batches/<int:batch_id>/rework", methods=["POST"])
@permission("payout.make")
def rework(batch_id: int) -> ResponseReturnValue:
    """Back to the maker."""
    return _with_reason(batch_id, rework_batch, _("已退回草拟，此前的复核作废。"))


@bp.route("/batches/<int:batch_id>/cancel", methods=["POST"])
@permission("payout.make")
def cancel(batch_id: int) -> ResponseReturnValue:
    """Give it up; every debt is due as before."""
    return _with_reason(batch_id, cancel_batch, _("批次已撤销，各笔款项恢复待付。"))


@bp.route("/batches/<int:batch_id>/freeze", methods=["POST"])
@permission("payout.mark")
def freeze(batch_id: int) -> ResponseReturnValue:
    """Stop it at once."""
    return _with_reason(batch_id, freeze_batch, _("批次已冻结。"))


@bp.route("/batches/<int:batch_id>/thaw", methods=["POST"])
@permission("payout.check")
def thaw(batch_id: int) -> ResponseReturnValue:
    """Let it go on."""
    attempt(lambda: thaw_batch(batch_id, **acting()), done=_("批次已解冻。"))
    return _back(batch_id)


@bp.route("/batches/<int:batch_id>/payments/<int:payout_id>/drop", methods=["POST"])
@permission("payout.make")
def drop(batch_id: int, payout_id: int) -> ResponseReturnValue:
    """Take one payment out of a draft."""
    attempt(
        lambda: drop_from_draft(payout_id, reason="制单人移出", **acting()),
        done=_("已移出批次。"),
    )
    return _back(batch_id)


@bp.route("/batches/<int:batch_id>/file", methods=["POST"])
@permission("payout.mark")
def download(batch_id: int) -> ResponseReturnValue:
    """Hand the file out; every time is written down."""
    found: list[tuple[str, bytes]] = []

    def take() -> None:
        row, file = take_file(batch_id, **acting())
        found.append((f"pain001-{file.message_id}-{row.number:06d}.xml", file.content.encode()))

    try:
        with transaction():
            take()
    except NotFound:
        raise
    except DomainError as error:
        flash(str(error.message), "error")
        return _back(batch_id)
    name, data = found[0]
    answer = Response(data, mimetype="application/xml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _back(batch_id: int) -> ResponseReturnValue:
    return redirect(url_for("payouts.batch", batch_id=batch_id))


def _with_reason(
    batch_id: int, service: Callable[..., PayoutBatch], done: str
) -> ResponseReturnValue:
    form = ReasonForm()
    if form.validate_on_submit() and attempt(
        lambda: service(batch_id, reason=form.reason.data, **acting()), done=done, form=form
    ):
        return _back(batch_id)
    return _batch_page(batch_id, reason_form=form)


def _batch_page(
    batch_id: int,
    *,
    submit_form: SubmitForm | None = None,
    reason_form: ReasonForm | None = None,
) -> ResponseReturnValue:
    row = queries.find_batch(current_user, batch_id)
    tallies = queries.tallies_of(row)
    in_all = sum(tally.count for name, tally in tallies.items() if name != "dropped")
    listed = sum(tally.count for tally in tallies.values())
    day = row.execute_on or next_working_day(beijing_day(clock_now()))
    page = page_asked_for()
    court = db.session.get_one(Court, row.court_id)
    shown = render_template(
        "escrow/payouts/batch.html",
        batch=row,
        tallies=tallies,
        in_all=in_all,
        total_minor=sum(t.amount_minor for name, t in tallies.items() if name != "dropped"),
        people=queries.people_of(row),
        lines=queries.lines_of(row, page),
        file=file_of(row),
        limits=limits_of(court.settings),
        is_stepped_up=has_stepped_up(),
        step_up=step_up_url(url_for("payouts.batch", batch_id=batch_id)),
        check_form=CheckForm(formdata=None, sha256=row.sha256 or ""),
        submit_form=submit_form or SubmitForm(formdata=None, execute_on=day),
        reason_form=reason_form or ReasonForm(formdata=None),
        page=page,
        pages=-(-listed // queries.PER_PAGE) or 1,
        listed=listed,
        page_href=_page_href("payouts.batch", batch_id=batch_id),
    )
    return shown, 422 if (submit_form or reason_form) else 200
