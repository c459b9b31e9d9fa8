"""Published papers, for everybody who holds their code."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select

from auction.accounts.models import User
from auction.core.access import PUBLIC, permission
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import current_lang, force_lang
from auction.core.i18n import lazy_gettext as _l
from auction.core.web import format_day
from auction.notices.documents import (
    blocks_of,
    document_url,
    find_document,
    qr_svg,
    render_pdf,
)
from auction.notices.models import Announcement, Document, DocumentKind
from auction.sales.models import Sale

bp = Blueprint("documents", __name__)


@bp.get("/notices/<code>")
@permission(PUBLIC)
def notice(code: str) -> ResponseReturnValue:
    """A published announcement: eleven item groups, seven notices, in the reader's language."""
    found = db.session.scalar(select(Announcement).where(Announcement.code == _normal(code)))
    if found is None:
        raise NotFound("no-such-notice", _l("没有找到这份公告。请核对验证码。"))
    return render_template(
        "auction/notices/announcement.html",
        announcement=found,
        content=found.content,
        said=found.content[current_lang()],
        sale=db.session.get_one(Sale, found.sale_id),
        qr=qr_picture(document_url(found.code)),
        url=document_url(found.code),
    )


@bp.get("/documents/<code>")
@permission(PUBLIC)
def show(code: str) -> ResponseReturnValue:
    """A paper as a page, with what proves it."""
    document = find_document(_normal(code), _reader())
    if document.kind is DocumentKind.ANNOUNCEMENT and _has_announcement(document):
        return redirect(url_for("documents.notice", code=document.code))
    with force_lang("zh"):  # papers are in the language of the court
        signed_on = format_day(date.fromisoformat(document.content["signed_on"]))
    return render_template(
        "auction/notices/document.html",
        document=document,
        signed_on=signed_on,
        content=document.content,
        blocks=blocks_of(document.content),
        qr=qr_picture(document_url(document.code)),
        url=document_url(document.code),
    )


@bp.get("/documents/<code>.pdf")
@permission(PUBLIC)
def pdf(code: str) -> ResponseReturnValue:
    """The same paper as PDF/A; the same bytes every time."""
    document = find_document(_normal(code), _reader())
    etag, is_public = f"{document.sha256}-{document.code}", document.published_at is not None
    answer = Response(mimetype="application/pdf")
    answer.set_etag(etag)
    if request.if_none_match.contains(etag):
        return answer.make_conditional(request)
    answer.data = render_pdf(document)
    answer.headers["Content-Disposition"] = f'inline; filename="{document.code}.pdf"'
    if is_public:
        answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _reader() -> User | None:
    return current_user if current_user.is_authenticated else None


def _normal(code: str) -> str:
    return code.strip().upper()[:40]


def _has_announcement(document: Document) -> bool:
    known = select(Announcement.id).where(Announcement.code == document.code)
    return db.session.scalar(known) is not None


def qr_picture(text: str) -> Markup:
    """A QR code to stand in a page; the SVG is made here and holds no markup of others."""
    return Markup(qr_svg(text))  # noqa: S704
