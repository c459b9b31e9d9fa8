"""Papers of the platform: issued once with a code and a hash, drawn as page and as PDF.

A document's `content` is plain JSON:

    {"number": "（2026）测01执1号", "blocks": [...], "signed_by": "…", "signed_on": "2026-11-02",
     "is_demo": false, "is_practice": false, "is_draft": false, "facts": {…for programs…}}

and a block is one of `{"type": "heading", "text"}`, `{"type": "paragraph", "text"}`,
`{"type": "table", "rows": [[label, value], …]}`, `{"type": "list", "items": […]}`,
`{"type": "grid", "head": […], "rows": [[…], …], "numbers": [columns set flush right]}`. Content
without blocks is drawn as one table of its entries.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import segno
from flask import current_app
from sqlalchemy import select

from auction.accounts.models import User
from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.config import Settings
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from auction.notices.models import Document, DocumentKind
from auction.notices.typesetting import typeset
from auction.sales.calendar import beijing_day
from auction.sales.fingerprint import content_hash
from auction.sales.models import Sale
from auction.sales.rulepacks import load_rule_pack

TEMPLATES: dict[DocumentKind, str] = {
    DocumentKind.ANNOUNCEMENT: "announcement.typ",
    DocumentKind.CONFIRMATION: "confirmation.typ",
    DocumentKind.RULING: "ruling.typ",
    DocumentKind.PLAN: "plan.typ",
}

# Without 0, 1, I, L, O, U: nothing that is misread from paper.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_code() -> str:
    """A verification code: three groups of four characters that cannot be guessed."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def issue_document(
    *,
    kind: DocumentKind,
    sale: Sale | None = None,
    case: EnforcementCase | None = None,
    title: str,
    content: Mapping[str, Any],
    now: datetime,
    publish: bool,
    code: str | None = None,
    actor_id: int | None = None,
) -> Document:
    """Issue a paper about a sale, or about a whole case, in the caller's transaction; once issued
    it never changes.

    Court, date and the demonstration mark are filled in where `content` leaves them out. With
    `publish` everybody may read it, otherwise the court's staff alone.
    """
    subject = sale or case
    assert subject is not None, "a paper is about a sale or about a case"
    court = db.session.get_one(Court, subject.court_id)
    whole = {
        "signed_by": court.name,
        "signed_on": beijing_day(now).isoformat(),
        "is_demo": court.is_demo,
        "is_practice": sale is not None and load_rule_pack(sale.rule_pack).is_practice,
        **content,
    }
    document = Document(
        court_id=subject.court_id,
        case_id=sale.case_id if sale is not None else subject.id,
        sale_id=sale.id if sale is not None else None,
        kind=kind,
        code=code or new_code(),
        title=title,
        content=whole,
        sha256=content_hash({"title": title, **whole}),
        published_at=now if publish else None,
        created_at=now,
    )
    db.session.add(document)
    record(
        "issue-document",
        document,
        actor_id=actor_id,
        at=now,
        detail={"kind": str(kind), "about": subject.number, "sha256": document.sha256},
    )
    return document


def find_document(code: str, user: User | None) -> Document:
    """A published paper, or one of the person's own court; NotFound otherwise."""
    document = db.session.scalar(select(Document).where(Document.code == code.strip().upper()[:40]))
    if document is None or not may_read(document, user):
        raise NotFound("no-such-document", _l("没有找到这份文书。请核对文书上的验证码。"))
    return document


def may_read(document: Document, user: User | None) -> bool:
    """Whether everybody may read a paper, or this member of its court."""
    if document.published_at is not None:
        return True
    needed = "plan.view" if document.kind in _MONEY_PAPERS else "sale.view"
    return user is not None and user.court_id == document.court_id and user.can(needed)


# What the finance desk serves, it must be able to read.
_MONEY_PAPERS = frozenset({DocumentKind.PLAN})


def documents_of(sale: Sale) -> list[Document]:
    """All papers of one sale, oldest first."""
    query = select(Document).where(Document.sale_id == sale.id).order_by(Document.id)
    return list(db.session.scalars(query))


def blocks_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The blocks of a paper; content without any is drawn as a table of its plain entries."""
    blocks = content.get("blocks")
    if isinstance(blocks, list):
        return blocks
    rows = [
        [str(key), str(value)]
        for key, value in content.items()
        if isinstance(value, str | int) and key not in _FRAME
    ]
    return [{"type": "table", "rows": rows}]


_FRAME = frozenset({"number", "signed_by", "signed_on", "is_demo", "is_practice"})


def document_url(code: str) -> str:
    """The public address under which anybody checks a paper."""
    settings: Settings = current_app.extensions["luochui.settings"]
    return f"{settings.public_url}/documents/{code}"


def qr_svg(text: str) -> str:
    """A QR code of `text` as an SVG picture."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=0, xmldecl=False, omitsize=True
    )
    return out.getvalue().decode()


def render_pdf(document: Document) -> bytes:
    """The paper as PDF/A-2b; the same paper gives the same bytes every time."""
    content = document.content
    signed_on = date.fromisoformat(content["signed_on"])
    data = {
        "title": document.title,
        "number": content.get("number", ""),
        "blocks": blocks_of(content),
        "signed_by": content["signed_by"],
        "signed_on": [signed_on.year, signed_on.month, signed_on.day],
        "is_demo": bool(content.get("is_demo")),
        "is_practice": bool(content.get("is_practice")),
        "code": document.code,
        "url": document_url(document.code),
        "sha256": document.printed_sha256,
        "draft": bool(content.get("is_draft")),
    }
    source = Path(current_app.root_path) / "templates" / "documents" / TEMPLATES[document.kind]
    return typeset(
        source,
        data=json.dumps(data, ensure_ascii=False),
        qr=qr_svg(data["url"]),
        at=document.created_at,
    )
