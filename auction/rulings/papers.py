"""The deal ruling as a draft: the same paper as the final one, without seal, marked as a draft."""

from __future__ import annotations

from datetime import datetime

from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from auction.notices.documents import render_pdf
from auction.notices.models import Document, DocumentKind
from auction.rulings.services import deal_ruling_content
from auction.sales.calendar import beijing_day
from auction.sales.fingerprint import content_hash
from auction.sales.models import Sale, SaleStatus
from auction.sales.rulepacks import load_rule_pack


def draft_ruling_pdf(sale: Sale, now: datetime) -> bytes:
    """The draft ruling of a sold lot as PDF; nothing is issued or stored."""
    if sale.status not in {SaleStatus.SOLD, SaleStatus.PAID, SaleStatus.RULED}:
        raise DomainError("wrong-state", _l("成交后才有裁定稿。"))
    case = db.session.get_one(EnforcementCase, sale.case_id)
    court = db.session.get_one(Court, sale.court_id)
    content = {
        **deal_ruling_content(
            sale, number=f"{case.number}之一", made_on=beijing_day(now), is_draft=True
        ),
        "signed_by": court.name,
        "is_demo": court.is_demo,
        "is_practice": load_rule_pack(sale.rule_pack).is_practice,
    }
    paper = Document(
        kind=DocumentKind.RULING,
        code="DRAFT",
        title="执行裁定书",
        content=content,
        sha256=content_hash(content),
        created_at=now,
    )
    return render_pdf(paper)
