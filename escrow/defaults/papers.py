"""The ruling as a paper: facts of the sale, filled into the wording; a draft without seal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.courts.models import Court
from auction.notices.documents import render_pdf
from auction.notices.models import Document, DocumentKind
from auction.rulings.models import RulingKind, RulingProposal
from auction.rulings.services import buyer_of
from auction.rulings.terms import DefaultTerms, SetAsideTerms
from auction.rulings.wording import TITLE, SoldLot, default_content, set_aside_content
from auction.sales.calendar import beijing_day
from auction.sales.fingerprint import content_hash
from auction.sales.models import Sale, Stage
from auction.sales.rulepacks import load_rule_pack
from escrow.defaults.reckoning import Stake, stake_of
from escrow.settlement.services import settlement_of


def ruling_paper(
    row: RulingProposal, sale: Sale, stake: Stake, *, now: datetime, is_draft: bool
) -> dict[str, Any]:
    """The content of the ruling that a draft proposes, with the money as it stands."""
    values: dict[str, Any] = {
        "number": row.number,
        "reasons": row.reasons,
        "made_on": beijing_day(now),
        "is_draft": is_draft,
    }
    lot = _sold_lot(sale, stake, row.kind)
    if row.kind is RulingKind.DEFAULT:
        return default_content(lot, DefaultTerms.read(row.terms), **values)
    return set_aside_content(lot, SetAsideTerms.read(row.terms), **values)


def seal_of(row: RulingProposal, sale: Sale, now: datetime) -> str:
    """A short mark of the text as it stands; another amount or another day makes another mark."""
    return content_hash(ruling_paper(row, sale, stake_of(sale), now=now, is_draft=True))


def draft_pdf(row: RulingProposal, sale: Sale, now: datetime) -> bytes:
    """A draft as PDF, marked as one; nothing is issued or stored."""
    court = db.session.get_one(Court, sale.court_id)
    stake = stake_of(sale)
    content = {
        **ruling_paper(row, sale, stake, now=now, is_draft=True),
        "signed_by": court.name,
        "is_demo": court.is_demo,
        "is_practice": load_rule_pack(sale.rule_pack).is_practice,
    }
    paper = Document(
        kind=DocumentKind.RULING,
        code="DRAFT",
        title=TITLE,
        content=content,
        sha256=content_hash(content),
        created_at=now,
    )
    return render_pdf(paper)


def _sold_lot(sale: Sale, stake: Stake, kind: RulingKind) -> SoldLot:
    case = db.session.get_one(EnforcementCase, sale.case_id)
    settlement = settlement_of(sale.id)
    assert settlement is not None, "a sold sale has its settlement"
    assert sale.ended_at is not None
    is_default = kind is RulingKind.DEFAULT
    return SoldLot(
        case_title=case.title,
        case_basis=case.basis,
        subject=sale.lot.asset.title,
        buyer_name=buyer_of(sale) or "（买受人）",
        ended_at=sale.ended_at,
        price_minor=settlement.price_minor,
        deposit_minor=stake.deposit_minor,
        forfeited_minor=stake.forfeit_minor if is_default else 0,
        returned_minor=stake.back_after_default_minor if is_default else stake.paid_minor,
        # The last moment of the announced day is the first of the next one.
        due_on=beijing_day(settlement.due_at - timedelta(milliseconds=1)),
        is_selloff=sale.stage is Stage.SELLOFF,
        set_off_minor=settlement.set_off_minor,
    )
