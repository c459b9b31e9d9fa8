"""The clerk's pages of an asset, and the files everybody may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

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

from auction.assets import queries, services
from auction.assets.facts import CATEGORY_NAMES, FACTS
from auction.assets.files import MAX_UPLOAD, read_file
from auction.assets.forms import (
    ENCUMBRANCE_KINDS,
    METHODS,
    OCCUPANCIES,
    AssetForm,
    CategoryForm,
    EncumbranceForm,
    MediaForm,
    ReferencePriceForm,
    asset_form,
)
from auction.assets.models import Asset, Category, MediaKind
from auction.cases.queries import find_case
from auction.core.access import PUBLIC, allows_upload, permission
from auction.core.db import transaction
from auction.core.errors import DomainError, Invalid
from auction.core.forms import Form
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l

bp = Blueprint("assets", __name__)
_NOT_COLUMNS = {"csrf_token", "file"}


@bp.route("/court/cases/<int:case_id>/assets/new", methods=["GET", "POST"])
@permission("asset.edit")
def new(case_id: int) -> ResponseReturnValue:
    """Add an asset: first its category, then its facts."""
    case = find_case(current_user, case_id)
    category = _category(request.args.get("category"))
    if category is None:
        return render_template("auction/assets/category.html", case=case, form=CategoryForm())
    form = asset_form(category)()
    if form.validate_on_submit():
        try:
            with transaction():
                case = find_case(current_user, case_id, lock=True)
                asset = services.add_asset(
                    case, category, *_split(form), actor_id=current_user.id, now=_now()
                )
            flash(gettext("已添加财产。请上传照片和文件，并登记参考价。"), "success")
            return redirect(url_for("assets.show", asset_id=asset.id))
        except DomainError as error:
            form.refuse(error)
    page = render_template(
        "auction/assets/edit.html",
        case=case,
        category=category,
        form=form,
        facts=FACTS[category],
        category_name=CATEGORY_NAMES[category],
    )
    return page, _status(form)


@bp.route("/court/assets/<int:asset_id>/edit", methods=["GET", "POST"])
@permission("asset.edit")
def edit(asset_id: int) -> ResponseReturnValue:
    """Change the facts of an asset."""
    asset = queries.find_asset(current_user, asset_id)
    case = find_case(current_user, asset.case_id)
    known = {f"fact_{key}": value for key, value in asset.facts.items()}
    form = asset_form(asset.category)(obj=asset, data=known)
    if form.validate_on_submit():
        try:
            with transaction():
                services.change_asset(
                    queries.find_asset(current_user, asset_id, lock=True),
                    *_split(form),
                    actor_id=current_user.id,
                    now=_now(),
                )
            flash(gettext("已保存。内容变更后，此前的合议庭决定需要重新作出。"), "success")
            return redirect(url_for("assets.show", asset_id=asset_id))
        except DomainError as error:
            form.refuse(error)
    page = render_template(
        "auction/assets/edit.html",
        case=case,
        the_asset=asset,
        category=asset.category,
        form=form,
        facts=FACTS[asset.category],
        category_name=CATEGORY_NAMES[asset.category],
    )
    return page, _status(form)


@bp.get("/court/assets/<int:asset_id>")
@permission("case.view")
def show(asset_id: int) -> ResponseReturnValue:
    """All that is recorded of an asset."""
    return _page(queries.find_asset(current_user, asset_id))


@bp.post("/court/assets/<int:asset_id>/encumbrances")
@permission("asset.edit")
def add_encumbrance(asset_id: int) -> ResponseReturnValue:
    """Record a burden."""
    form = EncumbranceForm()
    return _add(
        asset_id,
        form,
        "encumbrance_form",
        lambda asset: services.add_encumbrance(
            asset, _columns(form), actor_id=current_user.id, now=_now()
        ),
        gettext("已登记权利负担。"),
    )


@bp.post("/court/assets/<int:asset_id>/reference-prices")
@permission("asset.edit")
def add_reference_price(asset_id: int) -> ResponseReturnValue:
    """Record the reference price."""
    form = ReferencePriceForm()
    return _add(
        asset_id,
        form,
        "price_form",
        lambda asset: services.record_reference_price(
            asset, _columns(form), actor_id=current_user.id, now=_now()
        ),
        gettext("已登记参考价。"),
    )


@bp.post("/court/assets/<int:asset_id>/media")
@permission("asset.edit")
@allows_upload(MAX_UPLOAD + 100_000)
def add_media(asset_id: int) -> ResponseReturnValue:
    """Upload a photo or a document."""
    form = MediaForm()
    upload = request.files.get("file")

    def add(asset: Asset) -> None:
        if upload is None or not upload.filename:
            raise Invalid("no-file", _l("请选择要上传的文件。"), field="file")
        services.add_media(
            asset,
            MediaKind(form.kind.data),
            upload.read(MAX_UPLOAD + 1),
            upload.filename,
            form.caption.data,
            actor_id=current_user.id,
            now=_now(),
        )

    return _add(asset_id, form, "media_form", add, gettext("已上传。"))


@bp.get("/files/<token>")
@permission(PUBLIC)
def file(token: str) -> ResponseReturnValue:
    """A stored file, never run as a page of ours (3.2.1, 5.4.1)."""
    user = current_user if current_user.is_authenticated else None
    stored = queries.find_file(token, user)
    answer = Response(read_file(stored), mimetype=stored.mime)
    inline = stored.mime.startswith("image/") or stored.mime == "application/pdf"
    answer.headers["Content-Disposition"] = (
        f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(stored.original_name)}"
    )
    answer.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    )
    if stored.is_public:
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.set_etag(stored.sha256)
    return answer.make_conditional(request)


def _add(
    asset_id: int, form: Form, name: str, act: Callable[[Asset], object], done: str
) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            with transaction():
                act(queries.find_asset(current_user, asset_id, lock=True))
            flash(done, "success")
            return redirect(url_for("assets.show", asset_id=asset_id))
        except DomainError as error:
            form.refuse(error)
    return _page(queries.find_asset(current_user, asset_id), **{name: form})


def _page(asset: Asset, **refused: Form) -> ResponseReturnValue:
    forms = {
        "encumbrance_form": EncumbranceForm(formdata=None),
        "price_form": ReferencePriceForm(formdata=None),
        "media_form": MediaForm(formdata=None),
        **refused,
    }
    page = render_template(
        "auction/assets/show.html",
        the_asset=asset,
        facts=FACTS[asset.category],
        category_name=CATEGORY_NAMES[asset.category],
        occupancies=dict(OCCUPANCIES),
        methods=dict(METHODS),
        burdens=dict(ENCUMBRANCE_KINDS),
        refused=set(refused),
        **forms,
    )
    return page, 422 if refused else 200


def _split(form: AssetForm) -> tuple[dict[str, object], dict[str, str]]:
    """The columns, and the facts of the category."""
    values = _columns(form)
    facts = {
        name.removeprefix("fact_"): str(values.pop(name))
        for name in list(values)
        if name.startswith("fact_")
    }
    return values, facts


def _columns(form: Form) -> dict[str, object]:
    return {name: field.data for name, field in form._fields.items() if name not in _NOT_COLUMNS}


def _category(text: str | None) -> Category | None:
    return Category(text) if text in set(Category) else None


def _now() -> datetime:
    now: datetime = current_app.extensions["luochui.clock"].now()
    return now


def _status(form: Form) -> int:
    return 422 if form.errors else 200
