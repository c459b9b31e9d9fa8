"""Files of the bank: upload, progress, the report of a statement, and how a table is read."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.utils import secure_filename

from auction.core.access import allows_upload, permission
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.forms import Form
from auction.core.i18n import gettext as _
from auction.core.paths import number_asked_for, page_asked_for
from escrow.bank.imports import (
    Received,
    advance_import,
    find_import,
    opener_of,
    receive_file,
)
from escrow.bank.mapping import map_columns, own_profiles, retire_profile, save_profile
from escrow.bank.matching import match_line
from escrow.bank.models import BankImport, ImportStatus
from escrow.bank.parsed import Fault, StatementRefused
from escrow.bank.profiles import ROLES, find_profile, our_profiles
from escrow.bank.reading import MAX_BYTES, preview
from escrow.bank.reports import list_gaps, list_imports, progress_of
from escrow.bank.services import lines_to_match
from escrow.desk import queries
from escrow.desk.blueprint import acting, attempt, bp
from escrow.desk.statement_forms import AgainForm, MappingForm, StatementForm

# A file of this size is taken in, and so many lines are placed, while the person waits.
AT_ONCE_BYTES = 500_000
AT_ONCE = 300
_RUNNING = (ImportStatus.WAITING, ImportStatus.CHECKING, ImportStatus.STORING)


@bp.route("/statements", methods=["GET", "POST"])
@allows_upload(MAX_BYTES + 100_000)
@permission("statement.import")
def statements() -> ResponseReturnValue:
    """Take a bank file in, whole or not at all; the report is the statement's page."""
    court_id = current_user.court_id
    form = StatementForm(court_id)
    faults: tuple[Fault, ...] = ()
    import_id: int | None = None
    if form.validate_on_submit():
        try:
            received = _receive(form)
        except StatementRefused as refused:
            faults = refused.faults
        else:
            import_id = received.import_id
            faults = _faults_of(import_id)
            if not faults:
                return redirect(_where(received))
    page = render_template(
        "escrow/bank/statements.html",
        form=form,
        faults=faults,
        import_id=import_id,
        statements=queries.list_statements(court_id),
        imports=list_imports(court_id),
        gaps=list_gaps(court_id),
    )
    return page, 422 if faults or form.errors else 200


def _receive(form: StatementForm) -> Received:
    """Keep the file; a small one is taken in at once."""
    upload = form.file.data
    size = upload.stream.seek(0, 2)
    upload.stream.seek(0)
    who = acting()
    received = receive_file(
        upload.stream,
        name=secure_filename(upload.filename) or "statement",
        profile=form.profile.data or None,
        is_waited_for=size <= AT_ONCE_BYTES,
        **who,
    )
    if received.statement_ids:
        flash(_("这份对账单已经导入过，没有重复入账。"), "info")
    elif received.import_id is not None and size <= AT_ONCE_BYTES:
        _take_in_at_once(received.import_id)
    return received


def _take_in_at_once(import_id: int) -> None:
    now = acting()["now"]
    status = advance_import(import_id, now=now)
    if status is not ImportStatus.DONE:
        return
    row = db.session.get_one(BankImport, import_id)
    for line_id in lines_to_match([statement.id for statement in row.statements])[:AT_ONCE]:
        with transaction():
            match_line(line_id, now=now)
    flash(_("对账单已导入，逐笔结果如下。"), "success")


def _faults_of(import_id: int | None) -> tuple[Fault, ...]:
    row = db.session.get(BankImport, import_id) if import_id is not None else None
    if row is None or row.status is not ImportStatus.REFUSED:
        return ()
    return tuple(Fault(*told) for told in row.faults)


def _where(received: Received) -> str:
    """The one statement's page; the import's, where there are several or it is not over."""
    ids = received.statement_ids
    if received.import_id is not None:
        row = db.session.get_one(BankImport, received.import_id)
        if row.status is ImportStatus.DONE:
            ids = tuple(statement.id for statement in row.statements)
        if len(ids) != 1 or row.status is not ImportStatus.DONE:
            return url_for("finance.bank_import", import_id=row.id)
    return url_for("finance.statement", statement_id=ids[0])


@bp.route("/statements/<int:statement_id>")
@permission("money.view")
def statement(statement_id: int) -> ResponseReturnValue:
    """The report of one statement, line by line."""
    row = queries.find_statement(current_user, statement_id)
    stored = sum(queries.outcomes_of(row).values())
    return render_template(
        "escrow/bank/statement.html",
        statement=row,
        lines=queries.lines_of(row, page_asked_for()),
        outcomes=queries.outcomes_of(row),
        page=page_asked_for(),
        pages=-(-stored // queries.PER_PAGE) or 1,
        total=stored,
        gaps=[gap for gap in list_gaps(row.court_id) if row.id in (gap.before.id, gap.after.id)],
    )


@bp.route("/imports/<int:import_id>")
@permission("money.view")
def bank_import(import_id: int) -> ResponseReturnValue:
    """How far a file has come; the page reads itself again until it is in."""
    row = find_import(import_id, current_user.court_id)
    return _import_page(row, AgainForm(current_user.court_id)), 200


def _import_page(row: BankImport, form: Form) -> str:
    return render_template(
        "escrow/bank/import.html",
        row=row,
        form=form,
        faults=[Fault(*told) for told in row.faults],
        progress=progress_of(row),
        is_running=row.status in _RUNNING,
    )


@bp.route("/imports/<int:import_id>/again", methods=["POST"])
@permission("statement.import")
def import_again(import_id: int) -> ResponseReturnValue:
    """A refused file once more, by another profile."""
    row = find_import(import_id, current_user.court_id)
    form = AgainForm(current_user.court_id)
    if not form.validate():
        return _import_page(row, form), 422
    return redirect(_read_again(row, form.profile.data or None))


def _read_again(row: BankImport, profile: str | None) -> str:
    with opener_of(row)() as stream:
        received = receive_file(
            stream,
            name=row.name,
            profile=profile,
            is_waited_for=row.size_bytes <= AT_ONCE_BYTES,
            **acting(),
        )
    if received.import_id is not None and row.size_bytes <= AT_ONCE_BYTES:
        _take_in_at_once(received.import_id)
    return _where(received)


# ── how a table is read ─────────────────────────────────────────────────────────────────────────


@bp.route("/profiles")
@permission("statement.import")
def profiles() -> ResponseReturnValue:
    """The mapping profiles there are: the court's own, and those that came with the platform."""
    own = own_profiles(current_user.court_id)
    return render_template("escrow/bank/profiles.html", own=own, ours=our_profiles())


@bp.route("/profiles/<int:profile_id>/retire", methods=["POST"])
@permission("statement.import")
def retire(profile_id: int) -> ResponseReturnValue:
    """A profile of the court is offered no longer."""
    attempt(lambda: retire_profile(profile_id, **acting()), done=_("映射方案已停用。"))
    return redirect(url_for("finance.profiles"))


@bp.route("/imports/<int:import_id>/mapping", methods=["GET", "POST"])
@permission("statement.import")
def mapping(import_id: int) -> ResponseReturnValue:
    """Say on the file's own first rows what its columns mean; then it is read by that."""
    row = find_import(import_id, current_user.court_id)
    rows = _preview(row)
    chosen = number_asked_for("row")
    head = rows[chosen - 1] if 0 < chosen <= len(rows) else None
    form = MappingForm(credit_words="贷 收 CR", debit_words="借 支 付 DR")
    roles = _roles_of(head or [])
    if head is not None and request.method == "POST" and form.validate():
        try:
            with transaction():
                saved = _save_mapping(form, head, roles)
            return redirect(_read_again(row, f"own-{saved}"))
        except DomainError as refusal:
            form.refuse(refusal)
    page = render_template(
        "escrow/bank/mapping.html",
        row=row,
        rows=rows,
        chosen=chosen if head is not None else 0,
        head=head or [],
        roles=roles,
        form=form,
    )
    return page, 422 if form.errors else 200


def _preview(row: BankImport) -> list[list[str]]:
    try:
        return preview(opener_of(row))
    except StatementRefused:
        return []


def _roles_of(head: list[str]) -> list[str]:
    """What each column means: as it was typed, or as its name lets guess."""
    if request.method == "POST":
        typed = [request.form.get(f"column-{at}", "") for at in range(len(head))]
        return [role if role in ROLES else "" for role in typed]
    common = find_profile("common")
    assert common is not None, "one of ours"
    return [
        next((role for role in ROLES if at in common.places(role, head)), "")
        for at in range(len(head))
    ]


def _save_mapping(form: MappingForm, head: list[str], roles: list[str]) -> int:
    told: dict[str, Any] = {"day_order": form.day_order.data}
    for name in ("credit_words", "debit_words", "totals"):
        words = getattr(form, name).data.split()
        if words:
            told[name] = words
    who = acting()
    content = map_columns(head, roles, told)
    saved = save_profile(
        who["court_id"], form.name.data, content, actor_id=who["actor_id"], now=who["now"]
    )
    db.session.flush()
    return saved.id
